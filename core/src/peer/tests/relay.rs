//! Relayed calls, through a real coturn.

use std::net::{Ipv4Addr, ToSocketAddrs, UdpSocket};
use std::process::{Child, Command, Stdio};

use duet_signal::message::IceServer;

use super::*;

#[tokio::test]
async fn relay_only_without_a_relay_is_refused_with_the_reason() {
    let refused = End::new(PeerConfig { relay_only: true, ..config() }, None).await;
    assert_eq!(refused.err(), Some(PeerError::NoTurnServer));
}

#[tokio::test]
async fn a_relay_that_refuses_us_is_told() {
    let Some(coturn) = Coturn::start().await else { return };
    let mut config = coturn.config();
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
    let Some(coturn) = Coturn::start().await else { return };
    let pair = Pair::with(coturn.config(), coturn.config(), None).await;
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

/// A relay of this test's own.
struct Coturn {
    server: Child,
    ip: Ipv4Addr,
    port: u16,
}

impl Coturn {
    /// Starts the server and waits until it answers. `None`, with a message, where it is not installed;
    /// there, an automated build fails instead.
    async fn start() -> Option<Coturn> {
        let ip = local_ipv4();
        let port = UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap().port();
        let server = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", "--no-stdout-log"])
            .args(["--lt-cred-mech", "--fingerprint", "--realm=duet", "--user=duet:secret"])
            .args(["--allow-loopback-peers", "--pidfile=", "--userdb="])
            .arg(format!("--listening-ip={ip}"))
            .arg(format!("--relay-ip={ip}"))
            .arg(format!("--listening-port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = match server {
            Ok(server) => server,
            Err(error) if std::env::var("CI").as_deref() != Ok("true") => {
                println!("skipped: no turnserver (coturn): {error}");
                return None;
            }
            Err(error) => panic!("turnserver (coturn) is needed: {error}"),
        };
        let coturn = Coturn { server, ip, port };
        let start = Instant::now();
        while !coturn.answers() {
            assert!(start.elapsed() < DEADLINE, "the relay does not answer");
        }
        Some(coturn)
    }

    /// Asks for our own address (a STUN binding request, RFC 8489).
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind((self.ip, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        request.extend([7; 12]);
        socket.send_to(&request, (self.ip, self.port)).is_ok() && socket.recv(&mut [0; 256]).is_ok()
    }

    fn config(&self) -> PeerConfig {
        let server = IceServer {
            urls: vec![format!("turn:{}:{}?transport=udp", self.ip, self.port)],
            username: Some("duet".into()),
            credential: Some("secret".into()),
        };
        PeerConfig { ice_servers: vec![server], relay_only: true, ..config() }
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
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
