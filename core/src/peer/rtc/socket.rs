//! A UDP socket that repeats handshake datagrams, notices relayed ones and has room for bursts.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Runtime, TokioRuntime, Transmit};

use super::rounds::Rounds;
use super::tasks::Tasks;

/// Kernel buffers: a key frame of a megabyte a second arrives in one burst, and a busy machine may
/// leave it lying for 100 ms; the usual 208 KiB count packet overhead and overflow.
const BUFFER_BYTES: usize = 512 * 1024;
/// Pauses before the copies of a handshake datagram. Two of three copies come before the handshake's
/// own one-second timer; the first after an ordinary round trip, so that a good network sees few.
const REPEAT_AFTER: [Duration; 3] =
    [Duration::from_millis(60), Duration::from_millis(120), Duration::from_millis(220)];
/// Datagrams being repeated at one time. A handshake has about ten.
const MAX_REPEATING: usize = 32;

/// A UDP socket of one connection.
pub(super) struct Socket {
    inner: Arc<dyn AsyncUdpSocket>,
    tasks: Arc<Tasks>,
    rounds: Arc<Rounds>,
    repeating: Arc<AtomicUsize>,
}

/// Gives a bound socket its buffers and the runtime's readiness.
pub(super) fn register(socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
    let options = socket2::SockRef::from(&socket);
    // The system may grant less; that is no reason to fail.
    let _ = options.set_recv_buffer_size(BUFFER_BYTES);
    let _ = options.set_send_buffer_size(BUFFER_BYTES);
    TokioRuntime.wrap_udp_socket(socket)
}

impl Socket {
    /// Takes a socket over; `tasks` end the repeats with the connection, `rounds` hears of relayed datagrams.
    pub(super) fn new(inner: Arc<dyn AsyncUdpSocket>, tasks: Arc<Tasks>, rounds: Arc<Rounds>) -> Self {
        Socket { inner, tasks, rounds, repeating: Arc::default() }
    }

    fn repeat(&self, transmit: &Transmit<'_>) {
        if self.repeating.fetch_add(1, Ordering::Relaxed) >= MAX_REPEATING {
            self.repeating.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let slot = Slot(Arc::clone(&self.repeating));
        let socket = Arc::downgrade(&self.inner);
        let (datagram, destination) = (transmit.contents.to_vec(), transmit.destination);
        self.tasks.spawn(async move {
            let _slot = slot;
            for pause in REPEAT_AFTER {
                tokio::time::sleep(pause).await;
                let Some(socket) = socket.upgrade() else { return };
                if socket.send_to(&datagram, destination).await.is_err() {
                    return;
                }
            }
        });
    }
}

impl AsyncUdpSocket for Socket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let sent = self.inner.poll_send(cx, transmit);
        if sent.is_ready() && is_relayed(transmit.contents) {
            self.rounds.on_relayed();
        }
        if matches!(sent, Poll::Ready(Ok(_))) && is_handshake(transmit.contents) {
            self.repeat(transmit);
        }
        sent
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let received = self.inner.poll_recv(cx, bufs, meta);
        if let Poll::Ready(Ok(count)) = received
            && bufs.iter().take(count).any(|datagram| is_relayed(datagram))
        {
            self.rounds.on_relayed();
        }
        received
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

/// A place among the datagrams being repeated.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a datagram begins with a DTLS handshake or change-cipher-spec record (RFC 7983 section 7,
/// RFC 6347 section 4.1), bare or on its way to a relay.
fn is_handshake(datagram: &[u8]) -> bool {
    const CHANGE_CIPHER_SPEC: u8 = 20;
    const HANDSHAKE: u8 = 22;
    let first = match datagram.first() {
        Some(64..=79) => datagram.get(4),
        Some(0) if datagram.starts_with(&SEND_INDICATION) => relayed_data(datagram).and_then(<[u8]>::first),
        first => first,
    };
    matches!(first, Some(&(CHANGE_CIPHER_SPEC | HANDSHAKE)))
}

/// The types of TURN Send and Data indications (RFC 8656 section 17).
const SEND_INDICATION: [u8; 2] = [0x00, 0x16];
const DATA_INDICATION: [u8; 2] = [0x00, 0x17];

/// Whether this goes to or comes from somebody behind a relay.
fn is_relayed(datagram: &[u8]) -> bool {
    let indication = datagram.starts_with(&DATA_INDICATION) || datagram.starts_with(&SEND_INDICATION);
    indication || matches!(datagram.first(), Some(64..=79))
}

/// The DATA attribute of a TURN message.
fn relayed_data(message: &[u8]) -> Option<&[u8]> {
    const HEADER: usize = 20;
    const DATA: u16 = 0x0013;
    let mut rest = message.get(HEADER..)?;
    loop {
        let (kind, length) = (rest.first_chunk::<2>()?, rest.get(2..4)?);
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if u16::from_be_bytes(*kind) == DATA {
            return rest.get(4..4 + length);
        }
        rest = rest.get(4 + length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_handshake_records_are_repeated() {
        for (datagram, repeated) in [
            (&[22, 254, 253][..], true),
            (&[20, 254, 253], true),
            (&[21, 254, 253], false),
            (&[23, 254, 253], false),
            (&[0x80, 111], false),
            (&[0, 1, 0, 0], false),
            (&[], false),
        ] {
            assert_eq!(is_handshake(datagram), repeated, "{datagram:?}");
        }
    }

    #[test]
    fn relayed_handshake_records_are_repeated_too() {
        assert!(is_handshake(&[0x40, 0, 0, 2, 22, 254]));
        assert!(!is_handshake(&[0x40, 0, 0, 2, 23, 254]));
        let mut indication = vec![0x00, 0x16, 0, 20];
        indication.extend([0; 16]);
        indication.extend([0x00, 0x12, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7]);
        indication.extend([0x00, 0x13, 0, 1, 22, 0, 0, 0]);
        assert!(is_handshake(&indication));
        assert!(!is_handshake(&indication[..30]));
    }
}
