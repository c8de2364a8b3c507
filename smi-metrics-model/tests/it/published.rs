//! The specification's examples and published answers, read in place.
//!
//! They belong to others and are no part of this project: where they are absent, the tests say so
//! and pass.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::documents::read_and_write;

#[test]
fn the_examples_of_the_specification_are_written_back_as_read() {
    let Some(text) =
        shared("reference/smi-spec/apis/traffic-metrics/v1alpha1/traffic-metrics.md", read)
    else {
        return;
    };
    let examples: Vec<Value> = yaml_blocks(&text)
        .iter()
        .filter_map(|block| serde_saphyr::from_str(block).ok())
        .filter(is_metrics)
        .collect();
    println!("{} examples", examples.len());
    assert_eq!(examples.len(), 2, "the lists of the text have `...` in the place of their items");
    for example in examples {
        assert_eq!(read_and_write(&example).unwrap(), example);
    }
}

#[test]
fn the_catalogue_example_is_written_back_as_read() {
    let Some(text) = shared("reference/api-evangelist/examples/traffic-metrics-example.json", read)
    else {
        return;
    };
    let example: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read_and_write(&example).unwrap(), example);
}

#[test]
fn published_answers_are_written_back_as_read() {
    let Some(files) = shared("corpus/metrics", files_below) else {
        return;
    };
    for file in &files {
        let answer: Value = serde_json::from_str(&read(file)).unwrap();
        assert_eq!(read_and_write(&answer).unwrap(), answer, "{}", file.display());
    }
    println!("{} published answers", files.len());
    assert!(files.len() >= 3);
}

#[test]
fn published_manifests_are_written_back_as_read() {
    let Some(files) = shared("corpus/manifests", files_below) else {
        return;
    };
    let mut count = 0;
    for file in files {
        let Ok(mut manifest) = serde_saphyr::from_str::<Value>(&read(&file)) else {
            continue;
        };
        if !is_metrics(&manifest) {
            continue;
        }
        let written = read_and_write(&manifest).unwrap();
        // A proposal that the specification did not take.
        manifest.as_object_mut().unwrap().remove("route");
        assert_eq!(written, manifest, "{}", file.display());
        count += 1;
    }
    println!("{count} published manifests");
    assert!(count >= 5);
}

/// Uses what lies at a path beside the project, or says that it isn't there.
fn shared<T>(path: &str, using: impl Fn(&Path) -> T) -> Option<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(using(&path))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn is_metrics(document: &Value) -> bool {
    matches!(
        document.get("kind").and_then(Value::as_str),
        Some("TrafficMetrics" | "TrafficMetricsList")
    )
}

/// The fenced YAML blocks of a Markdown text, also those inside lists.
fn yaml_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "```yaml" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}
