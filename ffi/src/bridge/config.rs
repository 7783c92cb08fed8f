//! What a host may choose; every default is a sane call.

use duet_core as core;

use super::duration::Duration;
use super::error::DuetError;

/// Which session to open: who we are, how media finds its way, how calls behave.
#[derive(Clone, Debug, uniffi::Record)]
pub struct SessionConfig {
    /// Who we are, 1 to 128 characters.
    pub user: String,
    /// Proof of identity as the service defines it; not used with the host's own signaling.
    #[uniffi(default = None)]
    pub token: Option<String>,
    /// STUN and TURN servers, added to those the service hands out.
    #[uniffi(default = [])]
    pub ice_servers: Vec<IceServer>,
    /// Use TURN relays only: hides our addresses from the other side.
    #[uniffi(default = false)]
    pub relay_only: bool,
    /// A second caller rings instead of being told that we are busy.
    #[uniffi(default = false)]
    pub call_waiting: bool,
    /// In a room whose other one leaves, wait for the next one instead of ending the call.
    #[uniffi(default = false)]
    pub room_stay: bool,
    /// Connect only once a call is accepted, instead of while it rings: a caller learns nothing about who
    /// does not answer.
    #[uniffi(default = false)]
    pub connect_after_accept: bool,
    /// How long a call rings before it counts as not answered; 60 s unless set.
    #[uniffi(default = None)]
    pub ring_timeout: Option<Duration>,
    /// How incoming calls are set up before anybody accepts them.
    #[uniffi(default = None)]
    pub incoming: Option<CallOptions>,
    /// Which system the service is: `duet`, `socketio-relay`, `ws-broadcast`, `socketio-room`, `socketio-invite` or
    /// `peerjs`; `duet` unless set.
    #[uniffi(default = None)]
    pub dialect: Option<String>,
    /// Dangerous: accepts any certificate of the service. For tests against self-signed ones.
    #[uniffi(default = false)]
    pub insecure: bool,
}

/// A STUN or TURN server.
#[derive(Clone, Debug, uniffi::Record)]
pub struct IceServer {
    /// `stun:host:port` or `turn:host:port?transport=udp`.
    pub url: String,
    /// TURN user name.
    #[uniffi(default = None)]
    pub username: Option<String>,
    /// TURN password.
    #[uniffi(default = None)]
    pub credential: Option<String>,
}

/// What a call sends and receives, and how much of the network it may use.
#[derive(Clone, Debug, uniffi::Record)]
pub struct CallOptions {
    /// Sound.
    #[uniffi(default = true)]
    pub audio: bool,
    /// Pictures.
    #[uniffi(default = true)]
    pub video: bool,
    /// The pictures are a screen's: sharp text before smooth motion.
    #[uniffi(default = false)]
    pub screen: bool,
    /// Frames per second the host will push, 1 to 60.
    #[uniffi(default = 30)]
    pub fps: i32,
    /// The only video codec to use; unless set, all of this build, H.264 first.
    #[uniffi(default = None)]
    pub codec: Option<VideoCodec>,
    /// First guess of the network, in kbit/s; 0: 800.
    #[uniffi(default = 0)]
    pub start_kbps: i32,
    /// Upper bound for audio and video together, in kbit/s; 0: 2500.
    #[uniffi(default = 0)]
    pub max_kbps: i32,
}

/// A video codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VideoCodec {
    /// H.264.
    H264,
    /// VP8.
    Vp8,
}

impl SessionConfig {
    pub(crate) fn service(self, url: String) -> Result<core::SessionConfig, DuetError> {
        let (token, insecure) = (self.token.clone(), self.insecure);
        let dialect = self.dialect.as_deref().unwrap_or("duet").parse();
        let unknown = |error: core::UnknownDialect| DuetError::InvalidArgument(error.to_string());
        let core::CustomConfig { user, ice, incoming, calls } = self.custom()?;
        let mut config = core::SessionConfig::new(url, user);
        (config.token, config.ice, config.incoming, config.calls) = (token, ice, incoming, calls);
        (config.dialect, config.insecure) = (dialect.map_err(unknown)?, insecure);
        Ok(config)
    }

    pub(crate) fn custom(self) -> Result<core::CustomConfig, DuetError> {
        let mut calls = core::CallConfig { room_stay: self.room_stay, ..core::CallConfig::default() };
        if self.call_waiting {
            calls.waiting = core::CallWaiting::Allow;
        }
        if self.connect_after_accept {
            calls.policy = core::ConnectPolicy::AfterAccept;
        }
        if let Some(ring) = self.ring_timeout {
            calls.timers.ring = ring.into();
        }
        Ok(core::CustomConfig {
            user: self.user.into(),
            ice: core::IceConfig {
                servers: self.ice_servers.into_iter().map(IceServer::into_core).collect(),
                relay_only: self.relay_only,
            },
            incoming: self.incoming.map(CallOptions::into_core).transpose()?.unwrap_or_default(),
            calls,
        })
    }
}

impl IceServer {
    fn into_core(self) -> core::IceServer {
        core::IceServer { urls: vec![self.url], username: self.username, credential: self.credential }
    }
}

impl CallOptions {
    pub(crate) fn into_core(self) -> Result<core::CallOptions, DuetError> {
        let number = |what: &str, value: i32| {
            u32::try_from(value)
                .map_err(|_| DuetError::InvalidArgument(format!("{what} is {value}; it cannot be negative")))
        };
        Ok(core::CallOptions {
            audio: self.audio,
            video: self.video,
            codecs: self.codec.map(VideoCodec::into_core).into_iter().collect(),
            start_kbps: number("startKbps", self.start_kbps)?,
            max_kbps: number("maxKbps", self.max_kbps)?,
            fps: number("fps", self.fps)?,
            screen: self.screen,
        })
    }
}

impl VideoCodec {
    fn into_core(self) -> core::VideoCodec {
        match self {
            VideoCodec::H264 => core::VideoCodec::H264,
            VideoCodec::Vp8 => core::VideoCodec::Vp8,
        }
    }

    pub(crate) fn from_core(codec: core::VideoCodec) -> Self {
        match codec {
            core::VideoCodec::H264 => VideoCodec::H264,
            core::VideoCodec::Vp8 => VideoCodec::Vp8,
        }
    }
}
