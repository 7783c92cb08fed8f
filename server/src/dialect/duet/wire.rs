//! What the `duet` dialect alone writes to a socket.

use axum::extract::ws::close_code;
use duet_signal::message::{ErrorInfo, Message};
use duet_signal::{Envelope, encode};
use tokio::time::timeout;

use crate::wire::{Broken, FAREWELL, Wire};

impl Wire {
    /// Writes a message without a number.
    pub(super) async fn send_message(&mut self, message: impl Into<Envelope>) -> Result<(), Broken> {
        // Such messages hold a few names of bounded length and texts of our own.
        let text = encode(&message.into()).map_err(|error| {
            log::error!("a message of the server's own cannot be written: {error}");
            Broken
        })?;
        self.send([text]).await
    }

    /// Says why, and closes.
    pub(super) async fn part(&mut self, info: ErrorInfo) {
        let told = timeout(FAREWELL, self.send_message(Message::Error(info))).await;
        if matches!(told, Ok(Ok(()))) {
            self.close(close_code::POLICY, "see the error before").await;
        }
    }
}
