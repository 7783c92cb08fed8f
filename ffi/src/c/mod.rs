//! The C ABI. One file per concept; every entry converts its arguments, calls [`duet_core`] and
//! converts the result.

pub mod audio;
pub mod call;
pub mod config;
pub mod engine;
mod entry;
pub mod error;
pub mod events;
pub mod executor;
pub mod log;
mod memory;
pub mod native;
pub mod session;
pub mod stats;
pub mod video;

pub(crate) use error::{DuetError, Failure};
