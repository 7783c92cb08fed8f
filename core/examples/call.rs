//! A call in a page of Rust: `cargo run -p duet-core --example call -- ws://127.0.0.1:8080 alice bob` rings
//! bob; without the last word it waits to be rung. The hundredth picture ends it.

use std::{process, thread, time::Duration};

use duet_core::frame::VideoFrame;
use duet_core::{CallEvent, CallOptions, Engine, EngineConfig, SessionConfig, SessionEvent, Time};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, url, name, callee @ ..] = words.as_slice() else { process::exit(2) };
    let engine = Engine::new(EngineConfig::default())?;
    let session = engine.session(SessionConfig::new(url, name.as_str()))?;
    let rings = |event| if let SessionEvent::Incoming(call) = event { Some(call) } else { None };
    let call = match callee {
        [callee, ..] => session.ring(callee.as_str(), CallOptions::default())?,
        [] => session.events().find_map(rings).ok_or("the session is over")?,
    };
    call.accept(CallOptions::default()); // Of a call that we placed, it does nothing.

    let (camera, gray) = (call.local_video(), vec![128; 640 * 480 * 3 / 2]);
    thread::spawn(move || {
        while camera.push(&VideoFrame::i420(640, 480, &gray, Time::ZERO)?).is_ok() {
            thread::sleep(Duration::from_millis(33));
        }
        Ok::<_, duet_core::frame::FrameError>(())
    });
    let mut pictures = 0;
    for event in call.events() {
        match event {
            CallEvent::FrameReady if call.remote_video().acquire().is_some() => pictures += 1,
            CallEvent::Ended(how) => println!("{pictures} pictures, {}", how.reason),
            _ => {}
        }
        if pictures == 100 {
            call.hang_up();
        }
    }
    engine.close_and_wait(Duration::from_secs(1));
    Ok(())
}
