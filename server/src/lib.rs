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
//! | `http` | routes; `page` the files of the web page |
//! | `dialect` | one module for each protocol spoken |
//! | `hub` | who is here, what waits for them, which rooms there are: all state, no socket |
//!
//! Invariant: no lock is held across an await, and everything a client can make the server keep is
//! bounded.
#![forbid(unsafe_code)]

mod app;
mod auth;
pub mod cli;
mod config;
mod dialect;
mod error;
mod http;
mod hub;
mod limits;
mod page;
mod server;
mod session;

pub use auth::{Authenticator, Denied, Open, SharedToken};
pub use axum::serve::Listener;
pub use config::{Limits, ServerConfig, Timing};
pub use duet_signal::message::IceServer;
pub use error::ServeError;
pub use server::{RunningServer, Server};
