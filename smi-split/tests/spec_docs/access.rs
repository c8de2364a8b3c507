//! Traffic Access Control, v1alpha1 to v1alpha4.

use smi_policy::Verdict;

use crate::document::{Document, with_api_versions};
use crate::world::{World, resources};

#[test]
fn the_targets_of_every_version_admit_what_the_text_says() {
    let mut asked = 0;
    for version in 1..=4 {
        let Some(document) = Document::read("traffic-access", version) else { return };
        asked += only_the_named_route_is_open(&document, version);
        asked += the_table_is_all_that_is_allowed(&document, version);
        if version >= 3 {
            asked += ports_of_tcp_and_udp_differ(&document, version);
        }
    }
    println!("{asked} questions");
    assert!(asked >= 300);
}

#[test]
fn the_identity_binding_of_the_document_speaks_for_nobody() {
    let Some(document) = Document::read("traffic-access", 4) else { return };
    // The text calls its schemes mutually exclusive; the example has both.
    let example = document.example("podLabelSelector");
    assert!(document.text.contains("Mutually exclusive with `serviceAccount`"));
    let target = document.example("name: path-specific");
    let routes = document.example("name: everything");
    let manifest = [example, routes, target].map(|text| with_versions(text, 4)).concat();
    let mut world = World::new(&(manifest + &bindings(&["prometheus"])));
    let prometheus = ("prometheus", "service-a");
    assert!(!world.http(prometheus, 8080, ("GET", "/metrics"), &[]));

    let without_selector = resources(&with_versions(&selector_removed(example), 4));
    assert_eq!(without_selector.objects().count(), 1);
    let manifest = [&selector_removed(example), routes, target].map(|text| with_versions(text, 4));
    let mut world = World::new(&(manifest.concat() + &bindings(&["prometheus"])));
    assert!(world.http(prometheus, 8080, ("GET", "/metrics"), &[]));
}

/// "Traffic destined on a path `/metrics` is allowed."
fn only_the_named_route_is_open(document: &Document, version: u8) -> usize {
    let routes = document.example("name: everything");
    let target = document.example("name: path-specific");
    let manifest = manifest(&[routes, target], version);
    let mut world = World::new(&manifest);
    let prometheus = ("prometheus", "service-a");
    let scrape = ("GET", "/metrics");
    assert!(world.http(prometheus, 8080, scrape, &[]));
    assert!(world.http(prometheus, 8080, ("GET", "/metrics/cpu?window=1m"), &[]));
    assert!(!world.http(prometheus, 8080, ("POST", "/metrics"), &[]));
    assert!(!world.http(prometheus, 8080, ("GET", "/"), &[]));
    assert!(!world.http(prometheus, 9090, scrape, &[]), "another port");
    assert!(!world.http(("website-service", "service-a"), 8080, scrape, &[]), "not a source");
    assert!(!world.http(("", "service-a"), 8080, scrape, &[]), "no identity");
    assert!(!world.http(("prometheus", "service-b"), 8080, scrape, &[]), "denied by default");

    // "The `matches` field is optional and if omitted, a rule is valid for all the matches."
    let mut all_matches = World::new(&without(&manifest, "matches:\n*- metrics\n"));
    assert!(all_matches.http(prometheus, 8080, scrape, &[]));
    assert!(all_matches.http(prometheus, 8080, ("DELETE", "/anything"), &[]));
    assert!(!all_matches.http(prometheus, 9090, ("DELETE", "/anything"), &[]));

    // "If not specified, traffic will be allowed to all ports on the destination service."
    let port = if version < 3 { "port: 8080\n" } else { "ports:\n*- 8080\n" };
    let mut all_ports = World::new(&without(&manifest, port));
    assert!(all_ports.http(prometheus, 8080, scrape, &[]));
    assert!(all_ports.http(prometheus, 9090, scrape, &[]));
    assert!(!all_ports.http(prometheus, 9090, ("GET", "/"), &[]));
    world.asked() + all_matches.asked() + all_ports.asked()
}

/// "The previous example would allow the following HTTP traffic", and nothing else.
fn the_table_is_all_that_is_allowed(document: &Document, version: u8) -> usize {
    let rows = document.table(&["source", "destination", "path", "method"]);
    assert_eq!(rows.len(), 3);
    let example = document.example("name: api-service-metrics");
    let mut world = World::new(&manifest(&[example], version));
    for source in ["website-service", "payments-service", "prometheus", "api-service", ""] {
        for destination in ["api-service", "website-service"] {
            for path in ["/api", "/metrics", "/"] {
                for method in ["GET", "POST", "DELETE"] {
                    let is_in_table = rows.iter().any(|row| {
                        row[..3] == [source, destination, path] && ["*", method].contains(&row[3])
                    });
                    let allowed = world.http((source, destination), 8080, (method, path), &[]);
                    let question = format!("{source} -> {destination}: {method} {path}");
                    assert_eq!(allowed, is_in_table, "v1alpha{version}: {question}");
                }
            }
        }
    }
    world.asked()
}

/// "The above configuration will allow TCP and UDP traffic to both `8301` and `8302` ports, but will
/// block UDP traffic to `8300`."
fn ports_of_tcp_and_udp_differ(document: &Document, version: u8) -> usize {
    let example = document.example("name: udp-ports");
    let mut world = World::new(&manifest(&[example], version));
    let client = ("client", "server");
    for port in [8301, 8302] {
        assert_eq!(world.tcp(client, port), Verdict::Allow);
        assert_eq!(world.udp(client, port), Verdict::Allow);
    }
    assert_eq!(world.tcp(client, 8300), Verdict::Allow);
    assert_eq!(world.udp(client, 8300), Verdict::Deny);
    assert_eq!(world.tcp(client, 8303), Verdict::Deny);
    assert_eq!(world.tcp(("server", "client"), 8301), Verdict::Deny);
    world.asked()
}

/// Examples as one manifest of a version, with the bindings that those of v1alpha4 refer to.
fn manifest(examples: &[&str], version: u8) -> String {
    let mut manifest: String =
        examples.iter().map(|example| with_versions(example, version)).collect();
    if version == 4 {
        let names = ["service-a", "api-service", "website-service", "payments-service"];
        manifest += &bindings(&names);
        manifest += &bindings(&["prometheus", "server", "client"]);
    }
    manifest
}

/// "Compatible with" of the documents: with which version of the specs a version of access goes.
fn with_versions(example: &str, version: u8) -> String {
    with_api_versions(example, |kind| match kind {
        "TrafficTarget" | "IdentityBinding" => format!("access.smi-spec.io/v1alpha{version}"),
        _ => format!("specs.smi-spec.io/v1alpha{}", (version + 1).min(4)),
    })
}

/// Bindings that each speak for the service account of the same name.
fn bindings(names: &[&str]) -> String {
    let binding = |name: &&str| {
        format!(
            "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: IdentityBinding\n\
             metadata: {{name: {name}}}\nspec: {{schemes: {{serviceAccount: {name}}}}}\n"
        )
    };
    names.iter().map(binding).collect()
}

/// The text without these lines, which must be there exactly once. `*` stands for indentation.
#[track_caller]
fn without(manifest: &str, lines: &str) -> String {
    let wanted: Vec<&str> = lines.lines().map(|line| line.trim_start_matches('*')).collect();
    let all: Vec<&str> = manifest.lines().collect();
    let starts: Vec<usize> = all
        .windows(wanted.len())
        .enumerate()
        .filter(|(_, window)| window.iter().map(|line| line.trim()).eq(wanted.iter().copied()))
        .map(|(start, _)| start)
        .collect();
    let [start] = starts[..] else { panic!("{lines:?} is there {} times", starts.len()) };
    let mut kept = all;
    kept.drain(start..start + wanted.len());
    kept.join("\n") + "\n"
}

/// The document's binding with one scheme of the two that exclude each other.
fn selector_removed(example: &str) -> String {
    without(example, "podLabelSelector:\nmatchLabels:\napp: service-a\n")
}
