//! A network with faults, for tests: loss, delay, a rate with a bounded queue, all from a seed; and a device
//! that moves to other addresses.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;
use tokio::time::Instant;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::tasks::Tasks;

/// What happens to datagrams on their way out. Clones share their faults' state.
#[derive(Clone, Debug)]
pub(crate) struct Link(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rng: StdRng,
    loss: f64,
    delay: Duration,
    rate_bps: Option<u64>,
    free_at: Instant,
    /// How often the device has moved: sockets of before lead nowhere.
    moves: u32,
}

/// Longest wait in front of a limited rate; what would wait longer is dropped.
const MAX_QUEUE: Duration = Duration::from_millis(300);

impl Link {
    /// A link without faults; `seed` decides what will be lost.
    pub(crate) fn new(seed: u64) -> Self {
        Link(Arc::new(Mutex::new(State {
            rng: StdRng::seed_from_u64(seed),
            loss: 0.0,
            delay: Duration::ZERO,
            rate_bps: None,
            free_at: Instant::now(),
            moves: 0,
        })))
    }

    /// Share of datagrams lost from now on, 0 to 1.
    pub(crate) fn set_loss(&self, loss: f64) -> &Self {
        self.0.lock().unwrap().loss = loss;
        self
    }

    /// One-way delay from now on.
    pub(crate) fn set_delay(&self, delay: Duration) -> &Self {
        self.0.lock().unwrap().delay = delay;
        self
    }

    /// Bits per second from now on; `None` is without limit.
    pub(crate) fn set_rate(&self, rate_bps: Option<u64>) -> &Self {
        self.0.lock().unwrap().rate_bps = rate_bps;
        self
    }

    /// The device has other addresses from now on: what was bound before neither sends nor receives.
    pub(crate) fn move_on(&self) {
        self.0.lock().unwrap().moves += 1;
    }

    fn moves(&self) -> u32 {
        self.0.lock().unwrap().moves
    }

    /// When a datagram of `size` bytes arrives, if it does.
    fn arrival(&self, size: usize) -> Option<Instant> {
        let mut state = self.0.lock().unwrap();
        let now = Instant::now();
        let loss = state.loss;
        let lost = loss > 0.0 && state.rng.random_bool(loss);
        let mut departure = now;
        if let Some(rate) = state.rate_bps.filter(|_| !lost) {
            departure = state.free_at.max(now) + Duration::from_secs_f64(size as f64 * 8.0 / rate as f64);
            if departure - now <= MAX_QUEUE {
                state.free_at = departure;
            }
        }
        if lost || departure - now > MAX_QUEUE {
            return None;
        }
        Some(departure + state.delay)
    }
}

/// A socket behind a [`Link`].
pub(super) struct Faulty {
    socket: Arc<dyn AsyncUdpSocket>,
    link: Link,
    bound_at: u32,
    queue: mpsc::UnboundedSender<Datagram>,
}

struct Datagram {
    due: Instant,
    destination: SocketAddr,
    contents: Vec<u8>,
}

impl Faulty {
    pub(super) fn new(socket: Arc<dyn AsyncUdpSocket>, link: Link, tasks: &Tasks) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<Datagram>();
        let out = Arc::clone(&socket);
        tasks.spawn(async move {
            let mut held: VecDeque<Datagram> = VecDeque::new();
            loop {
                if held.is_empty() {
                    match waiting.recv().await {
                        Some(datagram) => held.push_back(datagram),
                        None => return,
                    }
                }
                while let Ok(datagram) = waiting.try_recv() {
                    held.push_back(datagram);
                }
                if let Some(next) = held.pop_front() {
                    tokio::time::sleep_until(next.due).await;
                    let _ = out.send_to(&next.contents, next.destination).await;
                }
            }
        });
        let bound_at = link.moves();
        Faulty { socket, link, bound_at, queue }
    }

    fn is_dead(&self) -> bool {
        self.bound_at != self.link.moves()
    }
}

impl AsyncUdpSocket for Faulty {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, _: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let size = transmit.contents.len();
        // Ethernet, IP and UDP headers count on a real link.
        if !self.is_dead()
            && let Some(due) = self.link.arrival(size + 42)
        {
            let datagram =
                Datagram { due, destination: transmit.destination, contents: transmit.contents.to_vec() };
            let _ = self.queue.send(datagram);
        }
        Poll::Ready(Ok(size))
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            let received = self.socket.poll_recv(cx, bufs, meta);
            if received.is_pending() || !self.is_dead() {
                return received;
            }
        }
    }

    fn max_gro_segments(&self) -> usize {
        self.socket.max_gro_segments()
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("link", &self.link).finish_non_exhaustive()
    }
}
