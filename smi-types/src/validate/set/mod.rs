//! Rules that look at objects together.

mod ports;
mod shadow;
mod splits;
mod targets;
mod unused;

use std::collections::BTreeMap;

use super::collect::Findings;
use super::document::place;
use super::validator::{Validator, named};
use crate::api::Kind;
use crate::hub::Object;
use crate::manifest::{Loaded, Resources};
use crate::problem::Problem;

/// What the rules of sets find, by the number of the document in the set.
pub(super) fn check(
    validator: &Validator<'_>,
    resources: &Resources,
) -> BTreeMap<usize, Vec<Problem>> {
    let set = Set::new(validator, resources);
    let splits = splits::Splits::new(&set);
    let used = unused::Used::new(&set);
    let mut all: BTreeMap<usize, Vec<Problem>> = BTreeMap::new();
    for item in &set.items {
        let mut findings = Findings::new(item.object, resources.default_namespace());
        match item.object {
            Object::TrafficTarget(target) => {
                targets::check(&set, target, &mut findings);
                shadow::check_target(&set, target, &mut findings);
            }
            Object::TrafficSplit(split) => {
                splits.check(&set, split, &mut findings);
                shadow::check_split(&set, split, &mut findings);
            }
            _ => {}
        }
        used.check(item, &mut findings);
        let found = place(findings.finish(), item.loaded.document);
        if !found.is_empty() {
            all.insert(item.number, found);
        }
    }
    all
}

/// The objects that count.
struct Set<'s> {
    validator: &'s Validator<'s>,
    resources: &'s Resources,
    items: Vec<Item<'s>>,
}

/// An object that counts.
struct Item<'s> {
    /// The number of its document in the set.
    number: usize,
    loaded: Loaded<'s>,
    object: &'s Object,
    namespace: &'s str,
}

/// What a reference leads to.
enum Referent<'s> {
    Object(&'s Object),
    /// Something is there and could not be read.
    Unreadable,
    Nothing,
}

impl<'s> Set<'s> {
    fn new(validator: &'s Validator<'s>, resources: &'s Resources) -> Self {
        let items = resources.documents().enumerate().filter_map(|(number, loaded)| {
            let object = loaded.document.object()?;
            let meta = object.meta();
            let namespace = meta.namespace.as_deref().unwrap_or(resources.default_namespace());
            // Of several objects of one name the last counts.
            let last = resources.find(object.kind(), namespace, &meta.name)?;
            std::ptr::eq(last.document, loaded.document).then_some(Item {
                number,
                loaded,
                object,
                namespace,
            })
        });
        Self { validator, resources, items: items.collect() }
    }

    fn find(&self, kind: Kind, namespace: &str, name: &str) -> Referent<'s> {
        match self.resources.find(kind, namespace, name) {
            None => Referent::Nothing,
            Some(loaded) => match loaded.document.object() {
                Some(object) => Referent::Object(object),
                None => Referent::Unreadable,
            },
        }
    }

    /// Why a reference can't be followed; nothing if it can.
    fn missing(&self, kind: Kind, namespace: &str, name: &str) -> Option<String> {
        let referent = named(kind, namespace, name);
        match self.find(kind, namespace, name) {
            Referent::Object(_) => None,
            Referent::Unreadable => Some(format!("{referent} could not be read")),
            Referent::Nothing => Some(format!("there is no {referent}")),
        }
    }

    /// Names of objects of a kind in a namespace, to suggest one of them.
    fn names(&self, kind: Kind, namespace: &str) -> Vec<&'s str> {
        let is_candidate =
            |item: &&Item<'s>| item.object.kind() == kind && item.namespace == namespace;
        let names = self.items.iter().filter(is_candidate);
        names.map(|item| item.object.meta().name.as_str()).collect()
    }

    /// What to do about a dangling reference.
    fn suggestion(&self, kind: Kind, namespace: &str, name: &str) -> String {
        if let Some(meant) = crate::suggest::nearest(name, self.names(kind, namespace)) {
            return format!("did you mean `{}`?", meant.escape_debug());
        }
        let elsewhere = self
            .items
            .iter()
            .find(|item| item.object.kind() == kind && item.object.meta().name == name);
        match elsewhere {
            Some(item) => format!(
                "there is one in namespace `{}`, but references do not leave their namespace",
                item.namespace.escape_debug()
            ),
            None => "add it, or drop the reference".to_owned(),
        }
    }
}
