//! Looks at every picture: does it move, what number does it carry, how many come a second.

use duet_core::Time;
use duet_core::frame::I420Frame;

use super::ChangeDetector;
use crate::stamp;

/// What was seen so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Pictures.
    pub frames: u64,
    /// Pictures that visibly differ from the one before.
    pub changed: u64,
    /// Width of the last one, in pixels.
    pub width: u32,
    /// Height of the last one, in pixels.
    pub height: u32,
    /// When the first one came.
    pub first: Option<Time>,
    /// When the last one came.
    pub last: Option<Time>,
    /// The numbers in them.
    pub counters: Counters,
}

/// The numbers read from the pictures' stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// How many could be read.
    pub read: u64,
    /// The first one.
    pub first: Option<u32>,
    /// The last one.
    pub last: Option<u32>,
    /// Whether each was greater than the one before.
    pub in_order: bool,
}

impl Default for Counters {
    fn default() -> Self {
        Counters { read: 0, first: None, last: None, in_order: true }
    }
}

impl Seen {
    /// Pictures a second between the first and the last.
    pub fn fps(&self) -> f64 {
        match (self.first, self.last) {
            (Some(first), Some(last)) if last > first => {
                (self.frames - 1) as f64 / last.since(first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

/// Watches pictures.
#[derive(Debug, Default)]
pub struct Eye {
    seen: Seen,
    changes: ChangeDetector,
}

impl Eye {
    /// Looks at a picture that came at `now`.
    pub fn look(&mut self, frame: &I420Frame, now: Time) -> &Seen {
        let seen = &mut self.seen;
        seen.frames += 1;
        seen.changed += u64::from(self.changes.changed(frame.as_ref()));
        (seen.width, seen.height) = (frame.width(), frame.height());
        seen.first.get_or_insert(now);
        seen.last = Some(now);
        if let Some(number) = stamp::read(frame.as_ref()) {
            let counters = &mut seen.counters;
            counters.read += 1;
            counters.in_order &= counters.last.is_none_or(|last| number > last);
            counters.first.get_or_insert(number);
            counters.last = Some(number);
        }
        &self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: u32) -> I420Frame {
        let mut frame = I420Frame::black(320, 240).expect("size");
        stamp::write(frame.planes_mut().0, 320, number);
        frame
    }

    #[test]
    fn numbers_in_order_are_told_from_numbers_that_jump_back() {
        let mut eye = Eye::default();
        for (index, number) in [7, 8, 11].into_iter().enumerate() {
            eye.look(&numbered(number), Time::from_millis(index as u64 * 40));
        }
        let expected = Counters { read: 3, first: Some(7), last: Some(11), in_order: true };
        assert_eq!(eye.seen.counters, expected);
        assert!(!eye.look(&numbered(11), Time::from_millis(120)).counters.in_order);
    }

    #[test]
    fn the_rate_is_reckoned_between_first_and_last_picture() {
        let mut eye = Eye::default();
        assert_eq!(eye.seen.fps(), 0.0);
        for index in 0..26 {
            eye.look(&numbered(index), Time::from_millis(1_000 + u64::from(index) * 40));
        }
        assert!((eye.seen.fps() - 25.0).abs() < 1e-9);
    }
}
