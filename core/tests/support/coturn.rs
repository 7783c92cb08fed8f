//! A TURN server of a test's own.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Who may use it.
pub const USER: &str = "duet";
/// With this password.
pub const PASSWORD: &str = "secret";

/// How long it may take to start.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running coturn, ended when dropped.
pub struct Coturn {
    server: Child,
    ip: Ipv4Addr,
    port: u16,
}

impl Coturn {
    /// Starts the server at an address that both ends can reach, and waits until it answers. `None`, with a
    /// message, where it is not installed; there, an automated build fails instead.
    pub fn start(ip: Ipv4Addr) -> Option<Coturn> {
        let free = UdpSocket::bind((ip, 0)).and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let server = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", "--no-stdout-log"])
            .args(["--lt-cred-mech", "--fingerprint", "--realm=duet"])
            .args(["--allow-loopback-peers", "--pidfile=", "--userdb="])
            .arg(format!("--user={USER}:{PASSWORD}"))
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
        let end = Instant::now() + DEADLINE;
        while !coturn.answers() {
            assert!(Instant::now() < end, "the relay does not answer");
        }
        Some(coturn)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("turn:{}:{}?transport=udp", self.ip, self.port)
    }

    /// Asks for our own address (a STUN binding request, RFC 8489), and waits a little for the answer.
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind((self.ip, 0)).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a time-out");
        let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        request.extend([7; 12]);
        socket.send_to(&request, (self.ip, self.port)).is_ok() && socket.recv(&mut [0; 256]).is_ok()
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
