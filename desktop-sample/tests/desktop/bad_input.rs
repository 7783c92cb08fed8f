use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use duet_core::{CallEvent, CallOptions, CallState, Engine, EngineConfig, SessionConfig};

use crate::support::{Duet, Service, folder};

/// An address nobody listens on.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    format!("http://{}", listener.local_addr().expect("address"))
}

fn y4m(name: &str, width: usize, height: usize, missing: usize) -> PathBuf {
    let mut bytes = format!("YUV4MPEG2 W{width} H{height} F30:1\nFRAME\n").into_bytes();
    let picture = width * height + 2 * width.div_ceil(2) * height.div_ceil(2);
    bytes.extend(std::iter::repeat_n(100, picture - missing));
    let path = folder("bad").join(name);
    std::fs::write(&path, bytes).expect("write");
    path
}

fn wav(name: &str, bits_per_sample: u16, sample_format: hound::SampleFormat) -> PathBuf {
    let spec = hound::WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample, sample_format };
    let path = folder("bad").join(name);
    let mut writer = hound::WavWriter::create(&path, spec).expect("create");
    for sample in 0..1_600 {
        match sample_format {
            hound::SampleFormat::Float => writer.write_sample(sample as f32 / 1_600.0),
            hound::SampleFormat::Int => writer.write_sample(sample % 100),
        }
        .expect("write");
    }
    writer.finalize().expect("finalize");
    path
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let url = nowhere();
    let done = Duet::start(["call", &url, "--room", "tea", "--json"]).finish();
    done.expect(3);
    assert_eq!(done.report()["ok"], false);
    let error = done.report()["error"].as_str().expect("an error").to_owned();
    assert!(error.contains(&url) && error.contains("check the address"), "{error}");
    assert!(done.errors.contains(&url), "people read it on stderr: {}", done.errors);
}

#[test]
fn an_address_that_is_none_is_wrong_usage() {
    for url in ["tea.example", "ftp://tea.example", "http://"] {
        let done = Duet::start(["call", url, "--room", "tea", "--json"]).finish();
        done.expect(2);
        assert!(done.errors.contains("http(s)://host:port"), "{}", done.errors);
    }
}

#[test]
fn arguments_that_make_no_sense_say_what_would() {
    let url = "http://127.0.0.1:1";
    for (args, advice) in [
        (vec!["call", url], "--room"),
        (vec!["call", url, "--room", "tea", "--to", "bob"], "cannot be used with"),
        (vec!["call", url, "--role", "caller", "--id", "me"], "--to ID"),
        (vec!["call", url, "--role", "callee", "--to", "bob"], "leave --to out"),
        (vec!["call", url, "--room", "tea", "--size", "641x480"], "even width and height"),
        (vec!["call", url, "--room", "tea", "--video", "clip.mp4"], ".y4m"),
        (vec!["call", url, "--room", "tea", "--codec", "av1"], "h264 or vp8"),
        (vec!["call", url, "--room", "tea", "--record-video", "/nowhere/x.y4m"], "check the folder"),
        (vec!["call", url, "--room", "tea", "--ice-server", "turn:relay.example"], "USER,PASSWORD"),
        (vec!["demo", "--fps", "0"], "1..=60"),
    ] {
        let done = Duet::start(&args).finish();
        done.expect(2);
        assert!(done.errors.contains(advice), "{args:?}: {}", done.errors);
    }
}

#[test]
fn a_busy_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let address = listener.local_addr().expect("address").to_string();
    let done = Duet::start(["serve", "--listen", &address]).finish();
    done.expect(2);
    assert!(done.errors.contains(&address) && done.errors.contains("in use"), "{}", done.errors);
}

#[test]
fn unusable_video_files_are_refused_before_anybody_is_called() {
    for (path, advice) in [
        (y4m("odd.y4m", 33, 16, 0), "even width and height"),
        (y4m("cut.y4m", 32, 16, 5), "cut off"),
        (folder("bad").join("missing.y4m"), "check the name"),
    ] {
        let file = path.display().to_string();
        let done = Duet::start(["call", &nowhere(), "--room", "tea", "--video", &file, "--json"]).finish();
        done.expect(2);
        assert!(done.errors.contains(&file) && done.errors.contains(advice), "{}", done.errors);
    }
}

#[test]
fn eight_bit_and_float_sound_is_taken() {
    for path in
        [wav("eight.wav", 8, hound::SampleFormat::Int), wav("float.wav", 32, hound::SampleFormat::Float)]
    {
        let file = path.display().to_string();
        // Nobody listens: that is the only complaint.
        Duet::start(["call", &nowhere(), "--room", "tea", "--audio", &file, "--json"]).finish().expect(3);
    }
}

#[test]
fn a_third_one_finds_the_room_full() {
    let service = Service::start();
    let engine = Engine::new(EngineConfig::default()).expect("engine");
    let (met, meeting) = mpsc::channel();
    let members: Vec<_> = ["first", "second"]
        .into_iter()
        .map(|user| {
            let session = engine.session(SessionConfig::new(&*service.url, user)).expect("session");
            let call = session.join("tea", CallOptions::default()).expect("call");
            let met = met.clone();
            let events = call.on_event(move |event| {
                if matches!(event, CallEvent::State(CallState::Connecting)) {
                    let _ = met.send(());
                }
            });
            (session, call, events)
        })
        .collect();
    for _ in &members {
        meeting.recv_timeout(Duration::from_secs(20)).expect("the two meet");
    }
    let third = Duet::start(["call", &service.url, "--room", "tea", "--id", "third", "--json"]).finish();
    third.expect(4);
    assert_eq!(third.all("ended")[0]["reason"], "room-full");
    assert!(third.errors.contains("choose another --room"), "{}", third.errors);
    engine.close();
}
