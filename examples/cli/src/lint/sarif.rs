//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), in the parts
//! that code hosts and editors show.

use std::ops::Range;

use serde_json::{Value, json};
use smi_types::problem::{Code, Fix, Severity};

use super::Found;
use crate::problems::Finding;

/// The log of one run.
pub(super) fn log(found: &[Found], files: &[(String, String)]) -> Value {
    let results: Vec<Value> = found.iter().map(|found| result(found, files)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "smi",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// All rules: those of the catalogue, and the files that are no text.
fn rules() -> Vec<Value> {
    let rule = |id: &str, summary: &str, level: &str| {
        json!({
            "id": id,
            "shortDescription": {"text": summary},
            "defaultConfiguration": {"level": level},
        })
    };
    let catalogue = Code::ALL.iter().map(|code| {
        let is_error = code.severities().contains(&Severity::Error);
        rule(code.as_str(), code.summary(), if is_error { "error" } else { "warning" })
    });
    let unreadable = rule("unreadable-file", "The file could not be read as text.", "error");
    catalogue.chain([unreadable]).collect()
}

fn result(found: &Found, files: &[(String, String)]) -> Value {
    let Found { finding, fix } = found;
    let text =
        files.iter().find(|(name, _)| *name == finding.file()).map(|(_, text)| text.as_str());
    let index = Code::ALL.iter().position(|code| code.as_str() == finding.code());
    let artifact = json!({"uri": uri(finding.file())});
    let physical = json!({"artifactLocation": artifact});
    let region_of = |text: &str| Some(region(text, finding.span(text)?));
    let physical = with(physical, "region", text.and_then(region_of));
    let location = json!({"physicalLocation": physical});
    let name = |object| json!([{"fullyQualifiedName": object, "kind": "resource"}]);
    let location = with(location, "logicalLocations", finding.object().map(name));
    let result = json!({
        "ruleId": finding.code(),
        "ruleIndex": index.unwrap_or(Code::ALL.len()),
        "level": if finding.is_error() { "error" } else { "warning" },
        "message": {"text": message(finding)},
        "locations": [location],
    });
    let edit = |(fix, text): (&Fix, &str)| {
        json!([{
            "description": {"text": finding.help().unwrap_or("edit the text")},
            "artifactChanges": [{
                "artifactLocation": artifact,
                "replacements": [{
                    "deletedRegion": region(text, fix.span()),
                    "insertedContent": {"text": fix.replacement()},
                }],
            }],
        }])
    };
    with(result, "fixes", fix.as_ref().zip(text).map(edit))
}

/// An object with one more property, if there is one.
fn with(mut object: Value, key: &str, property: Option<Value>) -> Value {
    if let (Some(properties), Some(property)) = (object.as_object_mut(), property) {
        properties.insert(key.to_owned(), property);
    }
    object
}

fn message(finding: &Finding) -> String {
    let about = finding.about();
    match finding.help() {
        Some(help) => format!("{about}{}; {help}", finding.message()),
        None => format!("{about}{}", finding.message()),
    }
}

/// Lines and columns, counted from 1; the end is the column behind the last character.
fn region(text: &str, span: Range<usize>) -> Value {
    let place = |byte: usize| {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    };
    let ((line, column), (end_line, end_column)) = (place(span.start), place(span.end));
    json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// The path of a file as a URI reference (RFC 3986).
fn uri(file: &str) -> String {
    use std::fmt::Write as _;

    let mut uri = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            // Writing to a text never fails.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}
