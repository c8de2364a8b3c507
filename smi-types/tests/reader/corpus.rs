//! Manifests as others have published them.

use std::collections::BTreeMap;

use smi_types::Manifest;
use smi_types::manifest::{Content, MissingApiVersion, ReadOptions};
use smi_types::problem::{Code, Severity};

use crate::shared;

/// How often something came up.
type Counts = BTreeMap<String, usize>;

#[test]
fn every_published_document_is_read_or_reported_with_its_place() {
    let Some(corpus) = shared::directory("corpus") else { return };
    for part in ["manifests", "templated", "unparsable", "crds", "metrics"] {
        let mut counts = Counts::new();
        for (path, text) in shared::files(&corpus.join(part)) {
            let manifest = Manifest::read(&text);
            let path = path.display();
            assert!(!manifest.documents().is_empty(), "{path}: nothing was found");
            for document in manifest.documents() {
                let content = match document.content() {
                    Content::Smi(_) => "read",
                    Content::Foreign => "foreign",
                    Content::Undecodable => "undecodable",
                };
                *counts.entry(content.to_owned()).or_default() += 1;
                let undecodable = *document.content() == Content::Undecodable;
                assert!(
                    !undecodable || document.has_errors(),
                    "{path}: undecodable without reason"
                );
                for problem in document.problems() {
                    *counts.entry(problem.code().to_string()).or_default() += 1;
                    let location = problem.location().expect("a place");
                    let line = text.lines().nth(location.line - 1);
                    let columns = line.map(|line| line.chars().count());
                    let inside = columns.is_some_and(|columns| location.column <= columns + 1);
                    assert!(inside, "{path}: {problem}: no such place");
                }
            }
        }
        println!("{part}: {counts:?}");
        match part {
            // A few are deliberately wrong; nearly all of the rest lacks `apiVersion`.
            "manifests" => assert!(counts["read"] > 200, "{counts:?}"),
            // One is only a set of `%s`, which is valid YAML.
            "templated" => assert!(counts["unrendered-template"] >= 25, "{counts:?}"),
            "unparsable" => assert_eq!(counts.get("read"), None),
            "crds" | "metrics" => assert_eq!(counts.get("undecodable"), None),
            _ => {}
        }
    }
}

/// The notes say what whoever collected the manifests saw in them.
#[test]
fn what_is_known_to_be_wrong_is_reported() {
    let Some(corpus) = shared::directory("corpus") else { return };
    let index = std::fs::read_to_string(corpus.join("index.json")).unwrap();
    let index: Vec<serde_json::Value> = serde_json::from_str(&index).unwrap();
    let mut checked = Counts::new();
    for entry in &index {
        let file = entry["file"].as_str().unwrap();
        if !file.starts_with("manifests/") {
            continue;
        }
        let text = std::fs::read_to_string(corpus.join(file)).unwrap();
        let manifest = Manifest::read(&text);
        let lenient = ReadOptions::default().missing_api_version(MissingApiVersion::Infer);
        let lenient = Manifest::read_with(&text, &lenient);
        let strict_has = |code: Code| manifest.problems().any(|problem| problem.code() == code);
        let has = |code: Code| lenient.problems().any(|problem| problem.code() == code);
        for note in entry["notes"].as_array().unwrap() {
            let note = note.as_str().unwrap();
            let found = match note {
                // Some are of kinds that never existed, or of metrics.
                "apiVersion missing" => {
                    strict_has(Code::MissingApiVersion)
                        || manifest.documents().iter().any(|d| *d.content() == Content::Foreign)
                }
                "matches at top level in v1alpha4" => has(Code::PrunedMatches),
                "destination.port string in v1alpha3" => has(Code::PrunedPort),
                "spec.matches in v1alpha2" => has(Code::WrongLayout),
                "UDPRoute ports directly under spec (draft)" => has(Code::MisplacedPorts),
                "rules as object" => has(Code::WrongType) || has(Code::WrongLayout),
                "destination.kind Name" | "source.kind Name" => has(Code::UnknownSubjectKind),
                "IdentityBinding schemes.podLabelSelectors" => has(Code::UnknownField),
                "metadata missing" => has(Code::MissingName) || !has_smi(&lenient),
                // `TrafficRole` of `v1beta1` could be anybody's.
                note if note.starts_with("apiVersion without group") => {
                    has(Code::UnknownGroup) || !has_smi(&lenient)
                }
                note if note.starts_with("version never released") => {
                    has(Code::UnknownVersion) || has(Code::UnknownKind)
                }
                note if note.starts_with("kind unknown to SMI") => has(Code::UnknownKind),
                note if note.starts_with("another SMI document in this file") => {
                    has(Code::YamlSyntax) || has(Code::UnrenderedTemplate)
                }
                _ => continue,
            };
            assert!(found, "{file}: {note}: {:#?}", manifest.problems().collect::<Vec<_>>());
            *checked.entry(note.to_owned()).or_default() += 1;
        }
    }
    println!("{checked:#?}");
    assert!(checked.len() > 10, "{checked:?}");
}

/// The manifests of the decision cases: what a suite is about is read as its author meant it.
#[test]
fn manifests_of_decision_cases_are_read() {
    let Some(decisions) = shared::directory("fixtures/decisions") else { return };
    let mut counts = Counts::new();
    for (path, text) in shared::files(&decisions) {
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in text.lines() {
            let suite: serde_json::Value = serde_json::from_str(line).unwrap();
            let name = suite["name"].as_str().unwrap();
            let manifest = Manifest::read(suite["manifests"].as_str().unwrap());
            *counts.entry("suites".to_owned()).or_default() += 1;
            *counts.entry("objects".to_owned()).or_default() += manifest.objects().count();
            let errors: Vec<_> = manifest
                .problems()
                .filter(|problem| problem.severity() == Severity::Error)
                .collect();
            if errors.is_empty() {
                continue;
            }
            *counts.entry("suites with errors".to_owned()).or_default() += 1;
            let codes: Vec<_> = errors.iter().map(|error| error.code().as_str()).collect();
            println!("{name}: {}", codes.join(" "));
        }
    }
    println!("{counts:?}");
    // Few suites are about what can't be read.
    assert!(counts["objects"] > counts["suites"]);
    assert!(counts["suites with errors"] * 3 < counts["suites"]);
}

fn has_smi(manifest: &Manifest) -> bool {
    manifest.documents().iter().any(|document| document.kind().is_some())
}
