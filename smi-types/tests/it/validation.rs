//! The rules of the catalogue, case by case and over published manifests.

use std::collections::{BTreeMap, BTreeSet};

use smi_types::Manifest;
use smi_types::manifest::Resources;
use smi_types::problem::{Code, Fix, Problem, Scope};
use smi_types::validate::{PatternCheck, PatternFault, Validator};

use crate::{golden, shared};

/// Stands in for the parser of RE2, which is in another crate.
struct NoLookAround;

impl PatternCheck for NoLookAround {
    fn check(&self, pattern: &str) -> Result<(), PatternFault> {
        if pattern.contains("(?!") { Err(PatternFault::new("no look-around")) } else { Ok(()) }
    }
}

fn validate(text: &str) -> Vec<Problem> {
    let mut resources = Resources::default();
    resources.add("case", Manifest::read(text));
    let problems = Validator::new().patterns(&NoLookAround).resources(&resources);
    problems.into_iter().map(|(_, problem)| problem).collect()
}

struct Case {
    title: &'static str,
    expected: Vec<&'static str>,
    manifest: String,
}

fn cases() -> Vec<Case> {
    let text = include_str!("data/rules.txt");
    let cases = text.split("\n## ").skip(1).map(|case| {
        let (title, body) = case.split_once('\n').unwrap();
        let is_expected = |line: &&str| line.starts_with("> ");
        let expected = body.lines().map_while(|line| line.strip_prefix("> ")).collect();
        let manifest: Vec<&str> = body.lines().skip_while(is_expected).collect();
        Case { title, expected, manifest: manifest.join("\n") }
    });
    cases.collect()
}

fn line(problem: &Problem) -> String {
    let fix = if problem.fix().is_some() { " fix" } else { "" };
    format!("{} {} {}{fix}", problem.severity(), problem.code(), problem.path())
}

#[test]
fn each_case_has_its_problems_and_no_others() {
    let mut wrong = String::new();
    for case in cases() {
        let found: Vec<String> = validate(&case.manifest).iter().map(line).collect();
        if found != case.expected {
            wrong += &format!("{}: {found:#?}, expected {:#?}\n", case.title, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_rule_has_a_case() {
    let shown: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|case| case.expected.iter().filter_map(|line| line.split(' ').nth(1)))
        .collect();
    let missing: Vec<_> = Code::ALL
        .iter()
        // `Resources` has the documentation and the test of this one.
        .filter(|code| code.scope() != Scope::Text && **code != Code::DuplicateObject)
        .filter(|code| !shown.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn each_rule_says_what_to_do() {
    for case in cases() {
        for problem in validate(&case.manifest) {
            let is_rule = problem.code().scope() != Scope::Text;
            assert!(!is_rule || problem.help().is_some(), "{}: {problem}", case.title);
            assert!(problem.location().is_some(), "{}: {problem}", case.title);
        }
    }
}

#[test]
fn a_fix_removes_its_problem_and_nothing_else() {
    let mut fixed_problems = 0;
    for case in cases() {
        let problems = validate(&case.manifest);
        let fixes: Vec<&Fix> = problems.iter().filter_map(Problem::fix).collect();
        let fixed = Fix::apply(&case.manifest, fixes.iter().copied());
        fixed_problems += fixes.len();

        let left = problems.iter().filter(|problem| problem.fix().is_none()).map(line);
        let found: Vec<String> = validate(&fixed).iter().map(line).collect();
        assert_eq!(found, left.collect::<Vec<_>>(), "{}", case.title);
        let objects = |text: &str| -> Vec<_> { Manifest::read(text).objects().cloned().collect() };
        assert_eq!(objects(&fixed), objects(&case.manifest), "{}", case.title);

        let lines = fixed.lines().zip(case.manifest.lines());
        let edited = lines.filter(|(new, old)| new != old).count();
        assert_eq!(edited, fixes.len(), "{}", case.title);
        assert_eq!(fixed.lines().count(), case.manifest.lines().count(), "{}", case.title);
    }
    assert_eq!(fixed_problems, 5);
}

#[test]
fn a_list_and_a_text_of_json_can_be_fixed_too() {
    let text = r#"{"apiVersion": "v1", "kind": "List", "items": [{
        "apiVersion": "access.smi-spec.io/v1alpha1", "kind": "TrafficTarget",
        "metadata": {"name": "é"}, "specs": [{"kind": "TCPRoute", "name": "web"}],
        "destination": {"kind": "ServiceAccount", "name": "web", "port": "80"},
        "sources": [{"kind": "ServiceAccount", "name": "cart"}]
    }]}"#;
    let problems = validate(text);
    let fixed = Fix::apply(text, problems.iter().filter_map(Problem::fix));
    assert_eq!(fixed, text.replace(r#""80""#, "80"));
}

#[test]
fn the_catalogue_is_in_the_documentation() {
    let mut table = String::from("| code | severity | found in | |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let severities: Vec<String> = code.severities().iter().map(ToString::to_string).collect();
        let (severities, scope, summary) = (severities.join(" or "), code.scope(), code.summary());
        table += &format!("| `{code}` | {severities} | {scope} | {summary} |\n");
    }
    golden::assert("src/validate/catalogue.md", &table);
}

#[test]
fn codes_are_words_and_there_once() {
    let mut known = BTreeSet::new();
    for code in Code::ALL {
        let text = code.as_str();
        assert!(text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{text}");
        assert!(known.insert(text), "{text}");
        assert_eq!(Code::parse(text), Some(*code));
        assert!(code.summary().ends_with('.') && !code.summary().contains("  "), "{text}");
    }
}

#[test]
fn published_manifests_can_be_validated() {
    let Some(folder) = shared::folder("corpus") else { return };
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    let (mut files, mut fixes) = (0, 0);
    for path in shared::files(&folder, &["yaml", "yml", "json", "jsonl", "txt", "tpl"]) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        files += 1;
        let problems = validate(&text);
        for problem in &problems {
            *counts.entry(problem.code()).or_default() += 1;
            let is_listed = problem.code().severities().contains(&problem.severity());
            assert!(is_listed, "{}: {problem}", path.display());
            assert!(problem.location().is_some(), "{}: {problem}", path.display());
        }
        let edits: Vec<&Fix> = problems.iter().filter_map(Problem::fix).collect();
        fixes += edits.len();
        let fixed = Fix::apply(&text, edits.iter().copied());
        let after = validate(&fixed);
        assert!(after.iter().all(|problem| problem.fix().is_none()), "{}", path.display());
        assert_eq!(after.len() + edits.len(), problems.len(), "{}", path.display());
    }
    println!("{files} files, {fixes} edits");
    for (code, count) in &counts {
        println!("{count:5} {code}");
    }
    assert!(files > 300 && counts.len() > 20, "{files} {}", counts.len());
}
