use std::collections::BTreeMap;

use smi_policy::{AllZero, ObjectName};

use super::Candidate;
use crate::split::{ByPort, Split, Table};
use crate::{Backends, Leaf, Picker, Port, Service, TargetPort, Weights, WeightsError};

/// What the tables of a split depend on, besides the split.
#[derive(Clone, Copy)]
pub(super) struct Tables<'c> {
    pub(super) all_zero: AllZero,
    /// `None`: not known, so ports are not checked.
    pub(super) services: Option<&'c BTreeMap<ObjectName, Service>>,
}

impl Tables<'_> {
    /// The table for calls without port, and those for the ports of the apex. What they have in
    /// common with those of `previous` is not made again.
    pub(super) fn compile(
        self,
        candidate: &Candidate,
        previous: Option<&Split>,
    ) -> (Table, Option<ByPort>) {
        let mut pickers = Pickers::of(previous);
        let portless = self.table(candidate, None, &mut pickers);
        let by_port = self.services.map(|services| {
            let table = |port| (port, self.table(candidate, Some(port), &mut pickers));
            ports(services.get(&candidate.apex)).into_iter().map(table).collect()
        });
        (portless, by_port)
    }

    fn table(self, candidate: &Candidate, port: Option<Port>, pickers: &mut Pickers) -> Table {
        if !candidate.shareholders.has_positive_weight() {
            return match self.all_zero {
                AllZero::Apex => Table::Apex,
                _ => Table::NoBackend,
            };
        }
        let mut leaves = Vec::new();
        let mut weights = Vec::new();
        for entry in candidate.shareholders.iter().filter(|entry| entry.weight > 0) {
            let target_port = match port {
                None => None,
                Some(port) => match self.target(&entry.service, port) {
                    Some(target) => Some(target.clone()),
                    None => continue,
                },
            };
            let service = entry.service.clone();
            leaves.push(Leaf { is_apex: service == candidate.apex, service, target_port });
            weights.push(entry.weight);
        }
        // They are some of the weights of a split, which fit together, so they fit. If there are
        // none there is no picker, and no backend.
        match Weights::new(weights).and_then(|weights| pickers.get(&leaves, weights)) {
            Ok(picker) => Table::Backends(Box::new(Backends::new(leaves, picker))),
            Err(WeightsError::AllZero | WeightsError::TooLarge) => Table::NoBackend,
        }
    }

    fn target(&self, service: &ObjectName, port: Port) -> Option<&TargetPort> {
        self.services?.get(service)?.target(port)
    }
}

/// The ports of a Service, sorted.
pub(super) fn ports(service: Option<&Service>) -> Vec<Port> {
    let ports = service.into_iter().flat_map(|service| &service.ports);
    let mut ports: Vec<Port> = ports.map(|own| own.port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The pickers of one split. Ports for which backends and weights are the same share what can be
/// shared, and so do generations of the split.
struct Pickers(Vec<(Vec<ObjectName>, Picker)>);

impl Pickers {
    fn of(split: Option<&Split>) -> Self {
        let by_port = split.into_iter().flat_map(|split| split.by_port.iter().flatten());
        let tables = split.map(|split| &split.portless).into_iter();
        let mut known = Self(Vec::new());
        for table in tables.chain(by_port.map(|(_, table)| table)) {
            let Table::Backends(backends) = table else { continue };
            let names = names(backends.leaves());
            if known.find(&names, backends.picker().weights()).is_none() {
                known.0.push((names, backends.picker().with_own_turn()));
            }
        }
        known
    }

    fn find(&self, names: &[ObjectName], weights: &Weights) -> Option<&Picker> {
        let found =
            self.0.iter().find(|(known, picker)| known == names && picker.weights() == weights);
        found.map(|(_, picker)| picker)
    }

    fn get(&mut self, leaves: &[Leaf], weights: Weights) -> Result<Picker, WeightsError> {
        let names = names(leaves);
        if let Some(known) = self.find(&names, &weights) {
            return Ok(known.with_own_turn());
        }
        let texts = names.iter().map(ObjectName::to_string);
        let picker = Picker::named(texts.zip(weights.as_slice().iter().copied()))?;
        self.0.push((names, picker.with_own_turn()));
        Ok(picker)
    }
}

fn names(leaves: &[Leaf]) -> Vec<ObjectName> {
    leaves.iter().map(|leaf| leaf.service.clone()).collect()
}

#[cfg(test)]
mod tests {
    use smi_policy::Semantics;

    use super::*;
    use crate::{Backends, Call, Outcome, Splits, SplitsBuilder, TrafficSplit};

    fn with_weights(a: u64, b: u64) -> SplitsBuilder {
        let service = |name: &str| {
            let service = Service::new(ObjectName::new("shop", name));
            let service = service.port(Port::tcp(80), TargetPort::Number(80));
            service.port(Port::tcp(81), TargetPort::Number(81))
        };
        let split = TrafficSplit::new(ObjectName::new("shop", "canary"), "web");
        let builder = Splits::builder(Semantics::default());
        let builder = builder.traffic_split(split.backend("v1", a).backend("v2", b));
        ["web", "v1", "v2"].iter().fold(builder, |builder, name| builder.service(service(name)))
    }

    fn backends(splits: &Splits, port: u16) -> &Backends {
        let web = ObjectName::new("shop", "web");
        match splits.select(&Call::to(&web).port(Port::tcp(port))).outcome() {
            Outcome::Backends(backends) => backends,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_weights_have_the_same_tables() {
        let first = with_weights(9, 1).compile();
        let same = with_weights(90, 10).compile_after(&first);
        let other = with_weights(80, 20).compile_after(&same);
        for port in [80, 81] {
            let picker = backends(&first, 80).picker();
            assert!(backends(&first, port).picker().has_tables_of(picker));
            assert!(backends(&same, port).picker().has_tables_of(picker));
            assert!(!backends(&other, port).picker().has_tables_of(picker));
        }
    }

    #[test]
    fn each_port_has_a_rotation_that_goes_on() {
        let mut splits = with_weights(2, 1).compile();
        let mut picks = [String::new(), String::new()];
        for _ in 0..6 {
            for (picks, port) in picks.iter_mut().zip([80, 81]) {
                let leaf = backends(&splits, port).pick_smooth();
                picks.push_str(leaf.service().name());
            }
            splits = with_weights(2, 1).compile_after(&splits);
        }
        assert_eq!(picks[0], "v1v2v1v1v2v1");
        assert_eq!(picks[1], picks[0]);
    }
}
