use std::collections::BTreeMap;

use smi_policy::{AllZero, ObjectName};

use super::Candidate;
use crate::split::{ByPort, Table};
use crate::{Backends, Leaf, Picker, Port, Service, TargetPort, Weights, WeightsError};

/// What the tables of a split depend on, besides the split.
#[derive(Clone, Copy)]
pub(super) struct Tables<'c> {
    pub(super) all_zero: AllZero,
    /// `None`: not known, so ports are not checked.
    pub(super) services: Option<&'c BTreeMap<ObjectName, Service>>,
}

impl Tables<'_> {
    /// The table for calls without port, and those for the ports of the apex.
    pub(super) fn compile(self, candidate: &Candidate) -> (Table, Option<ByPort>) {
        let mut pickers = Pickers::default();
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
        let names = leaves.iter().map(|leaf| leaf.service.to_string()).collect();
        match Weights::new(weights).and_then(|weights| pickers.get(names, weights)) {
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
/// shared.
#[derive(Default)]
struct Pickers(Vec<(Vec<String>, Picker)>);

impl Pickers {
    fn get(&mut self, names: Vec<String>, weights: Weights) -> Result<Picker, WeightsError> {
        let known =
            self.0.iter().find(|(known, picker)| *known == names && *picker.weights() == weights);
        if let Some((_, known)) = known {
            return Ok(known.with_own_turn());
        }
        let picker = Picker::named(names.iter().zip(weights.as_slice().iter().copied()))?;
        self.0.push((names, picker.with_own_turn()));
        Ok(picker)
    }
}
