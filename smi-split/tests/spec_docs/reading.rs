//! Every example of the documents can be read.

use smi_types::Manifest;

use crate::document::{Document, with_api_versions};

/// What is wrong with the documents' own examples, as text that occurs in them and in the problem.
const KNOWN: [(&str, &str); 2] = [
    // The group is missing.
    ("apiVersion: v1alpha1\n", "apiVersion"),
    // The matches stand where v1alpha2 had them.
    ("kind: HTTPRouteGroup\nmetadata:\n  name: ab-test\nmatches:\n", "matches"),
];

#[test]
fn every_example_is_read_but_for_the_known_mistakes() {
    let (mut examples, mut documents, mut mistakes) = (0, 0, 0);
    for (api, group) in
        [("traffic-access", "access"), ("traffic-specs", "specs"), ("traffic-split", "split")]
    {
        for version in 1..=4 {
            let Some(document) = Document::read(api, version) else { return };
            for example in document.examples() {
                let manifest = Manifest::read(&with_api_versions(example, |kind| match kind {
                    "HTTPRouteGroup" | "TCPRoute" | "UDPRoute" => {
                        // "Compatible with" of the access documents is one version ahead.
                        let ahead = u8::from(group == "access");
                        format!("specs.smi-spec.io/v1alpha{}", (version + ahead).min(4))
                    }
                    _ => format!("{group}.smi-spec.io/v1alpha{version}"),
                }));
                let problems: Vec<String> = manifest.problems().map(ToString::to_string).collect();
                let known = KNOWN.iter().find(|(mistake, _)| example.contains(mistake));
                match known {
                    None => assert!(problems.is_empty(), "{problems:#?} in\n{example}"),
                    Some((_, word)) => {
                        assert_eq!(problems.len(), 1, "{problems:#?}");
                        assert!(problems[0].contains(word), "{problems:#?}");
                        mistakes += 1;
                    }
                }
                examples += 1;
                documents += manifest.documents().len();
            }
        }
    }
    println!("{examples} examples, {documents} documents, {mistakes} known mistakes");
    assert!(examples >= 70 && documents >= 100 && mistakes == 3);
}
