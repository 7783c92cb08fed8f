//! Everything the bench reads afterwards.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use duet_core::Time;
use duet_core::frame::I420Frame;
use duet_desktop::stamp;

/// Begins each picture in `frames.bin`.
const MAGIC: u32 = 0x3034_5549;
/// Rows are reserved for this many pictures and blocks: two minutes.
const PICTURES: usize = 120 * 30;
const BLOCKS: usize = 120 * 100;

/// Rows of what came, and the files of what is too large to keep.
pub(crate) struct Ledger {
    folder: PathBuf,
    seen: Mutex<Seen>,
    heard: Mutex<Heard>,
}

/// What was sent and when.
#[derive(Default)]
pub(crate) struct Sent {
    /// Number and time of each picture.
    pub(crate) pictures: Vec<(u64, Time)>,
    /// First sample and time of each second of sound.
    pub(crate) bursts: Vec<(u64, Time)>,
}

struct Seen {
    /// Number (-1: unreadable), time, width, height.
    rows: Vec<(i64, Time, u32, u32)>,
    readable: u64,
    dump: Option<File>,
    every: u64,
    failed: bool,
}

struct Heard {
    times: Vec<Time>,
    pcm: BufWriter<File>,
    samples: usize,
}

impl Ledger {
    pub(crate) fn create(folder: &Path, every: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let dump = (every > 0).then(|| File::create(folder.join("frames.bin"))).transpose()?;
        let pcm = BufWriter::new(File::create(folder.join("arx.s16"))?);
        Ok(Ledger {
            folder: folder.to_path_buf(),
            seen: Mutex::new(Seen {
                rows: Vec::with_capacity(PICTURES),
                readable: 0,
                dump,
                every,
                failed: false,
            }),
            heard: Mutex::new(Heard { times: Vec::with_capacity(BLOCKS), pcm, samples: 0 }),
        })
    }

    /// Keeps a picture that came at `now`; gives its number if it is the first one with a number.
    pub(crate) fn picture(&self, frame: &I420Frame, now: Time) -> Option<u32> {
        let number = stamp::read(frame.as_ref());
        let mut seen = lock(&self.seen);
        seen.rows.push((number.map_or(-1, i64::from), now, frame.width(), frame.height()));
        let number = number?;
        if seen.every > 0 && seen.readable.is_multiple_of(seen.every) {
            seen.keep(frame, number);
        }
        seen.readable += 1;
        (seen.readable == 1).then_some(number)
    }

    /// Keeps a block of sound played at `now`. Silence before the first sound is no sound.
    pub(crate) fn sound(&self, samples: &[i16], now: Time, audible: bool) {
        let mut heard = lock(&self.heard);
        if heard.times.is_empty() && !audible {
            return;
        }
        heard.times.push(now);
        heard.samples = samples.len();
        for sample in samples {
            // A full disk shows as a short file.
            let _ = heard.pcm.write_all(&sample.to_le_bytes());
        }
    }

    /// Writes every file; `sent` is what went the other way.
    pub(crate) fn write(&self, sent: &Sent) -> io::Result<()> {
        let (seen, mut heard) = (lock(&self.seen), lock(&self.heard));
        let pair = |(number, time): &(u64, Time)| format!("{number},{}", time.as_nanos());
        self.csv("tx.csv", sent.pictures.iter().map(pair))?;
        self.csv("atx.csv", sent.bursts.iter().map(pair))?;
        let rows = seen.rows.iter();
        self.csv("rx.csv", rows.map(|(n, time, w, h)| format!("{n},{},{w},{h}", time.as_nanos())))?;
        let samples = heard.samples;
        let times = heard.times.iter();
        self.csv("arx.csv", times.map(|time| format!("{},{samples},48000,1", time.as_nanos())))?;
        heard.pcm.flush()
    }

    fn csv(&self, name: &str, rows: impl Iterator<Item = String>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(self.folder.join(name))?);
        for row in rows {
            writeln!(file, "{row}")?;
        }
        file.flush()
    }
}

impl Seen {
    fn keep(&mut self, frame: &I420Frame, number: u32) {
        let Some(dump) = self.dump.as_mut().filter(|_| !self.failed) else { return };
        let mut header = [0; 16];
        for (bytes, value) in header.chunks_exact_mut(4).zip([MAGIC, number, frame.width(), frame.height()]) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        let written = dump.write_all(&header).and_then(|()| dump.write_all(frame.data()));
        if let Err(error) = written {
            log::warn!("no more pictures are kept: {error}");
            self.failed = true;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
