//! Documents as typed objects: the wire structs and the lift were written apart, so each checks the
//! other.

use smi_types::manifest::{Content, Document};
use smi_types::problem::Code;
use smi_types::{Manifest, TypedObject};

use crate::{cases, shared};

/// What an API server stores, and what means nothing. Typed objects hold all that one stores.
const OF_MEANING: [Code; 6] = [
    Code::InvalidPort,
    Code::MisplacedPorts,
    Code::MissingField,
    Code::UnknownMatchKind,
    Code::UnknownRuleKind,
    Code::UnknownSubjectKind,
];

/// Compares what the two make of a document. The object is returned if both could read it.
#[track_caller]
fn compare(document: &Document, origin: &str) -> Option<TypedObject> {
    match (document.content(), document.typed()) {
        (Content::Smi(object), Ok(typed)) => {
            for error in document.problems().iter().filter(|problem| problem.is_error()) {
                assert!(OF_MEANING.contains(&error.code()), "{origin}: typed, and yet {error}");
            }
            assert_eq!((object.kind(), object.meta().version), (typed.kind(), typed.version()));
            Some(typed)
        }
        (Content::Smi(_), Err(error)) => {
            assert!(document.has_errors(), "{origin}: read without an error, and yet {error}");
            assert!(error.location().is_some(), "{origin}: {error}");
            None
        }
        (Content::Foreign | Content::Undecodable, Ok(_)) => panic!("{origin}: typed what is none"),
        (Content::Foreign | Content::Undecodable, Err(_)) => None,
    }
}

#[test]
fn published_documents_are_typed_where_they_are_read() {
    let Some(corpus) = shared::directory("corpus/manifests") else { return };
    let mut compared = 0;
    for (path, text) in shared::files(&corpus) {
        for document in Manifest::read(&text).documents() {
            let origin = path.display().to_string();
            if let Some(typed) = compare(document, &origin) {
                let root = document.root().unwrap();
                assert_eq!(TypedObject::from_json(root.to_json()).unwrap(), typed, "{origin}");
                compared += 1;
            }
        }
    }
    println!("{compared} documents compared");
    assert!(compared > 200);
}

#[test]
fn documents_of_cases_are_typed_where_they_are_read() {
    let mut compared = 0;
    for (name, manifest) in cases::manifests() {
        for document in manifest.documents() {
            let origin = format!("{name} document {}", document.number());
            compared += usize::from(compare(document, &origin).is_some());
        }
    }
    println!("{compared} documents compared");
    assert!(compared > 80);
}
