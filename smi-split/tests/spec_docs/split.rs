//! Traffic Split, v1alpha1 to v1alpha4.

use std::collections::BTreeMap;

use smi_policy::{HttpRequest, Semantics};
use smi_split::{Call, ObjectName, Outcome, Port, Splits, TargetPort};

use crate::document::{Document, with_api_versions};
use crate::world::resources;

#[test]
fn weights_are_ratios_in_every_version() {
    let mut examples = 0;
    for version in 1..=4 {
        let Some(document) = Document::read("traffic-split", version) else { return };
        let (apex, text, shares): (_, _, &[_]) = match version {
            1 => (
                "numbers",
                "name: my-weights",
                &[("one", "1/161"), ("three", "150/161"), ("two", "10/161")],
            ),
            2 => (
                "my-website",
                "name: my-trafficsplit",
                &[("my-website-v1", "1/2"), ("my-website-v2", "1/2")],
            ),
            // The sentence below the example of v1alpha3 has the two shares the wrong way round;
            // v1alpha4 mended it.
            _ => ("website", "name: canary", &[("website-v1", "9/10"), ("website-v2", "1/10")]),
        };
        assert_shares(&document, version, text, apex, shares);

        // "10% of it's traffic to `web-next` and 90% of it's traffic to `web-current`."
        let canary = &[("web-current", "9/10"), ("web-next", "1/10")];
        assert_shares(&document, version, "service: web-current", "web", canary);

        // "90% of traffic would be sent to the `foobar` service", the apex itself.
        let own = &[("foobar", "9/10"), ("foobar-next", "1/10")];
        assert_shares(&document, version, "name: my-split", "foobar", own);
        examples += 3;
    }
    println!("{examples} splits");
}

/// The workflow of a roll-out: nothing to v2, "approximately 33%", everything.
#[test]
fn the_workflow_shifts_the_traffic() {
    for version in 1..=4 {
        let Some(document) = Document::read("traffic-split", version) else { return };
        let steps: Vec<&str> =
            document.examples().filter(|text| text.contains("foobar-rollout")).collect();
        let shares = [
            vec![("foobar-v1", "1/1")],
            vec![("foobar-v1", "2/3"), ("foobar-v2", "1/3")],
            vec![("foobar-v2", "1/1")],
        ];
        assert_eq!(steps.len(), shares.len());
        for (step, shares) in steps.into_iter().zip(shares) {
            let splits = splits(&with_versions(step, version, version));
            assert_eq!(shares_for(&splits, "foobar", None), map(&shares));
        }
    }
}

#[test]
fn ports_match_by_number_and_each_backend_maps_its_own() {
    for version in 1..=4 {
        let Some(document) = Document::read("traffic-split", version) else { return };
        let split = format!(
            "---\napiVersion: split.smi-spec.io/v1alpha{version}\nkind: TrafficSplit\n\
             metadata: {{name: birds}}\nspec:\n  service: birds\n  backends:\n\
             \x20 - {{service: blue-birds, weight: 1}}\n  - {{service: green-birds, weight: 1}}\n"
        );
        let on = |splits: &Splits, port| shares_for(splits, "birds", Some(Port::tcp(port)));

        // "Traffic destined for `birds:8080` will select between 8080 on either `blue-birds` or
        // `green-birds`."
        let valid = splits(&(document.example("targetPort: 8081").to_owned() + &split));
        let both = map(&[("blue-birds", "1/2"), ("green-birds", "1/2")]);
        assert_eq!(on(&valid, 8080), both);
        assert_eq!(on(&valid, 9090), both);
        assert_eq!(on(&valid, 1024), map(&[]));
        assert!(valid.events().is_empty());

        // "The `targetPort` is used and goes to 8081 on the destination pod."
        let birds = ObjectName::new("default", "birds");
        let selection = valid.select(&Call::to(&birds).port(Port::tcp(8080)));
        let Outcome::Backends(backends) = selection.outcome() else { panic!("no backends") };
        let targets: Vec<_> = backends.leaves().iter().map(|leaf| leaf.target_port()).collect();
        let number = |port| Some(TargetPort::Number(port));
        assert_eq!(targets, [number(8080).as_ref(), number(8081).as_ref()]);

        // "Traffic destined for `birds:8080` will only ever be forwarded to port 8080 on
        // `green-birds`", and "implementations are recommended to issue an event".
        let invalid = splits(&(document.example("port: 1024").to_owned() + &split));
        assert_eq!(on(&invalid, 8080), map(&[("green-birds", "1/1")]));
        let events: Vec<String> = invalid.events().iter().map(ToString::to_string).collect();
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].contains("default/blue-birds"), "{events:?}");
    }
}

/// "Route the Firefox users to the `website-v2` service while all the others will be routed to the
/// root Kubernetes service."
#[test]
fn the_ab_test_works_where_its_group_is_readable() {
    for version in 3..=4 {
        let Some(document) = Document::read("traffic-split", version) else { return };
        let example = document.example("name: ab-test");
        let firefox = [("User-Agent", "Mozilla/5.0 Gecko/20100101 Firefox/126.0")];
        let chrome = [("User-Agent", "Mozilla/5.0 Chrome/125.0")];
        let ask = |splits: &Splits, headers: &[(&str, &str)]| {
            let website = ObjectName::new("default", "website");
            let request = HttpRequest::new("GET", "/").headers(headers);
            shares_of(splits.select(&Call::to(&website).http(request)).outcome())
        };

        // The group's `matches` stand where v1alpha2 had them.
        let old = splits(&with_versions(example, version, 2));
        assert_eq!(ask(&old, &firefox), map(&[("website-v2", "1/1")]));
        assert_eq!(ask(&old, &chrome), map(&[("apex", "1/1")]));
        assert_eq!(shares_for(&old, "website", None), map(&[("apex", "1/1")]));

        // In the version that goes with the split, an API server drops them: nobody matches.
        let pruned = with_versions(example, version, version);
        let problems: Vec<String> =
            resources(&pruned).problems().map(|(_, problem)| problem.to_string()).collect();
        assert!(problems.iter().any(|problem| problem.contains("matches")), "{problems:?}");
        assert_eq!(ask(&splits(&pruned), &firefox), map(&[("apex", "1/1")]));
    }
}

#[track_caller]
fn assert_shares(
    document: &Document,
    version: u8,
    containing: &str,
    apex: &str,
    shares: &[(&str, &str)],
) {
    let splits = splits(&with_versions(document.example(containing), version, version));
    assert_eq!(shares_for(&splits, apex, None), map(shares), "{containing}");
}

fn with_versions(example: &str, split: u8, specs: u8) -> String {
    with_api_versions(example, |kind| match kind {
        "TrafficSplit" => format!("split.smi-spec.io/v1alpha{split}"),
        _ => format!("specs.smi-spec.io/v1alpha{specs}"),
    })
}

#[track_caller]
fn splits(manifest: &str) -> Splits {
    Splits::from_resources(&resources(manifest), Semantics::default())
}

fn shares_for(splits: &Splits, apex: &str, port: Option<Port>) -> BTreeMap<String, String> {
    let apex = ObjectName::new("default", apex);
    let call = Call::to(&apex);
    shares_of(splits.select(&port.map_or(call, |port| call.port(port))).outcome())
}

/// What each service gets: no service for "no backend", `apex` for the apex Service's own endpoints.
fn shares_of(outcome: Outcome<'_>) -> BTreeMap<String, String> {
    match outcome {
        Outcome::Backends(backends) => backends
            .shares()
            .map(|(leaf, share)| (leaf.service().name().to_owned(), share.to_string()))
            .collect(),
        Outcome::Apex => map(&[("apex", "1/1")]),
        Outcome::NoBackend => BTreeMap::new(),
    }
}

fn map(shares: &[(&str, &str)]) -> BTreeMap<String, String> {
    shares.iter().map(|(name, share)| ((*name).to_owned(), (*share).to_owned())).collect()
}
