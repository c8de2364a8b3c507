//! Shorthands that the other tests share: names, and outcomes as text.

use smi_policy::Headers;
use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};

/// An object of the namespace `default`.
pub(crate) fn name(name: &str) -> ObjectName {
    ObjectName::new("default", name)
}

/// A TrafficSplit of the namespace `default`.
pub(crate) fn split(own_name: &str, service: &str) -> TrafficSplit {
    TrafficSplit::new(name(own_name), service)
}

/// `default/canary: website-v1 9/10, website-v2 1/10`: which split decides, and what it says.
pub(crate) fn answer<H: Headers + ?Sized>(splits: &Splits, call: &Call<'_, H>) -> String {
    let selection = splits.select(call);
    let split = selection.split().map_or("none".to_owned(), |split| split.name().to_string());
    format!("{split}: {}", outcome(selection.outcome()))
}

/// `website-v1 9/10, website-v2 1/10`, `apex` or `no backend`.
pub(crate) fn outcome(outcome: Outcome<'_>) -> String {
    match outcome {
        Outcome::Apex => "apex".to_owned(),
        Outcome::NoBackend => "no backend".to_owned(),
        Outcome::Backends(backends) => {
            let shares =
                backends.shares().map(|(leaf, share)| format!("{} {share}", leaf.service().name()));
            shares.collect::<Vec<_>>().join(", ")
        }
    }
}
