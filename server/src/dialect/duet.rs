//! The `duet` dialect: JSON messages over a WebSocket, as `duet-signal` defines them.
//!
//! | module | job |
//! |---|---|
//! | `wire` | what this dialect alone writes to a socket |
//! | `hello` | from connecting to `welcome` |
//! | `connection` | from `welcome` to the end |
//!
//! How a connection ends decides what becomes of the session: see [`End`].

mod connection;
mod hello;
mod wire;

use std::sync::Arc;

use axum::extract::ws::{WebSocket, close_code};
use duet_signal::message::{ErrorCode, ErrorInfo};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::app::{App, stopped};
use crate::hub::{Gone, Seat};
use crate::limits::Pass;
use crate::wire::{Broken, Wire};
use connection::Connection;

/// Why a connection ended.
#[derive(Debug)]
enum End {
    /// The network or the client broke off: the session can be resumed for a while.
    Lost,
    /// The client closed with code 1000: the session is over.
    Closed,
    /// The client did what it must not: it is told, and the session is over.
    Fatal(ErrorInfo),
    /// The session went to a newer connection, or was ended because the client does not keep up.
    Over,
    /// The server stops.
    Stopping,
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        End::Lost
    }
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        End::Over
    }
}

/// Serves one client from its connecting to the end of its session, or until another connection
/// takes the session over.
pub(crate) async fn serve(socket: WebSocket, app: Arc<App>, pass: Pass) {
    let mut stopping = app.stopping.subscribe();
    let mut wire = Wire::new(socket, app.config.timing.write_deadline);
    let met = tokio::select! {
        biased;
        met = hello::meet(&mut wire, &app) => met,
        () = stopped(&mut stopping) => Err(End::Stopping),
    };
    let (seat, end) = match met {
        Ok(seat) => {
            let mut connection = Connection::new(wire, seat, &app);
            let end = connection.run(&mut stopping).await;
            let (back, seat) = connection.into_parts();
            wire = back;
            (Some(seat), end)
        }
        Err(end) => (None, end),
    };
    log::debug!("connection ended: {end:?}");

    match end {
        End::Lost => {
            drop((wire, pass));
            if let Some(seat) = seat {
                keep_for_resume(seat, &app, &mut stopping).await;
            }
        }
        End::Closed => drop(seat),
        End::Fatal(info) => {
            drop(seat);
            wire.part(info).await;
        }
        End::Over => {
            let why = seat.as_ref().and_then(|seat| seat.link().why()).unwrap_or(ErrorCode::Replaced);
            wire.part(over(why)).await;
        }
        End::Stopping => {
            drop(seat);
            wire.close(close_code::AWAY, "the server stops").await;
        }
    }
}

/// Holds the session of a lost connection until it is resumed or its time is over; dropping the seat
/// ends it.
async fn keep_for_resume(seat: Seat, app: &App, stopping: &mut watch::Receiver<bool>) {
    if seat.disconnect().is_ok() {
        tokio::select! {
            biased;
            () = sleep(app.config.timing.resume_window) => {}
            () = seat.link().over() => {}
            () = stopped(stopping) => {}
        }
    }
}

fn over(why: ErrorCode) -> ErrorInfo {
    let text = match why {
        ErrorCode::SlowConsumer => {
            "too much waits for this client to acknowledge; read and acknowledge faster"
        }
        _ => "the session was taken over by a newer connection; do not reconnect",
    };
    fatal(why, text)
}

fn fatal(code: ErrorCode, text: impl Into<String>) -> ErrorInfo {
    ErrorInfo { code, message: text.into(), fatal: true, about: None, call: None }
}
