//! Decisions of smi-policy beside those of other engines, in one run: nanoseconds, and times the
//! floor and smi-policy; then route tables, memory, and what compiling takes.
//!
//! `cargo run --release` in this directory; with `--features heavy` Cedar, regorus and Casbin as
//! well. An argument restricts the run: `decide`, `routes`, `memory`, `update`; `own` is `decide`
//! without anybody else, for a profiler.

mod engines;
#[cfg(feature = "heavy")]
mod heavy;
mod measure;
mod routes;
mod updates;
mod workload;

use engines::{Floor, Index, Loop};
use measure::{in_turn, memory, nanoseconds, round};
use smi_policy::{HttpRequest, Policy, Request};
use workload::{Question, Workload};

fn sizes() -> Vec<usize> {
    let sizes = std::env::var("SMI_BENCH_SIZES").unwrap_or("10,1000,100000".to_owned());
    sizes.split(',').map(|size| size.parse().expect("a number of targets")).collect()
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |what: &str| asked.is_empty() || asked.iter().any(|asked| asked == what);
    if is_asked("decide") || is_asked("memory") {
        for size in sizes() {
            decisions(size, is_asked("decide"));
        }
    }
    if asked.iter().any(|asked| asked == "own") {
        for size in sizes() {
            own(size);
        }
    }
    if is_asked("update") {
        for size in sizes() {
            println!("\n== {size} targets");
            updates::run(&Workload::new(size));
        }
    }
    if is_asked("routes") {
        routes::run();
    }
}

/// Whether smi-policy allows it.
fn ask(workload: &Workload, policy: &Policy, question: &Question) -> bool {
    let http = HttpRequest::new(question.method, &question.path);
    let source = &workload.sources[question.source];
    let destination = &workload.destinations[question.destination];
    policy.authorize(&Request::http(Some(source), destination, 8080, http)).is_allowed()
}

fn own(size: usize) {
    let workload = Workload::new(size);
    let policy = workload.builder().compile();
    let ns = nanoseconds(&workload.questions, |question| ask(&workload, &policy, question));
    println!("{size:7} targets: {ns:6.0} ns");
}

fn decisions(size: usize, decide: bool) {
    let workload = Workload::new(size);
    let (policy, kept, most, took) = memory(|| workload.builder().compile());
    println!("\n== {size} targets");
    println!(
        "compiled in {took:.1} ms; heap per target: {} bytes kept, {} at most",
        kept / size as i64,
        most / size as i64
    );
    assert!(policy.diagnostics().is_empty(), "{:?}", policy.diagnostics().first());
    if !decide {
        return;
    }
    let floor = Floor::new(&workload);
    println!("dense automata: {} bytes a pair", floor.memory());
    let ours = |question: &Question| ask(&workload, &policy, question);
    check(&workload, "smi-policy", ours);
    let [base, ours] =
        in_turn([&mut || round(&workload.questions, |question| floor.ask(question)), &mut || {
            round(&workload.questions, ours)
        }]);
    let line = |name: &str, ns: f64| println!("{name:44}{ns:12.0} ns {:9.2}", ns / base);
    line("floor: interned pair, scan by a dense DFA", base);
    line("smi-policy", ours);
    let line = |name: &str, ns: f64| {
        println!("{name:44}{ns:12.0} ns {:9.2} {:9.2} of smi-policy", ns / base, ns / ours);
    };
    connections(&workload, &policy, &floor);

    // Those of 100,000 targets take many minutes and a gigabyte to build.
    if size <= 1000 || std::env::var("SMI_BENCH_ALL").is_ok() {
        let index = Index::new(&workload);
        check(&workload, "index", |question| index.ask(question));
        let ns = nanoseconds(&workload.questions, |question| index.ask(question));
        line("hand-written index, a dense DFA a group", ns);
        drop(index);
        let scan = Loop::new(&workload);
        check(&workload, "loop", |question| scan.ask(question));
        let few = &workload.questions[..workload.questions.len() / 10];
        line("hand-written index, a loop over Regex", nanoseconds(few, |q| scan.ask(q)));
        line("linear scan, a loop over Regex", nanoseconds(few, |q| scan.ask_all(q)));
    }
    #[cfg(feature = "heavy")]
    heavy::run(&workload, &line);
}

/// Through a handle, beside the scan of the path alone.
fn connections(workload: &Workload, policy: &Policy, floor: &Floor) {
    let few = &workload.questions[..1000.min(workload.questions.len())];
    let open = |question: &Question| {
        let source = &workload.sources[question.source];
        policy.connection(Some(source), &workload.destinations[question.destination], 8080)
    };
    let connections: Vec<_> = few.iter().map(|question| (open(question), question)).collect();
    let scans: Vec<_> = few.iter().map(|question| (floor.automaton(question), question)).collect();
    let [scan, ns, opened] = in_turn([
        &mut || round(&scans, |(dfa, question)| Floor::scan(dfa, question)),
        &mut || {
            round(&connections, |(connection, question)| {
                connection.http(&HttpRequest::new(question.method, &question.path)).is_allowed()
            })
        },
        &mut || round(few, |question| open(question).tcp().is_allowed()),
    ]);
    println!("  a thousand peers: scan alone{scan:28.0} ns {:9.2}", 1.0);
    println!("  a thousand peers: smi-policy, connection{ns:16.0} ns {:9.2}", ns / scan);
    println!(
        "  a thousand peers: opening, and the L4 answer{opened:12.0} ns {:9.2}",
        opened / scan
    );
}

fn check(workload: &Workload, name: &str, ask: impl Fn(&Question) -> bool) {
    let wrong = workload.questions.iter().find(|question| ask(question) != question.allowed);
    if let Some(wrong) = wrong {
        panic!("{name}: {} {}: {}", wrong.method, wrong.path, !wrong.allowed);
    }
}
