//! One call among people without names, in a system where everybody hears everybody: what `socketio-relay`
//! and `ws-broadcast` have in common.
//!
//! * Nobody knows who is there. Who rings offers at once; whoever is there answers, whoever comes later
//!   offers too, and then both have offered.
//! * **Glare**: a page gives way to any offer it hears, and does not tell. If we gave way as well, both
//!   answers would be refused and nobody would be connected. So our offer stands, and is said again, for the
//!   page may have come after it. Two of us settle it by the marks in their offers: the smaller gives way.
//! * Pages lose candidates that come before they have their camera. Ours wait until the answer is there.
//! * Nobody says that they leave. A description of another certificate is somebody new.

use super::offers::{Sdp, fingerprint_of, media_of};
use crate::message::{
    Accept, CallId, CallRef, Candidate, Description, DescriptionKind, DeviceId, IceCandidate, Joined,
    PeerJoined, RoomId, RoomPeer, UserId,
};
use crate::{Envelope, Message};

/// Candidates that wait for an answer: a client has about a dozen.
const MAX_HELD: usize = 64;
/// How often an offer is said again. Each answers an offer of somebody who did not hear ours; more than a
/// few come only from a room in which nobody ever agrees.
const MAX_REPEATS: u8 = 8;

/// Something to say in the words of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// That we are there.
    Enter,
    /// A description of ours.
    Description(Sdp),
    /// A candidate of ours.
    Candidate {
        /// The candidate.
        candidate: IceCandidate,
        /// We made the offer.
        by_caller: bool,
    },
}

/// What comes of something said or heard.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// For the others.
    pub(super) say: Vec<Say>,
    /// For the session.
    pub(super) deliver: Vec<Envelope>,
}

/// The call there is.
#[derive(Debug)]
pub(super) struct Pair {
    names: Names,
    stage: Stage,
}

/// Names for what has none: calls and people. All come from one random number.
#[derive(Debug)]
pub(super) struct Names {
    seed: u128,
    used: u128,
}

#[derive(Debug)]
enum Stage {
    Idle,
    /// In the room; whoever offers is answered.
    Waiting {
        room: RoomId,
        told: bool,
    },
    /// Our offer goes to whoever hears it.
    Calling {
        call: CallId,
        with: UserId,
        offer: Option<Sdp>,
        repeats: u8,
        held: Vec<IceCandidate>,
    },
    /// With somebody.
    Talking(Talk),
}

#[derive(Debug)]
struct Talk {
    call: CallId,
    with: UserId,
    room: Option<RoomId>,
    /// Of the other one.
    fingerprint: Option<String>,
    by_caller: bool,
    /// The offer heard last, and our answer to it: who repeats the one hears the other again.
    heard: Option<String>,
    answer: Option<Sdp>,
    held: Vec<IceCandidate>,
    /// Both descriptions are known there.
    agreed: bool,
}

impl Names {
    pub(super) fn new(seed: u128) -> Self {
        Names { seed, used: 0 }
    }

    /// A call nobody else knows by this name.
    pub(super) fn call(&mut self) -> CallId {
        self.used += 1;
        CallId(format!("{:032x}", self.seed.wrapping_add(self.used)))
    }

    /// Somebody who did not say who they are.
    pub(super) fn person(&self) -> UserId {
        UserId(format!("peer-{}", self.used))
    }

    /// What tells two of us apart.
    pub(super) fn mark(&self) -> String {
        format!("{:032x}", self.seed)
    }
}

impl Pair {
    pub(super) fn new(seed: u128) -> Self {
        Pair { names: Names::new(seed), stage: Stage::Idle }
    }

    /// The connection is there, perhaps again: an offer without an answer may have been lost with the last.
    pub(super) fn entered(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        match &self.stage {
            Stage::Idle => {}
            Stage::Waiting { .. } | Stage::Talking(_) => outcome.say.push(Say::Enter),
            Stage::Calling { offer, .. } => {
                outcome.say.push(Say::Enter);
                outcome.say.extend(offer.clone().map(Say::Description));
            }
        }
        outcome
    }

    /// The system has confirmed that we are there.
    pub(super) fn confirmed(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        if let Stage::Waiting { room, told } = &mut self.stage
            && !std::mem::replace(told, true)
        {
            let joined = Joined { room: room.clone(), stay: None, peer: None };
            outcome.deliver.push(Envelope::from(Message::Joined(joined)));
        }
        outcome
    }

    /// The session says something; `None` when there is no word for it.
    pub(super) fn say(&mut self, envelope: &Envelope) -> Option<Outcome> {
        let mut outcome = Outcome::default();
        match &envelope.message {
            Message::Invite(invite) => {
                let with = envelope.to.clone().unwrap_or_else(|| self.names.person());
                self.stage = Stage::Calling {
                    call: invite.call.clone(),
                    with,
                    offer: None,
                    repeats: 0,
                    held: Vec::new(),
                };
                outcome.say.push(Say::Enter);
            }
            Message::Join(join) => {
                self.stage = Stage::Waiting { room: join.room.clone(), told: false };
                outcome.say.push(Say::Enter);
            }
            Message::Description(description) => self.describe(description, &mut outcome),
            Message::Candidate(Candidate { call, candidate }) => {
                outcome.say.extend(candidate.clone().and_then(|candidate| self.offer_path(call, candidate)));
            }
            Message::Cancel(CallRef { call }) | Message::HangUp(CallRef { call }) => self.forget(call),
            Message::Leave(leave) => self.leave(&leave.room),
            Message::Ringing(_) | Message::Accept(_) => {}
            _ => return None,
        }
        Some(outcome)
    }

    /// Somebody's description.
    pub(super) fn hear_description(&mut self, heard: Sdp) -> Outcome {
        match heard.kind {
            DescriptionKind::Offer => self.hear_offer(heard),
            DescriptionKind::Answer => self.hear_answer(heard),
        }
    }

    /// Somebody's candidate. Whose it is shows by its user fragment, further down.
    pub(super) fn hear_candidate(&mut self, candidate: IceCandidate) -> Outcome {
        let mut outcome = Outcome::default();
        let (call, with) = match &self.stage {
            Stage::Idle | Stage::Waiting { .. } => return outcome,
            Stage::Calling { call, with, .. } => (call, with),
            Stage::Talking(talk) => (&talk.call, &talk.with),
        };
        let message = Message::Candidate(Candidate { call: call.clone(), candidate: Some(candidate) });
        outcome.deliver.push(from(with, message));
        outcome
    }

    fn describe(&mut self, description: &Description, outcome: &mut Outcome) {
        let sdp = Sdp { mark: Some(self.names.mark()), ..Sdp::from(description) };
        match &mut self.stage {
            Stage::Calling { call, offer, .. } if *call == description.call => *offer = Some(sdp.clone()),
            Stage::Talking(talk) if talk.call == description.call => {
                if sdp.kind == DescriptionKind::Answer {
                    talk.answer = Some(sdp.clone());
                    talk.agreed = true;
                }
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling { .. } | Stage::Talking(_) => return,
        }
        outcome.say.push(Say::Description(sdp));
        if let Stage::Talking(talk) = &mut self.stage {
            talk.release(outcome);
        }
    }

    /// A candidate of ours: said once the answer is there.
    fn offer_path(&mut self, of: &CallId, candidate: IceCandidate) -> Option<Say> {
        let held = match &mut self.stage {
            Stage::Calling { call, held, .. } if call == of => held,
            Stage::Talking(talk) if talk.call == *of && talk.agreed => {
                return Some(Say::Candidate { candidate, by_caller: talk.by_caller });
            }
            Stage::Talking(talk) if talk.call == *of => &mut talk.held,
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling { .. } | Stage::Talking(_) => return None,
        };
        if held.len() < MAX_HELD {
            held.push(candidate);
        }
        None
    }

    fn forget(&mut self, ended: &CallId) {
        match &self.stage {
            Stage::Calling { call, .. } | Stage::Talking(Talk { call, .. }) if call == ended => {
                self.stage = Stage::Idle;
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling { .. } | Stage::Talking(_) => {}
        }
    }

    fn leave(&mut self, left: &RoomId) {
        match &self.stage {
            Stage::Waiting { room, .. } | Stage::Talking(Talk { room: Some(room), .. }) if room == left => {
                self.stage = Stage::Idle;
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling { .. } | Stage::Talking(_) => {}
        }
    }

    fn hear_offer(&mut self, heard: Sdp) -> Outcome {
        let ours = self.names.mark();
        match &mut self.stage {
            Stage::Idle => Outcome::default(),
            Stage::Waiting { room, .. } => {
                let room = room.clone();
                self.met(room, heard)
            }
            Stage::Calling { call, with, held, .. }
                if heard.mark.as_ref().is_some_and(|mark| ours < *mark) =>
            {
                let mut talk = Talk::new(call.clone(), with.clone(), None, &heard);
                talk.held = std::mem::take(held);
                let outcome = talk.accepted(heard);
                self.stage = Stage::Talking(talk);
                outcome
            }
            Stage::Calling { offer, repeats, .. } => {
                let mut outcome = Outcome::default();
                if *repeats < MAX_REPEATS
                    && let Some(offer) = offer
                {
                    *repeats += 1;
                    outcome.say.push(Say::Description(offer.clone()));
                }
                outcome
            }
            Stage::Talking(talk) if talk.heard.as_ref() == Some(&heard.sdp) => Outcome {
                say: talk.answer.clone().map(Say::Description).into_iter().collect(),
                ..Outcome::default()
            },
            Stage::Talking(talk) if talk.fingerprint == fingerprint_of(&heard.sdp) => talk.again(heard),
            Stage::Talking(talk) => match talk.room.clone() {
                Some(room) => self.met(room, heard),
                None => {
                    let hang_up = Message::HangUp(CallRef { call: talk.call.clone() });
                    let outcome = Outcome { deliver: vec![from(&talk.with, hang_up)], ..Outcome::default() };
                    self.stage = Stage::Idle;
                    outcome
                }
            },
        }
    }

    /// Somebody offers in our room.
    fn met(&mut self, room: RoomId, heard: Sdp) -> Outcome {
        let call = self.names.call();
        let with = self.names.person();
        let peer = RoomPeer { user: with.clone(), device: DeviceId(with.0.clone()), call: call.clone() };
        let joined = Envelope::from(Message::PeerJoined(PeerJoined { room: room.clone(), stay: None, peer }));
        let mut talk = Talk::new(call, with, Some(room), &heard);
        let mut outcome = talk.again(heard);
        outcome.deliver.insert(0, joined);
        self.stage = Stage::Talking(talk);
        outcome
    }

    fn hear_answer(&mut self, heard: Sdp) -> Outcome {
        let Stage::Calling { call, with, offer: Some(_), held, .. } = &mut self.stage else {
            return Outcome::default();
        };
        let mut talk = Talk::new(call.clone(), with.clone(), None, &heard);
        talk.held = std::mem::take(held);
        talk.by_caller = true;
        talk.agreed = true;
        let mut outcome = talk.accepted(heard);
        talk.release(&mut outcome);
        self.stage = Stage::Talking(talk);
        outcome
    }
}

impl Talk {
    fn new(call: CallId, with: UserId, room: Option<RoomId>, theirs: &Sdp) -> Self {
        Talk {
            call,
            with,
            room,
            fingerprint: fingerprint_of(&theirs.sdp),
            by_caller: false,
            heard: None,
            answer: None,
            held: Vec::new(),
            agreed: false,
        }
    }

    /// Their description answers our call.
    fn accepted(&mut self, heard: Sdp) -> Outcome {
        let media = media_of(&heard.sdp);
        let accept = Message::Accept(Accept { call: self.call.clone(), media, over: Vec::new() });
        let accept = from(&self.with, accept);
        let mut outcome = self.again(heard);
        outcome.deliver.insert(0, accept);
        outcome
    }

    /// Their description, for the connection.
    fn again(&mut self, heard: Sdp) -> Outcome {
        if heard.kind == DescriptionKind::Offer {
            self.heard = Some(heard.sdp.clone());
            self.answer = None;
        }
        let description = heard.into_message(self.call.clone());
        Outcome { deliver: vec![from(&self.with, description)], ..Outcome::default() }
    }

    /// Says the candidates that waited.
    fn release(&mut self, outcome: &mut Outcome) {
        if self.agreed {
            let by_caller = self.by_caller;
            let held = std::mem::take(&mut self.held).into_iter();
            outcome.say.extend(held.map(|candidate| Say::Candidate { candidate, by_caller }));
        }
    }
}

/// A message of `who`.
pub(super) fn from(who: &UserId, message: Message) -> Envelope {
    let mut envelope = Envelope::from(message);
    envelope.from = Some(who.clone());
    envelope
}

#[cfg(test)]
mod tests {
    use super::super::offers::tests::{candidate, sdp};
    use super::*;
    use crate::message::{Invite, Join, MediaKinds};

    fn to(who: &str, message: Message) -> Envelope {
        let mut envelope = Envelope::from(message);
        envelope.to = Some(who.into());
        envelope
    }

    fn offer(who: &str) -> Sdp {
        Sdp { kind: DescriptionKind::Offer, sdp: sdp(who), mark: None }
    }

    fn answer(who: &str) -> Sdp {
        Sdp { kind: DescriptionKind::Answer, ..offer(who) }
    }

    /// Rings, with an offer and a candidate made.
    fn calling(seed: u128) -> (Pair, Sdp) {
        let mut pair = Pair::new(seed);
        let media = MediaKinds { audio: true, video: true };
        let invite = Invite { call: "c".into(), media, expires_in_ms: 60_000 };
        let said = pair.say(&to("anybody", Message::Invite(invite))).unwrap();
        assert_eq!(said.say, [Say::Enter]);
        let own =
            Description { call: "c".into(), kind: DescriptionKind::Offer, sdp: sdp("ours"), exchange: None };
        let mut said = pair.say(&to("anybody", Message::Description(own))).unwrap().say;
        let path = Candidate { call: "c".into(), candidate: Some(candidate(1)) };
        assert_eq!(pair.say(&to("anybody", Message::Candidate(path))), Some(Outcome::default()));
        let Some(Say::Description(sdp)) = said.pop() else { panic!("no offer") };
        (pair, sdp)
    }

    fn waiting() -> Pair {
        let mut pair = Pair::new(9);
        pair.say(&Envelope::from(Message::Join(Join { room: "r".into(), stay: None }))).unwrap();
        let told = pair.confirmed().deliver;
        assert!(matches!(&told[..], [Envelope { message: Message::Joined(_), .. }]), "{told:?}");
        assert_eq!(pair.confirmed(), Outcome::default());
        pair
    }

    fn words(outcome: &Outcome) -> Vec<&'static str> {
        let word = |envelope: &Envelope| match envelope.message {
            Message::Accept(_) => "accept",
            Message::Description(_) => "description",
            Message::PeerJoined(_) => "peer-joined",
            Message::HangUp(_) => "hang-up",
            Message::Candidate(_) => "candidate",
            _ => "other",
        };
        outcome.deliver.iter().map(word).collect()
    }

    #[test]
    fn a_caller_offers_and_tells_its_paths_once_it_is_answered() {
        let (mut pair, own) = calling(1);
        assert_eq!(own.sdp, sdp("ours"));
        let outcome = pair.hear_description(answer("page"));
        assert_eq!(words(&outcome), ["accept", "description"]);
        assert_eq!(outcome.say, [Say::Candidate { candidate: candidate(1), by_caller: true }]);
        assert!(outcome.deliver.iter().all(|envelope| envelope.from == Some("anybody".into())));
        let late = Candidate { call: "c".into(), candidate: Some(candidate(2)) };
        let said = pair.say(&to("anybody", Message::Candidate(late))).unwrap().say;
        assert_eq!(said, [Say::Candidate { candidate: candidate(2), by_caller: true }]);
    }

    #[test]
    fn a_second_answer_is_nobodys() {
        let (mut pair, _) = calling(1);
        pair.hear_description(answer("page"));
        assert_eq!(pair.hear_description(answer("another")), Outcome::default());
        assert_eq!(Pair::new(1).hear_description(answer("page")), Outcome::default());
    }

    #[test]
    fn who_waits_answers_whoever_offers() {
        let mut pair = waiting();
        let outcome = pair.hear_description(offer("page"));
        assert_eq!(words(&outcome), ["peer-joined", "description"]);
        let Message::PeerJoined(joined) = &outcome.deliver[0].message else { panic!("not joined") };
        let call = joined.peer.call.clone();
        let path = Candidate { call: call.clone(), candidate: Some(candidate(1)) };
        assert_eq!(pair.say(&Envelope::from(Message::Candidate(path))), Some(Outcome::default()));
        let ours = Description { call, kind: DescriptionKind::Answer, sdp: sdp("ours"), exchange: None };
        let said = pair.say(&Envelope::from(Message::Description(ours))).unwrap().say;
        assert!(matches!(&said[..], [Say::Description(_), Say::Candidate { by_caller: false, .. }]));
    }

    #[test]
    fn a_page_that_offers_too_hears_our_offer_again() {
        let (mut pair, own) = calling(1);
        for _ in 0..MAX_REPEATS {
            let outcome = pair.hear_description(offer("page"));
            assert_eq!((outcome.say, outcome.deliver.len()), (vec![Say::Description(own.clone())], 0));
        }
        assert_eq!(pair.hear_description(offer("page")), Outcome::default(), "not for ever");
    }

    #[test]
    fn of_two_of_us_who_offer_exactly_one_gives_way() {
        let ((mut small, from_small), (mut large, from_large)) = (calling(1), calling(2));
        let kept = large.hear_description(from_small);
        assert_eq!(kept.say, [Say::Description(from_large.clone())]);
        let gave_way = small.hear_description(from_large.clone());
        assert_eq!(words(&gave_way), ["accept", "description"]);
        assert_eq!(small.hear_description(from_large.clone()), Outcome::default(), "no answer of ours yet");
        let ours =
            Description { call: "c".into(), kind: DescriptionKind::Answer, sdp: sdp("ours"), exchange: None };
        let said = small.say(&to("anybody", Message::Description(ours))).unwrap().say;
        assert!(matches!(&said[..], [Say::Description(_), Say::Candidate { by_caller: false, .. }]));
        let Say::Description(reply) = said[0].clone() else { panic!("no answer") };
        assert_eq!(small.hear_description(from_large).say, [Say::Description(reply.clone())], "said again");
        assert_eq!(words(&large.hear_description(reply)), ["accept", "description"]);
    }

    #[test]
    fn the_same_one_may_offer_again_and_somebody_new_ends_the_call() {
        let mut pair = waiting();
        pair.hear_description(offer("page"));
        let mut again = offer("page");
        again.sdp.push_str("a=x\r\n");
        assert_eq!(words(&pair.hear_description(again)), ["description"]);
        let outcome = pair.hear_description(offer("reloaded"));
        assert_eq!(words(&outcome), ["peer-joined", "description"]);

        let (mut pair, _) = calling(1);
        pair.hear_description(answer("page"));
        assert_eq!(words(&pair.hear_description(offer("reloaded"))), ["hang-up"]);
        assert_eq!(pair.hear_candidate(candidate(3)), Outcome::default());
    }

    #[test]
    fn a_connection_made_anew_says_what_may_be_lost() {
        let (mut pair, own) = calling(1);
        assert_eq!(pair.entered().say, [Say::Enter, Say::Description(own)]);
        pair.hear_description(answer("page"));
        assert_eq!(pair.entered().say, [Say::Enter]);
        pair.say(&Envelope::from(Message::HangUp(CallRef { call: "c".into() }))).unwrap();
        assert_eq!(pair.entered(), Outcome::default());
    }

    #[test]
    fn what_has_no_word_is_not_said() {
        let (mut pair, _) = calling(1);
        let hold = Envelope::from(Message::Hold(CallRef { call: "c".into() }));
        assert_eq!(pair.say(&hold), None);
    }
}
