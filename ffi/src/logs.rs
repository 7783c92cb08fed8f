//! The engine's log, handed to the host; to the system's log while the host does not ask for it.

use std::cell::Cell;
use std::fmt::Arguments;
use std::sync::{Arc, Once, PoisonError, RwLock};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Receives level, target and message of each line.
pub(crate) type Sink = Arc<dyn Fn(Level, &str, &str) + Send + Sync>;

/// Writes level, target and message of a line to the system's log.
type System = fn(Level, &str, &Arguments<'_>);

/// What a system's log is told before a host has chosen a level: enough to see that something is wrong,
/// and nothing in a call that goes well.
const SYSTEM_LEVEL: LevelFilter = LevelFilter::Warn;

static LOGGER: HostLog = HostLog { sink: RwLock::new(None), system: system::LOG };

thread_local! {
    /// This thread is inside a sink.
    // clippy does not see through the macro where threads' variables are the library's.
    #[cfg_attr(target_os = "android", expect(clippy::missing_const_for_thread_local))]
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Makes the engine's lines arrive somewhere; `false` when another library owns this process's log.
/// Every engine calls it, so that the system's log has its lines whether or not the host ever asks.
pub(crate) fn start() -> bool {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if log::set_logger(&LOGGER).is_ok() && LOGGER.system.is_some() {
            log::set_max_level(SYSTEM_LEVEL);
        }
    });
    let ours: *const dyn Log = &LOGGER;
    std::ptr::addr_eq(log::logger(), ours)
}

/// Puts `sink` in the place of the one before, and of the system's log; `None` gives the system's log its
/// lines back. `false` when another library owns this process's log.
pub(crate) fn set(level: LevelFilter, sink: Option<Sink>) -> bool {
    if !start() {
        return false;
    }
    log::set_max_level(LOGGER.level(level, sink.is_some()));
    LOGGER.replace(sink);
    true
}

/// Changes how much is logged.
pub(crate) fn set_level(level: LevelFilter) {
    // What the first engine would choose must not undo what the host chose before.
    start();
    log::set_max_level(level);
}

struct HostLog {
    sink: RwLock<Option<Sink>>,
    system: Option<System>,
}

impl HostLog {
    /// The level that is left when nobody listens is none, so that no line is even made.
    fn level(&self, wanted: LevelFilter, has_sink: bool) -> LevelFilter {
        if has_sink || self.system.is_some() { wanted } else { LevelFilter::Off }
    }

    fn replace(&self, sink: Option<Sink>) {
        let before = std::mem::replace(&mut *self.sink.write().unwrap_or_else(PoisonError::into_inner), sink);
        // Not under the lock: dropping it may call the host, and the host us.
        drop(before);
    }
}

impl Log for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        level(metadata) <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let (level, target) = (level(record.metadata()), record.target());
        if level > log::max_level() {
            return;
        }
        let sink = self.sink.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sink) = sink else {
            if let Some(write) = self.system {
                write(level, target, record.args());
            }
            return;
        };
        // What is logged inside a sink would come back for ever. A thread that is ending has no flag any
        // more, and its last words are not worth a crash.
        if INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true) {
            return;
        }
        sink(level, target, &record.args().to_string());
        INSIDE.with(|inside| inside.set(false));
    }

    fn flush(&self) {}
}

/// How much a line matters. The libraries below us name addresses in their warnings and errors, most of
/// which are the network's weather: all they say is for those who look for a fault.
fn level(metadata: &Metadata<'_>) -> Level {
    let ours = metadata.target().starts_with("duet");
    if ours { metadata.level() } else { metadata.level().max(Level::Debug) }
}

/// Android's log, as logcat shows it: the tag `duet`, the part of Duet before the message.
#[cfg(target_os = "android")]
mod system {
    use std::fmt::Arguments;
    use std::sync::LazyLock;

    use android_logger::{AndroidLogger, Config};
    use log::{Level, LevelFilter, Log, Record};

    pub(super) const LOG: Option<super::System> = Some(write);

    fn write(level: Level, target: &str, message: &Arguments<'_>) {
        // The level was checked before; the tag is what one looks for.
        static ANDROID: LazyLock<AndroidLogger> = LazyLock::new(|| {
            AndroidLogger::new(Config::default().with_max_level(LevelFilter::Trace).with_tag("duet"))
        });
        ANDROID.log(&Record::builder().level(level).args(format_args!("{target}: {message}")).build());
    }
}

/// Apple's unified log: the subsystem `dev.duet`, the part of Duet before the message. Milestones are kept
/// by the system (`default`), what is for those who look for a fault only while somebody looks.
#[cfg(target_vendor = "apple")]
mod system {
    use std::fmt::Arguments;
    use std::sync::LazyLock;

    use oslog::{Level, OsLog};

    pub(super) const LOG: Option<super::System> = Some(write);

    fn write(level: log::Level, target: &str, message: &Arguments<'_>) {
        static UNIFIED: LazyLock<OsLog> = LazyLock::new(|| OsLog::new("dev.duet", "engine"));
        let level = match level {
            log::Level::Error => Level::Fault,
            log::Level::Warn => Level::Error,
            log::Level::Info => Level::Default,
            log::Level::Debug => Level::Info,
            log::Level::Trace => Level::Debug,
        };
        UNIFIED.with_level(level, &format!("{target}: {message}"));
    }
}

/// Elsewhere a library has no log of its own.
#[cfg(not(any(target_os = "android", target_vendor = "apple")))]
mod system {
    pub(super) const LOG: Option<super::System> = None;
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static SYSTEM_LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn note(_: Level, _: &str, message: &Arguments<'_>) {
        SYSTEM_LINES.lock().expect("no panic while noting").push(message.to_string());
    }

    /// A log of its own; the level is the process's.
    fn host_log(system: Option<System>) -> HostLog {
        log::set_max_level(LevelFilter::Trace);
        HostLog { sink: RwLock::new(None), system }
    }

    fn say(log: &HostLog, target: &str, line: &str) {
        log.log(&Record::builder().level(Level::Warn).target(target).args(format_args!("{line}")).build());
    }

    /// Where a sink puts what it hears.
    fn hear(log: &HostLog) -> Arc<Mutex<Vec<String>>> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        log.replace(Some(Arc::new(move |level, target, message| {
            hears.lock().expect("no panic").push(format!("{level} {target} {message}"));
        })));
        heard
    }

    #[test]
    fn lines_are_the_systems_until_the_host_asks_and_again_when_it_does_not_any_more() {
        let log = host_log(Some(note));
        say(&log, "duet_core", "before");
        let heard = hear(&log);
        say(&log, "duet_core", "between");
        log.replace(None);
        say(&log, "duet_core", "after");
        assert_eq!(*SYSTEM_LINES.lock().expect("no panic"), ["before", "after"]);
        assert_eq!(*heard.lock().expect("no panic"), ["WARN duet_core between"]);
        assert_eq!(log.level(LevelFilter::Debug, false), LevelFilter::Debug);
    }

    #[test]
    fn without_a_system_and_a_host_no_line_is_made() {
        let log = host_log(None);
        say(&log, "duet_core", "to nobody");
        assert_eq!(log.level(LevelFilter::Trace, false), LevelFilter::Off);
        assert_eq!(log.level(LevelFilter::Trace, true), LevelFilter::Trace);
    }

    #[test]
    fn what_other_libraries_warn_of_is_for_those_who_look_for_a_fault() {
        let log = host_log(None);
        let heard = hear(&log);
        say(&log, "rtc::driver", "no way to 192.0.2.1");
        assert_eq!(*heard.lock().expect("no panic"), ["DEBUG rtc::driver no way to 192.0.2.1"]);
        let theirs = Metadata::builder().level(Level::Error).target("rtc").build();
        assert!(level(&theirs) > LevelFilter::Info);
    }

    #[test]
    fn what_a_sink_logs_does_not_come_back_to_it() {
        static LOOP: HostLog = HostLog { sink: RwLock::new(None), system: None };
        log::set_max_level(LevelFilter::Trace);
        let count = Arc::new(Mutex::new(0));
        let counts = count.clone();
        LOOP.replace(Some(Arc::new(move |_, _, _| {
            *counts.lock().expect("no panic") += 1;
            say(&LOOP, "duet", "once more");
        })));
        say(&LOOP, "duet", "once");
        assert_eq!(*count.lock().expect("no panic"), 1);
    }
}
