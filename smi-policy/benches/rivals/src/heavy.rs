//! Heavy rivals: general policy engines, each used as its documentation advises, and with its
//! policies sorted by destination where it can be asked that way.
//!
//! What they are spared: entities, rules and data are built beforehand, names are made once, and
//! Cedar has no regular expressions, so its wildcards do less than is asked. What they are not
//! spared: building the request that they want from a method and a path.
//!
//! linkerd2-proxy's route matcher, the crate `linkerd-http-route`, is not on crates.io and
//! therefore not here.

mod casbin;
mod cedar;
mod rego;

use std::time::{Duration, Instant};

use crate::measure::{memory, nanoseconds, on_cpu};
use crate::workload::{Question, Workload};

/// Milliseconds of a processor that a rival may take to build.
const BUILD: f64 = 90_000.0;
/// A rival is timed with the questions that it answers in this time.
const ASK: Duration = Duration::from_secs(2);
const QUESTIONS: usize = 2_000;

/// An engine that has taken in a workload's policies.
trait Rival: Sized {
    /// `None` if it takes too long.
    fn build(workload: &Workload, limit: &Limit) -> Option<Self>;

    fn ask(&self, question: &Question) -> bool;
}

pub fn run(workload: &Workload, line: &impl Fn(&str, f64)) {
    compare::<cedar::Cedar>(workload, "Cedar, a policy set per destination", line);
    compare::<rego::Machine>(workload, "regorus, its virtual machine", line);
    compare::<rego::Interpreter>(workload, "regorus, its interpreter", line);
    compare::<casbin::Casbin>(workload, "Casbin", line);
    compare::<casbin::ByDestination>(workload, "Casbin, an enforcer per destination", line);
}

fn compare<R: Rival>(workload: &Workload, name: &str, line: &impl Fn(&str, f64)) {
    let (rival, kept, most, took) = memory(|| R::build(workload, &Limit::new(BUILD)));
    let Some(rival) = rival else {
        println!("{name:44} not measured: not built within {:.0} s", BUILD / 1e3);
        return;
    };
    let questions = verified(workload, name, &rival);
    line(name, nanoseconds(questions, |question| rival.ask(question)));
    let size = workload.targets.len() as i64;
    println!(
        "  {} questions; built in {took:.1} ms; heap per target: {} bytes kept, {} at most",
        questions.len(),
        kept / size,
        most / size
    );
}

/// The questions that it is timed with: as many as it answers in bounded time, and all of them
/// as smi-policy does, whose answers are known to be the workload's.
fn verified<'w>(workload: &'w Workload, name: &str, rival: &impl Rival) -> &'w [Question] {
    let begin = Instant::now();
    let most = QUESTIONS.min(workload.questions.len());
    let mut count = 0;
    while count < most && (count == 0 || begin.elapsed() < ASK) {
        let question = &workload.questions[count];
        let answer = rival.ask(question);
        assert_eq!(answer, question.allowed, "{name}: {} {}", question.method, question.path);
        count += 1;
    }
    &workload.questions[..count]
}

/// When building ends, ready or not.
struct Limit(f64);

impl Limit {
    fn new(milliseconds: f64) -> Self {
        Self(on_cpu() + milliseconds)
    }

    /// `None` when the time is over.
    fn check(&self) -> Option<()> {
        (on_cpu() < self.0).then_some(())
    }
}
