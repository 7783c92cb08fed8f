//! The dialects of other systems: their rules and limits, with clients that say exactly what a test
//! wants said. What real clients make of them is in `tests/node`.

#[path = "../common/mod.rs"]
mod common;
mod support;

mod access;
mod broadcast;
mod invite;
mod limits;
mod pages;
mod peerjs;
mod polling;
mod relay;
mod room;
mod tls;
