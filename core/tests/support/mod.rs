//! Two hosts and a server in one process.
#![allow(dead_code)] // Each test file uses its own part.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use duet_core::audio::{AudioBlock, AudioBlockMut, Samples, SamplesMut};
use duet_core::frame::{Rotation, VideoFrame};
use duet_core::{
    Call, CallEvent, CallOptions, CallState, Ended, Engine, EngineConfig, Session, SessionConfig,
    SessionEvent, SessionState, Subscription, VideoCodec,
};
use duet_server::{RunningServer, Server, ServerConfig};

/// No step of a call takes this long, even on a loaded machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A signaling server on a runtime of its own.
pub struct TestServer {
    runtime: tokio::runtime::Runtime,
    server: Option<RunningServer>,
}

impl TestServer {
    pub fn start() -> Self {
        Self::with(ServerConfig::loopback())
    }

    pub fn with(config: ServerConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the server");
        let server = {
            let _inside = runtime.enter();
            Server::bind(config).expect("a free port").spawn()
        };
        TestServer { runtime, server: Some(server) }
    }

    pub fn url(&self) -> String {
        self.server.as_ref().expect("still running").url()
    }

    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A session and what it says.
pub struct Host {
    pub engine: Engine,
    pub session: Session,
    pub events: Receiver<SessionEvent>,
    _subscription: Subscription,
}

impl Host {
    pub fn connect(url: &str, name: &str) -> Self {
        let engine = Engine::new(EngineConfig::default()).expect("an engine");
        let session = engine.session(SessionConfig::new(url, name)).expect("a session");
        Self::over(engine, session)
    }

    pub fn over(engine: Engine, session: Session) -> Self {
        let (sender, events) = channel();
        let subscription = session.on_event(move |event| drop(sender.send(event)));
        Host { engine, session, events, _subscription: subscription }
    }

    /// The next incoming call.
    pub fn incoming(&self) -> Line {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(SessionEvent::Incoming(call)) => return Line::of(call),
                Ok(SessionEvent::State(_)) => {}
                Ok(SessionEvent::Failed(error)) => panic!("the session failed: {error}"),
                Err(error) => panic!("nobody rang: {error}"),
            }
        }
    }

    /// Waits until the service knows us.
    pub fn connected(&self) {
        let end = Instant::now() + DEADLINE;
        while self.session.state() != SessionState::Connected {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(SessionEvent::State(_)) => {}
                other => panic!("not connected: {other:?}"),
            }
        }
    }

    /// Waits until the connection to the service was lost and made anew.
    pub fn reconnects(&self) {
        let end = Instant::now() + DEADLINE;
        let mut lost = false;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(SessionEvent::State(SessionState::Reconnecting)) => lost = true,
                Ok(SessionEvent::State(SessionState::Connected)) if lost => return,
                Ok(SessionEvent::State(_)) => {}
                other => panic!("not reconnected: {other:?}"),
            }
        }
    }

    pub fn failure(&self) -> duet_core::Error {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(SessionEvent::Failed(error)) => return error,
                Ok(_) => {}
                Err(error) => panic!("the session did not fail: {error}"),
            }
        }
    }

    pub fn ring(&self, to: &str) -> Line {
        self.ring_with(to, CallOptions::default())
    }

    pub fn ring_with(&self, to: &str, options: CallOptions) -> Line {
        Line::of(self.session.ring(to, options).expect("a call"))
    }

    pub fn join(&self, room: &str) -> Line {
        Line::of(self.session.join(room, CallOptions::default()).expect("a call"))
    }
}

/// A call and what it says.
pub struct Line {
    pub call: Call,
    pub events: Receiver<CallEvent>,
    pub seen: Arc<Mutex<Vec<CallEvent>>>,
    _subscription: Subscription,
}

impl Line {
    pub fn of(call: Call) -> Self {
        let (sender, events) = channel();
        let seen: Arc<Mutex<Vec<CallEvent>>> = Arc::default();
        let log = seen.clone();
        let subscription = call.on_event(move |event| {
            log.lock().expect("no panic while logging").push(event.clone());
            drop(sender.send(event));
        });
        Line { call, events, seen, _subscription: subscription }
    }

    /// Waits for an event that `wanted` picks.
    pub fn wait<T>(&self, what: &str, wanted: impl Fn(&CallEvent) -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {what} in time; seen: {:?}", self.seen()),
                Err(RecvTimeoutError::Disconnected) => panic!("no {what}; over: {:?}", self.seen()),
            }
        }
    }

    pub fn state(&self, state: CallState) {
        self.wait(&format!("state {state}"), |event| (*event == CallEvent::State(state)).then_some(()));
    }

    pub fn connected(&self) -> Duration {
        self.wait("connection", |event| match event {
            CallEvent::Connected { setup } => Some(*setup),
            _ => None,
        })
    }

    pub fn ended(&self) -> Ended {
        self.wait("end", |event| match event {
            CallEvent::Ended(ended) => Some(ended.clone()),
            _ => None,
        })
    }

    pub fn seen(&self) -> Vec<CallEvent> {
        self.seen.lock().expect("no panic while logging").clone()
    }

    /// Sends moving pictures and a tone, and receives, until both ends have seen and heard
    /// something: `frames` pictures and a loud block.
    pub fn exchange_media(&self, other: &Line, frames: u32) {
        let mut pictures = [Picture::new(), Picture::new()];
        let mut got = [0, 0];
        let mut heard = [false, false];
        let end = Instant::now() + DEADLINE;
        let mut tick = 0_u64;
        let mut next = Instant::now();
        while got.iter().any(|count| *count < frames) || heard.contains(&false) {
            assert!(Instant::now() < end, "pictures {got:?} sound {heard:?} stats {:?}", self.call.stats());
            for (side, line) in [self, other].into_iter().enumerate() {
                if tick.is_multiple_of(3) {
                    pictures[side].push(line);
                }
                push_tone(line, tick);
                while line.call.remote_video().acquire().is_some() {
                    got[side] += 1;
                }
                heard[side] |= pull_level(line) > 0.01;
            }
            tick += 1;
            // A microphone's pace: real media needs real time.
            next += Duration::from_millis(10);
            std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
    }
}

impl Line {
    /// Sends pictures to be turned by `rotation` until `other` has one that says so; gives its size.
    pub fn see_turned(&self, other: &Line, rotation: Rotation) -> (u32, u32) {
        let (mut picture, end) = (Picture::new(), Instant::now() + DEADLINE);
        loop {
            assert!(Instant::now() < end, "no picture turned by {rotation:?}: {:?}", other.call.stats());
            picture.push_turned(self, rotation);
            if let Some(frame) = other.call.remote_video().acquire()
                && frame.rotation == rotation
            {
                return (frame.width(), frame.height());
            }
            std::thread::park_timeout(Duration::from_millis(33));
        }
    }
}

/// A small picture that moves.
pub struct Picture {
    data: Vec<u8>,
    count: u8,
}

impl Picture {
    pub const SIZE: (u32, u32) = (160, 120);

    pub fn new() -> Self {
        let (width, height) = Self::SIZE;
        Picture { data: vec![128; (width * height * 3 / 2) as usize], count: 0 }
    }

    pub fn push(&mut self, line: &Line) {
        self.push_turned(line, Rotation::Deg0);
    }

    pub fn push_turned(&mut self, line: &Line, rotation: Rotation) {
        let (width, height) = Self::SIZE;
        self.count = self.count.wrapping_add(3);
        for (index, luma) in self.data[..(width * height) as usize].iter_mut().enumerate() {
            *luma = (index as u8 % width as u8).wrapping_add(self.count);
        }
        let frame =
            VideoFrame::i420(width, height, &self.data, duet_core::Time::ZERO).expect("a valid frame");
        let frame = VideoFrame { rotation, ..frame };
        line.call.local_video().push(&frame).expect("a valid frame");
    }
}

fn push_tone(line: &Line, tick: u64) {
    let samples: Vec<f32> = (0..480)
        .map(|n| (std::f32::consts::TAU * 440.0 * (tick * 480 + n) as f32 / 48_000.0).sin() * 0.3)
        .collect();
    let block = AudioBlock { samples: Samples::F32(&samples), rate: 48_000, channels: 1 };
    line.call.local_audio().push(block).expect("a valid block");
}

fn pull_level(line: &Line) -> f32 {
    let mut samples = [0.0_f32; 480];
    let block = AudioBlockMut { samples: SamplesMut::F32(&mut samples), rate: 48_000, channels: 1 };
    line.call.remote_audio().pull(block).expect("a valid block");
    samples.iter().map(|sample| sample * sample).sum::<f32>() / 480.0
}

/// Options with one codec.
pub fn only(codec: VideoCodec) -> CallOptions {
    CallOptions { codecs: vec![codec], ..CallOptions::default() }
}
