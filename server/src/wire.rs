//! A client's WebSocket: texts in and out, deadlines, closing.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use duet_signal::MAX_MESSAGE_BYTES;
use futures_util::SinkExt;
use tokio::time::timeout;

/// How long a client may take to close after it was told why. 500 ms: a round trip around the world.
pub(crate) const FAREWELL: Duration = Duration::from_millis(500);

/// Up to here a message is read to the end and answered with an error naming its size; beyond, the
/// connection is closed, because what follows can no longer be read.
const READ_LIMIT: usize = 2 * MAX_MESSAGE_BYTES;

/// Most messages are below 1 KiB; larger ones grow the buffer for as long as they take. The default
/// of 128 KiB each way would be most of what an idle connection costs.
const BUFFER: usize = 4 * 1024;

/// A client's socket.
pub(crate) struct Wire {
    socket: WebSocket,
    write_deadline: Duration,
}

/// What came from a client.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A text message of at most the read limit.
    Text(Utf8Bytes),
    /// A binary message; no dialect has any.
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

/// The socket took nothing in time, or is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Sets the sizes of an upgrade.
pub(crate) fn configure(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(READ_LIMIT)
        .max_frame_size(READ_LIMIT)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(4 * READ_LIMIT)
}

impl Wire {
    pub(crate) fn new(socket: WebSocket, write_deadline: Duration) -> Self {
        Wire { socket, write_deadline }
    }

    /// The next thing from the client. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Incoming {
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
    pub(crate) async fn send<T: Into<Utf8Bytes>>(
        &mut self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<(), Broken> {
        let socket = &mut self.socket;
        let sending = async {
            for text in texts {
                socket.feed(Frame::Text(text.into())).await?;
            }
            socket.flush().await
        };
        in_time(self.write_deadline, sending).await
    }

    /// Asks for a sign of life.
    pub(crate) async fn ping(&mut self) -> Result<(), Broken> {
        in_time(self.write_deadline, self.socket.send(Frame::Ping(Bytes::new()))).await
    }

    /// Closes, and reads on for a moment: a socket closed with unread data loses what was written.
    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) {
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
) -> Result<(), Broken> {
    match timeout(deadline, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            log::debug!("writing failed: {error}");
            Err(Broken)
        }
        Err(_) => {
            log::debug!("a client's socket takes nothing");
            Err(Broken)
        }
    }
}
