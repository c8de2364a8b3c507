//! Texts that are made to hurt: each is refused or read, in bounded time and memory.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use smi_types::Manifest;
use smi_types::manifest::{Limits, MissingApiVersion, ReadOptions};
use smi_types::problem::Code;

/// Ample even for an unoptimised build on a busy machine; without a limit each text below would run
/// for hours.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
fn read(text: &str) -> Manifest {
    let start = Instant::now();
    let manifest = Manifest::read(text);
    let _ = manifest.problems().map(ToString::to_string).count();
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    manifest
}

#[track_caller]
fn assert_refused(text: &str, code: Code) {
    let manifest = read(text);
    let codes: Vec<_> = manifest.problems().map(|problem| problem.code()).collect();
    assert!(codes.contains(&code), "{codes:?}");
    assert_eq!(manifest.objects().count(), 0);
}

const HEAD: &str =
    "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {name: g}\n";

#[test]
fn billion_laughs_are_refused() {
    let mut text = HEAD.to_owned() + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        let row = vec![below; 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{row}]\n"));
    }
    assert_refused(&text, Code::LimitExceeded);
}

#[test]
fn quadratic_blow_up_is_refused() {
    let long = vec!["x"; 20_000].join(", ");
    let aliases = vec!["*a"; 20_000].join(", ");
    assert_refused(&format!("{HEAD}a: &a [{long}]\nb: [{aliases}]\n"), Code::LimitExceeded);
}

#[test]
fn long_texts_behind_many_aliases_are_refused() {
    let long = "x".repeat(1_000_000);
    let aliases = vec!["*a"; 10_000].join(", ");
    let keys = vec!["{*a : 1}"; 10_000].join(", ");
    for list in [&aliases, &keys] {
        let text = format!("{HEAD}a: &a {long}\nspec: {{matches: [{{methods: [{list}]}}]}}\n");
        assert_refused(&text, Code::LimitExceeded);
    }
    // Also through a list that is anchored itself.
    let text =
        format!("{HEAD}a: &a {long}\nb: &b [*a, *a]\nc: [{}]\n", vec!["*b"; 10_000].join(", "));
    assert_refused(&text, Code::LimitExceeded);
}

#[test]
fn huge_names_and_keys_are_not_repeated_with_every_problem() {
    let long = "x".repeat(1_000_000);
    let flags = vec!["y"; 500].join(", ");
    let manifest = read(&format!(
        "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: {long}}}\n\
         spec:\n  ? {long}\n  : [{flags}]\n"
    ));
    let longest = manifest.problems().map(|problem| problem.to_string().len()).max().unwrap();
    assert!((200..2_000).contains(&longest), "{longest}");
    assert_eq!(manifest.documents()[0].key().unwrap().name, long);
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [70, 200, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert_refused(&format!("a: {open}{close}"), Code::LimitExceeded);
        assert_refused(&format!("{{\"a\": {open}{close}}}"), Code::LimitExceeded);
        let (open, close) = ("{\"a\": ".repeat(depth), "}".repeat(depth));
        assert_refused(&format!("a: {open}1{close}"), Code::LimitExceeded);
        assert_refused(&format!("{open}1{close}"), Code::LimitExceeded);
        assert_refused(&format!("a:\n{}", "- ".repeat(depth)), Code::LimitExceeded);
    }
    // Lists in lists in lists.
    let lists = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[".repeat(100);
    assert_refused(&lists, Code::LimitExceeded);
    // Aliases nest as deep as what they stand for.
    let mut text = "a0: &a0 []\n".to_owned();
    for level in 1..100 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_refused(&text, Code::LimitExceeded);
}

#[test]
fn huge_scalars_and_keys_are_read_or_refused() {
    let long = "x".repeat(5_000_000);
    read(&format!("{HEAD}spec: {{matches: [{{name: {long}}}]}}"));
    read(&format!("{HEAD}spec: {{matches: [{{name: \"{long}\"}}]}}"));
    read(&format!("{HEAD}{long}: 1"));
    read(&format!("{HEAD}? {long}\n: 1"));
    read(&format!("kind: {long}\napiVersion: specs.smi-spec.io/{long}"));
    read(&format!("{{\"kind\": \"{long}\", \"{long}\": {}}}", "9".repeat(1_000_000)));
    read(&format!("{HEAD}a: {}", "9".repeat(1_000_000)));
}

#[test]
fn texts_beyond_the_limit_are_not_read() {
    let text = format!("{HEAD}a: {}\n", "x".repeat(1000));
    let options = ReadOptions::default().limits(Limits::default().bytes(1000));
    let manifest = Manifest::read_with(&text, &options);
    let messages: Vec<_> = manifest.problems().map(|problem| problem.message()).collect();
    assert_eq!(messages, [format!("the text has {} bytes, more than 1000", text.len())]);
}

#[test]
fn many_keys_are_compared_in_time() {
    let keys: Vec<_> = (0..100_000).map(|key| format!("k{key}: 1")).collect();
    read(&format!("{HEAD}a: {{{}}}", keys.join(", ")));
    assert_refused(&format!("{HEAD}a: {{{}, k5: 2}}", keys.join(", ")), Code::DuplicateKey);
}

#[test]
fn many_problems_are_cut_short() {
    let sources = vec!["x"; 50_000].join(", ");
    let text = format!(
        "apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\nmetadata: {{name: t}}\n\
         spec: {{destination: {{kind: ServiceAccount, name: a}}, sources: [{sources}], rules: []}}\n"
    );
    let manifest = read(&text);
    let problems = manifest.documents()[0].problems();
    assert_eq!(problems.len(), 101);
    assert_eq!(problems[100].message(), "49900 more problems are not listed");
    assert!(problems[100].is_error());
}

#[test]
fn many_problems_of_many_documents_are_cut_shorter() {
    let item = format!("{{spec: {{destination: [], sources: [{}]}}}}", vec!["x"; 300].join(", "));
    let text = format!(
        "apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTargetList\nitems: [{}]\n",
        vec![item; 300].join(", ")
    );
    let manifest = read(&text);
    assert_eq!(manifest.documents().len(), 300);
    assert!(manifest.documents().iter().all(|document| !document.problems().is_empty()));
    assert!(manifest.problems().count() < 11_000);
}

#[test]
fn many_documents_are_cut_short() {
    for separator in ["---\n[]\n", "--- 1\n", "{\"a\":1}", "{\"a\": x}\n", "...\na\n"] {
        let text = separator.repeat(3_000);
        let options = ReadOptions::default().limits(Limits::default().documents(1_000));
        let manifest = Manifest::read_with(&text, &options);
        assert_eq!(manifest.documents().len(), 1_001, "{separator:?}");
        let last = manifest.problems().last().map(|problem| problem.message());
        assert_eq!(last, Some("there are more than 1000 documents: the rest is not read"));
    }
}

#[test]
fn values_that_are_refused_do_not_use_up_the_limit() {
    let options = ReadOptions::default().limits(Limits::default().nodes(100));
    let many = vec!["1"; 200].join(", ");
    let text = format!("a: [{many}]\n---\nb: [{many}]\n---\napiVersion: v1\nkind: Pod\n");
    let manifest = Manifest::read_with(&text, &options);
    let errors: Vec<_> = manifest.documents().iter().map(|d| d.has_errors()).collect();
    assert_eq!(errors, [true, true, false]);
}

/// Each of these made some parser slow or stack up.
#[test]
fn odd_streams_are_read_in_time() {
    for unit in [
        "? ",
        "- ",
        "a: ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a ",
        "!x ",
        "'",
        "\"",
        "|\n",
        ">\n",
        "# x\n",
        "\n",
        "\r",
        "\t",
        "%TAG ! x\n",
        "---\n",
        "...\n",
        "\u{feff}",
        "\\",
        "{\"a\":[\n",
        "{\n",
        "\n{",
        "a: &a *a\n",
        "<<: {<<: ",
        "- - - \n",
        "[a: ",
        "\"\\x41",
        "💥",
        "\0",
        "key: |1\n ",
    ] {
        read(&unit.repeat(20_000));
        read(&format!("{HEAD}{}", unit.repeat(20_000)));
        read(&format!("{{\"a\": {}", unit.repeat(20_000)));
    }
}

fn seeds() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        include_str!("cases/kinds.txt"),
        include_str!("cases/port_route.txt"),
        include_str!("cases/route_group.txt"),
        include_str!("cases/stream.txt"),
        include_str!("cases/traffic_split.txt"),
        include_str!("cases/traffic_target.txt"),
        include_str!("cases/yaml.txt"),
    ])
    .prop_map(|text| {
        // The texts between `<<<` and `>>>`, as one stream.
        let parts = text.split("\n<<<").skip(1).filter_map(|part| part.split("\n>>>").next());
        parts.collect::<Vec<_>>().join("\n---\n")
    })
}

fn read_both_ways(text: &str) {
    let lenient = ReadOptions::default().missing_api_version(MissingApiVersion::Infer);
    for options in [ReadOptions::default(), lenient] {
        let manifest = Manifest::read_with(text, &options);
        for document in manifest.documents() {
            let _ = (document.location(), document.key(), document.text());
            for problem in document.problems() {
                let _ = problem.to_string();
                let _ = document.locate(problem.path());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read(text in ".{0,300}") {
        read_both_ways(&text);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_both_ways(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn yaml_like_text_is_read(
        text in "([-:?\\[\\]{},#&*!|>'\"%@`a~ \n\t]|---\n|\\.\\.\\.\n|kind: |apiVersion: specs.smi-spec.io/v1alpha4\n){0,60}",
    ) {
        read_both_ways(&text);
    }

    #[test]
    fn mutated_manifests_are_read(
        seed in seeds(),
        start in any::<prop::sample::Index>(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..4usize, "[-:\\[\\]{},#&*!'\" \na0~]{0,3}"),
            1..8,
        ),
    ) {
        let chars: Vec<char> = seed.chars().collect();
        let start = start.index(chars.len());
        let mut text: Vec<char> = chars[start..].iter().take(2000).copied().collect();
        for (at, delete, insert) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + delete).min(text.len());
            text.splice(at..end, insert.chars());
        }
        read_both_ways(&text.into_iter().collect::<String>());
    }
}
