//! Relayed calls, through a real coturn.

use std::net::{Ipv4Addr, ToSocketAddrs};

use duet_signal::message::IceServer;

use super::*;
use coturn::Coturn;

#[path = "../../../tests/support/coturn.rs"]
mod coturn;

#[tokio::test]
async fn relay_only_without_a_relay_is_refused_with_the_reason() {
    let refused = End::new(PeerConfig { relay_only: true, ..config() }, None).await;
    assert_eq!(refused.err(), Some(PeerError::NoTurnServer));
}

#[tokio::test]
async fn a_relay_that_refuses_us_is_told() {
    let Some(coturn) = Coturn::start(local_ipv4()) else { return };
    let mut config = relayed(&coturn);
    config.ice_servers[0].credential = Some("wrong".into());
    let (end, events) = End::new(config, None).await.unwrap();
    let carried = tokio::spawn(carry(events, &end, &end.peer));
    end.peer.start_offer();
    until("the reason is told", || end.has(|event| *event == PeerEvent::Failed(PeerError::NoRelay))).await;
    end.peer.close().await;
    carried.abort();
}

#[tokio::test]
async fn a_relay_only_call_goes_through_the_relay() {
    let Some(coturn) = Coturn::start(local_ipv4()) else { return };
    let pair = Pair::with(relayed(&coturn), relayed(&coturn), None).await;
    let took = pair.connect().await;
    println!("connected in {took:?}, {:?}", pair.a.peer.stats().ice_pair);
    assert!(pair.a.peer.stats().ice_pair.is_some_and(|pair| pair.starts_with("relay/udp ")));
    let only_relays = |event: &PeerEvent| match event {
        PeerEvent::Candidate(Some(candidate)) => candidate.candidate.contains("typ relay"),
        _ => true,
    };
    for end in [&pair.a, &pair.b] {
        assert!(end.told.lock().unwrap().iter().all(|(_, event)| only_relays(event)));
    }
    let mut index = 0;
    keep_on("media flows both ways", || {
        for end in [&pair.a, &pair.b] {
            end.send_frame(index, 2, 1_000);
            end.send_sound(index);
        }
        index += 1;
        [&pair.a, &pair.b].iter().all(|end| end.seen(|seen| seen.video.len() > 20 && seen.audio.len() > 10))
    })
    .await;
    pair.close().await;
}

/// Only through the relay.
fn relayed(coturn: &Coturn) -> PeerConfig {
    let server = IceServer {
        urls: vec![coturn.url()],
        username: Some(coturn::USER.into()),
        credential: Some(coturn::PASSWORD.into()),
    };
    PeerConfig { ice_servers: vec![server], relay_only: true, ..config() }
}

/// An address of this machine that both ends can reach.
fn local_ipv4() -> Ipv4Addr {
    let own = super::super::rtc::AllInterfaces.to_socket_addrs().unwrap();
    own.filter_map(|address| match address.ip() {
        std::net::IpAddr::V4(ip) => Some(ip),
        std::net::IpAddr::V6(_) => None,
    })
    .next()
    .unwrap_or(Ipv4Addr::LOCALHOST)
}
