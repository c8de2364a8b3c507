use crate::identity::{Identity, Proof};
use crate::language::Budget;
use crate::name::ObjectName;
use crate::ports::PortSet;
use crate::request::Transport;

use super::Audit;
use super::model::{Model, Target};
use super::party::{Key, Party};
use super::peers::Peers;

/// Who may reach whom, and under which conditions: see [`Audit::matrix`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Matrix {
    /// By destination, source, and TrafficTarget.
    pub accesses: Vec<Access>,
    /// The weakest proof of a source's identity that counts.
    pub min_proof: Proof,
}

/// One way in which somebody may reach somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Who may call.
    pub source: Party,
    /// Who may be called.
    pub destination: Party,
    /// The TrafficTarget that allows it; `None` if the destination is open because no target names
    /// it.
    pub target: Option<ObjectName>,
    /// What may pass.
    pub traffic: AccessTraffic,
}

/// What an [`Access`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessTraffic {
    /// Everything.
    Everything,
    /// HTTP requests that meet all of these conditions.
    Http {
        /// TCP ports: `80, 443`, `all`, or `none`.
        ports: String,
        /// UDP ports, for HTTP/3, in the same form. Without UDPRoute they are not restricted.
        http3_ports: String,
        /// Methods; empty: all.
        methods: Vec<String>,
        /// The regular expression for the path; `None`: any.
        path_regex: Option<String>,
        /// Names and regular expressions of headers.
        headers: Vec<(String, String)>,
        /// The match, as decisions print it.
        http_match: String,
    },
    /// TCP connections, whatever is in them.
    Tcp {
        /// Their ports.
        ports: String,
    },
    /// UDP flows.
    Udp {
        /// Their ports.
        ports: String,
    },
}

impl Audit {
    /// Who may reach whom, with the conditions, over everybody whom the policy names.
    ///
    /// ```
    /// use smi_policy::{Audit, Identity, ObjectName, Policy, PortRoute, Ports, Rule, Semantics};
    /// use smi_policy::{Subject, TrafficTarget};
    ///
    /// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///     .source(Subject::service_account("shop", "web"))
    ///     .rule(Rule::tcp_route("port"));
    /// let ports = Ports::Only(vec![8080]);
    /// let route = PortRoute { name: ObjectName::new("shop", "port"), ports };
    /// let builder = Policy::builder(Semantics::spec()).traffic_target(target).tcp_route(route);
    /// let audit = Audit::new(builder);
    /// assert_eq!(audit.matrix().accesses.len(), 1);
    ///
    /// let cart = Identity::service_account("shop", "cart");
    /// assert_eq!(audit.who_can_reach(&cart)[0].source.to_string(), "shop/web");
    /// assert!(audit.reachable_from(&cart).is_empty());
    /// ```
    pub fn matrix(&self) -> Matrix {
        let mut accesses = Vec::new();
        for target in self.model.targets.iter().filter(|target| target.void.is_none()) {
            for destination in &target.destinations {
                for source in &target.sources {
                    accesses.extend(of_pair(&self.model, target, source, destination));
                }
            }
        }
        let peers = Peers::of(&[&self.model], &self.limits, &Budget::new(&self.limits));
        let open = peers.open(&[&self.model]);
        let open = open.keys().filter_map(|at| Some(peers.all.get(*at)?.party.clone()));
        accesses.extend(open.map(|destination| Access {
            source: Party::Anyone,
            destination,
            target: None,
            traffic: AccessTraffic::Everything,
        }));
        accesses.sort_by(|a, b| key(a).cmp(&key(b)));
        Matrix { accesses, min_proof: self.model.semantics().min_proof }
    }

    /// Who may reach this destination, and how.
    pub fn who_can_reach(&self, destination: &Identity) -> Vec<Access> {
        let named = self.parties(destination);
        let mut accesses = self.matrix().accesses;
        let is_open = self.model.is_open(destination);
        accesses.retain(|access| access.target.is_some() && named.contains(&access.destination));
        if is_open {
            accesses.push(Access {
                source: Party::Anyone,
                destination: named.into_iter().next().unwrap_or(Party::Other(None)),
                target: None,
                traffic: AccessTraffic::Everything,
            });
        }
        accesses
    }

    /// What this source may reach, and how. Nothing if its identity is proven less well than the
    /// semantics demand, apart from destinations that are open to everybody.
    pub fn reachable_from(&self, source: &Identity) -> Vec<Access> {
        let named = self.parties(source);
        let counts = source.proof() >= self.model.semantics().min_proof;
        let mut accesses = self.matrix().accesses;
        accesses.retain(|access| {
            access.source == Party::Anyone || counts && named.contains(&access.source)
        });
        accesses
    }

    fn parties(&self, identity: &Identity) -> Vec<Party> {
        self.model.keys(identity).iter().filter_map(|key| self.model.party(key)).collect()
    }
}

fn key(access: &Access) -> impl Ord + '_ {
    (&access.destination, &access.source, &access.target)
}

/// What a target grants one party at another.
fn of_pair(model: &Model, target: &Target, source: &Key, destination: &Key) -> Vec<Access> {
    let (Some(source), Some(destination)) = (model.party(source), model.party(destination)) else {
        return Vec::new();
    };
    let access = |traffic| Access {
        source: source.clone(),
        destination: destination.clone(),
        target: Some(target.name.clone()),
        traffic,
    };
    let [tcp, udp] = [Transport::Tcp, Transport::Udp].map(|transport| ports(target, transport));
    let mut found = Vec::new();
    for selected in target.http.iter().flatten() {
        if (&tcp, &udp) == (&PortSet::NONE, &PortSet::NONE) {
            continue;
        }
        let http_match = &selected.http_match;
        let has_all = http_match.methods.iter().any(|method| method == "*");
        let path_regex = http_match.path_regex.clone();
        found.push(access(AccessTraffic::Http {
            ports: tcp.to_string(),
            http3_ports: udp.to_string(),
            methods: if has_all { Vec::new() } else { http_match.methods.clone() },
            path_regex: path_regex.filter(|regex| !regex.is_empty()),
            headers: http_match.headers.clone(),
            http_match: selected.text(),
        }));
    }
    if target.tcp.is_some() && target.http.is_none() && tcp != PortSet::NONE {
        found.push(access(AccessTraffic::Tcp { ports: tcp.to_string() }));
    }
    if target.udp.is_some() && udp != PortSet::NONE {
        found.push(access(AccessTraffic::Udp { ports: udp.to_string() }));
    }
    found
}

/// The ports on which a target can grant something.
fn ports(target: &Target, transport: Transport) -> PortSet {
    match (target.port, target.ports(transport)) {
        (None, None) => PortSet::All,
        (None, Some(ports)) => ports.clone(),
        // It is a TCP port.
        (Some(_), _) if transport == Transport::Udp => PortSet::NONE,
        (Some(only), Some(ports)) if !ports.contains(only) => PortSet::NONE,
        (Some(only), _) => PortSet::Only(vec![only]),
    }
}
