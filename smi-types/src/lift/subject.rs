use super::fields::fields;
use super::number::port;
use super::shape::{mapping, optional_text, required_text};
use super::{Lifted, Void, layout};
use crate::api::{Group, Version};
use crate::hub::{PortCondition, Subject};
use crate::manifest::{Node, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};

/// On which side of a TrafficTarget a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Destination,
    Source,
}

/// Reads a subject and, on a destination, the port of v1alpha1 and v1alpha2.
pub(super) fn lift(
    node: Node<'_>,
    place: &Place<'_>,
    side: Side,
    version: Version,
    report: &mut Report,
) -> (Subject, PortCondition) {
    let Ok(mapping) = mapping(node, place, report) else {
        return (Subject::Unreadable, PortCondition::Any);
    };
    let remark = |field: &str| layout::subject(version, field);
    let known = ["kind", "name", "namespace"];
    let ([kind, name, namespace], group, port_node) = if version >= Version::V1alpha4 {
        let [kind, name, namespace] = known;
        let [kind, name, namespace, group] =
            fields(mapping, place, [kind, name, namespace, "group"], report, remark);
        ([kind, name, namespace], group, None)
    } else if version >= Version::V1alpha3 {
        (fields(mapping, place, known, report, remark), None, None)
    } else {
        let [kind, name, namespace] = known;
        let [kind, name, namespace, port] =
            fields(mapping, place, [kind, name, namespace, "port"], report, remark);
        ([kind, name, namespace], None, port)
    };

    let kind = required_text(kind, node, &place.key("kind"), report)
        .and_then(|kind| subject_kind(kind, version, node, place, report));
    let name = required_text(name, node, &place.key("name"), report);
    let namespace = optional_text(namespace, &place.key("namespace"), report);
    let group = kind.and_then(|kind| check_group(group, kind, place, report));
    let kind = report.or(kind, || SubjectKind::ServiceAccount);
    let name = report.or(name, || "");
    let namespace = report.or(namespace, || None);
    let group = report.or(group, || ());
    let subject = match (kind, name, namespace, group) {
        (Ok(kind), Ok(name), Ok(namespace), Ok(())) => {
            let namespace = namespace.filter(|namespace| !namespace.is_empty());
            let name = name.to_owned();
            match kind {
                SubjectKind::ServiceAccount => Subject::ServiceAccount { namespace, name },
                SubjectKind::IdentityBinding => Subject::IdentityBinding { namespace, name },
            }
        }
        _ => Subject::Unreadable,
    };
    let place = place.key("port");
    let port = match (side, port_node) {
        (_, None) => PortCondition::Any,
        (Side::Destination, Some(node)) => port(node, &place, report),
        (Side::Source, Some(node)) => {
            let message = "the port of a source restricts nothing: SMI says what it means on a \
                           destination only";
            report.warning(Code::IgnoredSourcePort, &place, node, message);
            PortCondition::Any
        }
    };
    (subject, port)
}

#[derive(Clone, Copy)]
enum SubjectKind {
    ServiceAccount,
    IdentityBinding,
}

fn subject_kind(
    kind: &str,
    version: Version,
    subject: Node<'_>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<SubjectKind> {
    let message = match kind {
        "ServiceAccount" => return Ok(SubjectKind::ServiceAccount),
        "IdentityBinding" if version >= Version::V1alpha4 => {
            return Ok(SubjectKind::IdentityBinding);
        }
        "IdentityBinding" => {
            format!("an IdentityBinding is a subject since v1alpha4, not in {version}")
        }
        _ if version >= Version::V1alpha4 => {
            format!("expected ServiceAccount or IdentityBinding, found {}", excerpt(kind))
        }
        _ => format!("expected ServiceAccount, found {}", excerpt(kind)),
    };
    let node = subject.get("kind").unwrap_or(subject);
    report.error(Code::UnknownSubjectKind, &place.key("kind"), node, message);
    Err(Void)
}

/// Checks `group`: a ServiceAccount is in the core group, an IdentityBinding in `access.smi-spec.io`,
/// which may be left out.
fn check_group(
    group: Option<Node<'_>>,
    kind: SubjectKind,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<()> {
    let Some(node) = group else { return Ok(()) };
    let place = place.key("group");
    let group = super::shape::text(node, &place, report)?;
    let expected = match kind {
        _ if group.is_empty() => return Ok(()),
        SubjectKind::IdentityBinding if group == Group::Access.as_str() => return Ok(()),
        SubjectKind::IdentityBinding => "expected `access.smi-spec.io` or nothing",
        SubjectKind::ServiceAccount => "expected nothing, as a ServiceAccount is in the core group",
    };
    let message = format!("{expected}, found {}", excerpt(group));
    report.error(Code::UnknownSubjectKind, &place, node, message);
    Err(Void)
}
