use std::fmt;

use crate::ObjectName;

/// The kinds of object that a [`Diagnostic`] can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A TrafficTarget.
    TrafficTarget,
    /// An IdentityBinding.
    IdentityBinding,
    /// An HTTPRouteGroup.
    HttpRouteGroup,
    /// A TCPRoute.
    TcpRoute,
    /// A UDPRoute.
    UdpRoute,
    /// A TrafficSplit.
    TrafficSplit,
    /// A Kubernetes Service, whose ports splits look at.
    Service,
}

impl ObjectKind {
    /// The kind as manifests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrafficTarget => "TrafficTarget",
            Self::IdentityBinding => "IdentityBinding",
            Self::HttpRouteGroup => "HTTPRouteGroup",
            Self::TcpRoute => "TCPRoute",
            Self::UdpRoute => "UDPRoute",
            Self::TrafficSplit => "TrafficSplit",
            Self::Service => "Service",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a [`Diagnostic`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something that works, but probably not as meant.
    Warning,
    /// Something that was ignored and grants nothing.
    Error,
}

/// Something in the resources that was ignored, or that surprises.
///
/// Prints as one line: `TrafficTarget shop/web: spec.rules[1].name: no TCPRoute …`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectName,
    /// The field, in the layout of v1alpha4: `spec.rules[1].name`.
    pub field: String,
    /// How much it matters.
    pub severity: Severity,
    /// A stable code, such as `dangling-reference`.
    pub code: &'static str,
    /// What was found and what follows from it: one line, lower case.
    pub message: String,
}

impl Diagnostic {
    /// Describes something that was ignored.
    pub fn error(
        kind: ObjectKind,
        object: &ObjectName,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let (field, message) = (field.into(), message.into());
        Self { kind, object: object.clone(), field, severity: Severity::Error, code, message }
    }

    /// Describes something that surprises.
    pub fn warning(
        kind: ObjectKind,
        object: &ObjectName,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let severity = Severity::Warning;
        Self { severity, ..Self::error(kind, object, field, code, message) }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}: {}", self.kind, self.object, self.field, self.message)
    }
}
