//! What happened in a storm and when: the same, to the bit, for the same seed.

use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

/// A record of everything that happens in one storm; clones write to the same one.
#[derive(Clone)]
pub(super) struct Trace(Arc<Mutex<Record>>);

struct Record {
    start: Instant,
    hash: DefaultHasher,
    lines: Vec<String>,
    /// Lines are printed as they come.
    aloud: bool,
}

impl Trace {
    /// An empty record that begins now.
    pub(super) fn new(aloud: bool) -> Self {
        let hash = DefaultHasher::new();
        Trace(Arc::new(Mutex::new(Record { start: Instant::now(), hash, lines: Vec::new(), aloud })))
    }

    pub(super) fn note(&self, what: &str) {
        let mut record = self.0.lock().expect("no panic while noting");
        let line = format!("{:>10.3} {what}", record.start.elapsed().as_secs_f64());
        record.hash.write(line.as_bytes());
        if record.aloud {
            println!("{line}");
        }
        record.lines.push(line);
    }

    /// Stands for all of it.
    pub(super) fn hash(&self) -> u64 {
        self.0.lock().expect("no panic while noting").hash.finish()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic while noting").lines.clone()
    }
}
