//! A moving picture, a picture quality measure and a small random source.
#![allow(dead_code, reason = "every test binary uses another part")]

use duet_codecs::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, video_encoder};
use duet_media::frame::{ColorSpace, I420Frame, I420Ref};

/// Frames per second of the tests' videos.
pub const FPS: f32 = 30.0;
/// 90 kHz ticks between frames.
pub const TICKS: u64 = 3000;

pub fn config(width: u32, height: u32, bitrate_bps: u32) -> EncoderConfig {
    let color = ColorSpace::default();
    EncoderConfig { width, height, fps: FPS, bitrate_bps, screen: false, color, threads: 1 }
}

/// Frame `n` of a picture with a drifting soft background, a textured square that bounces on it and
/// a little sensor noise.
pub fn moving_picture(width: u32, height: u32, n: u32) -> I420Frame {
    let mut frame = I420Frame::black(width, height).expect("even size");
    let (w, h) = (width as usize, height as usize);
    let side = h / 3;
    let (left, top) = (bounce(n as usize * 5, w - side), bounce(n as usize * 3, h - side));
    let mut noise = Random(u64::from(n) + 1);
    let (y, u, v) = frame.planes_mut();
    for row in 0..h {
        for column in 0..w {
            let inside = (left..left + side).contains(&column) && (top..top + side).contains(&row);
            let value = if inside {
                let (x, y) = (column - left, row - top);
                80 + (x * 7 + y * 3) % 64 + if (x / 12 + y / 12) % 2 == 0 { 60 } else { 0 }
            } else {
                60 + (wave(column + n as usize * 2, 173) + wave(row * 2 + column, 211)) / 4
            };
            y[row * w + column] = (value + noise.below(5)) as u8;
        }
    }
    for row in 0..h / 2 {
        for column in 0..w / 2 {
            u[row * w / 2 + column] = (96 + wave(column + n as usize, 307) / 4) as u8;
            v[row * w / 2 + column] = (96 + wave(row + n as usize, 251) / 4) as u8;
        }
    }
    frame
}

/// Goes 0..=limit and back.
fn bounce(position: usize, limit: usize) -> usize {
    let phase = position % (2 * limit);
    if phase <= limit { phase } else { 2 * limit - phase }
}

/// A triangle wave of 0 to 255.
fn wave(position: usize, period: usize) -> usize {
    let phase = position % period;
    phase.min(period - phase) * 510 / period
}

/// Peak signal to noise ratio of the luma plane, in dB.
pub fn psnr_y(a: I420Ref<'_>, b: I420Ref<'_>) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let (w, h) = (a.width as usize, a.height as usize);
    let mut sum = 0u64;
    for row in 0..h {
        let (a, b) = (&a.y[row * a.y_stride..][..w], &b.y[row * b.y_stride..][..w]);
        sum += a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
    }
    let mse = (sum as f64 / (w * h) as f64).max(1e-9);
    10.0 * (255.0 * 255.0 / mse).log10()
}

/// An encoder of the moving picture.
pub struct Source {
    pub encoder: Box<dyn VideoEncoder>,
    pub out: EncodedFrame,
    pub picture: I420Frame,
    width: u32,
    height: u32,
    next: u32,
}

impl Source {
    pub fn new(codec: VideoCodec, config: EncoderConfig) -> Self {
        Source {
            encoder: video_encoder(codec, &config).expect("encoder"),
            out: EncodedFrame::default(),
            picture: I420Frame::default(),
            width: config.width,
            height: config.height,
            next: 0,
        }
    }

    pub fn configure(&mut self, config: EncoderConfig) {
        self.encoder.configure(&config).expect("configure");
        (self.width, self.height) = (config.width, config.height);
    }

    /// Encodes the next frame into `out`.
    pub fn encode(&mut self, force_key: bool) -> Result<bool, CodecError> {
        self.picture = moving_picture(self.width, self.height, self.next);
        let timestamp = u64::from(self.next) * TICKS;
        self.next += 1;
        self.encoder.encode(self.picture.as_ref(), timestamp, force_key, &mut self.out)
    }

    /// Encodes the next frame, which must come out; gives its bytes.
    pub fn frame(&mut self, force_key: bool) -> Vec<u8> {
        assert!(self.encode(force_key).expect("encode"), "no frame may be dropped");
        self.out.data.clone()
    }
}

/// Xorshift: the same numbers everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 11) % limit as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 24) as u8).collect()
    }
}
