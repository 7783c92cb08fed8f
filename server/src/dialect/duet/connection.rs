//! From `welcome` to the end: messages in, messages out, time.

use duet_signal::message::{CallId, ErrorCode, ErrorInfo, Join, Message, RoomRef};
use duet_signal::outbox::Accepted;
use duet_signal::{Envelope, MAX_MESSAGE_BYTES, WireError, decode, encode_numbered};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::hello::{MAX_NAME_CHARS, is_name};
use super::{End, fatal};
use crate::app::{App, stopped};
use crate::config::{Limits, Timing};
use crate::hub::{Batch, Refusal, Seat};
use crate::limits::TokenBucket;
use crate::session::Queued;
use crate::wire::{Incoming, Wire};

/// What a client is told about binary messages.
pub(super) const BINARY: &str = "messages are JSON texts, not binary";
/// What a client is told about messages too large to be read at all.
pub(super) const FLOOD: &str = "message far too large; at most 65536 bytes are allowed";

/// What the server adds to a relayed message, at most: the sender's id of 128 characters, each up to
/// six bytes in JSON, its device, two numbers, and fields the sender had left out.
const STAMP_BYTES: usize = 2048;

/// A client that said hello.
pub(super) struct Connection {
    wire: Wire,
    seat: Seat,
    limits: Limits,
    timing: Timing,
    bucket: TokenBucket,
    /// Reading pauses until then when the client sends too fast.
    read_from: Option<Instant>,
    told_to_slow_down: bool,
    faults: u32,
    heard: Instant,
    ping_at: Instant,
    ack_at: Option<Instant>,
}

/// What became of a client's message.
enum Outcome {
    Done,
    /// Refused; the connection goes on.
    Refused(Refusal),
    /// Refused, and it counts towards the limit of faults.
    Fault(Refusal),
}

impl From<Result<(), Refusal>> for Outcome {
    fn from(result: Result<(), Refusal>) -> Self {
        result.map_or_else(Outcome::Refused, |()| Outcome::Done)
    }
}

impl Connection {
    pub(super) fn new(wire: Wire, seat: Seat, app: &App) -> Self {
        let now = Instant::now();
        let (limits, timing) = (app.config.limits, app.config.timing);
        Connection {
            wire,
            seat,
            limits,
            timing,
            bucket: TokenBucket::new(&limits, now),
            read_from: None,
            told_to_slow_down: false,
            faults: 0,
            heard: now,
            ping_at: now + timing.ping_interval,
            ack_at: None,
        }
    }

    pub(super) fn into_parts(self) -> (Wire, Seat) {
        (self.wire, self.seat)
    }

    /// Serves until the connection ends.
    pub(super) async fn run(&mut self, stopping: &mut watch::Receiver<bool>) -> End {
        loop {
            if let Err(end) = self.step(stopping).await {
                return end;
            }
        }
    }

    async fn step(&mut self, stopping: &mut watch::Receiver<bool>) -> Result<(), End> {
        // Before anything more is written: that others leave because the server stops is no news, and
        // would end calls that can outlive a restart.
        if *stopping.borrow() {
            return Err(End::Stopping);
        }
        self.flush().await?;
        let deadline = self.deadline();
        let reading = self.read_from.is_none();
        tokio::select! {
            // In a fixed order, so that the same happenings have the same consequences. Silence is only
            // silence when nothing waits to be read; a client that floods is made to pause.
            biased;
            () = stopped(stopping) => Err(End::Stopping),
            () = self.seat.link().woken() => Ok(()),
            incoming = self.wire.next(), if reading => self.on_incoming(incoming).await,
            () = sleep_until(deadline) => self.on_time(Instant::now()).await,
        }
    }

    /// Writes what waits.
    async fn flush(&mut self) -> Result<(), End> {
        loop {
            let now = Instant::now();
            let ack_now = self.ack_at.is_some_and(|at| at <= now);
            let batch = self.seat.next_batch(ack_now)?;
            self.ack_at =
                if batch.owes_ack { self.ack_at.or(Some(now + self.timing.ack_delay)) } else { None };
            let more = batch.messages.len() == Batch::MESSAGES;
            self.write(batch, now).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn write(&mut self, batch: Batch, now: Instant) -> Result<(), End> {
        let Batch { messages, ack, .. } = batch;
        if messages.is_empty() {
            let Some(ack) = ack else { return Ok(()) };
            let alone = Envelope { ack: Some(ack), ..Message::Ack.into() };
            return self.unless_over(alone).await;
        }
        let mut texts = Vec::with_capacity(messages.len());
        for (seq, queued) in &messages {
            // Sizes were checked when the message came in.
            texts.push(text_of(queued, *seq, ack, now).map_err(|error| {
                log::error!("a queued message cannot be written: {error}");
                End::Lost
            })?);
        }
        tokio::select! {
            biased;
            sent = self.wire.send(texts) => Ok(sent?),
            () = self.seat.link().over() => Err(End::Over),
        }
    }

    /// Writes a message without a number, unless the session is lost meanwhile.
    async fn unless_over(&mut self, message: Envelope) -> Result<(), End> {
        tokio::select! {
            biased;
            sent = self.wire.send_message(message) => Ok(sent?),
            () = self.seat.link().over() => Err(End::Over),
        }
    }

    fn deadline(&self) -> Instant {
        let idle = self.heard + self.timing.idle_timeout;
        [self.ack_at, self.read_from].into_iter().flatten().fold(idle.min(self.ping_at), Instant::min)
    }

    async fn on_time(&mut self, now: Instant) -> Result<(), End> {
        if self.read_from.is_some_and(|from| from <= now) {
            self.read_from = None;
            // Silence was ours.
            self.heard = now;
        }
        if now >= self.heard + self.timing.idle_timeout {
            log::debug!("a client went silent");
            return Err(End::Lost);
        }
        if now >= self.ping_at {
            self.ping_at = now + self.timing.ping_interval;
            self.wire.ping().await?;
        }
        Ok(())
    }

    async fn on_incoming(&mut self, incoming: Incoming) -> Result<(), End> {
        let now = Instant::now();
        self.heard = now;
        match incoming {
            Incoming::Text(text) => {
                self.count(now).await?;
                self.on_text(&text).await
            }
            Incoming::Binary => {
                self.count(now).await?;
                self.fault(Refusal::new(ErrorCode::Malformed, BINARY), None, None).await
            }
            Incoming::Alive => Ok(()),
            Incoming::Flood => Err(End::Fatal(fatal(ErrorCode::TooLarge, FLOOD))),
            Incoming::Closed => Err(End::Closed),
            Incoming::Lost => Err(End::Lost),
        }
    }

    /// Slows a client down that sends too fast, and tells it. Nothing is lost: a dropped message
    /// would leave a gap in its numbers.
    async fn count(&mut self, now: Instant) -> Result<(), End> {
        self.read_from = self.bucket.take(now);
        if self.read_from.is_none() {
            self.told_to_slow_down = false;
        } else if !self.told_to_slow_down {
            self.told_to_slow_down = true;
            let text =
                format!("too many messages; at most {} a second are read", self.limits.messages_per_second);
            return self.refuse(Refusal::new(ErrorCode::RateLimited, text), None, None).await;
        }
        Ok(())
    }

    async fn on_text(&mut self, text: &str) -> Result<(), End> {
        let envelope = match decode(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                return self.fault(Refusal::new(code_of(&error), error.to_string()), None, None).await;
            }
        };
        let (seq, call) = (envelope.seq, call_of(&envelope.message));
        match self.seat.receive(seq, envelope.ack)? {
            Some(Accepted::Duplicate) => return Ok(()),
            Some(Accepted::Gap) => {
                let expected = self.seat.received()? + 1;
                let text = format!("out of order: expected seq {expected}; send again from there");
                return self.fault(Refusal::new(ErrorCode::Unexpected, text), seq, call).await;
            }
            Some(Accepted::Fresh) | None => {}
        }
        match self.handle(envelope, text.len())? {
            Outcome::Done => Ok(()),
            Outcome::Refused(refusal) => self.refuse(refusal, seq, call).await,
            Outcome::Fault(refusal) => self.fault(refusal, seq, call).await,
        }
    }

    fn handle(&mut self, envelope: Envelope, weight: usize) -> Result<Outcome, End> {
        let needs_seq = || {
            let text = "the message has no number; count \"seq\" from 1";
            Outcome::Fault(Refusal::new(ErrorCode::Malformed, text))
        };
        let numbered = envelope.seq.is_some();
        Ok(match &envelope.message {
            Message::Ack | Message::Unknown => Outcome::Done,
            Message::Hello(_) => unexpected("hello was said already"),
            Message::Welcome(_)
            | Message::Error(_)
            | Message::Delivered(_)
            | Message::Joined(_)
            | Message::PeerJoined(_)
            | Message::PeerLeft(_) => unexpected("only the server sends this type"),
            _ if !numbered => needs_seq(),
            Message::Join(Join { room, .. }) | Message::Leave(RoomRef { room })
                if !is_name(room.as_str()) =>
            {
                let text = format!("a room's name has 1 to {MAX_NAME_CHARS} characters");
                Outcome::Fault(Refusal::new(ErrorCode::Malformed, text))
            }
            Message::Join(Join { stay: Some(stay), .. }) if !is_name(stay.as_str()) => {
                let text = format!("the name of a stay has 1 to {MAX_NAME_CHARS} characters");
                Outcome::Fault(Refusal::new(ErrorCode::Malformed, text))
            }
            Message::Join(Join { room, stay }) => self.seat.join(room, stay.as_ref())?.into(),
            Message::Leave(RoomRef { room }) => self.seat.leave(room)?.into(),
            Message::Invite(_)
            | Message::Ringing(_)
            | Message::Accept(_)
            | Message::Decline(_)
            | Message::Cancel(_)
            | Message::Anew(_)
            | Message::AcceptedElsewhere(_)
            | Message::DeclinedElsewhere(_)
            | Message::HangUp(_)
            | Message::Description(_)
            | Message::Candidate(_)
            | Message::MediaState(_)
            | Message::Hold(_)
            | Message::Resume(_)
            | Message::AskVideo(_)
            | Message::AcceptVideo(_)
            | Message::StopVideo(_) => {
                if weight + STAMP_BYTES > MAX_MESSAGE_BYTES && !fits_when_stamped(&envelope) {
                    let text = "too large together with the sender's name; leave 2 KiB of the 64 KiB free";
                    return Ok(Outcome::Fault(Refusal::new(ErrorCode::TooLarge, text)));
                }
                self.seat.relay(envelope, weight)?.into()
            }
        })
    }

    /// Tells the client what was wrong; once too often, and the connection is closed.
    async fn fault(&mut self, refusal: Refusal, about: Option<u64>, call: Option<CallId>) -> Result<(), End> {
        self.faults += 1;
        if self.faults >= self.limits.faults {
            let text = format!("{}; that was wrong once too often", refusal.text);
            return Err(End::Fatal(ErrorInfo { about, call, ..fatal(refusal.code, text) }));
        }
        self.refuse(refusal, about, call).await
    }

    async fn refuse(
        &mut self,
        refusal: Refusal,
        about: Option<u64>,
        call: Option<CallId>,
    ) -> Result<(), End> {
        let info = ErrorInfo { code: refusal.code, message: refusal.text, fatal: false, about, call };
        self.unless_over(Message::Error(info).into()).await
    }
}

fn unexpected(text: &str) -> Outcome {
    Outcome::Refused(Refusal::new(ErrorCode::Unexpected, text))
}

/// The code that tells a client what was wrong with its text.
pub(super) fn code_of(error: &WireError) -> ErrorCode {
    match error {
        WireError::TooLarge(_) => ErrorCode::TooLarge,
        _ => ErrorCode::Malformed,
    }
}

/// Whether a message can still be sent on once sender and numbers are added. Only asked about those
/// near the limit, so writing it out is cheap enough; the longest sender stands in for the real one.
fn fits_when_stamped(envelope: &Envelope) -> bool {
    let longest = Envelope { from: Some("\u{1}".repeat(MAX_NAME_CHARS).into()), ..envelope.clone() };
    let longest = Envelope { from_device: Some("0".repeat(16).as_str().into()), ..longest };
    encode_numbered(&longest, u64::MAX, Some(u64::MAX)).is_ok()
}

/// A queued message as text. An invite's expiry counts from when it was sent: what it waited here is
/// taken off.
fn text_of(queued: &Queued, seq: u64, ack: Option<u64>, now: Instant) -> Result<String, WireError> {
    let waited = u64::try_from(now.saturating_duration_since(queued.at).as_millis()).unwrap_or(u64::MAX);
    match &queued.envelope.message {
        Message::Invite(invite) if waited > 0 => {
            let expires_in_ms = invite.expires_in_ms.saturating_sub(waited);
            let invite = Message::Invite(duet_signal::message::Invite { expires_in_ms, ..invite.clone() });
            encode_numbered(&Envelope { message: invite, ..Envelope::clone(&queued.envelope) }, seq, ack)
        }
        _ => encode_numbered(&queued.envelope, seq, ack),
    }
}

/// The call a message is about; of a room to be entered, what the client calls its stay.
fn call_of(message: &Message) -> Option<CallId> {
    match message {
        Message::Join(m) => m.stay.as_ref(),
        Message::Invite(m) => Some(&m.call),
        Message::Ringing(m)
        | Message::Cancel(m)
        | Message::Anew(m)
        | Message::AcceptedElsewhere(m)
        | Message::DeclinedElsewhere(m)
        | Message::HangUp(m)
        | Message::Hold(m)
        | Message::Resume(m)
        | Message::AskVideo(m)
        | Message::AcceptVideo(m)
        | Message::StopVideo(m) => Some(&m.call),
        Message::Accept(m) => Some(&m.call),
        Message::Decline(m) => Some(&m.call),
        Message::Description(m) => Some(&m.call),
        Message::Candidate(m) => Some(&m.call),
        Message::MediaState(m) => Some(&m.call),
        _ => None,
    }
    .cloned()
}
