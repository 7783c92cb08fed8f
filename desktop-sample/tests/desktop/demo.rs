use std::fs::File;
use std::io::BufReader;

use duet_core::frame::I420Frame;
use duet_desktop::sink::ToneMeter;
use duet_desktop::stamp;

use crate::support::{Duet, folder, one_call_at_a_time};

#[test]
fn a_demo_proves_that_both_sides_see_and_hear_each_other() {
    let _alone = one_call_at_a_time();
    let out = folder("demo");
    let done =
        Duet::start(["demo", "--seconds", "3", "--json", "--out", &out.display().to_string()]).finish();
    done.expect(0);

    let reports = done.all("report");
    assert_eq!(reports.len(), 2);
    for (report, side) in reports.iter().zip(["a", "b"]) {
        assert_eq!(report["side"], side);
        assert_eq!(report["ok"], true);
        assert_eq!(report["video"]["counters_in_order"], true);
        assert!(report["video"]["fps"].as_f64() >= Some(25.0), "{report}");
        assert!(report["video"]["frames_changed"].as_u64() > Some(50), "{report}");
        assert!(report["audio"]["packets_received"].as_u64() > Some(100), "{report}");
        assert_eq!(report["ended_by"], if side == "a" { "local" } else { "remote" });
    }
    for name in ["signaling", "connected", "media", "ended"] {
        let mut sides: Vec<_> = done.all(name).iter().filter_map(|event| event["side"].as_str()).collect();
        sides.sort_unstable();
        sides.dedup();
        assert_eq!(sides, ["a", "b"], "{name}: {:?}", done.events);
    }

    for (file, hz) in [("a.wav", 660.0), ("b.wav", 440.0)] {
        let mut meter = ToneMeter::default();
        let mut wav = hound::WavReader::open(out.join(file)).expect("a recording");
        let samples: Vec<i16> = wav.samples().collect::<Result<_, _>>().expect("samples");
        meter.push(&samples);
        let heard = meter.hz().expect("a tone");
        assert!((heard - hz).abs() < 5.0, "{file}: {heard} Hz");
    }
    for file in ["a.png", "b.png"] {
        assert!(number_in(&out.join(file)).is_some_and(|number| number > 60), "{file}");
    }
    let summary = std::fs::read_to_string(out.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("json");
    assert_eq!(summary["ok"], true);
    std::fs::remove_dir_all(out).expect("clean up");
}

/// The frame counter in a PNG.
fn number_in(path: &std::path::Path) -> Option<u32> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).ok()?)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    let mut frame = I420Frame::black(info.width, info.height).ok()?;
    for (luma, pixel) in frame.planes_mut().0.iter_mut().zip(pixels.chunks_exact(4)) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        *luma = (16 + (66 * r + 129 * g + 25 * b) / 256) as u8;
    }
    stamp::read(frame.as_ref())
}
