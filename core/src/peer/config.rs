//! What a connection is made for.

use duet_codecs::VideoCodec;
use duet_signal::message::IceServer;

use super::PeerError;

/// Settings of one connection. They hold for its life.
#[derive(Clone, Debug)]
pub(crate) struct PeerConfig {
    /// STUN and TURN servers. What cannot be used (TURN over TCP or TLS, malformed URLs) is skipped
    /// with one warning.
    pub ice_servers: Vec<IceServer>,
    /// Only relayed candidates: needs at least one TURN server over UDP.
    pub relay_only: bool,
    /// Send and receive sound.
    pub audio: bool,
    /// Send and receive pictures.
    pub video: bool,
    /// Video codecs of this build, by preference; the first is offered first.
    pub codecs: Vec<VideoCodec>,
    /// The pictures are a screen's, and descriptions say so.
    pub screen: bool,
    /// The other side's data channel is the control channel, whatever it is called.
    pub any_channel: bool,
    /// Gives way when both sides offer at once (W3C perfect negotiation). Exactly one side is polite.
    pub polite: bool,
    /// First guess of what the network carries, in bit/s.
    pub start_bps: u64,
    /// The estimate never goes below, in bit/s.
    pub min_bps: u64,
    /// The estimate never goes above, in bit/s.
    pub max_bps: u64,
}

impl PeerConfig {
    /// The servers the transport can use.
    ///
    /// # Errors
    /// [`PeerError::NoTurnServer`] when only relays are allowed and there is none.
    pub(super) fn usable_servers(&self) -> Result<Vec<IceServer>, PeerError> {
        let mut servers = Vec::new();
        let mut relays = 0;
        let mut skipped = 0;
        for server in &self.ice_servers {
            let mut usable = server.clone();
            usable.urls.retain(|url| match Scheme::of(url) {
                Scheme::Stun => true,
                Scheme::TurnUdp => server.username.is_some() && server.credential.is_some(),
                Scheme::Unsupported => false,
            });
            skipped += server.urls.len() - usable.urls.len();
            relays += usable.urls.iter().filter(|url| Scheme::of(url) == Scheme::TurnUdp).count();
            if !usable.urls.is_empty() {
                servers.push(usable);
            }
        }
        if skipped > 0 {
            log::warn!(
                "{skipped} ICE server address(es) skipped: STUN and TURN over UDP are supported, \
                 TURN with user name and credential"
            );
        }
        if self.relay_only && relays == 0 {
            return Err(PeerError::NoTurnServer);
        }
        Ok(servers)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Stun,
    TurnUdp,
    Unsupported,
}

impl Scheme {
    /// RFC 7064 and RFC 7065.
    fn of(url: &str) -> Scheme {
        let Some((scheme, rest)) = url.split_once(':') else { return Scheme::Unsupported };
        let (host, query) = rest.split_once('?').unwrap_or((rest, ""));
        let host_ok = !host.is_empty() && !host.contains(['/', ' ', '@']);
        let udp = query.is_empty() || query.eq_ignore_ascii_case("transport=udp");
        match (scheme.to_ascii_lowercase().as_str(), host_ok, udp) {
            ("stun", true, true) => Scheme::Stun,
            ("turn", true, true) => Scheme::TurnUdp,
            _ => Scheme::Unsupported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(urls: &[&str], relay_only: bool) -> PeerConfig {
        PeerConfig {
            ice_servers: vec![IceServer {
                urls: urls.iter().map(|&url| url.to_owned()).collect(),
                username: Some("u".into()),
                credential: Some("c".into()),
            }],
            relay_only,
            audio: true,
            video: true,
            codecs: vec![VideoCodec::H264],
            screen: false,
            any_channel: false,
            polite: false,
            start_bps: 500_000,
            min_bps: 60_000,
            max_bps: 2_000_000,
        }
    }

    #[test]
    fn relays_over_tcp_and_tls_are_skipped() {
        let urls = ["turn:a:3478", "turn:a:3478?transport=tcp", "turns:a:5349", "stun:b", "nonsense"];
        let servers = config(&urls, false).usable_servers().unwrap();
        assert_eq!(servers[0].urls, ["turn:a:3478", "stun:b"]);
    }

    #[test]
    fn relay_only_without_a_usable_relay_is_refused() {
        let refused = config(&["stun:a", "turns:a"], true).usable_servers();
        assert_eq!(refused, Err(PeerError::NoTurnServer));
    }

    #[test]
    fn a_relay_without_credentials_is_skipped() {
        let mut config = config(&["turn:a"], true);
        config.ice_servers[0].credential = None;
        assert_eq!(config.usable_servers(), Err(PeerError::NoTurnServer));
    }
}
