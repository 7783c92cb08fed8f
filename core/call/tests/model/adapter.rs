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
    Ring {
        call: Id,
        to: Who,
    },
    Join {
        call: Id,
    },
    Accept(Id),
    Decline(Id),
    HangUp(Id),
    Wire {
        from: Who,
        call: Id,
        word: Word,
    },
    /// A description arrives, of that side.
    Description {
        from: Who,
        call: Id,
    },
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
    /// Names, one bit for each, calls of the sender that are over.
    Accept {
        over: u8,
    },
    Declined,
    Busy,
    TimedOut,
    Glare,
    Failed,
    Cancel,
    HangUp,
    AcceptedElsewhere,
    DeclinedElsewhere,
    /// The caller makes a new peer connection.
    Anew,
    Join,
    Leave,
    /// In the room, alone, by that call's joining.
    Joined {
        stay: Id,
    },
    /// In the room; the sender is there already.
    JoinedPeer {
        stay: Id,
    },
    /// The sender came.
    PeerJoined {
        stay: Id,
    },
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
    /// The other end has closed it.
    Closed,
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
    /// Somebody rings; accepted already if that is in the place of a call that was wanted.
    Incoming {
        call: Id,
        instead_of: Option<Id>,
        accepted: bool,
    },
    /// `call` is the name on the wire.
    Send {
        to: Address,
        call: Id,
        word: Word,
    },
    /// The description that arrived is of the side to connect with.
    Taken(Id),
    /// With that side, once it is settled.
    StartPeer {
        call: Id,
        offerer: bool,
        polite: bool,
        with: Option<Who>,
    },
    ClosePeer(Id),
    RestartIce(Id),
    Release(Id),
    StartTimer(Id, TimerId),
    CancelTimer(Id, TimerId),
    Ended(Id),
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    Service,
    Side(Who),
    /// All sides of that person, but one perhaps.
    Person {
        person: Who,
        but: Option<Who>,
    },
}

/// The name of each side's person; sides of one name are devices of one person.
pub type People = &'static [&'static str];

/// The machine of one side.
#[derive(Clone)]
pub struct Machine(Lines, People);

const MEDIA: MediaKinds = MediaKinds { audio: true, video: true };
const ROOM: &str = "room";

impl Machine {
    pub fn new(config: Config, people: People) -> Self {
        Machine(Lines::new(config), people)
    }

    /// Lets `event` happen; says what came of it, in order.
    pub fn give(&mut self, event: Event) -> Vec<Out> {
        let people = self.1;
        let user = |side: Who| PeerName::from(people[usize::from(side)]);
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
            Event::Description { from, call } => {
                let from = Sender { peer: user(from), device: Some(device(from)) };
                let passage = lines.description(&from, &id(call));
                (passage == Passage::Take).then_some(Out::Taken(call))
            }
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
        let lines = &mut self.0;
        let effects: Vec<Tagged> = std::iter::from_fn(|| lines.poll_effect()).collect();
        let outs = effects.into_iter().filter_map(|tagged| out(people, lines, tagged));
        first.into_iter().chain(outs).collect()
    }

    /// Everything that can matter later, as text: equal texts behave equally.
    pub fn canonical(&self) -> String {
        let mut value = serde_json::to_value(&self.0).expect("the machine serialises");
        simplify(&mut value);
        value.to_string()
    }

    fn user(&self, side: Who) -> PeerName {
        PeerName::from(self.1[usize::from(side)])
    }

    fn sender(&self, side: Who) -> Sender {
        Sender { peer: self.user(side), device: Some(device(side)) }
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
        let with = RoomPeer { peer: self.user(from), device: Some(device(from)), call: id(call) };
        let message = match word {
            Word::Invite => {
                let from = self.sender(from);
                self.0.invite(&from, &id(call), MEDIA, Timers::default().ring);
                return None;
            }
            Word::Joined { stay } => return self.stay(stay, RoomInput::Joined { with: None }),
            Word::JoinedPeer { stay } => return self.stay(stay, RoomInput::Joined { with: Some(with) }),
            Word::PeerJoined { stay } => return self.stay(stay, RoomInput::PeerJoined(with)),
            Word::PeerLeft => {
                self.0.room(&RoomName::from(ROOM), RoomInput::PeerLeft { call: Some(id(call)) });
                return None;
            }
            Word::Join | Word::Leave => panic!("{word:?} is for the service"),
            Word::Ringing => WireInput::Ringing,
            Word::Accept { over } => {
                let from = self.sender(from);
                bits(over).for_each(|over| self.0.wire(&from, &id(over), WireInput::Cancel));
                WireInput::Accept { media: MEDIA }
            }
            Word::Declined => WireInput::Decline { reason: DeclineReason::Declined },
            Word::Busy => WireInput::Decline { reason: DeclineReason::Busy },
            Word::Glare => WireInput::Decline { reason: DeclineReason::Glare },
            Word::TimedOut => WireInput::Decline { reason: DeclineReason::Timeout },
            Word::Failed => WireInput::Decline { reason: DeclineReason::Failed },
            Word::Cancel => WireInput::Cancel,
            Word::HangUp => WireInput::HangUp,
            Word::AcceptedElsewhere => WireInput::AcceptedElsewhere,
            Word::DeclinedElsewhere => WireInput::DeclinedElsewhere,
            Word::Anew => WireInput::Anew,
        };
        let from = self.sender(from);
        self.0.wire(&from, &id(call), message);
        None
    }

    fn stay(&mut self, stay: Id, input: RoomInput) -> Option<Out> {
        self.0.room_of(&id(stay), &RoomName::from(ROOM), input);
        None
    }
}

/// Takes out what cannot matter: constants, queues that are polled empty, what only the host is told, the
/// number of restarts (it chooses how long the next pause is, and pauses have no length here), the order in
/// which calls ended.
fn simplify(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for constant in ["config", "effects", "media", "restarts", "facts", "flow", "told"] {
                fields.remove(constant);
            }
            if let Some(serde_json::Value::Array(over)) = fields.get_mut("over") {
                over.sort_by_key(serde_json::Value::to_string);
            }
            fields.values_mut().for_each(simplify);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn out(people: People, lines: &Lines, tagged: Tagged) -> Option<Out> {
    let call = number(&tagged.call);
    Some(match tagged.effect {
        LineEffect::Incoming { instead_of, accepted, .. } => {
            Out::Incoming { call, instead_of: instead_of.as_ref().map(number), accepted }
        }
        LineEffect::TellOthers { but, signal } => {
            let person = tagged.party.peer().map_or(0, |peer| person_of(people, peer.as_str()));
            let to = Address::Person { person, but: Some(side(&but)) };
            Out::Send { to, call: wire_name(call, &tagged.party), word: word(signal)? }
        }
        LineEffect::Call(Effect::Send(signal)) => {
            let mut word = word(signal)?;
            if let (Word::Accept { over }, Some(peer)) = (&mut word, tagged.party.peer()) {
                *over = lines.own_over(peer).fold(0, |set, call| set | 1 << number(call));
            }
            let to = match (word, &tagged.device, tagged.party.peer()) {
                (Word::Join | Word::Leave, ..) => Address::Service,
                (_, Some(device), _) => Address::Side(side(device)),
                (_, None, Some(peer)) => {
                    Address::Person { person: person_of(people, peer.as_str()), but: None }
                }
                (_, None, None) => panic!("{word:?} to nobody"),
            };
            Out::Send { to, call: wire_name(call, &tagged.party), word }
        }
        LineEffect::Call(Effect::StartPeer { offerer, polite }) => {
            Out::StartPeer { call, offerer, polite, with: tagged.device.as_ref().map(side) }
        }
        LineEffect::Call(Effect::ClosePeer) => Out::ClosePeer(call),
        LineEffect::Call(Effect::RestartIce) => Out::RestartIce(call),
        LineEffect::Call(Effect::ReleaseMedia) => Out::Release(call),
        LineEffect::Call(Effect::StartTimer(timer, _)) => Out::StartTimer(call, timer),
        LineEffect::Call(Effect::CancelTimer(timer)) => Out::CancelTimer(call, timer),
        LineEffect::Call(Effect::Ended(_)) => Out::Ended(call),
        LineEffect::Call(Effect::Notify(_) | Effect::SetFlow(_) | Effect::AddVideo { .. }) => return None,
    })
}

/// What is said about media during a call changes nothing here.
fn word(signal: Signal) -> Option<Word> {
    Some(match signal {
        Signal::Invite { .. } => Word::Invite,
        Signal::Ringing => Word::Ringing,
        Signal::Accept { .. } => Word::Accept { over: 0 },
        Signal::Decline { reason: DeclineReason::Declined } => Word::Declined,
        Signal::Decline { reason: DeclineReason::Busy } => Word::Busy,
        Signal::Decline { reason: DeclineReason::Timeout } => Word::TimedOut,
        Signal::Decline { reason: DeclineReason::Glare } => Word::Glare,
        Signal::Decline { reason: DeclineReason::Failed } => Word::Failed,
        Signal::Cancel => Word::Cancel,
        Signal::HangUp => Word::HangUp,
        Signal::AcceptedElsewhere => Word::AcceptedElsewhere,
        Signal::DeclinedElsewhere => Word::DeclinedElsewhere,
        Signal::Anew => Word::Anew,
        Signal::Join => Word::Join,
        Signal::Leave => Word::Leave,
        Signal::MediaState(_) | Signal::Talk(_) => return None,
    })
}

fn wire_name(call: Id, party: &Party) -> Id {
    match party {
        Party::Room { with: Some(with), .. } => number(&with.call),
        Party::Room { with: None, .. } | Party::Peer(_) => call,
    }
}

fn peer(fact: Fact) -> PeerInput {
    match fact {
        Fact::Connected => PeerInput::Connected,
        Fact::Disconnected => PeerInput::Disconnected,
        Fact::IceFailed => PeerInput::IceFailed,
        Fact::DtlsFailed => PeerInput::DtlsFailed,
        Fact::NoCommonCodec => PeerInput::NoCommonCodec,
        Fact::Closed => PeerInput::Closed,
    }
}

/// The calls of a set of bits.
pub fn bits(set: u8) -> impl Iterator<Item = Id> {
    (0..8).filter(move |call| set & 1 << call != 0)
}

fn id(call: Id) -> CallId {
    CallId(char::from(b'a' + call).to_string())
}

fn number(call: &CallId) -> Id {
    call.as_str().as_bytes()[0] - b'a'
}

/// Whose device a side is: the first side of that name.
pub fn person(people: People, side: Who) -> Who {
    person_of(people, people[usize::from(side)])
}

fn person_of(people: People, name: &str) -> Who {
    people.iter().position(|each| *each == name).expect("one of us") as Who
}

fn device(side: Who) -> DeviceId {
    DeviceId(side.to_string())
}

fn side(device: &DeviceId) -> Who {
    device.as_str().parse().expect("a side")
}
