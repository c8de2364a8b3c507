//! Decision vectors: policies, requests and the answers they must have.

mod access;
mod format;
mod split;

use std::fs;

use anyhow::{Context, Result};
use smi_policy::Policy;
use smi_split::Splits;
use smi_types::manifest::{Manifest, ReadOptions};

use crate::Status;
use crate::args::Vectors;
use crate::color::{self, paint};
use crate::load;
use crate::vectors::format::{Case, Suite};

/// Runs every case of every file.
pub(crate) fn run(args: &Vectors) -> Result<Status> {
    let mut count = Count::default();
    for file in &args.files {
        let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            let suite: Suite = serde_json::from_str(text)
                .with_context(|| format!("{}:{line}: no suite", file.display()))?;
            run_suite(&suite, &mut count)
                .with_context(|| format!("{}:{line}: suite `{}`", file.display(), suite.name))?;
        }
    }
    let style = if count.disagreements == 0 { color::GOOD } else { color::ERROR };
    anstream::println!(
        "{} suites, {} cases, {}",
        count.suites,
        count.cases,
        paint(style, format_args!("{} disagreements", count.disagreements)),
    );
    Ok(if count.disagreements == 0 { Status::Good } else { Status::Bad })
}

#[derive(Default)]
struct Count {
    suites: usize,
    cases: usize,
    disagreements: usize,
}

/// What the cases of a suite are asked of.
struct World {
    policy: Policy,
    splits: Splits,
}

fn run_suite(suite: &Suite, count: &mut Count) -> Result<()> {
    let semantics = suite.options.semantics();
    let manifest = Manifest::read_with(&suite.manifests, &ReadOptions::default());
    let resources = load::resources(&semantics, [(suite.name.clone(), manifest)]);
    let world = World {
        policy: Policy::from_resources(&resources, semantics.clone()),
        splits: Splits::from_resources(&resources, semantics.clone()),
    };
    count.suites += 1;
    for (index, case) in suite.cases.iter().enumerate() {
        let Disagreement { expected, found } = match ask(&world, case)? {
            None => {
                count.cases += 1;
                continue;
            }
            Some(disagreement) => disagreement,
        };
        count.cases += 1;
        count.disagreements += 1;
        anstream::println!(
            "{} {} case {index}: {}\n  expected: {expected}\n  found:    {found}",
            paint(color::ERROR, "disagreement"),
            suite.name,
            case.note(),
        );
    }
    Ok(())
}

/// An answer that is not the expected one.
struct Disagreement {
    expected: String,
    found: String,
}

fn ask(world: &World, case: &Case) -> Result<Option<Disagreement>> {
    match case {
        Case::Access(case) => access::ask(&world.policy, case),
        Case::Split(case) => split::ask(&world.splits, case),
    }
}
