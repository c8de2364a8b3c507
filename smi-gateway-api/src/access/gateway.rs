//! The Gateway API's own AuthorizationPolicy.
//!
//! Source: GEP-3779, which knows connections only.

use serde::Serialize;

use super::grant::{Grant, PortSelection, Source};
use super::{kept, network, no_udp, pods, wanted_name};
use crate::cluster::Labels;
use crate::finding::{Level, Verdict};
use crate::migration::World;
use crate::object::{Metadata, Object, Other};

const API_VERSION: &str = "gateway.networking.x-k8s.io/v1alpha1";
const KIND: &str = "XAuthorizationPolicy";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    target_refs: Vec<TargetRef>,
    action: &'static str,
    enforcement_level: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct TargetRef {
    group: &'static str,
    kind: &'static str,
    selector: Selector,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    #[serde(skip_serializing_if = "Labels::is_empty")]
    match_labels: Labels,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    sources: Vec<RuleSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_attributes: Option<NetworkAttributes>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum RuleSource {
    #[serde(rename_all = "camelCase")]
    ServiceAccount { service_account: AccountSource },
    #[serde(rename = "SPIFFE")]
    Spiffe { spiffe: String },
}

#[derive(Serialize)]
struct AccountSource {
    namespace: String,
    name: String,
}

#[derive(Serialize)]
struct NetworkAttributes {
    ports: Vec<u16>,
}

/// One policy for each target and workload.
pub(super) fn policies(world: &mut World<'_>, grants: &[Grant]) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut names = world.existing.names(KIND);
    for grant in grants {
        no_udp(world, grant);
        let Some(ports) = &grant.ports else { continue };
        if grant.http.is_some() {
            let reason = "GEP-3779 has no conditions on HTTP requests, only on connections";
            let by_hand = Some("use the authorization of your mesh for it");
            world.report.refused(&grant.origin, "spec.rules", "http", reason, by_hand);
            continue;
        }
        let callers: Vec<&Source> = network::unrestricted(world, grant)
            .into_iter()
            .filter(|source| is_short(world, grant, source))
            .collect();
        if callers.is_empty() {
            // An empty list is no condition.
            continue;
        }
        for destination in &grant.destinations {
            let listed = match ports {
                PortSelection::All => 0,
                PortSelection::Only(ports) => ports.len(),
            };
            for labels in pods::selectors(world, destination, &grant.origin) {
                if !world.has_room(&grant.origin, callers.len().saturating_add(listed)) {
                    break;
                }
                let name = names.take(&destination.namespace, &wanted_name(grant, destination));
                let metadata = Metadata::new(&destination.namespace, name, [&grant.origin]);
                let network_attributes = match ports {
                    PortSelection::All => None,
                    PortSelection::Only(ports) => {
                        Some(NetworkAttributes { ports: ports.iter().copied().collect() })
                    }
                };
                let sources = callers.iter().copied().map(source).collect();
                objects.push(object(metadata, labels, vec![Rule { sources, network_attributes }]));
            }
        }
        let reason = "GEP-3779 is experimental: check that your mesh implements it as written";
        let (verdict, level) = (Verdict::Caveat, Level::Warning);
        world.report.add(&grant.origin, "spec", verdict, level, "experimental", reason, None);
        kept(world, &grant.origin, "an ALLOW policy of the pods");
    }
    objects
}

/// A policy of all pods without rules: it allows nothing.
pub(super) fn default_deny(metadata: Metadata) -> Object {
    object(metadata, Labels::new(), Vec::new())
}

fn object(metadata: Metadata, match_labels: Labels, rules: Vec<Rule>) -> Object {
    let selector = Selector { match_labels };
    let target_refs = vec![TargetRef { group: "", kind: "Pod", selector }];
    let spec = Spec { target_refs, action: "ALLOW", enforcement_level: "Network", rules };
    Object::Other(Other::new(API_VERSION, KIND, metadata, serde_json::to_value(spec).ok()))
}

/// Whether the API takes the name of a caller; reported if not.
///
/// Source: AbsoluteURI.
fn is_short(world: &mut World<'_>, grant: &Grant, source: &Source) -> bool {
    const LONGEST_URI: usize = 253;
    let Source::Spiffe { trust_domain, path } = source else { return true };
    let is_short = "spiffe://".len() + trust_domain.len() + path.len() <= LONGEST_URI;
    if !is_short {
        let reason = format!("{source} has more than {LONGEST_URI} characters");
        let by_hand = Some("name the service account");
        world.report.refused(&grant.origin, "spec.sources", "too-long", reason, by_hand);
    }
    is_short
}

fn source(source: &Source) -> RuleSource {
    match source {
        Source::Account(account) => RuleSource::ServiceAccount {
            service_account: AccountSource {
                namespace: account.namespace.clone(),
                name: account.name.clone(),
            },
        },
        Source::Spiffe { trust_domain, path } => {
            RuleSource::Spiffe { spiffe: format!("spiffe://{trust_domain}{path}") }
        }
    }
}
