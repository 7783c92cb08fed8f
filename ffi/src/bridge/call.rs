//! One call.

use std::sync::Arc;

use duet_core::{Call, Subscription};

use super::config::CallOptions;
use super::error::DuetError;
use super::events::{CallEvent, CallState};
use super::queue::{Events, events};
use super::stats::CallStats;
use crate::objects::{self, Kind, Object, Watched};

/// A call. Hangs up when freed.
#[derive(uniffi::Object)]
pub struct NativeCall {
    call: Call,
    handle: u64,
    events: Arc<NativeCallEvents>,
}

/// What a call tells: apart from it, so that waiting for more does not keep a call that its host forgot.
#[derive(uniffi::Object)]
pub struct NativeCallEvents {
    events: Events<CallEvent>,
    _subscription: Subscription,
}

#[uniffi::export]
impl NativeCallEvents {
    /// The next event; none after the last one.
    pub async fn next(&self) -> Option<CallEvent> {
        self.events.next().await
    }
}

impl NativeCall {
    pub(crate) fn new(call: Call) -> Arc<Self> {
        let (sender, events) = events();
        let subscription = call.on_event(move |event| match CallEvent::from(event) {
            CallEvent::FrameReady => {
                sender.send_unless(CallEvent::FrameReady, |waiting| matches!(waiting, CallEvent::FrameReady));
            }
            other => sender.send(other),
        });
        let handle = objects::insert(Object::Call(Watched::new(call.clone())));
        let events = Arc::new(NativeCallEvents { events, _subscription: subscription });
        Arc::new(NativeCall { call, handle, events })
    }
}

#[uniffi::export]
impl NativeCall {
    /// What the C functions for media know it by.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// What it tells.
    pub fn events(&self) -> Arc<NativeCallEvents> {
        self.events.clone()
    }

    /// The call's name; both sides of a ringing call know it by the same one.
    pub fn id(&self) -> String {
        self.call.id().to_string()
    }

    /// The person at the other end; none while alone in a room.
    pub fn peer(&self) -> Option<String> {
        self.call.peer().map(|peer| peer.to_string())
    }

    /// Where the call stands.
    pub fn state(&self) -> CallState {
        self.call.state().into()
    }

    /// Whether pictures were asked for.
    pub fn wants_video(&self) -> bool {
        self.call.media().video
    }

    /// Answers an incoming call.
    pub fn accept(&self, options: CallOptions) -> Result<(), DuetError> {
        self.call.accept(options.into_core()?);
        Ok(())
    }

    /// Refuses an incoming call.
    pub fn decline(&self) {
        self.call.decline();
    }

    /// Ends the call.
    pub fn hang_up(&self) {
        self.call.hang_up();
    }

    /// Hangs up and makes the handle stale, at once, whoever still waits for an event.
    pub fn release(&self) {
        self.call.hang_up();
        // A host may have released it before, or freed the number through the C side.
        let _ = objects::remove(self.handle, Kind::Call);
    }

    /// Pauses the call.
    pub fn hold(&self) -> Result<(), DuetError> {
        Ok(self.call.hold()?)
    }

    /// Goes on with it.
    pub fn resume(&self) -> Result<(), DuetError> {
        Ok(self.call.resume()?)
    }

    /// Asks for pictures.
    pub fn ask_video(&self) -> Result<(), DuetError> {
        Ok(self.call.ask_video()?)
    }

    /// Answers the question for pictures.
    pub fn answer_video(&self, accept: bool) -> Result<(), DuetError> {
        Ok(self.call.answer_video(accept)?)
    }

    /// Ends the pictures.
    pub fn stop_video(&self) -> Result<(), DuetError> {
        Ok(self.call.stop_video()?)
    }

    /// Turns the camera on and off.
    pub fn set_video_enabled(&self, enabled: bool) {
        self.call.local_video().set_enabled(enabled);
    }

    /// Whether the camera is on.
    pub fn is_video_enabled(&self) -> bool {
        self.call.local_video().is_enabled()
    }

    /// Says whether the pictures are a screen's.
    pub fn set_screen(&self, screen: bool) {
        self.call.local_video().set_screen(screen);
    }

    /// Turns the microphone on and off.
    pub fn set_audio_enabled(&self, enabled: bool) {
        self.call.local_audio().set_enabled(enabled);
    }

    /// Whether the microphone is on.
    pub fn is_audio_enabled(&self) -> bool {
        self.call.local_audio().is_enabled()
    }

    /// The statistics.
    pub fn stats(&self) -> CallStats {
        self.call.stats().into()
    }
}

impl Drop for NativeCall {
    fn drop(&mut self) {
        self.release();
    }
}
