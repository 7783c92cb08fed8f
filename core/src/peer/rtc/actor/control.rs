//! The control channel: made with the first offer or taken from the other side, and watched.

use std::sync::Arc;

use webrtc::data_channel::{DataChannel, DataChannelEvent};

use super::super::super::{PeerEvent, PeerState};
use super::super::handler::Signal;
use super::Connection;

/// The control channel's label.
const CONTROL_LABEL: &str = "duet-control";

impl Connection {
    /// Makes the channel, once.
    pub(super) async fn make_control(&mut self) -> Result<(), webrtc::error::Error> {
        if !self.control_made {
            self.control_made = true;
            let channel = self.connection.create_data_channel(CONTROL_LABEL, None).await?;
            self.watch_channel(channel);
        }
        Ok(())
    }

    /// Takes the other side's control channel; whatever else it opens, nobody would read.
    pub(super) async fn on_channel(&mut self, channel: Arc<dyn DataChannel>) {
        let is_control = self.any_channel || channel.label().await.is_ok_and(|label| label == CONTROL_LABEL);
        if is_control && !std::mem::replace(&mut self.control_taken, true) {
            self.watch_channel(channel);
        } else if let Err(error) = channel.close().await {
            log::debug!("a data channel of the other side was not closed: {error}");
        }
    }

    /// The first channel that can be used is the control channel.
    pub(super) async fn on_channel_open(&mut self, channel: Arc<dyn DataChannel>) {
        if self.control.is_none() {
            self.control = Some(channel);
            self.tell(PeerEvent::ControlOpen).await;
        }
    }

    /// A channel that closes while the path is there was closed by the other side, which does that together
    /// with its connection. On a lost path, it may only have waited too long for an acknowledgement.
    pub(super) async fn on_channel_closed(&mut self, channel: &Arc<dyn DataChannel>) {
        if self.control.take_if(|control| Arc::ptr_eq(control, channel)).is_some()
            && self.shared.with_stats(|stats| stats.state) == Some(PeerState::Connected)
        {
            self.tell(PeerEvent::Closed).await;
        }
    }

    pub(super) async fn send_control(&self, message: String) {
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
}
