//! Callbacks where the host wants them.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duet_core::{EventTask, Executor};

use super::entry::{DuetRelease, UserData, entry};
use super::error::Failure;
use super::memory::{self, Versioned};

/// One callback on its way to the host. Called with its `task_data`, it makes the callback; called again,
/// it does nothing.
pub type DuetTask = Option<unsafe extern "C" fn(task_data: *mut c_void)>;

/// Takes a task, and calls `task(task_data)` exactly once: at once or any time later, on any thread, even
/// after the engine was freed. Tasks are run one after the other, in the order in which they came: they are
/// the order of events. A host that cannot queue a task any more runs it at once; one that never runs it
/// leaks it.
///
/// It is called on the engine's event thread, under no lock, and must not throw.
pub type DuetRun =
    Option<unsafe extern "C" fn(task: DuetTask, task_data: *mut c_void, user_data: *mut c_void)>;

/// Where an engine's callbacks run: an app's main thread, a dispatch queue, an event loop. With Apple's
/// libdispatch, `run` is one line: `dispatch_async_f(user_data, task_data, task)`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetExecutor {
    /// `sizeof(DuetExecutor)`.
    pub size: usize,
    /// Takes each task; not NULL.
    pub run: DuetRun,
    /// Handed to `run`.
    pub user_data: *mut c_void,
    /// Called once when `user_data` is not needed any more: after the last task has run; also when the engine
    /// cannot be started. May be NULL.
    pub release: DuetRelease,
}

// SAFETY: repr(C), size first; function and other pointers may be zero.
unsafe impl Versioned for DuetExecutor {}

/// The tasks of all engines that have not run yet, by the number that a host has instead of a pointer: so a
/// task that runs twice is no crash.
static TASKS: Mutex<Tasks> = Mutex::new(Tasks { last: 0, waiting: BTreeMap::new() });

struct Tasks {
    last: usize,
    waiting: BTreeMap<usize, Waiting>,
}

/// A task, and what its executor needs as long as there is one.
struct Waiting {
    task: EventTask,
    _user_data: Arc<UserData>,
}

/// The executor that a pointer stands for; `None` for NULL.
///
/// # Safety
/// As [`memory::read`]; `run` may be called on the engine's event thread until `release` was called.
pub(crate) unsafe fn executor(source: *const DuetExecutor) -> Result<Option<Executor>, Failure> {
    if source.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let DuetExecutor { run, user_data, release, .. } = unsafe { memory::read("executor", source)? };
    let user_data = Arc::new(UserData::new(user_data, release));
    let run = run.ok_or_else(|| memory::null("run of executor"))?;
    Ok(Some(Executor::new(move |task| {
        let number = keep(task, user_data.clone());
        // SAFETY: the caller's promise.
        unsafe { run(Some(run_task), ptr::without_provenance_mut(number), user_data.get()) }
    })))
}

fn keep(task: EventTask, user_data: Arc<UserData>) -> usize {
    let mut tasks = tasks();
    // Never 0, which a host may take for none.
    tasks.last = tasks.last.wrapping_add(1).max(1);
    let number = tasks.last;
    tasks.waiting.insert(number, Waiting { task, _user_data: user_data });
    number
}

/// What a host calls.
unsafe extern "C" fn run_task(task_data: *mut c_void) {
    entry(|| {
        let waiting = tasks().waiting.remove(&task_data.addr());
        // Not under the lock: it calls the host, and the host us.
        if let Some(Waiting { task, .. }) = waiting {
            task();
        }
        Ok(())
    });
}

fn tasks() -> MutexGuard<'static, Tasks> {
    TASKS.lock().unwrap_or_else(PoisonError::into_inner)
}
