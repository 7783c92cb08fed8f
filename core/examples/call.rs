//! A call in a page of Rust: `cargo run -p duet-core --example call -- ws://127.0.0.1:8080 alice bob` rings
//! bob; without the last word it waits to be rung. The hundredth picture ends it.

use std::{process, time::Duration};

use duet_core::frame::VideoFrame;
use duet_core::{CallOptions, Engine, EngineConfig, SessionConfig, Time};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, url, name, callee @ ..] = words.as_slice() else { process::exit(2) };
    let engine = Engine::new(EngineConfig::default())?;
    let session = engine.session(SessionConfig::new(url, name.as_str()))?;
    let call = match callee.first() {
        Some(callee) => session.ring(callee.as_str(), CallOptions::default())?,
        None => session.wait_call(Duration::from_secs(60))?.ok_or("nobody rang")?,
    };
    call.accept(CallOptions::default()); // Of a call that we placed, it does nothing.

    let gray = vec![128; 640 * 480 * 3 / 2];
    let mut pictures = 0;
    while pictures < 100 && call.wait_ended(Duration::from_millis(33)).is_none() {
        call.local_video().push(&VideoFrame::i420(640, 480, &gray, Time::ZERO)?)?;
        pictures += i32::from(call.remote_video().acquire().is_some());
    }
    call.hang_up();
    let ended = call.wait_ended(Duration::from_secs(1)).ok_or("the engine hangs")?;
    println!("{pictures} pictures, {}", ended.reason);
    engine.close_and_wait(Duration::from_secs(1));
    Ok(())
}
