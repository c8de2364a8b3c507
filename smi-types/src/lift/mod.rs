//! Lifting: from the values of a document to the version-free [`hub`](crate::hub).
//!
//! How much a wrong shape voids: a source names nobody; a destination, a rule or a `port` voids the
//! target; a match is no match; ports leave their route without a port. Anything wrong above that
//! level voids the object. Whatever is wrong is reported, and reading goes on to find the rest.

mod fields;
mod headers;
mod identity_binding;
mod layout;
mod metadata;
mod number;
mod port_route;
mod preserved;
mod route_group;
mod shape;
mod subject;
mod traffic_split;
mod traffic_target;

pub(crate) use self::shape::{list, wrong_type};
use crate::api::{Kind, Version};
use crate::hub::{Meta, Object};
use crate::manifest::{Mapping, Node};
use crate::path::Place;
use crate::problem::Report;

/// Says that something could not be read. The report has the reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Void;

pub(crate) type Lifted<T> = Result<T, Void>;

/// Reads an object of a known kind and version.
///
/// # Errors
///
/// The object is undecodable.
pub(crate) fn lift(
    kind: Kind,
    version: Version,
    node: Node<'_>,
    report: &mut Report,
) -> Lifted<Object> {
    let root = shape::mapping(node, &Place::ROOT, report)?;
    let object = Source { kind, version, node, root };
    let meta = metadata::lift(object, report);
    let (meta, kept) = match preserved::read(object, report) {
        Ok(kept) => (meta, kept),
        Err(void) => (meta.and(Err(void)), None),
    };
    let meta = report.or(meta, || Meta {
        version,
        namespace: None,
        name: String::new(),
        creation_timestamp: None,
    });
    let kept = kept.as_ref();
    match kind {
        Kind::TrafficTarget => {
            traffic_target::lift(object, meta, kept, report).map(Object::TrafficTarget)
        }
        Kind::IdentityBinding => {
            identity_binding::lift(object, meta, report).map(Object::IdentityBinding)
        }
        Kind::HttpRouteGroup => route_group::lift(object, meta, report).map(Object::HttpRouteGroup),
        Kind::TcpRoute => port_route::lift(object, meta, kept, report).map(Object::TcpRoute),
        Kind::UdpRoute => port_route::lift(object, meta, kept, report).map(Object::UdpRoute),
        Kind::TrafficSplit => {
            traffic_split::lift(object, meta, kept, report).map(Object::TrafficSplit)
        }
    }
}

/// An object that is being read.
#[derive(Clone, Copy)]
struct Source<'d> {
    kind: Kind,
    version: Version,
    node: Node<'d>,
    /// What `node` holds.
    root: Mapping<'d>,
}
