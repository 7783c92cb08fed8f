//! `duet call`: one side of a call.

pub(crate) mod action;
mod drive;
mod help;
mod place;
mod typed;

use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use duet_core::{
    CallOptions, CallWaiting, Dialect, Engine, EngineConfig, IceConfig, IceServer, SessionConfig, UserId,
    VideoCodec,
};

use super::args::{self, AudioInput, Size, Turn, VideoInput};
use super::party::{Answer, Manners, Note, Party, Role, Seat};
use super::progress::Screen;
use super::report::{Event, Report};
use super::verdict::{End, verdict};
use super::{Failure, interrupt};
use crate::media::Plan;
use crate::pace::Rate;
use crate::sink::{WavRecorder, Y4mRecorder, write_png};
use crate::source::{Pictures, Sound, SyntheticCamera, Tone, WavFile, Y4mFile};
use action::{At, KEYS};
use drive::{Limits, drive};
use place::Place;

/// The side's rate unless a file or the user says otherwise.
const FPS: u32 = 30;
/// The tone of a side that calls by itself.
const TONE_HZ: f64 = 440.0;

/// Call somebody, or wait to be called.
#[derive(Args)]
#[command(after_help = help::TEXT)]
pub(crate) struct CallArgs {
    /// Address of the service: http(s)://host:port or ws(s)://host:port, with its path if it has one.
    url: String,
    /// Which system the service is: duet, socketio-relay, ws-broadcast, socketio-room, socketio-invite or peerjs.
    #[arg(long, value_name = "NAME", default_value_t)]
    dialect: Dialect,
    /// Meet in this room of two.
    #[arg(long, conflicts_with = "to")]
    room: Option<String>,
    /// Call this user; without --to and --room, wait to be called. Dialects without names take either.
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// Who we are; by default a random name, or one that the service gives.
    #[arg(long)]
    id: Option<String>,
    /// Insist on calling or on being called; in a room it is otherwise who comes second that calls, or first,
    /// or either, as the dialect has it.
    #[arg(long, value_enum, default_value_t = WantedRole::Auto)]
    role: WantedRole,
    /// Pictures to send: synthetic, none, or a .y4m file, which is repeated.
    #[arg(long, value_name = "SOURCE", default_value = "synthetic")]
    video: VideoInput,
    /// Sound to send: tone, none, or a .wav file, which is repeated.
    #[arg(long, value_name = "SOURCE", default_value = "tone")]
    audio: AudioInput,
    /// Begin with sound alone; pictures come when both sides agree: --at 2:ask-video.
    #[arg(long)]
    voice: bool,
    /// The pictures are a screen's: sharp text before smooth motion.
    #[arg(long)]
    screen: bool,
    /// How a viewer must turn our pictures clockwise, as for a phone held on its side: 0, 90, 180 or 270
    /// degrees.
    #[arg(long, value_name = "DEGREES", default_value = "0")]
    rotate: Turn,
    /// Size of synthetic pictures.
    #[arg(long, value_name = "WxH", default_value = "640x480")]
    size: Size,
    /// Pictures a second, 1 to 60; 30 by default, or the file's own.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=60))]
    fps: Option<u32>,
    /// The only video codec to use: h264 or vp8; any by default.
    #[arg(long, value_parser = args::codec)]
    codec: Option<VideoCodec>,
    /// Never send more than this, in kbit/s.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_kbps: Option<u32>,
    /// Keep the pictures received, in the size of the first one.
    #[arg(long, value_name = "FILE.y4m")]
    record_video: Option<PathBuf>,
    /// Keep the sound received: 48 kHz mono.
    #[arg(long, value_name = "FILE.wav")]
    record_audio: Option<PathBuf>,
    /// Keep the last picture received.
    #[arg(long, value_name = "FILE.png")]
    snapshot: Option<PathBuf>,
    /// End after this much two-way media; by default the call goes on until somebody hangs up.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Who must hang up; remote waits up to 30 s longer than --seconds. Either may by default.
    #[arg(long, value_enum, requires = "seconds")]
    end: Option<End>,
    /// Do something at a time, in seconds: accept and decline since it rings, all others since media
    /// flows. May be repeated. Actions: see below.
    #[arg(long, value_name = "SECONDS:ACTION")]
    at: Vec<At>,
    /// What becomes of a call that rings here: answer it, refuse it, or let it ring.
    #[arg(long, value_enum, default_value_t = Answer::Accept)]
    answer: Answer,
    /// The answer when the other side asks for pictures; without, a person is waited for.
    #[arg(long, value_enum)]
    answer_video: Option<YesNo>,
    /// Let a second caller ring instead of hearing busy. Answering puts the first call on hold, and it goes on
    /// when the second is over.
    #[arg(long)]
    call_waiting: bool,
    /// STUN or TURN server, beside those of the service; may be repeated.
    #[arg(long, value_name = "URL[,USER,PASSWORD]", value_parser = duet_server::cli::parse_ice_server)]
    ice_server: Vec<IceServer>,
    /// Hide our addresses: media goes through TURN servers only.
    #[arg(long)]
    relay_only: bool,
    /// Proof of identity, if the service asks for one; with peerjs, its API key.
    #[arg(long)]
    token: Option<String>,
    /// DANGEROUS: accept any certificate of the service. Whoever is on the way can listen in.
    #[arg(long)]
    insecure: bool,
    /// Print one JSON object a line instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WantedRole {
    Caller,
    Callee,
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

pub(crate) fn run(args: CallArgs) -> Result<(), Failure> {
    let screen = Screen::new(None, args.json);
    let mut report = Report { dialect: args.dialect.as_str(), ..Report::default() };
    let result = call(&args, &screen, &mut report);
    report.ok = result.is_ok();
    report.error = result.as_ref().err().map(Failure::to_string);
    screen.event(&Event::Report(Box::new(report)));
    result
}

fn call(args: &CallArgs, screen: &Screen, report: &mut Report) -> Result<(), Failure> {
    let Place { goal, user, ring } = Place::of(args)?;
    let options = args.options();
    let plan = args.plan(&user)?;
    let engine = Engine::new(EngineConfig::default())?;
    let (notes, inbox) = mpsc::channel::<Note>();
    interrupt::notify(notes.clone(), Note::Interrupt);
    if !args.json || !io::stdin().is_terminal() {
        typed::notify(notes.clone());
    }
    if io::stdin().is_terminal() {
        screen.say(KEYS);
    }
    let mut config = args.session(&user, &options);
    if let Some(ring) = ring {
        (config.calls.timers.ring, config.calls.timers.invite_expiry) = (ring, ring);
    }
    let seat = Seat { who: 0, config, goal, options, manners: args.manners(), plan, screen: screen.clone() };
    let mut party = Party::new(&engine, seat, &notes)?;
    let limits =
        Limits { seconds: args.seconds.map(Duration::from_secs), end: args.end, role: args.wanted_role() };
    let asked = drive(&mut party, &inbox, &engine, limits);
    let (facts, outcome) = party.finish();
    *report = facts;
    let mut result = verdict(party.facts(), asked);
    if let (Some(path), Some(outcome)) = (&args.snapshot, &outcome)
        && let Err(error) = write_png(path, &outcome.last_picture)
    {
        result = result.and(Err(Failure::call(error.to_string())));
    }
    if let Some(problem) = outcome.and_then(|outcome| outcome.problems.into_iter().next()) {
        result = result.and(Err(Failure::call(problem)));
    }
    result
}

impl CallArgs {
    fn wanted_role(&self) -> Option<Role> {
        match self.role {
            WantedRole::Caller => Some(Role::Caller),
            WantedRole::Callee => Some(Role::Callee),
            WantedRole::Auto => None,
        }
    }

    fn session(&self, id: &str, options: &CallOptions) -> SessionConfig {
        let mut config = SessionConfig::new(self.url.as_str(), UserId::from(id));
        config.token = self.token.clone();
        config.dialect = self.dialect;
        config.insecure = self.insecure;
        config.ice = IceConfig { servers: self.ice_server.clone(), relay_only: self.relay_only };
        config.incoming = options.clone();
        if self.call_waiting {
            config.calls.waiting = CallWaiting::Allow;
        }
        config
    }

    fn options(&self) -> CallOptions {
        CallOptions {
            audio: self.audio != AudioInput::None,
            video: self.video != VideoInput::None && !self.voice,
            screen: self.screen,
            codecs: self.codec.into_iter().collect(),
            max_kbps: self.max_kbps.unwrap_or_default(),
            fps: self.fps.unwrap_or(FPS),
            ..CallOptions::default()
        }
    }

    fn manners(&self) -> Manners {
        Manners {
            answer: self.answer,
            answer_video: self.answer_video.map(|answer| answer == YesNo::Yes),
            script: self.at.clone(),
        }
    }

    /// Opens every file before anybody is called.
    fn plan(&self, id: &str) -> Result<Plan, Failure> {
        let rate = Rate::hz(self.fps.unwrap_or(FPS));
        let pictures: Option<Box<dyn Pictures>> = match &self.video {
            VideoInput::Synthetic => {
                Some(Box::new(SyntheticCamera::new(self.size.width, self.size.height, rate, id)?))
            }
            VideoInput::File(path) => {
                let file = Y4mFile::open(path)?;
                Some(Box::new(match self.fps {
                    Some(fps) => file.at_rate(Rate::hz(fps)),
                    None => file,
                }))
            }
            VideoInput::None => None,
        };
        let sound: Option<Box<dyn Sound>> = match &self.audio {
            AudioInput::Tone => Some(Box::new(Tone::new(TONE_HZ))),
            AudioInput::File(path) => Some(Box::new(WavFile::open(path)?)),
            AudioInput::None => None,
        };
        let video_recorder =
            self.record_video.as_ref().map(|path| Y4mRecorder::create(path, rate)).transpose()?;
        let audio_recorder = self.record_audio.as_ref().map(|path| WavRecorder::create(path)).transpose()?;
        Ok(Plan { pictures, rotation: self.rotate.0, sound, video_recorder, audio_recorder })
    }
}

/// A name that nobody else has, for those who are not called by it.
fn random_id() -> String {
    format!("desktop-{:06x}", RandomState::new().hash_one(std::process::id()) & 0xff_ffff)
}
