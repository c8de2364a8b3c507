use std::collections::{BTreeMap, BTreeSet};

use smi_policy::{AllZero, ObjectName, Semantics};

use super::report::Report;
use crate::{ServiceName, TrafficSplit, Weights, WeightsError};

/// The backends of a split that can be used at all, each once, in the order of first mention.
pub(super) struct Shareholders {
    usable: Vec<Shareholder>,
    has_positive_weight: bool,
}

/// A service and its reduced weight.
pub(super) struct Shareholder {
    pub(super) service: ObjectName,
    pub(super) weight: u64,
    /// Where the TrafficSplit mentions it first.
    pub(super) field: String,
}

impl Shareholders {
    /// Reads names, adds up what one service has in several entries, and reduces the weights.
    ///
    /// `None` if the weights are too large, which voids the split.
    pub(super) fn resolve(
        resource: &TrafficSplit,
        apex: Option<&ObjectName>,
        semantics: &Semantics,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let mut entries: Vec<(Option<ObjectName>, String)> = Vec::new();
        // Sums before they are reduced; `None` if one doesn't even fit 128 bits.
        let mut exact: Vec<Option<u128>> = Vec::new();
        let mut places: BTreeMap<ObjectName, usize> = BTreeMap::new();
        for (index, backend) in resource.backends.iter().enumerate() {
            let field = format!("spec.backends[{index}].service");
            let service = service(resource, &backend.service, &field, semantics, report);
            let weight = backend.weight;
            if let Some(service) = &service {
                if let Some(first) = places.get(service) {
                    let message = format!("`{service}` is a backend already; the weights add up");
                    report.warning(field, "duplicate-backend", message);
                    if let Some(sum) = exact.get_mut(*first) {
                        *sum = sum.and_then(|sum| sum.checked_add(weight));
                    }
                    continue;
                }
                places.insert(service.clone(), exact.len());
            }
            if service.is_some() && service.as_ref() == apex {
                let message = "the backend is the service that is split; its share goes to that \
                               service's own endpoints and is not split again";
                report.warning(field.as_str(), "apex-as-backend", message);
            }
            entries.push((service, field));
            exact.push(Some(weight));
        }

        let exact: Option<Vec<u128>> = exact.into_iter().collect();
        let reduced = exact.ok_or(WeightsError::TooLarge).and_then(|exact| Weights::reduce(&exact));
        let weights = match reduced {
            Ok(weights) => weights,
            Err(error) => {
                let message = format!("{error}; the split is void");
                report.error("spec.backends", "weights-too-large", message);
                return None;
            }
        };
        let usable =
            entries.into_iter().zip(weights.as_slice()).filter_map(|((service, field), weight)| {
                Some(Shareholder { service: service?, weight: *weight, field })
            });
        Some(Self { usable: usable.collect(), has_positive_weight: weights.total() > 0 })
    }

    /// All of them, those without weight too.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Shareholder> {
        self.usable.iter()
    }

    /// Whether any backend of the split, usable or not, has a weight above zero.
    pub(super) fn has_positive_weight(&self) -> bool {
        self.has_positive_weight
    }

    /// Reports what is odd about the backends together, once it is known which services are split.
    pub(super) fn report(
        &self,
        apex: &ObjectName,
        apexes: &BTreeSet<ObjectName>,
        semantics: &Semantics,
        report: &mut Report<'_>,
    ) {
        let field = "spec.backends";
        if !self.has_positive_weight {
            let consequence = match semantics.all_zero {
                AllZero::Apex => "the traffic goes to the apex service's own endpoints",
                _ => "the traffic has no backend",
            };
            let message = format!("no weight is above zero; {consequence}");
            report.warning(field, "no-positive-weight", message);
        } else if self.usable.iter().all(|entry| entry.weight == 0) {
            let message = "no backend with a weight above zero can be used; the traffic has no \
                           backend";
            report.error(field, "no-usable-backend", message);
        }
        // Of the apex as its own backend another warning tells.
        let nested =
            |entry: &&Shareholder| entry.service != *apex && apexes.contains(&entry.service);
        for nested in self.usable.iter().filter(nested) {
            let message = format!(
                "`{}` is split by another TrafficSplit, which does not count for its share here: \
                 splits are not hierarchical",
                nested.service
            );
            report.warning(nested.field.as_str(), "nested-split", message);
        }
    }
}

/// The service that a backend names, if it can be used.
fn service(
    resource: &TrafficSplit,
    text: &str,
    field: &str,
    semantics: &Semantics,
    report: &mut Report<'_>,
) -> Option<ObjectName> {
    let namespace = resource.name.namespace();
    match ServiceName::parse(text, namespace, &semantics.cluster_domain) {
        Ok(name) if name.service().namespace() == namespace => {
            report.port_suffix(field, &name);
            Some(name.service().clone())
        }
        Ok(name) => {
            let message = format!(
                "`{}` is of another namespace; the backend gets nothing, and the others share \
                 what it would get",
                name.service()
            );
            report.error(field, "foreign-service", message);
            None
        }
        Err(error) => {
            let message = format!("{error}; the backend gets nothing");
            report.error(field, "unreadable-service", message);
            None
        }
    }
}
