use std::sync::Arc;

use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::headers::Headers;
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::record::Record;
use crate::resource::{HttpMatch, HttpRouteGroup};
use crate::route::regexes::Regexes;
use crate::route::subject::HttpSubject;
use crate::route::table::RouteTable;
use crate::semantics::HttpSemantics;

/// An HTTPRouteGroup, compiled: the alternatives of its matches, each of conditions that are
/// AND-ed. Cloning shares it.
///
/// ```
/// use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, HttpSemantics, HttpSubject};
/// use smi_policy::{ObjectName, RouteGroup};
///
/// let group = HttpRouteGroup::new(ObjectName::new("shop", "api"))
///     .with(HttpMatch::new("reads").path_regex("/api/").method("GET"))
///     .with(HttpMatch::new("broken").path_regex("/(?=x)"));
///
/// let semantics = HttpSemantics::default();
/// let mut diagnostics = Vec::new();
/// let compiled = RouteGroup::compile(&group, &semantics, &mut diagnostics);
/// assert_eq!(diagnostics.len(), 1, "the broken match is reported and ignored");
///
/// let request = HttpRequest::new("GET", "/api/items");
/// let subject = HttpSubject::new(&request, &semantics);
/// assert_eq!(compiled.first_match(&subject), Some(0));
/// ```
#[derive(Clone, Debug)]
pub struct RouteGroup {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: ObjectName,
    table: Arc<RouteTable>,
}

impl RouteGroup {
    /// Compiles a group. What cannot be used matches nothing, and is reported.
    pub fn compile(
        group: &HttpRouteGroup,
        semantics: &HttpSemantics,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let limits = Limits::default();
        let record = Record::of_matches(&group.matches);
        let (table, set) = RouteTable::compile(record, semantics, &limits, &mut Regexes::default());
        let table = table.with_routes(set, semantics, &limits);
        let compiled = Self::of_table(group.name.clone(), Arc::new(table));
        diagnostics.extend(compiled.diagnostics());
        compiled
    }

    pub(crate) fn of_table(name: ObjectName, table: Arc<RouteTable>) -> Self {
        Self { inner: Arc::new(Inner { name, table }) }
    }

    /// Namespace and name of the group.
    pub fn name(&self) -> &ObjectName {
        &self.inner.name
    }

    /// Whether some match can be used at all.
    pub fn is_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    /// The first match, by its position in the group, whose conditions the request meets.
    pub fn first_match<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> Option<usize> {
        let mut first = u32::MAX;
        self.scan(subject, |matches| {
            // They ascend, so that those behind one that holds can't be first.
            let mut candidates = matches.iter().take_while(|index| **index < first);
            if let Some(index) = candidates.find(|index| self.holds(**index, subject)) {
                first = *index;
            }
        });
        (first < u32::MAX).then_some(first as usize)
    }

    /// Calls `each` with the position of every match whose conditions the request meets, once, in
    /// no particular order.
    pub fn for_each_match<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        mut each: impl FnMut(usize),
    ) {
        self.scan(subject, |matches| {
            let holding = matches.iter().filter(|index| self.holds(**index, subject));
            holding.for_each(|index| each(*index as usize));
        });
    }

    /// Calls `hit` with the matches of each pattern that the path has.
    #[inline]
    fn scan<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>, mut hit: impl FnMut(&[u32])) {
        let Some(routes) = self.table().own() else { return };
        for &index in &routes.without_pattern {
            let conditions = self.table().conditions(index);
            if conditions.is_some_and(|c| self.table().accepts_path(c.path, subject, |_| false)) {
                hit(&[index]);
            }
        }
        if let Some(path) = subject.path.clean() {
            routes.set.scan(path, |pattern| hit(routes.matches(pattern)));
        }
    }

    /// Whether what a match asks of anything but the path holds.
    #[inline]
    fn holds<H: Headers + ?Sized>(&self, index: u32, subject: &HttpSubject<'_, H>) -> bool {
        let table = self.table();
        let methods = table.conditions(index).map(|conditions| conditions.methods);
        methods.is_some_and(|m| table.holds_apart_from_path(index, m, subject))
    }

    /// The name of the match at this position, if there is one and it has one.
    pub fn match_name(&self, index: usize) -> Option<&str> {
        self.table().record().match_name(index)
    }

    pub(crate) fn table(&self) -> &Arc<RouteTable> {
        &self.inner.table
    }

    /// The matches as the group was given them.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Option<HttpMatch>> {
        self.table().record().matches()
    }

    /// Positions of all usable matches.
    pub(crate) fn usable(&self) -> impl Iterator<Item = u32> {
        let table = self.table();
        (0..table.len()).filter(|index| table.conditions(*index).is_some())
    }

    /// Positions of the usable matches of this name; `None` if no match has it.
    pub(crate) fn named(&self, name: &str) -> Option<Vec<u32>> {
        let resources = (0..).zip(self.resources());
        let named = resources.filter_map(|(index, resource)| {
            (resource?.name.as_deref() == Some(name)).then_some(index)
        });
        let mut named: Vec<u32> = named.collect();
        if named.is_empty() {
            return None;
        }
        named.retain(|index| self.table().conditions(*index).is_some());
        Some(named)
    }

    /// What is wrong with it.
    pub(crate) fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> {
        self.table().faults().iter().map(|fault| Diagnostic {
            kind: ObjectKind::HttpRouteGroup,
            object: self.name().clone(),
            field: fault.field.clone(),
            severity: fault.severity,
            code: fault.code,
            message: fault.message.clone(),
        })
    }
}
