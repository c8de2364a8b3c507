//! regorus: one Rego policy, and the targets as its data, by destination. Both of its ways to
//! evaluate, with as many compiled patterns cached as it can cache.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine, Value, cache};

use super::{Limit, Rival};
use crate::workload::{Question, Target, Workload};

const RULE: &str = "data.smi.allow";
const POLICY: &str = "
package smi

default allow := false

allow if {
    some target in data.destinations[input.destination]
    target.sources[input.source]
    some pattern in target.patterns[input.method]
    regex.match(pattern, input.path)
}
";

pub struct Interpreter {
    engine: RefCell<Engine>,
    names: Names,
}

impl Rival for Interpreter {
    fn build(workload: &Workload, limit: &Limit) -> Option<Self> {
        let names = Names::new(workload);
        let engine = engine(names.data(workload, limit)?);
        Some(Self { engine: RefCell::new(engine), names })
    }

    fn ask(&self, question: &Question) -> bool {
        let mut engine = self.engine.borrow_mut();
        engine.set_input(self.names.input(question));
        engine.eval_rule(RULE.to_owned()).expect("an answer") == Value::from(true)
    }
}

pub struct Machine {
    machine: RefCell<RegoVM>,
    names: Names,
}

impl Rival for Machine {
    fn build(workload: &Workload, limit: &Limit) -> Option<Self> {
        let names = Names::new(workload);
        let data = names.data(workload, limit)?;
        let policy = engine(data.clone()).compile_with_entrypoint(&RULE.into());
        let program = Compiler::compile_from_policy(&policy.expect("a policy"), &[RULE]);
        let mut machine = RegoVM::new();
        machine.load_program(program.expect("a program"));
        machine.set_data(data).expect("data");
        Some(Self { machine: RefCell::new(machine), names })
    }

    fn ask(&self, question: &Question) -> bool {
        let mut machine = self.machine.borrow_mut();
        machine.set_input(self.names.input(question));
        machine.execute().expect("an answer") == Value::from(true)
    }
}

fn engine(data: Value) -> Engine {
    cache::configure(cache::Config { regex: cache::Config::MAX_CAPACITY, ..Default::default() });
    let mut engine = Engine::new();
    engine.add_policy("smi.rego".to_owned(), POLICY.to_owned()).expect("a policy");
    engine.add_data(data).expect("data");
    engine
}

/// Strings that are made once and shared.
struct Names {
    sources: Vec<Value>,
    destinations: Vec<Value>,
    methods: BTreeMap<&'static str, Value>,
    keys: [Value; 4],
}

impl Names {
    fn new(workload: &Workload) -> Self {
        let methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
        let sources = workload.sources.iter();
        let destinations = workload.destinations.iter();
        Self {
            sources: sources.map(|name| Value::from(name.to_string())).collect(),
            destinations: destinations.map(|name| Value::from(name.to_string())).collect(),
            methods: methods.into_iter().map(|method| (method, Value::from(method))).collect(),
            keys: ["source", "destination", "method", "path"].map(Value::from),
        }
    }

    fn data(&self, workload: &Workload, limit: &Limit) -> Option<Value> {
        let mut destinations = vec![Vec::new(); self.destinations.len()];
        for target in &workload.targets {
            limit.check()?;
            destinations[target.destination].push(self.target(target));
        }
        let destinations = destinations.into_iter().map(Value::from);
        let destinations: BTreeMap<Value, Value> =
            self.destinations.iter().cloned().zip(destinations).collect();
        Some(object([("destinations", Value::from(destinations))]))
    }

    fn target(&self, target: &Target) -> Value {
        let sources = target.sources.iter();
        let sources: BTreeMap<Value, Value> =
            sources.map(|source| (self.sources[*source].clone(), Value::from(true))).collect();
        let mut patterns: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
        for (path, method) in &target.matches {
            let patterns = patterns.entry(self.methods[method].clone()).or_default();
            patterns.push(Value::from(format!("^(?:{path})")));
        }
        let patterns = patterns.into_iter().map(|(method, of)| (method, Value::from(of)));
        let patterns: BTreeMap<Value, Value> = patterns.collect();
        object([("sources", Value::from(sources)), ("patterns", Value::from(patterns))])
    }

    fn input(&self, question: &Question) -> Value {
        let values = [
            self.sources[question.source].clone(),
            self.destinations[question.destination].clone(),
            self.methods[question.method].clone(),
            Value::from(question.path.as_str()),
        ];
        let input: BTreeMap<Value, Value> = self.keys.iter().cloned().zip(values).collect();
        Value::from(input)
    }
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs.into_iter().map(|(key, value)| (Value::from(key), value));
    let pairs: BTreeMap<Value, Value> = pairs.collect();
    Value::from(pairs)
}
