//! The pods of a service account, as labels select them.

use std::collections::BTreeSet;

use crate::cluster::{Labels, Workload, has};
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::object::is_name;

use super::grant::Account;

/// What is known of the pods of an account.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    /// Each selects some of the pods; none lies within another.
    selectors: Vec<Labels>,
    /// Why that is not all, if it isn't.
    code: Option<&'static str>,
}

/// The labels that select the pods of an account, one set for each workload; empty, and reported, if
/// they are not known.
pub(crate) fn selectors(world: &mut World<'_>, account: &Account, origin: &Origin) -> Vec<Labels> {
    const FIELD: &str = "spec.destination";
    let Account { namespace, name } = account;
    let known = world.selected.get(account).cloned();
    let Selected { selectors, code } = known.unwrap_or_else(|| {
        let selected = select(world, account);
        world.selected.insert(account.clone(), selected.clone());
        selected
    });
    match code {
        Some("shared-labels") => {
            let reason = format!(
                "pods of another account have the labels of those of `{namespace}/{name}`, and the \
                 mesh would open them too"
            );
            let by_hand = "give the workloads labels of their own";
            world.report.refused(origin, FIELD, "shared-labels", reason, Some(by_hand));
        }
        Some("no-labels") => {
            let reason = format!("pods of `{namespace}/{name}` have no labels to select them by");
            let by_hand = "give the workload labels";
            world.report.refused(origin, FIELD, "no-labels", reason, Some(by_hand));
        }
        Some("label") => {
            let reason = format!(
                "a label of the pods of `{namespace}/{name}` is none that an API server takes"
            );
            let by_hand = "correct the labels of the workload";
            world.report.refused(origin, FIELD, "label", reason, Some(by_hand));
        }
        Some(code) => {
            let reason = format!(
                "the mesh selects pods by labels, and no workload of `{namespace}/{name}` is among \
                 the manifests"
            );
            let by_hand = "add the workloads, or name the label that tells the account";
            world.report.refused(origin, FIELD, code, reason, Some(by_hand));
        }
        None => {
            let reason = "the pods are selected by labels, which must belong to this account alone";
            let (verdict, level) = (Verdict::Caveat, Level::Info);
            let code = "selected-by-labels";
            world.report.add(origin, FIELD, verdict, level, code, reason, None);
        }
    }
    selectors
}

fn select(world: &World<'_>, account: &Account) -> Selected {
    let Account { namespace, name } = account;
    let here = |other: &&Workload| other.namespace == *namespace;
    let is_own = |other: &&&Workload| other.account == *name;
    let (own, others): (Vec<&Workload>, Vec<&Workload>) =
        world.cluster.workloads.iter().filter(here).partition(|other| is_own(&other));
    let is_shared = |labels: &Labels| others.iter().any(|other| has(&other.labels, labels));
    let mut selectors: BTreeSet<&Labels> = BTreeSet::new();
    let mut code = None;
    for own in own {
        let sets = [&own.selector, &own.labels];
        if own.labels.is_empty() {
            code = Some("no-labels");
            continue;
        }
        let usable = |labels: &&&Labels| {
            !labels.is_empty() && has(&own.labels, labels) && labels.iter().all(is_label)
        };
        let is_known = |labels: &Labels| selectors.contains(labels) || !is_shared(labels);
        match sets.iter().filter(usable).find(|labels| is_known(labels)) {
            Some(labels) => {
                selectors.insert(labels);
            }
            None if !own.labels.iter().all(is_label) => code = Some("label"),
            None => code = Some("shared-labels"),
        }
    }
    let of_label = world.options.account_label.as_ref();
    let of_label = of_label.map(|key| Labels::from([(key.clone(), name.clone())]));
    let of_label = of_label.filter(|labels| labels.iter().all(is_label));
    if selectors.is_empty() && code.is_none() {
        match &of_label {
            Some(labels) if is_shared(labels) => code = Some("shared-labels"),
            Some(labels) => {
                selectors.insert(labels);
            }
            None => code = Some("unknown-workload"),
        }
    }
    // A Deployment's selector takes its pods, which may be among the manifests themselves.
    let is_widest =
        |labels: &&Labels| !selectors.iter().any(|other| *other != *labels && has(labels, other));
    Selected { selectors: selectors.iter().copied().filter(is_widest).cloned().collect(), code }
}

/// Whether an API server takes this as a label: a name of at most 63 characters, perhaps with a DNS
/// subdomain before it, and a value.
fn is_label((key, value): (&String, &String)) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key.as_str()),
    };
    prefix.is_none_or(is_name)
        && is_label_value(name)
        && (value.is_empty() || is_label_value(value))
}

/// Whether a label can have this value.
pub(crate) fn is_label_value(text: &str) -> bool {
    let is_outer = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.chars().all(|c| is_outer(c) || matches!(c, '-' | '_' | '.'))
        && text.starts_with(is_outer)
        && text.ends_with(is_outer)
}
