//! The engine's log, handed to the host.

use std::cell::Cell;
use std::sync::{Arc, Once, PoisonError, RwLock};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Receives level, target and message of each line.
pub(crate) type Sink = Arc<dyn Fn(Level, &str, &str) + Send + Sync>;

static SINK: RwLock<Option<Sink>> = RwLock::new(None);
static LOGGER: HostLog = HostLog { _address: 0 };

thread_local! {
    /// This thread is inside a sink.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Puts `sink` in the place of the one before; `false` when another library owns this process's log.
pub(crate) fn set(level: LevelFilter, sink: Option<Sink>) -> bool {
    static ONCE: Once = Once::new();
    // Whoever lost the race finds the logger to be ours below.
    ONCE.call_once(|| drop(log::set_logger(&LOGGER)));
    let ours: *const dyn Log = &LOGGER;
    if !std::ptr::addr_eq(log::logger(), ours) {
        return false;
    }
    log::set_max_level(if sink.is_some() { level } else { LevelFilter::Off });
    let before = std::mem::replace(&mut *SINK.write().unwrap_or_else(PoisonError::into_inner), sink);
    // Not under the lock: dropping it may call the host, and the host us.
    drop(before);
    true
}

struct HostLog {
    /// Without a size it had no address of its own to be known by.
    _address: u8,
}

impl Log for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let Some(sink) = SINK.read().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        // What is logged inside a sink would come back for ever. A thread that is ending has no flag any
        // more, and its last words are not worth a crash.
        if INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true) {
            return;
        }
        sink(record.level(), record.target(), &record.args().to_string());
        INSIDE.with(|inside| inside.set(false));
    }

    fn flush(&self) {}
}
