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
         set a token (--auth-token-file), or listen on 127.0.0.1"
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
    /// The system failed while serving.
    #[error("serving failed: {0}")]
    Io(#[from] io::Error),
}
