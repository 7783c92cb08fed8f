//! What every input does in every state: one match, and every pair that does nothing is written out.

use super::{Call, Farewell};
use crate::effect::{Effect, Notice, Signal};
use crate::ended::EndReason as Why;
use crate::ended::EndedBy::{Local, Remote, System, Timeout};
use crate::input::Input::{GlareLost, Host, Peer, Signaling as Line, TimerFired, User, Wire};
use crate::input::{
    DeclineReason, HostInput as H, Input, MediaKinds, PeerInput as P, Refusal, RemoteMedia,
    SignalingInput as S, SignalingLoss, UserInput as U, WireInput as W,
};
use crate::mutation::{Rule, broken};
use crate::state::State::{Connected, Connecting, Ended, Incoming, Outgoing, Reconnecting, Waiting};
use crate::state::{Link, Signaling};
use crate::timers::TimerId as T;

const CANCEL: Farewell = Farewell::Say(Signal::Cancel);
const HANG_UP: Farewell = Farewell::Say(Signal::HangUp);

impl Call {
    /// Timers that are not running never get here, so a `TimerFired` is ignored in the states that do
    /// not start that timer.
    pub(super) fn transition(&mut self, input: Input) {
        match (self.state, input) {
            // Rings at the other end.
            (Outgoing { link, ringing: false }, Wire(W::Ringing)) => {
                self.state = Outgoing { link, ringing: true };
                self.notify(Notice::RemoteRinging);
            }
            (Outgoing { link, .. }, Wire(W::Accept { media })) => {
                self.notify(Notice::RemoteMedia(camera(media)));
                self.accepted(link);
            }
            (Outgoing { .. }, Wire(W::Decline { reason })) => {
                let (by, why) = match reason {
                    DeclineReason::Declined => (Remote, Why::Declined),
                    DeclineReason::Busy => (Remote, Why::Busy),
                    DeclineReason::Timeout => (Timeout, Why::RingTimeout),
                    DeclineReason::Failed => (Remote, Why::RemoteFailed),
                };
                self.end(by, why, Farewell::Silent);
            }
            (Outgoing { .. }, Wire(W::Refused(refusal))) => {
                self.end(System, refused(refusal), Farewell::Silent)
            }
            (Outgoing { .. }, User(U::HangUp)) => self.end(Local, Why::Cancelled, CANCEL),
            (Outgoing { .. }, TimerFired(T::Ring)) => self.end(Timeout, Why::RingTimeout, CANCEL),
            (Outgoing { .. }, GlareLost) => self.end(System, Why::GlareLost, CANCEL),
            (Outgoing { .. }, Wire(W::HangUp)) => self.end(Remote, Why::HangUp, Farewell::Silent),
            (Outgoing { .. }, Peer(P::DtlsFailed)) => self.end(System, Why::DtlsFailed, CANCEL),
            (Outgoing { .. }, Peer(P::NoCommonCodec)) => self.end(System, Why::NoCommonCodec, CANCEL),
            (Outgoing { .. }, Host(H::Failed)) => self.end(System, Why::Internal, CANCEL),

            // Rings here.
            (Incoming { link }, User(U::Accept { media })) => {
                self.media = media;
                self.send(Signal::Accept { media });
                self.accepted(link);
            }
            (Incoming { .. }, User(U::Decline | U::HangUp)) => {
                self.end(Local, Why::Declined, decline(DeclineReason::Declined));
            }
            (Incoming { .. }, TimerFired(T::InviteExpiry)) => {
                self.end(Timeout, Why::RingTimeout, decline(DeclineReason::Timeout));
            }
            // A caller who hangs up before the answer has cancelled.
            (Incoming { .. }, Wire(W::HangUp)) => self.end(Remote, Why::Cancelled, Farewell::Silent),
            (Incoming { .. }, Wire(W::AcceptedElsewhere)) => {
                self.end(Local, Why::AcceptedElsewhere, Farewell::Silent);
            }
            (Incoming { .. }, Wire(W::DeclinedElsewhere)) => {
                self.end(Local, Why::DeclinedElsewhere, Farewell::Silent);
            }
            (Incoming { .. }, Peer(P::DtlsFailed)) => {
                self.end(System, Why::DtlsFailed, decline(DeclineReason::Failed));
            }
            (Incoming { .. }, Peer(P::NoCommonCodec)) => {
                self.end(System, Why::NoCommonCodec, decline(DeclineReason::Failed));
            }
            (Incoming { .. }, Host(H::Failed)) => {
                self.end(System, Why::Internal, decline(DeclineReason::Failed));
            }

            // Media comes and goes while it rings; only the answer makes that matter.
            (Outgoing { link: Link::Starting | Link::Down, ringing }, Peer(P::Connected)) => {
                self.state = Outgoing { link: Link::Up, ringing };
                self.broken_early_media();
            }
            (Incoming { link: Link::Starting | Link::Down }, Peer(P::Connected)) => {
                self.state = Incoming { link: Link::Up };
                self.broken_early_media();
            }
            (Outgoing { link: Link::Up, ringing }, Peer(P::Disconnected))
            | (Outgoing { link: Link::Starting | Link::Up | Link::Down, ringing }, Peer(P::IceFailed)) => {
                self.state = Outgoing { link: Link::Down, ringing };
                self.restart_once();
            }
            (Incoming { link: Link::Up }, Peer(P::Disconnected))
            | (Incoming { link: Link::Starting | Link::Up | Link::Down }, Peer(P::IceFailed)) => {
                self.state = Incoming { link: Link::Down };
                self.restart_once();
            }
            (
                Outgoing { link: Link::Starting | Link::Up | Link::Down, .. }
                | Incoming { link: Link::Starting | Link::Up | Link::Down },
                Host(H::NetworkChanged),
            ) => self.restart_once(),

            // Alone in the room.
            (Waiting { joined: false }, Wire(W::Joined { peer: false })) => {
                self.enter(Waiting { joined: true });
            }
            (Waiting { .. }, Wire(W::Joined { peer: true })) => self.met(true),
            (Waiting { .. }, Wire(W::PeerJoined)) => self.met(false),
            (Waiting { .. }, Wire(W::RoomFull)) => self.end(System, Why::RoomFull, Farewell::Silent),
            (Waiting { .. }, Wire(W::Refused(refusal))) => {
                self.end(System, refused(refusal), Farewell::Silent)
            }
            (Waiting { .. }, User(U::HangUp)) => self.end(Local, Why::HangUp, Farewell::Leave),
            (Waiting { .. }, Host(H::Failed)) => self.end(System, Why::Internal, Farewell::Leave),

            // Accepted, not connected.
            (Connecting, Peer(P::Connected)) => self.connected_first(),
            (Connecting, Peer(P::IceFailed)) => self.end(System, Why::IceFailed, HANG_UP),
            (Connecting, Peer(P::NoCommonCodec)) => self.end(System, Why::NoCommonCodec, HANG_UP),
            (Connecting, TimerFired(T::Connect)) => self.end(Timeout, Why::ConnectTimeout, HANG_UP),
            (Connecting, Host(H::NetworkChanged)) => self.restart_once(),

            // In the call.
            (Connected, Peer(P::Disconnected | P::IceFailed)) => self.reconnecting(),
            (Connected, Host(H::NetworkChanged)) if self.can_restart() => self.reconnecting(),

            // In the call, without media.
            (Reconnecting { .. }, Peer(P::Connected)) => self.connected_again(),
            (Reconnecting { restarts }, TimerFired(T::Restart)) => self.restart_scheduled(restarts),
            (Reconnecting { .. }, Host(H::NetworkChanged)) => self.restart_scheduled(0),
            (Reconnecting { .. }, Line(S::Restored)) => {
                self.signaling = Signaling::Up;
                self.restart_scheduled(0);
            }
            // Restarts wait until they can be signaled; media may still come back by itself.
            (Reconnecting { .. }, Line(S::Lost)) => {
                self.signaling = Signaling::Down;
                self.cancel_timer(T::Restart);
            }
            (Reconnecting { .. }, Line(S::LostForGood(_))) => {
                self.signaling = Signaling::Gone;
                self.cancel_timer(T::Restart);
            }
            (Reconnecting { .. }, TimerFired(T::Reconnect)) => self.give_up(),

            // Accepted, connected or not.
            (Connecting | Connected | Reconnecting { .. }, User(U::HangUp)) => {
                self.end(Local, Why::HangUp, HANG_UP);
            }
            (Connecting | Connected | Reconnecting { .. }, Wire(W::HangUp)) => {
                self.end(Remote, Why::HangUp, Farewell::Leave);
            }
            (Connecting, Wire(W::Cancel)) if broken(Rule::CrossedCancelIgnored) => {}
            (Connecting, Wire(W::Accept { .. })) if broken(Rule::SecondAcceptStartsPeer) => {
                self.start_peer(true);
            }
            // The caller gave up while the answer was under way.
            (
                Outgoing { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Wire(W::Cancel),
            ) => self.end(Remote, Why::Cancelled, Farewell::Leave),
            (Connecting | Connected | Reconnecting { .. }, Peer(P::DtlsFailed)) => {
                self.end(System, Why::DtlsFailed, HANG_UP);
            }
            (Connecting | Connected | Reconnecting { .. }, Host(H::Failed)) => {
                self.end(System, Why::Internal, HANG_UP);
            }

            // The other end is gone, says the service. A connected ring knows better: media flows.
            (Connecting | Connected | Reconnecting { .. }, Wire(W::PeerLeft)) if self.in_room() => {
                self.end(Remote, Why::PeerLeft, Farewell::Leave);
            }
            (Outgoing { .. } | Incoming { .. } | Connecting | Reconnecting { .. }, Wire(W::PeerLeft))
            | (Incoming { .. } | Connecting, Wire(W::Refused(Refusal::NotFound))) => {
                self.end(Remote, Why::PeerGone, Farewell::Leave);
            }

            (
                Outgoing { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Wire(W::MediaState(media)),
            ) => self.notify(Notice::RemoteMedia(media)),

            // Signaling is a fact beside the call; only a call not yet connected cannot do without.
            (Outgoing { .. } | Incoming { .. } | Waiting { .. } | Connecting | Connected, Line(S::Lost)) => {
                self.signaling = Signaling::Down;
            }
            (
                Outgoing { .. } | Incoming { .. } | Waiting { .. } | Connecting | Connected,
                Line(S::Restored),
            ) => self.signaling = Signaling::Up,
            (Outgoing { .. } | Incoming { .. } | Waiting { .. } | Connecting, Line(S::LostForGood(loss))) => {
                self.end(System, lost(loss), Farewell::Silent);
            }
            (Connected, Line(S::LostForGood(_))) => self.signaling = Signaling::Gone,

            // Everything below is ignored.

            // Duplicates, other roles' messages, and news of a peer connection there is none of.
            (
                Outgoing { .. },
                User(U::Accept { .. } | U::Decline)
                | Wire(
                    W::Ringing
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull,
                )
                | Peer(P::Connected | P::Disconnected | P::IceFailed)
                | Host(H::NetworkChanged)
                | TimerFired(T::InviteExpiry | T::Connect | T::Reconnect | T::Restart),
            ) => {}
            // A refusal that does not concern the caller's presence may be about any message.
            (
                Incoming { .. },
                Wire(
                    W::Ringing
                    | W::Accept { .. }
                    | W::Decline { .. }
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull
                    | W::Refused(Refusal::Unauthorized | Refusal::RateLimited | Refusal::Other),
                )
                | Peer(P::Connected | P::Disconnected | P::IceFailed)
                | Host(H::NetworkChanged)
                | GlareLost
                | TimerFired(T::Ring | T::Connect | T::Reconnect | T::Restart),
            ) => {}
            // Nobody is there to send these, and there is no peer connection.
            (
                Waiting { .. },
                User(U::Accept { .. } | U::Decline)
                | Wire(
                    W::Ringing
                    | W::Accept { .. }
                    | W::Decline { .. }
                    | W::Cancel
                    | W::HangUp
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { peer: false }
                    | W::PeerLeft
                    | W::MediaState(_),
                )
                | Peer(P::Connected | P::Disconnected | P::IceFailed | P::DtlsFailed | P::NoCommonCodec)
                | Host(H::NetworkChanged)
                | GlareLost
                | TimerFired(T::Ring | T::InviteExpiry | T::Connect | T::Reconnect | T::Restart),
            ) => {}
            // Late answers, answers of other devices, duplicates.
            (
                Connecting | Connected | Reconnecting { .. },
                User(U::Accept { .. } | U::Decline)
                | Wire(
                    W::Ringing
                    | W::Accept { .. }
                    | W::Decline { .. }
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull,
                )
                | GlareLost
                | TimerFired(T::Ring | T::InviteExpiry),
            ) => {}
            // The connect timer watches over the rest.
            (
                Connecting,
                Wire(W::Refused(Refusal::Unauthorized | Refusal::RateLimited | Refusal::Other))
                | Peer(P::Disconnected)
                | TimerFired(T::Reconnect | T::Restart),
            ) => {}
            // A call that can go on goes on: media flows whatever the service or a renegotiation says.
            (
                Connected,
                Wire(W::PeerLeft | W::Refused(_))
                | Peer(P::Connected | P::NoCommonCodec)
                | Host(H::NetworkChanged)
                | TimerFired(T::Connect | T::Reconnect | T::Restart),
            ) => {}
            // The reconnect timer watches over the rest.
            (
                Reconnecting { .. },
                Wire(W::Refused(_))
                | Peer(P::Disconnected | P::IceFailed | P::NoCommonCodec)
                | TimerFired(T::Connect),
            ) => {}
            (Ended(_), User(_) | Wire(_) | Peer(_) | Line(_) | Host(_) | GlareLost | TimerFired(_)) => {}
        }
    }
}

impl Call {
    fn broken_early_media(&mut self) {
        if broken(Rule::MediaWithoutAccept) {
            self.push(Effect::ReleaseMedia);
        }
    }
}

/// An answer's media, until the other end says more.
fn camera(media: MediaKinds) -> RemoteMedia {
    RemoteMedia { audio: media.audio, video: media.video, screen: false }
}

fn decline(reason: DeclineReason) -> Farewell {
    Farewell::Say(Signal::Decline { reason })
}

fn refused(refusal: Refusal) -> Why {
    match refusal {
        Refusal::NotFound => Why::NotFound,
        Refusal::Unauthorized => Why::Unauthorized,
        Refusal::RateLimited => Why::RateLimited,
        Refusal::Other => Why::Refused,
    }
}

fn lost(loss: SignalingLoss) -> Why {
    match loss {
        SignalingLoss::Unreachable => Why::SignalingLost,
        SignalingLoss::Unauthorized => Why::Unauthorized,
        SignalingLoss::Replaced => Why::Replaced,
    }
}
