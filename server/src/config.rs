//! What may be set, and why the defaults are what they are.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use duet_signal::message::IceServer;

use crate::auth::{Authenticator, Open};
use crate::tls::Tls;

/// How a server is to be.
#[derive(Clone)]
pub struct ServerConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// STUN and TURN servers every client is told to use.
    pub ice_servers: Vec<IceServer>,
    /// Who may say they are whom.
    pub auth: Arc<dyn Authenticator>,
    /// Lets everybody in even from other machines, and web pages of other origins; says so where
    /// `auth` lets everybody be anybody, which is otherwise for one's own machine.
    pub open_to_others: bool,
    /// Names a server without a secret may be asked by, beside `localhost`, `*.localhost` and
    /// addresses: such as that of a proxy. Otherwise any page could give its own name this machine's
    /// address (DNS rebinding) and pass for ours.
    pub hosts: Vec<String>,
    /// Certificate and key, to serve https and wss and nothing else.
    pub tls: Option<Tls>,
    /// A folder whose files are served in place of the page: the pages of another system, unchanged.
    pub pages: Option<PathBuf>,
    /// Where PeerJS clients are served beside `/peerjs`, such as `/myPeerServer`.
    pub peerjs_path: Option<String>,
    /// How much a client, and all of them, may ask for.
    pub limits: Limits,
    /// How long things may take.
    pub timing: Timing,
}

impl ServerConfig {
    /// A server for this machine alone, on a free port, open to everybody on it.
    pub fn loopback() -> Self {
        ServerConfig { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..Self::default() }
    }
}

impl Default for ServerConfig {
    /// `127.0.0.1:8080`, no ICE servers, open to everybody on this machine.
    fn default() -> Self {
        ServerConfig {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            ice_servers: Vec::new(),
            auth: Arc::new(Open),
            open_to_others: false,
            hosts: Vec::new(),
            tls: None,
            pages: None,
            peerjs_path: None,
            limits: Limits::default(),
            timing: Timing::default(),
        }
    }
}

/// How much may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address; loopback, where proxies live, is not counted.
    pub connections_per_address: usize,
    /// Sessions at one time, connected or waiting to be resumed.
    pub sessions: usize,
    /// Sessions of one user at one time.
    pub devices_per_user: usize,
    /// Rooms a session may be in at one time.
    pub rooms_per_session: usize,
    /// Clients in one room of a dialect whose rooms are not of two.
    pub room_members: usize,
    /// PeerJS clients at one time.
    pub peerjs_clients: usize,
    /// Messages a second a connection may send over time, at least 1.
    pub messages_per_second: u32,
    /// Messages a connection may send at once before that rate applies, at least 1.
    pub message_burst: u32,
    /// Malformed, oversized, binary or out-of-order messages before a connection is closed.
    pub faults: u32,
    /// Messages kept for a client that does not acknowledge; one more and it is disconnected.
    pub outbox_messages: usize,
    /// Bytes kept for a client that does not acknowledge.
    pub outbox_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let outbox = duet_signal::outbox::Limits::default();
        Limits {
            // An idle connection takes some 15 KiB; this many fit a small machine.
            connections: 20_000,
            // A large household or small office behind one address.
            connections_per_address: 64,
            // After an outage of everybody, all may come back while their ghosts are still kept.
            sessions: 40_000,
            // Phone, tablet, laptop, a few browser tabs, and the ghosts of some of them.
            devices_per_user: 16,
            rooms_per_session: 8,
            // Each message is written once for each: a crowd by mistake must not become a flood.
            room_members: 64,
            // What PeerJS's own server takes.
            peerjs_clients: 5_000,
            // Setting up a call takes some 50 messages within a second, at most.
            messages_per_second: 100,
            // A resuming client may send its whole outbox of 256 at once, and a call's set-up.
            message_burst: 400,
            faults: 10,
            outbox_messages: outbox.messages,
            outbox_bytes: outbox.bytes,
        }
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// A TLS handshake. 5 s: two round trips of a slow mobile network, and the same packet lost twice
    /// (1 s and 2 s, RFC 6298 sections 2.1 and 5.5).
    pub tls_handshake: Duration,
    /// From connecting to `hello`. 10 s: a slow mobile network, not a hung client.
    pub hello_deadline: Duration,
    /// Between WebSocket pings. 15 s: below the 30 s after which the strictest middleboxes forget a
    /// connection.
    pub ping_interval: Duration,
    /// Silence after which a connection counts as lost. 45 s: three pings.
    pub idle_timeout: Duration,
    /// How long a lost session can be resumed. 30 s: a change of network or a reload of a page; a
    /// person waiting for the other side gives up at about that time.
    pub resume_window: Duration,
    /// Between signs of life the server, or with Engine.IO 3 the client, asks for. 25 s: what clients
    /// of Socket.IO are made for.
    pub engineio_ping: Duration,
    /// How long such a sign may take. 20 s: likewise.
    pub engineio_patience: Duration,
    /// How long messages of PeerJS wait for a receiver that is not there. 5 s: what its clients are
    /// made for.
    pub peerjs_expire: Duration,
    /// Silence after which a PeerJS client counts as lost. 90 s: likewise; they say something every
    /// 5 s, but pages in the background are slowed down.
    pub peerjs_silence: Duration,
    /// How long an acknowledgement may wait for a message to ride on. 100 ms: soon, yet later than
    /// the answers it can ride on.
    pub ack_delay: Duration,
    /// How long a client's socket may take nothing. 10 s: longer than any stall TCP recovers from
    /// that a call would survive.
    pub write_deadline: Duration,
    /// How long connections may take to close when the server stops. 300 ms: the process has to be
    /// gone within 500 ms of a signal.
    pub drain: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            tls_handshake: Duration::from_secs(5),
            hello_deadline: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(45),
            resume_window: Duration::from_secs(30),
            engineio_ping: Duration::from_secs(25),
            engineio_patience: Duration::from_secs(20),
            peerjs_expire: Duration::from_secs(5),
            peerjs_silence: Duration::from_secs(90),
            ack_delay: Duration::from_millis(100),
            write_deadline: Duration::from_secs(10),
            drain: Duration::from_millis(300),
        }
    }
}
