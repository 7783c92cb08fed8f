//! What storms have found, one by one.

use std::time::Duration;

use duet_call::{Config, DeviceNews};
use duet_signal::message::CallRef;
use duet_signal::{Envelope, Message};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::plan::{Act, Plan, Signaling};
use super::record::Record;
use super::world::World;
use crate::peer::scripted::HostId;
use crate::peer::{PeerError, PeerEvent};
use crate::{CallOptions, CallState, EndReason, Error};

fn world(users: &[&'static str], calls: Config) -> World {
    world_over(Signaling::Service, users, calls)
}

fn world_over(signaling: Signaling, users: &[&'static str], calls: Config) -> World {
    let plan = Plan {
        users: users.to_vec(),
        signaling,
        calls,
        video: true,
        failures: 0.0,
        acts: Vec::new(),
        length: Duration::ZERO,
    };
    World::of(plan, StdRng::seed_from_u64(0), false)
}

/// Acts one after the other, each with a second for its consequences.
async fn perform(world: &World, acts: &[Act]) {
    for act in acts {
        world.perform(*act).await;
        sleep(Duration::from_secs(1)).await;
    }
}

/// Where a host's calls stand, in the order in which they began.
fn states(world: &World, host: HostId) -> Vec<CallState> {
    world.records().iter().filter(|record| record.host == host).map(Record::state).collect()
}

#[tokio::test(start_paused = true)]
async fn a_full_room_ends_the_call_that_wanted_in_and_no_other() {
    let world = world(&["alice", "bob", "carol"], Config::default());
    let join = |host, room| Act::Join { host, room };
    perform(&world, &[join(2, "coffee"), join(0, "tea"), join(1, "tea"), join(2, "tea")]).await;
    assert_eq!(states(&world, 2), [CallState::Waiting, CallState::Ended]);
    let reason = world.records().last().and_then(|record| record.ended.clone()).map(|ended| ended.reason);
    assert_eq!(reason, Some(EndReason::RoomFull));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_lost_its_place_to_another_one_of_its_user_enters_again() {
    let world = world(&["bob", "bob"], Config::default());
    perform(&world, &[Act::Join { host: 0, room: "tea" }]).await;
    let away = Act::Away { host: 0, back: Duration::from_secs(5) };
    perform(&world, &[away, Act::Join { host: 1, room: "tea" }]).await;
    assert_eq!(states(&world, 1), [CallState::Waiting]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!([states(&world, 0), states(&world, 1)], [[CallState::Connected], [CallState::Connected]]);
}

#[tokio::test(start_paused = true)]
async fn who_is_alone_in_a_room_again_is_with_nobody() {
    let world = world(&["alice", "bob"], Config { room_stay: true, ..Config::default() });
    perform(&world, &[Act::Join { host: 0, room: "tea" }, Act::Join { host: 1, room: "tea" }]).await;
    let call = world.records()[0].call.clone().expect("held");
    assert_eq!(call.peer(), Some("bob".into()));
    perform(&world, &[Act::HangUp { host: 1, pick: 0 }]).await;
    assert_eq!((call.state(), call.peer()), (CallState::Waiting, None));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_heard_though_no_other_request_is_taken_any_more() {
    for accept in [true, false] {
        let world = world(&["alice", "bob"], Config::default());
        perform(&world, &[Act::Ring { host: 0, to: "bob" }]).await;
        let call = world.records()[1].call.clone().expect("it rings");
        perform(&world, &[Act::Suspend { host: 1, back: Duration::from_secs(2) }]).await;
        let engine = world.engine(1).expect("bob's");
        while engine.device_news(DeviceNews::Foreground).is_ok() {}
        assert!(matches!(engine.device_news(DeviceNews::Foreground), Err(Error::Overloaded)));
        world.records()[1].accepted = accept;
        if accept {
            call.accept(CallOptions::default())
        } else {
            call.decline()
        }
        sleep(Duration::from_secs(5)).await;
        let wanted = if accept { CallState::Connected } else { CallState::Ended };
        assert_eq!([states(&world, 0), states(&world, 1)], [[wanted], [wanted]]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_of_two_answers_counts() {
    let world = world(&["alice", "bob"], Config::default());
    perform(&world, &[Act::Ring { host: 0, to: "bob" }]).await;
    let call = world.records()[1].call.clone().expect("it rings");
    world.records()[1].accepted = true;
    call.accept(CallOptions::default());
    call.decline();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(call.state(), CallState::Connected);
}

#[tokio::test(start_paused = true)]
async fn a_call_answered_by_ringing_back_tells_how_long_its_set_up_took() {
    let config = Config { policy: duet_call::ConnectPolicy::AfterAccept, ..Config::default() };
    let world = world(&["alice", "bob"], config);
    perform(&world, &[Act::Ring { host: 0, to: "bob" }, Act::Ring { host: 1, to: "alice" }]).await;
    let setup = world
        .trace()
        .lines()
        .into_iter()
        .find(|line| line.contains("host 1") && line.contains("Connected {"));
    assert!(setup.is_some_and(|line| !line.contains("setup: 0ns")));
}

#[tokio::test(start_paused = true)]
async fn every_state_is_told_once() {
    let world = world(&["alice", "bob"], Config::default());
    perform(&world, &[Act::Ring { host: 0, to: "bob" }, Act::Decline { host: 1, pick: 0 }]).await;
    for record in world.records().iter() {
        assert_eq!(record.states, [CallState::Ended]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_replaced_connection_last_said_is_not_taken_for_its_successors() {
    let last_words = [
        PeerEvent::Failed(PeerError::Ice { after_connect: true }),
        PeerEvent::Failed(PeerError::Dtls),
        PeerEvent::Closed,
    ];
    for last in last_words {
        let carried = Signaling::Carried { loss: 0.0, repeat: 0.0, delay_ms: 20 };
        let world = world_over(carried, &["alice", "bob"], Config::default());
        perform(&world, &[Act::Ring { host: 0, to: "bob" }, Act::Accept { host: 1, pick: 0 }]).await;
        let call = world.records()[1].call.clone().expect("held");
        assert_eq!(call.state(), CallState::Connected);
        // Of alice nothing arrives any more but what is said here in her name.
        perform(&world, &[Act::Partition { back: Duration::from_secs(60) }]).await;
        let anew = Message::Anew(CallRef { call: call.id() });
        let anew = Envelope { from: Some("alice".into()), ..anew.into() };
        let anew = duet_signal::encode(&anew).expect("a message of our own");
        // Both at one moment; the message, which replaces the connection, is taken in first.
        world.fabric().tell(1, &last);
        world.session(1).expect("bob's").deliver(&anew).expect("taken");
        sleep(Duration::from_secs(30)).await;
        // The new connection had all the time there is, and nobody to connect with.
        let reason = world.records()[1].ended.clone().map(|ended| ended.reason);
        assert_eq!(reason, Some(EndReason::ConnectTimeout), "{last:?}");
    }
}
