//! What a host may choose; every default is a sane call.

use duet_call::{Config as CallConfig, Timers};
use duet_codecs::VideoCodec;
use duet_signal::dialect::Dialect;
use duet_signal::message::{IceServer, MediaKinds, UserId};

use crate::Error;
use crate::driver::Executor;
use crate::transport::Trust;

/// How an [`Engine`](crate::Engine) runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Threads for signaling and transport, 1 to 16. One carries several calls: codecs have their own.
    pub worker_threads: usize,
    /// Where event handlers run; `None`: on the engine's event thread.
    pub executor: Option<Executor>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        EngineConfig { worker_threads: 1, executor: None }
    }
}

/// Which signaling service a [`Session`](crate::Session) talks to, and as whom.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// `http(s)://host:port` or `ws(s)://host:port` of the service; a path is kept as a prefix.
    pub url: String,
    /// Which system the service is; [`Dialect`] says how each is called and answered.
    pub dialect: Dialect,
    /// Who we are. 1 to 128 characters; none at all where the dialect gives names.
    pub user: UserId,
    /// Proof of identity, as the service defines it.
    pub token: Option<String>,
    /// **Dangerous.** Accepts any certificate of the service: whoever is on the way can read, change and
    /// forge what is signaled, and so listen in to the calls. For tests against self-signed certificates.
    pub insecure: bool,
    /// How media finds its way.
    pub ice: IceConfig,
    /// How incoming calls are set up before anybody accepts them: codecs, rates and media kinds.
    pub incoming: CallOptions,
    /// How calls behave: time limits, call waiting, when media is set up. Some of it is the dialect's: foreign
    /// ones know no ICE restart, and somebody who stays away for some seconds has gone.
    pub calls: CallConfig,
}

impl SessionConfig {
    /// A session as `user` at `url`, in the `duet` dialect, without a token, with the service's own ICE servers.
    pub fn new(url: impl Into<String>, user: impl Into<UserId>) -> Self {
        SessionConfig {
            url: url.into(),
            dialect: Dialect::Duet,
            user: user.into(),
            token: None,
            insecure: false,
            ice: IceConfig::default(),
            incoming: CallOptions::default(),
            calls: CallConfig::default(),
        }
    }

    /// Whose certificates are accepted.
    pub(crate) fn trust(&self) -> Trust {
        if self.insecure { Trust::Anybody } else { Trust::Authorities }
    }

    /// How calls behave in this session's dialect.
    pub(crate) fn call_config(&self) -> CallConfig {
        if self.dialect == Dialect::Duet {
            return self.calls;
        }
        let foreign = CallConfig::closing_hangs_up();
        let timers = Timers {
            invite_ack: foreign.timers.invite_ack,
            reconnect: self.calls.timers.reconnect.min(foreign.timers.reconnect),
            ..self.calls.timers
        };
        CallConfig { recovery: foreign.recovery, closing: foreign.closing, timers, ..self.calls }
    }
}

/// A session whose messages the host carries itself ([`Engine::custom_session`](crate::Engine::custom_session)).
#[derive(Clone, Debug, PartialEq)]
pub struct CustomConfig {
    /// Who we are, as the other side should see it. 1 to 128 characters.
    pub user: UserId,
    /// How media finds its way.
    pub ice: IceConfig,
    /// How incoming calls are set up before anybody accepts them: codecs, rates and media kinds.
    pub incoming: CallOptions,
    /// How calls behave: time limits, call waiting, when media is set up.
    pub calls: CallConfig,
}

/// How media finds its way (W3C `RTCConfiguration`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceConfig {
    /// STUN and TURN servers, added to those the signaling service hands out.
    pub servers: Vec<IceServer>,
    /// Use TURN relays only: hides our addresses from the other side (`iceTransportPolicy: "relay"`).
    pub relay_only: bool,
}

/// What a call sends and receives, and how much of the network it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOptions {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
    /// Video codecs by preference; empty means all of this build, H.264 first.
    pub codecs: Vec<VideoCodec>,
    /// First guess of the network, in kbit/s; 0 means [`DEFAULT_START_KBPS`].
    pub start_kbps: u32,
    /// Upper bound for audio and video together, in kbit/s; 0 means [`DEFAULT_MAX_KBPS`].
    pub max_kbps: u32,
    /// Frames per second the host will push, 1 to 60: a hint for the encoder.
    pub fps: u32,
    /// The pictures are a screen's: sharp text before smooth motion.
    pub screen: bool,
}

/// Where the bandwidth estimate starts unless the host knows better: VGA looks good, and most
/// networks of today carry it.
pub const DEFAULT_START_KBPS: u32 = 800;
/// Upper bound unless the host sets one: 720p at 30 fps looks its best.
pub const DEFAULT_MAX_KBPS: u32 = 2_500;
/// Below this a call is given no less: 30 kbit/s Opus and a small picture.
pub(crate) const MIN_KBPS: u32 = 60;

impl Default for CallOptions {
    fn default() -> Self {
        CallOptions {
            audio: true,
            video: true,
            codecs: Vec::new(),
            start_kbps: 0,
            max_kbps: 0,
            fps: 30,
            screen: false,
        }
    }
}

impl CallOptions {
    pub(crate) fn media(&self) -> MediaKinds {
        MediaKinds { audio: self.audio, video: self.video }
    }

    /// Fills the defaults in and checks the rest.
    pub(crate) fn resolved(mut self) -> Result<Self, Error> {
        if !self.audio && !self.video {
            return Err(Error::InvalidArgument("a call needs audio, video or both".into()));
        }
        if !(1..=60).contains(&self.fps) {
            return Err(Error::InvalidArgument(format!("{} fps is out of range; use 1 to 60", self.fps)));
        }
        if self.max_kbps == 0 {
            self.max_kbps = DEFAULT_MAX_KBPS;
        }
        if self.start_kbps == 0 {
            self.start_kbps = DEFAULT_START_KBPS;
        }
        if self.max_kbps < MIN_KBPS {
            return Err(Error::InvalidArgument(format!(
                "{} kbit/s cannot carry a call; use at least {MIN_KBPS}",
                self.max_kbps
            )));
        }
        self.start_kbps = self.start_kbps.clamp(MIN_KBPS, self.max_kbps);
        let known = duet_codecs::video_codecs();
        if self.codecs.is_empty() {
            self.codecs = known.to_vec();
        }
        if let Some(missing) = self.codecs.iter().find(|codec| !known.contains(codec)) {
            return Err(duet_codecs::CodecError::Unavailable(missing.mime_type()).into());
        }
        if self.codecs.is_empty() {
            self.video = false;
        }
        Ok(self)
    }
}

pub(crate) fn check_user(user: &UserId) -> Result<(), Error> {
    check_id("a user name", user.as_str())
}

pub(crate) fn check_id(what: &str, id: &str) -> Result<(), Error> {
    match id.chars().count() {
        1..=128 => Ok(()),
        n => Err(Error::InvalidArgument(format!("{what} has {n} characters; 1 to 128 are allowed"))),
    }
}
