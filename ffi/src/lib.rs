//! Duet for Kotlin, Swift and C: converts between their types and [`duet_core`], decides nothing.
//!
//! * [`c`] is the C ABI; `bindings/c/include/duet.h` is made from it.
//! * [`bridge`] is what UniFFI makes the Kotlin and Swift sides from; their media goes through [`c`].
//! * `objects` is the one table of handles, so that a stale handle is an error in every language.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod bridge;
pub mod c;
mod logs;
mod objects;

uniffi::setup_scaffolding!("duet");
