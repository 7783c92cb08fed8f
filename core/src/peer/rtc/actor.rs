//! The task that owns a connection: one thing at a time, in the order it came.

use std::sync::Arc;
use std::time::{Duration, Instant};

use duet_signal::message::{DescriptionKind, IceCandidate};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::RTCOfferOptions;
use tokio::sync::{mpsc, oneshot, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::peer_connection::{
    PeerConnection, RTCIceCandidateInit, RTCIceConnectionState, RTCPeerConnectionState, RTCSessionDescription,
};

use super::super::negotiation::{Negotiation, OfferKind, Verdict};
use super::super::sdp::{self, Hints, IceTags, Negotiated};
use super::super::shared::{Shared, Terms};
use super::super::{MediaSink, PeerConfig, PeerError, PeerEvent, PeerState, SessionDescription};
use super::builder;
use super::handler::{Handler, Signal};
use super::runtime::CallRuntime;
use super::tasks::Tasks;
use super::transport::{Streams, Transport};

/// The control channel's label.
const CONTROL_LABEL: &str = "duet-control";
/// How often the selected path is looked at while connected: it changes seldom, and only statistics and
/// the estimator's reset depend on it.
const PATH_INTERVAL: Duration = Duration::from_secs(2);
/// The only version the DTLS crate speaks.
const DTLS_VERSION: &str = "1.2";

/// A request to the actor.
#[derive(Debug)]
pub(in super::super) enum Command {
    /// Make an offer.
    Offer,
    /// The other side's description.
    Description(SessionDescription),
    /// The other side's candidate.
    Candidate(Option<IceCandidate>),
    /// Look for a new path.
    RestartIce,
    /// Send over the control channel.
    Control(String),
    /// Close, and say when done.
    Close(oneshot::Sender<()>),
}

/// A connection before and while its task runs.
pub(in super::super) struct Connection {
    connection: Arc<dyn PeerConnection>,
    relay_only: bool,
    any_channel: bool,
    screen: bool,
    needs_multicast: bool,
    events: mpsc::Sender<PeerEvent>,
    /// True once somebody closes; ends with the last handle.
    closing: watch::Receiver<bool>,
    signals: mpsc::UnboundedReceiver<Signal>,
    signal_sender: mpsc::UnboundedSender<Signal>,
    tasks: Arc<Tasks>,
    shared: Arc<Shared>,
    negotiation: Negotiation,
    local_tags: IceTags,
    /// What was told last.
    hints: Option<Hints>,
    candidates_sent: usize,
    control: Option<Arc<dyn DataChannel>>,
    control_made: bool,
    /// The other side made its control channel; further ones are refused.
    control_taken: bool,
    ice_connected: bool,
    was_connected: bool,
    failed: bool,
}

impl Connection {
    /// Opens sockets; nothing is sent yet.
    pub(in super::super) async fn open(
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
        shared: Arc<Shared>,
        closing: watch::Receiver<bool>,
    ) -> Result<Self, PeerError> {
        Self::open_with(config, events, sink, shared, closing, |runtime| runtime).await
    }

    /// Like [`open`](Self::open), over a network with faults.
    #[cfg(test)]
    pub(in super::super) async fn open_over(
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
        shared: Arc<Shared>,
        closing: watch::Receiver<bool>,
        link: Option<super::Link>,
    ) -> Result<Self, PeerError> {
        Self::open_with(config, events, sink, shared, closing, |runtime| runtime.over(link)).await
    }

    async fn open_with(
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
        shared: Arc<Shared>,
        closing: watch::Receiver<bool>,
        adapt: impl FnOnce(CallRuntime) -> CallRuntime,
    ) -> Result<Self, PeerError> {
        let servers = config.usable_servers()?;
        let (signal_sender, signals) = mpsc::unbounded_channel();
        let tasks = Arc::new(Tasks::default());
        let runtime = CallRuntime::new(Arc::clone(&tasks), Arc::clone(&shared.wake), signal_sender.clone());
        let streams = Streams::random();
        let transport = Transport::new(&config, streams, Arc::clone(&shared), sink, events.clone());
        let mdns = builder::mdns_mode();
        let built = builder::build(
            &config,
            &servers,
            mdns,
            Arc::new(adapt(runtime)),
            Arc::new(Handler(signal_sender.clone())),
            transport,
            streams,
        )
        .await;
        let connection = match built {
            Ok(connection) => connection,
            Err(error) => {
                tasks.close().await;
                return Err(error);
            }
        };
        Ok(Connection {
            connection,
            relay_only: config.relay_only,
            any_channel: config.any_channel,
            screen: config.screen,
            needs_multicast: mdns != MulticastDnsMode::Disabled,
            events,
            closing,
            signals,
            signal_sender,
            tasks,
            shared,
            negotiation: Negotiation::new(config.polite, rand::random()),
            local_tags: IceTags::default(),
            hints: None,
            candidates_sent: 0,
            control: None,
            control_made: false,
            control_taken: false,
            ice_connected: false,
            was_connected: false,
            failed: false,
        })
    }

    /// Serves requests until asked to close, or until nobody can ask any more.
    pub(in super::super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut path_timer = tokio::time::interval(PATH_INTERVAL);
        path_timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let done = loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Close(done)) => break Some(done),
                    Some(command) => self.obey(command).await,
                    None => break None,
                },
                Some(signal) = self.signals.recv() => self.on_signal(signal).await,
                _ = path_timer.tick(), if self.was_connected => {
                    self.observe_path().await;
                    self.make_due_offer().await;
                }
            }
        };
        self.close().await;
        if let Some(done) = done {
            // The caller may have stopped waiting.
            let _ = done.send(());
        }
    }

    async fn close(mut self) {
        self.shared.outbox.set_open(false);
        self.signals.close();
        if let Err(error) = self.connection.close().await {
            log::debug!("closing a connection: {error}");
        }
        self.control = None;
        self.tasks.close().await;
        self.shared.with_stats(|stats| stats.state = Some(PeerState::Closed));
        // Nobody may be reading any more; do not wait for room.
        let _ = self.events.try_send(PeerEvent::State(PeerState::Closed));
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Offer => self.negotiation.want_offer(OfferKind::Media),
            Command::RestartIce => self.restart().await,
            Command::Description(description) => self.on_description(description).await,
            Command::Candidate(Some(candidate)) => {
                if let Some(candidate) = self.negotiation.admit(candidate) {
                    self.add_candidate(candidate).await;
                }
            }
            // ICE goes on as long as there is hope either way.
            Command::Candidate(None) => {}
            Command::Control(message) => self.send_control(message).await,
            Command::Close(_) => {}
        }
        self.make_due_offer().await;
    }

    async fn restart(&mut self) {
        if self.negotiation.want_restart(Instant::now())
            && let Err(error) = self.roll_back_own().await
        {
            self.fail(PeerError::Transport(error.to_string())).await;
        }
    }

    async fn make_due_offer(&mut self) {
        match self.negotiation.take_due_offer() {
            // Binding new sockets would fail for want of a network, and with it the connection.
            Some(OfferKind::IceRestart) if self.needs_multicast && !has_multicast() => {
                self.negotiation.want_offer(OfferKind::IceRestart);
            }
            Some(kind) => self.offer(kind).await,
            None => {}
        }
    }

    async fn offer(&mut self, kind: OfferKind) {
        let result = async {
            // A channel that is not part of the first offer never opens.
            if !self.control_made {
                self.control_made = true;
                let channel = self.connection.create_data_channel(CONTROL_LABEL, None).await?;
                self.watch_channel(channel);
            }
            let ice_restart = kind == OfferKind::IceRestart;
            let offer = self.connection.create_offer(Some(RTCOfferOptions { ice_restart })).await?;
            self.connection.set_local_description(offer.clone()).await?;
            Ok::<_, webrtc::error::Error>(offer)
        };
        match result.await {
            Ok(offer) => {
                let exchange = self.negotiation.offered(kind, Instant::now());
                self.announce(DescriptionKind::Offer, &offer.sdp, Some(exchange)).await;
            }
            Err(error) => self.fail(PeerError::Transport(error.to_string())).await,
        }
    }

    async fn on_description(&mut self, description: SessionDescription) {
        let SessionDescription { kind, sdp, exchange } = description;
        let verdict = self.negotiation.judge(kind, exchange);
        if verdict == Verdict::Ignore {
            log::debug!("a description ({kind:?}) was ignored");
            return;
        }
        let result = async {
            if verdict == Verdict::RollBackAndApply {
                self.roll_back_own().await?;
            }
            let description = match kind {
                DescriptionKind::Offer => RTCSessionDescription::offer(sdp.clone())?,
                DescriptionKind::Answer => RTCSessionDescription::answer(sdp.clone())?,
            };
            self.connection.set_remote_description(description).await
        };
        if let Err(error) = result.await {
            self.refuse(kind, error).await;
            return;
        }
        let candidates = self.negotiation.applied_remote(kind, IceTags::of(&sdp));
        let hints = Hints::of(&sdp);
        if self.hints.replace(hints) != Some(hints) {
            self.tell(PeerEvent::Hints(hints)).await;
        }
        match kind {
            DescriptionKind::Offer => {
                if !self.answer(exchange).await {
                    return;
                }
            }
            DescriptionKind::Answer => self.agree(&sdp, false).await,
        }
        for candidate in candidates {
            self.add_candidate(candidate).await;
        }
    }

    /// Answers the offer just applied, which had this number.
    async fn answer(&mut self, exchange: Option<u32>) -> bool {
        let result = async {
            let answer = self.connection.create_answer(None).await?;
            self.connection.set_local_description(answer.clone()).await?;
            Ok::<_, webrtc::error::Error>(answer)
        };
        match result.await {
            Ok(answer) => {
                self.negotiation.answered();
                // The offer carried the channel, if the other side wants one.
                self.control_made |= sdp::has_data(&answer.sdp);
                self.announce(DescriptionKind::Answer, &answer.sdp, exchange).await;
                self.agree(&answer.sdp, true).await;
                true
            }
            Err(error) => {
                self.refuse(DescriptionKind::Offer, error).await;
                false
            }
        }
    }

    /// A description that cannot be used: back to where we were, as far as possible. Only without the
    /// first there is no connection; later ones leave the one we have.
    async fn refuse(&mut self, kind: DescriptionKind, error: webrtc::error::Error) {
        // Fails when the description was refused after it had ended the exchange, or before it began one.
        let _ = match kind {
            DescriptionKind::Offer => self.roll_back_theirs().await,
            DescriptionKind::Answer => self.roll_back_own().await,
        };
        self.negotiation.dropped();
        if self.negotiation.has_agreed() {
            log::warn!("a description ({kind:?}) in a call was refused: {error}");
            return;
        }
        let error = match error {
            webrtc::error::Error::ErrSenderWithNoCodecs
            | webrtc::error::Error::ErrRTPTransceiverCodecUnsupported => PeerError::NoCommonCodec,
            error => PeerError::Description(error.to_string()),
        };
        self.fail(error).await;
    }

    async fn roll_back_own(&self) -> Result<(), webrtc::error::Error> {
        let rollback = RTCSessionDescription::rollback(None)?;
        self.connection.set_local_description(rollback).await
    }

    async fn roll_back_theirs(&self) -> Result<(), webrtc::error::Error> {
        let rollback = RTCSessionDescription::rollback(None)?;
        self.connection.set_remote_description(rollback).await
    }

    /// Tells the other side our description.
    async fn announce(&mut self, kind: DescriptionKind, sdp: &str, exchange: Option<u32>) {
        self.local_tags = IceTags::of(sdp);
        let mut sdp = sdp::with_trickle(sdp);
        if self.screen {
            sdp = sdp::with_screen(&sdp);
        }
        let description = SessionDescription { kind, sdp, exchange };
        self.tell(PeerEvent::Description(description)).await;
    }

    /// An answer is in force, theirs or ours.
    async fn agree(&mut self, answer: &str, ours: bool) {
        let negotiated = Arc::new(Negotiated::from_answer(answer, ours));
        if negotiated.video.is_none() && negotiated.audio.is_none() {
            self.fail(PeerError::NoCommonCodec).await;
            return;
        }
        self.shared.set_terms(Terms { negotiated: Arc::clone(&negotiated) });
        if let Some(format) = negotiated.video.as_ref().and_then(|video| video.codecs.first()) {
            self.tell(PeerEvent::NegotiatedVideo(format.codec)).await;
        }
    }

    async fn add_candidate(&self, candidate: IceCandidate) {
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        // Candidates are hints: one of an unknown kind must not end a call.
        if let Err(error) = self.connection.add_ice_candidate(candidate).await {
            log::debug!("a candidate of the other side was not used: {error}");
        }
    }

    async fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Candidate(candidate) => {
                self.candidates_sent += 1;
                self.tell(PeerEvent::Candidate(Some(IceCandidate {
                    candidate: candidate.candidate,
                    sdp_mid: self.local_tags.mid.clone(),
                    sdp_m_line_index: Some(0),
                    username_fragment: self.local_tags.ufrag.clone(),
                })))
                .await;
            }
            Signal::GatheringDone => {
                let none = std::mem::take(&mut self.candidates_sent) == 0;
                if none && self.relay_only && !self.was_connected {
                    self.fail(PeerError::NoRelay).await;
                }
                self.tell(PeerEvent::Candidate(None)).await;
            }
            Signal::Ice(state) => {
                self.ice_connected =
                    matches!(state, RTCIceConnectionState::Connected | RTCIceConnectionState::Completed);
                self.shared.with_stats(|stats| stats.ice_state = state.to_string());
            }
            Signal::Connection(state) => self.on_state(state).await,
            Signal::Channel(channel) => self.on_channel(channel).await,
            Signal::ChannelOpen(channel) => {
                if self.control.is_none() {
                    self.control = Some(channel);
                    self.tell(PeerEvent::ControlOpen).await;
                }
            }
            Signal::ChannelClosed(channel) => self.on_channel_closed(&channel).await,
            Signal::DriverEnded => self.on_driver_ended().await,
        }
    }

    /// A channel that closes while the path is there was closed by the other side, which does that together
    /// with its connection. On a lost path, it may only have waited too long for an acknowledgement.
    async fn on_channel_closed(&mut self, channel: &Arc<dyn DataChannel>) {
        if self.control.take_if(|control| Arc::ptr_eq(control, channel)).is_some()
            && self.shared.with_stats(|stats| stats.state) == Some(PeerState::Connected)
        {
            self.tell(PeerEvent::Closed).await;
        }
    }

    /// Nothing can bring the connection back. Told even if a failure was told that a new path would mend.
    async fn on_driver_ended(&mut self) {
        self.shared.outbox.set_open(false);
        if *self.closing.borrow() {
            return;
        }
        self.shared.with_stats(|stats| stats.state = Some(PeerState::Failed));
        self.failed = true;
        self.tell(PeerEvent::Failed(PeerError::Transport("it stopped".into()))).await;
    }

    /// Takes the other side's control channel; whatever else it opens, nobody would read.
    async fn on_channel(&mut self, channel: Arc<dyn DataChannel>) {
        let is_control = self.any_channel || channel.label().await.is_ok_and(|label| label == CONTROL_LABEL);
        if is_control && !std::mem::replace(&mut self.control_taken, true) {
            self.watch_channel(channel);
        } else if let Err(error) = channel.close().await {
            log::debug!("a data channel of the other side was not closed: {error}");
        }
    }

    async fn on_state(&mut self, state: RTCPeerConnectionState) {
        let state = match state {
            RTCPeerConnectionState::Connecting => PeerState::Connecting,
            RTCPeerConnectionState::Connected => PeerState::Connected,
            RTCPeerConnectionState::Disconnected => PeerState::Disconnected,
            RTCPeerConnectionState::Failed => PeerState::Failed,
            // "Closed" is told when it is done; "new" is no news.
            _ => return,
        };
        let before = self.shared.with_stats(|stats| stats.state.replace(state));
        if before == Some(state) {
            return;
        }
        if state == PeerState::Connected {
            self.failed = false;
            self.was_connected = true;
            self.shared.with_stats(|stats| stats.dtls = Some(DTLS_VERSION.into()));
            self.shared.outbox.set_open(true);
            self.shared.wake.notify_one();
            self.observe_path().await;
        }
        self.tell(PeerEvent::State(state)).await;
        if state == PeerState::Failed {
            self.fail(match (self.ice_connected, self.was_connected) {
                (true, false) => PeerError::Dtls,
                (_, after_connect) => PeerError::Ice { after_connect },
            })
            .await;
        }
    }

    /// Notes which pair of addresses is in use; a change resets the estimate of the network.
    async fn observe_path(&mut self) {
        let Some(sender) = self.connection.get_senders().await.into_iter().next() else { return };
        let Ok(Some(dtls)) = sender.transport().await else { return };
        let Ok(Some(pair)) = dtls.ice_transport().get_selected_candidate_pair().await else { return };
        let (local, remote) = (pair.local(), pair.remote());
        let text = format!(
            "{}/{} {} -> {} {}",
            local.typ,
            local.protocol,
            address(&local.address, local.port),
            remote.typ,
            address(&remote.address, remote.port)
        );
        let before = self.shared.with_stats(|stats| stats.ice_pair.replace(text.clone()));
        if before.is_some_and(|before| before != text) {
            self.shared.set_route_changed();
        }
    }

    async fn send_control(&self, message: String) {
        let Some(control) = &self.control else { return };
        if let Err(error) = control.send_text(&message).await {
            log::debug!("a control message was not sent: {error}");
        }
    }

    /// Reads a channel in a task of its own; back-pressure reaches the other side.
    fn watch_channel(&self, channel: Arc<dyn DataChannel>) {
        let (events, signals) = (self.events.clone(), self.signal_sender.clone());
        self.tasks.spawn(async move {
            while let Some(event) = channel.poll().await {
                let heard = match event {
                    DataChannelEvent::OnOpen => {
                        signals.send(Signal::ChannelOpen(Arc::clone(&channel))).is_ok()
                    }
                    DataChannelEvent::OnMessage(message) => {
                        events.send(PeerEvent::Control(message.data.freeze())).await.is_ok()
                    }
                    DataChannelEvent::OnClosing | DataChannelEvent::OnClose => {
                        signals.send(Signal::ChannelClosed(Arc::clone(&channel))).is_ok()
                    }
                    _ => true,
                };
                if !heard {
                    return;
                }
            }
        });
    }

    async fn fail(&mut self, error: PeerError) {
        if !std::mem::replace(&mut self.failed, true) {
            self.tell(PeerEvent::Failed(error)).await;
        }
    }

    /// Waits for room, unless the connection is being closed: who closes may be who reads.
    async fn tell(&mut self, event: PeerEvent) {
        tokio::select! {
            biased;
            // An error means that nobody is interested any more: the handles will go too.
            _ = self.events.send(event) => {}
            _ = self.closing.wait_for(|closing| *closing) => {}
        }
    }
}

fn has_multicast() -> bool {
    builder::mdns_mode() != MulticastDnsMode::Disabled
}

/// An address as it is written in URLs.
fn address(ip: &str, port: u16) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

#[cfg(test)]
mod tests;
