//! Light rivals, on the engines of the `regex` crate.

use std::collections::HashMap;

use regex::Regex;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, PatternSet};

use crate::workload::{MATCHES, Question, Target, Workload};

pub type Dense = DFA<Vec<u32>>;

/// The matches of some targets as one automaton: the first that matches, or all.
fn dense<'t>(targets: impl IntoIterator<Item = &'t Target>, kind: MatchKind) -> Dense {
    let matches = targets.into_iter().flat_map(|target| &target.matches);
    let patterns: Vec<&str> = matches.map(|(path, _)| path.as_str()).collect();
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(kind)
                .minimize(std::env::var("SMI_BENCH_MINIMIZE").is_ok())
                .byte_classes(true),
        )
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(regex_automata::nfa::thompson::Config::new().utf8(false))
        .build_many(&patterns)
        .expect("a pattern")
}

/// No less can be done: one look-up of a pair of numbers, and one scan of the path by the automaton
/// of all matches that the pair has. It does not look at the method.
///
/// Only pairs that some question is about have an automaton: those of all pairs of 100,000 targets
/// would take hours to build, and what nobody looks at costs the scan nothing.
pub struct Floor {
    pairs: HashMap<(u32, u32), u32>,
    automata: Vec<Dense>,
}

impl Floor {
    pub fn new(workload: &Workload) -> Self {
        let mut targets: HashMap<(u32, u32), Vec<&Target>> = HashMap::new();
        for target in &workload.targets {
            for source in &target.sources {
                let pair = (target.destination as u32, *source as u32);
                targets.entry(pair).or_default().push(target);
            }
        }
        let mut automata = Vec::new();
        // Pairs that the same targets admit share one.
        let mut known: HashMap<Vec<usize>, u32> = HashMap::new();
        let mut pairs = HashMap::new();
        for question in &workload.questions {
            let targets = &targets[&pair(question)];
            let automaton = known
                .entry(targets.iter().map(|target| target.number).collect())
                .or_insert_with(|| {
                    automata.push(dense(targets.iter().copied(), MatchKind::LeftmostFirst));
                    automata.len() as u32 - 1
                });
            pairs.insert(pair(question), *automaton);
        }
        Self { pairs, automata }
    }

    pub fn ask(&self, question: &Question) -> bool {
        self.pairs
            .get(&pair(question))
            .is_some_and(|at| Self::scan(&self.automata[*at as usize], question))
    }

    pub fn automaton(&self, question: &Question) -> &Dense {
        &self.automata[self.pairs[&pair(question)] as usize]
    }

    pub fn scan(dfa: &Dense, question: &Question) -> bool {
        let input = Input::new(&question.path).anchored(Anchored::Yes);
        dfa.try_search_fwd(&input).is_ok_and(|found| found.is_some())
    }

    /// Bytes of an automaton, on average.
    pub fn memory(&self) -> usize {
        let all: usize =
            self.automata.iter().map(|dfa| dfa.memory_usage() + size_of::<Dense>()).sum();
        all / self.automata.len()
    }
}

fn pair(question: &Question) -> (u32, u32) {
    (question.destination as u32, question.source as u32)
}

/// What one writes by hand: targets by destination, each with its sources and an automaton.
pub struct Index {
    by_destination: HashMap<String, Vec<Entry>>,
    sources: Vec<String>,
    destinations: Vec<String>,
}

struct Entry {
    sources: Vec<String>,
    dfa: Dense,
    methods: Vec<&'static str>,
}

impl Index {
    pub fn new(workload: &Workload) -> Self {
        let sources: Vec<String> = workload.sources.iter().map(ToString::to_string).collect();
        let destinations: Vec<String> =
            workload.destinations.iter().map(ToString::to_string).collect();
        let mut by_destination: HashMap<String, Vec<Entry>> = HashMap::new();
        for target in &workload.targets {
            let destination = destinations[target.destination].clone();
            by_destination.entry(destination).or_default().push(Entry {
                sources: target.sources.iter().map(|source| sources[*source].clone()).collect(),
                dfa: dense([target], MatchKind::All),
                methods: target.matches.iter().map(|(_, method)| *method).collect(),
            });
        }
        Self { by_destination, sources, destinations }
    }

    pub fn ask(&self, question: &Question) -> bool {
        let source = &self.sources[question.source];
        let mut matching = PatternSet::new(MATCHES);
        let entries = self.by_destination.get(&self.destinations[question.destination]);
        entries.into_iter().flatten().any(|entry| {
            entry.sources.contains(source) && {
                matching.clear();
                let input = Input::new(&question.path).anchored(Anchored::Yes);
                entry.dfa.try_which_overlapping_matches(&input, &mut matching).expect("no quit");
                matching.iter().any(|pattern| entry.methods[pattern.as_usize()] == question.method)
            }
        })
    }
}

/// As the Go meshes do it: one regex after another.
pub struct Loop {
    targets: Vec<Looped>,
    by_destination: HashMap<usize, Vec<usize>>,
}

struct Looped {
    destination: usize,
    sources: Vec<usize>,
    matches: Vec<(Regex, &'static str)>,
}

impl Loop {
    pub fn new(workload: &Workload) -> Self {
        let mut by_destination: HashMap<usize, Vec<usize>> = HashMap::new();
        let targets = workload.targets.iter().map(|target| {
            by_destination.entry(target.destination).or_default().push(target.number);
            let compile = |(path, method): &(String, &'static str)| {
                (Regex::new(&format!("^(?:{path})")).expect("a pattern"), *method)
            };
            Looped {
                destination: target.destination,
                sources: target.sources.clone(),
                matches: target.matches.iter().map(compile).collect(),
            }
        });
        let targets = targets.collect();
        Self { targets, by_destination }
    }

    pub fn ask(&self, question: &Question) -> bool {
        let numbers = self.by_destination.get(&question.destination).into_iter().flatten();
        numbers.map(|number| &self.targets[*number]).any(|target| target.allows(question))
    }

    pub fn ask_all(&self, question: &Question) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|t| t.destination == question.destination && t.allows(question))
    }
}

impl Looped {
    fn allows(&self, question: &Question) -> bool {
        self.sources.contains(&question.source)
            && self
                .matches
                .iter()
                .any(|(regex, method)| *method == question.method && regex.is_match(&question.path))
    }
}
