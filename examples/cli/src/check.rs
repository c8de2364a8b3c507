use anyhow::Result;
use serde::Serialize;
use smi_policy::Policy;
use smi_split::Splits;

use crate::Status;
use crate::access_table::{self, Access};
use crate::args::{Check, Output};
use crate::color::{self, paint};
use crate::load::{self, Loaded};
use crate::problems::{self, Finding, count};
use crate::split_table::{self, SplitLine};

/// What `smi check` says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    files: usize,
    smi_objects: usize,
    other_objects: usize,
    undecodable: usize,
    errors: usize,
    warnings: usize,
    problems: Vec<Finding>,
    access: Vec<Access>,
    splits: Vec<SplitLine>,
}

/// Reads everything, and prints problems, access table and splits.
pub(crate) fn run(args: &Check) -> Result<Status> {
    let loaded = load::load(&args.paths, &args.reading)?;
    let report = report(&loaded);
    match args.reading.output {
        Output::Text => print(&report, &loaded),
        Output::Json => anstream::println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.errors == 0 { Status::Good } else { Status::Bad })
}

fn report(loaded: &Loaded) -> Report {
    let policy = Policy::from_resources(&loaded.resources, loaded.semantics.clone());
    let splits = Splits::from_resources(&loaded.resources, loaded.semantics.clone());
    let problems = problems::findings(loaded, &policy, &splits);
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    Report {
        files: loaded.files.len() + loaded.unreadable.len(),
        smi_objects: loaded.resources.objects().count(),
        other_objects: loaded.resources.foreign().count(),
        undecodable: loaded.resources.undecodable().count(),
        errors,
        warnings: problems.len() - errors,
        access: access_table::accesses(&policy),
        splits: split_table::lines(&splits),
        problems,
    }
}

fn print(report: &Report, loaded: &Loaded) {
    for problem in &report.problems {
        anstream::println!("{}\n", problems::render(problem, &loaded.files));
    }
    if !report.access.is_empty() {
        anstream::println!("{}", paint(color::HEADING, "Who may call whom"));
        anstream::println!("{}", access_table::table(&report.access));
    }
    if !report.splits.is_empty() {
        anstream::println!("{}", paint(color::HEADING, "Where traffic goes"));
        anstream::println!("{}", split_table::table(&report.splits));
    }
    let errors = count(report.errors, "error");
    let warnings = count(report.warnings, "warning");
    anstream::println!(
        "{}: {}, {} of other kinds, {} unreadable; {}, {}",
        count(report.files, "file"),
        count(report.smi_objects, "SMI object"),
        report.other_objects,
        report.undecodable,
        if report.errors > 0 { paint(color::ERROR, errors) } else { errors },
        if report.warnings > 0 { paint(color::WARNING, warnings) } else { warnings },
    );
}
