use std::fmt;

use crate::resource::Ports;

/// A set of ports, sorted for look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortSet {
    All,
    Only(Vec<u16>),
}

impl PortSet {
    pub(crate) const NONE: Self = Self::Only(Vec::new());

    /// The ports of a route. Port 0 is no port.
    pub(crate) fn new(ports: &Ports) -> Self {
        match ports {
            Ports::All => Self::All,
            Ports::Only(ports) => {
                let mut ports: Vec<u16> = ports.iter().copied().filter(|port| *port != 0).collect();
                ports.sort_unstable();
                ports.dedup();
                Self::Only(ports)
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
        set.unite(&PortSet::new(&Ports::Only(vec![90, 80, 90, 0])));
        assert!(set.contains(80) && set.contains(90) && !set.contains(85));
        assert_eq!(set.to_string(), "80, 90");
        set.unite(&PortSet::new(&Ports::All));
        set.unite(&PortSet::new(&Ports::Only(vec![1])));
        assert_eq!(set, PortSet::All);
    }
}
