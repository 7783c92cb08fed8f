//! The task that owns a connection: one thing at a time, in the order it came.
//!
//! `exchange` negotiates, `control` sees to the control channel.

mod control;
mod exchange;

use std::sync::Arc;
use std::time::Duration;

use duet_signal::message::IceCandidate;
use rtc::ice::mdns::MulticastDnsMode;
use tokio::sync::{mpsc, oneshot, watch};
use webrtc::data_channel::DataChannel;
use webrtc::peer_connection::{PeerConnection, RTCIceConnectionState, RTCPeerConnectionState};

use super::super::negotiation::{Negotiation, OfferKind};
use super::super::sdp::{Hints, IceTags};
use super::super::shared::Shared;
use super::super::{MediaSink, PeerConfig, PeerError, PeerEvent, PeerState, SessionDescription};
use super::builder;
use super::handler::{Handler, Signal};
use super::runtime::CallRuntime;
use super::tasks::Tasks;
use super::transport::{Streams, Transport};

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
            Signal::ChannelOpen(channel) => self.on_channel_open(channel).await,
            Signal::ChannelClosed(channel) => self.on_channel_closed(&channel).await,
            Signal::DriverEnded => self.on_driver_ended().await,
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

/// An address as it is written in URLs.
fn address(ip: &str, port: u16) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

#[cfg(test)]
mod tests;
