//! The only file of the model that knows the machine's API: small words in, small words out.
//!
//! A change of that API is followed here; the rest of the model speaks [`Event`] and [`Out`].

use duet_call::*;

/// A call. Its order is the order of the machine's ids, and so settles a glare.
pub type Id = u8;

/// One who takes part: an index of the sides.
pub type Who = u8;

/// Who answers for rooms.
pub const SERVICE: Who = 9;

/// Something that happens to one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    Ring { call: Id, to: Who },
    Join { call: Id },
    Accept(Id),
    Decline(Id),
    HangUp(Id),
    Wire { from: Who, call: Id, word: Word },
    Link(Id, Fact),
    Timer(Id, TimerId),
    SignalingLost,
    SignalingRestored,
    SignalingGone,
    NetworkChanged,
}

/// A message between two sides, or between a side and the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    Invite,
    Ringing,
    Accept,
    Declined,
    Busy,
    TimedOut,
    Failed,
    Cancel,
    HangUp,
    Join,
    Leave,
    /// In the room, alone.
    Joined,
    /// In the room; the sender is there already.
    JoinedPeer,
    /// The sender came.
    PeerJoined,
    /// The sender left.
    PeerLeft,
}

/// What a peer connection says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    Connected,
    Disconnected,
    IceFailed,
    DtlsFailed,
    NoCommonCodec,
}

/// Something a side asks for, or tells its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// The call asked for is there.
    Opened(Id),
    /// The call asked for was refused at once.
    Refused,
    /// Ringing somebody who rings here answered that call instead.
    Answered(Id),
    /// Somebody rings.
    Incoming {
        call: Id,
        instead_of: Option<Id>,
    },
    /// `call` is the name on the wire.
    Send {
        to: Who,
        call: Id,
        word: Word,
    },
    StartPeer {
        call: Id,
        offerer: bool,
        polite: bool,
    },
    ClosePeer(Id),
    RestartIce(Id),
    Release(Id),
    StartTimer(Id, TimerId),
    CancelTimer(Id, TimerId),
    Ended(Id),
}

/// The machine of one side.
#[derive(Clone)]
pub struct Machine(Lines);

const MEDIA: MediaKinds = MediaKinds { audio: true, video: true };
const USERS: [&str; 2] = ["ann", "bob"];
const ROOM: &str = "room";

impl Machine {
    pub fn new(config: Config) -> Self {
        Machine(Lines::new(config))
    }

    /// Lets `event` happen; says what came of it, in order.
    pub fn give(&mut self, event: Event) -> Vec<Out> {
        let lines = &mut self.0;
        let first = match event {
            Event::Ring { call, to } => Some(match lines.ring(id(call), user(to), MEDIA) {
                Ok(Placed::Ringing) => Out::Opened(call),
                Ok(Placed::Answered(theirs)) => Out::Answered(number(&theirs)),
                Err(_) => Out::Refused,
            }),
            Event::Join { call } => Some(match lines.join(id(call), RoomName::from(ROOM), MEDIA) {
                Ok(()) => Out::Opened(call),
                Err(_) => Out::Refused,
            }),
            Event::Accept(call) => self.input(call, Input::User(UserInput::Accept { media: MEDIA })),
            Event::Decline(call) => self.input(call, Input::User(UserInput::Decline)),
            Event::HangUp(call) => self.input(call, Input::User(UserInput::HangUp)),
            Event::Wire { from, call, word } => self.wire(from, call, word),
            Event::Link(call, fact) => self.input(call, Input::Peer(peer(fact))),
            Event::Timer(call, timer) => self.input(call, Input::TimerFired(timer)),
            Event::SignalingLost => self.signaling(SignalingInput::Lost),
            Event::SignalingRestored => self.signaling(SignalingInput::Restored),
            Event::SignalingGone => self.signaling(SignalingInput::LostForGood(SignalingLoss::Unreachable)),
            Event::NetworkChanged => {
                lines.network_changed();
                None
            }
        };
        let effects = std::iter::from_fn(|| self.0.poll_effect()).filter_map(out);
        first.into_iter().chain(effects).collect()
    }

    /// Everything that can matter later, as text: equal texts behave equally.
    pub fn canonical(&self) -> String {
        let mut value = serde_json::to_value(&self.0).expect("the machine serialises");
        simplify(&mut value);
        value.to_string()
    }

    fn input(&mut self, call: Id, input: Input) -> Option<Out> {
        self.0.input(&id(call), input);
        None
    }

    fn signaling(&mut self, input: SignalingInput) -> Option<Out> {
        self.0.signaling(input);
        None
    }

    fn wire(&mut self, from: Who, call: Id, word: Word) -> Option<Out> {
        let with = RoomPeer { peer: user(from), call: id(call) };
        let message = match word {
            Word::Invite => {
                self.0.invite(&user(from), &id(call), MEDIA, Timers::default().ring);
                return None;
            }
            Word::Joined => return self.room(RoomInput::Joined { with: None }),
            Word::JoinedPeer => return self.room(RoomInput::Joined { with: Some(with) }),
            Word::PeerJoined => return self.room(RoomInput::PeerJoined(with)),
            Word::PeerLeft => return self.room(RoomInput::PeerLeft { call: Some(id(call)) }),
            Word::Join | Word::Leave => panic!("{word:?} is for the service"),
            Word::Ringing => WireInput::Ringing,
            Word::Accept => WireInput::Accept { media: MEDIA },
            Word::Declined => WireInput::Decline { reason: DeclineReason::Declined },
            Word::Busy => WireInput::Decline { reason: DeclineReason::Busy },
            Word::TimedOut => WireInput::Decline { reason: DeclineReason::Timeout },
            Word::Failed => WireInput::Decline { reason: DeclineReason::Failed },
            Word::Cancel => WireInput::Cancel,
            Word::HangUp => WireInput::HangUp,
        };
        self.0.wire(&user(from), &id(call), message);
        None
    }

    fn room(&mut self, input: RoomInput) -> Option<Out> {
        self.0.room(&RoomName::from(ROOM), input);
        None
    }
}

/// Takes out what cannot matter: constants, queues that are polled empty, the number of restarts (it
/// chooses how long the next pause is, and pauses have no length here), the order in which calls ended.
fn simplify(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for constant in ["config", "effects", "media", "restarts"] {
                fields.remove(constant);
            }
            if let Some(serde_json::Value::Array(over)) = fields.get_mut("over") {
                over.sort_by_key(|name| name.as_str().map(str::to_owned));
            }
            fields.values_mut().for_each(simplify);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn out(tagged: Tagged) -> Option<Out> {
    let call = number(&tagged.call);
    Some(match tagged.effect {
        LineEffect::Incoming { instead_of, .. } => {
            Out::Incoming { call, instead_of: instead_of.as_ref().map(number) }
        }
        LineEffect::Call(Effect::Send(signal)) => send(call, &tagged.party, signal),
        LineEffect::Call(Effect::StartPeer { offerer, polite }) => Out::StartPeer { call, offerer, polite },
        LineEffect::Call(Effect::ClosePeer) => Out::ClosePeer(call),
        LineEffect::Call(Effect::RestartIce) => Out::RestartIce(call),
        LineEffect::Call(Effect::ReleaseMedia) => Out::Release(call),
        LineEffect::Call(Effect::StartTimer(timer, _)) => Out::StartTimer(call, timer),
        LineEffect::Call(Effect::CancelTimer(timer)) => Out::CancelTimer(call, timer),
        LineEffect::Call(Effect::Ended(_)) => Out::Ended(call),
        LineEffect::Call(Effect::Notify(_)) => return None,
    })
}

fn send(call: Id, party: &Party, signal: Signal) -> Out {
    let word = match signal {
        Signal::Invite { .. } => Word::Invite,
        Signal::Ringing => Word::Ringing,
        Signal::Accept { .. } => Word::Accept,
        Signal::Decline { reason: DeclineReason::Declined } => Word::Declined,
        Signal::Decline { reason: DeclineReason::Busy } => Word::Busy,
        Signal::Decline { reason: DeclineReason::Timeout } => Word::TimedOut,
        Signal::Decline { reason: DeclineReason::Failed } => Word::Failed,
        Signal::Cancel => Word::Cancel,
        Signal::HangUp => Word::HangUp,
        Signal::Join => return Out::Send { to: SERVICE, call, word: Word::Join },
        Signal::Leave => return Out::Send { to: SERVICE, call, word: Word::Leave },
    };
    match party {
        Party::Peer(peer) => Out::Send { to: side(peer), call, word },
        Party::Room { with: Some(with), .. } => {
            Out::Send { to: side(&with.peer), call: number(&with.call), word }
        }
        Party::Room { with: None, .. } => panic!("{word:?} to nobody"),
    }
}

fn peer(fact: Fact) -> PeerInput {
    match fact {
        Fact::Connected => PeerInput::Connected,
        Fact::Disconnected => PeerInput::Disconnected,
        Fact::IceFailed => PeerInput::IceFailed,
        Fact::DtlsFailed => PeerInput::DtlsFailed,
        Fact::NoCommonCodec => PeerInput::NoCommonCodec,
    }
}

fn id(call: Id) -> CallId {
    CallId(char::from(b'a' + call).to_string())
}

fn number(call: &CallId) -> Id {
    call.as_str().as_bytes()[0] - b'a'
}

/// Whose device a side is.
pub fn person(side: Who) -> Who {
    side.min(1)
}

fn user(side: Who) -> PeerName {
    PeerName::from(USERS[usize::from(person(side))])
}

fn side(peer: &PeerName) -> Who {
    USERS.iter().position(|name| *name == peer.as_str()).map_or(SERVICE, |side| side as Who)
}
