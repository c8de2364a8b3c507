use std::collections::BTreeSet;

use serde::Serialize;
use smi_policy::{Diagnostic, Policy, Semantics};
use smi_split::Splits;
use smi_types::Manifest;
use smi_types::api::Kind;
use smi_types::hub::wire_path;
use smi_types::manifest::Resources;

use crate::Watched;
use crate::world::World;

/// Policy and splits of one moment, made of the same objects, and what is wrong with these.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Counts the snapshots of this process, from 1.
    pub generation: u64,
    /// Who may call whom.
    pub policy: Policy,
    /// Where traffic goes.
    pub splits: Splits,
    /// The objects, by kind, namespace and name.
    pub objects: Vec<ObjectStatus>,
}

/// What has become of an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ObjectStatus {
    /// The kind.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The API version in which it was read.
    pub api_version: Option<String>,
    /// Whether all of it counts: none of the findings is an error.
    pub accepted: bool,
    /// What was ignored or surprises.
    pub findings: Vec<Finding>,
    #[serde(skip)]
    pub(crate) reference: k8s_openapi::api::core::v1::ObjectReference,
}

/// Something in an object that was ignored, or that surprises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// Whether it is an error: something grants nothing, or goes nowhere.
    pub is_error: bool,
    /// The field, in the API version in which the object was read.
    pub field: String,
    /// A stable code, such as `dangling-reference`.
    pub code: String,
    /// What was found, and what follows.
    pub message: String,
}

impl Snapshot {
    /// Compiles what is known. Rotations of splits go on where those of `previous` are.
    pub(crate) fn compile(
        world: &World,
        resources: &Resources,
        semantics: &Semantics,
        previous: Option<&Self>,
    ) -> Self {
        let policy = Policy::from_resources(resources, semantics.clone());
        let mut splits = Splits::builder(semantics.clone()).resources(resources);
        if world.kinds().contains_key(&Watched::Services) {
            splits = splits.services_known();
        }
        let splits = match previous {
            Some(previous) => splits.compile_after(&previous.splits),
            None => splits.compile(),
        };
        let generation = previous.map_or(1, |previous| previous.generation + 1);
        let objects = statuses(world, policy.diagnostics().iter().chain(splits.diagnostics()));
        Self { generation, policy, splits, objects }
    }
}

fn statuses<'d>(
    world: &World,
    diagnostics: impl Iterator<Item = &'d Diagnostic>,
) -> Vec<ObjectStatus> {
    let mut of_engines: Vec<(String, &Diagnostic)> = diagnostics
        .map(|diagnostic| (format!("{} {}", diagnostic.kind, diagnostic.object), diagnostic))
        .collect();
    of_engines.sort();
    // Both engines speak of HTTPRouteGroups.
    of_engines.dedup();
    let status = |(id, seen): (&crate::world::Id, &crate::world::Seen)| {
        let of_reader = seen.manifest.problems().chain(&seen.fault);
        let mut findings: BTreeSet<Finding> = of_reader
            .map(|problem| Finding {
                is_error: problem.is_error(),
                field: problem.path().to_string(),
                code: problem.code().as_str().to_owned(),
                message: problem.message().to_owned(),
            })
            .collect();
        let source = id.to_string();
        let first = of_engines.partition_point(|(object, _)| *object < source);
        let of_object = of_engines.iter().skip(first).take_while(|(object, _)| *object == source);
        for (_, diagnostic) in of_object {
            let finding = of_engine(id.watched, &seen.manifest, diagnostic);
            // Where the reader has found an error, an engine only says what follows.
            let is_known =
                |known: &Finding| known.is_error && is_below(&known.field, &finding.field);
            if !findings.iter().any(is_known) {
                findings.insert(finding);
            }
        }
        let findings: Vec<_> = findings.into_iter().collect();
        ObjectStatus {
            kind: id.watched.kind(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            api_version: seen.reference.api_version.clone(),
            accepted: !findings.iter().any(|finding| finding.is_error),
            findings,
            reference: seen.reference.clone(),
        }
    };
    world.objects().iter().map(status).collect()
}

fn of_engine(watched: Watched, manifest: &Manifest, diagnostic: &Diagnostic) -> Finding {
    let version = manifest.objects().next().map(|object| object.meta().version);
    let field = match (watched, version) {
        (Watched::Smi(kind), Some(version)) => wire(kind, version, &diagnostic.field),
        _ => diagnostic.field.clone(),
    };
    Finding {
        is_error: diagnostic.severity == smi_policy::Severity::Error,
        field,
        code: diagnostic.code.to_owned(),
        message: diagnostic.message.clone(),
    }
}

fn wire(kind: Kind, version: smi_types::api::Version, field: &str) -> String {
    wire_path(kind, version, field).into_owned()
}

/// Whether `field` is `above` or a part of it.
fn is_below(field: &str, above: &str) -> bool {
    field.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
