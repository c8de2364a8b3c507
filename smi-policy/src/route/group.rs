use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::headers::Headers;
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::resource::{HttpMatch, HttpRouteGroup};
use crate::route::http_match::{CompiledMatch, Failure, Fault};
use crate::route::subject::HttpSubject;
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
    resource: HttpRouteGroup,
    /// As in the resource. `None`: ignored, because it could not be read or compiled.
    compiled: Box<[Option<CompiledMatch>]>,
}

impl RouteGroup {
    /// Compiles a group. What cannot be used matches nothing, and is reported.
    pub fn compile(
        group: &HttpRouteGroup,
        semantics: &HttpSemantics,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let limits = Limits::default();
        let mut report = Report { group: &group.name, diagnostics };
        if group.matches.is_empty() {
            let message = "the group has no matches, so it matches no request";
            report.error("spec.matches".to_owned(), "empty-group", message.to_owned());
        }
        let mut names = HashSet::new();
        let mut compiled = Vec::with_capacity(group.matches.len());
        for (index, http_match) in group.matches.iter().enumerate() {
            let Some(http_match) = http_match else {
                compiled.push(None);
                continue;
            };
            if let Some(taken) = http_match.name.as_deref().filter(|name| !names.insert(*name)) {
                report.duplicate_name(index, taken);
            }
            let result = CompiledMatch::compile(http_match, semantics, &limits);
            compiled.push(result.map_err(|fault| report.fault(index, fault)).ok());
        }
        let compiled = compiled.into();
        Self { inner: Arc::new(Inner { resource: group.clone(), compiled }) }
    }

    /// Namespace and name of the group.
    pub fn name(&self) -> &ObjectName {
        &self.inner.resource.name
    }

    /// Whether some match can be used at all.
    pub fn is_usable(&self) -> bool {
        self.inner.compiled.iter().any(Option::is_some)
    }

    /// The first match, by its position in the group, whose conditions the request meets.
    pub fn first_match<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> Option<usize> {
        let met = |compiled: &Option<CompiledMatch>| {
            compiled.as_ref().is_some_and(|compiled| compiled.is_match(subject))
        };
        self.inner.compiled.iter().position(met)
    }

    /// The name of the match at this position, if there is one and it has one.
    pub fn match_name(&self, index: usize) -> Option<&str> {
        self.inner.resource.matches.get(index)?.as_ref()?.name.as_deref()
    }

    /// The match at this position, as the group was given it.
    pub(crate) fn resource(&self, index: u32) -> Option<&HttpMatch> {
        self.inner.resource.matches.get(usize::try_from(index).ok()?)?.as_ref()
    }

    /// Whether the match at this position meets the request.
    pub(crate) fn is_match<H: Headers + ?Sized>(
        &self,
        index: u32,
        subject: &HttpSubject<'_, H>,
    ) -> bool {
        self.compiled(index).is_some_and(|m| m.is_match(subject))
    }

    /// Why the match at this position fails; `None` if it holds or cannot be used.
    pub(crate) fn failure<H: Headers + ?Sized>(
        &self,
        index: u32,
        subject: &HttpSubject<'_, H>,
    ) -> Option<Failure> {
        self.compiled(index)?.failure(subject)
    }

    /// Whether the match at this position fails by nothing but an unclean path.
    pub(crate) fn fails_only_by_unclean_path<H: Headers + ?Sized>(
        &self,
        index: u32,
        subject: &HttpSubject<'_, H>,
    ) -> bool {
        self.compiled(index).is_some_and(|m| m.fails_only_by_unclean_path(subject))
    }

    /// Positions of all usable matches.
    pub(crate) fn usable(&self) -> impl Iterator<Item = u32> {
        self.entries().filter_map(|(index, _, usable)| usable.then_some(index))
    }

    /// Positions of the usable matches of this name; `None` if no match has it.
    pub(crate) fn named(&self, name: &str) -> Option<Vec<u32>> {
        let named = || self.entries().filter(|(_, known, _)| *known == Some(name));
        let usable = named().filter_map(|(index, _, usable)| usable.then_some(index));
        named().next().is_some().then(|| usable.collect())
    }

    /// Position and name of each match, and whether it is usable.
    fn entries(&self) -> impl Iterator<Item = (u32, Option<&str>, bool)> {
        let matches = self.inner.resource.matches.iter().zip(&self.inner.compiled);
        (0..).zip(matches).map(|(index, (resource, compiled))| {
            let name = resource.as_ref().and_then(|resource| resource.name.as_deref());
            (index, name, compiled.is_some())
        })
    }

    fn compiled(&self, index: u32) -> Option<&CompiledMatch> {
        self.inner.compiled.get(usize::try_from(index).ok()?)?.as_ref()
    }
}

/// Diagnostics about one group.
struct Report<'d> {
    group: &'d ObjectName,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Report<'_> {
    fn error(&mut self, field: String, code: &'static str, message: String) {
        let kind = ObjectKind::HttpRouteGroup;
        self.diagnostics.push(Diagnostic::error(kind, self.group, field, code, message));
    }

    fn fault(&mut self, index: usize, fault: Fault) {
        let field = format!("spec.matches[{index}].{}", fault.field);
        self.error(field, fault.code, fault.message);
    }

    fn duplicate_name(&mut self, index: usize, name: &str) {
        let kind = ObjectKind::HttpRouteGroup;
        let field = format!("spec.matches[{index}].name");
        let message =
            format!("another match is named `{name}` too; a rule that selects it selects both");
        let code = "duplicate-match-name";
        self.diagnostics.push(Diagnostic::warning(kind, self.group, field, code, message));
    }
}
