//! A bounded run of every target: the corpus, and changes to it that are the same every time.
#![cfg(test)]

use std::fs;
use std::path::Path;

/// Changes of each seed, for each target.
const CHANGES: u64 = 400;

/// The longest input.
const MAX_LENGTH: usize = 4096;

/// Pieces that inputs are made of, besides what is in the corpus.
const PIECES: &[&str] = &[
    "v1alpha1",
    "v1alpha2",
    "v1alpha3",
    "v1alpha4",
    "TrafficTarget",
    "TrafficSplit",
    "TCPRoute",
    "UDPRoute",
    "HTTPRouteGroup",
    "IdentityBinding",
    "List",
    "spec",
    "matches",
    "ports",
    "port",
    "weight",
    "\"500m\"",
    "null",
    "[]",
    "{}",
    "-1",
    "0",
    "99999",
    "1e308",
    "\\u0000",
    "\u{e9}",
    "&a ",
    "*a",
    "<<: ",
    "---\n",
    "...\n",
    "|\n",
    "!!x ",
    "\"",
    "'",
    "\n  ",
    "\t",
    "{{",
    "}}",
    "# ",
    "\r",
    "smi-spec.io/preserved",
    "{\\\"version\\\":1,\\\"fields\\\":[]}",
    "items",
    "%YAML 1.1\n",
    "? ",
    "NaN",
    "+Inf",
    "1e309",
    "1000",
    "µs",
    "h",
    "Ki",
    "%2f",
    "&t=",
    "edges",
    "pods/",
    " in (",
    "\"value\":[",
    "\"values\":[[",
    "(?i:",
    "(?P<n>",
    ")",
    "[^",
    "[[:word:]]",
    "]",
    "{2,9}",
    "{1000}",
    "*",
    "+?",
    "|",
    "\\pL",
    "\\Q",
    "\\E",
    "\\b",
    "\\B",
    "\\x{10FFFF}",
    "(?=",
    "\\1",
    "^",
    "$",
    ".",
];

fn corpus(extension: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The numbers of xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }
}

/// Changes an input in up to four places.
fn change(seed: &[u8], corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = (at + random.below(24)).min(input.len());
        match random.below(6) {
            0 => drop(input.drain(at..end)),
            1 => {
                let piece = PIECES[random.below(PIECES.len())];
                input.splice(at..end, piece.bytes());
            }
            2 => {
                let piece = PIECES[random.below(PIECES.len())];
                input.splice(at..at, piece.bytes());
            }
            3 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                let to = (from + random.below(80)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
            4 => {
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy);
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = (random.next() >> 24) as u8;
                }
            }
        }
    }
    input.truncate(MAX_LENGTH);
    input
}

fn run(extension: &str, target: fn(&[u8])) {
    run_with(CHANGES, extension, target);
}

fn run_with(changes: u64, extension: &str, target: fn(&[u8])) {
    let corpus = corpus(extension);
    let mut random = Random(0x5eed_0f_5b1);
    let mut inputs = 0_u64;
    for seed in &corpus {
        target(seed);
        for _ in 0..changes {
            target(&change(seed, &corpus, &mut random));
        }
        inputs += 1 + changes;
    }
    println!("{inputs} inputs");
}

#[test]
fn reader() {
    run("yaml", smi_fuzz::reader);
}

#[test]
fn converter() {
    run("yaml", smi_fuzz::converter);
}

#[test]
fn conversion_review() {
    run("json", smi_fuzz::conversion_review);
}

#[test]
fn admission_review() {
    run("json", smi_fuzz::admission_review);
}

#[test]
fn url() {
    run("urls", smi_fuzz::metrics::url);
}

#[test]
fn quantity() {
    run("quantities", smi_fuzz::metrics::quantity);
}

#[test]
fn duration() {
    run("durations", smi_fuzz::metrics::duration);
}

#[test]
fn prometheus() {
    run("answer", smi_fuzz::metrics::prometheus);
}

#[test]
fn metrics() {
    run("metrics", smi_fuzz::metrics::metrics);
}

#[test]
fn pattern() {
    run("re", smi_fuzz::pattern);
}

#[test]
fn authorize() {
    run("yaml", smi_fuzz::authorize);
}

#[test]
fn audit() {
    run("audit", smi_fuzz::audit);
}

#[test]
fn migrate() {
    // Each input is migrated ten times.
    run_with(CHANGES / 10, "yaml", smi_fuzz::migrate);
}
