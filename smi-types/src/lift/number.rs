//! Ports and weights.

use super::shape::describe;
use super::{Lifted, Void};
use crate::hub::PortCondition;
use crate::manifest::{Node, Value, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};
use crate::quantity::Quantity;

/// Reads `destination.port` of v1alpha1 and v1alpha2: a whole number or decimal digits; 0 is none.
pub(super) fn port(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> PortCondition {
    let number = match node.value() {
        Value::Number(number) => number.to_u64(),
        Value::String(text) => digits(text),
        _ => None,
    };
    match number {
        Some(0) => PortCondition::Any,
        Some(number) if number <= u64::from(u16::MAX) => {
            u16::try_from(number).map_or(PortCondition::Unreadable, PortCondition::Only)
        }
        _ => {
            let message = format!(
                "expected a port number from 1 to 65535, or 0 for none, found {}; the target grants \
                 nothing",
                describe(node)
            );
            report.error(Code::InvalidPort, place, node, message);
            PortCondition::Unreadable
        }
    }
}

/// Reads an entry of `spec.matches.ports`.
pub(super) fn route_port(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<u16> {
    let number = if let Value::Number(number) = node.value() { number.to_u64() } else { None };
    let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port != 0);
    port.ok_or_else(|| {
        let message = format!(
            "expected a port number from 1 to 65535, found {}; the route contributes no port at all",
            describe(node)
        );
        report.error(Code::InvalidPort, place, node, message);
        Void
    })
}

/// Reads a weight of v1alpha1, a Kubernetes Quantity.
pub(super) fn quantity(
    node: Node<'_>,
    place: &Place<'_>,
    backend: Option<&str>,
    report: &mut Report,
) -> Lifted<Quantity> {
    let found = match node.value() {
        Value::Number(number) => Quantity::parse(&number.to_string()),
        Value::String(text) => Quantity::parse(text),
        _ => return Err(weight(node, place, backend, "a quantity such as `1` or `500m`", report)),
    };
    match found {
        Ok(quantity) if !quantity.is_negative() => Ok(quantity),
        Ok(_) => Err(weight(node, place, backend, "a quantity that is not negative", report)),
        Err(error) => {
            let weight = weight_of(backend);
            let message = format!("{weight} is void, and so is the split: {error}");
            report.error(Code::InvalidWeight, place, node, message);
            Err(Void)
        }
    }
}

/// Reads a weight since v1alpha2, a whole number.
pub(super) fn whole(
    node: Node<'_>,
    place: &Place<'_>,
    backend: Option<&str>,
    report: &mut Report,
) -> Lifted<Quantity> {
    match node.value() {
        Value::Number(number) => number.to_u64().map(Quantity::from),
        _ => None,
    }
    .ok_or_else(|| weight(node, place, backend, "a whole number from 0", report))
}

fn weight(
    node: Node<'_>,
    place: &Place<'_>,
    backend: Option<&str>,
    expected: &str,
    report: &mut Report,
) -> Void {
    let message = format!(
        "{} is void, and so is the split: expected {expected}, found {}",
        weight_of(backend),
        describe(node)
    );
    report.error(Code::InvalidWeight, place, node, message);
    Void
}

/// What messages call the weight of a backend.
pub(super) fn weight_of(backend: Option<&str>) -> String {
    match backend {
        Some(service) => format!("the weight of backend {}", excerpt(service)),
        None => "this weight".to_owned(),
    }
}

/// The number that a text of decimal digits says, however many zeros lead.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let significant = text.trim_start_matches('0');
    match significant {
        _ if !plain => None,
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}
