//! How signaling messages travel: over the service's WebSocket, or carried by the host.

mod backoff;
mod duet;
pub(crate) mod socket;

use duet_signal::message::{ErrorInfo, IceServer};
use duet_signal::{Envelope, Message};
use tokio::sync::mpsc;

use crate::Error;

pub(crate) use duet::open as open_duet;

/// Messages waiting to leave, and events waiting for the session: a call's set-up is some 50.
const QUEUE: usize = 256;

/// The sending half of a link; dropping it sends what is queued and closes the link.
pub(crate) type LinkSender = mpsc::Sender<Envelope>;
/// The receiving half of a link.
pub(crate) type LinkEvents = mpsc::Receiver<LinkEvent>;

/// What a link reports.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    /// Connected for the first time.
    Up {
        /// STUN and TURN servers the service offers.
        ice_servers: Vec<IceServer>,
    },
    /// The connection broke; it is being made anew.
    Lost,
    /// The connection is back.
    Restored {
        /// STUN and TURN servers the service offers now.
        ice_servers: Vec<IceServer>,
    },
    /// A message for us.
    Message(Box<Envelope>),
    /// The service refused something; what, as far as that is known.
    Refused(ErrorInfo, Option<Box<Message>>),
    /// There will be no connection any more.
    Failed(Error),
}
