use crate::identity::{Identity, Proof};
use crate::language::AnalysisLimits;
use crate::name::ObjectName;
use crate::ports::PortSet;

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
        /// TCP ports: `80, 443`, or `all`.
        ports: String,
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
        let peers = Peers::of(&[&self.model], &AnalysisLimits::default());
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
    let tcp = tcp_ports(target);
    let ports = tcp.to_string();
    let mut found = Vec::new();
    if tcp != PortSet::NONE {
        match &target.http {
            Some(matches) => found.extend(matches.iter().map(|selected| {
                let http_match = &selected.http_match;
                let mut methods = http_match.methods.clone();
                if methods.iter().any(|method| method == "*") {
                    methods.clear();
                }
                let path_regex = http_match.path_regex.clone();
                access(AccessTraffic::Http {
                    ports: ports.clone(),
                    methods,
                    path_regex: path_regex.filter(|regex| !regex.is_empty()),
                    headers: http_match.headers.clone(),
                    http_match: selected.text(),
                })
            })),
            None if target.tcp.is_some() => found.push(access(AccessTraffic::Tcp { ports })),
            None => {}
        }
    }
    if let Some(udp) = target.udp.as_ref().filter(|udp| **udp != PortSet::NONE)
        && target.port.is_none()
    {
        found.push(access(AccessTraffic::Udp { ports: udp.to_string() }));
    }
    found
}

/// The TCP ports on which a target can grant something.
fn tcp_ports(target: &Target) -> PortSet {
    match (target.port, &target.tcp) {
        (None, None) => PortSet::All,
        (None, Some(ports)) => ports.clone(),
        (Some(only), Some(ports)) if !ports.contains(only) => PortSet::NONE,
        (Some(only), _) => PortSet::Only(vec![only]),
    }
}
