//! Media comes and goes while a call rings; only the answer makes that matter.

use super::Call;
use crate::input::PeerInput as P;
use crate::state::Link;
use crate::state::State::{Connected, Connecting, Ended, Incoming, Outgoing, Pushed, Reconnecting, Waiting};

impl Call {
    /// News of the peer connection, which stands where `link` says.
    pub(super) fn early(&mut self, link: Link, news: P) {
        match (link, news) {
            (Link::Starting | Link::Down | Link::Closed, P::Connected) => self.set_link(Link::Up),
            (Link::Up, P::Disconnected) | (Link::Starting | Link::Up | Link::Down, P::IceFailed) => {
                self.set_link(Link::Down);
                self.restart_once();
            }
            // Another device may still answer, or another connection be made with this one.
            (Link::Starting | Link::Up | Link::Down, P::Closed) => self.set_link(Link::Closed),
            (Link::Idle, _)
            | (Link::Up, P::Connected)
            | (Link::Starting | Link::Down, P::Disconnected)
            | (Link::Closed, P::Disconnected | P::IceFailed | P::Closed)
            | (_, P::DtlsFailed | P::NoCommonCodec | P::BadDescription) => {}
        }
    }

    fn set_link(&mut self, link: Link) {
        self.state = match self.state {
            Outgoing { heard, .. } => Outgoing { link, heard },
            Incoming { .. } => Incoming { link },
            other @ (Pushed { .. }
            | Waiting { .. }
            | Connecting
            | Connected
            | Reconnecting { .. }
            | Ended(_)) => other,
        };
    }
}
