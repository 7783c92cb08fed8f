//! CPU time and picture quality of every codec in this build.
//!
//! `cargo bench -p duet-codecs --features vp8` runs on a synthetic picture; `-- FILE WIDTH HEIGHT
//! [KBPS]` runs on raw I420 frames, played there and back.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{TICKS, config, moving_picture, psnr_y};
use duet_codecs::{EncodedFrame, audio_decoder, audio_encoder, video_codecs, video_decoder, video_encoder};
use duet_media::frame::I420Frame;

const FRAMES: usize = 300;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    println!("codec        size   kbit/s  real  enc ms  dec ms  PSNR-Y  key KB  qp");
    match arguments.as_slice() {
        [file, width, height, rest @ ..] => {
            let (width, height) = (width.parse().expect("width"), height.parse().expect("height"));
            let kbps = rest.first().map_or(1500, |k| k.parse().expect("kbps"));
            let bytes = std::fs::read(file).expect("readable file");
            let clip: Vec<_> =
                bytes.chunks_exact(width * height * 3 / 2).map(|f| frame(f, width, height)).collect();
            video(&clip, kbps);
        }
        _ => {
            for (width, height) in [(640, 480), (1280, 720)] {
                let clip: Vec<_> = (0..90).map(|n| moving_picture(width, height, n)).collect();
                video(&clip, 1500);
            }
        }
    }
    audio();
}

fn frame(bytes: &[u8], width: usize, height: usize) -> I420Frame {
    let mut frame = I420Frame::black(width as u32, height as u32).expect("even size");
    frame.data_mut().copy_from_slice(bytes);
    frame
}

fn video(clip: &[I420Frame], kbps: u32) {
    let (width, height) = (clip[0].width(), clip[0].height());
    for &codec in video_codecs() {
        let mut encoder = video_encoder(codec, &config(width, height, kbps * 1000)).expect("encoder");
        let mut decoder = video_decoder(codec).expect("decoder");
        let mut out = EncodedFrame::default();
        let (mut encode, mut decode, mut bytes, mut psnr, mut key, mut qp) = (0.0, 0.0, 0, 0.0, 0, 0);
        for n in 0..FRAMES {
            let phase = n % (2 * clip.len() - 2);
            let picture = &clip[if phase < clip.len() { phase } else { 2 * clip.len() - 2 - phase }];
            let start = Instant::now();
            encoder.encode(picture.as_ref(), n as u64 * TICKS, false, &mut out).expect("encode");
            encode += start.elapsed().as_secs_f64();
            let start = Instant::now();
            let decoded = decoder.decode(&out.data).expect("decode").expect("picture");
            decode += start.elapsed().as_secs_f64();
            bytes += out.data.len();
            psnr += psnr_y(picture.as_ref(), decoded);
            key += if out.key { out.data.len() } else { 0 };
            qp += usize::from(out.qp.unwrap_or(0));
        }
        let each = |total: f64| total / FRAMES as f64;
        println!(
            "{codec:<6} {width:>5}x{height:<5} {kbps:>7} {:>5.0} {:>7.2} {:>7.2} {:>7.2} {:>7.1} {:>3}",
            each(bytes as f64) * 8.0 * 30.0 / 1000.0,
            each(encode) * 1000.0,
            each(decode) * 1000.0,
            each(psnr),
            key as f64 / 1000.0,
            qp / FRAMES,
        );
    }
}

fn audio() {
    let (mut encoder, mut decoder) = (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
    let mut random = common::Random(7);
    let (mut packet, mut pcm) = ([0; 1275], [0.0; 960]);
    let (mut encode, mut decode) = (0.0, 0.0);
    for n in 0..500 {
        let sound: Vec<f32> = (0..960)
            .map(|i| {
                let t = (n * 960 + i) as f32 / 48_000.0;
                0.2 * (880.0 * t).sin() + 0.1 * (4500.0 * t).sin() + random.below(100) as f32 / 5000.0
            })
            .collect();
        let start = Instant::now();
        let length = encoder.encode(&sound, &mut packet).expect("encode");
        encode += start.elapsed().as_secs_f64();
        let start = Instant::now();
        decoder.decode(&packet[..length], &mut pcm).expect("decode");
        decode += start.elapsed().as_secs_f64();
    }
    println!("opus: {:.3} ms to encode and {:.3} ms to decode 20 ms", encode * 2.0, decode * 2.0);
}
