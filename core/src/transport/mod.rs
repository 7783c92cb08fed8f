//! How signaling messages travel: over the service's WebSocket, or carried by the host.

mod address;
mod backoff;
mod duet;
mod foreign;
mod http;
mod link;
pub(crate) mod socket;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use duet_signal::Envelope;
use duet_signal::dialect::Translator;
use duet_signal::message::{IceServer, UserId};
use tokio::sync::{Notify, mpsc};

use self::duet::Duet;
use crate::driver::Platform;
use crate::{Error, SessionConfig};
use foreign::Foreign;
use link::Link;

pub(crate) use tls::Trust;

/// Messages waiting to leave, and events waiting for the session: a call's set-up is some 50.
const QUEUE: usize = 256;

/// A service that takes longer than this to answer is as good as gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Something is heard every 15 s, if only a ping or its answer; after three times that a connection is dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);
/// A connection that lasted this long was a good one: the next attempts start afresh.
const STABLE: Duration = Duration::from_secs(5);
/// How long a closing link may take to say goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

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
        /// Our rooms are to be entered again: the service may have forgotten us, or have taken us for gone
        /// and given our place to another device of ours.
        enter_again: bool,
        /// STUN and TURN servers the service offers now.
        ice_servers: Vec<IceServer>,
    },
    /// The service has named us.
    Named(UserId),
    /// A message for us.
    Message(Box<Envelope>),
    /// There will be no connection any more.
    Failed(Error),
}

/// Starts a link in the session's dialect; it lives until the sender is dropped or it fails.
///
/// # Errors
/// [`Error::InvalidUrl`].
pub(crate) fn open(
    config: &SessionConfig,
    platform: Platform,
    spawn: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Result<(LinkSender, LinkEvents, Arc<Notify>), Error> {
    let invalid = |reason| Error::InvalidUrl { url: config.url.clone(), reason };
    let base = address::Base::parse(&config.url).map_err(invalid)?;
    let translator = Translator::new(config.dialect, &config.user, platform.chance.number());
    let (link, ends) = Link::new(config, platform);
    spawn(match translator {
        Some(translator) => {
            let token = format!("{:x}", link.platform.chance.number());
            Box::pin(link.run(Foreign::new(config.user.clone(), token, base, translator)))
        }
        None => Box::pin(link.run(Duet::new(base.duet()))),
    });
    Ok(ends)
}
