use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use smi_policy::{Diagnostic, ObjectName, Policy, Semantics, Severity};
use smi_types::api::Kind;
use smi_types::hub;
use smi_types::manifest::{Loaded, Resources};
use smi_types::write::{self, WriteError};

use crate::access::{Account, Selected};
use crate::cluster::Cluster;
use crate::existing::Existing;
use crate::finding::{Finding, Level, Origin, Report, Verdict};
use crate::object::{Object, is_label, is_name};
use crate::options::Options;
use crate::{access, back, route};

/// SMI manifests as objects of the Gateway API and of a mesh, and a report on what became of them.
///
/// ```
/// use smi_gateway_api::{Migration, Options};
/// use smi_types::manifest::{Manifest, Resources};
///
/// let mut resources = Resources::new("shop");
/// resources.add("canary.yaml", Manifest::read("
/// apiVersion: split.smi-spec.io/v1alpha1
/// kind: TrafficSplit
/// metadata: {name: canary}
/// spec:
///   service: web
///   backends:
///   - {service: web-v1, weight: 900m}
///   - {service: web-v2, weight: 100m}
/// "));
/// let migration = Migration::plan(&resources, &Options::default().assumed_port(80));
/// assert_eq!(migration.objects()[0].kind(), "HTTPRoute");
/// assert_eq!(migration.summary().to_string(), "0 exactly, 1 with caveat, 0 narrowed, 0 refused");
///
/// // Without a port there can be no route, and the report says so.
/// let migration = Migration::plan(&resources, &Options::default());
/// assert!(migration.objects().is_empty());
/// assert_eq!(migration.findings()[0].code, "unknown-port");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    objects: Vec<Object>,
    findings: Vec<Finding>,
    verdicts: BTreeMap<Origin, Verdict>,
    splits: Vec<Origin>,
    targets: Vec<Origin>,
    direction: Direction,
}

/// Which way a migration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    FromSmi,
    ToSmi,
}

impl Migration {
    /// Translates all TrafficSplits and TrafficTargets of a set of manifests.
    ///
    /// Services and workloads among the manifests tell what SMI does not: ports, and the labels of
    /// the pods of a service account. The same input gives the same output.
    #[must_use]
    pub fn plan(resources: &Resources, options: &Options) -> Self {
        let mut world = World::new(resources, options);
        world.unreadable();
        let mut objects = route::migrate(&mut world);
        objects.extend(access::migrate(&mut world));
        let (splits, targets) =
            (world.origins(Kind::TrafficSplit), world.origins(Kind::TrafficTarget));
        world.finish(objects, splits, targets, Direction::FromSmi)
    }

    /// The way back: HTTPRoutes with a Service as parent become TrafficSplits and HTTPRouteGroups,
    /// for meshes that speak nothing but SMI. What SMI can't say is refused.
    ///
    /// ```
    /// use smi_gateway_api::{Migration, Options};
    /// use smi_types::manifest::{Manifest, Resources};
    ///
    /// let mut resources = Resources::new("shop");
    /// resources.add("route.yaml", Manifest::read("
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{group: '', kind: Service, name: web, port: 80}]
    ///   rules:
    ///   - backendRefs: [{name: web-v1, port: 80, weight: 9}, {name: web-v2, port: 80, weight: 1}]
    /// "));
    /// let migration = Migration::back(&resources, &Options::default());
    /// assert_eq!(migration.objects()[0].kind(), "TrafficSplit");
    /// ```
    #[must_use]
    pub fn back(resources: &Resources, options: &Options) -> Self {
        let mut world = World::new(resources, options);
        let (objects, routes) = back::migrate(&mut world);
        world.finish(objects, routes, Vec::new(), Direction::ToSmi)
    }

    /// The objects, in the order in which to apply them.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// What became of each field, by object and field.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What became of each TrafficSplit and TrafficTarget: the worst of its findings.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Origin, Verdict)> {
        self.verdicts.iter().map(|(origin, verdict)| (origin, *verdict))
    }

    /// How many TrafficSplits and TrafficTargets there are of each verdict.
    pub fn summary(&self) -> Summary {
        let count = |verdict| self.verdicts.values().filter(|own| **own == verdict).count();
        Summary {
            exact: count(Verdict::Exact),
            caveat: count(Verdict::Caveat),
            narrowed: count(Verdict::Narrowed),
            refused: count(Verdict::NotExpressible),
        }
    }

    /// The objects as YAML, with the order of the cut-over as comments.
    ///
    /// # Errors
    ///
    /// Never for the objects that this crate makes; the writer could fail on others.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_gateway_api::{Migration, Options};
    /// use smi_types::manifest::{Loaded, Resources};
    ///
    /// let migration = Migration::plan(&Resources::default(), &Options::default());
    /// assert_eq!(migration.to_yaml()?, "# Nothing to apply.\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_yaml(&self) -> Result<String, WriteError> {
        if self.objects.is_empty() {
            return Ok("# Nothing to apply.\n".to_owned());
        }
        let mut text = self.cut_over();
        for object in &self.objects {
            text.push_str("---\n");
            text.push_str(&write::yaml(object)?);
        }
        Ok(text)
    }

    /// The suggested order of the cut-over, as comments.
    fn cut_over(&self) -> String {
        let mut text = String::from("# The order of the cut-over:\n");
        let mut step = 0;
        let mut line = |sentence: &str| {
            step += 1;
            // Writing to a String does not fail.
            let _ = writeln!(text, "# {step}. {sentence}");
        };
        line("Read the report. Settle its errors, or accept them.");
        line(match self.direction {
            Direction::FromSmi => {
                "kubectl apply this file: routes come first, then who may call, then the default \
                 deny."
            }
            Direction::ToSmi => {
                "kubectl apply this file: HTTPRouteGroups come before the splits that refer to them."
            }
        });
        let names = |origins: &[Origin]| {
            let mut command = String::new();
            for origin in origins {
                let resource = match origin.kind.as_str() {
                    "TrafficSplit" => "trafficsplits.split.smi-spec.io",
                    "HTTPRoute" => "httproutes.gateway.networking.k8s.io",
                    _ => "traffictargets.access.smi-spec.io",
                };
                let Origin { namespace, name, .. } = origin;
                if !is_label(namespace) || !is_name(name) {
                    // No API server has it, and a line break would end the comment.
                    continue;
                }
                let _ = write!(command, "\n#      kubectl -n {namespace} delete {resource} {name}");
            }
            command
        };
        if !self.splits.is_empty() {
            let when = match self.direction {
                Direction::FromSmi => {
                    "When the routes are accepted, delete the splits that they replace:"
                }
                Direction::ToSmi => {
                    "When the mesh splits, delete the routes that the splits replace:"
                }
            };
            line(&format!("{when}{}", names(&self.splits)));
        }
        if !self.targets.is_empty() {
            line(&format!(
                "When the policies are in force, delete the targets that they replace:{}",
                names(&self.targets)
            ));
        }
        if self.direction == Direction::FromSmi {
            line(
                "Delete HTTPRouteGroups, TCPRoutes and the like when nothing refers to them any \
                 more.",
            );
        }
        text
    }
}

/// How many TrafficSplits and TrafficTargets were kept, and how well.
///
/// Prints as `3 exactly, 2 with caveat, 1 narrowed, 0 refused`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Kept exactly.
    pub exact: usize,
    /// Kept with a caveat.
    pub caveat: usize,
    /// Kept, but it selects or allows less.
    pub narrowed: usize,
    /// Not kept, or not all of it.
    pub refused: usize,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { exact, caveat, narrowed, refused } = self;
        write!(f, "{exact} exactly, {caveat} with caveat, {narrowed} narrowed, {refused} refused")
    }
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.exact += other.exact;
        self.caveat += other.caveat;
        self.narrowed += other.narrowed;
        self.refused += other.refused;
    }
}

/// Values of the objects of one migration: some hundreds of megabytes.
const MOST_VALUES: usize = 2_000_000;
/// Comparisons of conditions with regular expressions in one migration: some seconds.
const MOST_COMPARISONS: usize = 50_000;

/// What is to be migrated, and what is found on the way.
pub(crate) struct World<'m> {
    pub(crate) resources: &'m Resources,
    pub(crate) options: &'m Options,
    pub(crate) semantics: Semantics,
    pub(crate) cluster: Cluster,
    pub(crate) existing: Existing,
    pub(crate) selected: BTreeMap<Account, Selected>,
    pub(crate) report: Report,
    /// How much more the output may have, in values such as ports and paths.
    values_left: usize,
    /// How many more conditions with regular expressions may be compared.
    pub(crate) comparisons_left: usize,
}

impl<'m> World<'m> {
    fn new(resources: &'m Resources, options: &'m Options) -> Self {
        let namespace = resources.default_namespace().to_owned();
        let semantics = options.semantics.clone().with_default_namespace(namespace);
        let cluster = Cluster::read(resources);
        let existing = Existing::read(resources);
        Self {
            resources,
            options,
            semantics,
            cluster,
            existing,
            selected: BTreeMap::new(),
            report: Report::default(),
            values_left: MOST_VALUES,
            comparisons_left: MOST_COMPARISONS,
        }
    }

    /// Whether there is room for so many values more. Reported if not: few lines of input can mean
    /// more objects than fit into any memory, with each port of one times each match of another.
    pub(crate) fn has_room(&mut self, origin: &Origin, values: usize) -> bool {
        let has_room = values <= self.values_left;
        if has_room {
            self.values_left -= values;
        } else {
            let reason = "with its ports, matches and callers the output would be too large";
            let by_hand = Some("migrate it in parts");
            self.report.refused(origin, "spec", "too-large", reason, by_hand);
        }
        has_room
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::from_resources(self.resources, self.semantics.clone())
    }

    pub(crate) fn split(&self, name: &ObjectName) -> Option<&'m hub::TrafficSplit> {
        match self.object(Kind::TrafficSplit, name)? {
            hub::Object::TrafficSplit(split) => Some(split),
            _ => None,
        }
    }

    pub(crate) fn group(&self, name: &ObjectName) -> Option<&'m hub::HttpRouteGroup> {
        match self.object(Kind::HttpRouteGroup, name)? {
            hub::Object::HttpRouteGroup(group) => Some(group),
            _ => None,
        }
    }

    pub(crate) fn binding(&self, name: &ObjectName) -> Option<&'m hub::IdentityBinding> {
        match self.object(Kind::IdentityBinding, name)? {
            hub::Object::IdentityBinding(binding) => Some(binding),
            _ => None,
        }
    }

    fn object(&self, kind: Kind, name: &ObjectName) -> Option<&'m hub::Object> {
        self.resources.find(kind, name.namespace(), name.name())?.document.object()
    }

    /// What an engine says: it counts for nothing in SMI, and for nothing afterwards.
    pub(crate) fn diagnostics(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let name = &diagnostic.object;
            let object = Origin::new(diagnostic.kind.as_str(), name.namespace(), name.name());
            let level = match diagnostic.severity {
                Severity::Warning => Level::Info,
                Severity::Error => Level::Warning,
            };
            let (field, reason) = (diagnostic.field.as_str(), diagnostic.message.as_str());
            let code = diagnostic.code;
            self.report.add(&object, field, Verdict::Exact, level, code, reason, None);
        }
    }

    /// Reports documents that can't be read.
    fn unreadable(&mut self) {
        for loaded in self.resources.undecodable() {
            let document = loaded.document;
            let object = self.unreadable_origin(loaded);
            let errors = document.problems().iter().filter(|problem| problem.is_error());
            for problem in errors {
                let reason = format!("it can't be read: {}", problem.message());
                let field = problem.path().to_string();
                let by_hand = "correct the manifest";
                self.report.refused(&object, field, problem.code().as_str(), reason, Some(by_hand));
            }
        }
    }

    /// A document that can't be read, by what can be read of it.
    pub(crate) fn unreadable_origin(&self, loaded: Loaded<'_>) -> Origin {
        let document = loaded.document;
        let kind = document.kind().map_or("document", Kind::as_str);
        let namespace = document.namespace().unwrap_or(self.resources.default_namespace());
        let name = document.name().map_or_else(
            || format!("{} document {}", loaded.source, document.number()),
            str::to_owned,
        );
        Origin::new(kind, namespace, name)
    }

    /// The readable objects of a kind.
    fn origins(&self, kind: Kind) -> Vec<Origin> {
        let default = self.resources.default_namespace();
        let objects = self.resources.objects().filter(|object| object.kind() == kind);
        let mut origins: Vec<Origin> = objects
            .map(|object| {
                let meta = object.meta();
                let namespace = meta.namespace.as_deref().unwrap_or(default);
                Origin::new(kind.as_str(), namespace, meta.name.as_str())
            })
            .collect();
        origins.sort();
        origins
    }

    /// Reports objects of the output that would take the place of others.
    fn report_replaced(&mut self, objects: &[Object]) {
        // What a Namespace carries is written again.
        for object in objects.iter().filter(|own| own.kind() != "Namespace") {
            let origin = Origin::new(object.kind(), object.namespace(), object.name());
            let Origin { kind, namespace, name } = &origin;
            let smi = Kind::parse(kind).and_then(|own| self.resources.find(own, namespace, name));
            if smi.is_some() || self.existing.has(&origin) {
                let reason =
                    "the output has an object of the same name, which would take its place";
                let by_hand = Some("rename one of the two");
                self.report.refused(&origin, "metadata.name", "name-taken", reason, by_hand);
            }
        }
    }

    fn finish(
        mut self,
        objects: Vec<Object>,
        splits: Vec<Origin>,
        targets: Vec<Origin>,
        direction: Direction,
    ) -> Migration {
        let judged: &[&str] = match direction {
            Direction::FromSmi => &["TrafficSplit", "TrafficTarget"],
            Direction::ToSmi => &["HTTPRoute"],
        };
        self.report_replaced(&objects);
        let mut findings = std::mem::take(&mut self.report).into_findings();
        let mut verdicts: BTreeMap<Origin, Verdict> =
            splits.iter().chain(&targets).map(|own| (own.clone(), Verdict::Exact)).collect();
        for finding in &mut findings {
            if let Some(verdict) = verdicts.get_mut(&finding.object) {
                *verdict = (*verdict).max(finding.verdict);
            } else if judged.contains(&finding.object.kind.as_str()) {
                verdicts.insert(finding.object.clone(), finding.verdict);
            }
            // Engines speak of fields in the layout of v1alpha4, people in that of the object.
            let Origin { kind, namespace, name } = &finding.object;
            let kind = Kind::parse(kind);
            let found = kind.and_then(|kind| self.resources.find(kind, namespace, name));
            if let Some((kind, object)) = kind.zip(found.and_then(|found| found.document.object()))
            {
                let version = object.meta().version;
                finding.field = hub::wire_path(kind, version, &finding.field).into_owned();
            }
        }
        findings.sort();
        findings.dedup();
        let kept = |origin: &Origin| verdicts.get(origin) != Some(&Verdict::NotExpressible);
        let splits = splits.into_iter().filter(kept).collect();
        let targets = targets.into_iter().filter(kept).collect();
        Migration { objects, findings, verdicts, splits, targets, direction }
    }
}
