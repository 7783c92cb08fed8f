//! What a demo proves.

use crate::cli::report::Report;
use crate::media::Outcome;

/// Of the rate asked for, this share has to be seen: 25 of 30 pictures a second.
const RATE_SHARE: f64 = 25.0 / 30.0;
/// Numbers that could be read, of all pictures: a codec short of bits may blur a few at the start.
const READABLE: f64 = 0.95;
/// How far the tone heard may be from the one sent; the codec keeps it far closer.
const TONE_SHARE: f64 = 0.02;
/// Energy a second below which nobody hears anything.
const AUDIBLE: f64 = 1e-4;

/// What the other side sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) fps: u32,
    pub(super) tone_hz: f64,
}

/// Adds what only a demo can know: the numbers in the pictures and the tone.
pub(super) fn describe(report: &mut Report, outcome: &Outcome) {
    let counters = &outcome.seen.counters;
    report.video.counters_in_order = Some(counters.in_order && counters.read > 0);
    report.video.counters_read = Some(counters.read);
    report.audio.tone_hz = outcome.heard.tone_hz.map(|hz| (hz * 10.0).round() / 10.0);
}

/// What was wrong with what a side saw and heard.
pub(super) fn problems(report: &Report, outcome: &Outcome, expected: Expected) -> Vec<String> {
    let (seen, heard) = (&outcome.seen, &outcome.heard);
    let mut problems = outcome.problems.clone();
    let mut check = |fine: bool, problem: String| {
        if !fine {
            problems.push(problem);
        }
    };
    let fps = seen.fps();
    let least = f64::from(expected.fps) * RATE_SHARE;
    check(fps >= least, format!("saw {fps:.1} pictures a second; {least:.0} are needed"));
    let (moved, frames) = (seen.changed, seen.frames);
    check(moved * 2 > frames, format!("only {moved} of {frames} pictures moved"));
    let counters = &seen.counters;
    check(counters.in_order, "saw pictures out of order".into());
    check(
        counters.read > 0 && counters.read as f64 >= frames as f64 * READABLE,
        format!("could read the number of {} of {frames} pictures only", counters.read),
    );
    let seconds = heard.samples as f64 / 48_000.0;
    check(heard.energy > AUDIBLE * seconds, "heard nothing".into());
    let tone = heard.tone_hz.unwrap_or_default();
    let wanted = expected.tone_hz;
    check(
        (tone - wanted).abs() <= wanted * TONE_SHARE,
        format!("heard a tone of {tone:.0} Hz instead of {wanted:.0} Hz"),
    );
    check(report.ended_by.is_some(), "the call did not end properly".into());
    problems
}

/// One side's report for people.
pub(super) fn sentence(report: &Report) -> String {
    let (video, audio) = (&report.video, &report.audio);
    format!(
        "saw {} pictures ({:.1} a second, {}x{} {}), {} of them moving, numbers in order: {}; heard {:.0} Hz",
        video.frames_decoded,
        video.fps,
        video.width,
        video.height,
        video.codec.unwrap_or("no codec"),
        video.frames_changed,
        if video.counters_in_order == Some(true) { "yes" } else { "no" },
        audio.tone_hz.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use duet_core::Time;
    use duet_core::frame::I420Frame;

    use super::*;
    use crate::sink::{Counters, Heard, Seen};

    fn good() -> Outcome {
        let counters = Counters { read: 298, first: Some(3), last: Some(310), in_order: true };
        let seen = Seen {
            frames: 300,
            changed: 290,
            width: 640,
            height: 480,
            first: Some(Time::from_millis(0)),
            last: Some(Time::from_millis(9_967)),
            counters,
        };
        let heard = Heard { samples: 480_000, energy: 0.3, tone_hz: Some(661.0) };
        Outcome { seen, heard, last_picture: I420Frame::default(), problems: Vec::new() }
    }

    fn found(outcome: &Outcome) -> Vec<String> {
        let report = Report { ended_by: Some("local".into()), ..Report::default() };
        problems(&report, outcome, Expected { fps: 30, tone_hz: 660.0 })
    }

    #[test]
    fn a_good_call_has_no_problems() {
        assert_eq!(found(&good()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named() {
        let check = |spoil: fn(&mut Outcome), words: &str| {
            let mut outcome = good();
            spoil(&mut outcome);
            let found = found(&outcome);
            assert!(found.iter().any(|problem| problem.contains(words)), "{words}: {found:?}");
        };
        check(|o| o.seen.last = Some(Time::from_millis(14_000)), "pictures a second");
        check(|o| o.seen.changed = 12, "12 of 300 pictures moved");
        check(|o| o.seen.counters.in_order = false, "out of order");
        check(|o| o.seen.counters.read = 100, "could read");
        check(|o| o.heard.energy = 0.0, "heard nothing");
        check(|o| o.heard.tone_hz = Some(440.0), "440 Hz instead of 660 Hz");
        check(|o| o.heard.tone_hz = None, "0 Hz instead of 660 Hz");
        check(|o| o.seen = Seen::default(), "0.0 pictures a second");
        check(|o| o.problems.push("the disk is full".into()), "the disk is full");
    }
}
