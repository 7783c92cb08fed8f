//! The parts of the synthetic picture, painted once and then only copied: a backdrop and bars that
//! glide by, and balls that bounce.

use std::f32::consts::TAU;

use duet_core::frame::I420Frame;

/// A strip as wide as the picture that repeats sideways without a seam. Each row is stored twice in
/// a row, so that any shift is one copy.
pub(super) struct Strip {
    width: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Strip {
    /// A strip of `width` by `height`, coloured by `paint(column, row) -> (y, u, v)` with column
    /// and row from 0 to 1.
    fn new(width: usize, height: usize, paint: impl Fn(f32, f32) -> (f32, f32, f32)) -> Self {
        let at = |column: usize, row: usize, w: usize, h: usize| {
            paint(column as f32 / w as f32, row as f32 / h as f32)
        };
        let plane = |w: usize, h: usize, pick: fn((f32, f32, f32)) -> f32| {
            let mut plane = Vec::with_capacity(2 * w * h);
            for row in 0..h {
                let start = plane.len();
                plane.extend((0..w).map(|column| pick(at(column, row, w, h)).clamp(16.0, 235.0) as u8));
                plane.extend_from_within(start..);
            }
            plane
        };
        Strip {
            width,
            y: plane(width, height, |(y, ..)| y),
            u: plane(width / 2, height / 2, |(_, u, _)| u),
            v: plane(width / 2, height / 2, |(.., v)| v),
        }
    }

    /// Soft colours with some texture: like a room out of focus, with things in it.
    pub(super) fn backdrop(width: usize, height: usize) -> Self {
        Strip::new(width, height, |x, y| {
            let glow = 38.0 * (TAU * (x + 0.15 * (TAU * y).sin())).sin() * (1.0 - 0.5 * y);
            let weave = 9.0 * (TAU * (11.0 * x + 3.0 * y)).sin() * (TAU * 7.0 * y).cos();
            let grain = 7.0 * (TAU * (31.0 * x - 5.0 * y)).sin() * (TAU * (17.0 * x + 23.0 * y)).sin();
            let u = 128.0 + 26.0 * (TAU * (x + 0.25)).sin() + 14.0 * (y - 0.5);
            let v = 128.0 + 24.0 * (TAU * (x + 0.6 + 0.3 * y)).sin();
            (112.0 - 26.0 * y + glow + weave + grain, u, v)
        })
    }

    /// Eight upright bars of strong colours.
    pub(super) fn bars(width: usize, height: usize) -> Self {
        const COLORS: [(f32, f32, f32); 8] = [
            (208.0, 128.0, 128.0),
            (180.0, 44.0, 142.0),
            (150.0, 156.0, 44.0),
            (133.0, 63.0, 52.0),
            (96.0, 193.0, 204.0),
            (76.0, 96.0, 212.0),
            (46.0, 212.0, 114.0),
            (28.0, 128.0, 128.0),
        ];
        Strip::new(width, height, |x, _| COLORS[(x * 8.0) as usize % 8])
    }

    /// Paints the strip over all columns from row `top` (even) on, shifted left by `shift` pixels.
    pub(super) fn paint(&self, frame: &mut I420Frame, top: usize, shift: usize) {
        let shift = (shift % self.width) & !1;
        let (w, cw) = (self.width, self.width / 2);
        let (y, u, v) = frame.planes_mut();
        let rows = (self.u.len() / self.width).min((y.len() / w - top) / 2);
        for row in 0..rows {
            for line in [2 * row, 2 * row + 1] {
                let from = line * 2 * w + shift;
                y[(top + line) * w..][..w].copy_from_slice(&self.y[from..from + w]);
            }
            let (to, from) = ((top / 2 + row) * cw, row * 2 * cw + shift / 2);
            u[to..to + cw].copy_from_slice(&self.u[from..from + cw]);
            v[to..to + cw].copy_from_slice(&self.v[from..from + cw]);
        }
    }
}

/// A shaded ball that bounces off the edges of the picture.
pub(super) struct Ball {
    diameter: usize,
    /// Luma of the square around the ball, row by row.
    luma: Vec<u8>,
    /// First and last column of each row, even.
    rows: Vec<(usize, usize)>,
    u: u8,
    v: u8,
    /// Pixels a picture, sideways and down.
    speed: (usize, usize),
    /// Where it is in its course at picture 0.
    phase: (usize, usize),
}

impl Ball {
    pub(super) fn new(
        diameter: usize,
        (u, v): (u8, u8),
        speed: (usize, usize),
        phase: (usize, usize),
    ) -> Self {
        let diameter = (diameter & !1).max(4);
        let radius = diameter as f32 / 2.0;
        let mut luma = Vec::with_capacity(diameter * diameter);
        let mut rows = Vec::with_capacity(diameter);
        for row in 0..diameter {
            let dy = row as f32 + 0.5 - radius;
            let half = (radius * radius - dy * dy).max(0.0).sqrt();
            // Chroma has half the columns: both ends are even.
            let (first, last) = ((radius - half) as usize & !1, (radius + half + 1.0) as usize & !1);
            rows.push((first, last.min(diameter)));
            luma.extend((0..diameter).map(|column| {
                let dx = column as f32 + 0.5 - radius;
                // Light comes from the upper left.
                let shade = ((dx + 0.4 * radius).powi(2) + (dy + 0.4 * radius).powi(2)).sqrt() / radius;
                (215.0 - 95.0 * shade).clamp(40.0, 235.0) as u8
            }));
        }
        Ball { diameter, luma, rows, u, v, speed, phase }
    }

    /// Paints the ball where it is at picture `number`, between rows `top` and `bottom`.
    pub(super) fn paint(&self, frame: &mut I420Frame, top: usize, bottom: usize, number: usize) {
        let width = frame.width() as usize;
        let top = top.next_multiple_of(2);
        if self.diameter + 2 > width || top + self.diameter + 2 > bottom {
            return;
        }
        let left = bounce(self.phase.0 + number * self.speed.0, width - self.diameter);
        let top = top + bounce(self.phase.1 + number * self.speed.1, bottom - top - self.diameter);
        let (y, u, v) = frame.planes_mut();
        for (row, &(first, last)) in self.rows.iter().enumerate() {
            let source = &self.luma[row * self.diameter..][first..last];
            y[(top + row) * width + left + first..][..last - first].copy_from_slice(source);
            if row % 2 == 0 {
                let start = (top + row) / 2 * (width / 2) + (left + first) / 2;
                u[start..][..(last - first) / 2].fill(self.u);
                v[start..][..(last - first) / 2].fill(self.v);
            }
        }
    }
}

/// To and fro between 0 and `range`, on even pixels.
fn bounce(distance: usize, range: usize) -> usize {
    let place = distance % (2 * range);
    (if place < range { place } else { 2 * range - place }) & !1
}
