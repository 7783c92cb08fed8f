//! Serves one WebSocket of a foreign dialect: texts in to the dialect's rules, texts out of the
//! mailbox, within the limits of all dialects.

use axum::extract::ws::{Utf8Bytes, close_code};
use duet_signal::message::ErrorCode;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::app::{App, stopped};
use crate::hub::Refusal;
use crate::intake::{Beat, Intake, check_size};
use crate::mailbox::{Mailbox, Over};
use crate::wire::{Broken, Incoming, Wire};

/// Texts written with one flush, at most.
const BATCH: usize = 64;

/// One client's side of a dialect: hears what the client says.
pub(crate) trait Listener: Send {
    /// The dialect's name.
    fn dialect(&self) -> &'static str;

    /// Takes in one text of allowed size.
    ///
    /// # Errors
    /// Why it is not done.
    fn hear(&mut self, text: &Utf8Bytes) -> Result<(), Refusal>;

    /// A refusal in the dialect's words, where it has words for it.
    fn refusal(&self, refusal: &Refusal) -> Option<Utf8Bytes>;

    /// The dialect's own way to ask for a sign of life; a WebSocket ping where it has none.
    fn ping(&self) -> Option<&'static str> {
        None
    }

    /// Until when the client must have done what it has to do first.
    fn must_act_by(&self) -> Option<Instant> {
        None
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Closed by the client, or broken.
    Gone,
    /// Nothing was heard for too long.
    Silent,
    /// One message was far too large.
    Flood,
    /// Too many messages were malformed.
    Faults,
    /// The mailbox ended.
    Over(Over),
    /// The server stops.
    Stopping,
}

impl From<Broken> for End {
    fn from(_: Broken) -> Self {
        End::Gone
    }
}

/// One client's connection.
pub(crate) struct Texts<'a, L> {
    pub(crate) wire: &'a mut Wire,
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) intake: &'a mut Intake,
    pub(crate) listener: &'a mut L,
    pub(crate) app: &'a App,
}

impl<L: Listener> Texts<'_, L> {
    /// Serves until the connection ends.
    pub(crate) async fn serve(&mut self) -> End {
        let mut stopping = self.app.stopping.subscribe();
        let mut read_from = None;
        loop {
            if let Err(end) = self.step(&mut read_from, &mut stopping).await {
                log::debug!("{}: connection ended: {end:?}", self.listener.dialect());
                if let End::Over(why) = end {
                    self.app.counters.over(self.listener.dialect(), why);
                }
                return end;
            }
        }
    }

    async fn step(
        &mut self,
        read_from: &mut Option<Instant>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<(), End> {
        // Before anything more is written: that others leave because the server stops is no news.
        if *stopping.borrow() {
            return Err(End::Stopping);
        }
        let due = [*read_from, self.listener.must_act_by()].into_iter().flatten();
        let due = due.fold(self.intake.pulse.due(), Instant::min);
        tokio::select! {
            incoming = self.wire.next(), if read_from.is_none() => *read_from = self.on_incoming(incoming)?,
            texts = self.mailbox.next(BATCH) => self.write(texts.map_err(End::Over)?).await?,
            () = sleep_until(due) => self.on_time(read_from).await?,
            () = stopped(stopping) => return Err(End::Stopping),
        }
        Ok(())
    }

    async fn write(&mut self, texts: Vec<Utf8Bytes>) -> Result<(), End> {
        let sent = async {
            tokio::select! {
                sent = self.wire.send(texts) => sent.map_err(End::from),
                // What was taken is still written: only a client that takes nothing is left alone.
                () = slow(self.mailbox) => Err(End::Over(Over::Slow)),
            }
        };
        sent.await
    }

    async fn on_time(&mut self, read_from: &mut Option<Instant>) -> Result<(), End> {
        let now = Instant::now();
        if read_from.is_some_and(|from| from <= now) {
            *read_from = None;
            // Silence was ours.
            self.intake.pulse.heard(now);
        }
        if self.listener.must_act_by().is_some_and(|by| by <= now) {
            return Err(End::Silent);
        }
        match self.intake.pulse.beat(now) {
            Beat::Nothing => {}
            Beat::Silent => return Err(End::Silent),
            Beat::Ping => match self.listener.ping() {
                Some(text) => self.wire.send([Utf8Bytes::from_static(text)]).await?,
                None => self.wire.ping().await?,
            },
        }
        Ok(())
    }

    /// Takes in what came. Returns from when on to read further.
    fn on_incoming(&mut self, incoming: Incoming) -> Result<Option<Instant>, End> {
        let now = Instant::now();
        let heard = match incoming {
            Incoming::Text(text) => check_size(text.len()).and_then(|()| self.listener.hear(&text)),
            Incoming::Binary => Err(Refusal::new(ErrorCode::Malformed, "messages are texts, not binary")),
            Incoming::Alive => {
                self.intake.pulse.heard(now);
                return Ok(None);
            }
            Incoming::Flood => {
                let far = Refusal::new(ErrorCode::TooLarge, "a message far too large to be read");
                self.app.counters.refused(self.listener.dialect(), &far);
                return Err(End::Flood);
            }
            Incoming::Closed | Incoming::Lost => return Err(End::Gone),
        };
        let (read_from, too_fast) = self.intake.count(now);
        for refusal in [heard.err(), too_fast].into_iter().flatten() {
            self.refuse(&refusal)?;
        }
        Ok(read_from)
    }

    fn refuse(&mut self, refusal: &Refusal) -> Result<(), End> {
        self.app.counters.refused(self.listener.dialect(), refusal);
        if let Some(text) = self.listener.refusal(refusal) {
            self.mailbox.post(text);
        }
        if self.intake.is_last_straw(refusal) { Err(End::Faults) } else { Ok(()) }
    }
}

/// Ready when the mailbox overflows.
async fn slow(mailbox: &Mailbox) {
    if mailbox.over().await != Over::Slow {
        std::future::pending::<()>().await;
    }
}

/// Says why, as far as a close frame can, and closes.
pub(crate) async fn part(wire: &mut Wire, mailbox: &Mailbox, end: End) {
    let (code, reason) = match end {
        End::Gone => return,
        End::Silent => (close_code::POLICY, "nothing was heard for too long"),
        End::Flood => (close_code::SIZE, "a message was far too large"),
        End::Faults => (close_code::POLICY, "too many messages were malformed"),
        End::Over(Over::Told) => (close_code::NORMAL, ""),
        End::Over(Over::Replaced) => (close_code::NORMAL, "a newer connection took this one's place"),
        End::Over(Over::Slow) => (close_code::POLICY, "read faster"),
        End::Stopping => (close_code::AWAY, "the server stops"),
    };
    // The last refusal comes before the end it explains.
    if end == End::Faults && wire.send(mailbox.take(BATCH)).await.is_err() {
        return;
    }
    wire.close(code, reason).await;
}
