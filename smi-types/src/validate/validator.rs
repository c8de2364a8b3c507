use std::borrow::Cow;
use std::fmt;

use super::collect::Findings;
use super::pattern::PatternCheck;
use super::{
    document, identity_binding, port_route, route_group, set, traffic_split, traffic_target,
};
use crate::Manifest;
use crate::api::Kind;
use crate::hub::Object;
use crate::manifest::{Document, Resources};
use crate::problem::Problem;

/// Checks objects by the rules of the [catalogue](self::super#catalogue).
///
/// # Examples
///
/// ```
/// use smi_types::Manifest;
/// use smi_types::validate::Validator;
///
/// let manifest = Manifest::read(
///     "apiVersion: access.smi-spec.io/v1alpha4
/// kind: TrafficTarget
/// metadata: {name: web, namespace: shop}
/// spec:
///   destination: {kind: ServiceAccount, name: web}
///   rules: [{kind: TCPRoute, name: web}]
///   sources: []
/// ",
/// );
/// let problems = Validator::new().manifest(&manifest);
/// assert_eq!(
///     problems[0].to_string(),
///     "line 7, column 12: TrafficTarget shop/web: spec.sources: \
///      the target has no sources, so it grants nothing"
/// );
/// assert_eq!(problems[0].code().as_str(), "empty-sources");
/// ```
#[derive(Clone)]
pub struct Validator<'p> {
    pub(super) patterns: Option<&'p dyn PatternCheck>,
    pub(super) default_namespace: String,
    pub(super) cluster_domain: String,
    pub(super) trust_domains: Vec<String>,
}

impl<'p> Validator<'p> {
    /// A validator without check of patterns, for the namespace `default`, the cluster domain
    /// `cluster.local` and the trust domain of the same name.
    pub fn new() -> Self {
        Self {
            patterns: None,
            default_namespace: "default".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            trust_domains: vec!["cluster.local".to_owned()],
        }
    }

    /// Lets regular expressions be checked.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::Manifest;
    /// use smi_types::validate::{PatternCheck, PatternFault, Validator};
    ///
    /// struct NoLookAround;
    ///
    /// impl PatternCheck for NoLookAround {
    ///     fn check(&self, pattern: &str) -> Result<(), PatternFault> {
    ///         match pattern.contains("(?!") {
    ///             true => Err(PatternFault::new("RE2 has no look-around")),
    ///             false => Ok(()),
    ///         }
    ///     }
    /// }
    ///
    /// let manifest = Manifest::read(
    ///     "apiVersion: specs.smi-spec.io/v1alpha4
    /// kind: HTTPRouteGroup
    /// metadata: {name: web}
    /// spec: {matches: [{pathRegex: '/(?!admin).*'}]}
    /// ",
    /// );
    /// let problems = Validator::new().patterns(&NoLookAround).manifest(&manifest);
    /// assert_eq!(problems[0].code().as_str(), "invalid-regex");
    /// assert!(Validator::new().manifest(&manifest).is_empty());
    /// ```
    #[must_use]
    pub fn patterns(mut self, patterns: &'p dyn PatternCheck) -> Self {
        self.patterns = Some(patterns);
        self
    }

    /// The namespace of objects that are written without one. Sets have their own.
    #[must_use]
    pub fn default_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.default_namespace = namespace.into();
        self
    }

    /// The domain in which names of services end.
    #[must_use]
    pub fn cluster_domain(mut self, domain: impl Into<String>) -> Self {
        self.cluster_domain = domain.into();
        self
    }

    /// The trust domains whose SPIFFE ids name service accounts of the cluster.
    #[must_use]
    pub fn trust_domains(mut self, domains: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.trust_domains = domains.into_iter().map(Into::into).collect();
        self
    }

    /// What the rules of single objects say about an object. Problems have no locations.
    ///
    /// Typed objects get here by [`Manifest::of`] and [`manifest`](Self::manifest).
    pub fn object(&self, object: &Object) -> Vec<Problem> {
        let mut findings = Findings::new(object, &self.default_namespace);
        match object {
            Object::TrafficTarget(target) => traffic_target::check(target, &mut findings),
            Object::IdentityBinding(binding) => {
                identity_binding::check(binding, &self.trust_domains, &mut findings);
            }
            Object::HttpRouteGroup(group) => {
                route_group::check(group, self.patterns, &mut findings);
            }
            Object::TcpRoute(route) | Object::UdpRoute(route) => {
                port_route::check(route, &mut findings);
            }
            Object::TrafficSplit(split) => {
                traffic_split::check(split, &self.cluster_domain, &mut findings);
            }
        }
        findings.finish()
    }

    /// What the reader and the rules of single objects say about a document, in the order of the
    /// text.
    pub fn document(&self, document: &Document) -> Vec<Problem> {
        let object = match document.has_errors() {
            true => document.draft().map(Cow::Owned),
            false => document.object().map(Cow::Borrowed),
        };
        let mut problems = document::with_fixes(document);
        if let Some(object) = object {
            let mut found = document::place(self.object(&object), document);
            found.extend(document::check(document, &object));
            found.retain(|problem| !document::is_explained(problem, document.problems()));
            problems.extend(found);
        }
        sort(&mut problems);
        problems
    }

    /// What the reader and the rules of single objects say about a text, in its order.
    ///
    /// # Examples
    ///
    /// A typed object is checked in the form in which it is sent:
    ///
    /// ```
    /// # #[cfg(feature = "kube")] {
    /// use smi_types::Manifest;
    /// use smi_types::specs::v1alpha4::HttpRouteGroup;
    /// use smi_types::validate::Validator;
    ///
    /// let group = HttpRouteGroup::named("web");
    /// let problems = Validator::new().manifest(&Manifest::of(&group)?);
    /// assert_eq!(problems[0].code().as_str(), "empty-group");
    /// # }
    /// # Ok::<(), smi_types::write::WriteError>(())
    /// ```
    pub fn manifest(&self, manifest: &Manifest) -> Vec<Problem> {
        manifest.documents().iter().flat_map(|document| self.document(document)).collect()
    }

    /// What the reader and all rules say about a set, with the source of each: in the order in which
    /// texts were added, and within each in its order.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::Manifest;
    /// use smi_types::manifest::Resources;
    /// use smi_types::validate::Validator;
    ///
    /// let mut resources = Resources::new("shop");
    /// resources.add("web.yaml", Manifest::read(
    ///     "apiVersion: access.smi-spec.io/v1alpha4
    /// kind: TrafficTarget
    /// metadata: {name: web}
    /// spec:
    ///   destination: {kind: ServiceAccount, name: web}
    ///   rules: [{kind: TCPRoute, name: web}]
    ///   sources: [{kind: ServiceAccount, name: cart}]
    /// ",
    /// ));
    /// let problems = Validator::new().resources(&resources);
    /// let (source, problem) = &problems[0];
    /// assert_eq!(*source, "web.yaml");
    /// assert_eq!(
    ///     problem.to_string(),
    ///     "line 6, column 34: TrafficTarget web: spec.rules[0].name: \
    ///      there is no TCPRoute `shop/web`, so the rule adds nothing"
    /// );
    /// ```
    pub fn resources<'r>(&self, resources: &'r Resources) -> Vec<(&'r str, Problem)> {
        let validator =
            Self { default_namespace: resources.default_namespace().to_owned(), ..self.clone() };
        let mut of_sets = set::check(&validator, resources);
        let mut all = Vec::new();
        let mut of_source: Vec<Problem> = Vec::new();
        let mut documents = resources.documents().enumerate().peekable();
        while let Some((number, loaded)) = documents.next() {
            of_source.extend(validator.document(loaded.document));
            of_source.append(&mut of_sets.remove(&number).unwrap_or_default());
            let next = documents.peek().map(|(_, next)| next.source);
            if next != Some(loaded.source) {
                sort(&mut of_source);
                all.extend(of_source.drain(..).map(|problem| (loaded.source, problem)));
            }
        }
        all
    }
}

impl Default for Validator<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Validator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator")
            .field("patterns", &self.patterns.is_some())
            .field("default_namespace", &self.default_namespace)
            .field("cluster_domain", &self.cluster_domain)
            .field("trust_domains", &self.trust_domains)
            .finish()
    }
}

/// The object as messages name it.
pub(super) fn named(kind: Kind, namespace: &str, name: &str) -> String {
    format!("{kind} `{}/{}`", namespace.escape_debug(), name.escape_debug())
}

fn sort(problems: &mut [Problem]) {
    problems.sort_by(|a, b| {
        (a.location(), a.path(), a.code()).cmp(&(b.location(), b.path(), b.code()))
    });
}
