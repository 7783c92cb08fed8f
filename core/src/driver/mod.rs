//! Everything that runs: the runtime and its threads, the event pump, and each session's actor.

mod actor;
mod events;
mod executor;
mod line;
mod platform;
mod pump;
mod runtime;
mod timers;
mod words;

pub(crate) use actor::{Actor, Command, Expected, Link};
pub use events::Events;
pub(crate) use events::Next;
pub use executor::{EventTask, Executor};
#[cfg(test)]
pub(crate) use platform::Chance;
pub(crate) use platform::Platform;
pub use pump::Subscription;
pub(crate) use pump::{EventPort, Pump, patience};
pub(crate) use runtime::Tasks;
