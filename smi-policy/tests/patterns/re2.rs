//! Go's answers to some 7,500 questions.

use serde::Deserialize;
use smi_policy::{Anchor, Limits, Pattern, PatternError, Regex};

use crate::engines;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    #[serde(rename = "about")]
    _about: String,
    patterns: Vec<PatternCases>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternCases {
    #[serde(rename = "category")]
    _category: String,
    pattern: String,
    compiles: bool,
    #[serde(rename = "varies")]
    _varies: bool,
    cases: Vec<Case>,
}

/// Id, anchor, input, whether it matches.
#[derive(Deserialize)]
struct Case(String, String, String, bool);

/// Cases about what Unicode 17 added: the tables here are those of Unicode 16.
const UNICODE_17: &[&str] = &["rx-00878"];

#[test]
fn every_answer_is_that_of_go() {
    assert_eq!(asked_of(include_str!("re2.json")), 2 * 4550);
}

#[test]
fn every_answer_to_generated_patterns_is_that_of_go() {
    assert_eq!(asked_of(include_str!("go.json")), 2 * 3513);
}

/// Asks all, of both engines; says how many questions that were.
#[track_caller]
fn asked_of(fixture: &str) -> usize {
    let fixture: Fixture = serde_json::from_str(fixture).unwrap();
    let mut asked = 0;
    let mut wrong = Vec::new();
    for limits in engines() {
        for entry in &fixture.patterns {
            let answer = Answer::of(entry, &limits);
            for Case(id, anchor, input, matches) in &entry.cases {
                asked += 1;
                let agrees = answer.compiles == entry.compiles
                    && answer.matches(anchor, input) == Some(*matches);
                if !agrees && !UNICODE_17.contains(&&**id) {
                    wrong.push(format!("{id} {:?} {input:?}", entry.pattern));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    asked
}

/// What this crate says of a pattern.
struct Answer {
    compiles: bool,
    regexes: Vec<(Anchor, Regex)>,
}

impl Answer {
    fn of(entry: &PatternCases, limits: &Limits) -> Self {
        let Ok(pattern) = Pattern::parse(&entry.pattern, limits) else {
            return Self { compiles: false, regexes: Vec::new() };
        };
        let asked = entry.cases.iter().map(|case| &*case.1);
        let anchors = ANCHORS.iter().filter(|(name, _)| asked.clone().any(|asked| asked == *name));
        let compiled = anchors
            .map(|(_, anchor)| Ok((*anchor, pattern.compile(*anchor, limits)?)))
            .collect::<Result<Vec<_>, PatternError>>();
        Self { compiles: compiled.is_ok(), regexes: compiled.unwrap_or_default() }
    }

    /// `None` for an anchor that there is not.
    fn matches(&self, anchor: &str, input: &str) -> Option<bool> {
        let (_, anchor) = ANCHORS.iter().find(|(name, _)| *name == anchor)?;
        let regex = self.regexes.iter().find(|(found, _)| found == anchor);
        Some(regex.is_some_and(|(_, regex)| regex.is_match(input.as_bytes())))
    }
}

const ANCHORS: [(&str, Anchor); 3] =
    [("start", Anchor::Start), ("full", Anchor::Full), ("search", Anchor::Search)];
