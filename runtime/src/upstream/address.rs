//! Which addresses are public: where a provider may be that does not say `network: private`. The check is made on what
//! a name resolves to, at the time of each connection, so that no name can lead inside.
//!
//! IANA, "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry".

use hyper_util::client::legacy::connect::dns::Name;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{io, vec};
use tower_service::Service;

/// A host that is not at a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotPublic;

impl std::fmt::Display for NotPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the host is not at a public address")
    }
}

impl std::error::Error for NotPublic {}

/// Resolves names, to public addresses only where it is told so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    pub(super) is_public_only: bool,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let is_public_only = self.is_public_only;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| !is_public_only || is_public(address.ip())).collect();
            if allowed.is_empty() && is_public_only {
                return Err(io::Error::other(NotPublic));
            }
            Ok(allowed.into_iter())
        })
    }
}

/// Whether packets to that address leave for the public network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, second, ..] => second & 0xC0 == 64,
        [169, 254, ..] | [192, 168, ..] | [192, 0, 0 | 2, _] => true,
        [172, second, ..] => second & 0xF0 == 16,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [first, ..] => first >= 224,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Unspecified, loopback, compatible and mapped IPv4: as the embedded address, which is 0/8 for the first two.
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] => embedded(high, low),
        // NAT64 and 6to4 lead to the embedded address.
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        [0x64, 0xFF9B, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0..0x200, ..] | [0x2001, 0xDB8, ..] => false,
        // Global unicast, and nothing else: local, link-local, multicast and unassigned are outside.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.170",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
        for address in
            ["1.1.1.1", "100.63.0.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:1.1.1.1"]
        {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }
}
