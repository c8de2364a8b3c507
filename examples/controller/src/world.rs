use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;

use k8s_openapi::api::core::v1::{ObjectReference, Service};
use k8s_openapi::jiff::Timestamp;
use smi_policy::{Changes, Diagnostic, ObjectKind, ObjectName, PolicyStore, Semantics, Severity};
use smi_split::Splits;
use smi_types::Manifest;
use smi_types::api::Kind;
use smi_types::hub::{Object, wire_path};

use crate::sent::Sent;
use crate::watch::News;
use crate::{Change, KindStatus, ObjectStatus, Snapshot};

type Id = (ObjectKind, ObjectName);

/// All objects of the cluster that matter, as last seen, and what was made of them.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) kinds: BTreeMap<ObjectKind, KindStatus>,
    objects: BTreeMap<Id, Seen>,
    semantics: Semantics,
    policy: PolicyStore,
    splits: Splits,
    generation: u64,
    /// What the policy does not know yet.
    changes: Option<Changes>,
    callback: Option<mpsc::Sender<(Id, Change)>>,
}

/// An object as it was last seen.
#[derive(Debug)]
struct Seen {
    text: Box<str>,
    content: Content,
    status: ObjectStatus,
}

#[derive(Debug)]
enum Content {
    Smi(Object),
    Service(Box<Service>),
    Unreadable,
}

impl World {
    /// A world of these kinds, in which nothing is known.
    pub(crate) fn new(
        kinds: &[ObjectKind],
        semantics: Semantics,
        callback: Option<mpsc::Sender<(Id, Change)>>,
    ) -> Self {
        Self {
            kinds: kinds.iter().map(|kind| (*kind, KindStatus::default())).collect(),
            objects: BTreeMap::new(),
            policy: PolicyStore::new(semantics.clone()),
            splits: Splits::builder(semantics.clone()).compile(),
            semantics,
            generation: 0,
            changes: None,
            callback,
        }
    }

    /// Takes in what a watch reports.
    pub(crate) fn learn(&mut self, kind: ObjectKind, news: News) {
        let id_of = |sent: &Sent| {
            let namespace = sent.metadata.namespace.as_deref().unwrap_or_default();
            Some((kind, ObjectName::new(namespace, sent.metadata.name.as_deref()?)))
        };
        match news {
            News::All(resource, listed) => {
                let api_version = resource.map(|resource| resource.api_version);
                let status = KindStatus { api_version, synced: true, ..KindStatus::default() };
                self.kinds.insert(kind, status);
                let known = self.objects.keys().filter(|id| id.0 == kind);
                let mut gone: BTreeSet<Id> = known.cloned().collect();
                for (id, sent) in listed.into_iter().filter_map(|sent| Some((id_of(&sent)?, sent)))
                {
                    gone.remove(&id);
                    self.apply(id, sent);
                }
                gone.into_iter().for_each(|id| self.delete(id));
            }
            News::Applied(sent) => drop(id_of(&sent).map(|id| self.apply(id, sent))),
            News::Deleted(sent) => drop(id_of(&sent).map(|id| self.delete(id))),
            News::Lost(reason) => {
                tracing::warn!("{kind}: {reason}");
                let status = self.kinds.entry(kind).or_default();
                status.lost_since.get_or_insert_with(Timestamp::now);
                status.lost = Some(reason);
            }
        }
    }

    /// What follows from what was learnt since the last time; nothing if that is nothing new, or if
    /// not all kinds have been listed, so that no policy is made of half the objects.
    pub(crate) fn snapshot(&mut self) -> Option<Snapshot> {
        if !self.kinds.values().all(|status| status.synced) {
            return None;
        }
        let changes = match self.changes.take() {
            None if self.generation > 0 => return None,
            changes => changes.unwrap_or_default(),
        };
        let policy = self.policy.apply(changes);
        let mut splits = Splits::builder(self.semantics.clone());
        if self.kinds.contains_key(&ObjectKind::Service) {
            splits = splits.services_known();
        }
        for seen in self.objects.values() {
            splits = match &seen.content {
                Content::Smi(object) => splits.object(object),
                Content::Service(service) => splits.kubernetes_service(service),
                Content::Unreadable => splits,
            };
        }
        self.splits = splits.compile_after(&self.splits);
        self.generation += 1;
        let objects = self.statuses(policy.diagnostics().iter().chain(self.splits.diagnostics()));
        let (generation, splits) = (self.generation, self.splits.clone());
        Some(Snapshot { generation, policy, splits, objects })
    }

    fn apply(&mut self, id: Id, sent: Sent) {
        let (kind, name) = &id;
        if self.objects.get(&id).is_some_and(|seen| seen.text == sent.text) {
            return;
        }
        let (content, findings) = read(*kind, name, &sent.text);
        let changes = self.changes.take().unwrap_or_default();
        self.changes = Some(match &content {
            Content::Smi(object) => changes.object(object, name.namespace()),
            Content::Service(_) => changes,
            Content::Unreadable => changes.unreadable(*kind, name.clone()),
        });
        self.tell(&id, || match &content {
            Content::Smi(object) => Change::Upsert(object.clone()),
            _ => Change::Unreadable(*kind, name.clone(), findings.clone()),
        });
        let reference = ObjectReference {
            api_version: self.kinds.get(kind).and_then(|status| status.api_version.clone()),
            kind: Some(kind.to_string()),
            namespace: Some(name.namespace().to_owned()),
            name: Some(name.name().to_owned()),
            uid: sent.metadata.uid,
            ..ObjectReference::default()
        };
        let status = ObjectStatus { reference, findings };
        self.objects.insert(id, Seen { text: sent.text, content, status });
    }

    fn delete(&mut self, id: Id) {
        if self.objects.remove(&id).is_some() {
            self.tell(&id, || Change::Delete(id.0, id.1.clone()));
            self.changes = Some(self.changes.take().unwrap_or_default().remove(id.0, id.1));
        }
    }

    fn tell(&self, id: &Id, change: impl FnOnce() -> Change) {
        if let Some(callback) = self.callback.as_ref().filter(|_| id.0 != ObjectKind::Service) {
            // It has ended only if the controller has.
            drop(callback.send((id.clone(), change())));
        }
    }

    /// What is wrong with each object, by the reader and by the engines.
    fn statuses<'d>(
        &self,
        diagnostics: impl Iterator<Item = &'d Diagnostic>,
    ) -> BTreeMap<Id, ObjectStatus> {
        let of_reader = self.objects.iter().map(|(id, seen)| (id.clone(), seen.status.clone()));
        let mut statuses: BTreeMap<Id, ObjectStatus> = of_reader.collect();
        // Both engines speak of HTTPRouteGroups.
        for diagnostic in diagnostics.collect::<BTreeSet<_>>() {
            let id = (diagnostic.kind, diagnostic.object.clone());
            let Some((seen, status)) = self.objects.get(&id).zip(statuses.get_mut(&id)) else {
                continue;
            };
            let mut finding = diagnostic.clone();
            if let Content::Smi(object) = &seen.content {
                let (kind, version) = (object.kind(), object.meta().version);
                finding.field = wire_path(kind, version, &diagnostic.field).into_owned();
            }
            // Where the reader has found an error, an engine only says what follows.
            let is_known = |known: &Diagnostic| {
                known.severity == Severity::Error && is_below(&known.field, &finding.field)
            };
            if !seen.status.findings.iter().any(is_known) {
                status.findings.push(finding);
            }
        }
        statuses
    }
}

/// What a text says, and what is wrong with it.
fn read(kind: ObjectKind, name: &ObjectName, text: &str) -> (Content, Vec<Diagnostic>) {
    let unreadable = |message: String| Diagnostic::error(kind, name, "", "unreadable", message);
    if Kind::parse(kind.as_str()).is_none() {
        return match serde_json::from_str(text) {
            Ok(service) => (Content::Service(service), Vec::new()),
            Err(error) => (Content::Unreadable, vec![unreadable(error.to_string())]),
        };
    }
    let manifest = Manifest::read(text);
    let mut findings: Vec<Diagnostic> = manifest
        .problems()
        .map(|problem| {
            let new = if problem.is_error() { Diagnostic::error } else { Diagnostic::warning };
            let (code, message) = (problem.code().as_str(), problem.message());
            new(kind, name, problem.path().to_string(), code, message.to_owned())
        })
        .collect();
    let is_it = |object: &&Object| {
        (object.kind().as_str(), &*object.meta().name) == (kind.as_str(), name.name())
    };
    match manifest.objects().find(is_it) {
        Some(object) => (Content::Smi(object.clone()), findings),
        None => {
            if findings.iter().all(|finding| finding.severity != Severity::Error) {
                findings.push(unreadable(format!("this is no {kind} of that name")));
            }
            (Content::Unreadable, findings)
        }
    }
}

/// Whether `field` is `above` or a part of it.
fn is_below(field: &str, above: &str) -> bool {
    let rest = field.strip_prefix(above);
    above.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
