//! What every input does in every state: one match, and every pair that does nothing is written out.

use super::Call;
use super::words::{CANCEL, Farewell, HANG_UP, common, decline, declined, refused};
use crate::config::Closing;
use crate::effect::{Notice, Signal};
use crate::ended::EndReason as Why;
use crate::ended::EndedBy::{Local, Remote, System, Timeout};
use crate::input::Input::{GlareLost, Host, Peer, Recalled, Signaling as Line, TimerFired, User, Wire};
use crate::input::{
    DeclineReason, HostInput as H, Input, PeerInput as P, Refusal, UserInput as U, WireInput as W,
};
use crate::state::State::{Connected, Connecting, Ended, Incoming, Outgoing, Pushed, Reconnecting, Waiting};
use crate::state::{Heard, Link, Role};
use crate::timers::TimerId::{Closed, Connect, InviteAck, InviteExpiry, Reconnect, Restart, Ring, VideoAsk};

/// A call that is not over.
macro_rules! open {
    () => {
        Outgoing { .. }
            | Pushed { .. }
            | Incoming { .. }
            | Waiting { .. }
            | Connecting
            | Connected
            | Reconnecting { .. }
    };
}

impl Call {
    /// Timers that are not running never get here, so a `TimerFired` is ignored in the states that do
    /// not start that timer.
    pub(super) fn transition(&mut self, input: Input) {
        match (self.state, input) {
            // Rings at the other end.
            (Outgoing { link, heard: Heard::Nothing }, Wire(W::Delivered)) => {
                self.cancel_timer(InviteAck);
                self.state = Outgoing { link, heard: Heard::Delivered };
            }
            (Outgoing { link, heard: Heard::Nothing | Heard::Delivered }, Wire(W::Ringing)) => {
                self.cancel_timer(InviteAck);
                self.state = Outgoing { link, heard: Heard::Ringing };
                self.notify(Notice::RemoteRinging);
            }
            (Outgoing { link, .. }, Wire(W::Accept { media })) => {
                self.answered_with(media);
                self.accepted(link);
            }
            (Outgoing { link, .. }, Wire(W::AcceptAnew { media })) => {
                self.answered_with(media);
                self.accepted_anew(link);
            }
            (Outgoing { .. }, Wire(W::Decline { reason })) => {
                let (by, why) = declined(reason);
                self.end(by, why, Farewell::Silent);
            }
            (Outgoing { .. }, Wire(W::Refused(refusal))) => {
                self.end(System, refused(refusal), Farewell::Silent)
            }
            (Outgoing { .. }, User(U::HangUp)) => self.end(Local, Why::Cancelled, CANCEL),
            (Outgoing { .. }, TimerFired(Ring)) => self.end(Timeout, Why::RingTimeout, CANCEL),
            (Outgoing { .. }, TimerFired(InviteAck)) => self.end(Timeout, Why::Unreachable, CANCEL),
            (Outgoing { .. }, GlareLost) => self.end(System, Why::GlareLost, CANCEL),
            (Outgoing { .. }, Wire(W::HangUp)) => self.end(Remote, Why::HangUp, Farewell::Silent),
            // Rings here, as far as a push message says.
            (Pushed { answer: None }, Wire(W::Invite { media, expires_in })) => {
                self.media = media;
                self.cancel_timer(InviteExpiry);
                self.state = Incoming { link: Link::initial(self.config.policy) };
                self.ring(expires_in);
                self.refresh();
            }
            (Pushed { answer: Some(answer) }, Wire(W::Invite { media, .. })) => {
                self.media = common(media, answer);
                self.send(Signal::Accept { media: self.media });
                self.accepted(Link::Idle);
            }
            (Pushed { answer: None }, User(U::Accept { media })) => {
                self.media = common(self.media, media);
                self.enter(Pushed { answer: Some(media) });
                self.refresh();
            }
            (Pushed { answer: Some(_) }, User(U::HangUp)) => {
                self.end(Local, Why::HangUp, decline(DeclineReason::Declined));
            }
            // The caller, if there still is one, has a timer of its own.
            (Pushed { .. }, TimerFired(InviteExpiry)) => {
                self.end(Timeout, Why::RingTimeout, Farewell::Silent);
            }

            // Rings here.
            // Whoever calls without pictures is asked for them later, not surprised.
            (Incoming { link }, User(U::Accept { media })) => {
                self.media = common(self.media, media);
                self.send(Signal::Accept { media: self.media });
                self.accepted(link);
            }
            (Pushed { answer: None } | Incoming { .. }, User(U::Decline | U::HangUp)) => {
                self.end(Local, Why::Declined, decline(DeclineReason::Declined));
            }
            (Incoming { .. }, TimerFired(InviteExpiry)) => {
                self.end(Timeout, Why::RingTimeout, decline(DeclineReason::Timeout));
            }
            // A caller who hangs up before the answer has cancelled.
            (Pushed { .. } | Incoming { .. }, Wire(W::HangUp)) => {
                self.end(Remote, Why::Cancelled, Farewell::Silent);
            }
            (Pushed { .. } | Incoming { .. }, Recalled) => {
                self.end(Remote, Why::Recalled, decline(DeclineReason::Busy));
            }

            // Media comes and goes while it rings; only the answer makes that matter.
            (
                Outgoing { link, .. } | Incoming { link },
                Peer(news @ (P::Connected | P::Disconnected | P::IceFailed | P::Closed)),
            ) => self.early(link, news),
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

            // Accepted, not connected.
            (Connecting, Peer(P::Connected)) => self.connected_first(),
            (Connecting, Peer(P::IceFailed)) => self.end(System, Why::IceFailed, HANG_UP),
            (Connecting, TimerFired(Connect)) => self.end(Timeout, Why::ConnectTimeout, HANG_UP),
            (Connecting, Host(H::NetworkChanged)) => self.restart_once(),

            // In the call.
            (Connected, Peer(P::Disconnected | P::IceFailed)) => self.reconnecting(),
            // Without signaling no restart can be told, and media that flows may well go on.
            (Connected, Host(H::NetworkChanged)) if self.can_restart_now() => self.reconnecting(),

            // In the call, without media.
            (Reconnecting { .. }, Peer(P::Connected)) => self.connected_again(),
            (Reconnecting { restarts }, TimerFired(Restart)) => self.restart_scheduled(restarts),
            (Reconnecting { .. }, Host(H::NetworkChanged)) => self.restart_scheduled(0),
            (Reconnecting { .. }, TimerFired(Reconnect)) => self.give_up(),

            // The other end closed its peer connection.
            (Connecting | Connected | Reconnecting { .. }, Peer(P::Closed))
                if self.config.closing == Closing::HangUp =>
            {
                self.hung_up();
            }
            (Connected, Peer(P::Closed)) => self.closed_in_call(),
            (Connecting | Reconnecting { .. }, Peer(P::Closed)) => self.other_closed(),
            (Connecting | Reconnecting { .. }, TimerFired(Closed)) => {
                self.end(Remote, Why::PeerGone, HANG_UP);
            }

            // Another device answered or declined first; perhaps this one's answer came too late.
            (
                Pushed { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Wire(W::AcceptedElsewhere),
            ) if self.role == Role::Callee => {
                self.end(Local, Why::AcceptedElsewhere, Farewell::Silent);
            }
            (
                Pushed { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Wire(W::DeclinedElsewhere),
            ) if self.role == Role::Callee => {
                self.end(Local, Why::DeclinedElsewhere, Farewell::Silent);
            }
            (Connecting | Connected | Reconnecting { .. }, Wire(W::Anew))
                if self.role == Role::Callee && !self.talk.anew =>
            {
                self.talk.anew = true;
                self.connect_anew(false);
            }

            // The other one left a room in which this end stays.
            (Connecting | Connected | Reconnecting { .. }, Wire(W::PeerLeft))
            | (Connecting | Reconnecting { .. }, Wire(W::PeerGone))
                if self.stays_in_room() =>
            {
                self.alone_again();
            }

            // In the call, with media or without.
            (Connecting | Connected | Reconnecting { .. }, User(U::Talk(wish))) => self.wish(wish),
            (Connecting | Connected | Reconnecting { .. }, Wire(W::Talk(word))) => self.hear(word),
            (Connecting | Connected | Reconnecting { .. }, TimerFired(VideoAsk)) => {
                self.video_unanswered();
            }
            (Connecting | Connected | Reconnecting { .. }, Recalled) => {
                self.end(Remote, Why::Recalled, HANG_UP);
            }

            // The person's and the device's needs are known in every state.
            (open!(), User(U::SetMedia(sources))) => self.set_media(sources),
            (open!(), Host(H::Device(news))) => self.device(news),

            // Accepted, connected or not.
            (Connecting | Connected | Reconnecting { .. }, User(U::HangUp)) => {
                self.end(Local, Why::HangUp, HANG_UP);
            }
            (Connecting | Connected | Reconnecting { .. }, Wire(W::HangUp)) => self.hung_up(),
            // The caller gave up while the answer was under way.
            (
                Outgoing { .. }
                | Pushed { .. }
                | Incoming { .. }
                | Connecting
                | Connected
                | Reconnecting { .. },
                Wire(W::Cancel),
            ) => self.end(Remote, Why::Cancelled, Farewell::Leave),

            // What cannot be mended. A call that is connected has codecs, whatever a renegotiation says.
            (
                Outgoing { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Peer(P::DtlsFailed),
            ) => self.fail(Why::DtlsFailed),
            (Outgoing { .. } | Incoming { .. } | Connecting, Peer(P::NoCommonCodec)) => {
                self.fail(Why::NoCommonCodec);
            }
            (Outgoing { .. } | Incoming { .. } | Connecting, Peer(P::BadDescription)) => {
                self.fail(Why::RemoteFailed);
            }
            (open!(), Host(H::Failed)) => self.fail(Why::Internal),

            // The other end is gone, says the service. Who is connected knows better: media flows.
            (Connecting | Connected | Reconnecting { .. }, Wire(W::PeerLeft)) if self.in_room() => {
                self.end(Remote, Why::PeerLeft, Farewell::Leave);
            }
            (
                Outgoing { .. } | Pushed { .. } | Incoming { .. } | Connecting | Reconnecting { .. },
                Wire(W::PeerLeft | W::PeerGone),
            )
            | (Pushed { .. } | Incoming { .. } | Connecting, Wire(W::Refused(Refusal::NotFound))) => {
                self.end(Remote, Why::PeerGone, Farewell::Leave);
            }

            (
                Outgoing { .. } | Incoming { .. } | Connecting | Connected | Reconnecting { .. },
                Wire(W::MediaState(media)),
            ) => self.notify(Notice::RemoteMedia(media)),

            (open!(), Line(news)) => self.line(news),

            // Everything below is ignored.

            // Duplicates, other roles' messages, and news of a peer connection there is none of.
            (
                Outgoing { .. },
                User(U::Accept { .. } | U::Decline | U::Talk(_))
                | Wire(
                    W::Invite { .. }
                    | W::Delivered
                    | W::Ringing
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Anew
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull
                    | W::Talk(_),
                )
                | Host(H::NetworkChanged)
                | Recalled
                | TimerFired(InviteExpiry | Connect | Reconnect | Closed | Restart | VideoAsk),
            ) => {}
            // A refusal that does not concern the caller's presence may be about any message.
            (
                Pushed { .. } | Incoming { .. },
                User(U::Accept { .. } | U::Decline | U::Talk(_))
                | Wire(
                    W::Invite { .. }
                    | W::Delivered
                    | W::Ringing
                    | W::Accept { .. }
                    | W::AcceptAnew { .. }
                    | W::Anew
                    | W::Decline { .. }
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull
                    | W::Refused(Refusal::Unauthorized | Refusal::RateLimited | Refusal::Other)
                    | W::MediaState(_)
                    | W::Talk(_),
                )
                | Peer(
                    P::Connected
                    | P::Disconnected
                    | P::IceFailed
                    | P::DtlsFailed
                    | P::NoCommonCodec
                    | P::BadDescription
                    | P::Closed,
                )
                | Host(H::NetworkChanged)
                | GlareLost
                | TimerFired(InviteAck | Ring | Connect | Reconnect | Closed | Restart | VideoAsk),
            ) => {}
            // Nobody is there to send these, and there is no peer connection.
            (
                Waiting { .. },
                User(U::Accept { .. } | U::Decline | U::Talk(_))
                | Wire(
                    W::Invite { .. }
                    | W::Delivered
                    | W::Ringing
                    | W::Accept { .. }
                    | W::AcceptAnew { .. }
                    | W::Anew
                    | W::Decline { .. }
                    | W::Cancel
                    | W::HangUp
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { peer: false }
                    | W::PeerLeft
                    | W::PeerGone
                    | W::MediaState(_)
                    | W::Talk(_),
                )
                | Peer(
                    P::Connected
                    | P::Disconnected
                    | P::IceFailed
                    | P::DtlsFailed
                    | P::NoCommonCodec
                    | P::BadDescription
                    | P::Closed,
                )
                | Host(H::NetworkChanged)
                | GlareLost
                | Recalled
                | TimerFired(
                    InviteAck | Ring | InviteExpiry | Connect | Reconnect | Closed | Restart | VideoAsk,
                ),
            ) => {}
            // Late answers, answers of other devices, duplicates.
            (
                Connecting | Connected | Reconnecting { .. },
                User(U::Accept { .. } | U::Decline)
                | Wire(
                    W::Invite { .. }
                    | W::Delivered
                    | W::Ringing
                    | W::Accept { .. }
                    | W::AcceptAnew { .. }
                    | W::Anew
                    | W::Decline { .. }
                    | W::AcceptedElsewhere
                    | W::DeclinedElsewhere
                    | W::Joined { .. }
                    | W::PeerJoined
                    | W::RoomFull,
                )
                | GlareLost
                | TimerFired(InviteAck | Ring | InviteExpiry),
            ) => {}
            // The connect timer watches over the rest.
            (
                Connecting,
                Wire(W::Refused(Refusal::Unauthorized | Refusal::RateLimited | Refusal::Other))
                | Peer(P::Disconnected)
                | TimerFired(Reconnect | Restart),
            ) => {}
            // A call that can go on goes on: media flows whatever the service or a renegotiation says.
            (
                Connected,
                Wire(W::PeerLeft | W::PeerGone | W::Refused(_))
                | Peer(P::Connected | P::NoCommonCodec | P::BadDescription)
                | Host(H::NetworkChanged)
                | TimerFired(Connect | Reconnect | Closed | Restart),
            ) => {}
            // The reconnect timer watches over the rest.
            (
                Reconnecting { .. },
                Wire(W::Refused(_))
                | Peer(P::Disconnected | P::IceFailed | P::NoCommonCodec | P::BadDescription)
                | TimerFired(Connect),
            ) => {}
            (
                Ended(_),
                User(_) | Wire(_) | Peer(_) | Line(_) | Host(_) | GlareLost | Recalled | TimerFired(_),
            ) => {}
        }
    }
}
