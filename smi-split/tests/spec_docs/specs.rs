//! Traffic Specs, v1alpha1 to v1alpha4.

use smi_policy::Verdict;
use smi_types::Manifest;

use crate::document::{Document, with_api_versions};
use crate::world::World;

const CLIENT: (&str, &str) = ("client", "server");
const FIREFOX: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/126.0");
const ANDROID: (&str, &str) = ("user-agent", "Mozilla/5.0 (Linux; Android 14)");
const IPHONE: (&str, &str) = ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5)");
const INSIDER: (&str, &str) = ("cookie", "lang=en;type=insider;theme=dark");

#[test]
fn the_routes_of_every_version_match_what_the_text_says() {
    let mut asked = 0;
    for version in 1..=4 {
        let Some(document) = Document::read("traffic-specs", version) else { return };
        asked += the_regex_is_anchored_to_the_beginning(&document, version);
        if version >= 2 {
            asked += everything_is_matched(&document, version);
            asked += headers_of_a_route_are_and_routes_are_or(&document, version);
            asked += headers_go_with_path_and_method(&document, version);
        }
        asked += match version {
            4 => ports_are_those_listed(&document),
            _ => a_tcp_route_without_ports_is_every_port(&document, version),
        };
    }
    println!("{asked} questions");
    assert!(asked >= 90);
}

/// The example's `apiVersion` is `v1alpha1` alone, without a group.
#[test]
fn the_example_without_group_is_not_taken_for_a_route_group() {
    let Some(document) = Document::read("traffic-specs", 1) else { return };
    let example = document.example("apiVersion: v1alpha1\n");
    let manifest = Manifest::read(example);
    assert_eq!(manifest.documents().len(), 1);
    assert_eq!(manifest.objects().count(), 0);
    assert!(manifest.problems().next().is_some(), "somebody should be told");

    let meant = example.replace("apiVersion: v1alpha1", "apiVersion: specs.smi-spec.io/v1alpha1");
    let mut world = World::new(&(meant + &target(1, "HTTPRouteGroup", "the-routes")));
    assert!(world.http(CLIENT, 80, ("DELETE", "/anything"), &[]));
}

fn the_regex_is_anchored_to_the_beginning(document: &Document, version: u8) -> usize {
    let mut world = http_world(document.example("name: health"), version);
    assert!(world.http(CLIENT, 80, ("GET", "/metrics"), &[]));
    assert!(world.http(CLIENT, 80, ("GET", "/metrics/cpu"), &[]));
    assert!(!world.http(CLIENT, 80, ("GET", "/v1/metrics"), &[]));
    assert!(!world.http(CLIENT, 80, ("POST", "/metrics"), &[]));
    // "Methods can either be specific (`GET`) or `*` to match all methods."
    for method in ["GET", "POST", "PURGE"] {
        assert!(world.http(CLIENT, 80, (method, "/ping"), &[]));
    }
    assert!(!world.http(CLIENT, 80, ("GET", "/"), &[]));
    world.asked()
}

/// "This example defines a single route that matches anything."
fn everything_is_matched(document: &Document, version: u8) -> usize {
    let mut world = http_world(document.example("name: everything"), version);
    for path in ["/", "/a/b?c=d", "/a//../b"] {
        for method in ["GET", "OPTIONS", "PURGE"] {
            assert!(world.http(CLIENT, 80, (method, path), &[]));
        }
    }
    world.asked()
}

/// "A route with multiple header filters represents an `AND` condition while multiple routes each
/// with its own header filter represents an `OR` condition."
fn headers_of_a_route_are_and_routes_are_or(document: &Document, version: u8) -> usize {
    let both = document.example("name: firefox-users");
    let mut examples = document.examples().filter(|text| text.contains("name: android-insiders"));
    let one = examples.find(|text| *text != both).unwrap();
    let mut asked = 0;
    for (example, firefox_is_in) in [(one, false), (both, true)] {
        let mut world = http_world(example, version);
        let get = ("GET", "/any/path");
        assert!(world.http(CLIENT, 80, get, &[ANDROID, INSIDER]));
        assert!(world.http(CLIENT, 80, ("PURGE", "/"), &[INSIDER, ANDROID]));
        assert!(!world.http(CLIENT, 80, get, &[ANDROID]));
        assert!(!world.http(CLIENT, 80, get, &[INSIDER]));
        assert!(!world.http(CLIENT, 80, get, &[ANDROID, ("cookie", "type=insiders")]));
        assert!(!world.http(CLIENT, 80, get, &[]));
        assert_eq!(world.http(CLIENT, 80, get, &[FIREFOX]), firefox_is_in);
        asked += world.asked();
    }
    asked
}

/// "Targets iPhone users that are issuing `GET` or `HEAD` requests to `/api`."
fn headers_go_with_path_and_method(document: &Document, version: u8) -> usize {
    let mut world = http_world(document.example("name: iphone-users"), version);
    assert!(world.http(CLIENT, 80, ("GET", "/api/users"), &[IPHONE]));
    assert!(world.http(CLIENT, 80, ("HEAD", "/api/users"), &[IPHONE]));
    assert!(!world.http(CLIENT, 80, ("POST", "/api/users"), &[IPHONE]));
    assert!(!world.http(CLIENT, 80, ("GET", "/users"), &[IPHONE]));
    assert!(!world.http(CLIENT, 80, ("GET", "/api/users"), &[ANDROID]));
    world.asked()
}

fn a_tcp_route_without_ports_is_every_port(document: &Document, version: u8) -> usize {
    let example = document.example("kind: TCPRoute");
    let mut world = world(example, version, "TCPRoute", "tcp-route");
    for port in [1, 3306, 65535] {
        assert_eq!(world.tcp(CLIENT, port), Verdict::Allow);
        assert_eq!(world.udp(CLIENT, port), Verdict::Deny);
    }
    world.asked()
}

/// "When matching ports are not specified, the route will match all the ports."
fn ports_are_those_listed(document: &Document) -> usize {
    let mut asked = 0;
    for (kind, listed) in [("TCPRoute", [3306, 6446]), ("UDPRoute", [989, 990])] {
        let mut examples =
            document.examples().filter(|text| text.contains(&format!("kind: {kind}")));
        let (some, all) = (examples.next().unwrap(), examples.next().unwrap());
        assert!(all.contains("ports: []"));
        let mut some = world(some, 4, kind, "the-routes");
        let mut all = world(all, 4, kind, "the-routes");
        let ask = |world: &mut World, port| match kind {
            "TCPRoute" => world.tcp(CLIENT, port),
            _ => world.udp(CLIENT, port),
        };
        for port in listed {
            assert_eq!(ask(&mut some, port), Verdict::Allow);
            assert_eq!(ask(&mut all, port), Verdict::Allow);
        }
        assert_eq!(ask(&mut some, 8080), Verdict::Deny);
        assert_eq!(ask(&mut all, 8080), Verdict::Allow);
        asked += some.asked() + all.asked();
    }
    asked
}

fn http_world(example: &str, version: u8) -> World {
    world(example, version, "HTTPRouteGroup", "the-routes")
}

/// A route of the document, and a target that opens `server` to `client` by it.
fn world(example: &str, version: u8, kind: &str, name: &str) -> World {
    let routes = with_api_versions(example, |_| format!("specs.smi-spec.io/v1alpha{version}"));
    World::new(&(routes + &target(version, kind, name)))
}

fn target(version: u8, kind: &str, name: &str) -> String {
    // The first version of access goes with the first two of the specs, and so on.
    let access = version.saturating_sub(1).max(1);
    let rule = format!("[{{kind: {kind}, name: {name}}}]");
    let (open, rules) = match access {
        1 => ("", "specs"),
        _ => ("spec:\n", "rules"),
    };
    let indentation = if access == 1 { "" } else { "  " };
    format!(
        "---\napiVersion: access.smi-spec.io/v1alpha{access}\nkind: TrafficTarget\n\
         metadata: {{name: target}}\n{open}\
         {indentation}destination: {{kind: ServiceAccount, name: server}}\n\
         {indentation}{rules}: {rule}\n\
         {indentation}sources: [{{kind: ServiceAccount, name: client}}]\n"
    )
}
