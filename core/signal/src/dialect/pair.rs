//! One call among people without names, in a system where everybody hears everybody: what `socketio-relay`
//! and `ws-broadcast` have in common.
//!
//! * Nobody knows who is there. Who rings offers at once; whoever is there answers, whoever comes later
//!   offers too, and then both have offered.
//! * **Glare**: a page gives way to any offer it hears, and does not tell. If we gave way as well, both
//!   answers would be refused and nobody would be connected. So our offer stands while its answer may be on
//!   the way; only then the page came too late to hear it, and we give way. Two of us settle it by the marks
//!   in their offers: the smaller gives way.
//! * A page that gave way before it had its first candidate never finds any (Chromium 156). Who answers and
//!   names no candidate is offered another connection.
//! * Pages lose candidates that come before they have their camera. Ours wait until the answer is there.
//! * Nobody says that they leave. A description of another certificate is somebody new.

use std::time::Duration;

use super::offers::{Sdp, fingerprint_of, media_of};
use crate::message::{
    Accept, CallId, CallRef, Candidate, Description, DescriptionKind, DeviceId, ErrorCode, ErrorInfo,
    IceCandidate, Joined, MediaKinds, PeerJoined, RoomId, RoomPeer, UserId,
};
use crate::{Envelope, Message};

/// Candidates that wait for an answer: a client has about a dozen.
const MAX_HELD: usize = 64;
/// How long an answer may be on the way. Pages that offer have their camera already, and answer at once.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// How long the first candidate may take after an answer: browsers find those of their own device at once.
const CANDIDATE_TIME: Duration = Duration::from_millis(700);
/// How often an offer is said again. Each answers an offer of somebody who did not hear ours; more than a
/// few come only from a room in which nobody ever agrees.
const MAX_REPEATS: u8 = 8;

/// The connection that answers a call, and the one made in its place.
const FIRST: &str = "1";
const SECOND: &str = "2";

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
    /// [`Pair::wake`] is wanted after this time.
    pub(super) wake: Option<Duration>,
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
    Calling(Ring),
    /// With somebody.
    Talking(Talk),
}

#[derive(Debug)]
struct Ring {
    call: CallId,
    with: UserId,
    offer: Option<Sdp>,
    /// An answer may still be on the way.
    fresh: bool,
    /// What a page offered meanwhile.
    theirs: Option<Sdp>,
    repeats: u8,
    held: Vec<IceCandidate>,
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
    /// What the other one's connection has shown.
    life: Life,
    /// What their description carries.
    media: MediaKinds,
}

/// Whether the other one's connection can be found; only a caller has to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It has named a candidate.
    Shown,
    /// It has answered and named none yet: the session has the answer, but not the acceptance.
    Unknown,
    /// It named none in time: the session makes another connection.
    Renewed,
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
            Stage::Calling(ring) => {
                outcome.say.push(Say::Enter);
                outcome.say.extend(ring.offer.clone().map(Say::Description));
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
            Message::Invite(invite) if self.is_taken() => {
                outcome.deliver.push(one_call_only(Some(invite.call.clone())));
            }
            Message::Join(join) if self.is_taken() => {
                outcome.deliver.push(one_call_only(join.stay.clone()));
            }
            Message::Invite(invite) => {
                let with = envelope.to.clone().unwrap_or_else(|| self.names.person());
                self.stage = Stage::Calling(Ring::new(invite.call.clone(), with));
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
            Message::Ringing(_) | Message::Accept(_) | Message::Anew(_) => {}
            _ => return None,
        }
        Some(outcome)
    }

    /// Another call would take the place of this one. Not so once somebody we rang has answered: the session
    /// need not say that such a call is over, where the other one closed its connection.
    fn is_taken(&self) -> bool {
        match &self.stage {
            Stage::Idle => false,
            Stage::Waiting { .. } | Stage::Calling(_) => true,
            Stage::Talking(talk) => talk.room.is_some(),
        }
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
        let (call, with, device) = match &mut self.stage {
            Stage::Idle | Stage::Waiting { .. } => return outcome,
            Stage::Calling(ring) => (&ring.call, &ring.with, Some(FIRST)),
            Stage::Talking(talk) => {
                if talk.life == Life::Unknown {
                    talk.life = Life::Shown;
                    outcome.deliver.push(talk.accepted());
                }
                (&talk.call, &talk.with, talk.device())
            }
        };
        let message = Message::Candidate(Candidate { call: call.clone(), candidate: Some(candidate) });
        outcome.deliver.push(of_device(from(with, message), device));
        outcome
    }

    /// The time that was asked for last has passed.
    pub(super) fn wake(&mut self) -> Outcome {
        match &mut self.stage {
            Stage::Calling(ring) => {
                ring.fresh = false;
                match ring.theirs.take() {
                    Some(theirs) => self.give_way(theirs),
                    None => Outcome::default(),
                }
            }
            // The acceptance of another connection than the one that answered: the session makes one anew.
            Stage::Talking(talk) if talk.life == Life::Unknown => {
                talk.life = Life::Renewed;
                talk.agreed = false;
                Outcome { deliver: vec![talk.accepted()], ..Outcome::default() }
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Talking(_) => Outcome::default(),
        }
    }

    fn describe(&mut self, description: &Description, outcome: &mut Outcome) {
        let sdp = Sdp { mark: Some(self.names.mark()), ..Sdp::from(description) };
        match &mut self.stage {
            Stage::Calling(ring) if ring.call == description.call => {
                ring.offer = Some(sdp.clone());
                outcome.wake = Some(ANSWER_TIME);
            }
            Stage::Talking(talk) if talk.call == description.call => {
                if sdp.kind == DescriptionKind::Answer {
                    talk.answer = Some(sdp.clone());
                    talk.agreed = true;
                }
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling(_) | Stage::Talking(_) => return,
        }
        outcome.say.push(Say::Description(sdp));
        if let Stage::Talking(talk) = &mut self.stage {
            talk.release(outcome);
        }
    }

    /// A candidate of ours: said once the answer is there.
    fn offer_path(&mut self, of: &CallId, candidate: IceCandidate) -> Option<Say> {
        let held = match &mut self.stage {
            Stage::Calling(ring) if ring.call == *of => &mut ring.held,
            Stage::Talking(talk) if talk.call == *of && talk.agreed => {
                return Some(Say::Candidate { candidate, by_caller: talk.by_caller });
            }
            Stage::Talking(talk) if talk.call == *of => &mut talk.held,
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling(_) | Stage::Talking(_) => return None,
        };
        if held.len() < MAX_HELD {
            held.push(candidate);
        }
        None
    }

    fn forget(&mut self, ended: &CallId) {
        match &self.stage {
            Stage::Calling(Ring { call, .. }) | Stage::Talking(Talk { call, .. }) if call == ended => {
                self.stage = Stage::Idle;
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling(_) | Stage::Talking(_) => {}
        }
    }

    fn leave(&mut self, left: &RoomId) {
        match &self.stage {
            Stage::Waiting { room, .. } | Stage::Talking(Talk { room: Some(room), .. }) if room == left => {
                self.stage = Stage::Idle;
            }
            Stage::Idle | Stage::Waiting { .. } | Stage::Calling(_) | Stage::Talking(_) => {}
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
            Stage::Calling(ring) => match &heard.mark {
                Some(mark) if ours < *mark => self.give_way(heard),
                Some(_) => ring.repeat(),
                None if ring.fresh => {
                    ring.theirs = Some(heard);
                    Outcome::default()
                }
                None => self.give_way(heard),
            },
            Stage::Talking(talk) if talk.heard.as_ref() == Some(&heard.sdp) => Outcome {
                say: talk.answer.clone().map(Say::Description).into_iter().collect(),
                ..Outcome::default()
            },
            Stage::Talking(talk) if talk.fingerprint == fingerprint_of(&heard.sdp) => talk.described(heard),
            Stage::Talking(talk) => match talk.room.clone() {
                Some(room) => self.met(room, heard),
                // A third one. If it is the other one come back, media is lost, and the session sees that.
                None => Outcome::default(),
            },
        }
    }

    /// Answers theirs instead of waiting for an answer to ours.
    fn give_way(&mut self, theirs: Sdp) -> Outcome {
        let Stage::Calling(ring) = &mut self.stage else { return Outcome::default() };
        let mut talk = Talk::new(ring.call.clone(), ring.with.clone(), None, &theirs);
        talk.held = std::mem::take(&mut ring.held);
        let accepted = talk.accepted();
        let mut outcome = talk.described(theirs);
        outcome.deliver.insert(0, accepted);
        self.stage = Stage::Talking(talk);
        outcome
    }

    /// Somebody offers in our room.
    fn met(&mut self, room: RoomId, heard: Sdp) -> Outcome {
        let call = self.names.call();
        let with = self.names.person();
        let peer = RoomPeer { user: with.clone(), device: DeviceId(with.0.clone()), call: call.clone() };
        let joined = Envelope::from(Message::PeerJoined(PeerJoined { room: room.clone(), stay: None, peer }));
        let mut talk = Talk::new(call, with, Some(room), &heard);
        let mut outcome = talk.described(heard);
        outcome.deliver.insert(0, joined);
        self.stage = Stage::Talking(talk);
        outcome
    }

    fn hear_answer(&mut self, heard: Sdp) -> Outcome {
        let mut talk = match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Calling(ring) if ring.offer.is_some() => {
                let mut talk = Talk::new(ring.call, ring.with, None, &heard);
                (talk.by_caller, talk.held, talk.life) = (true, ring.held, Life::Unknown);
                talk
            }
            Stage::Talking(talk) if talk.life == Life::Renewed && !talk.agreed => talk,
            other => {
                self.stage = other;
                return Outcome::default();
            }
        };
        talk.agreed = true;
        // Who does not trickle has said it all.
        let complete = heard.sdp.contains("\na=candidate:");
        let mut outcome = talk.described(heard);
        if talk.life == Life::Unknown && complete {
            talk.life = Life::Shown;
            outcome.deliver.push(talk.accepted());
        }
        outcome.wake = (talk.life == Life::Unknown).then_some(CANDIDATE_TIME);
        talk.release(&mut outcome);
        self.stage = Stage::Talking(talk);
        outcome
    }
}

impl Ring {
    fn new(call: CallId, with: UserId) -> Self {
        Ring { call, with, offer: None, fresh: true, theirs: None, repeats: 0, held: Vec::new() }
    }

    /// Says the offer again, for somebody who did not hear it.
    fn repeat(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        if self.repeats < MAX_REPEATS
            && let Some(offer) = &self.offer
        {
            self.repeats += 1;
            outcome.say.push(Say::Description(offer.clone()));
        }
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
            life: Life::Shown,
            media: media_of(&theirs.sdp),
        }
    }

    /// By which the session tells the connection made anew from the first one; of one that called us it
    /// knows no device.
    fn device(&self) -> Option<&'static str> {
        match (self.by_caller, self.life) {
            (false, _) => None,
            (true, Life::Shown | Life::Unknown) => Some(FIRST),
            (true, Life::Renewed) => Some(SECOND),
        }
    }

    /// That they answered our call.
    fn accepted(&self) -> Envelope {
        let accept = Accept { call: self.call.clone(), media: self.media, over: Vec::new() };
        of_device(from(&self.with, Message::Accept(accept)), self.device())
    }

    /// Their description, for the connection.
    fn described(&mut self, heard: Sdp) -> Outcome {
        self.media = media_of(&heard.sdp);
        if heard.kind == DescriptionKind::Offer {
            self.heard = Some(heard.sdp.clone());
            self.answer = None;
        }
        let description = from(&self.with, heard.into_message(self.call.clone()));
        Outcome { deliver: vec![of_device(description, self.device())], ..Outcome::default() }
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

/// A message of one of their connections.
fn of_device(mut envelope: Envelope, device: Option<&str>) -> Envelope {
    envelope.from_device = device.map(DeviceId::from);
    envelope
}

/// Refuses a second call where there can be one only.
pub(super) fn one_call_only(call: Option<CallId>) -> Envelope {
    Envelope::from(Message::Error(ErrorInfo {
        code: ErrorCode::Unexpected,
        message: "there is a call already, and this system knows one at a time".into(),
        fatal: false,
        about: None,
        call,
    }))
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
        assert_eq!(words(&outcome), ["description"]);
        assert_eq!(outcome.say, [Say::Candidate { candidate: candidate(1), by_caller: true }]);
        assert_eq!(outcome.wake, Some(CANDIDATE_TIME));
        let outcome = pair.hear_candidate(candidate(3));
        assert_eq!(words(&outcome), ["accept", "candidate"]);
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
    fn a_page_that_offers_too_may_have_heard_ours_or_is_answered() {
        let (mut pair, _) = calling(1);
        assert_eq!(pair.hear_description(offer("page")), Outcome::default(), "its answer may be on the way");
        assert_eq!(words(&pair.hear_description(answer("page"))), ["description"]);

        let (mut pair, _) = calling(1);
        pair.hear_description(offer("page"));
        assert_eq!(words(&pair.wake()), ["accept", "description"], "it came too late to hear ours");

        let (mut pair, _) = calling(1);
        assert_eq!(pair.wake(), Outcome::default());
        assert_eq!(words(&pair.hear_description(offer("page"))), ["accept", "description"]);
    }

    #[test]
    fn one_of_us_who_offers_too_hears_our_offer_again_but_not_for_ever() {
        let (mut pair, own) = calling(2);
        let theirs = Sdp { mark: Some(Names::new(1).mark()), ..offer("native") };
        for _ in 0..MAX_REPEATS {
            assert_eq!(pair.hear_description(theirs.clone()).say, [Say::Description(own.clone())]);
        }
        assert_eq!(pair.hear_description(theirs), Outcome::default());
    }

    #[test]
    fn who_answers_and_names_no_candidate_is_offered_another_connection() {
        let (mut pair, _) = calling(1);
        let first = pair.hear_description(answer("page"));
        assert_eq!(first.deliver[0].from_device, Some(FIRST.into()));
        let renewed = pair.wake();
        assert_eq!(
            (words(&renewed), &renewed.deliver[0].from_device),
            (vec!["accept"], &Some(SECOND.into()))
        );
        assert_eq!(pair.wake(), Outcome::default(), "once");
        let ours =
            Description { call: "c".into(), kind: DescriptionKind::Offer, sdp: sdp("new"), exchange: None };
        let said = pair.say(&to("anybody", Message::Description(ours))).unwrap().say;
        assert!(matches!(&said[..], [Say::Description(Sdp { kind: DescriptionKind::Offer, .. })]));
        let second = pair.hear_description(answer("page again"));
        assert_eq!((words(&second), second.wake), (vec!["description"], None));
        assert_eq!(second.deliver[0].from_device, Some(SECOND.into()));
    }

    #[test]
    fn an_answer_that_names_its_candidates_itself_is_accepted_at_once() {
        let (mut pair, _) = calling(1);
        let mut complete = answer("page");
        complete.sdp.push_str("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n");
        assert_eq!(words(&pair.hear_description(complete)), ["description", "accept"]);
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
        assert_eq!(words(&large.hear_description(reply)), ["description"]);
    }

    #[test]
    fn the_same_one_may_offer_again_and_a_caller_does_not_mind_somebody_new() {
        let mut pair = waiting();
        pair.hear_description(offer("page"));
        let mut again = offer("page");
        again.sdp.push_str("a=x\r\n");
        assert_eq!(words(&pair.hear_description(again)), ["description"]);
        let outcome = pair.hear_description(offer("reloaded"));
        assert_eq!(words(&outcome), ["peer-joined", "description"]);

        let (mut pair, _) = calling(1);
        pair.hear_description(answer("page"));
        assert_eq!(pair.hear_description(offer("a third")), Outcome::default());
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
    fn a_second_call_is_refused_by_name_and_the_first_one_stays() {
        let (mut pair, _) = calling(1);
        let media = MediaKinds { audio: true, video: true };
        let second = Invite { call: "d".into(), media, expires_in_ms: 60_000 };
        let outcome = pair.say(&to("anybody", Message::Invite(second))).unwrap();
        let refused = one_call_only(Some("d".into()));
        assert_eq!((outcome.say, outcome.deliver), (vec![], vec![refused]));
        let join = Message::Join(Join { room: "r".into(), stay: Some("s".into()) });
        let outcome = pair.say(&Envelope::from(join)).unwrap();
        assert_eq!(outcome.deliver, [one_call_only(Some("s".into()))]);
        assert!(!pair.hear_description(answer("page")).deliver.is_empty(), "the first one is answered");
        let next = Invite { call: "e".into(), media, expires_in_ms: 60_000 };
        let outcome = pair.say(&to("anybody", Message::Invite(next))).unwrap();
        assert_eq!(outcome.say, [Say::Enter], "an answered call may be over without a word");
    }

    #[test]
    fn what_has_no_word_is_not_said() {
        let (mut pair, _) = calling(1);
        let hold = Envelope::from(Message::Hold(CallRef { call: "c".into() }));
        assert_eq!(pair.say(&hold), None);
    }
}
