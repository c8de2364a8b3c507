use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

use crate::{Identity, Proof};

/// Who is behind which address: CIDRs and their identities.
///
/// The longest prefix wins. An IPv4-mapped IPv6 address is the IPv4 address it maps. Equal prefixes
/// with different identities identify nobody. What a book identifies is proven by
/// [`Proof::Address`] only.
///
/// ```
/// use smi_policy::{AddressBook, Identity};
///
/// let mut book = AddressBook::new();
/// book.add("10.1.0.0/16", Identity::service_account("shop", "web"))?;
/// book.add("10.1.2.3", Identity::service_account("shop", "cart"))?;
///
/// let who = |ip: &str| book.identify(ip.parse().unwrap()).map(ToString::to_string);
/// assert_eq!(who("10.1.9.9").as_deref(), Some("shop/web"));
/// assert_eq!(who("::ffff:10.1.2.3").as_deref(), Some("shop/cart"));
/// assert_eq!(who("10.2.0.1"), None);
///
/// assert!(book.add("10.0.0.0/33", Identity::service_account("a", "b")).is_err());
/// # Ok::<(), smi_policy::AddressError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AddressBook {
    /// Sorted by prefix length, longest first, then by network: a look-up is one binary search for
    /// each prefix length in use, of which there are few.
    lengths: Vec<Networks>,
}

#[derive(Clone, Debug)]
struct Networks {
    is_ipv4: bool,
    prefix_len: u8,
    /// Sorted by network. `None`: entries that contradict each other.
    entries: Vec<(IpAddr, Option<Identity>)>,
}

/// Why a text is neither a CIDR nor an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is neither an IP address nor a CIDR such as `10.0.0.0/8`")]
pub struct AddressError {
    text: String,
}

impl AddressBook {
    /// A book without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a CIDR, or a single address, and who is behind it. Bits behind the prefix are ignored.
    ///
    /// # Errors
    ///
    /// Fails if the text is neither a CIDR nor an address; the book stays as it was.
    pub fn add(&mut self, cidr: &str, identity: Identity) -> Result<(), AddressError> {
        let net = cidr
            .parse::<IpNet>()
            .or_else(|_| cidr.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| AddressError { text: cidr.chars().take(64).collect() })?;
        let (network, prefix_len) = canonical(net);
        let identity = identity.proven_by(Proof::Address);
        let is_ipv4 = network.is_ipv4();
        let order = |n: &Networks| (std::cmp::Reverse(n.prefix_len), n.is_ipv4);
        let wanted = (std::cmp::Reverse(prefix_len), is_ipv4);
        let at = self.lengths.binary_search_by_key(&wanted, order).unwrap_or_else(|at| {
            self.lengths.insert(at, Networks { is_ipv4, prefix_len, entries: Vec::new() });
            at
        });
        let Some(networks) = self.lengths.get_mut(at) else { return Ok(()) };
        match networks.entries.binary_search_by_key(&network, |(n, _)| *n) {
            Err(at) => networks.entries.insert(at, (network, Some(identity))),
            Ok(at) => {
                let known = networks.entries.get_mut(at).map(|(_, known)| known);
                if let Some(known) = known.filter(|known| known.as_ref() != Some(&identity)) {
                    *known = None;
                }
            }
        }
        Ok(())
    }

    /// All networks with their prefix lengths, and who is behind them; `None`: entries that
    /// contradict each other.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (IpAddr, u8, Option<&Identity>)> {
        self.lengths.iter().flat_map(|networks| {
            let entries = networks.entries.iter();
            entries.map(|(network, identity)| (*network, networks.prefix_len, identity.as_ref()))
        })
    }

    /// Who is behind this address; `None`: unauthenticated.
    pub fn identify(&self, address: IpAddr) -> Option<&Identity> {
        let address = address.to_canonical();
        let candidates = self.lengths.iter().filter(|n| n.is_ipv4 == address.is_ipv4());
        for networks in candidates {
            let network = IpNet::new(address, networks.prefix_len).ok()?.network();
            if let Ok(at) = networks.entries.binary_search_by_key(&network, |(n, _)| *n) {
                return networks.entries.get(at)?.1.as_ref();
            }
        }
        None
    }
}

/// The network without host bits; a network of IPv4-mapped addresses becomes the IPv4 network.
fn canonical(net: IpNet) -> (IpAddr, u8) {
    let net = net.trunc();
    match net.addr().to_canonical() {
        mapped @ IpAddr::V4(_) if net.addr().is_ipv6() && net.prefix_len() >= 96 => {
            (mapped, net.prefix_len() - 96)
        }
        _ => (net.addr(), net.prefix_len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(entries: &[(&str, &str)]) -> AddressBook {
        let mut book = AddressBook::new();
        for (cidr, name) in entries {
            book.add(cidr, Identity::service_account("ns", *name)).unwrap();
        }
        book
    }

    fn who(book: &AddressBook, ip: &str) -> Option<String> {
        book.identify(ip.parse().unwrap()).map(ToString::to_string)
    }

    #[test]
    fn the_longest_prefix_wins_whatever_the_order() {
        for entries in [
            [("10.0.0.0/8", "wide"), ("10.1.0.0/16", "narrow"), ("0.0.0.0/0", "all")],
            [("0.0.0.0/0", "all"), ("10.1.0.0/16", "narrow"), ("10.0.0.0/8", "wide")],
        ] {
            let book = book(&entries);
            assert_eq!(who(&book, "10.1.2.3").as_deref(), Some("ns/narrow"));
            assert_eq!(who(&book, "10.2.2.3").as_deref(), Some("ns/wide"));
            assert_eq!(who(&book, "9.9.9.9").as_deref(), Some("ns/all"));
            assert_eq!(who(&book, "2001:db8::1"), None);
        }
    }

    #[test]
    fn equal_prefixes_with_different_identities_identify_nobody() {
        let book = book(&[("10.0.0.0/8", "all"), ("10.1.0.0/16", "a"), ("10.1.9.9/16", "b")]);
        assert_eq!(who(&book, "10.1.2.3"), None, "not even the wider network's");
        assert_eq!(who(&book, "10.2.2.3").as_deref(), Some("ns/all"));
    }

    #[test]
    fn mapped_addresses_are_ipv4_addresses() {
        let book = book(&[("::ffff:10.1.0.0/112", "mapped"), ("2001:db8::/32", "six")]);
        assert_eq!(who(&book, "10.1.2.3").as_deref(), Some("ns/mapped"));
        assert_eq!(who(&book, "::ffff:10.1.2.3").as_deref(), Some("ns/mapped"));
        assert_eq!(who(&book, "2001:db8::7").as_deref(), Some("ns/six"));
    }

    #[test]
    fn what_a_book_identifies_is_proven_by_address() {
        let book = book(&[("10.0.0.1", "a")]);
        let identity = book.identify("10.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(identity.proof(), Proof::Address);
    }
}
