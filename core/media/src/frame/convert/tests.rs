use super::*;
use crate::frame::Rotation;

/// Bytes that look random, the same every time.
fn noise(count: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(step).collect()
}

fn plane(data: &[u8], row_stride: usize, pixel_stride: usize) -> Plane<'_> {
    Plane { data, row_stride, pixel_stride }
}

fn yuv<'a>(width: u32, height: u32, y: Plane<'a>, u: Plane<'a>, v: Plane<'a>) -> VideoFrame<'a> {
    VideoFrame {
        pixels: Pixels::Yuv420 { y, u, v },
        width,
        height,
        rotation: Rotation::Deg90,
        color: ColorSpace::Bt709Limited,
        capture_time: Time::from_millis(7),
    }
}

fn packed(format: PackedFormat, width: u32, height: u32, data: &[u8], row_stride: usize) -> VideoFrame<'_> {
    VideoFrame {
        pixels: Pixels::Packed { format, data, row_stride },
        width,
        height,
        rotation: Rotation::Deg0,
        color: ColorSpace::Bt601Limited,
        capture_time: Time::ZERO,
    }
}

/// What [`planar::copy`] is to give, sample by sample.
fn reference_plane(from: Plane<'_>, width: usize, height: usize) -> Vec<u8> {
    let at = |i: usize| from.data[i / width * from.row_stride + i % width * from.pixel_stride];
    (0..width * height).map(at).collect()
}

#[test]
fn every_planar_layout_becomes_the_same_i420() {
    let (w, h) = (34, 18);
    let luma = noise(1 << 12, 1);
    let chroma = noise(1 << 13, 2);
    let layouts = [
        // (luma row stride, U offset, V offset, chroma row stride, chroma pixel stride)
        ("I420", 34, 0, 17 * 9, 17, 1),
        ("padded I420", 47, 3, 1000, 29, 1),
        ("NV12", 34, 0, 1, 34, 2),
        ("NV21", 34, 1, 0, 34, 2),
        ("padded NV12", 51, 0, 1, 41, 2),
        ("camera planes", 40, 5, 2000, 37, 2),
        ("every third byte", 34, 0, 1, 51, 3),
        ("every fourth byte", 34, 2, 0, 71, 4),
    ];
    for (name, y_stride, u_at, v_at, stride, pixel_stride) in layouts {
        // Not a byte more than needed behind the last sample.
        let length = stride * 8 + pixel_stride * 16 + 1;
        let y = plane(&luma[..y_stride * 17 + 34], y_stride, 1);
        let u = plane(&chroma[u_at..][..length], stride, pixel_stride);
        let v = plane(&chroma[v_at..][..length], stride, pixel_stride);
        let mut target = I420Frame::default();
        copy_to_i420(&yuv(w, h, y, u, v), &mut target).expect(name);
        let planes = target.as_ref();
        assert_eq!(planes.y, reference_plane(y, 34, 18), "{name}");
        assert_eq!(planes.u, reference_plane(u, 17, 9), "{name}");
        assert_eq!(planes.v, reference_plane(v, 17, 9), "{name}");
    }
}

#[test]
fn luma_may_be_spread_out_too() {
    let luma = noise(64 * 16, 3);
    let chroma = noise(8 * 8, 4);
    let y = plane(&luma, 64, 2);
    let mut target = I420Frame::default();
    let flat = plane(&chroma, 8, 1);
    copy_to_i420(&yuv(16, 16, y, flat, flat), &mut target).expect("copy");
    assert_eq!(target.as_ref().y, reference_plane(y, 16, 16));
}

#[test]
fn metadata_comes_along() {
    let (luma, chroma) = (noise(16 * 16, 1), noise(8 * 8, 2));
    let flat = plane(&chroma, 8, 1);
    let mut target = I420Frame::default();
    copy_to_i420(&yuv(16, 16, plane(&luma, 16, 1), flat, flat), &mut target).expect("copy");
    let metadata = (target.rotation, target.color, target.time);
    assert_eq!(metadata, (Rotation::Deg90, ColorSpace::Bt709Limited, Time::from_millis(7)));
}

#[test]
fn a_bad_frame_is_refused_and_the_target_stays() {
    let data = noise(4096, 5);
    let mut target = I420Frame::black(32, 32).expect("black");
    let refuse = |frame: VideoFrame<'_>, target: &mut I420Frame| {
        let error = copy_to_i420(&frame, target).expect_err("refused");
        assert_eq!((target.width(), target.height(), target.as_ref().y[0]), (32, 32, 16));
        error
    };
    let flat = plane(&data[..64], 8, 1);
    let y = plane(&data[..256], 16, 1);
    let short = |plane, needed, actual| FrameError::ShortPlane { plane, needed, actual };
    let frame = yuv(16, 16, plane(&data[..255], 16, 1), flat, flat);
    assert_eq!(refuse(frame, &mut target), short("y", 256, 255));
    let frame = yuv(16, 16, y, plane(&data[..126], 16, 2), flat);
    assert_eq!(refuse(frame, &mut target), short("u", 127, 126));
    let frame = yuv(16, 16, y, flat, plane(&[], 8, 1));
    assert_eq!(refuse(frame, &mut target), short("v", 64, 0));
    let frame = packed(PackedFormat::Rgba, 16, 16, &data[..1023], 64);
    assert_eq!(refuse(frame, &mut target), short("packed", 1024, 1023));
    let frame = packed(PackedFormat::Bgra, 16, 16, &data, 63);
    assert!(matches!(refuse(frame, &mut target), FrameError::BadStride { plane: "packed", .. }));
    let frame = yuv(17, 16, y, flat, flat);
    assert_eq!(refuse(frame, &mut target), FrameError::OddDimension { width: 17, height: 16 });
    let frame = packed(PackedFormat::Bgra, 16, 15, &data, 64);
    assert_eq!(refuse(frame, &mut target), FrameError::BadDimension { width: 16, height: 15 });
    let frame = yuv(16, 16, y, plane(&data, 3, 1), flat);
    assert!(matches!(refuse(frame, &mut target), FrameError::BadStride { plane: "u", .. }));
    let frame = yuv(16, 16, plane(&data, 256, 5), flat, flat);
    assert!(matches!(refuse(frame, &mut target), FrameError::BadStride { plane: "y", .. }));
}

/// Luma and chroma of full-scale RGB by the book (BT.601-7, BT.709-6, JFIF).
fn reference_yuv(color: ColorSpace, [r, g, b]: [f64; 3]) -> [f64; 3] {
    let (kr, kb) = if color == ColorSpace::Bt709Limited { (0.2126, 0.0722) } else { (0.299, 0.114) };
    let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
    let (u, v) = ((b - luma) / (2.0 - 2.0 * kb), (r - luma) / (2.0 - 2.0 * kr));
    if color == ColorSpace::Bt601Full {
        return [luma, u + 128.0, v + 128.0];
    }
    [16.0 + luma * 219.0 / 255.0, 128.0 + u * 224.0 / 255.0, 128.0 + v * 224.0 / 255.0]
}

fn reference_rgb(color: ColorSpace, [y, u, v]: [f64; 3]) -> [f64; 3] {
    let (kr, kb) = if color == ColorSpace::Bt709Limited { (0.2126, 0.0722) } else { (0.299, 0.114) };
    let full = color == ColorSpace::Bt601Full;
    let luma = if full { y } else { (y - 16.0) * 255.0 / 219.0 };
    let scale = if full { 1.0 } else { 255.0 / 224.0 };
    let (u, v) = ((u - 128.0) * scale, (v - 128.0) * scale);
    let (r, b) = (luma + v * (2.0 - 2.0 * kr), luma + u * (2.0 - 2.0 * kb));
    [r, (luma - kr * r - kb * b) / (1.0 - kr - kb), b]
}

const COLORS: [ColorSpace; 3] = [ColorSpace::Bt601Limited, ColorSpace::Bt601Full, ColorSpace::Bt709Limited];
const FORMATS: [PackedFormat; 2] = [PackedFormat::Rgba, PackedFormat::Bgra];

fn rgb(format: PackedFormat, pixel: &[u8]) -> [f64; 3] {
    let [a, g, c] = [pixel[0], pixel[1], pixel[2]].map(f64::from);
    if format == PackedFormat::Rgba { [a, g, c] } else { [c, g, a] }
}

#[test]
fn packed_pixels_become_i420_by_the_book() {
    // Widths on both sides of the vector sizes, with and without padding.
    for (w, h, padding) in [(16, 16, 0), (34, 18, 0), (50, 20, 12), (128, 32, 4), (1282, 16, 0)] {
        for (format, color) in FORMATS.iter().flat_map(|f| COLORS.map(|c| (*f, c))) {
            let stride = 4 * w + padding;
            let data = noise(stride * (h - 1) + 4 * w, 6);
            let frame = VideoFrame { color, ..packed(format, w as u32, h as u32, &data, stride) };
            let mut target = I420Frame::default();
            copy_to_i420(&frame, &mut target).expect("copy");
            let at = |x: usize, y: usize| rgb(format, &data[y * stride + 4 * x..]);
            let planes = target.as_ref();
            for (i, &got) in planes.y.iter().enumerate() {
                let want = reference_yuv(color, at(i % w, i / w))[0];
                assert!(
                    (f64::from(got) - want).abs() < 1.6,
                    "{format:?} {color:?} {w}x{h} Y {i}: {got} {want}"
                );
            }
            for (i, (&u, &v)) in planes.u.iter().zip(planes.v).enumerate() {
                let (x, y) = (i % (w / 2) * 2, i / (w / 2) * 2);
                let four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
                let mean = std::array::from_fn(|c| four.iter().map(|p| p[c]).sum::<f64>() / 4.0);
                let [_, want_u, want_v] = reference_yuv(color, mean);
                let near = |got: u8, want: f64| (f64::from(got) - want).abs() < 2.1;
                assert!(near(u, want_u) && near(v, want_v), "{format:?} {color:?} {w}x{h} UV {i}");
            }
        }
    }
}

#[test]
fn i420_becomes_packed_pixels_by_the_book_and_opaque() {
    for (w, h, padding) in [(16, 16, 0), (34, 18, 0), (50, 20, 12), (128, 32, 4), (1282, 16, 0)] {
        for (format, color) in FORMATS.iter().flat_map(|f| COLORS.map(|c| (*f, c))) {
            let mut source = I420Frame::black(w as u32, h as u32).expect("black");
            let bytes = noise(w * h * 3 / 2, 8);
            source.data_mut().copy_from_slice(&bytes);
            source.color = color;
            let stride = 4 * w + padding;
            let mut target = vec![7; stride * (h - 1) + 4 * w];
            source.write_packed(format, &mut target, stride).expect("write");
            let planes = source.as_ref();
            for (x, y) in (0..h).flat_map(|y| (0..w).map(move |x| (x, y))) {
                let chroma = y / 2 * (w / 2) + x / 2;
                let sample = [planes.y[y * w + x], planes.u[chroma], planes.v[chroma]].map(f64::from);
                let want = reference_rgb(color, sample);
                // The library counts in 16 bits, 6 of them fractions. Noise goes beyond twice full
                // scale, where that wraps; pictures that were RGB once do not.
                if want.iter().any(|c| c.abs() > 500.0) {
                    continue;
                }
                let want = want.map(|c| c.clamp(0.0, 255.0));
                let pixel = &target[y * stride + 4 * x..][..4];
                let got = rgb(format, pixel);
                let close = got.iter().zip(want).all(|(got, want)| (got - want).abs() < 2.6);
                assert!(close, "{format:?} {color:?} {w}x{h} ({x}, {y}): {got:?} {want:?}");
                assert_eq!(pixel[3], 255);
            }
            for row in 0..h - 1 {
                assert!(target[row * stride + 4 * w..(row + 1) * stride].iter().all(|&b| b == 7), "padding");
            }
        }
    }
}

#[test]
fn a_short_pixel_buffer_is_refused() {
    let frame = I420Frame::black(16, 16).expect("black");
    let mut target = vec![0; 1023];
    let short = FrameError::ShortPlane { plane: "packed", needed: 1024, actual: 1023 };
    assert_eq!(write_packed(frame.as_ref(), PackedFormat::Rgba, &mut target, 64), Err(short));
    let refused = write_packed(frame.as_ref(), PackedFormat::Rgba, &mut target, 60);
    assert!(matches!(refused, Err(FrameError::BadStride { plane: "packed", .. })));
    let cut = I420Ref { y: &frame.as_ref().y[..255], ..frame.as_ref() };
    let refused = write_packed(cut, PackedFormat::Rgba, &mut [0; 1024], 64);
    assert_eq!(refused, Err(FrameError::ShortPlane { plane: "y", needed: 256, actual: 255 }));
}

#[test]
fn halving_takes_the_mean_of_four() {
    let mut large = I420Frame::black(64, 64).expect("black");
    large.data_mut().copy_from_slice(&noise(64 * 64 * 3 / 2, 10));
    let mut half = I420Frame::black(32, 32).expect("black");
    scale_i420(large.as_ref(), &mut half);
    let check = |from: &[u8], to: &[u8], width: usize| {
        for (i, &got) in to.iter().enumerate() {
            let (x, y) = (i % width * 2, i / width * 2);
            let at = |dx, dy| u32::from(from[(y + dy) * 2 * width + x + dx]);
            assert_eq!(u32::from(got), (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4);
        }
    };
    let (from, to) = (large.as_ref(), half.as_ref());
    check(from.y, to.y, 32);
    check(from.u, to.u, 16);
    check(from.v, to.v, 16);
}

#[test]
fn bilinear_scaling_matches_the_formula() {
    for ((w, h), (tw, th)) in
        [((64, 48), (40, 32)), ((40, 32), (64, 48)), ((64, 48), (16, 48)), ((18, 16), (400, 16))]
    {
        let mut source = I420Frame::black(w, h).expect("black");
        let bytes = noise(source.data().len(), 11);
        source.data_mut().copy_from_slice(&bytes);
        let mut target = I420Frame::black(tw, th).expect("black");
        scale_i420(source.as_ref(), &mut target);
        let check = |from: &[u8], (w, h): (usize, usize), to: &[u8], (tw, th): (usize, usize)| {
            for (i, &got) in to.iter().enumerate() {
                let place = |i: usize, from: usize, to: usize| {
                    let at = (i as f64 + 0.5) * from as f64 / to as f64 - 0.5;
                    at.clamp(0.0, from as f64 - 1.0)
                };
                let (x, y) = (place(i % tw, w, tw), place(i / tw, h, th));
                let at =
                    |x: f64, y: f64| f64::from(from[(y as usize).min(h - 1) * w + (x as usize).min(w - 1)]);
                let (fx, fy) = (x.fract(), y.fract());
                let upper = at(x, y) * (1.0 - fx) + at(x + 1.0, y) * fx;
                let lower = at(x, y + 1.0) * (1.0 - fx) + at(x + 1.0, y + 1.0) * fx;
                let want = upper * (1.0 - fy) + lower * fy;
                // Weights of 1/256 and steps of 1/65536 cost up to two levels on noise.
                assert!((f64::from(got) - want).abs() < 2.6, "{w}x{h} to {tw}x{th}, {i}: {got} {want}");
            }
        };
        let (from, to) = (source.as_ref(), target.as_ref());
        let (w, h, tw, th) = (w as usize, h as usize, tw as usize, th as usize);
        check(from.y, (w, h), to.y, (tw, th));
        check(from.u, (w / 2, h / 2), to.u, (tw / 2, th / 2));
        check(from.v, (w / 2, h / 2), to.v, (tw / 2, th / 2));
    }
}

#[test]
fn scaling_reads_rows_of_any_stride_and_copies_equal_sizes() {
    let bytes = noise(1 << 13, 12);
    let source = I420Ref {
        y: &bytes[..53 * 31 + 48],
        u: &bytes[100..][..29 * 15 + 24],
        v: &bytes[900..][..31 * 15 + 24],
        y_stride: 53,
        u_stride: 29,
        v_stride: 31,
        width: 48,
        height: 32,
    };
    let mut same = I420Frame::black(48, 32).expect("black");
    scale_i420(source, &mut same);
    let mut copied = I420Frame::default();
    copied.copy_from(source).expect("copy");
    assert_eq!(same.data(), copied.data());
    let (mut a, mut b) = (I420Frame::black(24, 16).expect("black"), I420Frame::black(24, 16).expect("black"));
    scale_i420(source, &mut a);
    scale_i420(copied.as_ref(), &mut b);
    assert_eq!(a.data(), b.data());
    scale_i420(source, &mut I420Frame::default());
}

#[test]
fn the_largest_frame_scales_without_overrunning_its_buffers() {
    let source = I420Frame::black(4096, 16).expect("black");
    let mut target = I420Frame::black(4094, 18).expect("black");
    scale_i420(source.as_ref(), &mut target);
    assert!(target.as_ref().y.iter().all(|&y| y == 16));
    let mut back = I420Frame::black(4096, 16).expect("black");
    scale_i420(target.as_ref(), &mut back);
    assert!(back.as_ref().u.iter().all(|&u| u == 128));
}
