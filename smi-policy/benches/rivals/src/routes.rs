//! Tables of regex routes: the first that matches a path, and all of them.

use regex::RegexSet;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::hybrid;
use regex_automata::meta;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, PatternSet};
use smi_policy::RouteGroup;
use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, HttpSemantics, HttpSubject, ObjectName};

use crate::measure::{Numbers, in_turn, round};

pub fn run() {
    for size in [4, 64, 1000] {
        println!("\n== {size} routes");
        table(size);
    }
}

fn table(size: usize) {
    let mut numbers = Numbers(0x1234_5678_9ABC_DEF1);
    let routes: Vec<String> = (0..size).map(route).collect();
    let paths: Vec<String> = (0..4000).map(|_| path(numbers.below(size), &mut numbers)).collect();

    let begin = std::time::Instant::now();
    let matches = routes
        .iter()
        .enumerate()
        .map(|(index, route)| HttpMatch::new(index.to_string()).path_regex(route));
    let group = matches
        .fold(HttpRouteGroup::new(ObjectName::new("shop", "routes")), |group, http_match| {
            group.with(http_match)
        });
    let semantics = HttpSemantics::default();
    let mut diagnostics = Vec::new();
    let ours = RouteGroup::compile(&group, &semantics, &mut diagnostics);
    assert!(diagnostics.is_empty());
    println!("smi-policy compiled in {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);

    let syntax = || syntax::Config::new().unicode(false).utf8(false);
    let thompson = || regex_automata::nfa::thompson::Config::new().utf8(false);
    let dense = |kind| {
        let config = dense::Config::new()
            .match_kind(kind)
            // Without this, searches from every place are built as well, and take minutes.
            .start_kind(StartKind::Anchored)
            .determinize_size_limit(Some(256 << 20));
        dense::Builder::new()
            .configure(config)
            .syntax(syntax())
            .thompson(thompson())
            .build_many(&routes)
            .ok()
    };
    let begin = std::time::Instant::now();
    let first = dense(MatchKind::LeftmostFirst).expect("routes");
    println!("dense DFA compiled in {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    // Not where it would take more than those bytes to build.
    let all = dense(MatchKind::All);
    let lazy = |kind| {
        hybrid::dfa::Builder::new()
            .configure(hybrid::dfa::Config::new().match_kind(kind).cache_capacity(64 << 20))
            .syntax(syntax())
            .thompson(thompson())
            .build_many(&routes)
            .expect("routes")
    };
    let (lazy_first, lazy_all) = (lazy(MatchKind::LeftmostFirst), lazy(MatchKind::All));
    let mut cache = lazy_first.create_cache();
    let mut cache_all = lazy_all.create_cache();
    let meta = meta::Regex::builder().syntax(syntax()).build_many(&routes).expect("routes");
    let anchored: Vec<String> = routes.iter().map(|route| format!("^(?:{route})")).collect();
    let set = RegexSet::new(&anchored).expect("routes");

    use regex_automata::dfa::Automaton as _;
    let input = |path: &String| -> Input<'static> {
        // Only the lifetime is left out: the paths outlive the run.
        let path: &'static str = Box::leak(path.clone().into_boxed_str());
        Input::new(path).anchored(Anchored::Yes)
    };
    let inputs: Vec<Input<'static>> = paths.iter().map(input).collect();

    let subject = |path: &String| {
        let path: &'static str = Box::leak(path.clone().into_boxed_str());
        HttpSubject::new(&HttpRequest::new("GET", path), &semantics)
    };
    let subjects: Vec<_> = paths.iter().map(subject).collect();
    let times = in_turn([
        &mut || round(&inputs, |i| first.try_search_fwd(i).is_ok_and(|m| m.is_some())),
        &mut || {
            round(&inputs, |i| lazy_first.try_search_fwd(&mut cache, i).is_ok_and(|m| m.is_some()))
        },
        &mut || round(&inputs, |i| meta.search_half(i).is_some()),
        &mut || round(&paths, |path| set.is_match(path)),
        &mut || round(&subjects, |subject| ours.first_match(subject).is_some()),
        &mut || {
            round(&paths, |path| {
                let subject = HttpSubject::new(&HttpRequest::new("GET", path), &semantics);
                ours.first_match(&subject).is_some()
            })
        },
    ]);
    let names = [
        "dense DFA",
        "lazy DFA",
        "meta::Regex",
        "RegexSet",
        "smi-policy, path judged",
        "smi-policy, judging the path too",
    ];
    print("the first", &names, &times, 2);

    let (mut matching, mut matching_lazy) = (PatternSet::new(size), PatternSet::new(size));
    let mut count = 0;
    let times = in_turn([
        &mut || {
            let Some(all) = &all else { return f64::NAN };
            round(&inputs, |i| {
                matching.clear();
                all.try_which_overlapping_matches(i, &mut matching).is_ok() && !matching.is_empty()
            })
        },
        &mut || {
            round(&inputs, |i| {
                matching_lazy.clear();
                lazy_all
                    .try_which_overlapping_matches(&mut cache_all, i, &mut matching_lazy)
                    .is_ok_and(|()| !matching_lazy.is_empty())
            })
        },
        &mut || round(&paths, |path| set.matches(path).matched_any()),
        &mut || {
            round(&subjects, |subject| {
                let before = count;
                ours.for_each_match(subject, |_| count += 1);
                count > before
            })
        },
    ]);
    print("which", &["dense DFA", "lazy DFA", "RegexSet", "smi-policy"], &times, 1);
    let wrong = paths.iter().zip(&subjects).find(|(path, subject)| {
        let expected: Vec<usize> = set.matches(path).into_iter().collect();
        let mut found = Vec::new();
        ours.for_each_match(subject, |index| found.push(index));
        found.sort_unstable();
        found != expected || ours.first_match(subject) != expected.first().copied()
    });
    assert!(wrong.is_none(), "{:?}", wrong.map(|(path, _)| path));
}

/// The last `own` are ours: the best is the best of the others.
fn print(title: &str, names: &[&str], times: &[f64], own: usize) {
    let best = times[..times.len() - own].iter().copied().fold(f64::INFINITY, f64::min);
    println!("-- {title}, times the best");
    for (name, ns) in names.iter().zip(times).filter(|(_, ns)| ns.is_finite()) {
        println!("{name:44}{ns:12.0} ns {:9.2}", ns / best);
    }
}

const KINDS: [&str; 8] =
    ["orders", "carts", "users", "items", "prices", "stock", "reviews", "invoices"];

fn route(number: usize) -> String {
    let (kind, service) = (KINDS[number % 8], number / 8);
    match number % 4 {
        0 => format!("/api/v1/service-{service}/{kind}/[0-9]+$"),
        1 => format!("/api/v1/service-{service}/{kind}/[^/]+/details"),
        2 => format!("/api/v1/service-{service}/{kind}/[a-z]+/(open|closed)"),
        _ => format!("/api/v1/service-{service}/{kind}/.*\\.json$"),
    }
}

fn path(number: usize, numbers: &mut Numbers) -> String {
    let (kind, service) = (KINDS[number % 8], number / 8);
    let id = numbers.below(1_000_000);
    match number % 4 {
        0 => format!("/api/v1/service-{service}/{kind}/{id}"),
        1 => format!("/api/v1/service-{service}/{kind}/customer-{id}/details"),
        2 => format!("/api/v1/service-{service}/{kind}/electronics/open"),
        _ => format!("/api/v1/service-{service}/{kind}/2026/report-{id}.json"),
    }
}
