//! The signaling server of Duet: people find each other here, and their engines exchange what a call
//! needs until media flows directly between them.
//!
//! ```no_run
//! # async fn demo() -> Result<(), duet_server::ServeError> {
//! use duet_server::{Server, ServerConfig};
//!
//! let server = Server::bind(ServerConfig::loopback())?.spawn();
//! println!("open {}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! | module | job |
//! |---|---|
//! | [`Server`] | bind, run, spawn, shut down |
//! | [`ServerConfig`], [`Limits`], [`Timing`] | what may be set, and why the defaults are what they are |
//! | [`Authenticator`] | who may say they are whom |
//! | [`cli`] | the command line, shared with other binaries |
//! | [`Tls`] | certificate and key |
//! | `http` | routes; `page` the files of the web page |
//! | `dialect` | one module for each protocol spoken |
//! | `engineio`, `socketio` | what three of the dialects stand on |
//! | `wire`, `texts`, `intake`, `mailbox` | a client's socket: reading, serving, counting, writing |
//! | `hub` | who is here in the `duet` dialect, what waits for them, which rooms there are: all state, no socket |
//! | `rooms` | the same for the dialects of other systems, `peerjs` apart |
//! | `access` | who may connect to those |
//!
//! Invariant: no lock is held across an await, and everything a client can make the server keep is
//! bounded.
#![forbid(unsafe_code)]

mod access;
mod app;
mod auth;
pub mod cli;
mod config;
mod counters;
mod dialect;
mod engineio;
mod error;
mod http;
mod hub;
mod intake;
mod library;
mod limits;
mod mailbox;
mod page;
mod query;
mod rooms;
mod server;
mod session;
mod socketio;
mod texts;
mod tls;
mod wire;

pub use auth::{Authenticator, Denied, Open, SharedToken};
pub use axum::serve::Listener;
pub use config::{Limits, ServerConfig, Timing};
pub use counters::Refused;
pub use duet_signal::message::IceServer;
pub use error::ServeError;
pub use server::{RunningServer, Server};
pub use tls::Tls;

/// 128 random bits as 32 hexadecimal digits.
fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
