//! A whole call in a page of code: `cargo run -p duet-core --example call -- ws://127.0.0.1:8080 alice bob`
//! rings bob; without the last word it waits to be rung.

use std::sync::mpsc::channel;
use std::time::Duration;

use duet_core::{
    CallEvent, CallOptions, Engine, EngineConfig, SessionConfig, SessionEvent, frame::VideoFrame,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, name, callee @ ..] = args.as_slice() else {
        return Err("usage: call URL NAME [CALLEE]".into());
    };

    let engine = Engine::new(EngineConfig::default())?;
    let session = engine.session(SessionConfig::new(url, name.as_str()))?;
    let (incoming, calls) = channel();
    let _session_events = session.on_event(move |event| match event {
        SessionEvent::Incoming(call) => drop(incoming.send(call)),
        other => println!("session: {other:?}"),
    });
    let call = match callee {
        [callee, ..] => session.ring(callee.as_str(), CallOptions::default())?,
        [] => calls.recv()?,
    };
    call.accept(CallOptions::default()); // Of a call that we placed, it does nothing.

    let (ended, end) = channel();
    let remote = call.remote_video();
    let _call_events = call.on_event(move |event| match event {
        CallEvent::FrameReady => {
            if let Some(frame) = remote.acquire() {
                println!("a {}x{} picture", frame.width(), frame.height());
            }
        }
        CallEvent::Ended(how) => drop(ended.send(how)),
        other => println!("call: {other:?}"),
    });
    let gray = vec![128; 640 * 480 * 3 / 2];
    while end.recv_timeout(Duration::from_millis(33)).map(|how| println!("ended: {how:?}")).is_err() {
        call.local_video().push(&VideoFrame::i420(640, 480, &gray, engine.now())?)?;
    }
    Ok(())
}
