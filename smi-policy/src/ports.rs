use std::fmt;

use crate::resource::Ports;

/// A set of ports, sorted for look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortSet {
    All,
    Only(Vec<u16>),
}

/// A route lists port 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZeroPort;

impl PortSet {
    pub(crate) const NONE: Self = Self::Only(Vec::new());

    /// The ports of a route. A list with a port 0, which is none, is no list of ports at all:
    /// nobody knows what was meant.
    pub(crate) fn new(ports: &Ports) -> Result<Self, ZeroPort> {
        match ports {
            Ports::All => Ok(Self::All),
            Ports::Only(ports) if ports.contains(&0) => Err(ZeroPort),
            Ports::Only(ports) => {
                let mut ports = ports.clone();
                ports.sort_unstable();
                ports.dedup();
                Ok(Self::Only(ports))
            }
        }
    }

    /// All united with anything is all.
    pub(crate) fn unite(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Only(_), Self::All) => *self = Self::All,
            (Self::Only(own), Self::Only(more)) => {
                own.extend(more);
                own.sort_unstable();
                own.dedup();
            }
        }
    }

    /// The ports that are listed one by one.
    pub(crate) fn listed(&self) -> &[u16] {
        match self {
            Self::All => &[],
            Self::Only(ports) => ports,
        }
    }

    pub(crate) fn contains(&self, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Only(ports) => ports.binary_search(&port).is_ok(),
        }
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Only(ports) if ports.is_empty() => f.write_str("none"),
            Self::Only(ports) => {
                for (index, port) in ports.iter().enumerate() {
                    write!(f, "{}{port}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_united_with_anything_is_all() {
        let mut set = PortSet::NONE;
        assert!(!set.contains(80));
        set.unite(&PortSet::new(&Ports::Only(vec![90, 80, 90])).unwrap());
        assert!(set.contains(80) && set.contains(90) && !set.contains(85));
        assert_eq!(set.to_string(), "80, 90");
        set.unite(&PortSet::new(&Ports::All).unwrap());
        set.unite(&PortSet::new(&Ports::Only(vec![1])).unwrap());
        assert_eq!(set, PortSet::All);
    }

    #[test]
    fn a_list_with_port_0_is_no_list() {
        assert_eq!(PortSet::new(&Ports::Only(vec![80, 0])), Err(ZeroPort));
    }
}
