//! What goes in as files comes out as files, on the other side of a call.

use std::f64::consts::TAU;
use std::path::Path;

use duet_core::frame::I420Frame;
use duet_desktop::pace::Rate;
use duet_desktop::sink::{WavRecorder, Y4mRecorder};
use duet_desktop::source::{Pictures, Y4mFile};
use duet_desktop::stamp;

use crate::support::{Duet, Service, folder, one_call_at_a_time};

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
const FPS: u32 = 30;
/// The call lasts less than the clips, so that nothing comes twice.
const SECONDS: u32 = 12;
/// Rows below the frame counter.
const BELOW: usize = 2 * WIDTH / 40;

#[test]
fn files_fed_into_a_call_come_out_of_it_recognisable() {
    let _alone = one_call_at_a_time();
    let folder = folder("files");
    let file = |name: &str| folder.join(name).display().to_string();
    write_clip(&folder.join("clip.y4m"));
    let voice = voice();
    let mut wav = WavRecorder::create(&folder.join("voice.wav")).expect("create");
    wav.write(&voice).expect("write");
    wav.finish().expect("finish");

    let service = Service::start();
    let (seen, heard) = (file("seen.y4m"), file("heard.wav"));
    let mut watcher = Duet::start([
        "call",
        &service.url,
        "--room",
        "tea",
        "--json",
        "--end",
        "remote",
        "--seconds",
        "1",
        "--record-video",
        &seen,
        "--record-audio",
        &heard,
        "--snapshot",
        &file("last.png"),
    ]);
    watcher.wait_for("ready");
    let speaker = Duet::start([
        "call",
        &service.url,
        "--room",
        "tea",
        "--json",
        "--end",
        "local",
        "--seconds",
        "5",
        "--video",
        &file("clip.y4m"),
        "--audio",
        &file("voice.wav"),
    ]);
    speaker.finish().expect(0);
    let watcher = watcher.finish();
    watcher.expect(0);
    assert_eq!(
        (&watcher.report()["video"]["width"], &watcher.report()["video"]["height"]),
        (&320.into(), &240.into())
    );

    let psnr = picture_quality(Path::new(&seen));
    assert!(psnr.len() > 100, "{} pictures could be told", psnr.len());
    let mean = psnr.iter().sum::<f64>() / psnr.len() as f64;
    assert!(mean >= 30.0, "PSNR-Y {mean:.1} dB over {} pictures", psnr.len());

    let mut wav = hound::WavReader::open(&heard).expect("a recording");
    let heard: Vec<i16> = wav.samples().collect::<Result<_, _>>().expect("samples");
    let correlations = correlations(&voice, &heard);
    assert!(correlations.len() >= 3, "{correlations:?}");
    let mean = correlations.iter().sum::<f64>() / correlations.len() as f64;
    assert!(mean >= 0.9, "correlation {mean:.3}: {correlations:.3?}");
    assert!(folder.join("last.png").exists());
    std::fs::remove_dir_all(folder).expect("clean up");
}

/// A textured picture that sways, with something on it that moves faster.
fn paint(frame: &mut I420Frame, number: u32) {
    let time = f64::from(number) / f64::from(FPS);
    let (dx, dy) = (12.0 * (TAU * 0.4 * time).sin(), 8.0 * (TAU * 0.3 * time).cos());
    let (cx, cy) = (160.0 + 60.0 * (TAU * 0.5 * time).sin(), 130.0 + 30.0 * (TAU * 0.7 * time).cos());
    let (y, u, v) = frame.planes_mut();
    for (index, luma) in y.iter_mut().enumerate() {
        let (x, y) = ((index % WIDTH) as f64, (index / WIDTH) as f64);
        let (sx, sy) = (x + dx, y + dy);
        let texture = 28.0 * (sx * 0.07).sin() * (sy * 0.09).cos() + 14.0 * (sx * 0.31 + sy * 0.23).sin();
        let inside = (x - cx).hypot(y - cy) < 34.0;
        *luma = (if inside { 170.0 + 20.0 * (x * 0.4).sin() } else { 112.0 + texture }) as u8;
    }
    for (index, (u, v)) in u.iter_mut().zip(v).enumerate() {
        let (x, y) = ((index % (WIDTH / 2)) as f64, (index / (WIDTH / 2)) as f64);
        *u = (128.0 + 20.0 * ((x + dx / 2.0) * 0.05).sin()) as u8;
        *v = (128.0 + 20.0 * ((y + dy / 2.0) * 0.06).cos()) as u8;
    }
    stamp::write(frame.planes_mut().0, WIDTH, number);
}

fn write_clip(path: &Path) {
    let mut recorder = Y4mRecorder::create(path, Rate::hz(FPS)).expect("create");
    let mut frame = I420Frame::black(WIDTH as u32, HEIGHT as u32).expect("size");
    for number in 0..SECONDS * FPS {
        paint(&mut frame, number);
        recorder.write(&frame).expect("write");
    }
}

/// PSNR-Y of each picture of the recording against the one that was sent; its number says which.
fn picture_quality(path: &Path) -> Vec<f64> {
    let mut recording = Y4mFile::open(path).expect("a recording");
    let mut original = I420Frame::black(WIDTH as u32, HEIGHT as u32).expect("size");
    let mut psnr = Vec::new();
    let length = std::fs::metadata(path).expect("a recording").len() as usize;
    for _ in 0..length / (original.data().len() + "FRAME\n".len()) {
        let picture = recording.picture(0).expect("a picture");
        let Some(number) = stamp::read(picture.as_ref()) else { continue };
        paint(&mut original, number);
        let rows = BELOW * WIDTH..WIDTH * HEIGHT;
        let pairs = original.data()[rows.clone()].iter().zip(&picture.data()[rows.clone()]);
        let error: f64 = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        psnr.push(10.0 * (255.0f64.powi(2) / (error / rows.len() as f64).max(1e-3)).log10());
    }
    psnr
}

/// Something like speech: syllables of a high voice whose pitch glides, and between them a chirp that
/// never repeats. Low voices do not fit: a speech codec filters rumble away, which turns the phase of
/// what is just above it; nobody hears that, but a correlation of waveforms does.
fn voice() -> Vec<i16> {
    let mut phase = 0.0;
    (0..SECONDS * 48_000)
        .map(|sample| {
            let time = f64::from(sample) / 48_000.0;
            let pitch = 300.0 + 50.0 * (TAU * 0.37 * time).sin() + 15.0 * (TAU * 2.3 * time).sin();
            phase += TAU * pitch / 48_000.0;
            let syllable = (0.5 - 0.5 * (TAU * 3.1 * time).cos()).powi(2);
            let vowel: f64 = (1..=4).map(|n| (f64::from(n) * phase).sin() / f64::from(n).powf(1.2)).sum();
            let chirp = (TAU * (400.0 * time + 60.0 * time * time)).sin();
            (5_400.0 * syllable * vowel + 5_000.0 * (1.0 - syllable).powi(2) * chirp) as i16
        })
        .collect()
}

/// For each second of `heard` that has sound: the correlation with the best-fitting second of `sent`.
fn correlations(sent: &[i16], heard: &[i16]) -> Vec<f64> {
    const WINDOW: usize = 48_000;
    const COARSE: usize = 8;
    let thin = |samples: &[i16]| -> Vec<f64> {
        let mean = |chunk: &[i16]| chunk.iter().map(|&s| f64::from(s)).sum::<f64>() / COARSE as f64;
        samples.chunks_exact(COARSE).map(mean).collect()
    };
    let sent_thin = thin(sent);
    let full: Vec<f64> = sent.iter().map(|&sample| f64::from(sample)).collect();
    let audible = heard.iter().position(|sample| sample.abs() > 1_000).unwrap_or(heard.len());
    // The first second is the codec's and the jitter buffer's to settle; the last one is cut short.
    let windows = heard.get(audible + WINDOW..).unwrap_or_default().chunks_exact(WINDOW);
    windows
        .map(|window| {
            let window_thin = thin(window);
            let lags = sent_thin.len() - window_thin.len();
            let coarse = (0..=lags).map(|lag| (similarity(&window_thin, &sent_thin[lag..]), lag));
            let (_, lag) = coarse.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
            let lag = lag * COARSE;
            let window: Vec<f64> = window.iter().map(|&sample| f64::from(sample)).collect();
            let (from, to) = (lag.saturating_sub(COARSE), (lag + COARSE).min(full.len() - WINDOW));
            (from..=to).map(|lag| similarity(&window, &full[lag..])).fold(-1.0, f64::max)
        })
        .collect()
}

/// Normalised correlation of `a` with the beginning of `b`: 1.0 for the same shape.
fn similarity(a: &[f64], b: &[f64]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 1e-9, 1e-9);
    for (a, b) in a.iter().zip(b) {
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}
