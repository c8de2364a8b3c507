use std::fmt;

/// What kind of problem a [`Problem`](super::Problem) is.
///
/// The names that [`as_str`](Self::as_str) gives are stable: scripts and lists of accepted
/// problems may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The document is no YAML.
    YamlSyntax,
    /// The document is no JSON.
    JsonSyntax,
    /// A mapping has a key twice.
    DuplicateKey,
    /// The document is a template (Helm, Go, shell) that nobody has rendered.
    UnrenderedTemplate,
    /// The document exceeds a limit of the reader.
    LimitExceeded,
    /// The document is a list or a scalar, and no object.
    NotAnObject,
    /// A plain scalar that kubectl, which reads YAML 1.1, takes for something else.
    AmbiguousScalar,
    /// A YAML tag that means nothing here.
    UnknownTag,
    /// `apiVersion` is missing.
    MissingApiVersion,
    /// `apiVersion` is missing and was inferred, as the reader was asked to.
    InferredApiVersion,
    /// `kind` is missing.
    MissingKind,
    /// A group that looks like one of SMI and is none.
    UnknownGroup,
    /// A version that the kind does not have.
    UnknownVersion,
    /// A kind that the group does not have.
    UnknownKind,
    /// TrafficMetrics: an SMI kind that an API server extension answers with and nobody applies.
    NotACustomResource,
    /// `metadata.name` is missing.
    MissingName,
    /// The annotation `smi-spec.io/preserved` may restrict the object, and can't be read yet.
    PreservedAnnotationUnsupported,
    /// The same object is there a second time.
    DuplicateObject,
    /// A field holds a value of the wrong type.
    WrongType,
    /// A field is missing.
    MissingField,
    /// A field that the kind does not have in this version.
    UnknownField,
    /// A field that another version has at this place.
    WrongLayout,
    /// `matches` at top level of an HTTPRouteGroup since v1alpha3: the group is empty.
    PrunedMatches,
    /// `port` on a subject since v1alpha3: every port is open.
    PrunedPort,
    /// `spec.ports` without `spec.matches.ports`: the route has no port.
    MisplacedPorts,
    /// `port` on a source: it restricts nothing.
    IgnoredSourcePort,
    /// A port that is no number from 1 to 65535.
    InvalidPort,
    /// A weight that is no number of the form that the version demands.
    InvalidWeight,
    /// A subject that is neither a ServiceAccount nor, since v1alpha4, an IdentityBinding.
    UnknownSubjectKind,
    /// A rule that refers to no kind of route.
    UnknownRuleKind,
    /// A match of a TrafficSplit that refers to no HTTPRouteGroup.
    UnknownMatchKind,
    /// Headers that can't be read as conditions.
    InvalidHeaders,
    /// A pseudo-header other than `:authority`.
    PseudoHeader,
    /// There are more problems than the reader lists.
    TooManyProblems,
}

impl Code {
    /// The code as tools print it: `unknown-field`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::YamlSyntax => "yaml-syntax",
            Self::JsonSyntax => "json-syntax",
            Self::DuplicateKey => "duplicate-key",
            Self::UnrenderedTemplate => "unrendered-template",
            Self::LimitExceeded => "limit-exceeded",
            Self::NotAnObject => "not-an-object",
            Self::AmbiguousScalar => "ambiguous-scalar",
            Self::UnknownTag => "unknown-tag",
            Self::MissingApiVersion => "missing-api-version",
            Self::InferredApiVersion => "inferred-api-version",
            Self::MissingKind => "missing-kind",
            Self::UnknownGroup => "unknown-group",
            Self::UnknownVersion => "unknown-version",
            Self::UnknownKind => "unknown-kind",
            Self::NotACustomResource => "not-a-custom-resource",
            Self::MissingName => "missing-name",
            Self::PreservedAnnotationUnsupported => "preserved-annotation-unsupported",
            Self::DuplicateObject => "duplicate-object",
            Self::WrongType => "wrong-type",
            Self::MissingField => "missing-field",
            Self::UnknownField => "unknown-field",
            Self::WrongLayout => "wrong-layout",
            Self::PrunedMatches => "pruned-matches",
            Self::PrunedPort => "pruned-port",
            Self::MisplacedPorts => "misplaced-ports",
            Self::IgnoredSourcePort => "ignored-source-port",
            Self::InvalidPort => "invalid-port",
            Self::InvalidWeight => "invalid-weight",
            Self::UnknownSubjectKind => "unknown-subject-kind",
            Self::UnknownRuleKind => "unknown-rule-kind",
            Self::UnknownMatchKind => "unknown-match-kind",
            Self::InvalidHeaders => "invalid-headers",
            Self::PseudoHeader => "pseudo-header",
            Self::TooManyProblems => "too-many-problems",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
