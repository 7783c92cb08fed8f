//! The way to the signaling service: byte streams in memory that can be slow, stall, break and be refused.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use async_trait::async_trait;
use duet_server::{Listener, Server, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::sleep;

use super::trace::Trace;
use crate::peer::scripted::HostId;
use crate::transport::socket::{Dial, Stream};

/// What a stream holds on its way; as a kernel's buffers.
const BUFFER: usize = 64 * 1024;

/// The networks of all hosts, and the service behind them.
#[derive(Clone)]
pub(super) struct ByteNet(Arc<Mutex<State>>);

struct State {
    trace: Trace,
    service: Option<Service>,
    hosts: Vec<HostNet>,
}

struct Service {
    incoming: mpsc::UnboundedSender<DuplexStream>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Default)]
struct HostNet {
    delay: Duration,
    lines: Vec<Weak<Line>>,
    /// New connections are refused.
    offline: bool,
}

/// A connection. (Not a watch channel: that wakes those who wait in an order drawn by lot.)
#[derive(Default)]
struct Line {
    state: Mutex<LineState>,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineState {
    #[default]
    Open,
    /// Nothing passes, nobody is told.
    Stalled,
    Cut,
}

impl Line {
    fn set(&self, to: LineState) {
        let mut state = self.state.lock().expect("no panic while holding a line");
        if *state != LineState::Cut {
            *state = to;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    async fn wait_for(&self, wanted: LineState) {
        loop {
            let changed = self.changed.notified();
            if *self.state.lock().expect("no panic while holding a line") == wanted {
                return;
            }
            changed.await;
        }
    }
}

impl ByteNet {
    pub(super) fn new(trace: Trace, hosts: usize) -> Self {
        ByteNet(Arc::new(Mutex::new(State { trace, service: None, hosts: vec![HostNet::default(); hosts] })))
    }

    /// A host's way to the service.
    pub(super) fn dialer(&self, host: HostId) -> Arc<dyn Dial> {
        Arc::new(Dialer { net: self.clone(), host })
    }

    /// Starts the real service, with an empty memory.
    pub(super) fn start_service(&self) {
        let (incoming, connections) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        // The name that hosts call it by.
        let config = ServerConfig { hosts: vec!["service".to_owned()], ..ServerConfig::loopback() };
        let running = Server::run_on(config, Door(connections), async move {
            // A service that is killed is not told to stop.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let task = tokio::spawn(async move { running.await.expect("a listener in memory does not fail") });
        let mut state = self.lock();
        state.trace.note("service starts");
        state.service = Some(Service { incoming, stop: Some(stop), task });
    }

    /// Ends the service: politely, so that it says goodbye, or as by a power failure.
    pub(super) fn stop_service(&self, politely: bool) {
        let mut state = self.lock();
        let Some(mut service) = state.service.take() else { return };
        state.trace.note(&format!("service ends, politely: {politely}"));
        if politely && let Some(stop) = service.stop.take() {
            let _ = stop.send(());
        } else {
            for host in &mut state.hosts {
                host.set_lines(LineState::Cut);
            }
            service.task.abort();
        }
    }

    /// Breaks a host's connections.
    pub(super) fn cut(&self, host: HostId) {
        let state = self.lock();
        state.trace.note(&format!("host {host}: connections cut"));
        state.hosts[host].set_lines(LineState::Cut);
    }

    /// A host's connections carry nothing from now on, and nobody is told.
    pub(super) fn stall(&self, host: HostId) {
        let state = self.lock();
        state.trace.note(&format!("host {host}: connections stall"));
        state.hosts[host].set_lines(LineState::Stalled);
    }

    /// Stalled connections go on.
    pub(super) fn flow(&self, host: HostId) {
        let state = self.lock();
        state.trace.note(&format!("host {host}: connections go on"));
        state.hosts[host].set_lines(LineState::Open);
    }

    pub(super) fn set_offline(&self, host: HostId, offline: bool) {
        self.lock().hosts[host].offline = offline;
    }

    pub(super) fn set_delay(&self, host: HostId, delay: Duration) {
        self.lock().hosts[host].delay = delay;
    }

    /// No more faults.
    pub(super) fn heal(&self) {
        let mut state = self.lock();
        for host in &mut state.hosts {
            host.set_lines(LineState::Open);
            (host.offline, host.delay) = (false, Duration::from_millis(10));
        }
        let down = state.service.is_none();
        drop(state);
        if down {
            self.start_service();
        }
    }

    fn connect(&self, host: HostId) -> io::Result<DuplexStream> {
        let mut state = self.lock();
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let offline = state.hosts[host].offline;
        let service = state.service.as_ref().filter(|_| !offline).ok_or_else(refused)?;
        let (ours, ours_far) = duplex(BUFFER);
        let (theirs, theirs_far) = duplex(BUFFER);
        service.incoming.send(theirs).map_err(|_| refused())?;
        let line = Arc::<Line>::default();
        let (up, down) = (split(ours_far), split(theirs_far));
        let way = |up| Way { net: self.clone(), host, up, line: Arc::clone(&line) };
        tokio::spawn(way(true).carry(up.0, down.1));
        tokio::spawn(way(false).carry(down.0, up.1));
        let lines = &mut state.hosts[host].lines;
        lines.retain(|line| line.strong_count() > 0);
        lines.push(Arc::downgrade(&line));
        Ok(ours)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while holding the network")
    }
}

impl State {
    /// Never the same for two hosts: those who are told something at once by a service that stops are
    /// told in an order drawn by lot.
    fn delay(&self, host: HostId) -> Duration {
        let delay = self.hosts[host].delay.as_millis() as u64;
        let hosts = self.hosts.len() as u64;
        Duration::from_millis(delay / hosts * hosts + host as u64 + 1)
    }
}

impl HostNet {
    fn set_lines(&self, to: LineState) {
        self.lines.iter().filter_map(Weak::upgrade).for_each(|line| line.set(to));
    }
}

/// One direction of a connection.
struct Way {
    net: ByteNet,
    host: HostId,
    up: bool,
    line: Arc<Line>,
}

impl Way {
    async fn carry(mut self, from: ReadHalf<DuplexStream>, to: WriteHalf<DuplexStream>) {
        let line = Arc::clone(&self.line);
        tokio::select! {
            biased;
            () = line.wait_for(LineState::Cut) => {}
            () = self.copy(from, to) => {}
        }
    }

    async fn copy(&mut self, mut from: ReadHalf<DuplexStream>, mut to: WriteHalf<DuplexStream>) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count) = from.read(&mut buffer).await
            && count > 0
        {
            let delay = self.net.lock().delay(self.host);
            sleep(delay).await;
            self.line.wait_for(LineState::Open).await;
            let way = if self.up { "->" } else { "<-" };
            self.net.lock().trace.note(&format!("host {}: {way} {count} bytes", self.host));
            if to.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    }
}

struct Dialer {
    net: ByteNet,
    host: HostId,
}

#[async_trait]
impl Dial for Dialer {
    async fn dial(&self, _: &str, _: u16) -> io::Result<Box<dyn Stream>> {
        let delay = self.net.lock().delay(self.host);
        sleep(delay).await;
        Ok(Box::new(self.net.connect(self.host)?))
    }
}

/// Where the service's connections come from.
struct Door(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Door {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (stream, (Ipv4Addr::LOCALHOST, 1).into()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, 1).into())
    }
}
