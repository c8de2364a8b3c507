//! Input of any size is answered within bounds: what would be too large is refused, not built.

use std::fmt::Write as _;

use smi_gateway_api::{Mesh, Migration, Options, Verdict};

use crate::{resources, schema};

const MESHES: [Mesh; 4] = [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi];

fn plan(text: &str, mesh: Mesh) -> Migration {
    let options = Options::default().mesh(mesh).account_label("app").assumed_port(80);
    Migration::plan(&resources(text), &options)
}

fn group(name: &str, matches: impl IntoIterator<Item = String>) -> String {
    let mut text = format!(
        "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
         metadata: {{name: {name}}}\nspec:\n  matches:\n"
    );
    for (index, own) in matches.into_iter().enumerate() {
        writeln!(text, "  - {{name: m{index}, {own}}}").unwrap();
    }
    text
}

fn target(name: &str, destination: &str, source: &str, rules: &str) -> String {
    format!(
        "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
         metadata: {{name: {name}}}\nspec: {{destination: {{kind: ServiceAccount, name: \
         {destination}}}, sources: [{{kind: ServiceAccount, name: {source}}}], rules: [{rules}]}}\n"
    )
}

fn tcp_route(ports: impl IntoIterator<Item = u16>) -> String {
    let ports: Vec<String> = ports.into_iter().map(|port| port.to_string()).collect();
    format!(
        "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\nmetadata: {{name: t}}\n\
         spec: {{matches: {{ports: [{}]}}}}\n",
        ports.join(",")
    )
}

const RULES: &str = "{kind: HTTPRouteGroup, name: g}, {kind: TCPRoute, name: t}";

fn check(migration: &Migration) {
    for object in migration.objects() {
        schema::check(&serde_json::to_value(object).unwrap());
    }
    migration.to_yaml().unwrap();
}

fn count(migration: &Migration, kind: &str) -> usize {
    migration.objects().iter().filter(|own| own.kind() == kind).count()
}

#[test]
fn a_thousand_targets_that_share_a_group_of_a_hundred_matches() {
    let paths = (0..100).map(|n| match n % 2 {
        0 => format!("pathRegex: '/p{n}/[a-z]+$'"),
        _ => format!("pathRegex: '/p{n}$', methods: [GET, PUT]"),
    });
    let mut text = group("g", paths) + &tcp_route([8080]);
    for n in 0..1000 {
        // A hundred callers each of ten accounts.
        text += &target(&format!("t{n}"), &format!("d{}", n % 10), &format!("s{n}"), RULES);
    }
    for mesh in MESHES {
        let migration = plan(&text, mesh);
        assert_eq!(migration.verdicts().count(), 1000);
        let expected = match mesh {
            Mesh::Linkerd => ("Server", 10),
            Mesh::Istio => ("AuthorizationPolicy", 1001),
            Mesh::Cilium => ("CiliumNetworkPolicy", 1001),
            _ => ("XAuthorizationPolicy", 1),
        };
        assert_eq!(count(&migration, expected.0), expected.1);
    }
}

#[test]
fn a_group_of_ten_thousand_matches() {
    let paths = (0..10_000).map(|n| format!("pathRegex: '/p{n}$'"));
    let split = "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
                 metadata: {name: s}\nspec: {service: web, backends: [{service: v1, weight: 1}], \
                 matches: [{kind: HTTPRouteGroup, name: g}]}\n";
    let text = group("g", paths) + &tcp_route([80]) + &target("t", "d", "s", RULES) + split;
    let migration = plan(&text, Mesh::Istio);
    assert!(migration.findings().iter().any(|own| own.code == "too-many-matches"));
    // 512 rules a policy, and the default deny.
    assert_eq!(count(&migration, "AuthorizationPolicy"), 21);
    check(&migration);
}

#[test]
fn ports_times_matches_are_refused_beyond_a_bound() {
    let paths = (0..100).map(|n| format!("pathRegex: '/p{n}$'"));
    let mut text = group("g", paths) + &tcp_route(1..=65_535);
    for n in 0..50 {
        text += &target(&format!("t{n}"), "d", &format!("s{n}"), RULES);
    }
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium] {
        let migration = plan(&text, mesh);
        assert!(migration.findings().iter().any(|own| own.code == "too-large"), "{mesh:?}");
        assert!(migration.verdicts().any(|(_, own)| own == Verdict::NotExpressible));
    }
}

#[test]
fn ports_that_follow_each_other_are_a_range() {
    let text = tcp_route((1..=65_535).filter(|port| *port != 15_000))
        + &target("t", "d", "s", "{kind: TCPRoute, name: t}");
    let migration = plan(&text, Mesh::Cilium);
    check(&migration);
    let json = serde_json::to_value(&migration.objects()[0]).unwrap();
    let expected = serde_json::json!([
        {"port": "1", "endPort": 14_999, "protocol": "TCP"},
        {"port": "15001", "endPort": 65_535, "protocol": "TCP"},
    ]);
    assert_eq!(json["spec"]["ingress"][0]["toPorts"][0]["ports"], expected);
}

#[test]
fn a_split_of_five_thousand_backends() {
    let mut text = "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
                    metadata: {name: s}\nspec:\n  service: web\n  backends:\n"
        .to_owned();
    for n in 0..5000 {
        writeln!(text, "  - {{service: v{n}, weight: {}}}", n % 7).unwrap();
    }
    let migration = plan(&text, Mesh::Istio);
    assert!(migration.objects().is_empty());
    assert!(migration.findings().iter().any(|own| own.code == "too-many-backends"));
}

#[test]
fn nasty_expressions() {
    let nasty = [
        "(a*)*$",
        "/(.*a){20}$",
        "/(a|aa)+$",
        "/.*.*.*.*.*.*.*.*x$",
        "/(x|y){1,1000}$",
        "/[^/]{0,900}/[^/]{0,900}$",
        "/(?i:ſ|K|k)+$",
        "/\\pL{1,50}$",
        "/((((((((((a?)?)?)?)?)?)?)?)?)?)?$",
        "/.*[01].{12}$",
        "/(a?){50}a{50}$",
        "\\Q/..\\E.*",
    ];
    let matches = nasty.iter().flat_map(|own| {
        let own = own.replace('\'', "''");
        [format!("pathRegex: '{own}'"), format!("headers: [{{x-a: '{own}'}}]")]
    });
    let long = "a".repeat(63);
    let mut text = group("g", matches) + &tcp_route([8080]);
    for n in 0..2 {
        text += &target(&format!("t{n}"), &long, &format!("s{n}"), RULES);
        let one = format!("{{kind: HTTPRouteGroup, name: g, matches: [m{n}, m{}]}}", n + 7);
        text += &target(&format!("u{n}"), &long, &format!("u{n}"), &one);
    }
    for (service, index) in [("web", 0), (long.as_str(), 1)] {
        writeln!(
            text,
            "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
             metadata: {{name: s{index}}}\nspec: {{service: {service}, backends: [{{service: v1, \
             weight: 1}}], matches: [{{kind: HTTPRouteGroup, name: g}}]}}"
        )
        .unwrap();
    }
    for mesh in [Mesh::Linkerd, Mesh::Cilium] {
        check(&plan(&text, mesh));
    }
}

#[test]
fn names_at_their_limits() {
    let account = format!("{}.{}", "a".repeat(63), "b".repeat(189));
    assert_eq!(account.len(), 253);
    let mut text = group("g", ["pathRegex: '/a$'".to_owned()]) + &tcp_route([80, 8080]);
    for n in 0..3 {
        let name = format!("{n}{}.{}", "a".repeat(62), "b".repeat(189));
        text += &target(&name, &account, &name, RULES);
        let name = format!("{n}{}", "c".repeat(252));
        text += &target(&name, &account, &format!("s{n}"), "{kind: TCPRoute, name: t}");
    }
    for mesh in MESHES {
        let migration = plan(&text, mesh);
        check(&migration);
        let names: std::collections::BTreeSet<(&str, &str)> =
            migration.objects().iter().map(|own| (own.kind(), own.name())).collect();
        assert_eq!(names.len(), migration.objects().len(), "each name once");
    }
}
