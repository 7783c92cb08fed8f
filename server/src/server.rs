//! Bind, run, shut down.

use std::fmt;
use std::future::{Future, IntoFuture, pending};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::serve::{Listener, ListenerExt, TapIo};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::App;
use crate::config::ServerConfig;
use crate::counters::Refused;
use crate::dialect::peerjs;
use crate::error::ServeError;
use crate::http;
use crate::tls::Connections;

/// Connections the system may hold for us until they are accepted: enough for everybody to come back
/// at once after an outage.
const BACKLOG: i32 = 1024;

/// A server that listens and does not serve yet.
#[must_use = "a server serves when it is run or spawned"]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    app: Arc<App>,
}

impl Server {
    /// Starts to listen. From here on clients may connect; they are answered once the server runs.
    ///
    /// # Errors
    /// [`ServeError::AddressInUse`], [`ServeError::Bind`]; [`ServeError::OpenToOthers`] when the
    /// configuration would let anybody on other machines be anybody and does not say that this is
    /// meant; [`ServeError::Pages`], [`ServeError::PeerJsPath`].
    pub fn bind(config: ServerConfig) -> Result<Server, ServeError> {
        let address = config.listen;
        if config.auth.is_open() && !config.open_to_others && !address.ip().to_canonical().is_loopback() {
            return Err(ServeError::OpenToOthers(address));
        }
        check(&config)?;
        let listener = listen(address).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::AddressInUse(address),
            _ => ServeError::Bind { address, source },
        })?;
        let local_addr = listener.local_addr()?;
        Ok(Server { listener, local_addr, app: App::new(config) })
    }

    /// Where it listens; tells the port that port 0 became.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address to open in a browser, and to give to clients: `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        url(self.local_addr, &self.app)
    }

    /// Serves for as long as it is polled. Needs a tokio runtime with network and time.
    ///
    /// # Errors
    /// [`ServeError::Io`] when the system fails.
    pub async fn run(self) -> Result<(), ServeError> {
        self.run_until(pending()).await
    }

    /// Serves until `stop` is ready, then closes: clients are told, and those that do not close in
    /// time ([`crate::Timing::drain`]) are cut off.
    ///
    /// # Errors
    /// [`ServeError::Io`] when the system fails.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let Server { listener, app, .. } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let connections = Connections::new(listener, &app.config)?;
        // The tap taps nothing: only so does axum tell the clients' addresses.
        let connections = connections.tap_io(|_| {});
        Self::serve(connections, app, stop).await
    }

    /// Like [`run_until`](Self::run_until), on a listener of one's own: another transport, or one in
    /// memory. `config.listen` is not looked at, and who reaches the listener is the caller's concern.
    ///
    /// # Errors
    /// [`ServeError::Io`] when the listener fails.
    pub async fn run_on(
        config: ServerConfig,
        listener: impl Listener<Addr = SocketAddr>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        Self::serve(listener.tap_io(|_| {}), App::new(config), stop).await
    }

    async fn serve<L, F>(
        connections: TapIo<L, F>,
        app: Arc<App>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError>
    where
        L: Listener<Addr = SocketAddr>,
        F: FnMut(&mut L::Io) + Send + 'static,
    {
        let service = http::router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        let _stop_on_cancel = StopOnDrop(Arc::clone(&app));
        let mut stopping = app.stopping.subscribe();
        let told = async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        let mut serving = axum::serve(connections, service).with_graceful_shutdown(told).into_future();
        tokio::select! {
            biased;
            ended = &mut serving => return Ok(ended?),
            () = stop => {}
        }
        app.stopping.send_replace(true);
        let drained = async {
            let _ = serving.await;
            app.stopping.closed().await;
        };
        if timeout(app.config.timing.drain, drained).await.is_err() {
            log::debug!("some connections did not close in time");
        }
        Ok(())
    }

    /// Serves on the current tokio runtime, beside everything else there.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(self) -> RunningServer {
        let (local_addr, app) = (self.local_addr, Arc::clone(&self.app));
        let mut stopping = app.stopping.subscribe();
        let task = tokio::spawn(self.run_until(async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        }));
        RunningServer { local_addr, app, task }
    }
}

/// A server at work. Dropping it stops the server without waiting.
pub struct RunningServer {
    local_addr: SocketAddr,
    app: Arc<App>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl RunningServer {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address to open in a browser, and to give to clients: `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        url(self.local_addr, &self.app)
    }

    /// What was refused since the start.
    pub fn refused(&self) -> Refused {
        self.app.counters.snapshot()
    }

    /// Stops: clients are told, connections closed, the port is free when this returns.
    pub async fn shutdown(mut self) {
        self.app.stopping.send_replace(true);
        match (&mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!("the server had stopped before: {error}"),
            Err(error) => log::error!("the server's task failed: {error}"),
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.app.stopping.send_replace(true);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

/// Tells connections to close when the server's future is dropped half-way.
struct StopOnDrop(Arc<App>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stopping.send_replace(true);
    }
}

fn url(address: SocketAddr, app: &App) -> String {
    let scheme = if app.config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// Whether what was configured can be served.
fn check(config: &ServerConfig) -> Result<(), ServeError> {
    if let Some(folder) = &config.pages {
        std::fs::read_dir(folder).map_err(|source| ServeError::Pages { path: folder.clone(), source })?;
    }
    match &config.peerjs_path {
        Some(path) if !peerjs::is_mount(path) => Err(ServeError::PeerJsPath(path.clone())),
        _ => Ok(()),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Elsewhere than on Unix this would let two servers share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
