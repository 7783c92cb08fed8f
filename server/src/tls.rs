//! TLS: certificate and key from files, and a listener that speaks it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, Error, InconsistentKeys};
use tokio_rustls::server::TlsStream;

use crate::config::{Limits, ServerConfig};
use crate::error::ServeError;
use crate::limits::Gate;

/// Handshakes under way at one time. 256: each costs a few ms of one core, so that a crowd that comes
/// at once is through within about a second.
const HANDSHAKES: usize = 256;

/// A certificate and its key, ready to serve with.
#[derive(Clone)]
pub struct Tls(Arc<rustls::ServerConfig>);

impl Tls {
    /// Reads a certificate, with those that lead to its authority after it, and its key; both PEM.
    ///
    /// # Errors
    /// [`ServeError::TlsFile`], [`ServeError::TlsEmpty`], [`ServeError::TlsUnusable`].
    pub fn from_pem_files(certificate: &Path, key: &Path) -> Result<Tls, ServeError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| ServeError::TlsFile { path: path.to_owned(), source })
        };
        let (chain_text, key_text) = (read(certificate)?, read(key)?);
        let chain = CertificateDer::pem_slice_iter(&chain_text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(certificate, error))?;
        if chain.is_empty() {
            return Err(ServeError::TlsEmpty { path: certificate.to_owned(), wanted: "CERTIFICATE" });
        }
        let key_der = PrivateKeyDer::from_pem_slice(&key_text).map_err(|error| match error {
            PemError::NoItemsFound => ServeError::TlsEmpty { path: key.to_owned(), wanted: "PRIVATE KEY" },
            error => unusable(key, error),
        })?;
        let provider = ring::default_provider();
        let key_ready = provider.key_provider.load_private_key(key_der).map_err(|error| {
            unusable(key, format_args!("{error}; a key is ECDSA, Ed25519, or RSA of at least 2048 bits"))
        })?;
        let certified = CertifiedKey::new(chain, key_ready);
        // A certificate of version 1, as tutorials make them, cannot be compared with its key here; it
        // is for clients to judge.
        if let Err(error @ Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) = certified.keys_match() {
            return Err(unusable(certificate, error));
        }
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(certificate, error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        Ok(Tls(Arc::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn unusable(path: &Path, reason: impl fmt::Display) -> ServeError {
    ServeError::TlsUnusable { path: path.to_owned(), reason: reason.to_string() }
}

/// A connection, with TLS or without.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Accepts connections, with TLS or without.
pub(crate) enum Connections {
    Plain(TcpListener),
    /// Handshakes run beside each other in a task of their own. It never stops accepting: a slow client,
    /// or many, hold up nobody.
    Tls {
        ready: mpsc::Receiver<(Stream, SocketAddr)>,
        local_addr: SocketAddr,
        _accepting: JoinSet<()>,
    },
}

impl Connections {
    /// Accepts from a listener.
    pub(crate) fn new(listener: TcpListener, config: &ServerConfig) -> io::Result<Self> {
        let Some(Tls(tls)) = &config.tls else { return Ok(Connections::Plain(listener)) };
        let local_addr = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(HANDSHAKES);
        let mut accepting = JoinSet::new();
        let acceptor = TlsAcceptor::from(Arc::clone(tls));
        let handshakes = Handshakes::new(HANDSHAKES, &config.limits);
        accepting.spawn(shake_hands(listener, acceptor, config.timing.tls_handshake, handshakes, sender));
        Ok(Connections::Tls { ready, local_addr, _accepting: accepting })
    }
}

async fn shake_hands(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    deadline: Duration,
    // End with this task.
    mut handshakes: Handshakes,
    ready: mpsc::Sender<(Stream, SocketAddr)>,
) {
    loop {
        // The trait's: it waits and goes on where the system has no more to give.
        let (stream, address) = Listener::accept(&mut listener).await;
        let _ = stream.set_nodelay(true);
        let (accept, ready) = (acceptor.accept(stream), ready.clone());
        handshakes.begin(address.ip(), async move {
            match timeout(deadline, accept).await {
                Ok(Ok(stream)) => {
                    let _ = ready.send((Stream::Tls(Box::new(stream)), address)).await;
                }
                Ok(Err(error)) => log::debug!("a TLS handshake failed: {error}"),
                Err(_) => log::debug!("a TLS handshake took too long"),
            }
        });
    }
}

/// Handshakes under way: so many from one address, loopback excepted ([`Gate`]), and so many
/// in all.
struct Handshakes {
    most: usize,
    gate: Arc<Gate>,
    tasks: JoinSet<()>,
    /// The oldest first.
    under_way: VecDeque<AbortHandle>,
}

impl Handshakes {
    fn new(most: usize, limits: &Limits) -> Self {
        let gate = Gate::new(&Limits { connections: usize::MAX, ..*limits });
        Handshakes { most, gate, tasks: JoinSet::new(), under_way: VecDeque::new() }
    }

    /// Begins one, unless as many from its address are under way as may be. One too many in all cuts
    /// off the oldest: who is willing is long done by then.
    fn begin(&mut self, address: IpAddr, handshake: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        let Ok(pass) = self.gate.enter(address) else {
            log::debug!("too many TLS handshakes from one address");
            return;
        };
        self.under_way.retain(|task| !task.is_finished());
        if self.under_way.len() >= self.most
            && let Some(oldest) = self.under_way.pop_front()
        {
            oldest.abort();
        }
        self.under_way.push_back(self.tasks.spawn(async move {
            handshake.await;
            drop(pass);
        }));
    }
}

impl Listener for Connections {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        match self {
            Connections::Plain(listener) => {
                let (stream, address) = Listener::accept(listener).await;
                // Small messages must not wait for earlier ones to be acknowledged (Nagle).
                let _ = stream.set_nodelay(true);
                (Stream::Plain(stream), address)
            }
            Connections::Tls { ready, .. } => match ready.recv().await {
                Some(accepted) => accepted,
                // The task that accepts is gone with the runtime.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Connections::Plain(listener) => listener.local_addr(),
            Connections::Tls { local_addr, .. } => Ok(*local_addr),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    /// Begins a handshake that never ends by itself; tells when it is over, or was not begun.
    fn begin(handshakes: &mut Handshakes, address: IpAddr) -> oneshot::Receiver<()> {
        let (held, over) = oneshot::channel();
        handshakes.begin(address, async move {
            let _held = held;
            pending().await
        });
        over
    }

    fn is_over(over: &mut oneshot::Receiver<()>) -> bool {
        matches!(over.try_recv(), Err(oneshot::error::TryRecvError::Closed))
    }

    #[tokio::test]
    async fn an_address_that_never_shakes_hands_leaves_room_for_others() {
        let mut handshakes = Handshakes::new(9, &Limits { connections_per_address: 2, ..Limits::default() });
        let mut first = [ONE, ONE, ONE, OTHER].map(|address| begin(&mut handshakes, address));
        assert_eq!(first.each_mut().map(is_over), [false, false, true, false]);
        // Whoever ends gives its place back.
        handshakes.under_way[0].abort();
        assert!((&mut first[0]).await.is_err());
        assert!(!is_over(&mut begin(&mut handshakes, ONE)));
    }

    #[tokio::test]
    async fn one_handshake_too_many_cuts_off_the_oldest() {
        let mut handshakes = Handshakes::new(2, &Limits::default());
        let mut under_way = [ONE, OTHER, ONE].map(|address| begin(&mut handshakes, address));
        assert!((&mut under_way[0]).await.is_err());
        assert_eq!(under_way.each_mut().map(is_over), [true, false, false]);
    }
}
