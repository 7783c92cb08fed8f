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

mod ring;
mod talk;

#[cfg(test)]
mod tests;

use std::time::Duration;

use ring::Ring;
use talk::{FIRST, Life, Talk, of_device};

use super::names::{Names, from, one_call_only};
use super::offers::{Sdp, fingerprint_of};
use crate::message::{
    CallId, CallRef, Candidate, Description, DescriptionKind, DeviceId, IceCandidate, Joined, PeerJoined,
    RoomId, RoomPeer,
};
use crate::{Envelope, Message};

/// Candidates that wait for an answer: a client has about a dozen.
const MAX_HELD: usize = 64;
/// How long an answer may be on the way. Pages that offer have their camera already, and answer at once.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// How long the first candidate may take after an answer: browsers find those of their own device at once.
const CANDIDATE_TIME: Duration = Duration::from_millis(700);

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
