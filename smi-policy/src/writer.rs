use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::arrange::{Begun, distinct_tables, http_routes};
use crate::binding::Binding;
use crate::destination::Destination;
use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::interner::Interner;
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::policy::{Inner, Policy};
use crate::ports::CompiledRoute;
use crate::principal::{Principal, Who};
use crate::record::Record;
use crate::resolve::{Referents, resolve};
use crate::resource::{IdentityBinding, PortRoute};
use crate::route::{Regexes, RouteGroup, RouteTable};
use crate::semantics::Semantics;
use crate::shards::hasher;
use crate::target::Target;
use crate::users::Users;

/// Changes a policy, a batch of resources at a time, and recompiles what they touch. A policy that
/// is compiled once is one batch on an empty one, so that both come out the same.
#[derive(Debug)]
pub(crate) struct Writer {
    inner: Inner,
    principals: Interner<Who>,
    tables: Interner<RouteTable>,
    regexes: Regexes,
    begun: Begun,
    /// Which targets refer to what; only kept where there will be another batch.
    users: Option<Users>,
    table_uses: HashMap<TableId, TableUse>,
    /// Objects that are there and could not be read; only messages differ by them.
    unreadable: BTreeSet<(ObjectKind, ObjectName)>,
    /// Groups for which the policy has no room.
    refused: HashSet<ObjectName>,
    /// Bytes of all groups.
    size: usize,
    notes: Vec<Diagnostic>,
    /// Targets that were given or taken away (`None`) in this batch.
    given: HashMap<ObjectName, Option<Record>>,
    /// Targets that refer to something that has changed.
    touched: HashSet<ObjectName>,
    /// Destinations that targets came to or went from, and that were not arranged anew since.
    edits: HashMap<Principal, Edit>,
    /// Those of them that wait for the end of the batch.
    put_off: HashMap<Principal, Edit>,
    /// Destinations that have a table for themselves no longer, and were not arranged anew since.
    stale: HashSet<Principal>,
}

/// What tells tables from each other: their addresses, as long as some destination uses them.
pub(crate) type TableId = usize;

/// Which destinations use a table.
#[derive(Debug)]
struct TableUse {
    count: u32,
    /// The only one, if it is known.
    sole: Option<Principal>,
}

/// Whether there will be another batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    OneBatch,
    #[cfg(feature = "live")]
    Many,
}

impl Writer {
    pub(crate) fn new(semantics: Semantics, limits: Limits, lifetime: Lifetime) -> Self {
        Self {
            inner: Inner::new(semantics, limits),
            principals: Interner::new(),
            tables: Interner::new(),
            regexes: Regexes::default(),
            begun: Begun::default(),
            users: (lifetime != Lifetime::OneBatch).then(Users::default),
            table_uses: HashMap::new(),
            unreadable: BTreeSet::new(),
            refused: HashSet::new(),
            size: 0,
            notes: Vec::new(),
            given: HashMap::new(),
            touched: HashSet::new(),
            edits: HashMap::new(),
            put_off: HashMap::new(),
            stale: HashSet::new(),
        }
    }

    pub(crate) fn put_target(&mut self, name: ObjectName, record: Record) {
        self.given.insert(name, Some(record));
    }

    /// Says that there is a target of which nothing is known, or nothing but its namespace.
    pub(crate) fn close(&mut self, namespace: Option<&str>) {
        Arc::make_mut(&mut self.inner.closed).close(namespace);
    }

    /// Takes [`close`](Self::close) back.
    pub(crate) fn open(&mut self, namespace: &str) {
        Arc::make_mut(&mut self.inner.closed).open(namespace);
    }

    pub(crate) fn put_group(&mut self, name: ObjectName, record: Record) {
        let hash = hasher().hash_one(&record);
        let known = self.tables.find(hash, |table| *table.record() == record);
        let table = known.unwrap_or_else(|| {
            let Inner { semantics, limits, .. } = &self.inner;
            let (table, set) =
                RouteTable::compile(record, &semantics.http, limits, &mut self.regexes);
            let table = self.tables.add(hash, table);
            self.begun.put(&table, set);
            table
        });
        self.size = self.size.saturating_add(table.size());
        if self.users.is_none() && self.size > self.inner.limits.policy_size {
            // Groups come in order, so that this is what there is no room for in the end, too.
            self.refused.insert(name.clone());
        }
        self.touch(ObjectKind::HttpRouteGroup, &name);
        let previous = self.inner.groups.put_named(RouteGroup::of_table(name, table));
        self.size -= previous.map_or(0, |group| group.table().size()).min(self.size);
    }

    pub(crate) fn put_tcp_route(&mut self, route: PortRoute) {
        self.touch(ObjectKind::TcpRoute, &route.name);
        let route = CompiledRoute::new(ObjectKind::TcpRoute, route);
        self.inner.tcp.put_named(Arc::new(route));
    }

    pub(crate) fn put_udp_route(&mut self, route: PortRoute) {
        self.touch(ObjectKind::UdpRoute, &route.name);
        let route = CompiledRoute::new(ObjectKind::UdpRoute, route);
        self.inner.udp.put_named(Arc::new(route));
    }

    pub(crate) fn put_binding(&mut self, binding: &IdentityBinding) {
        self.touch(ObjectKind::IdentityBinding, &binding.name);
        let Inner { semantics, resolver, .. } = &self.inner;
        let binding = Binding::resolve(binding, semantics, resolver, &mut self.principals);
        binding.principals.iter().for_each(|who| self.inner.spoken_of.add(who));
        if let Some(previous) = self.inner.bindings.put_named(Arc::new(binding)) {
            previous.principals.iter().for_each(|who| self.inner.spoken_of.remove(who));
        }
    }

    /// Notes that an object is there and can't be read.
    pub(crate) fn note_unreadable(&mut self, kind: ObjectKind, name: ObjectName) {
        self.touch(kind, &name);
        self.unreadable.insert((kind, name));
    }

    /// Adds what is to be reported of the resources besides what compiling them finds.
    pub(crate) fn note(&mut self, diagnostics: Vec<Diagnostic>) {
        self.notes.extend(diagnostics);
    }

    /// Ends a part of the only batch: all groups and targets of a namespace. Namespaces come in
    /// order, and so do the groups of each.
    ///
    /// It arranges what the namespace can be expected to have to itself, while what was read of its
    /// groups is at hand. All else waits for the end, so that nothing is arranged more than twice.
    pub(crate) fn end_namespace(&mut self, namespace: &str) {
        self.replace_given();
        let is_own = |who: &Principal| match who.who() {
            Who::Account(name) => name.namespace() == namespace,
            Who::Spiffe(_) | Who::Pods(_) => false,
        };
        let mut edits = std::mem::take(&mut self.edits);
        for (who, Edit { removed, added }) in edits.extract_if(|who, _| !is_own(who)) {
            let put_off = self.put_off.entry(who).or_default();
            put_off.removed.extend(removed);
            put_off.added.extend(added);
        }
        self.rebuild(edits);
        self.begun.clear();
    }

    /// Ends the only batch.
    pub(crate) fn finish(mut self) -> Policy {
        self.settle();
        Policy::new(self.inner)
    }

    fn touch(&mut self, kind: ObjectKind, name: &ObjectName) {
        if let Some(users) = &self.users {
            self.touched.extend(users.of(kind, name).cloned());
        }
    }

    fn settle(&mut self) {
        self.refuse_groups();
        for name in std::mem::take(&mut self.touched) {
            if let Some(target) = self.inner.targets.find_named(&name) {
                let record = target.record.clone();
                self.given.entry(name).or_insert(Some(record));
            }
        }
        self.edits = std::mem::take(&mut self.put_off);
        self.replace_given();
        let edits = std::mem::take(&mut self.edits);
        self.rebuild(edits);
        for who in std::mem::take(&mut self.stale) {
            if let Some(known) = self.inner.destination(&who) {
                let targets = known.targets.to_vec();
                self.arrange(&who, targets);
            }
        }
        self.begun.clear();
    }

    fn replace_given(&mut self) {
        for (name, record) in std::mem::take(&mut self.given) {
            self.replace(name, record);
        }
    }

    /// Compiles one target, and notes where it is to be put in and taken out.
    fn replace(&mut self, name: ObjectName, record: Option<Record>) {
        let namespace = name.namespace().to_owned();
        let target = record.map(|record| {
            let referents = Referents {
                inner: &self.inner,
                unreadable: &self.unreadable,
                refused: &self.refused,
            };
            Arc::new(resolve(name.clone(), record, &referents, &mut self.principals))
        });
        let previous = match &target {
            Some(target) => self.inner.targets.put_named(Arc::clone(target)),
            None => self.inner.targets.remove_named(&name),
        };
        if let Some(users) = &mut self.users {
            if let Some(previous) = &previous {
                users.remove(previous);
            }
            if let Some(target) = &target {
                users.add(target);
            }
        }
        let closes = |target: &Option<Arc<Target>>| {
            target.as_ref().is_some_and(|target| target.destinations.is_empty())
        };
        match (closes(&previous), closes(&target)) {
            (true, false) => self.open(&namespace),
            (false, true) => self.close(Some(&namespace)),
            _ => {}
        }
        for who in previous.iter().flat_map(|previous| &previous.destinations) {
            self.edits.entry(who.clone()).or_default().removed.insert(name.clone());
        }
        for target in target.iter() {
            for who in &target.destinations {
                let added = &mut self.edits.entry(who.clone()).or_default().added;
                // A binding may name somebody twice.
                if added.last().is_none_or(|last| !Arc::ptr_eq(last, target)) {
                    added.push(Arc::clone(target));
                }
            }
        }
    }

    /// Arranges the destinations anew that targets came to or went from.
    fn rebuild(&mut self, edits: HashMap<Principal, Edit>) {
        let mut rebuilt: Vec<(Principal, Vec<Arc<Target>>)> = Vec::with_capacity(edits.len());
        for (who, edit) in edits {
            let known = self.inner.destination(&who);
            let known: &[Arc<Target>] = known.map_or(&[], |known| &known.targets);
            let kept = known.iter().filter(|target| !edit.removed.contains(&target.name));
            let mut targets: Vec<Arc<Target>> = kept.chain(&edit.added).cloned().collect();
            targets.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            for (id, _) in distinct_tables(known) {
                if let Some(table) = self.table_uses.get_mut(&id) {
                    table.count -= 1;
                    table.sole = None;
                    if table.count == 0 {
                        self.table_uses.remove(&id);
                    }
                }
            }
            for (id, _) in distinct_tables(&targets) {
                let table = self.table_uses.entry(id).or_insert(TableUse { count: 0, sole: None });
                table.count += 1;
                // Who had it alone has arranged it with others.
                match table.count {
                    1 => table.sole = Some(who.clone()),
                    _ => self.stale.extend(table.sole.take()),
                }
            }
            rebuilt.push((who, targets));
        }
        for (who, targets) in rebuilt {
            self.stale.remove(&who);
            self.arrange(&who, targets);
        }
    }

    fn arrange(&mut self, who: &Principal, targets: Vec<Arc<Target>>) {
        if targets.is_empty() {
            return self.inner.remove_destination(who);
        }
        let Inner { semantics, limits, .. } = &self.inner;
        let is_shared = |id| self.table_uses.get(&id).is_some_and(|table| table.count > 1);
        let before = self.inner.destination(who).map(|before| before.http());
        let http =
            http_routes(&targets, is_shared, before, &mut self.begun, &semantics.http, limits);
        let destination = Destination::new(who.clone(), targets, http);
        self.inner.put_destination(Arc::new(destination));
    }

    /// Finds out for which groups there is no room: those behind the first, by namespace and name,
    /// that does not fit.
    fn refuse_groups(&mut self) {
        let max = self.inner.limits.policy_size;
        let mut refused = HashSet::new();
        if self.size > max {
            let mut size = 0_usize;
            for group in self.inner.groups.sorted() {
                size = size.saturating_add(group.table().size());
                if size > max {
                    refused.insert(group.name().clone());
                }
            }
        }
        if refused != self.refused {
            let changed: Vec<ObjectName> =
                refused.symmetric_difference(&self.refused).cloned().collect();
            changed.iter().for_each(|name| self.touch(ObjectKind::HttpRouteGroup, name));
        }
        let message = format!(
            "with this group the policy takes more than {max} bytes, so the group matches nothing"
        );
        let mut notes = self.notes.clone();
        notes.extend(refused.iter().map(|name| {
            let kind = ObjectKind::HttpRouteGroup;
            Diagnostic::error(kind, name, "spec.matches", "policy-too-large", message.as_str())
        }));
        self.refused = refused;
        self.inner.notes = notes.into();
    }
}

/// What only a store asks for.
#[cfg(feature = "live")]
impl Writer {
    pub(crate) fn remove_target(&mut self, name: &ObjectName) {
        self.given.insert(name.clone(), None);
    }

    pub(crate) fn remove_group(&mut self, name: &ObjectName) {
        self.touch(ObjectKind::HttpRouteGroup, name);
        let previous = self.inner.groups.remove_named(name);
        self.size -= previous.map_or(0, |group| group.table().size()).min(self.size);
    }

    pub(crate) fn remove_tcp_route(&mut self, name: &ObjectName) {
        self.touch(ObjectKind::TcpRoute, name);
        self.inner.tcp.remove_named(name);
    }

    pub(crate) fn remove_udp_route(&mut self, name: &ObjectName) {
        self.touch(ObjectKind::UdpRoute, name);
        self.inner.udp.remove_named(name);
    }

    pub(crate) fn remove_binding(&mut self, name: &ObjectName) {
        self.touch(ObjectKind::IdentityBinding, name);
        if let Some(previous) = self.inner.bindings.remove_named(name) {
            previous.principals.iter().for_each(|who| self.inner.spoken_of.remove(who));
        }
    }

    /// Whether it was noted as such; from now on it isn't.
    pub(crate) fn forget_unreadable(&mut self, kind: ObjectKind, name: &ObjectName) -> bool {
        let was_noted =
            !self.unreadable.is_empty() && self.unreadable.remove(&(kind, name.clone()));
        if was_noted {
            self.touch(kind, name);
        }
        was_noted
    }

    /// Ends the batch, and gives the policy as it is now.
    pub(crate) fn publish(&mut self) -> Policy {
        self.settle();
        Policy::new(self.inner.clone())
    }
}

/// What happens to the targets of a destination.
#[derive(Debug, Default)]
struct Edit {
    removed: HashSet<ObjectName>,
    added: Vec<Arc<Target>>,
}
