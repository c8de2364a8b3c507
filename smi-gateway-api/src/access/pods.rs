//! The pods of a service account, as labels select them.

use crate::cluster::{Labels, has};
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;

use super::grant::Account;

/// The labels that select the pods of an account, one set for each workload; empty, and reported, if
/// they are not known.
pub(crate) fn selectors(world: &mut World<'_>, account: &Account, origin: &Origin) -> Vec<Labels> {
    const FIELD: &str = "spec.destination";
    let Account { namespace, name } = account;
    let here = |other: &&crate::cluster::Workload| other.namespace == *namespace;
    let is_shared = |world: &World<'_>, labels: &Labels| {
        let mut others = world.cluster.workloads.iter().filter(here);
        others.any(|other| other.account != *name && has(&other.labels, labels))
    };
    let mut selectors: Vec<Labels> = Vec::new();
    let mut code = None;
    for own in world.cluster.workloads.iter().filter(here).filter(|own| own.account == *name) {
        let sets = [&own.selector, &own.labels];
        let usable = |labels: &&&Labels| !labels.is_empty() && has(&own.labels, labels);
        match sets.iter().filter(usable).find(|labels| !is_shared(world, labels)) {
            Some(labels) => selectors.push((*labels).clone()),
            None => code = Some("shared-labels"),
        }
    }
    if selectors.is_empty() && code.is_none() {
        match world.options.account_label.clone().filter(|_| is_label_value(name)) {
            Some(key) => {
                let labels = Labels::from([(key, name.clone())]);
                if is_shared(world, &labels) {
                    code = Some("shared-labels");
                } else {
                    selectors.push(labels);
                }
            }
            None => code = Some("unknown-workload"),
        }
    }
    selectors.sort();
    selectors.dedup();
    match code {
        Some("shared-labels") => {
            let reason = format!(
                "pods of another account have the labels of those of `{namespace}/{name}`, and the \
                 mesh would open them too"
            );
            let by_hand = "give the workloads labels of their own";
            world.report.refused(origin, FIELD, "shared-labels", reason, Some(by_hand));
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

/// Whether a label can have this value.
pub(crate) fn is_label_value(text: &str) -> bool {
    let is_outer = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.chars().all(|c| is_outer(c) || matches!(c, '-' | '_' | '.'))
        && text.starts_with(is_outer)
        && text.ends_with(is_outer)
}
