use std::fmt;

use super::Severity;

/// Where it takes to find a [`Problem`](super::Problem).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The text: [`Manifest::read`](crate::Manifest::read) reports it.
    Text,
    /// An object that was read, by itself.
    Object,
    /// An object together with others.
    Set,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Object => "object",
            Self::Set => "set",
        })
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal: $($severity:ident)|+, $scope:ident;)*) => {
        /// What kind of problem a [`Problem`](super::Problem) is.
        ///
        /// The names that [`as_str`](Self::as_str) gives are stable: scripts and lists of accepted
        /// problems may rely on them. All of them are listed in [`validate`](crate::validate).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Code {
            /// All codes: those of the reader, those of single objects, those of sets.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as tools print it: `unknown-field`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it says, in one sentence.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)*
                }
            }

            /// How much a problem of this kind matters; two entries where that depends.
            pub const fn severities(self) -> &'static [Severity] {
                match self {
                    $(Self::$name => &[$(Severity::$severity),+],)*
                }
            }

            /// Where it takes to find one.
            pub const fn scope(self) -> Scope {
                match self {
                    $(Self::$name => Scope::$scope,)*
                }
            }
        }
    };
}

codes! {
    // What the reader finds.
    /// The document is no YAML.
    YamlSyntax = "yaml-syntax": Error, Text;
    /// The document is no JSON.
    JsonSyntax = "json-syntax": Error, Text;
    /// A mapping has a key twice.
    DuplicateKey = "duplicate-key": Error, Text;
    /// The document is a template (Helm, Go, shell) that nobody has rendered.
    UnrenderedTemplate = "unrendered-template": Error | Warning, Text;
    /// The document exceeds a limit of the reader.
    LimitExceeded = "limit-exceeded": Error, Text;
    /// The document is a list or a scalar, and no object.
    NotAnObject = "not-an-object": Error, Text;
    /// A plain scalar that kubectl, which reads YAML 1.1, takes for something else.
    AmbiguousScalar = "ambiguous-scalar": Warning, Text;
    /// A YAML tag that means nothing here.
    UnknownTag = "unknown-tag": Warning, Text;
    /// `apiVersion` is missing.
    MissingApiVersion = "missing-api-version": Error, Text;
    /// `apiVersion` is missing and was inferred, as the reader was asked to.
    InferredApiVersion = "inferred-api-version": Warning, Text;
    /// `kind` is missing.
    MissingKind = "missing-kind": Error, Text;
    /// A group that looks like one of SMI and is none.
    UnknownGroup = "unknown-group": Error, Text;
    /// A version that the kind does not have.
    UnknownVersion = "unknown-version": Error, Text;
    /// A kind that the group does not have.
    UnknownKind = "unknown-kind": Error, Text;
    /// TrafficMetrics: an SMI kind that an API server extension answers with and nobody applies.
    NotACustomResource = "not-a-custom-resource": Warning, Text;
    /// `metadata.name` is missing.
    MissingName = "missing-name": Error, Text;
    /// The annotation `smi-spec.io/preserved` may restrict the object, and can't be read.
    PreservedAnnotationUnreadable = "preserved-annotation-unreadable": Error, Text;
    /// What a field in the annotation `smi-spec.io/preserved` belongs to was edited since.
    PreservedFieldOutdated = "preserved-field-outdated": Warning, Text;
    /// The same object is there a second time.
    DuplicateObject = "duplicate-object": Warning, Set;
    /// A field holds a value of the wrong type.
    WrongType = "wrong-type": Error, Text;
    /// A field is missing.
    MissingField = "missing-field": Error, Text;
    /// A field that the kind does not have in this version.
    UnknownField = "unknown-field": Warning, Text;
    /// A field that another version has at this place.
    WrongLayout = "wrong-layout": Warning, Text;
    /// `matches` at top level of an HTTPRouteGroup since v1alpha3: the group is empty.
    PrunedMatches = "pruned-matches": Warning, Text;
    /// `port` on a subject since v1alpha3: every port is open.
    PrunedPort = "pruned-port": Warning, Text;
    /// `spec.ports` without `spec.matches.ports`: the route has no port.
    MisplacedPorts = "misplaced-ports": Error, Text;
    /// `port` on a source: it restricts nothing.
    IgnoredSourcePort = "ignored-source-port": Warning, Text;
    /// A port that is no number from 1 to 65535.
    InvalidPort = "invalid-port": Error, Text;
    /// A weight that is no number of the form that the version demands.
    InvalidWeight = "invalid-weight": Error, Text;
    /// A subject that is neither a ServiceAccount nor, since v1alpha4, an IdentityBinding.
    UnknownSubjectKind = "unknown-subject-kind": Error, Text;
    /// A rule that refers to no kind of route.
    UnknownRuleKind = "unknown-rule-kind": Error, Text;
    /// A match of a TrafficSplit that refers to no HTTPRouteGroup.
    UnknownMatchKind = "unknown-match-kind": Error, Text;
    /// Headers that can't be read as conditions.
    InvalidHeaders = "invalid-headers": Error, Text;
    /// A pseudo-header other than `:authority`.
    PseudoHeader = "pseudo-header": Error, Text;
    /// There are more problems than the reader lists.
    TooManyProblems = "too-many-problems": Error | Warning, Text;

    // Rules that look at one object.
    /// A name that API servers refuse: it is no DNS label or, where dots may be, no DNS subdomain.
    InvalidName = "invalid-name": Warning, Object;
    /// A TrafficTarget without sources grants nothing.
    EmptySources = "empty-sources": Error, Object;
    /// A TrafficTarget without rules grants nothing.
    EmptyRules = "empty-rules": Error, Object;
    /// A TrafficTarget opens a destination of another namespace: it grants nothing.
    ForeignDestination = "foreign-destination": Error, Object;
    /// The same source is listed twice.
    DuplicateSource = "duplicate-source": Warning, Object;
    /// A port written as text, which the official definitions refuse.
    PortAsText = "port-as-text": Warning, Object;
    /// A destination's port 0, which means every port.
    PortZero = "port-zero": Warning, Object;
    /// The same port is listed twice.
    DuplicatePort = "duplicate-port": Warning, Object;
    /// An HTTPRouteGroup without matches: it matches no request.
    EmptyGroup = "empty-group": Error, Object;
    /// A match without conditions: it matches every request.
    EmptyMatch = "empty-match": Warning, Object;
    /// Two matches of a group have one name.
    DuplicateMatchName = "duplicate-match-name": Warning, Object;
    /// A pattern that RE2 refuses: the match is ignored.
    InvalidRegex = "invalid-regex": Error, Object;
    /// A path pattern that no path can begin with, as each begins with `/`.
    PathNeverMatches = "path-never-matches": Warning, Object;
    /// A path pattern that admits every path.
    PathMatchesEverything = "path-matches-everything": Warning, Object;
    /// A path pattern that ends within a segment: it admits longer names too.
    PathPrefix = "path-prefix": Warning, Object;
    /// A method that HTTP does not know.
    UnknownMethod = "unknown-method": Warning, Object;
    /// A method in lower case: methods are case-sensitive.
    LowerCaseMethod = "lower-case-method": Warning, Object;
    /// A header name that HTTP does not allow: the match is ignored.
    InvalidHeaderName = "invalid-header-name": Error, Object;
    /// One header is named twice with the same pattern.
    DuplicateHeader = "duplicate-header": Warning, Object;
    /// A TrafficSplit without backends: the traffic has nowhere to go.
    EmptyBackends = "empty-backends": Error, Object;
    /// No weight is above zero: the traffic has nowhere to go.
    NoPositiveWeight = "no-positive-weight": Warning, Object;
    /// No backend with a weight above zero can be used: the traffic has nowhere to go.
    NoUsableBackend = "no-usable-backend": Error, Object;
    /// Weights whose ratio needs numbers beyond 64 bits: the split is void.
    WeightsTooLarge = "weights-too-large": Error, Object;
    /// One service is a backend twice: the weights add up.
    DuplicateBackend = "duplicate-backend": Warning, Object;
    /// The service that is split is a backend of its own.
    ApexAsBackend = "apex-as-backend": Warning, Object;
    /// A service of another namespace: only its owner may split its traffic.
    ForeignService = "foreign-service": Error, Object;
    /// A text that names no service of a cluster.
    UnreadableService = "unreadable-service": Error, Object;
    /// A port behind the name of a service, which has no effect.
    PortSuffix = "port-suffix": Warning, Object;
    /// An IdentityBinding without schemes: it speaks for nobody.
    NoSchemes = "no-schemes": Error, Object;
    /// `serviceAccount` and `podLabelSelector` exclude each other: the binding speaks for nobody.
    ExclusiveSchemes = "exclusive-schemes": Error, Object;
    /// A service account without name: the scheme speaks for nobody.
    NoName = "no-name": Error, Object;
    /// A text that is no SPIFFE id: it speaks for nobody.
    InvalidSpiffeId = "invalid-spiffe-id": Error, Object;
    /// A SPIFFE id of another namespace, for which the binding can't speak.
    ForeignIdentity = "foreign-identity": Error, Object;
    /// A label selector that selects nobody: empty, or with an operator that Kubernetes doesn't have.
    InvalidSelector = "invalid-selector": Error, Object;

    // Rules that look at a set of objects.
    /// A reference to an object, or to a match, that is not there.
    DanglingReference = "dangling-reference": Error, Set;
    /// A TrafficSplit refers to a group without usable match.
    UnusableReference = "unusable-reference": Error, Set;
    /// None of the matches of a TrafficSplit can be met: it never applies.
    NeverApplies = "never-applies": Error, Set;
    /// A match adds nothing to another that is selected with it.
    ShadowedMatch = "shadowed-match": Warning, Set;
    /// An object that nothing refers to: it has no effect.
    UnusedObject = "unused-object": Warning, Set;
    /// Two TrafficSplits without `matches` split one service: the later never applies.
    ConflictedSplit = "conflicted": Error, Set;
    /// A backend is split by another TrafficSplit, which does not count there.
    NestedSplit = "nested-split": Warning, Set;
    /// The service that is split has no Service.
    RootServiceMissing = "root-service-missing": Error, Set;
    /// A backend has no Service.
    BackendServiceMissing = "backend-service-missing": Error, Set;
    /// The Service of a backend lacks a port of the service that is split.
    BackendPortMismatch = "backend-port-mismatch": Error | Warning, Set;
}

impl Code {
    /// The code of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::problem::Code;
    ///
    /// assert_eq!(Code::parse("empty-sources"), Some(Code::EmptySources));
    /// assert_eq!(Code::parse("EmptySources"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
