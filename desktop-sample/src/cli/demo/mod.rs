//! `duet demo`: a server and two engines in one process, a call between them, and proof of it.

mod checks;
mod drive;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use clap::Args;
use duet_core::frame::Rotation;
use duet_core::{CallOptions, Engine, EngineConfig, SessionConfig, VideoCodec};
use duet_server::{RunningServer, Server, ServerConfig};
use serde_json::json;

use super::args::{self, Size};
use super::party::{Goal, Manners, Note, Party, Seat};
use super::progress::Screen;
use super::report::{Event, Report};
use super::{Failure, interrupt};
use crate::media::{Outcome, Plan};
use crate::pace::Rate;
use crate::sink::{SinkError, WavRecorder, write_png};
use crate::source::{SyntheticCamera, Tone};
use checks::Expected;
use drive::drive;

/// What each side sounds like, in hertz: told apart by ear.
const TONES_HZ: [f64; 2] = [440.0, 660.0];
/// How the sides are called.
const SIDES: [char; 2] = ['a', 'b'];

/// See a call that works: two engines, real codecs, real signaling, one process.
///
/// A calls B. Both send a moving picture with a clock and a frame counter, and a tone. What each side
/// saw and heard is written to a.png, b.png, a.wav and b.wav, with a summary.json. The exit code is 0
/// only if both saw every picture in order and heard the right tone.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// How long the call lasts once media flows.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Video codec: h264 or vp8; the first of this build by default.
    #[arg(long, value_parser = args::codec)]
    codec: Option<VideoCodec>,
    /// Size of the pictures.
    #[arg(long, value_name = "WxH", default_value = "640x480")]
    size: Size,
    /// Pictures a second, 1 to 60.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    fps: u32,
    /// Folder for what was seen and heard.
    #[arg(long, value_name = "DIR", default_value = "duet-demo")]
    out: PathBuf,
    /// Print one JSON object a line instead of text.
    #[arg(long)]
    json: bool,
}

/// A running demo. Dropping it stops everything.
struct Demo {
    engines: [Engine; 2],
    notes: Sender<Note>,
    inbox: Receiver<Note>,
    screens: [Screen; 2],
    url: String,
    _server: RunningServer,
    _runtime: tokio::runtime::Runtime,
}

pub(crate) fn run(args: DemoArgs) -> Result<(), Failure> {
    fs::create_dir_all(&args.out).map_err(|error| Failure::from(SinkError::new(&args.out, error)))?;
    let demo = Demo::start(&args)?;
    let [a, b] = &demo.screens;
    a.say(format!("a call of {} s between two engines, through {}", args.seconds, demo.url));
    let parties = drive(&demo, &args);
    let mut problems = parties.problems;
    let mut reports = Vec::new();
    for (who, party) in parties.sides.into_iter().enumerate() {
        let (report, outcome) = party.map(|mut party| party.finish()).unwrap_or_default();
        let mut report = Report { dialect: "duet", connect_ms: parties.connect_ms, ..report };
        if let Some(outcome) = outcome {
            checks::describe(&mut report, &outcome);
            let expected = Expected { fps: args.fps, tone_hz: TONES_HZ[1 - who] };
            let mut found = checks::problems(&report, &outcome, expected);
            found.extend(keep_picture(&args.out, who, &outcome));
            report.error = report.error.or_else(|| found.first().cloned());
            problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", SIDES[who])));
        } else {
            report.error = Some("there was no call".into());
        }
        reports.push(report);
    }
    for report in &mut reports {
        report.error = report.error.take().or_else(|| problems.first().cloned());
        report.ok = report.error.is_none();
    }
    if let Err(error) = write_summary(&args, &reports, parties.connect_ms, &problems) {
        problems.push(error.to_string());
    }
    for (screen, report) in [a, b].into_iter().zip(&reports) {
        screen.say(checks::sentence(report));
        screen.event(&Event::Report(Box::new(report.clone())));
    }
    demo.engines.iter().for_each(Engine::close);
    match problems.first() {
        None => {
            a.say(format!("it works; see and listen in {}", args.out.display()));
            Ok(())
        }
        Some(_) => Err(Failure::call(problems.join("; "))),
    }
}

impl Demo {
    fn start(args: &DemoArgs) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::call(error.to_string());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        let server = {
            let _inside = runtime.enter();
            Server::bind(ServerConfig::loopback()).map_err(|error| failed(&error))?.spawn()
        };
        let (notes, inbox) = mpsc::channel();
        interrupt::notify(notes.clone(), Note::Interrupt);
        let screen = Screen::new(Some(SIDES[0]), args.json);
        let other = screen.beside(SIDES[1]);
        Ok(Demo {
            engines: [Engine::new(EngineConfig::default())?, Engine::new(EngineConfig::default())?],
            notes,
            inbox,
            screens: [screen, other],
            url: server.url(),
            _server: server,
            _runtime: runtime,
        })
    }

    /// Puts a side in place: B waits, A calls B.
    fn party(&self, who: usize, args: &DemoArgs) -> Result<Party, Failure> {
        let name = SIDES[who].to_string();
        let rate = Rate::hz(args.fps);
        let camera =
            SyntheticCamera::new(args.size.width, args.size.height, rate, &name.to_ascii_uppercase())?;
        let plan = Plan {
            pictures: Some(Box::new(camera)),
            rotation: Rotation::Deg0,
            sound: Some(Box::new(Tone::new(TONES_HZ[who]))),
            video_recorder: None,
            audio_recorder: Some(WavRecorder::create(&args.out.join(format!("{name}.wav")))?),
        };
        let options =
            CallOptions { codecs: args.codec.into_iter().collect(), fps: args.fps, ..CallOptions::default() };
        let goal = if who == 0 { Goal::Ring(SIDES[1].to_string().into()) } else { Goal::Answer };
        let mut config = SessionConfig::new(self.url.as_str(), name);
        config.incoming = options.clone();
        let screen = self.screens[who].clone();
        Party::new(
            &self.engines[who],
            Seat { who, config, goal, options, manners: Manners::default(), plan, screen },
            &self.notes,
        )
    }
}

fn keep_picture(out: &Path, who: usize, outcome: &Outcome) -> Option<String> {
    let path = out.join(format!("{}.png", SIDES[who]));
    write_png(&path, &outcome.last_picture).err().map(|error| error.to_string())
}

fn write_summary(
    args: &DemoArgs,
    reports: &[Report],
    connect_ms: Option<u64>,
    problems: &[String],
) -> Result<(), SinkError> {
    let path = args.out.join("summary.json");
    let summary = json!({
        "ok": problems.is_empty(),
        "seconds": Duration::from_secs(args.seconds).as_secs(),
        "size": args.size.to_string(),
        "fps": args.fps,
        "connect_ms": connect_ms,
        "problems": problems,
        "a": reports.first(),
        "b": reports.get(1),
    });
    fs::write(&path, format!("{summary:#}\n")).map_err(|error| SinkError::new(&path, error))
}
