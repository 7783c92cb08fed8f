//! Why a connection cannot be made or go on.

/// Why a connection cannot be made or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PeerError {
    /// Only relays are allowed and none can be used.
    #[error("only relays are allowed, but no TURN server over UDP with credentials is configured")]
    NoTurnServer,
    /// Only relays are allowed and no server gave us an address.
    #[error("only relays are allowed, but no TURN server granted a relay; check its address and credentials")]
    NoRelay,
    /// No path to the other side, or the path is gone.
    #[error("no network path to the other side{}", if *.after_connect { " any more" } else { "" })]
    Ice {
        /// Whether there had been one.
        after_connect: bool,
    },
    /// The path is there, the encryption could not be agreed on.
    #[error("the DTLS handshake with the other side failed")]
    Dtls,
    /// The two sides share no codec.
    #[error("the two sides have no codec in common")]
    NoCommonCodec,
    /// The other side's description cannot be used.
    #[error("the other side's session description cannot be used: {0}")]
    Description(String),
    /// The system refused sockets, or the transport stopped.
    #[error("the media transport failed: {0}")]
    Transport(String),
}

impl PeerError {
    /// The words without what the other side or the system said, which may name addresses.
    pub(crate) fn in_short(&self) -> String {
        match self {
            PeerError::Description(_) => "the other side's session description cannot be used".into(),
            PeerError::Transport(_) => "the media transport failed".into(),
            plain => plain.to_string(),
        }
    }
}
