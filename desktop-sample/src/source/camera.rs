//! A camera that needs no hardware: a lively picture with a clock, a name and a frame counter.

use duet_core::frame::I420Frame;

use super::layers::{Ball, Strip};
use super::{Pictures, SourceError, font};
use crate::pace::Rate;
use crate::stamp;

/// Dots across the picture: glyphs keep their share of it at every size.
const DOTS: usize = 160;
/// Luma of text, and of the plate behind it.
const TEXT: u8 = 235;
const PLATE: u8 = 26;
/// The longest name that is shown.
const MAX_NAME: usize = 16;
/// Pixels the backdrop glides in a picture of 640 columns; the bars glide twice as fast.
const GLIDE: usize = 2;

/// Paints picture after picture; everything that does not change was painted before.
pub struct SyntheticCamera {
    rate: Rate,
    name: String,
    frame: I420Frame,
    backdrop: Strip,
    bars: Strip,
    bars_top: usize,
    balls: [Ball; 3],
}

impl SyntheticCamera {
    /// A camera of `width` x `height` pixels whose picture shows `name`.
    ///
    /// # Errors
    /// [`SourceError::Frame`] when a dimension is odd or out of range.
    pub fn new(width: u32, height: u32, rate: Rate, name: &str) -> Result<Self, SourceError> {
        let frame = I420Frame::black(width, height)?;
        let (w, h) = (width as usize, height as usize);
        let bars_height = (h / 8) & !1;
        let name = name.chars().take(MAX_NAME).collect();
        let speed = |share: usize| (w / share).max(1);
        Ok(SyntheticCamera {
            rate,
            name,
            frame,
            backdrop: Strip::backdrop(w, h),
            bars: Strip::bars(w, bars_height),
            bars_top: (h - bars_height) & !1,
            balls: [
                Ball::new(h / 4, (90, 200), (speed(128), speed(160)), (w / 5, h / 9)),
                Ball::new(h / 6, (70, 90), (speed(91), speed(213)), (w / 2, h / 3)),
                Ball::new(h / 8, (190, 110), (speed(160), speed(107)), (w, h / 2)),
            ],
        })
    }

    /// The time since picture 0, as `mm:ss.cc`.
    fn clock(&self, number: u64) -> String {
        let time = self.rate.offset(number);
        let (seconds, centis) = (time.as_secs(), time.subsec_millis() / 10);
        format!("{:02}:{:02}.{centis:02}", seconds / 60 % 100, seconds % 60)
    }

    /// Text on a dark plate, in the middle of the row.
    fn caption(&mut self, text: &str, top: usize, scale: usize) {
        let (w, h) = (self.frame.width() as usize, self.frame.height() as usize);
        let (wide, high) = (text.len() * font::ADVANCE * scale + scale, (font::HEIGHT + 2) * scale);
        if wide > w || top + high > h {
            return;
        }
        let (left, top, wide, high) = (((w - wide) / 2) & !1, top & !1, wide & !1, high & !1);
        let (y, u, v) = self.frame.planes_mut();
        for row in y.chunks_exact_mut(w).skip(top).take(high) {
            row[left..left + wide].fill(PLATE);
        }
        for plane in [u, v] {
            for row in plane.chunks_exact_mut(w / 2).skip(top / 2).take(high / 2) {
                row[left / 2..(left + wide) / 2].fill(128);
            }
        }
        font::draw(&mut self.frame, left + scale, top + scale, scale, TEXT, text);
    }
}

impl Pictures for SyntheticCamera {
    fn rate(&self) -> Rate {
        self.rate
    }

    fn picture(&mut self, number: u64) -> Result<&mut I420Frame, SourceError> {
        let (w, h) = (self.frame.width() as usize, self.frame.height() as usize);
        let step = usize::try_from(number).unwrap_or(0);
        let glide = (GLIDE * w / 640).max(GLIDE);
        self.backdrop.paint(&mut self.frame, 0, step * glide);
        for ball in &self.balls {
            ball.paint(&mut self.frame, w / 40, self.bars_top, step);
        }
        self.bars.paint(&mut self.frame, self.bars_top, w - step * 2 * glide % w);
        let scale = (w / DOTS).max(1);
        self.caption(&self.clock(number), h * 2 / 5, 2 * scale);
        let name = std::mem::take(&mut self.name);
        self.caption(&name, h * 5 / 8, scale);
        self.name = name;
        stamp::write(self.frame.planes_mut().0, w, number as u32);
        Ok(&mut self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::ChangeDetector;

    #[test]
    fn pictures_move_and_carry_their_number_at_every_common_size() {
        for (width, height) in [(160, 120), (320, 240), (640, 480), (640, 360), (1280, 720), (360, 640)] {
            let mut camera = SyntheticCamera::new(width, height, Rate::hz(30), "A").expect("camera");
            let mut changes = ChangeDetector::default();
            let mut moved = 0;
            for number in 0..60 {
                let picture = camera.picture(number).expect("picture").as_ref();
                assert_eq!(stamp::read(picture), Some(number as u32), "{width}x{height}");
                moved += u32::from(changes.changed(picture));
            }
            assert_eq!(moved, 59, "{width}x{height}");
        }
    }

    #[test]
    fn the_smallest_and_oddest_sizes_do_not_panic() {
        for (width, height) in [(16, 16), (18, 4096), (4096, 16), (42, 1000), (62, 34)] {
            let mut camera = SyntheticCamera::new(width, height, Rate::hz(30), "SMALL").expect("camera");
            for number in [0, 1, 77, 1_000_000, u64::from(u32::MAX) * 3] {
                camera.picture(number).expect("picture");
            }
        }
    }

    #[test]
    fn odd_sizes_are_refused_with_advice() {
        let error = SyntheticCamera::new(641, 480, Rate::hz(30), "A").err().expect("refused");
        assert!(error.to_string().contains("even width and height"), "{error}");
    }

    #[test]
    fn the_clock_counts_minutes_and_seconds() {
        let camera = SyntheticCamera::new(320, 240, Rate::hz(30), "A").expect("camera");
        assert_eq!(camera.clock(0), "00:00.00");
        assert_eq!(camera.clock(30 * 75 + 15), "01:15.50");
    }
}
