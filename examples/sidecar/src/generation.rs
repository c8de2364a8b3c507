use smi_policy::{Policy, Semantics};
use smi_split::Splits;
use smi_types::manifest::{Manifest, Resources};

/// Policy and splits of one state of the manifests. They are replaced together, so that no request
/// ever sees the policy of one state and the splits of another.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Who may call whom.
    pub policy: Policy,
    /// Where calls go.
    pub splits: Splits,
    number: u64,
}

impl Generation {
    /// Compiles manifests.
    pub fn new(resources: &Resources, semantics: Semantics) -> Self {
        Self {
            policy: Policy::from_resources(resources, semantics.clone()),
            splits: Splits::from_resources(resources, semantics),
            number: 0,
        }
    }

    /// Which state of the manifests this is: 1 for the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    /// What could not be used, one line each. It allows nothing.
    pub(crate) fn diagnostics(&self) -> impl Iterator<Item = String> {
        let diagnostics = self.policy.diagnostics().iter().chain(self.splits.diagnostics());
        diagnostics.map(ToString::to_string)
    }
}

/// Manifests, the errors that make them unfit to replace good ones, and warnings.
pub(crate) struct Parsed {
    pub(crate) resources: Resources,
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// Reads manifests. What can't be read is an error and left out.
pub(crate) fn parse(files: &[(String, Vec<u8>)], default_namespace: &str) -> Parsed {
    let mut resources = Resources::new(default_namespace);
    let mut errors = Vec::new();
    for (name, content) in files {
        match std::str::from_utf8(content) {
            Ok(text) => {
                resources.add(name.as_str(), Manifest::read(text));
            }
            Err(error) => errors.push(format!("{name}: {error}")),
        }
    }
    let mut warnings = Vec::new();
    for (name, problem) in resources.problems() {
        let list = if problem.is_error() { &mut errors } else { &mut warnings };
        list.push(format!("{name}: {problem}"));
    }
    Parsed { resources, errors, warnings }
}
