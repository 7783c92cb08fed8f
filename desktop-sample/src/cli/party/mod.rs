//! One side of a call: its session, its call, its media, and what became of them.

mod act;
mod facts;
mod figures;
mod waiting;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use duet_core::{
    Call, CallEvent, CallId, CallOptions, CallState, CallStats, Dialect, EndReason, Engine, RoomId, Session,
    SessionConfig, SessionEvent, SessionState, Subscription, Time, UserId,
};

pub(crate) use act::{Answer, Manners};
pub(crate) use facts::{Facts, Role, ended_by};

use super::Failure;
use super::call::action::{Action, Typed};
use super::progress::Screen;
use super::report::Event;
use crate::media::{Bell, Media, Plan};
use figures::Figures;

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
    /// What this side does by itself.
    pub(crate) manners: Manners,
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
    /// A person typed something.
    Typed(Typed),
    /// The process is asked to end.
    Interrupt,
}

/// Something that happened to one side.
pub(crate) enum News {
    Session(SessionEvent),
    Call(CallId, CallEvent),
}

/// One side of a call.
pub(crate) struct Party {
    who: usize,
    engine: Engine,
    session: Session,
    goal: Goal,
    options: CallOptions,
    manners: Manners,
    /// There are pictures to send, if they are wanted.
    can_film: bool,
    plan: Option<Plan>,
    notes: Sender<Note>,
    pub(crate) screen: Screen,
    bell: Arc<Bell>,
    call: Option<Call>,
    media: Option<Media>,
    _session_events: Subscription,
    _call_events: Option<Subscription>,
    /// Who calls during the call, and whom the call was with before.
    others: waiting::Others,
    /// It rings here since.
    rings_since: Option<Time>,
    /// Who holds the call: this side, the other.
    held: (bool, bool),
    /// The two want pictures.
    pictures: bool,
    facts: Facts,
    stats: CallStats,
    sampled: Time,
    figures: Figures,
}

impl Party {
    /// Connects to the signaling service in the background; [`Party::on_news`] does the rest.
    pub(crate) fn new(engine: &Engine, seat: Seat, notes: &Sender<Note>) -> Result<Self, Failure> {
        let Seat { who, config, goal, options, manners, plan, screen } = seat;
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
            pictures: options.video,
            options,
            manners,
            can_film: plan.pictures.is_some(),
            plan: Some(plan),
            notes: notes.clone(),
            screen,
            bell: Arc::default(),
            call: None,
            media: None,
            _session_events: events,
            _call_events: None,
            others: waiting::Others::default(),
            rings_since: None,
            held: (false, false),
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

    /// Hangs up, and leaves nobody waiting or on hold; the end is told as news.
    pub(crate) fn hang_up(&mut self) {
        self.sample();
        self.others = waiting::Others::default();
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
            News::Call(call, event) => match &self.call {
                Some(current) if current.id() == call => self.on_call_event(at, event),
                _ => self.on_other_event(&call, event),
            },
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
        self.follow_script(now);
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
        self._call_events = Some(self.listen(&call));
        self.call = Some(call);
    }

    fn listen(&self, call: &Call) -> Subscription {
        let (who, bell) = (self.who, self.bell.clone());
        let (notes, engine) = (self.notes.clone(), self.engine.clone());
        let id = call.id();
        call.on_event(move |event| match event {
            // Thirty times a second, and the screen knows what to do.
            CallEvent::FrameReady => bell.ring(),
            event => tell(&notes, &engine, who, News::Call(id.clone(), event)),
        })
    }

    fn on_incoming(&mut self, at: Time, call: Call) {
        // One that is over already, since its caller gave up or rang anew meanwhile, did ring.
        if !matches!(call.state(), CallState::Incoming | CallState::Ended) {
            // Both rang at once, or they rang anew: this call took the place of ours.
            self.screen.say("they rang at the same time; in their call now");
            return self.take(call);
        }
        if self.call.as_ref().is_some_and(|current| !replaces_ring(&call, current)) {
            return self.on_waiting(call);
        }
        if self.goal != Goal::Answer {
            return call.decline();
        }
        let from = call.peer().map(|peer| peer.to_string()).unwrap_or_default();
        self.screen.event(&Event::Incoming { from: from.clone() });
        self.rings_since = Some(at);
        self.take(call);
        match self.manners.answer {
            Answer::Accept => {
                self.screen.say(format!("{from} is calling; answering"));
                self.accept();
            }
            Answer::Decline => self.act(Action::Decline),
            Answer::Ignore => self.screen.say(format!("{from} is calling; answer a or d")),
        }
    }

    fn on_call_event(&mut self, at: Time, event: CallEvent) {
        match event {
            CallEvent::State(state) => self.on_call_state(state),
            CallEvent::RemoteRinging => {
                self.screen.event(&Event::Ringing);
                self.screen.say("it rings");
            }
            CallEvent::RemoteMedia { audio, video, screen } => {
                self.facts.remote_media = (audio, video);
                self.screen.event(&Event::RemoteMedia { audio, video, screen });
            }
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
            CallEvent::Held { local, remote } => self.on_held(local, remote),
            CallEvent::Video(news) => self.on_video(news),
            CallEvent::Ended(_) if self.others.has_held() => self.return_to_held(),
            CallEvent::Ended(ended) => {
                self.sample();
                let (by, reason) = (facts::ended_by(&ended).to_owned(), ended.reason.to_string());
                self.screen.say(ended.to_string());
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
                self.start_media();
            }
            // A call that was connected while it rang.
            CallState::Connected if self.media.is_none() => self.start_media(),
            CallState::Reconnecting => self.screen.say("connection lost; looking for another way ..."),
            CallState::Connected if self.facts.media_at.is_some() => self.screen.say("connected again"),
            _ => {}
        }
    }

    fn start_media(&mut self) {
        if let (Some(plan), Some(call)) = (self.plan.take(), &self.call) {
            self.media = Some(Media::start(&self.engine, call, plan, self.bell.clone()));
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
}

/// Somebody whose call rings, or rang until this very moment, rings anew.
fn replaces_ring(anew: &Call, current: &Call) -> bool {
    anew.peer() == current.peer() && matches!(current.state(), CallState::Incoming | CallState::Ended)
}

fn tell(notes: &Sender<Note>, engine: &Engine, who: usize, news: News) {
    // The receiver is gone when the command is over.
    let _ = notes.send(Note::News { who, at: engine.now(), news });
}
