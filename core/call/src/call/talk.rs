//! What goes on in a call beside its states: open sources, hold, pictures added later, the device's needs.

use serde::{Deserialize, Serialize};

use super::Call;
use crate::effect::{Effect, Flow, Notice, Signal, VideoFlow, VideoNews};
use crate::input::{DeviceNews, MediaKinds, Sources, Thermal, Wish, Word};
use crate::timers::TimerId;

/// What this end wants, what the device allows, and what has been agreed and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Talk {
    /// What the person wants open.
    sources: Sources,
    device: Device,
    /// The person at this end holds the call.
    holding: bool,
    /// The other end holds the call.
    remote_holding: bool,
    ask: VideoAsk,
    /// This end makes the offer when both wanted pictures at once.
    pub(super) offerer: bool,
    /// The peer connection was made anew already.
    pub(super) anew: bool,
    /// The flow last asked for.
    flow: Flow,
    /// Local and remote hold as the host knows them.
    shown: (bool, bool),
    /// What the other end knows, once connected.
    told: Option<Sources>,
    told_hold: bool,
}

/// What a device can give to calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Device {
    phone_call: bool,
    focus_lost: bool,
    background: bool,
    thermal: Thermal,
}

/// Who has asked for pictures and waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum VideoAsk {
    Nobody,
    ThisEnd,
    OtherEnd,
}

impl Device {
    pub(crate) fn hear(&mut self, news: DeviceNews) {
        match news {
            DeviceNews::PhoneCallBegan => self.phone_call = true,
            DeviceNews::PhoneCallEnded => self.phone_call = false,
            DeviceNews::AudioFocusLost => self.focus_lost = true,
            DeviceNews::AudioFocusRegained => self.focus_lost = false,
            DeviceNews::Background => self.background = true,
            DeviceNews::Foreground => self.background = false,
            DeviceNews::Thermal(thermal) => self.thermal = thermal,
        }
    }

    /// What a call made now must hear.
    pub(crate) fn news(self) -> impl Iterator<Item = DeviceNews> {
        let thermal = (self.thermal != Thermal::Normal).then_some(DeviceNews::Thermal(self.thermal));
        [
            self.phone_call.then_some(DeviceNews::PhoneCallBegan),
            self.focus_lost.then_some(DeviceNews::AudioFocusLost),
            self.background.then_some(DeviceNews::Background),
            thermal,
        ]
        .into_iter()
        .flatten()
    }
}

impl Talk {
    pub(super) fn new(media: MediaKinds) -> Self {
        Talk {
            sources: Sources { audio: true, video: true, screen: false },
            device: Device::default(),
            holding: false,
            remote_holding: false,
            ask: VideoAsk::Nobody,
            offerer: false,
            anew: false,
            flow: Flow {
                send_audio: media.audio,
                send_video: if media.video { VideoFlow::Full } else { VideoFlow::Off },
                play_audio: media.audio,
                show_video: media.video,
            },
            shown: (false, false),
            told: None,
            told_hold: false,
        }
    }

    /// Forgets what concerned the other one who has left.
    pub(super) fn leave(&mut self) {
        *self = Talk { remote_holding: false, ask: VideoAsk::Nobody, told: None, told_hold: false, ..*self };
    }

    fn local_hold(&self) -> bool {
        self.holding || self.device.phone_call
    }

    /// What this end has open, as the other end is told; hold is told on its own.
    fn open(&self, media: MediaKinds) -> Sources {
        let video = media.video
            && self.sources.video
            && (self.sources.screen || !self.device.background)
            && self.device.thermal != Thermal::Hot;
        Sources {
            audio: media.audio && self.sources.audio && !self.device.focus_lost,
            video,
            screen: video && self.sources.screen,
        }
    }

    fn wanted_flow(&self, media: MediaKinds) -> Flow {
        let (open, held) = (self.open(media), self.local_hold() || self.remote_holding);
        let pictures =
            if self.device.thermal == Thermal::Warm { VideoFlow::Reduced } else { VideoFlow::Full };
        Flow {
            send_audio: open.audio && !held,
            send_video: if open.video && !held { pictures } else { VideoFlow::Off },
            play_audio: media.audio && !held && !self.device.focus_lost,
            show_video: media.video && !held,
        }
    }
}

impl Call {
    /// Goes on where `old` stops: what its person had muted or held stays so.
    pub(crate) fn inherit(&mut self, old: &Call) {
        self.talk.sources = old.talk.sources;
        self.talk.holding = old.talk.holding;
    }

    pub(super) fn set_media(&mut self, sources: Sources) {
        self.talk.sources = sources;
        self.refresh();
    }

    pub(super) fn device(&mut self, news: DeviceNews) {
        self.talk.device.hear(news);
        self.refresh();
    }

    pub(super) fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Hold => self.talk.holding = true,
            Wish::Resume => self.talk.holding = false,
            Wish::AskVideo => match self.talk.ask {
                VideoAsk::Nobody if !self.media.video => {
                    self.talk.ask = VideoAsk::ThisEnd;
                    self.send(Signal::Talk(Word::AskVideo));
                    self.start_timer(TimerId::VideoAsk, self.config.timers.video_ask);
                }
                VideoAsk::OtherEnd => self.agree(false),
                VideoAsk::Nobody | VideoAsk::ThisEnd => {}
            },
            Wish::AnswerVideo { accept } => match (self.talk.ask, accept) {
                (VideoAsk::OtherEnd, true) => self.agree(false),
                (VideoAsk::OtherEnd, false) => self.no_video(true),
                (VideoAsk::Nobody | VideoAsk::ThisEnd, true | false) => {}
            },
            Wish::StopVideo => self.no_video(true),
        }
        self.refresh();
    }

    pub(super) fn hear(&mut self, word: Word) {
        match word {
            Word::Hold => self.talk.remote_holding = true,
            Word::Resume => self.talk.remote_holding = false,
            Word::AskVideo => match self.talk.ask {
                // There are pictures here already: this end's yes or the other end's no is under way.
                VideoAsk::Nobody if self.media.video => self.send(Signal::Talk(Word::AcceptVideo)),
                VideoAsk::Nobody => {
                    self.talk.ask = VideoAsk::OtherEnd;
                    self.start_timer(TimerId::VideoAsk, self.config.timers.video_ask);
                    self.notify(Notice::Video(VideoNews::Asked));
                }
                // Both asked at once: that is consent.
                VideoAsk::ThisEnd => self.agree(self.talk.offerer),
                VideoAsk::OtherEnd => {}
            },
            Word::AcceptVideo => match self.talk.ask {
                VideoAsk::ThisEnd => self.agreed(true),
                // Accepts a question that was taken back meanwhile.
                VideoAsk::Nobody | VideoAsk::OtherEnd if !self.media.video => {
                    self.send(Signal::Talk(Word::StopVideo));
                }
                VideoAsk::Nobody | VideoAsk::OtherEnd => {}
            },
            Word::StopVideo => self.no_video(false),
        }
        self.refresh();
    }

    /// Nobody answered the wish for pictures.
    pub(super) fn video_unanswered(&mut self) {
        self.no_video(true);
    }

    /// Asks for what has become different from what was last asked for, shown and told.
    pub(super) fn refresh(&mut self) {
        self.set_flow();
        let (local, remote) = (self.talk.local_hold(), self.talk.remote_holding);
        if self.state.has_talked() {
            self.facts.held |= local || remote;
            self.tell(local);
        }
        if std::mem::replace(&mut self.talk.shown, (local, remote)) != (local, remote) {
            self.notify(Notice::Held { local, remote });
        }
    }

    /// Says what may pass, if that has changed.
    pub(super) fn set_flow(&mut self) {
        let flow = self.talk.wanted_flow(self.media);
        if std::mem::replace(&mut self.talk.flow, flow) != flow {
            self.push(Effect::SetFlow(flow));
        }
    }

    fn tell(&mut self, hold: bool) {
        let open = self.talk.open(self.media);
        if self.talk.told.replace(open) != Some(open) {
            self.send(Signal::MediaState(open));
        }
        if std::mem::replace(&mut self.talk.told_hold, hold) != hold {
            self.send(Signal::Talk(if hold { Word::Hold } else { Word::Resume }));
        }
    }

    fn agree(&mut self, offerer: bool) {
        self.send(Signal::Talk(Word::AcceptVideo));
        self.agreed(offerer);
    }

    fn agreed(&mut self, offerer: bool) {
        self.cancel_timer(TimerId::VideoAsk);
        self.talk.ask = VideoAsk::Nobody;
        self.talk.sources.video = true;
        self.media.video = true;
        self.facts.video = true;
        self.push(Effect::AddVideo { offerer });
        self.notify(Notice::Video(VideoNews::Agreed));
    }

    /// No pictures: the person's wish, or the other end's.
    fn no_video(&mut self, tell: bool) {
        let asked = self.talk.ask != VideoAsk::Nobody;
        if !asked && !self.media.video {
            return;
        }
        self.cancel_timer(TimerId::VideoAsk);
        self.talk.ask = VideoAsk::Nobody;
        self.media.video = false;
        if tell {
            self.send(Signal::Talk(Word::StopVideo));
        }
        self.notify(Notice::Video(if asked { VideoNews::Declined } else { VideoNews::Stopped }));
    }
}
