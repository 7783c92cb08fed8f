//! The socket: texts in and out, deadlines, closing.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket, close_code};
use duet_signal::message::{ErrorInfo, Message};
use duet_signal::{Envelope, encode};
use futures_util::SinkExt;
use tokio::time::timeout;

use super::End;

/// How long a client may take to close after it was told why. 500 ms: a round trip around the world.
const FAREWELL: Duration = Duration::from_millis(500);

/// A client's socket.
pub(super) struct Wire {
    socket: WebSocket,
    write_deadline: Duration,
}

/// What came from a client.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A text message of at most the read limit.
    Text(Utf8Bytes),
    /// A binary message; the dialect has none.
    Binary,
    /// A ping or pong: the client is there.
    Alive,
    /// More than the read limit: nothing after it can be read.
    Flood,
    /// Closed by the client with code 1000.
    Closed,
    /// Closed in another way, or broken.
    Lost,
}

impl Wire {
    pub(super) fn new(socket: WebSocket, write_deadline: Duration) -> Self {
        Wire { socket, write_deadline }
    }

    /// The next thing from the client. Safe to cancel.
    pub(super) async fn next(&mut self) -> Incoming {
        match self.socket.recv().await {
            Some(Ok(Frame::Text(text))) => Incoming::Text(text),
            Some(Ok(Frame::Binary(_))) => Incoming::Binary,
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Incoming::Alive,
            Some(Ok(Frame::Close(Some(CloseFrame { code: close_code::NORMAL, .. })))) => Incoming::Closed,
            Some(Ok(Frame::Close(_))) | None => Incoming::Lost,
            // The library's error type is not ours to name; its text tells sizes from broken sockets.
            Some(Err(error)) if error.to_string().contains("too long") => Incoming::Flood,
            Some(Err(error)) => {
                log::debug!("reading failed: {error}");
                Incoming::Lost
            }
        }
    }

    /// Writes texts, in order, with one flush.
    pub(super) async fn send(&mut self, texts: impl IntoIterator<Item = String>) -> Result<(), End> {
        let socket = &mut self.socket;
        let sending = async {
            for text in texts {
                socket.feed(Frame::text(text)).await?;
            }
            socket.flush().await
        };
        in_time(self.write_deadline, sending).await
    }

    /// Writes a message without a number.
    pub(super) async fn send_message(&mut self, message: impl Into<Envelope>) -> Result<(), End> {
        // Such messages hold a few names of bounded length and texts of our own.
        let text = encode(&message.into()).map_err(|error| {
            log::error!("a message of the server's own cannot be written: {error}");
            End::Lost
        })?;
        self.send([text]).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        in_time(self.write_deadline, self.socket.send(Frame::Ping(Bytes::new()))).await
    }

    /// Says why, and closes.
    pub(super) async fn part(&mut self, info: ErrorInfo) {
        let told = timeout(FAREWELL, self.send_message(Message::Error(info))).await;
        if matches!(told, Ok(Ok(()))) {
            self.close(close_code::POLICY, "see the error before").await;
        }
    }

    /// Closes, and reads on for a moment: a socket closed with unread data loses what was written.
    pub(super) async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let socket = &mut self.socket;
        let closing = async {
            if socket.send(Frame::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = socket.recv().await {}
            }
        };
        let _ = timeout(FAREWELL, closing).await;
    }
}

async fn in_time(
    deadline: Duration,
    sending: impl Future<Output = Result<(), axum::Error>>,
) -> Result<(), End> {
    match timeout(deadline, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            log::debug!("writing failed: {error}");
            Err(End::Lost)
        }
        Err(_) => {
            log::debug!("a client's socket takes nothing");
            Err(End::Lost)
        }
    }
}
