//! Why a server does not serve.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server does not serve; each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Something listens there already.
    #[error(
        "{0} is in use by another program; stop it, or listen elsewhere, for example on port 0 for a free one"
    )]
    AddressInUse(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}; choose an address of this machine and a port you may use")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Everybody could be anybody, from anywhere.
    #[error(
        "{0} can be reached from other machines, where everybody could say they are anybody; \
         set a token (--auth-token-file), say that this is meant (--open-to-others), or listen on 127.0.0.1"
    )]
    OpenToOthers(SocketAddr),
    /// The token file cannot be read.
    #[error("cannot read the token file {path}: {source}")]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The token file has nothing in it.
    #[error("the token file {0} is empty; put a secret into it, for example from `openssl rand -hex 16`")]
    TokenEmpty(PathBuf),
    /// The certificate's or key's file cannot be read.
    #[error("cannot read the TLS file {path}: {source}")]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no certificate or no key in the file.
    #[error(
        "{path} has no PEM section of {wanted}; certificate (--tls-cert) and key (--tls-key) are PEM files"
    )]
    TlsEmpty {
        /// The file.
        path: PathBuf,
        /// The section that is missing.
        wanted: &'static str,
    },
    /// The certificate or key is of no use, or they do not belong together.
    #[error("cannot serve TLS with {path}: {reason}")]
    TlsUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder of pages is none.
    #[error("cannot serve pages from {path}: {source}")]
    Pages {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// PeerJS clients cannot be served there.
    #[error("{0:?} is not a path for PeerJS clients; it looks like /myPeerServer and is not taken by others")]
    PeerJsPath(String),
    /// The system failed while serving.
    #[error("serving failed: {0}")]
    Io(#[from] io::Error),
}
