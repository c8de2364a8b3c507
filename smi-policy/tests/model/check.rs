//! Runs a property and says how much it compared.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write as _;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, FileFailurePersistence, TestCaseResult, TestError, TestRunner,
};

/// What a property counted, by label.
#[derive(Default)]
pub(crate) struct Tally(RefCell<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn count(&self, label: &'static str) {
        *self.0.borrow_mut().entry(label).or_default() += 1;
    }

    pub(crate) fn of(&self, label: &'static str) -> u64 {
        self.0.borrow().get(label).copied().unwrap_or_default()
    }
}

/// Number of worlds for a property that takes `share` of a hundred of them.
pub(crate) fn cases(share: u32) -> u32 {
    let all = std::env::var("SMI_MODEL_CASES").ok().and_then(|text| text.parse().ok());
    (all.unwrap_or(2_000) * share).div_ceil(100).max(1)
}

/// Checks a property on `cases` values. `regressions` is the file with the seeds that once failed.
#[track_caller]
pub(crate) fn holds<S: Strategy>(
    rule: &str,
    regressions: &'static str,
    cases: u32,
    values: &S,
    property: impl Fn(S::Value, &Tally) -> TestCaseResult,
) -> Tally
where
    S::Value: Debug,
{
    let config = Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let tally = Tally::default();
    let outcome = TestRunner::new(config).run(values, |value| property(value, &tally));
    match outcome {
        Ok(()) => report(rule, cases, &tally),
        Err(TestError::Fail(reason, value)) => panic!("{rule}: {reason}\nminimal: {value:#?}"),
        Err(TestError::Abort(reason)) => panic!("{rule}: aborted: {reason}"),
    }
    tally
}

/// Written past the capturing of the test harness: a count that nobody sees proves nothing.
fn report(rule: &str, cases: u32, tally: &Tally) {
    let counts = tally.0.borrow();
    let counts: Vec<_> = counts.iter().map(|(label, count)| format!("{label} {count}")).collect();
    let line = format!("{rule}: worlds {cases}; {}\n", counts.join(", "));
    // Without standard error there is nobody to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
