//! The services of other dialects: carries a [`Translator`]'s texts over WebSockets.

use std::collections::VecDeque;
use std::time::Duration;

use duet_signal::Envelope;
use duet_signal::dialect::{Action, Carrier, Refusal, Translator};
use duet_signal::message::UserId;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::address::Base;
use super::http;
use super::link::{Link, Service, Stop};
use super::socket::{self, Socket};
use super::{CONNECT_TIMEOUT, IDLE_TIMEOUT, LinkEvent, QUEUE};
use crate::Error;

/// The largest message taken: what Socket.IO servers pass on by default. Whoever is in a room with us may send
/// such a one, and must not break our connection by it.
const MAX_MESSAGE: usize = 1 << 20;
/// Not every system notices that a connection is dead: a ping (RFC 6455 section 5.5.2) this often makes sure
/// that something is heard.
const PING: Duration = Duration::from_secs(15);
/// The key of PeerServers that ask for none.
const PEERJS_KEY: &str = "peerjs";

/// The half of a link that another system's dialect fills.
pub(super) struct Foreign {
    /// Who we are; empty until the service has named us.
    user: UserId,
    /// By which a PeerServer knows us again.
    token: String,
    base: Base,
    translator: Translator,
    /// Said while there was no connection.
    waiting: VecDeque<Envelope>,
    /// When the translator wants to be woken.
    wake_at: Option<Instant>,
}

impl Service for Foreign {
    async fn attempt(&mut self, link: &mut Link) -> Stop {
        let mut socket = match self.connect(link).await {
            Ok(socket) => socket,
            Err(stop) => return stop,
        };
        // The translator sees to it that rooms are entered again.
        if let Err(stop) = link.up(false, Vec::new()).await {
            return stop;
        }
        let stop = self.serve(link, &mut socket).await;
        if matches!(stop, Stop::Closed) {
            socket::close(&mut socket, None).await;
        }
        stop
    }

    fn keep(&mut self, envelope: Envelope) -> Option<Stop> {
        if self.waiting.len() == QUEUE {
            log::warn!("too much was said without a connection; the oldest is lost");
            self.waiting.pop_front();
        }
        self.waiting.push_back(envelope);
        None
    }
}

impl Foreign {
    pub(super) fn new(user: UserId, token: String, base: Base, translator: Translator) -> Self {
        Foreign { user, token, base, translator, waiting: VecDeque::new(), wake_at: None }
    }

    /// Opens a WebSocket and waits until the service has let us in.
    async fn connect(&mut self, link: &Link) -> Result<Socket, Stop> {
        let late = |_| Stop::Broken("no answer in time".into());
        let url = timeout(CONNECT_TIMEOUT, self.address(link)).await.map_err(late)??;
        let opening = socket::open(&*link.platform.dialer, link.config.trust(), url, MAX_MESSAGE);
        let mut socket = timeout(CONNECT_TIMEOUT, opening).await.map_err(late)?.map_err(Stop::from)?;
        self.translator.opened();
        let greeting = async {
            while !self.act(link, &mut socket).await? {
                let text = read(&mut socket).await?;
                self.translator.hear(&text);
            }
            Ok::<(), Stop>(())
        };
        timeout(CONNECT_TIMEOUT, greeting)
            .await
            .map_err(|_| Stop::Broken("no greeting in time".into()))??;
        while let Some(envelope) = self.waiting.pop_front() {
            self.say(&envelope);
        }
        self.act(link, &mut socket).await?;
        Ok(socket)
    }

    /// Where the WebSocket is; asks for a name first where we have none.
    async fn address(&mut self, link: &Link) -> Result<String, Stop> {
        let token = link.config.token.as_deref();
        let key = token.unwrap_or(PEERJS_KEY);
        match self.translator.carrier() {
            Carrier::WebSocket => Ok(self.base.plain(token)),
            Carrier::EngineIo(version) => Ok(self.base.engine_io(version, token)),
            Carrier::PeerServer => {
                if self.user.0.is_empty() {
                    let url = self.base.peerjs_id(key);
                    let name = http::get(&*link.platform.dialer, link.config.trust(), &url).await;
                    self.user = UserId(name.map_err(Stop::from)?);
                    crate::config::check_user(&self.user).map_err(Stop::Fatal)?;
                    link.tell(LinkEvent::Named(self.user.clone())).await?;
                }
                Ok(self.base.peerjs(key, self.user.as_str(), &self.token))
            }
        }
    }

    async fn serve(&mut self, link: &mut Link, socket: &mut Socket) -> Stop {
        let mut heard = Instant::now();
        let mut ping_at = heard + PING;
        let mut beat_at = self.translator.heartbeat().map(|(every, _)| heard + every);
        loop {
            let next = [beat_at, self.wake_at].into_iter().flatten().fold(ping_at, Instant::min);
            tokio::select! {
                // In a fixed order, so that the same happenings have the same consequences. Silence is only
                // silence when nothing waits to be read.
                biased;
                () = link.network.notified() => return Stop::Broken("the network changed".into()),
                message = link.outgoing.recv() => match message {
                    Some(envelope) => self.say(&envelope),
                    None => return Stop::Closed,
                },
                frame = socket.next() => {
                    heard = Instant::now();
                    match text_of(frame) {
                        Ok(Some(text)) => self.translator.hear(&text),
                        Ok(None) => {}
                        Err(stop) => return stop,
                    }
                }
                () = sleep_until(next) => {
                    if heard.elapsed() >= IDLE_TIMEOUT {
                        return Stop::Broken("the service went silent".into());
                    }
                    let now = Instant::now();
                    if self.wake_at.take_if(|at| *at <= now).is_some() {
                        self.translator.wake();
                    }
                    if let Some((every, text)) = self.translator.heartbeat()
                        && beat_at.is_some_and(|at| at <= now)
                    {
                        beat_at = Some(now + every);
                        if let Err(stop) = write(socket, Frame::text(text)).await { return stop }
                    }
                    if ping_at <= now {
                        ping_at = now + PING;
                        if let Err(stop) = write(socket, Frame::Ping(Default::default())).await { return stop }
                    }
                }
            }
            if let Err(stop) = self.act(link, socket).await {
                return stop;
            }
        }
    }

    fn say(&mut self, envelope: &Envelope) {
        if let Err(error) = self.translator.say(envelope) {
            log::debug!("not said: {error}");
        }
    }

    /// Does what the translator asks for; true once the service has let us in.
    async fn act(&mut self, link: &Link, socket: &mut Socket) -> Result<bool, Stop> {
        let mut ready = false;
        while let Some(action) = self.translator.poll_action() {
            match action {
                Action::Write(text) => write(socket, Frame::text(text)).await?,
                Action::Ready => ready = true,
                Action::WakeAfter(time) => self.wake_at = Some(Instant::now() + time),
                Action::Deliver(envelope) => {
                    link.tell(LinkEvent::Message(envelope)).await?;
                }
                Action::Broken(reason) => return Err(Stop::Broken(reason)),
                Action::Refused(refusal) => {
                    return Err(Stop::Fatal(match refusal {
                        Refusal::NameTaken => Error::NameTaken(self.user.0.clone()),
                        Refusal::Unauthorized(reason) => Error::Unauthorized(reason),
                        Refusal::Other(reason) => Error::Protocol(reason),
                    }));
                }
            }
        }
        Ok(ready)
    }
}

async fn write(socket: &mut Socket, frame: Frame) -> Result<(), Stop> {
    socket::write(socket, frame).await.map_err(Stop::Broken)
}

/// The next text.
async fn read(socket: &mut Socket) -> Result<String, Stop> {
    loop {
        if let Some(text) = text_of(socket.next().await)? {
            return Ok(text);
        }
    }
}

/// The text of a frame. Some servers of plain WebSockets pass texts on as bytes.
fn text_of(
    frame: Option<Result<Frame, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<String>, Stop> {
    match frame {
        Some(Ok(Frame::Text(text))) => Ok(Some(text.as_str().to_owned())),
        Some(Ok(Frame::Binary(bytes))) => Ok(String::from_utf8(bytes.to_vec()).ok()),
        Some(Ok(Frame::Close(_))) | None => Err(Stop::Broken("closed by the service".into())),
        Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => Ok(None),
        Some(Err(error)) => Err(Stop::Broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use duet_signal::Message;
    use duet_signal::dialect::Dialect;
    use tokio::io::DuplexStream;
    use tokio::sync::Notify;
    use tokio::time::sleep;

    use super::super::socket::{Dial, Stream};
    use super::super::{LinkEvents, LinkSender, STABLE};
    use super::*;
    use crate::SessionConfig;
    use crate::driver::Platform;

    /// A service that is there once, for longer than [`STABLE`], and never answers again.
    #[derive(Default)]
    struct Once {
        dials: AtomicUsize,
    }

    #[async_trait]
    impl Dial for Once {
        async fn dial(&self, _: &str, _: u16) -> io::Result<Box<dyn Stream>> {
            if self.dials.fetch_add(1, Ordering::Relaxed) > 0 {
                std::future::pending::<()>().await;
            }
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(serve_a_while(theirs));
            Ok(Box::new(ours))
        }
    }

    async fn serve_a_while(stream: DuplexStream) {
        let socket = tokio_tungstenite::accept_async(stream).await.expect("a client that speaks WebSocket");
        sleep(2 * STABLE).await;
        drop(socket);
    }

    fn link(dialer: Arc<dyn Dial>) -> (LinkSender, LinkEvents, Arc<Notify>) {
        let config = SessionConfig { dialect: Dialect::WsBroadcast, ..SessionConfig::new("ws://h", "us") };
        let platform = Platform { dialer, ..Platform::real() };
        super::super::open(&config, platform, |link| drop(tokio::spawn(link))).expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_never_answers_again_is_given_up() {
        let (_sender, mut events, _network) = link(Arc::new(Once::default()));
        assert!(matches!(events.recv().await, Some(LinkEvent::Up { .. })));
        assert!(matches!(events.recv().await, Some(LinkEvent::Lost)));
        let end = timeout(Duration::from_secs(600), events.recv()).await.expect("an end in time");
        assert!(matches!(end, Some(LinkEvent::Failed(Error::Unreachable { .. }))), "{end:?}");
    }

    /// Answers the request for a WebSocket with this, or takes it and reads nothing more.
    struct Door(Option<&'static str>);

    #[async_trait]
    impl Dial for Door {
        async fn dial(&self, _: &str, _: u16) -> io::Result<Box<dyn Stream>> {
            let (ours, mut theirs) = tokio::io::duplex(1 << 12);
            let answer = self.0;
            tokio::spawn(async move {
                use tokio::io::AsyncWriteExt;
                match answer {
                    Some(answer) => theirs.write_all(answer.as_bytes()).await.expect("a client that reads"),
                    None => {
                        let _open = tokio_tungstenite::accept_async(theirs).await.expect("a client");
                        std::future::pending::<()>().await;
                    }
                }
            });
            Ok(Box::new(ours))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_door_that_wants_a_token_is_told_from_one_that_is_not_there() {
        let denied = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
        let (_sender, mut events, _network) = link(Arc::new(Door(Some(denied))));
        let end = events.recv().await;
        assert!(matches!(end, Some(LinkEvent::Failed(Error::Unauthorized(_)))), "{end:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_stops_reading_is_left() {
        let (sender, mut events, _network) = link(Arc::new(Door(None)));
        assert!(matches!(events.recv().await, Some(LinkEvent::Up { .. })));
        let invite = duet_signal::message::Invite {
            call: "c".into(),
            media: duet_signal::message::MediaKinds { audio: true, video: true },
            expires_in_ms: 1,
        };
        let offer = duet_signal::message::Description {
            call: "c".into(),
            kind: duet_signal::message::DescriptionKind::Offer,
            sdp: "x".repeat(1 << 14),
            exchange: None,
        };
        for message in [Message::Invite(invite), Message::Description(offer)] {
            sender.send(Envelope::from(message)).await.expect("a link");
        }
        let lost = timeout(IDLE_TIMEOUT / 2, events.recv()).await.expect("not by silence");
        assert!(matches!(lost, Some(LinkEvent::Lost)), "{lost:?}");
    }
}
