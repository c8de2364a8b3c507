//! Resources and requests made to hurt: they are compiled or refused within bounds that are counted
//! and not timed, and decisions stay what they are.
#![cfg(test)]

use std::cell::Cell;

use smi_policy::{
    AnalysisLimits, Audit, FieldVisitor, Headers, HttpMatch, HttpRequest, HttpRouteGroup, Identity,
    Limits, ObjectName, Policy, PolicyBuilder, Request, Rule, Semantics, Subject, TrafficTarget,
    Verdict,
};

fn name(name: impl AsRef<str>) -> ObjectName {
    ObjectName::new("shop", name)
}

fn target(number: usize, group: &str) -> TrafficTarget {
    TrafficTarget::new(name(format!("t{number}")), "cart")
        .source(Subject::service_account("shop", "web"))
        .rule(Rule::http_route_group(group))
}

fn decide(policy: &Policy, request: HttpRequest<'_, impl smi_policy::Headers + ?Sized>) -> Verdict {
    let web = Identity::service_account("shop", "web");
    let cart = Identity::service_account("shop", "cart");
    policy.authorize(&Request::http(Some(&web), &cart, 80, request)).verdict()
}

/// What it takes at most while it is made, and what is left of that.
fn counted<T>(make: impl FnOnce() -> T) -> (T, u64, i64) {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    (made.unwrap(), counted.bytes_max, counted.bytes_current)
}

#[test]
fn ten_thousand_objects_take_memory_in_proportion() {
    const OBJECTS: usize = 10_000;
    let pattern = |number: usize| match number % 8 {
        0 => format!("/(a|b)*a(a|b){{{}}}", number % 40),
        1 => format!("(.*){{{}}}x{number}", number % 30),
        2 => format!("/{number}{}", "(a?".repeat(20) + &")*".repeat(20)),
        3 => format!("/[^/]*/.*/[^/]*/{number}.*"),
        4 => format!("((a{{100}}){{100}}){{{number}}}"),
        5 => format!("/(?i)straße{number}.*\\bend\\B"),
        6 => format!("/{number}(?=x)"),
        _ => format!("[^a]*[^b]*[^c]*{number}"),
    };
    let mut written = 0;
    let (policy, most, kept) = counted(|| {
        (0..OBJECTS)
            .fold(Policy::builder(Semantics::default()), |builder, number| {
                let text = pattern(number);
                written += text.len();
                let group = format!("g{number}");
                let matches = HttpMatch::new("m").path_regex(text).method("GET");
                builder
                    .http_route_group(HttpRouteGroup::new(name(&group)).with(matches))
                    .traffic_target(target(number, &group))
            })
            .compile()
    });
    println!("{written} bytes of patterns: {most} bytes at most, {kept} kept");
    assert!(most < 400 << 20, "{most}");
    // One in eight is refused for its count, and one for its look-around.
    assert_eq!(policy.diagnostics().len(), OBJECTS / 8 * 2);
    assert_eq!(decide(&policy, HttpRequest::new("GET", "/0/x")), Verdict::Deny);
    assert_eq!(decide(&policy, HttpRequest::new("GET", "/q/w/e/3")), Verdict::Allow);
}

#[test]
fn ten_thousand_matches_of_a_group_are_one_pass() {
    let group = (0..10_000).fold(HttpRouteGroup::new(name("big")), |group, number| {
        let path = format!("/items/{number}/[a-z]+$");
        group.with(HttpMatch::new(number.to_string()).path_regex(path).method("GET"))
    });
    let builder = (0..1000).fold(Policy::builder(Semantics::default()), |builder, number| {
        builder.traffic_target(target(number, "big"))
    });
    let (policy, most, kept) = counted(|| builder.http_route_group(group).compile());
    println!("10,000 matches, 1,000 targets: {most} bytes at most, {kept} kept");
    assert!(most < 64 << 20, "{most}");
    assert_eq!(decide(&policy, HttpRequest::new("GET", "/items/9999/abc")), Verdict::Allow);
    assert_eq!(decide(&policy, HttpRequest::new("GET", "/items/10000/abc")), Verdict::Deny);
}

#[test]
fn a_group_or_policy_beyond_its_bounds_is_refused_in_part_and_reported() {
    let matches = |group: HttpRouteGroup| {
        (0..10).fold(group, |group, number| {
            let path = format!("/{number}/{}", "x".repeat(100));
            group.with(HttpMatch::new(number.to_string()).path_regex(path))
        })
    };
    let builder = || {
        Policy::builder(Semantics::default())
            .http_route_group(matches(HttpRouteGroup::new(name("a"))))
            .http_route_group(matches(HttpRouteGroup::new(name("b"))).with(HttpMatch::new("all")))
            .traffic_target(target(0, "b"))
    };
    let codes = |policy: &Policy| -> Vec<&'static str> {
        policy.diagnostics().iter().map(|diagnostic| diagnostic.code).collect()
    };
    let path = format!("/9/{}", "x".repeat(100));
    let policy = builder().compile();
    assert!(policy.diagnostics().is_empty());
    assert_eq!(decide(&policy, HttpRequest::new("GET", &path)), Verdict::Allow);

    let small = Limits::default().with_group_size(8 << 10);
    let policy = builder().limits(small).compile();
    assert!(codes(&policy).iter().all(|code| *code == "group-too-large"));
    assert!(!codes(&policy).is_empty());

    let small = Limits::default().with_policy_size(16 << 10);
    let policy = builder().limits(small).compile();
    assert_eq!(codes(&policy), ["policy-too-large"]);
    assert_eq!(decide(&policy, HttpRequest::new("GET", &path)), Verdict::Deny);
}

#[test]
fn large_requests_are_decided_without_allocating() {
    let group = HttpRouteGroup::new(name("api"))
        .with(HttpMatch::new("deep").path_regex("/(a/)*b$").method("GET"))
        .with(HttpMatch::new("header").path_regex("/").header("x-last", "[a-z]+"));
    let policy = Policy::builder(Semantics::default())
        .http_route_group(group)
        .traffic_target(target(0, "api"))
        .compile();
    let long = format!("/{}b", "a/".repeat(500_000));
    let names: Vec<String> = (0..10_000).map(|number| format!("x-{number}")).collect();
    let mut headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    headers.push(("x-last", "found"));
    for (request, verdict) in [
        (HttpRequest::new("GET", &long).headers(&headers[..0]), Verdict::Allow),
        (HttpRequest::new("PUT", &long).headers(&headers[..]), Verdict::Allow),
        (HttpRequest::new("PUT", &long).headers(&headers[..10_000]), Verdict::Deny),
    ] {
        let web = Identity::service_account("shop", "web");
        let cart = Identity::service_account("shop", "cart");
        let (found, most, _) =
            counted(|| policy.authorize(&Request::http(Some(&web), &cart, 80, request)).verdict());
        assert_eq!((found, most), (verdict, 0));
    }
}

/// Sets of which each pair of parties asks for as much as one comparison may take.
fn hostile_set(size: usize, last: char) -> PolicyBuilder {
    let group = |of: usize| {
        let matches = (0..8).map(|number| {
            let pattern = format!("/.*{}.{{{}}}{last}", char::from(b'a' + number), 4 + of % 5);
            HttpMatch::new(number.to_string()).path_regex(pattern).header("x-id", "(.*a){3}.*b")
        });
        matches.fold(HttpRouteGroup::new(name(format!("g{of}"))), HttpRouteGroup::with)
    };
    (0..size).fold(Policy::builder(Semantics::default()), |builder, of| {
        let target = TrafficTarget::new(name(format!("t{of}")), format!("d{of}"));
        let sources = (0..size).map(|from| Subject::service_account("shop", format!("s{from}")));
        let target = sources.fold(target, TrafficTarget::source);
        let rule = Rule::http_route_group(format!("g{of}"));
        builder.http_route_group(group(of)).traffic_target(target.rule(rule))
    })
}

#[test]
fn a_diff_of_hostile_sets_takes_a_bounded_number_of_steps() {
    let limits = AnalysisLimits::default().with_states(500).with_total_steps(20_000);
    let mut allocations = Vec::new();
    for size in [20, 40] {
        let audit = |last| Audit::new(hostile_set(size, last)).with_limits(limits);
        let (old, new) = (audit('x'), audit('y'));
        let mut found = None;
        let counted = allocation_counter::measure(|| found = Some(old.diff(&new)));
        let found = found.unwrap();
        allocations.push(counted.count_total);
        assert!(!found.is_same());
        // Nothing is left out without a word: each destination differs, and is found or listed.
        for of in 0..size {
            let end = format!(" to shop/d{of}");
            let is_named = found
                .not_compared
                .iter()
                .any(|left| left.what.ends_with(&end) || left.what.contains(&format!("{end} ")));
            let is_found = found
                .differences
                .iter()
                .any(|known| known.destination.to_string() == format!("shop/d{of}"));
            assert!(is_named || is_found, "nothing is said about d{of}");
        }
        // Nor is there more to read than there are destinations, once nothing is left.
        let exhausted = found.not_compared.iter().filter(|left| left.why.contains("all steps"));
        assert!(exhausted.count() <= size + 64);
    }
    println!("{allocations:?} allocations");
    // There are four times as many pairs, and twice as many objects to look through.
    assert!(allocations[1] < 3 * allocations[0], "{allocations:?}");
}

#[test]
fn what_there_were_no_steps_for_is_not_called_the_same() {
    let equal = |limits| {
        let audit = |last| Audit::new(hostile_set(6, last)).with_limits(limits);
        audit('x').diff(&audit('x'))
    };
    assert!(equal(AnalysisLimits::default()).is_same());
    for steps in [0, 1, 10, 50] {
        let found = equal(AnalysisLimits::default().with_total_steps(steps));
        assert!(!found.is_same() && found.differences.is_empty(), "{steps}: {found:?}");
    }
}

/// Targets of one destination, each with a path of its own.
fn of_one_destination(targets: usize) -> Audit {
    let builder = (0..targets).fold(Policy::builder(Semantics::default()), |builder, number| {
        let group = format!("g{number}");
        let http_match = HttpMatch::new("m").path_regex(format!("/items/{number}/[a-z]+$"));
        let group_of = HttpRouteGroup::new(name(&group)).with(http_match);
        builder.http_route_group(group_of).traffic_target(target(number, &group))
    });
    Audit::new(builder)
}

/// Most pairs of targets differ plainly, and cost nothing but a look.
#[test]
fn dead_matter_takes_time_in_proportion_to_the_targets() {
    let allocations = [100, 400].map(|targets| {
        let audit = of_one_destination(targets);
        let mut found = Vec::new();
        let counted = allocation_counter::measure(|| found = audit.dead_matter());
        assert!(found.is_empty(), "{found:?}");
        counted.count_total
    });
    println!("{allocations:?} allocations");
    assert!(allocations[1] < 6 * allocations[0], "{allocations:?}");
}

/// Values of too many fields, none of whose patterns has a small automaton.
#[test]
fn what_an_audit_has_no_steps_for_it_does_not_look_at() {
    let audit = |fields: usize| {
        let group = (0..fields).fold(HttpRouteGroup::new(name("api")), |group, number| {
            let http_match = HttpMatch::new(number.to_string()).path_regex("/");
            group.with(http_match.header(format!("x-{number}"), format!(".*a.{{9}}{number}")))
        });
        let builder = Policy::builder(Semantics::default()).http_route_group(group);
        let limits = AnalysisLimits::default().with_states(500).with_total_steps(200_000);
        Audit::new(builder.traffic_target(target(0, "api"))).with_limits(limits)
    };
    let web = Identity::service_account("shop", "web");
    let cart = Identity::service_account("shop", "cart");
    let request = Request::http(Some(&web), &cart, 80, HttpRequest::new("GET", "/"));
    let bytes = |audit: Audit| {
        let near = allocation_counter::measure(|| drop(audit.near_misses(&request)));
        let dead = allocation_counter::measure(|| drop(audit.dead_matter()));
        [near.bytes_total, dead.bytes_total]
    };
    let (few, many) = (bytes(audit(40)), bytes(audit(400)));
    println!("{few:?} and {many:?} bytes");
    assert!(many[0] < 3 * few[0] && many[1] < 5 * few[1], "{few:?} {many:?}");
}

/// Header fields that count how often they are asked for.
struct Counting<'f> {
    fields: &'f [(&'f str, &'f str)],
    asked: Cell<usize>,
}

impl Headers for Counting<'_> {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        self.asked.set(self.asked.get() + 1);
        self.fields.visit(name, visitor);
    }
}

/// The work on headers, counted: a pass over the fields for each match whose path and method hold,
/// and for no other, however many targets there are.
#[test]
fn header_fields_are_looked_at_once_for_each_match_of_the_path_and_method() {
    const MATCHES: usize = 1000;
    let group = (0..MATCHES).fold(HttpRouteGroup::new(name("api")), |group, number| {
        let path = format!("/{}/", number % 10);
        let value = format!("value-{number}");
        let http_match = HttpMatch::new(number.to_string()).path_regex(path).method("GET");
        group.with(http_match.header("x-last", value))
    });
    let builder = Policy::builder(Semantics::default()).http_route_group(group);
    let targets = |builder: PolicyBuilder| {
        (0..100).fold(builder, |builder, number| builder.traffic_target(target(number, "api")))
    };
    let policy = targets(builder).compile();
    let fields = [("x-last", "no such value")];
    let asked = |method: &str, path: &str| {
        let headers = Counting { fields: &fields, asked: Cell::new(0) };
        let request = HttpRequest::new(method, path).headers(&headers);
        assert_eq!(decide(&policy, request), Verdict::Deny);
        headers.asked.get()
    };
    assert_eq!(asked("GET", "/3/x"), MATCHES / 10);
    assert_eq!(asked("PUT", "/3/x"), 0);
    assert_eq!(asked("GET", "/x/3"), 0);
}
