//! What the machine asks for, and what connections report back.

use duet_call::{
    CallState, Effect, HostInput, Input, LineEffect, Notice, Party, PeerInput, Signal, Sources, Tagged,
    WireInput,
};
use duet_signal::dialect::Feature;
use duet_signal::message::{self, CallId, DeviceId, RoomId, UserId};
use duet_signal::{Envelope, Message};
use tokio::time::Instant;

use super::{Actor, Link, PeerNews, machine_id};
use crate::call::{Call, CallEvent};
use crate::driver::line::{Line, Negotiation, on_media_event};
use crate::driver::words;
use crate::peer::{PeerEvent, SessionDescription};
use crate::session::SessionEvent;

impl Actor {
    pub(super) fn on_peer(&mut self, news: PeerNews) {
        let PeerNews { call: id, connection, event } = news;
        let id = &id;
        let Some(line) = self.calls.get(id).filter(|line| line.is_current(connection)) else { return };
        let call = line.wire_id.clone();
        match event {
            PeerEvent::Description(SessionDescription { kind, sdp, exchange }) => {
                self.send_to(id, Message::Description(message::Description { call, kind, sdp, exchange }));
            }
            PeerEvent::Candidate(candidate) => {
                self.send_to(id, Message::Candidate(message::Candidate { call, candidate }));
            }
            PeerEvent::State(state) => {
                if let Some(input) = words::peer_state(state) {
                    self.lines.input(&machine_id(id), input);
                }
            }
            PeerEvent::Failed(error) => {
                log::warn!("{}", error.in_short());
                log::debug!("{error}");
                self.lines.input(&machine_id(id), words::peer_error(&error));
            }
            PeerEvent::Closed => self.lines.input(&machine_id(id), Input::Peer(PeerInput::Closed)),
            PeerEvent::Control(text) if line.is_bye(&text) => {
                self.lines.input(&machine_id(id), Input::Wire(WireInput::HangUp));
            }
            // Where nobody says it in so many words.
            PeerEvent::Hints(hints) if !self.shared.dialect.supports(Feature::MediaState) => {
                let sources = Sources { audio: hints.audio, video: hints.video, screen: hints.screen };
                self.lines.input(&machine_id(id), Input::Wire(WireInput::MediaState(sources)));
            }
            PeerEvent::ControlOpen
            | PeerEvent::Hints(_)
            | PeerEvent::Control(_)
            | PeerEvent::NegotiatedVideo(_)
            | PeerEvent::KeyFrameRequested
            | PeerEvent::Rates { .. } => {}
        }
    }

    pub(super) async fn carry_out(&mut self) {
        while let Some(Tagged { call, party, device, effect }) = self.lines.poll_effect() {
            let id = CallId(call.0);
            match effect {
                LineEffect::Incoming { media: _, instead_of, accepted } => {
                    self.announce(&id, instead_of.map(|call| CallId(call.0)), accepted);
                }
                LineEffect::Call(Effect::Send(signal)) => {
                    if signal == Signal::HangUp
                        && let Some(line) = self.calls.get(&id)
                    {
                        line.say_bye();
                    }
                    let address = Address { device, except: None, party };
                    self.send_signal(&id, &address, signal);
                }
                LineEffect::TellOthers { but, signal } => {
                    let address = Address { device: None, except: Some(but), party };
                    self.send_signal(&id, &address, signal);
                }
                LineEffect::Call(effect) => self.effect(id, effect).await,
            }
        }
    }

    fn announce(&mut self, id: &CallId, instead_of: Option<CallId>, accepted: bool) {
        let wanted = instead_of.and_then(|call| self.calls.get(&call)).map(|line| {
            let options = &line.shared.options;
            (words::from_wire(options.media()), options.fps, options.screen)
        });
        let Some(line) = self.calls.get_mut(id) else { return };
        if let Some((media, fps, screen)) = wanted.filter(|_| accepted) {
            // What the person had wanted of the call whose place this one takes.
            line.narrow(media, fps, screen);
        }
        if accepted {
            line.accepted();
        }
        let call = Call::new(line.shared.clone());
        self.shared.port.emit(SessionEvent::Incoming(call));
    }

    async fn effect(&mut self, id: CallId, effect: Effect) {
        match effect {
            Effect::StartPeer { offerer, polite } => self.start_peer(&id, offerer, polite).await,
            Effect::RestartIce => {
                if let Some(line) = self.calls.get(&id) {
                    line.restart_ice();
                }
            }
            Effect::SetFlow(flow) => {
                if let Some(line) = self.calls.get_mut(&id) {
                    line.set_flow(flow);
                }
            }
            // Every connection of ours carries a video section from the start; and messages are sent by
            // `carry_out`, which knows the address.
            Effect::AddVideo { .. } | Effect::Send(_) => {}
            Effect::ReleaseMedia => {
                let media = self.lines.get(&machine_id(&id)).map(duet_call::Call::media);
                if let (Some(line), Some(media)) = (self.calls.get_mut(&id), media) {
                    line.release_media(media);
                }
            }
            Effect::StartTimer(timer, after) => self.timers.start(id, timer, Instant::now() + after),
            Effect::CancelTimer(timer) => self.timers.cancel(&id, timer),
            Effect::Notify(notice) => self.notify(&id, notice),
            Effect::ClosePeer => {
                if let Some(peer) = self.calls.get_mut(&id).and_then(Line::close_peer) {
                    self.tasks.spawn(async move { peer.close().await });
                }
            }
            Effect::Ended(ended) => {
                self.timers.forget(&id);
                if let Some(line) = self.calls.remove(&id) {
                    line.end(ended);
                }
            }
        }
    }

    async fn start_peer(&mut self, id: &CallId, offerer: bool, polite: bool) {
        let Some(line) = self.calls.get_mut(id) else { return };
        let negotiation = Negotiation::of(self.shared.dialect, offerer, polite);
        let (connection, mut events) = match line
            .start_peer(&*self.shared.platform.peers, &self.ice, &self.service_servers, negotiation)
            .await
        {
            Ok(events) => events,
            Err(error) => {
                log::error!("no connection could be made: {error}");
                let input = match words::peer_error(&error) {
                    Input::Peer(input) => Input::Peer(input),
                    _ => Input::Host(HostInput::Failed),
                };
                return self.lines.input(&machine_id(id), input);
            }
        };
        let (shared, forward, id) = (line.shared.clone(), self.peer_sender.clone(), id.clone());
        self.tasks.spawn(async move {
            while let Some(event) = events.recv().await {
                if on_media_event(&shared, &event) {
                    continue;
                }
                let news = PeerNews { call: id.clone(), connection, event };
                if forward.send(news).await.is_err() {
                    return;
                }
            }
        });
    }

    fn notify(&mut self, id: &CallId, notice: Notice) {
        let Some(line) = self.calls.get_mut(id) else { return };
        match notice {
            Notice::State(state) => {
                if state == CallState::Waiting {
                    line.alone();
                }
                line.shared.set_state(state);
            }
            Notice::RemoteRinging => line.shared.port.emit(CallEvent::RemoteRinging),
            Notice::RemoteMedia(media) => {
                let event =
                    CallEvent::RemoteMedia { audio: media.audio, video: media.video, screen: media.screen };
                line.shared.port.emit(event);
            }
            Notice::Connected => line.connected(),
            Notice::Held { local, remote } => line.shared.port.emit(CallEvent::Held { local, remote }),
            Notice::Video(news) => line.shared.port.emit(CallEvent::Video(news)),
        }
    }

    fn send_signal(&mut self, id: &CallId, address: &Address, signal: Signal) {
        let room = match &address.party {
            Party::Room { room, .. } => Some(RoomId(room.0.clone())),
            Party::Peer(_) => None,
        };
        let wire_id = self.calls.get(id).map_or_else(|| id.clone(), |line| line.wire_id.clone());
        let to_room = matches!(signal, Signal::Join | Signal::Leave);
        let Some(mut message) = words::to_message(signal, wire_id, room) else { return };
        if let (Message::Accept(accept), Some(peer)) = (&mut message, address.party.peer()) {
            accept.over = self.lines.own_over(peer).map(|call| CallId(call.0.clone())).collect();
        }
        let mut envelope = Envelope::from(message);
        if !to_room {
            address.write(&mut envelope);
        }
        self.send(envelope);
    }

    /// Sends a description or candidate to wherever the call is.
    fn send_to(&mut self, id: &CallId, message: Message) {
        let call = machine_id(id);
        let Some(party) = self.lines.party(&call).cloned() else { return };
        let device = self.lines.party_device(&call).cloned();
        let mut envelope = Envelope::from(message);
        Address { party, device, except: None }.write(&mut envelope);
        self.send(envelope);
    }

    pub(super) fn send(&mut self, mut envelope: Envelope) {
        match &self.link {
            Link::Service { sender: Some(sender), .. } => {
                if let Err(error) = sender.try_send(envelope) {
                    log::error!("a signaling message was not taken: {error}");
                }
            }
            Link::Service { sender: None, .. } | Link::Gone => {}
            Link::Custom(port) => {
                envelope.from = Some(self.user.clone());
                match duet_signal::encode(&envelope) {
                    Ok(text) => port.emit(text),
                    Err(error) => log::error!("a signaling message was not sent: {error}"),
                }
            }
        }
    }
}

/// Whom a message is for.
struct Address {
    party: Party,
    /// One of their devices; all of them otherwise.
    device: Option<duet_call::DeviceId>,
    /// All of their devices but this one.
    except: Option<duet_call::DeviceId>,
}

impl Address {
    fn write(&self, envelope: &mut Envelope) {
        envelope.to = self.party.peer().map(|peer| UserId(peer.0.clone()));
        envelope.to_device = self.device.as_ref().map(|device| DeviceId(device.0.clone()));
        envelope.except_device = self.except.as_ref().map(|device| DeviceId(device.0.clone()));
    }
}
