use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::AddressBook;
use crate::identity::Identity;

/// A range of addresses: a network and the length of its prefix. Prints as `10.1.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    network: IpAddr,
    prefix_len: u8,
}

impl Cidr {
    /// The first address.
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// The length of the prefix in bits.
    pub fn prefix_len(&self) -> u8 {
        self.prefix_len
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_len)
    }
}

impl AddressBook {
    /// The addresses of those who are `admitted`, for firewalls and proxies that filter by address:
    /// as few ranges as possible, which do not overlap, IPv4 first. An address is in them exactly if
    /// [`identify`](Self::identify) gives somebody who is admitted.
    ///
    /// ```
    /// use smi_policy::{AddressBook, Identity};
    ///
    /// let mut book = AddressBook::new();
    /// book.add("10.0.0.0/30", Identity::service_account("shop", "web"))?;
    /// book.add("10.0.0.2", Identity::service_account("shop", "cart"))?;
    ///
    /// let ranges = book.cidrs(|identity| identity.to_string() == "shop/web");
    /// let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    /// assert_eq!(ranges, ["10.0.0.0/31", "10.0.0.3/32"]);
    /// # Ok::<(), smi_policy::AddressError>(())
    /// ```
    pub fn cidrs(&self, admitted: impl Fn(&Identity) -> bool) -> Vec<Cidr> {
        let mut entries: Vec<(IpNet, bool)> = self
            .entries()
            .filter_map(|(network, prefix_len, identity)| {
                let net = IpNet::new(network, prefix_len).ok()?;
                Some((net, identity.is_some_and(&admitted)))
            })
            .collect();
        // A network comes before its parts, and all parts of one half before those of the other.
        entries.sort_by_key(|(net, _)| (net.network(), net.prefix_len()));
        let ipv6 = entries.partition_point(|(net, _)| net.addr().is_ipv4());
        let (ipv4, ipv6) = entries.split_at_checked(ipv6).unwrap_or_default();
        let mut found = Vec::new();
        for (whole, entries) in [("0.0.0.0/0", ipv4), ("::/0", ipv6)] {
            if let Ok(whole) = whole.parse() {
                collect(whole, entries, &mut found);
            }
        }
        let cidr = |net: IpNet| Cidr { network: net.network(), prefix_len: net.prefix_len() };
        let mut found: Vec<Cidr> = IpNet::aggregate(&found).into_iter().map(cidr).collect();
        found.sort();
        found
    }
}

/// Adds the parts of `whole` that are admitted, by the entries within it.
fn collect(whole: IpNet, entries: &[(IpNet, bool)], found: &mut Vec<IpNet>) {
    let mut left = vec![(whole, false, entries)];
    while let Some((net, inherited, entries)) = left.pop() {
        let (is_admitted, parts) = match entries.split_first() {
            Some(((own, is_admitted), parts)) if *own == net => (*is_admitted, parts),
            _ => (inherited, entries),
        };
        if parts.iter().all(|(_, part)| *part == is_admitted) {
            found.extend(is_admitted.then_some(net));
            continue;
        }
        let Ok(halves) = net.subnets(net.prefix_len().saturating_add(1)) else { continue };
        for half in halves {
            let start = parts.partition_point(|(part, _)| part.network() < half.network());
            let end = parts.partition_point(|(part, _)| part.network() <= half.broadcast());
            left.push((half, is_admitted, parts.get(start..end).unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Within 16 addresses of each family, by asking for every one of them.
        #[test]
        fn ranges_hold_exactly_the_addresses_of_the_admitted(
            entries in prop::collection::vec((any::<bool>(), 0_u8..16, 0_u8..=4, 0_u8..3), 0..8)
        ) {
            let mut book = AddressBook::new();
            for (is_ipv4, host, len, who) in entries {
                let cidr = match is_ipv4 {
                    true => format!("10.0.0.{host}/{}", 28 + len),
                    false => format!("fd00::{host:x}/{}", 124 + len),
                };
                book.add(&cidr, Identity::service_account("ns", who.to_string())).unwrap();
            }
            let is_admitted = |identity: &Identity| identity.to_string() != "ns/0";
            let ranges = book.cidrs(is_admitted);
            for host in 0..18_u8 {
                for text in [format!("10.0.0.{host}"), format!("fd00::{host:x}")] {
                    let address: IpAddr = text.parse().unwrap();
                    let hits = ranges.iter().filter(|range| {
                        IpNet::new(range.network(), range.prefix_len()).unwrap().contains(&address)
                    });
                    let expected = book.identify(address).is_some_and(is_admitted);
                    prop_assert_eq!(hits.count(), usize::from(expected), "{} {:?}", text, ranges);
                }
            }
        }
    }
}
