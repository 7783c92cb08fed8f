//! The bridge to Kotlin and Swift: control by UniFFI objects, media by the C functions with the same
//! handles. Names that begin with `Native` are for the layers above; the others are what hosts see.
//!
//! Events are pulled: `next` waits for the next one. So no foreign code runs on our threads, and a
//! host chooses its own.

pub mod call;
pub mod config;
pub mod duration;
pub mod engine;
pub mod error;
pub mod events;
mod queue;
pub mod session;
pub mod stats;
