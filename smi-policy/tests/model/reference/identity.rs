//! Who a peer is, and whether a subject means it.

use std::collections::BTreeMap;

use smi_policy::{IdentityBinding, LabelRequirement, LabelSelector, PodLabels};

use crate::world::{IdForm, Peer, PeerId, World};

/// Whether what is presented is an identity at all.
pub(crate) fn is_identity(id: &PeerId) -> bool {
    match id {
        PeerId::Account(..) => true,
        PeerId::Spiffe(text) => presented_spiffe(text).is_some(),
        PeerId::Linkerd(text) => is_dns_name(text),
    }
}

/// Namespace and name of the service account that a peer is, if it is one.
pub(super) fn account(world: &World, id: &PeerId) -> Option<(String, String)> {
    match id {
        PeerId::Account(namespace, name) => Some((namespace.clone(), name.clone())),
        PeerId::Spiffe(text) => spiffe_account(world, &presented_spiffe(text)?),
        PeerId::Linkerd(text) => linkerd_account(world, text),
    }
}

/// Whether a peer is the service account `name` of `namespace`.
pub(super) fn is_account(world: &World, id: &PeerId, namespace: &str, name: &str) -> bool {
    account(world, id) == Some((namespace.to_owned(), name.to_owned()))
}

/// Whether an IdentityBinding speaks for a peer.
pub(super) fn speaks_for(world: &World, binding: &IdentityBinding, peer: &Peer) -> bool {
    let namespace = binding.name.namespace();
    let Some(schemes) = &binding.schemes else { return false };
    if schemes.service_account.is_some() && schemes.pod_label_selector.is_some() {
        return false;
    }
    let by_account = schemes
        .service_account
        .as_ref()
        .is_some_and(|name| is_account(world, &peer.id, namespace, name));
    let by_spiffe = match &peer.id {
        PeerId::Spiffe(presented) => schemes
            .spiffe_identities
            .iter()
            .any(|written| spiffe_speaks_for(world, namespace, written, presented)),
        _ => false,
    };
    let by_labels = match (&schemes.pod_label_selector, &peer.labels) {
        (Some(selector), Some((pod_namespace, labels))) => {
            world.options.pod_labels == PodLabels::Vouched
                && pod_namespace == namespace
                && selects(selector, labels)
        }
        _ => false,
    };
    by_account || by_spiffe || by_labels
}

/// Whether there can be a peer that an IdentityBinding speaks for.
pub(super) fn speaks_for_anybody(world: &World, binding: &IdentityBinding) -> bool {
    let Some(schemes) = &binding.schemes else { return false };
    let (account, selector) = (&schemes.service_account, &schemes.pod_label_selector);
    if account.is_some() && selector.is_some() {
        return false;
    }
    let namespace = binding.name.namespace();
    let by_spiffe = schemes.spiffe_identities.iter().any(|written| {
        let bare = after_scheme(written).unwrap_or(written);
        spiffe_speaks_for(world, namespace, written, &format!("spiffe://{bare}"))
    });
    let by_labels = selector.as_ref().is_some_and(|selector| {
        world.options.pod_labels == PodLabels::Vouched && is_selector(selector)
    });
    account.is_some() || by_spiffe || by_labels
}

fn spiffe_speaks_for(world: &World, namespace: &str, written: &str, presented: &str) -> bool {
    let Some(presented) = presented_spiffe(presented) else { return false };
    let Some(written) = written_spiffe(written) else { return false };
    if written != presented {
        return false;
    }
    match spiffe_account(world, &written) {
        Some((own, _)) => own == namespace,
        None => true,
    }
}

/// Trust domain, in lower case, and path of a SPIFFE id.
type SpiffeId = (String, String);

/// A SPIFFE id as presented, with its scheme.
fn presented_spiffe(text: &str) -> Option<SpiffeId> {
    spiffe(text, after_scheme(text)?)
}

/// A SPIFFE id as a manifest writes it, with or without scheme.
fn written_spiffe(text: &str) -> Option<SpiffeId> {
    spiffe(text, after_scheme(text).unwrap_or(text))
}

fn after_scheme(text: &str) -> Option<&str> {
    let scheme = text.get(.."spiffe://".len())?;
    scheme.eq_ignore_ascii_case("spiffe://").then(|| text.get("spiffe://".len()..))?
}

fn spiffe(whole: &str, rest: &str) -> Option<SpiffeId> {
    // SPIFFE-ID §2.3: nobody needs to take more than 2048 bytes.
    if whole.len() > 2048 {
        return None;
    }
    let (domain, path) = rest.split_once('/')?;
    let domain = domain.to_ascii_lowercase();
    let domain_is_good = !domain.is_empty()
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    let path_is_good = path.split('/').all(|segment| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
    });
    (domain_is_good && path_is_good).then(|| (domain, path.to_owned()))
}

fn spiffe_account(world: &World, (domain, path): &SpiffeId) -> Option<(String, String)> {
    let segments: Vec<&str> = path.split('/').collect();
    world.trust_domains.iter().find_map(|(own, form)| {
        if !own.eq_ignore_ascii_case(domain) {
            return None;
        }
        match (form, segments.as_slice()) {
            (IdForm::Istio, ["ns", namespace, "sa", name]) => {
                Some(((*namespace).to_owned(), (*name).to_owned()))
            }
            (IdForm::Osm, [name, namespace]) => Some(((*namespace).to_owned(), (*name).to_owned())),
            _ => None,
        }
    })
}

fn linkerd_account(world: &World, text: &str) -> Option<(String, String)> {
    let lower = text.to_ascii_lowercase();
    world.trust_domains.iter().find_map(|(domain, _)| {
        let control_plane = &world.options.linkerd_namespace;
        let suffix = format!(".serviceaccount.identity.{control_plane}.{domain}");
        let rest = lower.strip_suffix(&suffix.to_ascii_lowercase())?;
        let (name, namespace) = rest.rsplit_once('.')?;
        let full = !name.is_empty() && !namespace.is_empty();
        full.then(|| (namespace.to_owned(), name.to_owned()))
    })
}

fn is_dns_name(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    })
}

/// A label selector as in Kubernetes, except that the empty one selects nobody.
fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    is_selector(selector)
        && selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| holds(requirement, labels))
}

/// Whether a label selector can select anybody.
fn is_selector(selector: &LabelSelector) -> bool {
    let empty = selector.match_labels.is_empty() && selector.match_expressions.is_empty();
    !empty && selector.match_expressions.iter().all(is_valid)
}

/// What the Kubernetes API accepts as a requirement. Another one makes the selector select nobody.
fn is_valid(requirement: &LabelRequirement) -> bool {
    match requirement.operator.as_str() {
        "In" | "NotIn" => !requirement.values.is_empty(),
        "Exists" | "DoesNotExist" => requirement.values.is_empty(),
        _ => false,
    }
}

fn holds(requirement: &LabelRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| requirement.values.contains(value)),
        "NotIn" => !value.is_some_and(|value| requirement.values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
