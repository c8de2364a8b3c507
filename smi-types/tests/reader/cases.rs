//! Cases in files: what is read, and what comes out.
//!
//! A file in `cases/` holds cases like this one:
//!
//! ```text
//! # name-of-the-case
//! Why the case exists.
//! <<<
//! the text that is read
//! >>>
//! 1: what it is, see `outline`
//! ```
//!
//! `<<< lenient` reads without `apiVersion`. `SMI_BLESS=1` writes what comes out into the files.

use std::fs;
use std::path::{Path, PathBuf};

use smi_types::Manifest;
use smi_types::manifest::{MissingApiVersion, ReadOptions};

use crate::outline;

#[test]
fn texts_are_read_as_the_cases_say() {
    let rewrite = std::env::var_os("SMI_BLESS").is_some();
    let mut count = 0;
    let mut failures = Vec::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let mut rewritten = String::new();
        let mut seen = Vec::new();
        for case in cases(&text, &file) {
            count += 1;
            assert!(!seen.contains(&case.name), "{file:?}: two cases named {}", case.name);
            seen.push(case.name);
            let found = outline::manifest(&Manifest::read_with(case.input, &case.options));
            if found.trim_end_matches('\n') != case.expected {
                failures.push(format!(
                    "{}: {}\n--- expected\n{}\n--- found\n{found}",
                    file.display(),
                    case.name,
                    case.expected
                ));
            }
            rewritten.push_str(case.head);
            rewritten.push_str(&found);
            rewritten.push('\n');
        }
        if rewrite {
            fs::write(&file, rewritten.trim_end().to_owned() + "\n").unwrap();
        }
    }
    println!("{count} cases");
    assert!(count > 0);
    assert!(rewrite || failures.is_empty(), "{}", failures.join("\n"));
}

/// What all cases are read as, with their names.
#[cfg(feature = "kube")]
pub(crate) fn manifests() -> Vec<(String, Manifest)> {
    let mut manifests = Vec::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        for case in cases(&text, &file) {
            let name = format!("{}: {}", file.display(), case.name);
            manifests.push((name, Manifest::read_with(case.input, &case.options)));
        }
    }
    manifests
}

struct Case<'t> {
    name: &'t str,
    options: ReadOptions,
    input: &'t str,
    expected: &'t str,
    /// All of the case before what is expected.
    head: &'t str,
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader/cases");
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn cases<'t>(text: &'t str, file: &Path) -> Vec<Case<'t>> {
    let mut cases = Vec::new();
    let mut rest = text;
    while !rest.trim().is_empty() {
        rest = rest.trim_start_matches('\n');
        let fail = |what| -> ! { panic!("{}: {what} near\n{rest:.80}", file.display()) };
        let Some(open) = rest.find("\n<<<") else { fail("no `<<<`") };
        let Some((name, why)) = rest[..open].split_once('\n') else { fail("no reason") };
        let Some(name) = name.strip_prefix("# ") else { fail("no name") };
        assert!(!why.trim().is_empty(), "{name} has no reason");
        let Some(line) = rest[open + 4..].find('\n').map(|at| open + 4 + at + 1) else {
            fail("nothing behind `<<<`")
        };
        let options = match rest[open + 4..line].trim() {
            "" => ReadOptions::default(),
            "lenient" => ReadOptions::default().missing_api_version(MissingApiVersion::Infer),
            _ => fail("an unknown option"),
        };
        let Some(close) = rest[line - 1..].find("\n>>>\n").map(|at| line - 1 + at + 1) else {
            fail("no `>>>`")
        };
        let behind = close + 4;
        let end = rest[behind..].find("\n# ").map_or(rest.len(), |at| behind + at + 1);
        // Blank lines separate cases.
        let expected = rest[behind..end].trim_end_matches('\n');
        let input = &rest[line..close];
        cases.push(Case { name, options, input, expected, head: &rest[..behind] });
        rest = &rest[end..];
    }
    cases
}
