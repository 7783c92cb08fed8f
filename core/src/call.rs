use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use duet_call::{CallState, VideoNews, Wish};
use duet_signal::dialect::Feature;
use duet_signal::message::{CallId, MediaKinds, RoomId, UserId};

use crate::config::CallOptions;
use crate::driver::{Command, EventPort, Events, Subscription, patience};
use crate::peer::PeerPort;
use crate::session::SessionShared;
use crate::stats::{AudioRecvStats, CallStats, VideoRecvStats, VideoSendStats};
use crate::tracks::{LocalAudio, LocalVideo, RemoteAudio, RemoteVideo};
use crate::{Ended, Error};

/// One call. Cheap to clone; any thread. Dropping the last clone hangs up.
#[derive(Clone)]
pub struct Call {
    shared: Arc<CallShared>,
    _owner: Arc<Owner>,
}

/// What a call tells its host.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEvent {
    /// The call is in another state.
    State(CallState),
    /// It rings at the other end.
    RemoteRinging,
    /// What the other end sends. In dialects without words for it ([`Feature::MediaState`]), as far as its session
    /// descriptions tell: they show a muted track as one that is sent, and a screen if they say `content:slides`
    /// (RFC 4796).
    RemoteMedia {
        /// Its microphone is open.
        audio: bool,
        /// It sends pictures.
        video: bool,
        /// The pictures are a screen's.
        screen: bool,
    },
    /// Who holds the call has changed.
    Held {
        /// This end does: by [`Call::hold`], for a telephone call, or for another call.
        local: bool,
        /// The other end does.
        remote: bool,
    },
    /// About pictures in a call that had none.
    Video(VideoNews),
    /// Media flows for the first time.
    Connected {
        /// Time since the call was accepted, or since the other one was in the room.
        setup: Duration,
    },
    /// A new remote frame can be pulled. Coalesced: several frames may have come.
    FrameReady,
    /// The call is over. Always the last event, exactly once.
    Ended(Ended),
}

/// How a call came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Ring(UserId),
    Room(RoomId),
    Incoming(UserId, MediaKinds),
}

/// The part of a call that its handles and the actor share.
pub(crate) struct CallShared {
    pub(crate) id: CallId,
    pub(crate) origin: Origin,
    pub(crate) options: CallOptions,
    pub(crate) port: Arc<EventPort<CallEvent>>,
    pub(crate) local_video: LocalVideo,
    pub(crate) local_audio: LocalAudio,
    pub(crate) remote_video: RemoteVideo,
    pub(crate) remote_audio: RemoteAudio,
    session: Arc<SessionShared>,
    known: Mutex<Known>,
    /// `known.ended` is there.
    over: Condvar,
    /// What the person said to an incoming call, until the actor has heard it.
    answer: Mutex<Option<Answer>>,
    hang_up: AtomicBool,
    /// A local track was turned on or off, and the actor has not heard of it.
    media_changed: AtomicBool,
}

/// What a person says to an incoming call.
pub(crate) enum Answer {
    Accept(CallOptions),
    Decline,
}

#[derive(Default)]
struct Known {
    state: Option<CallState>,
    peer_user: Option<UserId>,
    /// This end offers.
    offerer: Option<bool>,
    peer: Option<Arc<dyn PeerPort>>,
    /// The last statistics of the connection, kept when it is gone.
    last: CallStats,
    ended: Option<Ended>,
}

/// Hangs up with the last handle.
struct Owner(Arc<CallShared>);

impl Call {
    pub(crate) fn new(shared: Arc<CallShared>) -> Self {
        Call { _owner: Arc::new(Owner(shared.clone())), shared }
    }

    /// The call's name; both sides of a ringing call know it by the same one.
    pub fn id(&self) -> CallId {
        self.shared.id.clone()
    }

    /// The person at the other end; `None` while alone in a room.
    pub fn peer(&self) -> Option<UserId> {
        self.shared.known().peer_user.clone()
    }

    /// Whether this end calls the other one: makes the offer of the connection. In a room that shows when
    /// somebody is there; `None` until then.
    pub fn is_caller(&self) -> Option<bool> {
        match self.shared.origin {
            Origin::Ring(_) => Some(true),
            Origin::Incoming(..) => Some(false),
            Origin::Room(_) => self.shared.known().offerer,
        }
    }

    /// Where the call stands.
    pub fn state(&self) -> CallState {
        self.shared.state()
    }

    /// What an incoming call asks for; what this end asked for otherwise.
    pub fn media(&self) -> MediaKinds {
        match self.shared.origin {
            Origin::Incoming(_, media) => media,
            Origin::Ring(_) | Origin::Room(_) => self.shared.options.media(),
        }
    }

    /// Answers an incoming call; of another call it does nothing. `options` says which media this
    /// end sends and their frame rate; codecs and rates are those of the session's
    /// [`incoming`](crate::SessionConfig::incoming). Returns at once.
    pub fn accept(&self, options: CallOptions) {
        self.shared.answer(Answer::Accept(options));
    }

    /// Refuses an incoming call; of another call it does nothing. Returns at once.
    pub fn decline(&self) {
        self.shared.answer(Answer::Decline);
    }

    /// Ends the call in whatever state it is. Idempotent; returns at once.
    pub fn hang_up(&self) {
        self.shared.hang_up();
    }

    /// Pauses the call: nothing is sent or played until [`Call::resume`]; the other end is told. Only once
    /// the call is accepted.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the session's dialect has no word for it, [`Error::Closed`] or
    /// [`Error::Overloaded`].
    pub fn hold(&self) -> Result<(), Error> {
        self.talk(Wish::Hold)
    }

    /// Goes on with a call that [`Call::hold`] paused. Other calls that talk are put on hold.
    ///
    /// # Errors
    /// As [`Call::hold`].
    pub fn resume(&self) -> Result<(), Error> {
        self.talk(Wish::Resume)
    }

    /// Asks the other end for pictures, both ways, in a call without; [`CallEvent::Video`] brings the answer.
    ///
    /// # Errors
    /// As [`Call::hold`].
    pub fn ask_video(&self) -> Result<(), Error> {
        self.talk(Wish::AskVideo)
    }

    /// Answers [`VideoNews::Asked`].
    ///
    /// # Errors
    /// As [`Call::hold`].
    pub fn answer_video(&self, accept: bool) -> Result<(), Error> {
        self.talk(Wish::AnswerVideo { accept })
    }

    /// Ends the pictures in both directions, without asking; takes back a question, too.
    ///
    /// # Errors
    /// As [`Call::hold`].
    pub fn stop_video(&self) -> Result<(), Error> {
        self.talk(Wish::StopVideo)
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<CallShared> {
        &self.shared
    }

    fn talk(&self, wish: Wish) -> Result<(), Error> {
        self.shared.session.dialect.require(match wish {
            Wish::Hold | Wish::Resume => Feature::Hold,
            Wish::AskVideo | Wish::AnswerVideo { .. } | Wish::StopVideo => Feature::AskVideo,
        })?;
        self.shared.session.command(Command::Talk(self.shared.id.clone(), wish))
    }

    /// The pictures we send.
    pub fn local_video(&self) -> LocalVideo {
        self.shared.local_video.clone()
    }

    /// The sound we send.
    pub fn local_audio(&self) -> LocalAudio {
        self.shared.local_audio.clone()
    }

    /// The pictures we receive.
    pub fn remote_video(&self) -> RemoteVideo {
        self.shared.remote_video.clone()
    }

    /// The sound we receive.
    pub fn remote_audio(&self) -> RemoteAudio {
        self.shared.remote_audio.clone()
    }

    /// A snapshot of the statistics; after the end, the last one. Never waits for the network.
    pub fn stats(&self) -> CallStats {
        self.shared.stats()
    }

    /// Calls `handler` for every event, in order, on the engine's event thread, until the
    /// subscription is dropped. Events before the first subscription wait for it.
    pub fn on_event(&self, handler: impl Fn(CallEvent) + Send + Sync + 'static) -> Subscription {
        self.shared.port.subscribe(handler)
    }

    /// What a handler would be told, for a thread that waits: one event after the other, and the end after
    /// [`CallEvent::Ended`]. Of several new pictures that wait it tells once.
    pub fn events(&self) -> Events<CallEvent> {
        Events::new(|event| matches!(event, CallEvent::FrameReady), |handler| self.on_event(handler))
    }

    /// Waits until the call is over, for `timeout` at most; `None` if it goes on. With no time to wait it
    /// tells whether the call is over. Inside a handler it does not wait.
    pub fn wait_ended(&self, timeout: Duration) -> Option<Ended> {
        let goes_on = |known: &mut Known| known.ended.is_none();
        let waited = self.shared.over.wait_timeout_while(self.shared.known(), patience(timeout), goes_on);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended.clone()
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.shared.id).field("state", &self.state()).finish()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}

/// Whatever became of the session, the codec threads end with the call.
impl Drop for CallShared {
    fn drop(&mut self) {
        self.stop_tracks();
    }
}

impl CallShared {
    pub(crate) fn new(
        id: CallId,
        origin: Origin,
        options: CallOptions,
        session: Arc<SessionShared>,
    ) -> Arc<Self> {
        let port = session.port.pump().port::<CallEvent>();
        let frames = port.clone();
        let peer_user = match &origin {
            Origin::Ring(user) | Origin::Incoming(user, _) => Some(user.clone()),
            Origin::Room(_) => None,
        };
        let state = match &origin {
            Origin::Ring(_) => CallState::Outgoing,
            Origin::Incoming(..) => CallState::Incoming,
            Origin::Room(_) => CallState::Waiting,
        };
        Arc::new_cyclic(|this: &Weak<CallShared>| {
            let toggled = || {
                let this = this.clone();
                move || {
                    if let Some(call) = this.upgrade() {
                        call.local_media_changed();
                    }
                }
            };
            CallShared {
                local_video: LocalVideo::new(&options, toggled()),
                local_audio: LocalAudio::new(options.audio, toggled()),
                remote_video: RemoteVideo::new(move || {
                    frames.emit_coalesced(CallEvent::FrameReady, |queued, new| queued == new);
                }),
                remote_audio: RemoteAudio::new(),
                id,
                origin,
                options,
                port,
                session,
                known: Mutex::new(Known { state: Some(state), peer_user, ..Known::default() }),
                over: Condvar::new(),
                answer: Mutex::default(),
                hang_up: AtomicBool::new(false),
                media_changed: AtomicBool::new(false),
            }
        })
    }

    fn stop_tracks(&self) {
        self.local_video.stop();
        self.local_audio.stop();
        self.remote_video.stop();
    }

    /// The first answer counts.
    fn answer(&self, answer: Answer) {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(answer);
        self.look_at_flags();
    }

    /// Whether a track may send, or plays.
    #[cfg(test)]
    pub(crate) fn media_released(&self) -> bool {
        self.local_video.is_released()
            || self.local_audio.is_released()
            || self.remote_video.is_released()
            || self.remote_audio.is_released()
    }

    pub(crate) fn take_answer(&self) -> Option<Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn hang_up(&self) {
        if self.state() != CallState::Ended && !self.hang_up.swap(true, Ordering::AcqRel) {
            self.look_at_flags();
        }
    }

    fn look_at_flags(&self) {
        // overflow: the actor looks at the flags after every request.
        let _ = self.session.commands.try_send(Command::Wake);
    }

    pub(crate) fn hang_up_wanted(&self) -> bool {
        self.hang_up.load(Ordering::Acquire)
    }

    pub(crate) fn state(&self) -> CallState {
        self.known().state.unwrap_or(CallState::Ended)
    }

    pub(crate) fn set_state(&self, state: CallState) {
        self.known().state = Some(state);
        self.port.emit(CallEvent::State(state));
    }

    pub(crate) fn set_peer_user(&self, user: Option<UserId>) {
        self.known().peer_user = user;
    }

    pub(crate) fn set_peer(&self, peer: Arc<dyn PeerPort>, offerer: bool) {
        let mut known = self.known();
        known.peer = Some(peer);
        known.offerer = Some(offerer);
    }

    /// Takes the media off the connection and lets go of it, keeping its last statistics. Another
    /// connection may follow.
    pub(crate) fn release_peer(&self) {
        let last = self.stats();
        self.local_video.detach();
        self.local_audio.detach();
        self.remote_video.detach();
        self.remote_audio.detach();
        let mut known = self.known();
        known.last = last;
        let peer = known.peer.take();
        drop(known);
        drop(peer);
    }

    pub(crate) fn end(&self, ended: Ended) {
        self.release_peer();
        self.stop_tracks();
        // A call that the machine knew has said so already.
        if self.known().state.replace(CallState::Ended) != Some(CallState::Ended) {
            self.port.emit(CallEvent::State(CallState::Ended));
        }
        self.known().ended = Some(ended.clone());
        self.over.notify_all();
        self.port.emit_last(CallEvent::Ended(ended));
    }

    /// What passes, and what the other side is told, follows from it.
    fn local_media_changed(&self) {
        if !self.media_changed.swap(true, Ordering::AcqRel) {
            self.look_at_flags();
        }
    }

    pub(crate) fn take_media_changed(&self) -> bool {
        self.media_changed.swap(false, Ordering::AcqRel)
    }

    fn stats(&self) -> CallStats {
        let known = self.known();
        let Some(peer) = known.peer.clone() else { return known.last.clone() };
        drop(known);
        let transport = peer.stats();
        CallStats {
            rtt: transport.rtt,
            available_send_bps: transport.target_bps,
            dtls: transport.dtls,
            ice_state: transport.ice_state,
            ice_pair: transport.ice_pair,
            outbound_video: VideoSendStats {
                retransmitted: transport.retransmitted,
                pli_received: transport.plis_received,
                ..self.local_video.stats()
            },
            inbound_video: VideoRecvStats {
                packets_lost: transport.video.lost,
                nacks_sent: transport.nacks_sent,
                plis_sent: transport.plis_sent,
                ..self.remote_video.stats()
            },
            outbound_audio: self.local_audio.stats(),
            inbound_audio: AudioRecvStats { packets_lost: transport.audio.lost, ..self.remote_audio.stats() },
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
