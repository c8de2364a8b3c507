//! Two states of a policy, and what replaces one by the other.

use std::thread;
use std::time::{Duration, Instant};

use smi_enforcer::{Generation, Manifests};
use smi_policy::Semantics;
use smi_types::Manifest;
use smi_types::manifest::Resources;

use super::wait::PATIENCE;

/// Either state lets `default/web` call `/both` of `default/server`, and besides `/one` or `/two`;
/// each sends nine in ten calls to its own backend, `first` or `second`, and one to `third`.
pub(crate) fn states() -> [Generation; 2] {
    [generation("one", "first"), generation("two", "second")]
}

/// Replaces the states in turn, a thousand times a second, at least `times` and until it is enough;
/// but not for ever, so that whoever has not got enough can say so. Says how often, and how long it took.
pub(crate) fn replace_until(
    manifests: &Manifests,
    states: &[Generation; 2],
    times: u32,
    is_enough: impl Fn() -> bool,
) -> (u32, Duration) {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < PATIENCE && (count < times || !is_enough()) {
        let due = u32::try_from(start.elapsed().as_millis()).unwrap();
        while count < due {
            count += 1;
            manifests.replace(states[count as usize % 2].clone());
        }
        thread::sleep(Duration::from_micros(500));
    }
    (count, start.elapsed())
}

/// Compiles the documents of one text.
pub(crate) fn compile(text: &str, semantics: Semantics) -> Generation {
    let mut resources = Resources::new(semantics.default_namespace.clone());
    resources.add("manifests", Manifest::read(text));
    Generation::compile(&resources, &semantics, None)
}

fn generation(own: &str, backend: &str) -> Generation {
    let text = format!(
        "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: api}}
spec: {{matches: [{{name: both, pathRegex: /both}}, {{name: own, pathRegex: /{own}}}]}}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {{name: t}}
spec:
  destination: {{kind: ServiceAccount, name: server}}
  sources: [{{kind: ServiceAccount, name: web}}]
  rules: [{{kind: HTTPRouteGroup, name: api}}]
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {{name: s}}
spec:
  service: server
  backends: [{{service: {backend}, weight: 90}}, {{service: third, weight: 10}}]
"
    );
    compile(&text, Semantics::default())
}
