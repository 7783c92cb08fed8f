//! The root of everything.

use std::sync::Arc;

use duet_core::{self as core, Engine, EngineConfig};
use log::LevelFilter;

use super::config::SessionConfig;
use super::duration::Duration;
use super::error::DuetError;
use super::queue::events;
use super::session::NativeSession;
use crate::{logs, objects};

/// What happened to the device that calls run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceNews {
    /// A telephone (GSM) call has begun: calls are held until it ends, and the other ends told so.
    PhoneCallBegan,
    /// It is over: calls go on, unless a person holds them.
    PhoneCallEnded,
    /// Another app has the sound: the microphone is closed and nothing is played. Pictures go on.
    AudioFocusLost,
    /// The sound is ours again.
    AudioFocusRegained,
    /// The app is not visible: the camera is closed. Sound and a shared screen go on.
    Background,
    /// The app is visible.
    Foreground,
    /// The device is cool: fit for anything.
    ThermalNormal,
    /// The device is warm: pictures are sent smaller and less often.
    ThermalWarm,
    /// The device is hot: no pictures are sent.
    ThermalHot,
}

/// How much is logged. Descriptions of connections, addresses and user data appear at debug and trace only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Bugs.
    Error,
    /// What a host should know of.
    Warn,
    /// Milestones.
    Info,
    /// For those who look for a fault.
    Debug,
    /// Everything.
    Trace,
}

/// Receives log lines on whatever thread writes them.
#[uniffi::export(callback_interface)]
pub trait NativeLogSink: Send + Sync {
    /// One line.
    fn log(&self, level: LogLevel, target: String, message: String);
}

/// An engine. Closes when freed.
#[derive(uniffi::Object)]
pub struct NativeEngine {
    engine: Engine,
}

#[uniffi::export]
impl NativeEngine {
    /// Starts the engine's threads; 1 to 16 of them for signaling and transport.
    #[uniffi::constructor]
    pub fn new(worker_threads: u32) -> Result<Arc<Self>, DuetError> {
        logs::start();
        let config = EngineConfig { worker_threads: worker_threads as usize, executor: None };
        Ok(Arc::new(NativeEngine { engine: Engine::new(config)? }))
    }

    /// Opens a session to a service.
    pub fn session(&self, url: String, config: SessionConfig) -> Result<Arc<NativeSession>, DuetError> {
        Ok(NativeSession::new(self.engine.session(config.service(url)?)?, None))
    }

    /// Opens a session whose messages the host carries.
    pub fn custom_session(&self, config: SessionConfig) -> Result<Arc<NativeSession>, DuetError> {
        let (sender, messages) = events();
        let session = self.engine.custom_session(config.custom()?, move |message| sender.send(message))?;
        Ok(NativeSession::new(session, Some(messages)))
    }

    /// Now, in ns, on the engine's clock.
    pub fn now(&self) -> u64 {
        self.engine.now().as_nanos()
    }

    /// The device's network changed.
    pub fn network_changed(&self) {
        self.engine.network_changed();
    }

    /// Something happened to the device.
    pub fn device_news(&self, news: DeviceNews) -> Result<(), DuetError> {
        Ok(self.engine.device_news(match news {
            DeviceNews::PhoneCallBegan => core::DeviceNews::PhoneCallBegan,
            DeviceNews::PhoneCallEnded => core::DeviceNews::PhoneCallEnded,
            DeviceNews::AudioFocusLost => core::DeviceNews::AudioFocusLost,
            DeviceNews::AudioFocusRegained => core::DeviceNews::AudioFocusRegained,
            DeviceNews::Background => core::DeviceNews::Background,
            DeviceNews::Foreground => core::DeviceNews::Foreground,
            DeviceNews::ThermalNormal => core::DeviceNews::Thermal(core::Thermal::Normal),
            DeviceNews::ThermalWarm => core::DeviceNews::Thermal(core::Thermal::Warm),
            DeviceNews::ThermalHot => core::DeviceNews::Thermal(core::Thermal::Hot),
        })?)
    }

    /// Ends all calls and sessions and waits until the other sides were told; blocks.
    pub fn shut_down_and_wait(&self, timeout: Duration) -> bool {
        self.engine.close_and_wait(timeout.into())
    }

    /// Ends all calls and sessions.
    pub fn shut_down(&self) {
        self.engine.close();
    }
}

/// How many calls and pictures are held in this process.
#[uniffi::export]
pub fn native_handle_count() -> u64 {
    objects::count() as u64
}

/// Sends the log of all engines to `sink`; none gives it back to the system's log, where there is one.
#[uniffi::export]
pub fn native_set_log(level: LogLevel, sink: Option<Box<dyn NativeLogSink>>) -> Result<(), DuetError> {
    let sink = sink.map(|sink| -> logs::Sink {
        Arc::new(move |level, target, message| {
            let level = match level {
                log::Level::Error => LogLevel::Error,
                log::Level::Warn => LogLevel::Warn,
                log::Level::Info => LogLevel::Info,
                log::Level::Debug => LogLevel::Debug,
                log::Level::Trace => LogLevel::Trace,
            };
            sink.log(level, target.into(), message.into());
        })
    });
    if logs::set(level.filter(), sink) {
        Ok(())
    } else {
        Err(DuetError::Closed("another library in this process owns the log".into()))
    }
}

/// Changes how much is logged.
#[uniffi::export]
pub fn native_set_log_level(level: LogLevel) {
    logs::set_level(level.filter());
}

impl LogLevel {
    fn filter(self) -> LevelFilter {
        match self {
            LogLevel::Off => LevelFilter::Off,
            LogLevel::Error => LevelFilter::Error,
            LogLevel::Warn => LevelFilter::Warn,
            LogLevel::Info => LevelFilter::Info,
            LogLevel::Debug => LevelFilter::Debug,
            LogLevel::Trace => LevelFilter::Trace,
        }
    }
}
