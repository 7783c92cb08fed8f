//! One thread that is camera, microphone and loudspeaker: it wakes when one of them is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use duet_core::audio::{AudioBlock, AudioBlockMut, Samples, SamplesMut};
use duet_core::{Call, Played};
use duet_desktop::pace::{Late, Rate, Ticker};

use crate::Place;
use crate::args::Args;
use crate::clip::{BLOCK, Clip, RATE, sound};
use crate::ledger::Sent;

/// Rows are reserved for this long, so that a growing table does not show as jitter.
const EXPECTED_SECONDS: usize = 120;

/// What is sent, ready to start.
pub(crate) struct Feed {
    clip: Option<Clip>,
    sound: Option<Vec<i16>>,
    rate: Rate,
    sent: Sent,
}

/// A feed at work.
pub(crate) struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Sent>,
}

impl Feed {
    pub(crate) fn new(clip: Clip, args: &Args) -> Self {
        let rows = EXPECTED_SECONDS * args.fps as usize;
        Feed {
            clip: args.send.contains('v').then_some(clip),
            sound: args.send.contains('a').then(sound),
            rate: Rate::hz(args.fps),
            sent: Sent { pictures: Vec::with_capacity(rows), bursts: Vec::with_capacity(EXPECTED_SECONDS) },
        }
    }

    /// Picture 0 and sample 0 are due now.
    pub(crate) fn start(self, place: Arc<Place>) -> std::io::Result<Running> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::Builder::new().name("feed".into()).spawn(move || self.run(&place, &stopped))?;
        Ok(Running { stop, thread })
    }

    fn run(mut self, place: &Place, stop: &AtomicBool) -> Sent {
        let start = Instant::now();
        let mut pictures = Ticker::starting(start, self.rate, Late::Skip);
        let mut blocks = Ticker::starting(start, Rate::hz(100), Late::CatchUp);
        let (mut picture, mut block) = (pictures.due(start), blocks.due(start));
        while !stop.load(Ordering::Relaxed) {
            let wait = picture.1.min(block.1).saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                thread::sleep(wait);
            }
            let now = Instant::now();
            // Sound first: it is cheaper and sooner missed.
            if block.1 <= now {
                if let Some(call) = place.call.get() {
                    self.exchange_sound(place, call, block.0);
                }
                block = blocks.due(now);
            }
            if picture.1 <= now {
                if let Some(call) = place.call.get() {
                    self.send_picture(place, call, picture.0);
                }
                picture = pictures.due(now);
            }
        }
        self.sent
    }

    fn send_picture(&mut self, place: &Place, call: &Call, number: u64) {
        let Some(clip) = &mut self.clip else { return };
        let now = place.engine.now();
        let pushed = clip.picture(number, now).and_then(|frame| {
            self.sent.pictures.push((number, place.engine.now()));
            call.local_video().push(&frame)
        });
        if let Err(error) = pushed {
            log::warn!("a picture was not taken: {error}");
        }
    }

    fn exchange_sound(&mut self, place: &Place, call: &Call, number: u64) {
        let mut heard = [0i16; BLOCK];
        let block = AudioBlockMut { samples: SamplesMut::I16(&mut heard), rate: RATE, channels: 1 };
        match call.remote_audio().pull(block) {
            Ok(played) => place.ledger.sound(&heard, place.engine.now(), !matches!(played, Played::Silence)),
            Err(error) => log::warn!("no sound: {error}"),
        }
        let Some(sound) = &self.sound else { return };
        if number.is_multiple_of(100) {
            self.sent.bursts.push((number * BLOCK as u64, place.engine.now()));
        }
        let samples = &sound[(number % 100) as usize * BLOCK..][..BLOCK];
        let block = AudioBlock { samples: Samples::I16(samples), rate: RATE, channels: 1 };
        if let Err(error) = call.local_audio().push(block) {
            log::warn!("sound was not taken: {error}");
        }
    }
}

impl Running {
    /// Ends the thread; gives what was sent.
    pub(crate) fn stop(self) -> Sent {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}
