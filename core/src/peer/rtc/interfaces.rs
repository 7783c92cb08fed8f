//! Which local addresses a connection binds.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Addresses bound per family. A laptop with cable, wireless, VPN and a bridge has four; each one more
/// multiplies the pairs to check.
const MAX_PER_FAMILY: usize = 4;

/// "All usable addresses of this machine": resolved when bound, so that an ICE restart after a change
/// of network finds the new ones.
///
/// Loopback serves only a machine that has nothing else: a call within it still works.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct AllInterfaces;

impl ToSocketAddrs for AllInterfaces {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        let found = rtc::shared::ifaces::ifaces()?;
        let addresses = choose(found.into_iter().filter_map(|interface| Some(interface.addr?.ip())));
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect::<Vec<_>>().into_iter())
    }
}

fn choose(found: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut chosen: Vec<IpAddr> = Vec::new();
    for ip in found.filter(is_usable) {
        let same_family = chosen.iter().filter(|other| other.is_ipv4() == ip.is_ipv4()).count();
        if same_family < MAX_PER_FAMILY && !chosen.contains(&ip) {
            chosen.push(ip);
        }
    }
    if chosen.is_empty() {
        chosen.push(Ipv4Addr::LOCALHOST.into());
    }
    chosen
}

/// A link-local IPv6 address is useless without its zone, which a candidate cannot carry.
fn is_usable(ip: &IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(found: &[&str]) -> Vec<String> {
        choose(found.iter().map(|ip| ip.parse().unwrap())).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn loopback_is_used_only_by_a_machine_without_a_network() {
        assert_eq!(chosen(&["127.0.0.1", "::1", "fe80::1"]), ["127.0.0.1"]);
        assert_eq!(chosen(&["127.0.0.1", "192.0.2.1", "fe80::1"]), ["192.0.2.1"]);
    }

    #[test]
    fn both_families_are_used_up_to_a_limit() {
        let many = ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"];
        assert_eq!(chosen(&many), many[..5]);
    }
}
