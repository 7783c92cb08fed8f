//! Tells a moving picture from a frozen one.

use duet_core::frame::I420Ref;

/// Pixels from one sampled square to the next, both ways.
const STEP: usize = 8;
/// How far the mean luma of a square must move. A codec's noise on a still picture moves single
/// pixels by a few steps and the mean of four by less than half of this, at any usable quality.
const MOVED: i32 = 8;
/// One in so many squares must have moved: a clock's last digit is enough, a stray square is not.
const SHARE: usize = 2_000;
/// At least this many squares, however small the picture.
const LEAST: usize = 2;

/// Compares each picture with the one before, on a grid of small squares.
#[derive(Debug, Default)]
pub struct ChangeDetector {
    before: Vec<u8>,
    now: Vec<u8>,
    size: (u32, u32),
}

impl ChangeDetector {
    /// Whether `picture` visibly differs from the last one given. The first one, and the first one
    /// of another size, does not.
    pub fn changed(&mut self, picture: I420Ref<'_>) -> bool {
        std::mem::swap(&mut self.before, &mut self.now);
        sample(picture, &mut self.now);
        let comparable = self.size == (picture.width, picture.height);
        self.size = (picture.width, picture.height);
        if !comparable {
            return false;
        }
        let moved = |(a, b): &(&u8, &u8)| (i32::from(**a) - i32::from(**b)).abs() > MOVED;
        let count = self.before.iter().zip(&self.now).filter(moved).count();
        count >= LEAST.max(self.now.len() / SHARE)
    }
}

/// The mean of two by two pixels at each grid point.
fn sample(picture: I420Ref<'_>, into: &mut Vec<u8>) {
    into.clear();
    let (width, height) = (picture.width as usize, picture.height as usize);
    for row in (0..height - 1).step_by(STEP) {
        let upper = &picture.y[row * picture.y_stride..][..width];
        let lower = &picture.y[(row + 1) * picture.y_stride..][..width];
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2)).step_by(STEP / 2);
        into.extend(pairs.map(|(upper, lower)| {
            let sum = u32::from(upper[0]) + u32::from(upper[1]) + u32::from(lower[0]) + u32::from(lower[1]);
            (sum / 4) as u8
        }));
    }
}

#[cfg(test)]
mod tests {
    use duet_core::frame::I420Frame;

    use super::*;

    fn picture(paint: impl Fn(usize, usize) -> u8) -> I420Frame {
        let mut frame = I420Frame::black(320, 240).expect("size");
        for (index, luma) in frame.planes_mut().0.iter_mut().enumerate() {
            *luma = paint(index % 320, index / 320);
        }
        frame
    }

    #[test]
    fn noise_on_a_still_picture_is_no_change() {
        let mut changes = ChangeDetector::default();
        for seed in 0..20usize {
            let noisy = picture(|x, y| (100 + x / 4 + (x * 7 + y * 13 + seed * 31) % 7) as u8);
            assert!(!changes.changed(noisy.as_ref()), "{seed}");
        }
    }

    #[test]
    fn a_small_thing_that_moves_is_a_change() {
        let mut changes = ChangeDetector::default();
        let at = |left: usize| {
            picture(
                move |x, y| if (left..left + 32).contains(&x) && (80..112).contains(&y) { 200 } else { 60 },
            )
        };
        assert!(!changes.changed(at(40).as_ref()));
        assert!(changes.changed(at(56).as_ref()));
        assert!(!changes.changed(at(56).as_ref()));
    }

    #[test]
    fn another_size_alone_is_no_change() {
        let mut changes = ChangeDetector::default();
        changes.changed(picture(|_, _| 50).as_ref());
        let small = I420Frame::black(160, 120).expect("size");
        assert!(!changes.changed(small.as_ref()));
    }
}
