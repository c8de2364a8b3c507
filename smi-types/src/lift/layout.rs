//! Fields that stand where another version has them.

use std::borrow::Cow;

use crate::api::{Kind, Version};
use crate::manifest::Key;
use crate::path::Place;
use crate::problem::{Code, Report, Severity};

/// What there is to say about a field that the version doesn't have.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) severity: Severity,
    pub(super) code: Code,
    pub(super) message: Cow<'static, str>,
    pub(super) help: Cow<'static, str>,
}

impl Remark {
    pub(super) fn report(self, place: &Place<'_>, key: Key<'_>, report: &mut Report) {
        let Self { severity, code, message, help } = self;
        let reported = match severity {
            Severity::Error => report.error(code, place, key, message),
            Severity::Warning => report.warning(code, place, key, message),
        };
        reported.help(help);
    }
}

/// A remark on a field at the top of an object.
pub(super) fn top_level(kind: Kind, version: Version, field: &str) -> Option<Remark> {
    use Kind::{HttpRouteGroup, TcpRoute, TrafficSplit, TrafficTarget, UdpRoute};
    use Version::{V1alpha1, V1alpha2};

    match (kind, version, field) {
        (TrafficTarget, V1alpha1, "spec") => wrong_layout(
            "v1alpha1 has no `spec`: `destination`, `specs` and `sources` stand at top level, and \
             what is below `spec` has no effect",
            format!("if the layout is that of v1alpha2, write {}", api_version(kind, V1alpha2)),
        ),
        (TrafficTarget, V1alpha1, "rules") => wrong_layout(
            "`rules` is called `specs` in v1alpha1: here it has no effect",
            "rename it to `specs`",
        ),
        (TrafficTarget, _, "specs") => wrong_layout(
            "`specs` is called `rules` since v1alpha2 and stands below `spec`: here it has no effect",
            "move it to `spec.rules`",
        ),
        (TrafficTarget, _, "destination" | "sources" | "rules") => below_spec(field),
        (HttpRouteGroup, V1alpha1 | V1alpha2, "spec") => wrong_layout(
            format!(
                "{version} has no `spec`: `matches` stands at top level, and what is below `spec` has no effect"
            ),
            format!(
                "if the layout is that of v1alpha3, write {}",
                api_version(kind, Version::V1alpha3)
            ),
        ),
        (HttpRouteGroup, _, "matches") => Some(Remark {
            severity: Severity::Warning,
            code: Code::PrunedMatches,
            message:
                "since v1alpha3 `matches` stands below `spec`: API servers drop it here, and none \
                      of these matches counts"
                    .into(),
            help: "move it to `spec.matches`".into(),
        }),
        (TcpRoute, V1alpha1 | V1alpha2, "spec" | "matches" | "ports") => no_ports_yet(version),
        (TcpRoute | UdpRoute, _, "matches" | "ports") => wrong_layout(
            "ports stand in `spec.matches.ports`: at top level they restrict nothing",
            "move them to `spec.matches.ports`",
        ),
        (TrafficSplit, _, "service" | "backends" | "matches") => below_spec(field),
        (_, _, "name" | "namespace" | "labels" | "annotations") => below("metadata", field),
        _ => None,
    }
}

/// A remark on a field below `spec`.
pub(super) fn spec(kind: Kind, version: Version, field: &str) -> Option<Remark> {
    use Kind::{TcpRoute, TrafficSplit, TrafficTarget};
    use Version::{V1alpha1, V1alpha2, V1alpha3};

    match (kind, version, field) {
        (TrafficTarget, _, "specs") => wrong_layout(
            "`specs` is called `rules` since v1alpha2: here it has no effect",
            "rename it to `rules`",
        ),
        (TcpRoute, V1alpha1 | V1alpha2 | V1alpha3, "matches") => no_ports_yet(version),
        (TrafficSplit, V1alpha1 | V1alpha2, "matches") => wrong_layout(
            format!(
                "{version} has no `matches`: API servers drop it, and the split applies to all traffic"
            ),
            format!("write {}", api_version(kind, Version::V1alpha4)),
        ),
        _ => None,
    }
}

/// A remark on a field of a subject of a TrafficTarget.
pub(super) fn subject(version: Version, field: &str) -> Option<Remark> {
    (version >= Version::V1alpha3 && field == "port").then(|| Remark {
        severity: Severity::Warning,
        code: Code::PrunedPort,
        message:
            "since v1alpha3 subjects have no `port`: API servers drop it, and it restricts nothing"
                .into(),
        help: "add a rule that refers to a TCPRoute with this port".into(),
    })
}

/// The remark on `spec.ports` where there is no `spec.matches.ports`. It is the one field at a wrong
/// place that restricts: whoever wrote it did not mean all ports.
pub(super) fn misplaced_ports() -> Remark {
    Remark {
        severity: Severity::Error,
        code: Code::MisplacedPorts,
        message:
            "ports stand in `spec.matches.ports`: API servers drop them here and would open every \
                  port, so the route contributes none"
                .into(),
        help: "move them to `spec.matches.ports`".into(),
    }
}

fn below_spec(field: &str) -> Option<Remark> {
    below("spec", field)
}

fn below(parent: &str, field: &str) -> Option<Remark> {
    wrong_layout(
        format!("`{field}` stands below `{parent}`: at top level it has no effect"),
        format!("move it to `{parent}.{field}`"),
    )
}

fn no_ports_yet(version: Version) -> Option<Remark> {
    wrong_layout(
        format!(
            "a TCPRoute of {version} has no ports: API servers drop this, and the route admits every port"
        ),
        format!("write {}", api_version(Kind::TcpRoute, Version::V1alpha4)),
    )
}

fn wrong_layout(
    message: impl Into<Cow<'static, str>>,
    help: impl Into<Cow<'static, str>>,
) -> Option<Remark> {
    let (message, help) = (message.into(), help.into());
    Some(Remark { severity: Severity::Warning, code: Code::WrongLayout, message, help })
}

fn api_version(kind: Kind, version: Version) -> String {
    format!("`apiVersion: {}/{version}`", kind.group())
}
