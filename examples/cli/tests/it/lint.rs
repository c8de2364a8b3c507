//! `smi lint`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::{here, smi};

fn problems(report: &Value) -> &[Value] {
    report["problems"].as_array().map_or(&[], Vec::as_slice)
}

fn codes(report: &Value) -> Vec<&str> {
    problems(report).iter().map(|problem| problem["code"].as_str().expect("code")).collect()
}

/// A directory of its own, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("smi-lint-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("directory");
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_broken_manifest_is_caught_by_the_rule_it_stands_for() {
    let expected = std::fs::read_to_string(here("tests/it/broken-lint.tsv")).expect("table");
    let mut listed = BTreeSet::new();
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let (file, expected) = line.split_once('\t').expect("two columns");
        let report = smi(&["lint", &format!("manifests/broken/{file}"), "--output", "json"]).json();
        assert_eq!(codes(&report).join(" "), expected, "{file}");
        assert!(!expected.is_empty(), "{file}");
        listed.insert(file.to_owned());
    }
    let files = std::fs::read_dir(here("../manifests/broken")).expect("directory");
    let files: BTreeSet<String> =
        files.map(|entry| entry.expect("file").file_name().into_string().expect("UTF-8")).collect();
    assert_eq!(listed, files);
}

#[test]
fn the_shop_has_no_problems() {
    let output = smi(&["lint", "manifests/shop"]).ends_with(0);
    assert_eq!(output.stdout, "10 files: 0 errors, 0 warnings\n");
}

/// The rules are written apart from the engines. What an engine ignores, a rule has to report, at
/// the same place.
#[test]
fn what_the_engines_report_the_rules_report_too() {
    let mut paths = vec![here("../manifests/shop")];
    let broken = std::fs::read_dir(here("../manifests/broken")).expect("directory");
    paths.extend(broken.map(|entry| entry.expect("file").path()));
    match std::fs::read_dir(here("../../../shared/corpus/manifests")) {
        Ok(folders) => paths.extend(folders.map(|entry| entry.expect("folder").path())),
        Err(_) => println!("skipped: there is no corpus beside the workspace"),
    }
    let mut compared = 0;
    for path in paths.iter().filter_map(|path| path.to_str()) {
        let output = smi(&["check", path, "--output", "json"]);
        let Ok(check) = serde_json::from_str::<Value>(&output.stdout) else { continue };
        let lint = smi(&["lint", path, "--output", "json"]).json();
        for theirs in problems(&check) {
            // Services are no SMI objects, and have no rules of their own.
            if theirs["object"].as_str().is_some_and(|object| object.starts_with("Service ")) {
                continue;
            }
            let is_same = |ours: &&Value| {
                let field = |problem: &Value| problem["field"].as_str().unwrap_or("").to_owned();
                ["file", "object", "code", "severity"].iter().all(|key| ours[*key] == theirs[*key])
                    && field(ours).starts_with(&field(theirs))
            };
            assert!(problems(&lint).iter().any(|ours| is_same(&ours)), "{theirs}");
            compared += 1;
        }
    }
    println!("{compared} problems of the engines and the reader");
    assert!(compared > 50, "{compared}");
}

#[test]
fn fix_quotes_what_kubectl_misreads_and_touches_nothing_else() {
    let scratch = Scratch::new("fix");
    let before = "# yes, a comment: on\n\
        apiVersion: access.smi-spec.io/v1alpha2\n\
        kind: TrafficTarget\n\
        metadata:\n  name: web   # é\n  labels: {canary: on, off: x}\n\
        spec:\n\
        \x20 destination: {kind: ServiceAccount, name: web, port: '8080'}\r\n\
        \x20 sources: [{kind: ServiceAccount, name: y}]\n\
        \x20 rules: []\n";
    let after = before
        .replace("canary: on", "canary: \"on\"")
        .replace("off:", "\"off\":")
        .replace("'8080'", "8080")
        .replace("name: y}", "name: \"y\"}");
    let file = scratch.file("web.yaml", before);
    let sound = scratch.file("sound.json", "{\"kind\":   \"Pod\"}");

    let report = smi(&["lint", scratch.path(), "--output", "json"]).json();
    assert_eq!(report["fixable"], 4);

    let output = smi(&["lint", scratch.path(), "--fix", "--output", "json"]);
    assert_eq!(output.stderr, "fixed 4 problems in 1 file\n");
    assert_eq!(output.status, Some(1), "an error is left");
    assert_eq!(std::fs::read_to_string(&file).expect("file"), after);
    assert_eq!(std::fs::read_to_string(sound).expect("file"), "{\"kind\":   \"Pod\"}");

    let report = output.json();
    assert_eq!(codes(&report), ["empty-rules"]);
    let again = smi(&["lint", scratch.path(), "--fix"]);
    assert_eq!(again.stderr, "fixed 0 problems in 0 files\n");
    assert_eq!(std::fs::read_to_string(&file).expect("file"), after);

    assert_eq!(smi(&["lint", "-", "--fix"]).status, Some(2));
}

#[test]
fn problems_can_be_allowed_and_denied() {
    let warned = "manifests/broken/yaml-1-1.yaml";
    let status = |args: &[&str]| {
        let mut all = vec!["lint", warned];
        all.extend(args);
        smi(&all).status
    };
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--deny", "warnings"]), Some(1));
    assert_eq!(status(&["--deny", "ambiguous-scalar"]), Some(1));
    assert_eq!(status(&["--deny", "empty-rules"]), Some(0));
    assert_eq!(status(&["--deny", "warnings", "--allow", "ambiguous-scalar"]), Some(0));
    assert_eq!(status(&["--deny", "no-such-code"]), Some(2));
    let dangling =
        ["lint", "manifests/broken/dangling-match.yaml", "--allow", "dangling-reference"];
    assert_eq!(smi(&dangling).status, Some(0));
}

/// The parts of the published schema of SARIF 2.1.0 that concern what is printed: required
/// properties, enumerations, lower bounds, and that indices lead where they should.
#[test]
fn sarif_is_sound() {
    let scratch = Scratch::new("sarif");
    scratch.file(
        "a b.yaml",
        &std::fs::read_to_string(here("../manifests/broken/yaml-1-1.yaml")).expect("file"),
    );
    std::fs::write(scratch.0.join("binary.yaml"), [0xff, 0xfe]).expect("written");
    let broken = here("../manifests/broken");
    let log = smi(&["lint", broken.to_str().expect("UTF-8"), scratch.path(), "-o", "sarif"]).json();

    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert_eq!(driver["name"], "smi");
    assert_eq!(runs[0]["columnKind"], "unicodeCodePoints");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("id")).collect();
    assert_eq!(ids.len(), rules.len(), "ids are there once");
    for rule in rules {
        assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
        assert_level(&rule["defaultConfiguration"]["level"]);
    }

    let results = runs[0]["results"].as_array().expect("results");
    let (mut fixes, mut without_region) = (0, 0);
    for result in results {
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert_level(&result["level"]);
        let index = result["ruleIndex"].as_u64().expect("index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_uri(&place["artifactLocation"]["uri"]);
        match &place["region"] {
            Value::Null => without_region += 1,
            region => assert_region(region),
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            fixes += 1;
            assert!(fix["description"]["text"].is_string());
            let change = &fix["artifactChanges"][0];
            assert_uri(&change["artifactLocation"]["uri"]);
            let replacement = &change["replacements"][0];
            assert_region(&replacement["deletedRegion"]);
            assert!(replacement["insertedContent"]["text"].is_string());
        }
    }
    // The copy has two scalars and hides its original, and one file is no text.
    let alone = smi(&["lint", "manifests/broken", "-o", "json"]).json();
    assert_eq!(results.len(), problems(&alone).len() + 4);
    assert_eq!(fixes, 4, "two scalars, in two files");
    assert_eq!(without_region, 1, "the file that is no text");
    assert!(log.to_string().contains("/a%20b.yaml"));
}

#[track_caller]
fn assert_level(level: &Value) {
    assert!(level == "error" || level == "warning", "{level}");
}

#[track_caller]
fn assert_uri(uri: &Value) {
    let uri = uri.as_str().expect("URI");
    assert!(uri.starts_with("file:///") && !uri.contains(' '), "{uri}");
}

#[track_caller]
fn assert_region(region: &Value) {
    let [line, column, end_line, end_column] =
        ["startLine", "startColumn", "endLine", "endColumn"].map(|key| region[key].as_u64());
    assert!(line >= Some(1) && column >= Some(1), "{region}");
    assert!((end_line, end_column) >= (line, column), "{region}");
}

#[test]
fn published_manifests_are_linted_without_a_panic() {
    let corpus = here("../../../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus beside the workspace");
        return;
    }
    let report = smi(&["lint", corpus.to_str().expect("UTF-8"), "--output", "json"]).json();
    println!(
        "{} files: {} errors, {} warnings",
        report["files"], report["errors"], report["warnings"]
    );
    let kinds: BTreeSet<&str> = codes(&report).into_iter().collect();
    assert!(kinds.len() > 25, "{kinds:?}");
    for problem in problems(&report) {
        assert!(problem["line"].is_u64(), "a problem without place: {problem}");
    }
}
