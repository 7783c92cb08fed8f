//! A connection's place at the hub.

use std::sync::Arc;

use duet_signal::Envelope;
use duet_signal::message::{CallId, DeviceId, RoomId, UserId};
use duet_signal::outbox::Accepted;

use super::{Gone, Hub, Refusal};
use crate::session::{Link, Queued};

/// What one connection does with its session. When dropped, the session ends with it, unless another
/// connection has taken it over.
#[derive(Debug)]
pub(crate) struct Seat {
    hub: Arc<Hub>,
    user: UserId,
    device: DeviceId,
    link: Arc<Link>,
    /// The highest number handed out to be written on this connection.
    sent: u64,
}

/// What a connection is to write next.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<(u64, Queued)>,
    /// To be carried by the messages, or alone when there are none.
    pub(crate) ack: Option<u64>,
    /// Something received is unacknowledged still.
    pub(crate) owes_ack: bool,
}

impl Batch {
    /// Most messages in one batch: enough to share a flush, few enough to keep the lock short.
    pub(crate) const MESSAGES: usize = 32;
}

impl Seat {
    pub(super) fn new(hub: Arc<Hub>, user: UserId, device: DeviceId, link: Arc<Link>, sent: u64) -> Self {
        Seat { hub, user, device, link, sent }
    }

    pub(crate) fn device(&self) -> &DeviceId {
        &self.device
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// What waits to be written, at most [`Batch::MESSAGES`] at a time. An acknowledgement is taken
    /// along when there is a message to carry it, when it is due, or when `ack_now` says so.
    pub(crate) fn next_batch(&mut self, ack_now: bool) -> Result<Batch, Gone> {
        let mut state = self.hub.lock();
        let outbox = &mut state.session(&self.device, &self.link)?.outbox;
        let messages: Vec<_> = outbox
            .after(self.sent)
            .take(Batch::MESSAGES)
            .map(|(seq, queued)| (seq, queued.clone()))
            .collect();
        if let Some((seq, _)) = messages.last() {
            self.sent = *seq;
        }
        let wanted = ack_now || !messages.is_empty() || outbox.ack_due();
        let ack = if wanted { outbox.take_ack() } else { None };
        Ok(Batch { messages, ack, owes_ack: outbox.ack_owed() })
    }

    /// Takes the numbers of a received message. `Ok(None)`: it had none of its own.
    pub(crate) fn receive(&self, seq: Option<u64>, ack: Option<u64>) -> Result<Option<Accepted>, Gone> {
        let mut state = self.hub.lock();
        let outbox = &mut state.session(&self.device, &self.link)?.outbox;
        if let Some(ack) = ack {
            // What was not written yet cannot have arrived.
            outbox.on_ack(ack.min(self.sent));
        }
        Ok(seq.map(|seq| outbox.accept(seq)))
    }

    /// The highest number received without a gap.
    pub(crate) fn received(&self) -> Result<u64, Gone> {
        Ok(self.hub.lock().session(&self.device, &self.link)?.outbox.received())
    }

    /// Passes a message on to the devices it is for, with the sender stamped on it. `weight` is its
    /// size in bytes.
    pub(crate) fn relay(&self, mut envelope: Envelope, weight: usize) -> Result<Result<(), Refusal>, Gone> {
        envelope.seq = None;
        envelope.ack = None;
        envelope.from = Some(self.user.clone());
        envelope.from_device = Some(self.device.clone());
        let mut state = self.hub.lock();
        state.session(&self.device, &self.link)?;
        Ok(state.relay(envelope, weight))
    }

    /// Enters a room; the client calls its stay there `stay`.
    pub(crate) fn join(&self, room: &RoomId, stay: Option<&CallId>) -> Result<Result<(), Refusal>, Gone> {
        let mut state = self.hub.lock();
        state.session(&self.device, &self.link)?;
        Ok(state.join(&self.device, room, stay))
    }

    /// Leaves a room.
    pub(crate) fn leave(&self, room: &RoomId) -> Result<Result<(), Refusal>, Gone> {
        let mut state = self.hub.lock();
        state.session(&self.device, &self.link)?;
        Ok(state.leave(&self.device, room))
    }

    /// The connection is lost; the session stays until the seat is dropped or taken over.
    pub(crate) fn disconnect(&self) -> Result<(), Gone> {
        self.hub.lock().session(&self.device, &self.link)?.connected = false;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.lock().close(&self.device, &self.link);
    }
}
