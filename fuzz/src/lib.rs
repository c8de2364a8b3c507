//! What the fuzz targets do with an input, as plain functions: libFuzzer calls them, and so does a
//! test that needs no more than a stable compiler.
//!
//! Each of them panics if something is wrong, besides the panics that it looks for.

pub mod metrics;
mod migrate;
mod policy;

use serde_json::Value;
use smi_types::Manifest;
use smi_types::convert::Converter;
use smi_types::hub::Object;
use smi_types::webhook::admission::{self, AdmissionReview, DynamicObject};
use smi_types::webhook::conversion::{self, ConversionReview};

pub use migrate::migrate;
pub use policy::{audit, authorize, pattern};

/// Reads any text. Every document that can't be read has a reason, and problems have places.
pub fn reader(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let manifest = Manifest::read(text);
    for document in manifest.documents() {
        if document.object().is_none() && document.kind().is_some() {
            assert!(document.has_errors(), "an undecodable document without a reason");
        }
        for problem in document.problems() {
            assert!(problem.location().is_some(), "a problem without a place: {problem}");
            assert!(!problem.to_string().contains('\n'), "a problem of two lines: {problem}");
        }
        if let Ok(typed) = document.typed() {
            assert!(smi_types::write::yaml(&typed).is_ok());
        }
    }
}

/// Converts every object of any text to every version and back: it means the same all the way.
pub fn converter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for document in Manifest::read(text).documents() {
        let (Some(object), Some(root)) = (document.object(), document.root()) else { continue };
        let (kind, from) = (object.kind(), object.meta().version);
        let mut json = root.to_json();
        json["apiVersion"] = format!("{}/{from}", kind.group()).into();
        json["kind"] = kind.as_str().into();
        let before = meaning(&json);
        for to in kind.versions() {
            let Ok(there) = Converter::new().convert(json.clone(), *to) else { continue };
            assert_eq!(meaning(&there.object), before, "{json}\nto {to}:\n{}", there.object);
            let back = Converter::new().convert(there.object, from);
            let back = back.unwrap_or_else(|error| panic!("no way back: {error}\n{json}"));
            assert_eq!(meaning(&back.object), before, "{json}\nto {to} and back:\n{}", back.object);
        }
    }
}

/// Answers any ConversionReview: with its uid, and with as many objects as were asked for or none.
pub fn conversion_review(input: &[u8]) {
    let Ok(review) = serde_json::from_slice::<ConversionReview>(input) else { return };
    let request = review.request.clone();
    let Some(response) = conversion::review(review).response else {
        panic!("a review without a response")
    };
    match request {
        None => assert!(response.result.is_failure()),
        Some(request) => {
            assert_eq!(response.uid, request.uid);
            if response.result.is_success() {
                assert_eq!(response.converted_objects.len(), request.objects.len());
            } else {
                assert!(response.result.is_failure() && response.converted_objects.is_empty());
                assert!(!response.result.message.is_empty());
            }
        }
    }
}

/// Answers any AdmissionReview: with its uid, and with causes where it is denied.
pub fn admission_review(input: &[u8]) {
    let Ok(review) = serde_json::from_slice::<AdmissionReview<DynamicObject>>(input) else {
        return;
    };
    let uid = review.request.as_ref().map(|request| request.uid.clone());
    let Some(response) = admission::review(review).response else {
        panic!("a review without a response")
    };
    assert_eq!(response.uid, uid.unwrap_or_default());
    if !response.allowed {
        assert!(!response.result.message.is_empty());
    }
    for warning in response.warnings.iter().flatten() {
        assert!(warning.len() <= 256, "{warning}");
    }
}

/// What an object means, whatever version it is written in; `None` if it can't be read.
fn meaning(object: &Value) -> Option<Object> {
    let manifest = Manifest::of(object).ok()?;
    let mut object = manifest.objects().next().cloned()?;
    let meta = match &mut object {
        Object::TrafficTarget(object) => &mut object.meta,
        Object::IdentityBinding(object) => &mut object.meta,
        Object::HttpRouteGroup(object) => &mut object.meta,
        Object::TcpRoute(object) | Object::UdpRoute(object) => &mut object.meta,
        Object::TrafficSplit(object) => &mut object.meta,
    };
    meta.version = smi_types::api::Version::V1alpha1;
    Some(object)
}
