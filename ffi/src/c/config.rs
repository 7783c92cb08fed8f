//! What a host may choose. Zero always means the default, so that a struct of zeros, or none at all,
//! is a sane call.

use std::ffi::c_char;
use std::mem::offset_of;
use std::time::Duration;

use duet_core::{
    CallConfig, CallOptions, CallWaiting, ConnectPolicy, CustomConfig, EngineConfig, IceConfig, IceServer,
    MediaKinds, SessionConfig, UnknownDialect, VideoCodec,
};

use super::error::Failure;
use super::executor::{DuetExecutor, executor};
use super::memory::{self, Versioned};

/// How an engine runs. Zero, or NULL instead of the struct, means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetEngineConfig {
    /// `sizeof(DuetEngineConfig)`.
    pub size: usize,
    /// Threads for signaling and transport, 1 to 16; 0: 1, which carries several calls.
    pub worker_threads: u32,
    /// Where callbacks run, those of logs aside; NULL: on the engine's event thread.
    pub executor: *const DuetExecutor,
}

/// A STUN or TURN server.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetIceServer {
    /// `stun:host:port` or `turn:host:port?transport=udp`.
    pub url: *const c_char,
    /// TURN user name, or NULL.
    pub username: *const c_char,
    /// TURN password, or NULL.
    pub credential: *const c_char,
}

/// A video codec.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetVideoCodec {
    /// None, or not agreed on yet.
    None = 0,
    /// H.264.
    H264 = 1,
    /// VP8.
    Vp8 = 2,
}

/// What a call sends and receives, and how much of the network it may use. Zero, or NULL instead of
/// the struct, means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetCallOptions {
    /// `sizeof(DuetCallOptions)`.
    pub size: usize,
    /// No sound.
    pub no_audio: bool,
    /// No pictures.
    pub no_video: bool,
    /// The pictures are a screen's: sharp text before smooth motion.
    pub screen: bool,
    /// Frames per second the host will push, 1 to 60; 0: 30.
    pub fps: u32,
    /// The only video codec to use, a `DuetVideoCodec`; 0: all of this build, H.264 first.
    pub codec: u32,
    /// First guess of the network, in kbit/s; 0: 800.
    pub start_kbps: u32,
    /// Upper bound for audio and video together, in kbit/s; 0: 2500.
    pub max_kbps: u32,
}

/// When ICE and DTLS run in a ringing call.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetConnectPolicy {
    /// While it rings, so that answering feels instant.
    WhileRinging = 0,
    /// Only once accepted: a caller learns nothing about who does not answer.
    AfterAccept = 1,
}

/// Who a session is and how its calls behave. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetSessionConfig {
    /// `sizeof(DuetSessionConfig)`.
    pub size: usize,
    /// `http(s)://host:port` or `ws(s)://host:port` of the service; NULL for the host's own signaling.
    pub url: *const c_char,
    /// Who we are, 1 to 128 characters.
    pub user: *const c_char,
    /// Proof of identity as the service defines it, or NULL.
    pub token: *const c_char,
    /// STUN and TURN servers, added to those the service hands out; NULL for none.
    pub ice_servers: *const DuetIceServer,
    /// How many `ice_servers` there are.
    pub ice_server_count: usize,
    /// Use TURN relays only: hides our addresses from the other side.
    pub relay_only: bool,
    /// A second caller rings instead of being told that we are busy.
    pub call_waiting: bool,
    /// In a room whose other one leaves, wait for the next one instead of ending the call.
    pub room_stay: bool,
    /// When media is set up, a `DuetConnectPolicy`.
    pub connect_policy: u32,
    /// How long a call rings before it counts as not answered, in ms; 0: 60 000.
    pub ring_timeout_ms: u32,
    /// How incoming calls are set up before anybody accepts them; NULL for the defaults.
    pub incoming: *const DuetCallOptions,
    /// Which system the service is: `duet`, `socketio-relay`, `ws-broadcast`, `socketio-room`,
    /// `socketio-invite` or `peerjs`; NULL: `duet`.
    pub dialect: *const c_char,
    /// Dangerous: accepts any certificate of the service. For tests against self-signed ones.
    pub insecure: bool,
}

// SAFETY: repr(C), size first; integers, bools and raw pointers may be zero.
unsafe impl Versioned for DuetEngineConfig {
    const FIRST: usize = offset_of!(DuetEngineConfig, executor);
}
// SAFETY: as above.
unsafe impl Versioned for DuetCallOptions {}
// SAFETY: as above.
unsafe impl Versioned for DuetSessionConfig {}

impl DuetEngineConfig {
    /// # Safety
    /// `executor` is NULL or valid.
    pub(crate) unsafe fn to_core(self) -> Result<EngineConfig, Failure> {
        // SAFETY: the caller's promise.
        let executor = unsafe { executor(self.executor)? };
        let mut config = EngineConfig { executor, ..EngineConfig::default() };
        if self.worker_threads != 0 {
            config.worker_threads = self.worker_threads as usize;
        }
        Ok(config)
    }
}

impl DuetCallOptions {
    pub(crate) fn to_core(self) -> Result<CallOptions, Failure> {
        let defaults = CallOptions::default();
        Ok(CallOptions {
            audio: !self.no_audio,
            video: !self.no_video,
            codecs: codecs(self.codec)?,
            start_kbps: self.start_kbps,
            max_kbps: self.max_kbps,
            fps: if self.fps == 0 { defaults.fps } else { self.fps },
            screen: self.screen,
        })
    }
}

/// The options a pointer stands for.
///
/// # Safety
/// As [`memory::read`].
pub(crate) unsafe fn call_options(options: *const DuetCallOptions) -> Result<CallOptions, Failure> {
    // SAFETY: the caller's promise.
    unsafe { memory::read("options", options)? }.to_core()
}

impl DuetSessionConfig {
    /// # Safety
    /// Every pointer is NULL or points to what its field says.
    pub(crate) unsafe fn to_core(self) -> Result<SessionConfig, Failure> {
        // SAFETY: the caller's promise.
        let (url, custom) = unsafe { (memory::text("url", self.url)?, self.to_custom()?) };
        let mut config = SessionConfig::new(url, custom.user);
        // SAFETY: the caller's promise.
        config.token = unsafe { memory::optional_text("token", self.token)? }.map(str::to_owned);
        // SAFETY: the caller's promise.
        if let Some(name) = unsafe { memory::optional_text("dialect", self.dialect)? } {
            config.dialect =
                name.parse().map_err(|error: UnknownDialect| Failure::argument(error.to_string()))?;
        }
        config.insecure = self.insecure;
        config.ice = custom.ice;
        config.incoming = custom.incoming;
        config.calls = custom.calls;
        Ok(config)
    }

    /// # Safety
    /// As [`DuetSessionConfig::to_core`].
    pub(crate) unsafe fn to_custom(self) -> Result<CustomConfig, Failure> {
        // SAFETY: the caller's promise.
        let listed = unsafe { memory::slice("ice_servers", self.ice_servers, self.ice_server_count)? };
        // SAFETY: the caller's promise.
        let to_core = |server: &DuetIceServer| unsafe { server.to_core() };
        let servers = listed.iter().map(to_core).collect::<Result<_, _>>()?;
        Ok(CustomConfig {
            // SAFETY: the caller's promise.
            user: unsafe { memory::text("user", self.user)? }.into(),
            ice: IceConfig { servers, relay_only: self.relay_only },
            // SAFETY: the caller's promise.
            incoming: unsafe { call_options(self.incoming)? },
            calls: self.calls()?,
        })
    }

    fn calls(&self) -> Result<CallConfig, Failure> {
        let mut calls = CallConfig {
            policy: match self.connect_policy {
                0 => ConnectPolicy::WhileRinging,
                1 => ConnectPolicy::AfterAccept,
                other => return Err(Failure::argument(format!("{other} is not a DuetConnectPolicy"))),
            },
            waiting: if self.call_waiting { CallWaiting::Allow } else { CallWaiting::Busy },
            room_stay: self.room_stay,
            ..CallConfig::default()
        };
        if self.ring_timeout_ms != 0 {
            calls.timers.ring = Duration::from_millis(self.ring_timeout_ms.into());
        }
        Ok(calls)
    }
}

impl DuetIceServer {
    /// # Safety
    /// Every pointer is NULL or a text ended by NUL.
    unsafe fn to_core(self) -> Result<IceServer, Failure> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(IceServer {
                urls: vec![memory::text("an ICE server's url", self.url)?.to_owned()],
                username: memory::optional_text("username", self.username)?.map(str::to_owned),
                credential: memory::optional_text("credential", self.credential)?.map(str::to_owned),
            })
        }
    }
}

impl From<Option<VideoCodec>> for DuetVideoCodec {
    fn from(codec: Option<VideoCodec>) -> Self {
        match codec {
            None => DuetVideoCodec::None,
            Some(VideoCodec::H264) => DuetVideoCodec::H264,
            Some(VideoCodec::Vp8) => DuetVideoCodec::Vp8,
        }
    }
}

/// Which kinds of media a push message speaks of.
pub(crate) fn media(audio: bool, video: bool) -> MediaKinds {
    MediaKinds { audio, video }
}

/// The codecs to offer: the one named, or the engine's own choice.
fn codecs(codec: u32) -> Result<Vec<VideoCodec>, Failure> {
    Ok(match codec {
        0 => Vec::new(),
        1 => vec![VideoCodec::H264],
        2 => vec![VideoCodec::Vp8],
        other => return Err(Failure::argument(format!("{other} is not a DuetVideoCodec"))),
    })
}
