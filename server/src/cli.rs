//! The command line, shared with other binaries that serve.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use duet_signal::message::IceServer;

use crate::auth::SharedToken;
use crate::config::ServerConfig;
use crate::error::ServeError;
use crate::server::Server;
use crate::tls::Tls;

/// What may be said on the command line; `#[command(flatten)]` it into one's own.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen: an address of this machine and a port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// A STUN or TURN server for all clients, may be given several times:
    /// stun:HOST:PORT or turn:HOST:PORT,USER,PASSWORD
    #[arg(long = "ice-server", value_name = "URL[,USER,PASSWORD]", value_parser = parse_ice_server)]
    pub ice_servers: Vec<IceServer>,

    /// A file with a secret that clients must show as their token. Without it everybody is let in,
    /// and only from this machine
    #[arg(long, value_name = "FILE")]
    pub auth_token_file: Option<PathBuf>,

    /// Let everybody in, from other machines and pages of other origins too: for trying a tutorial on
    /// one's own network
    #[arg(long, conflicts_with = "auth_token_file")]
    pub open_to_others: bool,

    /// A name this server is asked by besides localhost and addresses, such as a proxy's; may be given
    /// several times. Without a secret it answers calls under no other: a web page could give its own
    /// name the address of this machine
    #[arg(long = "host", value_name = "NAME", conflicts_with_all = ["auth_token_file", "open_to_others"])]
    pub hosts: Vec<String>,

    /// Serve https and wss with this certificate: a PEM file, with those that lead to its authority
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The key of that certificate: a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Serve PeerJS clients here too, such as /myPeerServer; always at /peerjs
    #[arg(long, value_name = "PATH")]
    pub peerjs_path: Option<String>,

    /// Serve the files of this folder instead of the page: the unchanged pages of another system
    #[arg(long, value_name = "FOLDER")]
    pub pages: Option<PathBuf>,
}

impl ServeArgs {
    /// The configuration that was asked for; reads the files with the token, certificate and key.
    ///
    /// # Errors
    /// [`ServeError::TokenFile`], [`ServeError::TokenEmpty`]; [`ServeError::TlsFile`],
    /// [`ServeError::TlsEmpty`], [`ServeError::TlsUnusable`].
    pub fn config(&self) -> Result<ServerConfig, ServeError> {
        let mut config = ServerConfig { listen: self.listen, ..ServerConfig::default() };
        config.ice_servers = self.ice_servers.clone();
        if let Some(path) = &self.auth_token_file {
            config.auth = Arc::new(read_token(path)?);
        }
        config.open_to_others = self.open_to_others;
        config.hosts = self.hosts.clone();
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            config.tls = Some(Tls::from_pem_files(certificate, key)?);
        }
        config.peerjs_path = self.peerjs_path.clone();
        config.pages = self.pages.clone();
        Ok(config)
    }

    /// Serves until Ctrl-C or SIGTERM. `ready` is told the address to open, such as
    /// `http://127.0.0.1:8080`, once clients can connect. Needs a tokio runtime.
    ///
    /// # Errors
    /// Any [`ServeError`].
    pub async fn serve(&self, ready: impl FnOnce(&str)) -> Result<(), ServeError> {
        let server = Server::bind(self.config()?)?;
        let stop = stop_signal()?;
        ready(&server.url());
        server.run_until(stop).await
    }
}

/// Reads `stun:host:port` or `turn:host:port,user,password`.
///
/// # Errors
/// A sentence that says what was wrong.
pub fn parse_ice_server(text: &str) -> Result<IceServer, String> {
    // A password may hold commas itself.
    let mut parts = text.splitn(3, ',').map(str::trim);
    let url = parts.next().unwrap_or_default();
    let (username, credential) = (parts.next(), parts.next());
    let (scheme, host) = url.split_once(':').unwrap_or_default();
    if host.is_empty() || host.starts_with("//") {
        return Err(format!("{url:?} is not stun:HOST:PORT or turn:HOST:PORT"));
    }
    match (scheme, username, credential) {
        ("stun" | "stuns", None, None) | ("turn" | "turns", Some(_), Some(_)) => {}
        ("stun" | "stuns", ..) => return Err("a STUN server takes no user and password".to_owned()),
        ("turn" | "turns", ..) => return Err(format!("a TURN server needs both: {url},USER,PASSWORD")),
        _ => return Err(format!("{scheme:?} is not stun, stuns, turn or turns")),
    }
    let own = |text: Option<&str>| text.map(str::to_owned);
    Ok(IceServer { urls: vec![url.to_owned()], username: own(username), credential: own(credential) })
}

fn read_token(path: &Path) -> Result<SharedToken, ServeError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ServeError::TokenFile { path: path.to_owned(), source })?;
    SharedToken::new(&text).ok_or_else(|| ServeError::TokenEmpty(path.to_owned()))
}

/// Ready at Ctrl-C or SIGTERM. Listens for both from now on.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, ServeError> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_servers_are_read_with_their_credentials() {
        let stun = parse_ice_server("stun:192.0.2.1:3478").unwrap();
        assert_eq!((stun.urls, stun.username), (vec!["stun:192.0.2.1:3478".to_owned()], None));
        let turn = parse_ice_server("turn:turn.example.org:3478?transport=udp,ann,p,w").unwrap();
        assert_eq!(turn.urls, ["turn:turn.example.org:3478?transport=udp"]);
        assert_eq!((turn.username.as_deref(), turn.credential.as_deref()), (Some("ann"), Some("p,w")));
    }

    #[test]
    fn a_wrong_ice_server_is_refused_with_a_reason() {
        for wrong in ["", "stun", "stun:", "http://x", "turn:x", "turn:x,ann", "stun:x,ann,pw", "stun://x"] {
            assert!(parse_ice_server(wrong).is_err(), "{wrong:?}");
        }
    }
}
