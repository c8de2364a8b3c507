//! `smi lint`: manifests against the rules of the catalogue.

mod sarif;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;
use smi_policy::Limits;
use smi_types::problem::{Code, Fix, Problem};
use smi_types::validate::Validator;

use crate::Status;
use crate::args::{Output, Preset, Reading};
use crate::color::{self, paint};
use crate::load::{self, Loaded};
use crate::problems::{self, Finding};

/// Checks manifests by all rules there are, and fixes what is safe to fix
///
/// Exit status: 0 if there are no errors, 1 if there are, 2 if nothing could be read.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Codes are listed in the documentation of smi_types::validate. What refers to objects that are not
among the manifests is an error; `--allow dangling-reference` accepts it.

Example: smi lint manifests --deny warnings --output sarif > smi.sarif")]
pub(crate) struct Lint {
    /// Directories (read with their subdirectories) and files; `-` is standard input
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,

    /// Namespace of objects that have none
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    default_namespace: String,

    /// Reads objects without `apiVersion` by their shape instead of refusing them
    #[arg(long)]
    infer_api_version: bool,

    /// Problems that are not reported; may be repeated
    #[arg(long, value_name = "CODE", value_parser = parse_code)]
    allow: Vec<Code>,

    /// Warnings that are errors: a code, or `warnings` for all; may be repeated
    #[arg(long, value_name = "CODE", value_parser = parse_denied)]
    deny: Vec<Denied>,

    /// Edits the files in place where that changes nothing of what they mean, then checks again
    #[arg(long)]
    fix: bool,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For scripts
    Json,
    /// For code hosts and editors: SARIF 2.1.0
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    Warnings,
    Code(Code),
}

/// A problem of a file.
struct Found {
    finding: Finding,
    fix: Option<Fix>,
}

/// What `smi lint` says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'r> {
    files: usize,
    errors: usize,
    warnings: usize,
    fixable: usize,
    problems: Vec<&'r Finding>,
}

/// Reads everything, fixes it on request, and prints what is wrong.
pub(crate) fn run(args: &Lint) -> Result<Status> {
    let mut loaded = load::load(&args.paths, &args.reading())?;
    if args.fix {
        if args.paths.iter().any(|path| path.as_os_str() == "-") {
            bail!("`--fix` edits files, and `-` is none");
        }
        if fix(args, &loaded)? > 0 {
            loaded = load::load(&args.paths, &args.reading())?;
        }
    }
    let found = found(args, &loaded);
    match args.output {
        Format::Text => print(&found, &loaded),
        Format::Json => {
            anstream::println!("{}", serde_json::to_string_pretty(&report(&found, &loaded))?);
        }
        Format::Sarif => {
            let log = sarif::log(&found, &loaded.files);
            anstream::println!("{}", serde_json::to_string_pretty(&log)?);
        }
    }
    let has_errors = found.iter().any(|found| found.finding.is_error());
    Ok(if has_errors { Status::Bad } else { Status::Good })
}

impl Lint {
    fn reading(&self) -> Reading {
        Reading {
            semantics: Preset::Spec,
            default_namespace: self.default_namespace.clone(),
            infer_api_version: self.infer_api_version,
            output: Output::Text,
        }
    }

    fn denies(&self, code: Code) -> bool {
        self.deny.contains(&Denied::Warnings) || self.deny.contains(&Denied::Code(code))
    }
}

/// All problems that are not allowed, with their files: the reader's and those of the rules.
fn problems<'l>(args: &Lint, loaded: &'l Loaded) -> Vec<(&'l str, Problem)> {
    let limits = Limits::default();
    let mut problems = Validator::new().patterns(&limits).resources(&loaded.resources);
    problems.retain(|(_, problem)| !args.allow.contains(&problem.code()));
    problems
}

fn found(args: &Lint, loaded: &Loaded) -> Vec<Found> {
    let unreadable = loaded
        .unreadable
        .iter()
        .map(|(file, reason)| Found { finding: problems::unreadable(file, reason), fix: None });
    let problems = problems(args, loaded).into_iter().map(|(file, problem)| {
        let mut finding = problems::from_problem(file, &problem);
        finding.point(&loaded.files);
        let finding = if args.denies(problem.code()) { finding.denied() } else { finding };
        Found { finding, fix: problem.fix().cloned() }
    });
    unreadable.chain(problems).collect()
}

/// Edits files, and says how many problems that removes.
fn fix(args: &Lint, loaded: &Loaded) -> Result<usize> {
    let problems = problems(args, loaded);
    let (mut fixed, mut edited) = (0, 0);
    let mut done = BTreeSet::new();
    for (file, text) in &loaded.files {
        // A file that is named twice is read twice.
        if !done.insert(file) {
            continue;
        }
        let fixes = problems.iter().filter(|(source, _)| source == file);
        let fixes: Vec<&Fix> = fixes.filter_map(|(_, problem)| problem.fix()).collect();
        let new = Fix::apply(text, fixes.iter().copied());
        if new != *text {
            fs::write(file, new).with_context(|| format!("writing {file}"))?;
            fixed += fixes.len();
            edited += 1;
        }
    }
    anstream::eprintln!(
        "fixed {} in {}",
        problems::count(fixed, "problem"),
        problems::count(edited, "file")
    );
    Ok(edited)
}

fn report<'r>(found: &'r [Found], loaded: &Loaded) -> Report<'r> {
    let errors = found.iter().filter(|found| found.finding.is_error()).count();
    Report {
        files: loaded.files.len() + loaded.unreadable.len(),
        errors,
        warnings: found.len() - errors,
        fixable: found.iter().filter(|found| found.fix.is_some()).count(),
        problems: found.iter().map(|found| &found.finding).collect(),
    }
}

fn print(found: &[Found], loaded: &Loaded) {
    for found in found {
        anstream::println!("{}\n", problems::render(&found.finding, &loaded.files));
    }
    let report = report(found, loaded);
    let errors = problems::count(report.errors, "error");
    let warnings = problems::count(report.warnings, "warning");
    anstream::println!(
        "{}: {}, {}",
        problems::count(report.files, "file"),
        if report.errors > 0 { paint(color::ERROR, errors) } else { errors },
        if report.warnings > 0 { paint(color::WARNING, warnings) } else { warnings },
    );
    if report.fixable > 0 {
        anstream::println!(
            "{} can be fixed by `--fix`",
            problems::count(report.fixable, "problem")
        );
    }
}

fn parse_code(name: &str) -> Result<Code, String> {
    Code::parse(name).ok_or_else(|| format!("there is no problem `{name}`"))
}

fn parse_denied(name: &str) -> Result<Denied, String> {
    match name {
        "warnings" => Ok(Denied::Warnings),
        name => parse_code(name).map(Denied::Code),
    }
}
