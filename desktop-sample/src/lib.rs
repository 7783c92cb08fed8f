//! The reference desktop host of Duet: what an application around the engine looks like.
//!
//! | module | job |
//! |---|---|
//! | [`source`] | pictures and sound to send: a synthetic camera, a tone, Y4M and WAV files |
//! | [`sink`] | what to do with pictures and sound received: watch, listen, record, snapshot |
//! | [`media`] | the threads between sources, a call's tracks, and sinks |
//! | [`pace`] | ticks that do not drift |
//! | [`stamp`] | the machine-readable frame counter |
//! | [`cli`] | the command line `duet` |
#![forbid(unsafe_code)]

pub mod cli;
pub mod media;
pub mod pace;
pub mod sink;
pub mod source;
pub mod stamp;
