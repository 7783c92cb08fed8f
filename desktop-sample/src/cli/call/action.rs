//! What a person or script may do in a call: as words on the command line and on stdin.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something to do in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Answer the call that rings.
    Accept,
    /// Refuse it.
    Decline,
    /// Pause the call.
    Hold,
    /// Go on.
    Resume,
    /// Close the microphone.
    Mute,
    /// Open it.
    Unmute,
    /// Close the camera.
    CameraOff,
    /// Open it.
    CameraOn,
    /// Say that the pictures are a screen's.
    ScreenOn,
    /// Say that they are a camera's again.
    ScreenOff,
    /// Ask the other side for pictures, both ways.
    AskVideo,
    /// Yes to the other side's question for pictures.
    Yes,
    /// No to it.
    No,
    /// End the pictures.
    StopVideo,
    /// End the call.
    HangUp,
}

/// Every action with its word.
const WORDS: [(&str, Action); 15] = [
    ("accept", Action::Accept),
    ("decline", Action::Decline),
    ("hold", Action::Hold),
    ("resume", Action::Resume),
    ("mute", Action::Mute),
    ("unmute", Action::Unmute),
    ("camera-off", Action::CameraOff),
    ("camera-on", Action::CameraOn),
    ("screen-on", Action::ScreenOn),
    ("screen-off", Action::ScreenOff),
    ("ask-video", Action::AskVideo),
    ("yes", Action::Yes),
    ("no", Action::No),
    ("stop-video", Action::StopVideo),
    ("hang-up", Action::HangUp),
];

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = WORDS.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, action)| *action)
            .ok_or_else(|| format!("{text:?} is nothing to do; one of {}", words()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = WORDS.iter().find(|(_, action)| action == self).map(|(word, _)| word);
        f.write_str(word.expect("every action has a word"))
    }
}

/// Every word, for people.
fn words() -> String {
    WORDS.map(|(word, _)| word).join(", ")
}

/// `SECONDS:ACTION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// How long after media began to flow, or, for an answer, after it began to ring.
    pub(crate) after: Duration,
    pub(crate) action: Action,
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(seconds, action)| {
            let after = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
            Some((after, action))
        });
        let (after, action) = parsed.ok_or("write seconds and what to do, for example 2:hold or 1.5:mute")?;
        Ok(At { after, action: action.parse()? })
    }
}

/// A line typed by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Do(Action),
    Switch(Switch),
    /// The person wants to know what there is, or mistyped.
    Help,
}

/// One letter for two words: whichever of them changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    Hold,
    Mute,
    Camera,
    Screen,
    Video,
}

/// What a person is told that can be typed.
pub(crate) const KEYS: &str = "type a letter and Enter: h hold or go on, m microphone, c camera, s share as a \
    screen, v ask for pictures or end them, y/n answer that question, a accept, d decline, q hang up";

impl From<&str> for Typed {
    fn from(line: &str) -> Self {
        match line.trim() {
            "h" => Typed::Switch(Switch::Hold),
            "m" => Typed::Switch(Switch::Mute),
            "c" => Typed::Switch(Switch::Camera),
            "s" => Typed::Switch(Switch::Screen),
            "v" => Typed::Switch(Switch::Video),
            "a" => Typed::Do(Action::Accept),
            "d" => Typed::Do(Action::Decline),
            "y" => Typed::Do(Action::Yes),
            "n" => Typed::Do(Action::No),
            "q" => Typed::Do(Action::HangUp),
            word => word.parse().map_or(Typed::Help, Typed::Do),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_is_written() {
        for (word, action) in WORDS {
            assert_eq!((word.parse(), action.to_string()), (Ok(action), word.to_owned()));
            assert_eq!(Typed::from(word), Typed::Do(action));
            assert_eq!(format!("0.5:{word}").parse(), Ok(At { after: Duration::from_millis(500), action }));
        }
    }

    #[test]
    fn what_is_no_action_is_refused_with_those_there_are() {
        assert!("2:jump".parse::<At>().unwrap_err().contains("hold, resume"));
        for text in ["hold", ":hold", "-1:hold", "x:hold", "1e99:hold", ""] {
            assert!(text.parse::<At>().unwrap_err().contains("2:hold"), "{text}");
        }
        assert_eq!(Typed::from("?"), Typed::Help);
    }

    #[test]
    fn letters_are_short_for_words() {
        assert_eq!(Typed::from(" q \n"), Typed::Do(Action::HangUp));
        assert_eq!(Typed::from("m"), Typed::Switch(Switch::Mute));
    }
}
