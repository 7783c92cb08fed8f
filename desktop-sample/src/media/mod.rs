//! The threads between a host's devices and a call's tracks: camera, microphone, loudspeaker, screen.

mod bell;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use duet_core::audio::{AudioBlockMut, SamplesMut};
use duet_core::frame::{I420Frame, Rotation};
use duet_core::{Call, Engine};

pub use bell::{Bell, Stop};

use crate::pace::{Late, Rate, Ticker};
use crate::sink::{Ear, Eye, Heard, Seen, SinkError, WavRecorder, Y4mRecorder};
use crate::source::{Pictures, Sound};

/// Sound moves in blocks of 10 ms.
const BLOCKS: Rate = Rate::hz(100);
/// Samples in 10 ms at 48 kHz.
const BLOCK: usize = 480;
/// The screen looks for a picture this often even if nobody rang: a safety net, not a rhythm.
const GLANCE: Duration = Duration::from_millis(100);

/// What to send, and what to do with what is received.
#[derive(Default)]
pub struct Plan {
    /// The camera.
    pub pictures: Option<Box<dyn Pictures>>,
    /// What a viewer must do to see them upright; they are sent as they are.
    pub rotation: Rotation,
    /// The microphone.
    pub sound: Option<Box<dyn Sound>>,
    /// Keeps every picture received.
    pub video_recorder: Option<Y4mRecorder>,
    /// Keeps all sound received, as it was played.
    pub audio_recorder: Option<WavRecorder>,
}

/// The running threads of one call.
pub struct Media {
    shared: Arc<Shared>,
    screen: JoinHandle<I420Frame>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    engine: Engine,
    /// The call that talks.
    call: Mutex<Call>,
    stop: Stop,
    bell: Arc<Bell>,
    eye: Mutex<(Eye, Seen)>,
    ear: Mutex<Ear>,
    problems: Mutex<Vec<String>>,
}

/// What a call left behind.
pub struct Outcome {
    /// What was seen.
    pub seen: Seen,
    /// What was heard.
    pub heard: Heard,
    /// The last picture; of size zero when there was none.
    pub last_picture: I420Frame,
    /// Sources and recordings that failed on the way.
    pub problems: Vec<String>,
}

impl Media {
    /// Starts the threads. `bell` is rung whenever a new picture can be taken.
    pub fn start(engine: &Engine, call: &Call, plan: Plan, bell: Arc<Bell>) -> Self {
        let shared = Arc::new(Shared {
            engine: engine.clone(),
            call: Mutex::new(call.clone()),
            stop: Stop::default(),
            bell,
            eye: Mutex::default(),
            ear: Mutex::default(),
            problems: Mutex::default(),
        });
        let Plan { pictures, rotation, sound, video_recorder, audio_recorder } = plan;
        let mut threads = vec![spawn("loudspeaker", &shared, |shared| shared.play(audio_recorder))];
        if let Some(sound) = sound {
            threads.push(spawn("microphone", &shared, |shared| shared.speak(sound)));
        }
        if let Some(pictures) = pictures {
            threads.push(spawn("camera", &shared, move |shared| shared.film(pictures, rotation)));
        }
        let screen = spawn("screen", &shared, |shared| shared.show(video_recorder));
        Media { shared, screen, threads }
    }

    /// Sends to and plays from another call from now on.
    pub fn switch(&self, call: &Call) {
        *lock(&self.shared.call) = call.clone();
        self.shared.bell.ring();
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        lock(&self.shared.eye).1.clone()
    }

    /// What was heard so far.
    pub fn heard(&self) -> Heard {
        lock(&self.shared.ear).heard()
    }

    /// Stops the threads and completes the recordings; takes a few milliseconds.
    pub fn stop(self) -> Outcome {
        self.shared.stop.stop();
        self.shared.bell.ring();
        let last_picture = self.screen.join().unwrap_or_default();
        for thread in self.threads {
            if thread.join().is_err() {
                self.shared.report("a media thread panicked");
            }
        }
        let (seen, heard) = (lock(&self.shared.eye).1.clone(), lock(&self.shared.ear).heard());
        let problems = std::mem::take(&mut *lock(&self.shared.problems));
        Outcome { seen, heard, last_picture, problems }
    }
}

impl Shared {
    fn film(&self, mut pictures: Box<dyn Pictures>, rotation: Rotation) {
        let mut ticker = Ticker::new(pictures.rate(), Late::Skip);
        while let Some(number) = self.wait(&mut ticker) {
            let picture = match pictures.picture(number) {
                Ok(picture) => picture,
                Err(error) => return self.report(error),
            };
            picture.rotation = rotation;
            picture.time = self.engine.now();
            let pushed = picture.as_video_frame().and_then(|frame| self.call().local_video().push(&frame));
            if let Err(error) = pushed {
                return self.report(error);
            }
        }
    }

    fn speak(&self, mut sound: Box<dyn Sound>) {
        let mut ticker = Ticker::new(BLOCKS, Late::CatchUp);
        while self.wait(&mut ticker).is_some() {
            match sound.block() {
                Ok(block) => {
                    if let Err(error) = self.call().local_audio().push(block) {
                        return self.report(error);
                    }
                }
                Err(error) => return self.report(error),
            }
        }
    }

    fn play(&self, mut recorder: Option<WavRecorder>) {
        let mut ticker = Ticker::new(BLOCKS, Late::CatchUp);
        let mut samples = [0i16; BLOCK];
        while self.wait(&mut ticker).is_some() {
            let block = AudioBlockMut { samples: SamplesMut::I16(&mut samples), rate: 48_000, channels: 1 };
            if let Err(error) = self.call().remote_audio().pull(block) {
                self.report(error);
                break;
            }
            lock(&self.ear).listen(&samples);
            self.record(&mut recorder, |recorder| recorder.write(&samples));
        }
        if let Some(Err(error)) = recorder.map(WavRecorder::finish) {
            self.report(error);
        }
    }

    fn show(&self, mut recorder: Option<Y4mRecorder>) -> I420Frame {
        let mut frame = I420Frame::default();
        loop {
            while self.call().remote_video().pull(&mut frame) {
                let mut eye = lock(&self.eye);
                let seen = eye.0.look(&frame, self.engine.now()).clone();
                eye.1 = seen;
                drop(eye);
                self.record(&mut recorder, |recorder| recorder.write(&frame));
            }
            if self.stop.stopped() {
                return frame;
            }
            self.bell.wait(GLANCE);
        }
    }

    fn call(&self) -> Call {
        lock(&self.call).clone()
    }

    /// The next tick, when it is due; `None` when it is time to stop.
    fn wait(&self, ticker: &mut Ticker) -> Option<u64> {
        let (number, wait) = ticker.advance(Instant::now());
        (!self.stop.sleep(wait)).then_some(number)
    }

    /// Records until the first failure, which is reported once.
    fn record<R>(&self, recorder: &mut Option<R>, write: impl FnOnce(&mut R) -> Result<(), SinkError>) {
        if let Some(Err(error)) = recorder.as_mut().map(write) {
            *recorder = None;
            self.report(error);
        }
    }

    fn report(&self, problem: impl std::fmt::Display) {
        log::warn!("{problem}");
        lock(&self.problems).push(problem.to_string());
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    shared: &Arc<Shared>,
    run: impl FnOnce(&Shared) -> T + Send + 'static,
) -> JoinHandle<T> {
    let shared = shared.clone();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || run(&shared))
        .expect("a system that runs a call can start four more threads")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
