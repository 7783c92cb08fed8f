//! What a person or script wants done in a call.

use duet_core::{CallState, Error, Time, VideoNews};

use super::Party;
use crate::cli::call::action::{Action, At, Switch};
use crate::cli::report::Event;

/// What this side does by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manners {
    /// What becomes of a call that rings here.
    pub(crate) answer: Answer,
    /// What becomes of the other side's question for pictures; `None` leaves it to the person.
    pub(crate) answer_video: Option<bool>,
    /// What to do when.
    pub(crate) script: Vec<At>,
}

/// What becomes of a call that rings here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Answer {
    /// It is answered at once.
    #[default]
    Accept,
    /// It is refused.
    Decline,
    /// It rings, until somebody or something does more.
    Ignore,
}

impl Party {
    /// Does it; that nothing can be done is said, not failed.
    pub(crate) fn act(&mut self, action: Action) {
        let Some(call) = &self.call else { return self.screen.say("there is no call yet") };
        let (video, audio) = (call.local_video(), call.local_audio());
        let done = match action {
            Action::Accept => {
                if !self.take_waiting() {
                    self.accept();
                }
                Ok(())
            }
            Action::Decline => {
                let call = call.clone();
                if !self.refuse_waiting() {
                    self.facts.declined = true;
                    call.decline();
                }
                Ok(())
            }
            Action::Hold => call.hold(),
            Action::Resume => call.resume(),
            Action::AskVideo => call.ask_video(),
            Action::Yes => call.answer_video(true),
            Action::No => call.answer_video(false),
            Action::StopVideo => call.stop_video(),
            Action::Mute | Action::Unmute => {
                audio.set_enabled(action == Action::Unmute);
                Ok(())
            }
            Action::CameraOff | Action::CameraOn => {
                video.set_enabled(action == Action::CameraOn);
                Ok(())
            }
            Action::ScreenOn | Action::ScreenOff => {
                video.set_screen(action == Action::ScreenOn);
                Ok(())
            }
            Action::HangUp => {
                call.hang_up();
                Ok(())
            }
        };
        self.said(action, done);
    }

    /// Does whichever of the two changes something.
    pub(crate) fn switch(&mut self, switch: Switch) {
        let Some(call) = &self.call else { return self.screen.say("there is no call yet") };
        let either = |on: bool, off: Action, then: Action| if on { off } else { then };
        let action = match switch {
            Switch::Hold => either(self.held.0, Action::Resume, Action::Hold),
            Switch::Mute => either(call.local_audio().is_enabled(), Action::Mute, Action::Unmute),
            Switch::Camera => either(call.local_video().is_enabled(), Action::CameraOff, Action::CameraOn),
            Switch::Screen => either(call.local_video().is_screen(), Action::ScreenOff, Action::ScreenOn),
            Switch::Video => either(self.pictures, Action::StopVideo, Action::AskVideo),
        };
        self.act(action);
    }

    /// Does what the script says is due.
    pub(super) fn follow_script(&mut self, now: Time) {
        let (rings, flows) = (self.rings_since, self.facts.media_at);
        let is_due = |at: &mut At| {
            let since = match at.action {
                Action::Accept | Action::Decline => rings,
                _ => flows,
            };
            since.is_some_and(|since| now.since(since) >= at.after)
        };
        let due: Vec<At> = self.manners.script.extract_if(.., is_due).collect();
        due.into_iter().for_each(|at| self.act(at.action));
    }

    /// Answers the call that rings.
    pub(super) fn accept(&mut self) {
        let Some(call) = self.call.as_ref().filter(|call| call.state() == CallState::Incoming) else {
            return;
        };
        self.facts.accepted_at = Some(self.engine.now());
        self.pictures &= call.media().video;
        call.accept(self.options.clone());
    }

    /// Somebody holds the call, or nobody does any more.
    pub(super) fn on_held(&mut self, local: bool, remote: bool) {
        self.held = (local, remote);
        self.screen.event(&Event::Held { local, remote });
        self.screen.say(match (local, remote) {
            (_, true) => "the other side holds the call",
            (true, false) => "the call is on hold",
            (false, false) => "the call goes on",
        });
    }

    /// The two come to terms about pictures.
    pub(super) fn on_video(&mut self, news: VideoNews) {
        let name = match news {
            VideoNews::Asked => "asked",
            VideoNews::Agreed => "agreed",
            VideoNews::Declined => "declined",
            VideoNews::Stopped => "stopped",
        };
        self.screen.event(&Event::Video { news: name });
        self.screen.say(match news {
            VideoNews::Asked => "the other side would like pictures; answer y or n",
            VideoNews::Agreed => "both sides want pictures",
            VideoNews::Declined => "no pictures",
            VideoNews::Stopped => "the pictures are over",
        });
        self.pictures = news == VideoNews::Agreed || (self.pictures && news == VideoNews::Asked);
        let Some(call) = &self.call else { return };
        match (news, self.manners.answer_video) {
            (VideoNews::Agreed, _) => call.local_video().set_enabled(self.can_film),
            (VideoNews::Asked, Some(yes)) => self.act(if yes { Action::Yes } else { Action::No }),
            (VideoNews::Asked | VideoNews::Declined | VideoNews::Stopped, _) => {}
        }
    }

    fn said(&self, action: Action, done: Result<(), Error>) {
        match done {
            Ok(()) => self.screen.event(&Event::Did { action: action.to_string() }),
            Err(error) => self.screen.say(format!("{action}: {error}")),
        }
    }
}
