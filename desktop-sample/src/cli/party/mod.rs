//! One side of a call: its session, its call, its media, and what became of them.

mod facts;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use duet_core::{
    Call, CallEvent, CallOptions, CallState, CallStats, Dialect, EndReason, Engine, RoomId, Session,
    SessionConfig, SessionEvent, SessionState, Subscription, Time, UserId,
};

pub(crate) use facts::{Facts, Role, ended_by};

use super::Failure;
use super::progress::Screen;
use super::report::{AudioReport, Event, IceReport, Report, VideoReport};
use crate::media::{Bell, Media, Outcome, Plan};

/// Figures on the live line change this often: readable, yet lively.
const FIGURES: Duration = Duration::from_millis(500);
/// Statistics are read this often between.
const SAMPLES: Duration = Duration::from_millis(100);

/// How this side gets into a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Calls somebody.
    Ring(UserId),
    /// Enters a room.
    Join(RoomId),
    /// Answers whoever calls first.
    Answer,
}

/// What a side is made of.
pub(crate) struct Seat {
    /// Index of the side, in its notes.
    pub(crate) who: usize,
    /// Where to meet, and as whom.
    pub(crate) config: SessionConfig,
    /// How to get into a call.
    pub(crate) goal: Goal,
    pub(crate) options: CallOptions,
    /// What to send and what to keep.
    pub(crate) plan: Plan,
    pub(crate) screen: Screen,
}

/// Something that happened, for the thread that runs the command.
pub(crate) enum Note {
    /// To one of the sides.
    News {
        /// Index of the side.
        who: usize,
        /// When, on the engine's clock.
        at: Time,
        /// What.
        news: News,
    },
    /// The process is asked to end.
    Interrupt,
}

/// Something that happened to one side.
pub(crate) enum News {
    Session(SessionEvent),
    Call(CallEvent),
}

/// One side of a call.
pub(crate) struct Party {
    who: usize,
    engine: Engine,
    session: Session,
    goal: Goal,
    options: CallOptions,
    plan: Option<Plan>,
    notes: Sender<Note>,
    pub(crate) screen: Screen,
    bell: Arc<Bell>,
    call: Option<Call>,
    media: Option<Media>,
    _session_events: Subscription,
    _call_events: Option<Subscription>,
    facts: Facts,
    stats: CallStats,
    sampled: Time,
    figures: Figures,
}

/// What the live line last showed, to tell rates.
#[derive(Default)]
struct Figures {
    at: Time,
    frames: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Party {
    /// Connects to the signaling service in the background; [`Party::on_news`] does the rest.
    pub(crate) fn new(engine: &Engine, seat: Seat, notes: &Sender<Note>) -> Result<Self, Failure> {
        let Seat { who, config, goal, options, plan, screen } = seat;
        let session = engine.session(config)?;
        let events = {
            let (notes, engine) = (notes.clone(), engine.clone());
            session.on_event(move |event| tell(&notes, &engine, who, News::Session(event)))
        };
        Ok(Party {
            who,
            engine: engine.clone(),
            session,
            goal,
            options,
            plan: Some(plan),
            notes: notes.clone(),
            screen,
            bell: Arc::default(),
            call: None,
            media: None,
            _session_events: events,
            _call_events: None,
            facts: Facts::default(),
            stats: CallStats::default(),
            sampled: Time::ZERO,
            figures: Figures::default(),
        })
    }

    /// What is known so far.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Which system this side talks to.
    pub(crate) fn dialect(&self) -> Dialect {
        self.session.dialect()
    }

    /// The call, once there is one.
    pub(crate) fn has_call(&self) -> bool {
        self.call.is_some()
    }

    /// Gives up, for a reason that is reported.
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.facts.failure.get_or_insert(failure);
        self.hang_up();
    }

    /// Hangs up; the end is told as news.
    pub(crate) fn hang_up(&mut self) {
        self.sample();
        if let Some(call) = &self.call {
            call.hang_up();
        }
    }

    /// Takes one event in.
    pub(crate) fn on_news(&mut self, at: Time, news: News) {
        match news {
            News::Session(SessionEvent::State(state)) => self.on_session_state(state),
            News::Session(SessionEvent::Incoming(call)) => self.on_incoming(at, call),
            News::Session(SessionEvent::Failed(error)) => {
                self.facts.failure.get_or_insert(error.into());
            }
            News::Call(event) => self.on_call_event(at, event),
        }
    }

    /// Does what time asks for: statistics, the live line, noticing media.
    pub(crate) fn on_time(&mut self, now: Time) {
        if now.since(self.sampled) < SAMPLES {
            return;
        }
        self.sampled = now;
        self.sample();
        self.notice_media(now);
        if now.since(self.figures.at) >= FIGURES {
            self.show_figures(now);
        }
    }

    fn on_session_state(&mut self, state: SessionState) {
        let name = match state {
            SessionState::Connecting => return,
            SessionState::Connected => "connected",
            SessionState::Reconnecting => "reconnecting",
            SessionState::Closed => "closed",
        };
        self.screen.event(&Event::Signaling { state: name });
        if state == SessionState::Connected && !self.facts.signaling {
            self.facts.signaling = true;
            self.screen.say(format!("I am {}", self.session.user()));
            if let Err(failure) = self.begin() {
                self.fail(failure);
            }
        }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        match &self.goal {
            Goal::Ring(to) => {
                self.screen.say(format!("calling {to} ..."));
                self.facts.role = Some(Role::Caller);
                let call = self.session.ring(to.clone(), self.options.clone())?;
                self.take(call);
                if matches!(self.dialect(), Dialect::SocketIoRelay | Dialect::WsBroadcast) {
                    // Whoever comes later is called, too.
                    self.screen.event(&Event::Ready);
                }
            }
            Goal::Join(room) => {
                self.screen.say(format!("entering room {room} ..."));
                let call = self.session.join(room.clone(), self.options.clone())?;
                self.take(call);
            }
            Goal::Answer => {
                self.screen.say("waiting for a call ...");
                self.facts.role = Some(Role::Callee);
                self.screen.event(&Event::Ready);
            }
        }
        Ok(())
    }

    fn take(&mut self, call: Call) {
        let (who, bell) = (self.who, self.bell.clone());
        let (notes, engine) = (self.notes.clone(), self.engine.clone());
        self._call_events = Some(call.on_event(move |event| match event {
            // Thirty times a second, and the screen knows what to do.
            CallEvent::FrameReady => bell.ring(),
            event => tell(&notes, &engine, who, News::Call(event)),
        }));
        self.call = Some(call);
    }

    fn on_incoming(&mut self, at: Time, call: Call) {
        if call.state() != CallState::Incoming {
            // Both rang at once, or they rang anew: this call took the place of ours.
            self.screen.say("they rang at the same time; in their call now");
            return self.take(call);
        }
        if self.goal != Goal::Answer || self.call.is_some() {
            return call.decline();
        }
        if let Some(peer) = call.peer() {
            self.screen.say(format!("{peer} is calling; answering"));
        }
        self.facts.accepted_at = Some(at);
        self.take(call.clone());
        call.accept(self.options.clone());
    }

    fn on_call_event(&mut self, at: Time, event: CallEvent) {
        match event {
            CallEvent::State(state) => self.on_call_state(state),
            CallEvent::RemoteRinging => self.screen.say("it rings"),
            CallEvent::RemoteMedia { audio, video, .. } => self.facts.remote_media = (audio, video),
            CallEvent::Connected { setup } => {
                self.facts.connected_at.get_or_insert(at);
                self.facts.connect.get_or_insert(setup);
                let ms = setup.as_millis() as u64;
                self.screen.event(&Event::Connected { ms });
                self.screen.say(format!("connected in {ms} ms"));
            }
            // The call that took its place goes on.
            CallEvent::Ended(ended) if matches!(ended.reason, EndReason::GlareLost | EndReason::Recalled) => {
            }
            CallEvent::Held { local, remote } => self.screen.say(match (local, remote) {
                (_, true) => "the other side holds the call",
                (true, false) => "the call is on hold",
                (false, false) => "the call goes on",
            }),
            CallEvent::Video(news) => self.screen.say(format!("pictures: {news:?}")),
            CallEvent::Ended(ended) => {
                self.sample();
                let (by, reason) = (facts::ended_by(&ended).to_owned(), ended.reason.to_string());
                self.screen.say(format!("ended by {by}: {reason}"));
                self.screen.event(&Event::Ended { by, reason });
                self.facts.ended = Some(ended);
            }
            _ => {}
        }
    }

    fn on_call_state(&mut self, state: CallState) {
        match state {
            CallState::Waiting => {
                if self.dialect() == Dialect::Duet {
                    self.facts.role = Some(Role::Callee);
                }
                self.screen.event(&Event::Ready);
                self.screen.say("alone in the room; waiting for the other side ...");
            }
            CallState::Connecting => {
                let calls = self.call.as_ref().and_then(Call::is_caller);
                let role = calls.map(|calls| if calls { Role::Caller } else { Role::Callee });
                self.facts.role = role.or(self.facts.role);
                if let (Some(plan), Some(call)) = (self.plan.take(), &self.call) {
                    self.media = Some(Media::start(&self.engine, call, plan, self.bell.clone()));
                }
            }
            CallState::Reconnecting => self.screen.say("connection lost; looking for another way ..."),
            CallState::Connected if self.facts.media_at.is_some() => self.screen.say("connected again"),
            _ => {}
        }
    }

    /// Keeps the latest statistics; a call that is over has no path any more, but had one.
    fn sample(&mut self) {
        if let Some(call) = &self.call
            && self.facts.ended.is_none()
        {
            let mut stats = call.stats();
            stats.ice_pair = stats.ice_pair.or(self.stats.ice_pair.take());
            stats.dtls = stats.dtls.or(self.stats.dtls.take());
            if call.state() == CallState::Ended && !self.stats.ice_state.is_empty() {
                stats.ice_state = std::mem::take(&mut self.stats.ice_state);
            }
            self.stats = stats;
        }
    }

    fn notice_media(&mut self, now: Time) {
        let Some(media) = &self.media else { return };
        if self.facts.connected_at.is_none() || self.facts.media_at.is_some() || self.facts.ended.is_some() {
            return;
        }
        let expected = (
            self.options.audio && self.facts.remote_media.0,
            self.options.video && self.facts.remote_media.1,
        );
        if facts::is_media(&self.stats, &media.seen(), expected) {
            self.facts.media_at = Some(now);
            self.screen.event(&Event::Media);
            self.screen.say("pictures and sound flow both ways");
        }
    }

    fn show_figures(&mut self, now: Time) {
        let seconds = now.since(self.figures.at).as_secs_f64();
        let (stats, before) = (&self.stats, &self.figures);
        let kbps = |bytes: u64, before: u64| bytes.saturating_sub(before) as f64 * 0.008 / seconds;
        let (bytes_in, bytes_out) = (
            stats.inbound_video.bytes_received,
            stats.outbound_video.bytes_sent + stats.outbound_audio.bytes_sent,
        );
        let frames = stats.inbound_video.frames_decoded;
        let rtt = stats.rtt.map_or("-".into(), |rtt| format!("{:.1} ms", rtt.as_secs_f64() * 1e3));
        self.screen.live(format!(
            "{}x{} {:>4.1} fps, video in {:.0} kbit/s, out {:.0} of {:.0} kbit/s, RTT {rtt}",
            stats.inbound_video.width,
            stats.inbound_video.height,
            frames.saturating_sub(before.frames) as f64 / seconds,
            kbps(bytes_in, before.bytes_in),
            kbps(bytes_out, before.bytes_out),
            stats.available_send_bps as f64 / 1e3,
        ));
        self.figures = Figures { at: now, frames, bytes_in, bytes_out };
    }

    /// Stops the media threads and reports; `ok` and `error` are for the caller to fill in.
    pub(crate) fn finish(&mut self) -> (Report, Option<Outcome>) {
        self.screen.clear();
        self.sample();
        let outcome = self.media.take().map(Media::stop);
        let (seen, heard) = outcome.as_ref().map(|o| (o.seen.clone(), o.heard.clone())).unwrap_or_default();
        let (facts, stats) = (&self.facts, &self.stats);
        let received = &stats.inbound_video;
        let report = Report {
            dialect: self.dialect().as_str(),
            role: facts.role.map(Role::name),
            connect_ms: facts.connect.map(|setup| setup.as_millis() as u64),
            ended_by: facts.ended.as_ref().map(|ended| facts::ended_by(ended).to_owned()),
            video: VideoReport {
                codec: received.codec.or(stats.outbound_video.codec).map(|codec| codec.mime_type()),
                frames_decoded: received.frames_decoded,
                frames_changed: seen.changed,
                width: received.width,
                height: received.height,
                packets_sent: stats.outbound_video.packets_sent,
                fps: (seen.fps() * 10.0).round() / 10.0,
                ..VideoReport::default()
            },
            audio: AudioReport {
                codec: (stats.inbound_audio.packets_received > 0).then_some("audio/opus"),
                packets_received: stats.inbound_audio.packets_received,
                energy: heard.energy,
                packets_sent: stats.outbound_audio.packets_sent,
                tone_hz: None,
            },
            ice: IceReport { state: stats.ice_state.clone(), pair: stats.ice_pair.clone() },
            dtls: stats.dtls.clone(),
            ..Report::default()
        };
        (report, outcome)
    }
}

fn tell(notes: &Sender<Note>, engine: &Engine, who: usize, news: News) {
    // The receiver is gone when the command is over.
    let _ = notes.send(Note::News { who, at: engine.now(), news });
}
