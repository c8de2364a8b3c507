//! Resources by number, so that adding up compares and copies no names.

use std::collections::HashMap;

use super::Ownership;
use crate::{Kind, Resource};

/// The number of a resource.
pub(super) type Id = u32;

/// The resources of one kind that others belong to.
#[derive(Debug)]
pub(super) struct Names<'a> {
    kind: Kind,
    ownership: &'a Ownership,
    resources: Vec<Resource>,
    ids: HashMap<Resource, Id>,
    owners: HashMap<&'a Resource, Box<[Id]>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(kind: Kind, ownership: &'a Ownership) -> Self {
        Self { kind, ownership, resources: Vec::new(), ids: HashMap::new(), owners: HashMap::new() }
    }

    /// What belongs to what.
    pub(super) const fn ownership(&self) -> &'a Ownership {
        self.ownership
    }

    /// The resources that a resource belongs to.
    pub(super) fn owners(&mut self, resource: Option<&'a Resource>) -> Box<[Id]> {
        let Some(resource) = resource else { return Box::default() };
        if let Some(owners) = self.owners.get(resource) {
            return owners.clone();
        }
        let owners = self.ownership.owners(resource, self.kind);
        let owners: Box<[Id]> = owners.into_iter().filter_map(|owner| self.number(owner)).collect();
        self.owners.insert(resource, owners.clone());
        owners
    }

    /// The number of a resource that is known.
    pub(super) fn id(&self, resource: &Resource) -> Option<Id> {
        self.ids.get(resource).copied()
    }

    /// The resource of a number.
    pub(super) fn resource(&self, id: Id) -> Option<&Resource> {
        self.resources.get(usize::try_from(id).ok()?)
    }

    /// `None` only beyond four billion resources.
    fn number(&mut self, resource: Resource) -> Option<Id> {
        if let Some(id) = self.ids.get(&resource) {
            return Some(*id);
        }
        let id = Id::try_from(self.resources.len()).ok()?;
        self.resources.push(resource.clone());
        self.ids.insert(resource, id);
        Some(id)
    }
}
