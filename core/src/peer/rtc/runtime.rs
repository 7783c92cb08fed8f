//! The runtime the webrtc crate runs on: tokio, with our sockets, our task set and a way to wake it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime, TokioRuntime,
};

use super::handler::Signal;
use super::rounds::{Rounds, Sleeping};
use super::socket::{self, Socket};
use super::tasks::Tasks;

/// A name that takes longer to resolve than this is given up: gathering waits for it.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(2);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One connection's runtime.
#[derive(Debug)]
pub(super) struct CallRuntime {
    tasks: Arc<Tasks>,
    wake: Arc<Notify>,
    rounds: Arc<Rounds>,
    signals: mpsc::UnboundedSender<Signal>,
    driver_started: AtomicBool,
    #[cfg(test)]
    link: Option<super::Link>,
}

impl CallRuntime {
    /// A runtime whose tasks are in `tasks` and whose sleeps end early when `wake` is notified.
    pub(super) fn new(tasks: Arc<Tasks>, wake: Arc<Notify>, signals: mpsc::UnboundedSender<Signal>) -> Self {
        CallRuntime {
            tasks,
            wake,
            rounds: Arc::default(),
            signals,
            driver_started: AtomicBool::new(false),
            #[cfg(test)]
            link: None,
        }
    }

    /// Sends everything over a network with faults.
    #[cfg(test)]
    pub(super) fn over(mut self, link: Option<super::Link>) -> Self {
        self.link = link;
        self
    }
}

impl Runtime for CallRuntime {
    /// The first task is the connection's driver: its end is reported, for it tells nobody itself when
    /// it gives up on an error.
    fn spawn(&self, future: Task) -> Box<dyn JoinHandle> {
        if self.driver_started.swap(true, Ordering::Relaxed) {
            return Box::new(Handle(self.tasks.spawn(future)));
        }
        let report = DriverEnd(self.signals.clone());
        Box::new(Handle(self.tasks.spawn(async move {
            let _report = report;
            future.await;
        })))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let inner = socket::register(socket)?;
        #[cfg(test)]
        let inner = match &self.link {
            Some(link) => Arc::new(super::link::Faulty::new(inner, link.clone(), &self.tasks)),
            None => inner,
        };
        Ok(Arc::new(Socket::new(inner, Arc::clone(&self.tasks), Arc::clone(&self.rounds))))
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote_addr: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        Box::pin(async move { TokioRuntime.connect_tcp(remote_addr).await })
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        Box::pin(async move {
            tokio::time::timeout(RESOLVE_TIMEOUT, TokioRuntime.resolve_host(host))
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        })
    }

    /// Ends early when the packet path has something to do; the driver then looks at everything.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        if self.rounds.take() {
            return Box::pin(std::future::ready(()));
        }
        let (wake, sleeping) = (Arc::clone(&self.wake), Sleeping(Arc::clone(&self.rounds)));
        Box::pin(async move {
            let _sleeping = sleeping;
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                () = wake.notified() => {}
            }
        })
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.yield_now()
    }

    fn name(&self) -> &'static str {
        "duet"
    }
}

/// Reports the driver's end, however it comes.
struct DriverEnd(mpsc::UnboundedSender<Signal>);

impl Drop for DriverEnd {
    fn drop(&mut self) {
        // Nobody listens any more when the connection is being closed.
        let _ = self.0.send(Signal::DriverEnded);
    }
}

struct Handle(AbortHandle);

impl JoinHandle for Handle {
    fn detach(&self) {}

    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}
