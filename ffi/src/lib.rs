//! Duet for Kotlin, Swift and C: converts between their types and [`duet_core`], decides nothing.
//!
//! * `c` is the C ABI; `bindings/c/include/duet.h` is made from it.
//! * `objects` is the one table of handles, so that a stale handle is an error in every language.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod c;
mod objects;
