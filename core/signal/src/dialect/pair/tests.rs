use super::ring::MAX_REPEATS;
use super::talk::SECOND;
use super::*;
use crate::dialect::offers::tests::{candidate, sdp};
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
    assert_eq!((words(&renewed), &renewed.deliver[0].from_device), (vec!["accept"], &Some(SECOND.into())));
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
