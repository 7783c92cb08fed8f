//! Duet's entry in the side-by-side bench: one side of a call, told what to do on stdin.
//!
//! One JSON object a line. In: `start`, `signal`, `stats`, `restart_ice`, `stop`. Out: `ready`,
//! `signal`, `state`, `first_frame`, `stats`, `done`. All times are CLOCK_MONOTONIC nanoseconds, as
//! text. What was sent and received is left as files in `--out`.

mod args;
mod clip;
mod feed;
mod ledger;
mod say;

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::Parser;
use duet_core::{
    Call, CallConfig, CallEvent, CallOptions, CallState, CustomConfig, Engine, EngineConfig, IceConfig,
    Session, SessionEvent,
};
use serde_json::{Value, json};

use args::{Args, Role};
use clip::Clip;
use feed::{Feed, Running};
use ledger::Ledger;
use say::{say, stats, time};

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error,duet=warn")).init();
    match Peer::new(Args::parse()).and_then(Peer::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&json!({"ev": "error", "m": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

struct Peer {
    role: Role,
    options: CallOptions,
    engine: Engine,
    session: Session,
    place: Arc<Place>,
    feed: Option<Feed>,
}

/// Where the call and what comes of it are found, from every thread.
struct Place {
    engine: Engine,
    call: OnceLock<Call>,
    ledger: Ledger,
}

impl Peer {
    /// Everything that can be done before somebody presses "call".
    fn new(args: Args) -> Result<Self, Failure> {
        let clip = Clip::load(&args.content, args.width, args.height)?;
        let engine = Engine::new(EngineConfig::default())?;
        let place = Arc::new(Place {
            engine: engine.clone(),
            call: OnceLock::new(),
            ledger: Ledger::create(&args.out, args.dump_every)?,
        });
        let options = CallOptions {
            codecs: vec![args.codec],
            start_kbps: args.start_kbps,
            max_kbps: args.bitrate_kbps,
            fps: args.fps,
            ..CallOptions::default()
        };
        let config = CustomConfig {
            user: args.role.user().into(),
            ice: IceConfig::default(),
            incoming: options.clone(),
            calls: CallConfig::default(),
        };
        let session =
            engine.custom_session(config, |message| say(&json!({"ev": "signal", "data": message})))?;
        if args.role == Role::Answer {
            let (place, options) = (place.clone(), options.clone());
            session
                .on_event(move |event| {
                    if let SessionEvent::Incoming(call) = event {
                        place.take(call.clone());
                        call.accept(options.clone());
                    }
                })
                .detach();
        }
        let feed = Feed::new(clip, &args);
        Ok(Peer { role: args.role, options, engine, session, place, feed: Some(feed) })
    }

    fn run(mut self) -> Result<(), Failure> {
        say(&json!({"ev": "ready", "t_ns": time(self.engine.now())}));
        let mut running = None;
        for line in std::io::stdin().lock().lines() {
            let Ok(command) = serde_json::from_str::<Value>(&line?) else { continue };
            match command["cmd"].as_str() {
                Some("start") => {
                    if self.role == Role::Offer {
                        self.place.take(self.session.ring(Role::Answer.user(), self.options.clone())?);
                    }
                    if let Some(feed) = self.feed.take() {
                        running = Some(feed.start(self.place.clone())?);
                    }
                }
                Some("signal") => {
                    let message = command["data"].as_str().unwrap_or_default();
                    if let Err(error) = self.session.deliver(message) {
                        say(&json!({"ev": "warn", "m": error.to_string()}));
                    }
                }
                Some("stats") => {
                    if let Some(call) = self.place.call.get() {
                        say(&stats(&call.stats(), self.engine.now()));
                    }
                }
                Some("restart_ice") => self.engine.network_changed(),
                Some("stop") => break,
                _ => {}
            }
        }
        let sent = running.map(Running::stop).unwrap_or_default();
        self.place.ledger.write(&sent)?;
        say(&json!({"ev": "done"}));
        self.engine.close();
        Ok(())
    }
}

impl Place {
    /// Watches a call and makes it this peer's one and only.
    fn take(self: &Arc<Self>, call: Call) {
        let (place, video) = (self.clone(), call.remote_video());
        call.on_event(move |event| {
            let now = place.engine.now();
            match event {
                CallEvent::FrameReady => {
                    while let Some(frame) = video.acquire() {
                        if let Some(number) = place.ledger.picture(&frame, now) {
                            say(&json!({"ev": "first_frame", "t_ns": time(now), "n": number}));
                        }
                    }
                }
                CallEvent::State(state) => {
                    say(&json!({"ev": "state", "state": name(state), "t_ns": time(now)}));
                }
                CallEvent::Ended(ended) => {
                    let state = format!("ended:{}", ended.reason);
                    say(&json!({"ev": "state", "state": state, "t_ns": time(now)}));
                }
                _ => {}
            }
        })
        .detach();
        if self.call.set(call).is_err() {
            log::warn!("a second call; only the first one counts");
        }
    }
}

fn name(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "waiting",
        CallState::Outgoing => "outgoing",
        CallState::Incoming => "incoming",
        CallState::Connecting => "connecting",
        CallState::Connected => "connected",
        CallState::Reconnecting => "reconnecting",
        CallState::Ended => "ended",
    }
}
