//! Conversion between versions.

mod corpus;
mod examples;
mod generate;
mod go_sdk;
mod laws;

use serde_json::Value;
use smi_types::Manifest;
use smi_types::api::{Kind, Version};
use smi_types::convert::{Conversion, ConvertError, Converter};
use smi_types::hub::{Meta, Object};

/// The kind and version that a value says it is of.
fn claim(object: &Value) -> (Kind, Version) {
    let text = |key: &str| object[key].as_str().unwrap();
    let version = text("apiVersion").split_once('/').unwrap().1;
    (Kind::parse(text("kind")).unwrap(), Version::parse(version).unwrap())
}

fn convert(object: &Value, to: Version) -> Result<Conversion, ConvertError> {
    Converter::new().convert(object.clone(), to)
}

/// What an object means, whatever version it is written in; `None` if it can't be read.
fn meaning(object: &Value) -> Option<Object> {
    let manifest = Manifest::of(object).unwrap();
    let mut object = manifest.objects().next().cloned()?;
    meta(&mut object).version = Version::V1alpha1;
    Some(object)
}

fn meta(object: &mut Object) -> &mut Meta {
    match object {
        Object::TrafficTarget(object) => &mut object.meta,
        Object::IdentityBinding(object) => &mut object.meta,
        Object::HttpRouteGroup(object) => &mut object.meta,
        Object::TcpRoute(object) | Object::UdpRoute(object) => &mut object.meta,
        Object::TrafficSplit(object) => &mut object.meta,
    }
}
