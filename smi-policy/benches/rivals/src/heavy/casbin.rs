//! Casbin: a match of a target is a rule, and its sources have the target as their role. An
//! enforcer tries all its rules in turn.
//!
//! Its own `regexMatch` compiles the pattern at every call, which takes most of the time; here it
//! is spared that.

use std::cell::RefCell;
use std::collections::HashMap;

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi as _, DefaultModel, Enforcer, NullAdapter};
use futures_executor::block_on;
use regex::Regex;

use super::{Limit, Rival};
use crate::workload::{Question, Target, Workload};

/// The cheap conditions come first; the search for a role, of which there may be many, is last.
const MODEL: &str = "
[request_definition]
r = source, destination, method, path

[policy_definition]
p = target, destination, method, pattern

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.destination == p.destination && r.method == p.method && isMatch(r.path, p.pattern) && g(r.source, p.target)
";

/// All targets in one enforcer, as one begins.
pub struct Casbin {
    enforcer: Enforcer,
    names: Names,
}

impl Rival for Casbin {
    fn build(workload: &Workload, limit: &Limit) -> Option<Self> {
        let names = Names::new(workload);
        Some(Self { enforcer: names.enforcer(&workload.targets, limit)?, names })
    }

    fn ask(&self, question: &Question) -> bool {
        self.names.ask(&self.enforcer, question)
    }
}

/// What a proxy could do: look the enforcer up.
pub struct ByDestination {
    enforcers: Vec<Enforcer>,
    names: Names,
}

impl Rival for ByDestination {
    fn build(workload: &Workload, limit: &Limit) -> Option<Self> {
        let names = Names::new(workload);
        // Targets are sorted by destination.
        let targets = workload.targets.chunk_by(|a, b| a.destination == b.destination);
        let enforcers = targets.map(|targets| names.enforcer(targets, limit));
        Some(Self { enforcers: enforcers.collect::<Option<_>>()?, names })
    }

    fn ask(&self, question: &Question) -> bool {
        self.names.ask(&self.enforcers[question.destination], question)
    }
}

struct Names {
    sources: Vec<String>,
    destinations: Vec<String>,
}

impl Names {
    fn new(workload: &Workload) -> Self {
        Self {
            sources: workload.sources.iter().map(ToString::to_string).collect(),
            destinations: workload.destinations.iter().map(ToString::to_string).collect(),
        }
    }

    fn enforcer(&self, targets: &[Target], limit: &Limit) -> Option<Enforcer> {
        let model = block_on(DefaultModel::from_str(MODEL)).expect("a model");
        let mut enforcer = block_on(Enforcer::new(model, NullAdapter)).expect("an enforcer");
        enforcer.add_function("isMatch", OperatorFunction::Arg2(is_match));
        let model = enforcer.get_mut_model();
        for target in targets {
            limit.check()?;
            let role = target.number.to_string();
            let destination = &self.destinations[target.destination];
            let rules = target.matches.iter().map(|(path, method)| {
                let pattern = format!("^(?:{path})");
                vec![role.clone(), destination.clone(), (*method).to_owned(), pattern]
            });
            assert!(model.add_policies("p", "p", rules.collect()), "rules differ");
            let roles = target.sources.iter();
            let roles = roles.map(|source| vec![self.sources[*source].clone(), role.clone()]);
            assert!(model.add_policies("g", "g", roles.collect()), "roles differ");
        }
        enforcer.build_role_links().expect("roles");
        Some(enforcer)
    }

    fn ask(&self, enforcer: &Enforcer, question: &Question) -> bool {
        let request = (
            self.sources[question.source].as_str(),
            self.destinations[question.destination].as_str(),
            question.method,
            question.path.as_str(),
        );
        enforcer.enforce(request).expect("an answer")
    }
}

/// Whether a path matches a pattern, which is compiled the first time only.
fn is_match(path: Dynamic, pattern: Dynamic) -> Dynamic {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    let path = path.into_immutable_string().expect("a string");
    let pattern = pattern.into_immutable_string().expect("a string");
    COMPILED.with_borrow_mut(|compiled| {
        let regex = compiled
            .entry(pattern.to_string())
            .or_insert_with(|| Regex::new(&pattern).expect("a pattern"));
        Dynamic::from(regex.is_match(&path))
    })
}
