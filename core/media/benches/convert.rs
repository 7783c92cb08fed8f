//! Milliseconds per 1280x720 frame of every conversion: `cargo bench -p duet-media`.

use std::hint::black_box;
use std::time::Instant;

use duet_media::Time;
use duet_media::frame::{
    ColorSpace, I420Frame, PackedFormat, Pixels, Plane, Rotation, VideoFrame, copy_to_i420, scale_i420,
    write_packed,
};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
/// Runs of each conversion; the best counts, because other work on the machine only ever slows.
const RUNS: usize = 200;

fn main() {
    let bytes: Vec<u8> = (0..WIDTH * HEIGHT * 4).map(|i| (i * 31 + i / 977) as u8).collect();
    let (luma, chroma) = bytes.split_at(WIDTH * HEIGHT);
    let mut target = I420Frame::default();
    let mut pixels = vec![0; WIDTH * HEIGHT * 4];

    let plane = |data, row_stride, pixel_stride| Plane { data, row_stride, pixel_stride };
    let planar = |stride| Pixels::Yuv420 {
        y: plane(luma, WIDTH, 1),
        u: plane(chroma, WIDTH / 2 * stride, stride),
        v: plane(&chroma[1..], WIDTH / 2 * stride, stride),
    };
    let packed = |format| Pixels::Packed { format, data: &bytes, row_stride: WIDTH * 4 };
    for (name, pixels) in [
        ("I420 to I420", planar(1)),
        ("NV12 to I420", planar(2)),
        ("BGRA to I420", packed(PackedFormat::Bgra)),
        ("RGBA to I420", packed(PackedFormat::Rgba)),
    ] {
        let frame = frame(pixels);
        measure(name, || copy_to_i420(&frame, &mut target).expect("valid frame"));
    }
    measure("I420 to RGBA", || {
        write_packed(target.as_ref(), PackedFormat::Rgba, &mut pixels, WIDTH * 4).expect("fits");
    });
    for (name, width, height) in [
        ("half", 640, 360),
        ("two thirds", 852, 480),
        ("one and a half", 1920, 1080),
        ("same size", 1280, 720),
    ] {
        let mut scaled = I420Frame::black(width, height).expect("even size");
        measure(&format!("scale to {name}"), || scale_i420(target.as_ref(), &mut scaled));
    }
}

fn frame(pixels: Pixels<'_>) -> VideoFrame<'_> {
    VideoFrame {
        pixels,
        width: WIDTH as u32,
        height: HEIGHT as u32,
        rotation: Rotation::Deg0,
        color: ColorSpace::Bt601Limited,
        capture_time: Time::ZERO,
    }
}

fn measure(name: &str, mut work: impl FnMut()) {
    let best = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(&mut work)();
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!("{name:<24} {:.3} ms", best.as_secs_f64() * 1000.0);
}
