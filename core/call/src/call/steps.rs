//! The steps transitions are made of.

use std::time::Duration;

use super::Call;
use super::words::{CANCEL, Farewell, HANG_UP, camera, common, decline};
use crate::config::Recovery;
use crate::effect::{Effect, Notice, Signal};
use crate::ended::{EndReason, EndedBy};
use crate::input::{DeclineReason, MediaKinds};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Link, Role, Signaling, State};
use crate::timers::TimerId;

impl Call {
    /// Rings here: an invite came.
    pub(super) fn ring(&mut self, expires_in: Duration) {
        self.send(Signal::Ringing);
        self.start_timer(TimerId::InviteExpiry, expires_in.min(self.config.timers.invite_expiry));
        self.start_early_peer(Link::initial(self.config.policy));
    }

    /// Rings there: waits to hear that the invite arrived, while it can be heard.
    pub(super) fn await_ack(&mut self) {
        if let Some(time) = self.config.timers.invite_ack {
            self.start_timer(TimerId::InviteAck, time);
        }
    }

    pub(super) fn start_early_peer(&mut self, link: Link) {
        if link == Link::Starting {
            self.start_peer(self.role == Role::Caller);
        }
    }

    pub(super) fn start_peer(&mut self, offerer: bool) {
        let offerer = offerer || broken(Rule::BothOffer);
        self.talk.offerer = offerer;
        self.push(Effect::StartPeer { offerer, polite: !offerer });
    }

    /// The call is accepted; its peer connection stands where `link` says.
    pub(super) fn accepted(&mut self, link: Link) {
        self.cancel_timer(TimerId::InviteAck);
        self.cancel_timer(TimerId::Ring);
        self.cancel_timer(TimerId::InviteExpiry);
        if broken(Rule::MediaWithoutConnection) {
            self.push(Effect::ReleaseMedia);
        }
        match link {
            Link::Idle => {
                self.start_peer(self.role == Role::Caller);
                self.connecting();
            }
            Link::Starting => self.connecting(),
            Link::Up if broken(Rule::EarlyConnectionForgotten) => self.connecting(),
            Link::Up => {
                self.facts.accepted = true;
                self.connected_first();
            }
            Link::Down => {
                self.restart_once();
                self.connecting();
            }
            Link::Closed if self.role == Role::Caller => {
                self.send(Signal::Anew);
                self.connect_anew(true);
            }
            Link::Closed => {
                self.connecting();
                self.other_closed();
            }
        }
    }

    /// The other end answered, with these kinds of media.
    pub(super) fn answered_with(&mut self, media: MediaKinds) {
        self.media = common(self.media, media);
        self.notify(Notice::RemoteMedia(camera(media)));
    }

    /// Answered by a device with which the peer connection, if there is one, was not set up.
    pub(super) fn accepted_anew(&mut self, link: Link) {
        match link {
            Link::Idle => self.accepted(Link::Idle),
            Link::Starting | Link::Up | Link::Down | Link::Closed => {
                self.cancel_timer(TimerId::InviteAck);
                self.cancel_timer(TimerId::Ring);
                self.send(Signal::Anew);
                self.connect_anew(true);
            }
        }
    }

    /// Somebody is in the room.
    pub(super) fn met(&mut self, offerer: bool) {
        self.start_peer(offerer);
        self.connecting();
    }

    pub(super) fn connecting(&mut self) {
        self.facts.accepted = true;
        self.start_timer(TimerId::Connect, self.config.timers.connect);
        if self.state() == CallState::Connecting {
            self.state = State::Connecting;
        } else {
            self.enter(State::Connecting);
        }
        self.refresh();
    }

    pub(super) fn connected_first(&mut self) {
        self.stop_recovery();
        self.set_flow();
        self.push(Effect::ReleaseMedia);
        self.enter(State::Connected);
        self.facts.connected = true;
        self.facts.video |= self.media.video;
        self.notify(Notice::Connected);
        self.refresh();
    }

    /// The peer connection is of no use any more: makes another one, in its place.
    pub(super) fn connect_anew(&mut self, offerer: bool) {
        self.stop_recovery();
        self.push(Effect::ClosePeer);
        self.start_peer(offerer);
        self.connecting();
    }

    /// The other one left the room, and this end stays.
    pub(super) fn alone_again(&mut self) {
        self.stop_recovery();
        self.cancel_timer(TimerId::VideoAsk);
        self.push(Effect::ClosePeer);
        self.talk.leave();
        self.enter(State::Waiting { joined: true });
        self.refresh();
    }

    pub(super) fn stop_recovery(&mut self) {
        let timers = [TimerId::Connect, TimerId::Restart, TimerId::Reconnect, TimerId::Closed];
        timers.into_iter().for_each(|id| self.cancel_timer(id));
    }

    pub(super) fn connected_again(&mut self) {
        self.stop_recovery();
        self.enter(State::Connected);
    }

    pub(super) fn reconnecting(&mut self) {
        self.facts.recoveries = self.facts.recoveries.saturating_add(1);
        self.start_timer(TimerId::Reconnect, self.config.timers.reconnect);
        self.enter(State::Reconnecting { restarts: 0 });
        self.restart_scheduled(0);
    }

    /// Media is lost because the other end closed its peer connection.
    pub(super) fn closed_in_call(&mut self) {
        self.facts.recoveries = self.facts.recoveries.saturating_add(1);
        self.enter(State::Reconnecting { restarts: 0 });
        self.other_closed();
    }

    /// The other end closed its peer connection: waits a little for its reason. No restart can help.
    pub(super) fn other_closed(&mut self) {
        if !self.is_closed() {
            self.cancel_timer(TimerId::Restart);
            self.start_timer(TimerId::Closed, self.config.timers.closed);
        }
    }

    /// The other end has closed its peer connection, and this end waits for its reason.
    fn is_closed(&self) -> bool {
        self.running.contains(TimerId::Closed)
    }

    /// The other end hung up.
    pub(super) fn hung_up(&mut self) {
        if self.stays_in_room() {
            self.alone_again();
        } else {
            self.end(EndedBy::Remote, EndReason::HangUp, Farewell::Leave);
        }
    }

    /// Restarts ICE and plans the next restart, while one can be signaled.
    pub(super) fn restart_scheduled(&mut self, restarts: u8) {
        self.cancel_timer(TimerId::Restart);
        if self.can_restart_now() {
            self.restart();
            self.start_timer(TimerId::Restart, self.config.timers.restart_pause(restarts));
            self.state = State::Reconnecting { restarts: restarts.saturating_add(1) };
        }
    }

    /// Restarts ICE outside the schedule: before the call was connected, its other timers limit it.
    pub(super) fn restart_once(&mut self) {
        if self.can_restart() {
            self.restart();
        }
    }

    pub(super) fn restart(&mut self) {
        self.facts.restarts = self.facts.restarts.saturating_add(1);
        self.push(Effect::RestartIce);
    }

    /// A restart could be signaled, now or when signaling is back.
    pub(super) fn can_restart(&self) -> bool {
        self.config.recovery == Recovery::Restart && self.signaling != Signaling::Gone && !self.is_closed()
    }

    /// And it can be told to the other end at once.
    pub(super) fn can_restart_now(&self) -> bool {
        self.can_restart() && self.signaling == Signaling::Up
    }

    pub(super) fn in_room(&self) -> bool {
        self.role == Role::Room
    }

    pub(super) fn stays_in_room(&self) -> bool {
        self.in_room() && self.config.room_stay
    }

    /// Media stayed lost.
    pub(super) fn give_up(&mut self) {
        let (by, reason) = match (self.config.recovery, self.signaling) {
            (Recovery::Wait, _) => (EndedBy::Remote, EndReason::PeerGone),
            (Recovery::Restart, Signaling::Gone) => (EndedBy::Timeout, EndReason::SignalingLost),
            (Recovery::Restart, Signaling::Up | Signaling::Down) => (EndedBy::Timeout, EndReason::IceFailed),
        };
        self.end(by, reason, HANG_UP);
    }

    /// Something failed that cannot be mended.
    pub(super) fn fail(&mut self, why: EndReason) {
        let farewell = match self.state {
            State::Outgoing { .. } => CANCEL,
            State::Pushed { .. } | State::Incoming { .. } => decline(DeclineReason::Failed),
            State::Waiting { .. } | State::Ended(_) => Farewell::Leave,
            State::Connecting | State::Connected | State::Reconnecting { .. } => HANG_UP,
        };
        self.end(EndedBy::System, why, farewell);
    }
}
