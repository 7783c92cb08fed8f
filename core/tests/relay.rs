//! A whole call through a real TURN server, and nothing past it.

#[path = "support/coturn.rs"]
mod coturn;
mod support;

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use coturn::Coturn;
use duet_core::{CallOptions, Engine, EngineConfig, IceConfig, IceServer, SessionConfig};
use support::{Host, TestServer};

#[test]
fn a_relay_only_call_of_two_engines_goes_through_the_relay_both_ways() {
    let Some(relay) = Coturn::start(own_address()) else { return };
    let server = TestServer::start();
    let (alice, bob) = (host(&server, "alice", &relay), host(&server, "bob", &relay));
    bob.connected();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    outgoing.exchange_media(&incoming, 10);
    for line in [&outgoing, &incoming] {
        let pair = line.call.stats().ice_pair.expect("a connected call has a path");
        assert!(pair.starts_with("relay/udp ") && pair.contains("-> relay "), "{pair}");
    }
    outgoing.call.hang_up();
    outgoing.ended();
    incoming.ended();
}

/// Somebody whose address nobody sees but the relay.
fn host(server: &TestServer, name: &str, relay: &Coturn) -> Host {
    let turn = IceServer {
        urls: vec![relay.url()],
        username: Some(coturn::USER.into()),
        credential: Some(coturn::PASSWORD.into()),
    };
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let mut config = SessionConfig::new(server.url(), name);
    config.ice = IceConfig { servers: vec![turn], relay_only: true };
    let session = engine.session(config).expect("a session");
    Host::over(engine, session)
}

/// The address of this machine towards others; its own where there is no network.
fn own_address() -> Ipv4Addr {
    let towards_others = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // Nothing is sent: the system only chooses a route (RFC 5737: nobody has that address).
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    match towards_others().map(|address: std::net::SocketAddr| address.ip()) {
        Ok(IpAddr::V4(ip)) => ip,
        Ok(IpAddr::V6(_)) | Err(_) => Ipv4Addr::LOCALHOST,
    }
}
