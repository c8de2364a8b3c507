//! Nobody is let in whom SMI keeps out, and those whom the report promises are let in.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use smi_gateway_api::{Finding, Level, Mesh, Migration, Object, Options, Verdict};
use smi_policy::{
    HttpRequest, HttpRequires, Identity, PathMode, Policy, RepeatedHeaders, Request as Asked,
    Semantics, Verdict as Decided,
};

use crate::meshes::{self, Caller, Pod, Traffic};
use crate::request::Request;
use crate::{resources, schema, worlds};

const PODS: &[Pod] = &[
    pod("shop", "web", "web", &[]),
    pod("shop", "cart", "cart", &[]),
    // The selector of the second takes the first too.
    pod("shop", "cart", "cart", &[("tier", "x"), ("ver", "1")]),
    pod("shop", "cart", "cart", &[("ver", "1"), ("tier", "y")]),
    // One that shares its label with a pod of another account.
    pod("shop", "one", "shared", &[]),
    pod("shop", "two", "shared", &[]),
    pod("other", "web", "web", &[]),
    // One in whose namespace no target ever is.
    pod("quiet", "web", "web", &[]),
];
const ACCOUNTS: &[(&str, &str)] =
    &[("shop", "web"), ("shop", "cart"), ("shop", "eve"), ("other", "web"), ("other", "eve")];
const ADDRESSES: &[&str] = &["10.1.2.3", "10.2.0.1", "2001:db8::1"];
const PORTS: &[u16] = &[80, 8080, 9000, 9999];

const fn pod(
    namespace: &'static str,
    account: &'static str,
    app: &'static str,
    more: &'static [(&'static str, &'static str)],
) -> Pod {
    Pod { namespace, account, app, more }
}

pub(crate) fn manifests() -> String {
    let workload = |pod: &Pod| {
        let Pod { namespace, account, app, more } = pod;
        let label = |(key, value): &(&str, &str)| format!("{key}: '{value}'");
        let labels: Vec<String> = more.iter().map(label).chain([format!("app: {app}")]).collect();
        let (selector, labels) = (&labels[0], labels.join(", "));
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\n\
             metadata: {{name: {account}, namespace: {namespace}}}\n\
             spec: {{selector: {{matchLabels: {{{selector}}}}}, template: {{metadata: {{labels: \
             {{{labels}}}}}, spec: {{serviceAccountName: {account}, containers: \
             [{{name: a, ports: [{{containerPort: 8080}}, {{containerPort: 9000}}]}}]}}}}}}\n"
        )
    };
    PODS.iter().map(workload).collect()
}

pub(crate) fn targets() -> impl Strategy<Value = String> {
    let subject = |field: &'static str, names: &'static [&'static str]| {
        let name = worlds::mostly(names, &["eve", "*", "bound", "missing"]);
        let namespace = worlds::mostly(&[None, None, Some("shop")], &[Some("other")]);
        let kind = worlds::mostly(&["ServiceAccount"], &["IdentityBinding", "Pod"]);
        (name, namespace, kind).prop_map(move |(name, namespace, kind)| {
            let kind = if name == "bound" { "IdentityBinding" } else { kind };
            let namespace = namespace.map_or(String::new(), |own| format!(", namespace: {own}"));
            let text = format!("{{kind: {kind}, name: '{name}'{namespace}}}");
            if field.is_empty() { text } else { format!("{field}: {text}") }
        })
    };
    let kinds = ["HTTPRouteGroup", "HTTPRouteGroup", "HTTPRouteGroup", "TCPRoute"];
    let rule = (
        worlds::mostly(&kinds, &["UDPRoute", "Other"]),
        worlds::mostly(&[0, 1, 2], &[3]),
        worlds::mostly(&[None, None, Some(0), Some(1)], &[Some(9)]),
    )
        .prop_map(|(kind, name, selected)| {
            let name = match kind {
                "HTTPRouteGroup" => format!("g{name}"),
                _ => format!("t{name}"),
            };
            let matches = match selected.filter(|_| kind == "HTTPRouteGroup") {
                None => String::new(),
                Some(index) => format!(", matches: [m{index}]"),
            };
            format!("{{kind: {kind}, name: {name}{matches}}}")
        });
    let target = (
        subject("destination", &["web", "web", "cart", "one"]),
        prop::collection::vec(subject("", &["web", "cart", "eve"]), 1..3),
        prop::collection::vec(rule, 1..3),
        worlds::mostly(&["shop"], &["other"]),
    );
    let routes: String =
        [("t0", "ports: [8080]"), ("t1", "ports: [80, 9000]"), ("t2", "ports: []")]
            .iter()
            .flat_map(|(name, ports)| {
                ["TCPRoute", "UDPRoute"].map(|kind| {
                    format!(
                        "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: {kind}\n\
                     metadata: {{name: {name}, namespace: shop}}\nspec: {{matches: {{{ports}}}}}\n"
                    )
                })
            })
            .collect();
    prop::collection::vec(target, 1..5).prop_map(move |targets| {
        let mut text = routes.clone()
            + "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: IdentityBinding\n\
               metadata: {name: bound, namespace: shop}\n\
               spec: {schemes: {serviceAccount: cart}}\n";
        for (index, (destination, sources, rules, namespace)) in targets.into_iter().enumerate() {
            text += &format!(
                "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
                 metadata: {{name: t{index}, namespace: {namespace}}}\n\
                 spec: {{{destination}, sources: [{}], rules: [{}]}}\n",
                sources.join(","),
                rules.join(",")
            );
        }
        text
    })
}

/// Networks that some accounts are restricted to: with namespace and name, and the addresses within.
#[derive(Clone, Debug)]
struct Network {
    cidr: &'static str,
    account: (&'static str, &'static str),
    within: &'static [&'static str],
}

fn networks() -> impl Strategy<Value = Vec<Network>> {
    let cidrs: &[(&str, &[&str])] = &[
        ("10.1.0.0/16", &["10.1.2.3"]),
        ("10.0.0.0/8", &["10.1.2.3", "10.2.0.1"]),
        ("10.2.0.1/32", &["10.2.0.1"]),
        ("2001:db8::/32", &["2001:db8::1"]),
        ("192.0.2.0/24", &[]),
    ];
    let network = (select(cidrs), select(&ACCOUNTS[..4]))
        .prop_map(|((cidr, within), account)| Network { cidr, account, within });
    prop::option::weighted(0.4, prop::collection::vec(network, 1..4))
        .prop_map(Option::unwrap_or_default)
}

/// Whether the networks of an account, if it has any, have its address.
fn is_within(networks: &[Network], caller: Caller) -> bool {
    let account = (caller.namespace, caller.account);
    let mut own = networks.iter().filter(|own| own.account == account).peekable();
    own.peek().is_none()
        || own.any(|own| own.within.iter().any(|own| own.parse() == Ok(caller.address)))
}

/// All callers, from all addresses if there are networks.
fn callers(networks: &[Network]) -> impl Iterator<Item = Caller> {
    let addresses = if networks.is_empty() { &ADDRESSES[..1] } else { ADDRESSES };
    ACCOUNTS.iter().flat_map(move |&(namespace, account)| {
        addresses.iter().map(move |address| {
            let address = address.parse().unwrap();
            Caller { namespace, account, address }
        })
    })
}

fn is_allowed(policy: &Policy, pod: &Pod, caller: Caller, port: u16, traffic: &Traffic) -> bool {
    let source = Identity::service_account(caller.namespace, caller.account);
    let destination = Identity::service_account(pod.namespace, pod.account);
    let decision = match traffic {
        Traffic::Http(request) => {
            let headers: Vec<(&str, &str)> = request
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let mut http = HttpRequest::new(&request.method, &request.target).headers(&headers);
            if let Some(authority) = &request.authority {
                http = http.authority(authority);
            }
            policy.authorize(&Asked::http(Some(&source), &destination, port, http))
        }
        Traffic::Tcp => policy.authorize(&Asked::tcp(Some(&source), &destination, port)),
        Traffic::Udp => policy.authorize(&Asked::udp(Some(&source), &destination, port)),
    };
    decision.verdict() == Decided::Allow
}

/// Compares a mesh with SMI, and returns whether the report promises that whom SMI lets in, the mesh
/// does.
fn check(
    text: &str,
    mesh: Mesh,
    semantics: &Semantics,
    networks: &[Network],
    requests: &[Request],
) -> Result<bool, TestCaseError> {
    let resources = resources(text);
    let mut options = Options::default().mesh(mesh).semantics(semantics.clone());
    for Network { cidr, account: (namespace, name), .. } in networks {
        options = options.network(cidr.parse().unwrap(), *namespace, *name);
    }
    let migration = Migration::plan(&resources, &options);
    let objects: Vec<Value> =
        migration.objects().iter().map(|object| serde_json::to_value(object).unwrap()).collect();
    let policy = Policy::from_resources(&resources, semantics.clone());
    let worst = migration.verdicts().map(|(_, verdict)| verdict).max().unwrap_or(Verdict::Exact);
    // Where nothing but networks was narrowed, those within them are let in as ever.
    let narrows = |own: &Finding| own.verdict == Verdict::Narrowed && own.code != "network";
    let is_narrowed = migration.findings().iter().any(narrows);
    let promised = if is_narrowed { Verdict::Caveat } else { Verdict::Narrowed };
    let traffic: Vec<Traffic> =
        requests.iter().cloned().map(Traffic::Http).chain([Traffic::Tcp, Traffic::Udp]).collect();
    for object in &objects {
        schema::check(object);
        let from = &object["metadata"]["annotations"]["smi-spec.io/migrated-from"];
        prop_assert!(from.as_str().is_some_and(|from| !from.is_empty()), "{object}");
    }
    for pod in PODS {
        for caller in callers(networks) {
            for &port in PORTS {
                for traffic in &traffic {
                    let ask = match mesh {
                        Mesh::Linkerd => meshes::linkerd,
                        Mesh::Istio => meshes::istio,
                        Mesh::Cilium => meshes::cilium,
                        _ => meshes::gateway_api,
                    };
                    let answer = ask(&objects, pod, caller, port, traffic);
                    let expected = is_within(networks, caller)
                        && is_allowed(&policy, pod, caller, port, traffic);
                    prop_assert!(
                        expected || !answer,
                        "{mesh:?} lets {caller:?} into {pod:?} on {port}: {traffic:?}\n{text}\n{}",
                        migration.to_yaml().unwrap()
                    );
                    // How many fields of one name are read is a caveat of its own, and with paths as
                    // they are, what is said of them is said of normalised ones.
                    let is_as_is = semantics.http.path_mode == PathMode::AsIs;
                    let is_odd = matches!(traffic, Traffic::Http(own)
                        if own.has_repeated_headers() || is_as_is && !is_normalised(own));
                    prop_assert!(
                        is_odd || answer || !expected || worst > promised,
                        "{mesh:?} keeps {caller:?} out of {pod:?} on {port}: {traffic:?}\n{text}\n{}",
                        migration.to_yaml().unwrap()
                    );
                }
            }
        }
    }
    Ok(worst <= promised)
}

pub(crate) fn semantics() -> impl Strategy<Value = Semantics> {
    let presets = select(vec![
        Semantics::spec(),
        Semantics::spec(),
        Semantics::osm(),
        Semantics::traefik_mesh(),
        Semantics::nginx(),
        Semantics::linkerd(),
    ]);
    let modes =
        select(vec![PathMode::Strict, PathMode::Strict, PathMode::Normalize, PathMode::AsIs]);
    (presets, modes, any::<bool>(), any::<bool>()).prop_map(|(semantics, mode, single, any)| {
        let mut semantics = semantics.with_path_mode(mode);
        if single {
            semantics.http.repeated_headers = RepeatedHeaders::Any;
        }
        if any {
            semantics.http_requires = HttpRequires::AnyRule;
        }
        semantics
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn nobody_is_let_in_whom_smi_keeps_out(
        groups in worlds::groups(),
        targets in targets(),
        semantics in semantics(),
        networks in networks(),
        requests in prop::collection::vec(worlds::request(), 12),
    ) {
        let is_sent = |own: &Request| semantics.http.path_mode != PathMode::AsIs || is_ascii(own);
        let requests: Vec<Request> = requests.into_iter().filter(is_sent).collect();
        let text = manifests() + &groups + &targets;
        for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
            let options = Options::default().mesh(mesh).semantics(semantics.clone());
            let plan = |text: &str| Migration::plan(&resources(text), &options);
            if mesh == Mesh::Linkerd {
                let turned_round = worlds::turned_round(&text);
                prop_assert_eq!(plan(&text), plan(&turned_round), "the order of the input");
            }
            check(&text, mesh, &semantics, &networks, &requests)?;
        }
    }
}

/// Whether whoever says that paths are normalised sends this.
fn is_ascii(request: &Request) -> bool {
    request.target.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether this is what a mesh makes of a path that it normalises.
fn is_normalised(request: &Request) -> bool {
    is_ascii(request)
        && !["//", "/.", "%", "\\", ";"].iter().any(|odd| request.target.contains(odd))
}

/// Targets of one destination that say which requests and which port, so that little of them is
/// narrowed, and that overlap.
fn overlapping_targets() -> impl Strategy<Value = String> {
    let target = (select(vec!["web", "cart", "eve"]), 0..3_u32);
    prop::collection::vec(target, 2..4).prop_map(|targets| {
        let route = "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\n\
                     metadata: {name: t0, namespace: shop}\nspec: {matches: {ports: [8080]}}\n";
        let mut text = route.to_owned();
        for (index, (source, group)) in targets.into_iter().enumerate() {
            text += &format!(
                "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
                 metadata: {{name: t{index}, namespace: shop}}\nspec: {{destination: \
                 {{kind: ServiceAccount, name: cart}}, sources: [{{kind: ServiceAccount, name: \
                 {source}}}], rules: [{{kind: HTTPRouteGroup, name: g{group}}}, \
                 {{kind: TCPRoute, name: t0}}]}}\n"
            );
        }
        text
    })
}

#[test]
fn whom_the_report_promises_to_let_in_gets_in() {
    let config =
        ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) };
    let worlds =
        (worlds::groups(), overlapping_targets(), prop::collection::vec(worlds::request(), 12));
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium] {
        let promised = Cell::new(0_u32);
        let mut semantics = Semantics::default().with_path_mode(PathMode::AsIs);
        semantics.http.repeated_headers = match mesh {
            Mesh::Linkerd => RepeatedHeaders::Any,
            _ => RepeatedHeaders::Joined,
        };
        let judged = |(groups, targets, requests): (String, String, Vec<Request>)| {
            let requests: Vec<Request> = requests.into_iter().filter(is_ascii).collect();
            let text = manifests() + &groups + &targets;
            let is_promised = check(&text, mesh, &semantics, &[], &requests)?;
            promised.set(promised.get() + u32::from(is_promised));
            Ok(())
        };
        TestRunner::new(config.clone()).run(&worlds, judged).unwrap();
        println!("{mesh:?} promised to let everybody in in {} worlds", promised.get());
        assert!(promised.get() > 0, "{mesh:?} promised nothing");
    }
}

/// `cart` for `web`, on one port.
pub(crate) const ONE_TARGET: &str = "---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: t0, namespace: shop}
spec: {matches: {ports: [8080]}}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {name: t, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: cart}
  sources: [{kind: ServiceAccount, name: web}, {kind: ServiceAccount, name: eve}]
  rules: [{kind: TCPRoute, name: t0}]
";

fn json(migration: &Migration) -> Vec<Value> {
    migration.objects().iter().map(|own| serde_json::to_value(own).unwrap()).collect()
}

fn has(migration: &Migration, object: &str, code: &str, level: Level) -> bool {
    let found =
        |own: &Finding| own.object.to_string() == object && own.code == code && own.level == level;
    migration.findings().iter().any(found)
}

#[test]
fn a_network_is_asked_for_besides_the_certificate() {
    let text = manifests() + ONE_TARGET;
    let options = Options::default()
        .network("10.1.7.7/16".parse().unwrap(), "shop", "web")
        .network("2001:db8::/32".parse().unwrap(), "shop", "web")
        .network("192.0.2.0/24".parse().unwrap(), "shop", "wbe");
    let linkerd = Migration::plan(&resources(&text), &options.clone().mesh(Mesh::Linkerd));
    let objects = json(&linkerd);
    let network = objects.iter().find(|own| own["kind"] == "NetworkAuthentication").unwrap();
    let expected = serde_json::json!([{"cidr": "10.1.0.0/16"}, {"cidr": "2001:db8::/32"}]);
    assert_eq!(network["spec"]["networks"], expected);
    assert_eq!(network["metadata"]["name"], "from-10.1.0.0-16.from-2001-db8---32");
    let refs: Vec<&Value> = objects
        .iter()
        .filter(|own| own["kind"] == "AuthorizationPolicy")
        .map(|own| &own["spec"]["requiredAuthenticationRefs"])
        .collect();
    let group = "policy.linkerd.io";
    let expected = [
        serde_json::json!([{"group": group, "kind": "MeshTLSAuthentication", "name": "eve"}]),
        serde_json::json!([
            {"group": group, "kind": "MeshTLSAuthentication", "name": "web"},
            {"group": group, "kind": "NetworkAuthentication", "name": network["metadata"]["name"]},
        ]),
    ];
    // For each Server.
    let expected: Vec<&Value> = expected.iter().collect();
    assert!(refs.chunks(expected.len()).all(|own| own == expected), "{refs:?}");

    let istio = Migration::plan(&resources(&text), &options.clone().mesh(Mesh::Istio));
    let expected = serde_json::json!([
        {"source": {"principals": ["cluster.local/ns/shop/sa/eve"]}},
        {"source": {
            "principals": ["cluster.local/ns/shop/sa/web"],
            "ipBlocks": ["10.1.0.0/16", "2001:db8::/32"],
        }},
    ]);
    assert_eq!(json(&istio)[0]["spec"]["rules"][0]["from"], expected);
    let target = "TrafficTarget shop/t";
    for migration in [&linkerd, &istio] {
        assert!(has(migration, target, "network", Level::Warning));
        assert!(has(migration, "ServiceAccount shop/wbe", "unused-network", Level::Warning));
        assert_eq!(migration.summary().narrowed, 1);
    }
    // Cilium and GEP-3779 have no rule for both: the caller is left out.
    for mesh in [Mesh::Cilium, Mesh::GatewayApi] {
        let migration = Migration::plan(&resources(&text), &options.clone().mesh(mesh));
        assert!(has(&migration, target, "network", Level::Error));
        let yaml = migration.to_yaml().unwrap();
        assert!(yaml.contains("eve") && !yaml.contains(": web\n"), "{yaml}");
    }
}

#[test]
fn a_spiffe_id_of_an_account_is_restricted_like_the_account() {
    let text = manifests()
        + &ONE_TARGET
            .replace("{kind: ServiceAccount, name: web}", "{kind: IdentityBinding, name: b}")
        + "---
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: b, namespace: shop}
spec: {schemes: {spiffeIdentities: ['cluster.local/ns/shop/sa/web', 'elsewhere.org/web']}}
";
    let options = Options::default().network("10.1.0.0/16".parse().unwrap(), "shop", "web");
    let migration = Migration::plan(&resources(&text), &options.clone().mesh(Mesh::Istio));
    let from = &json(&migration)[0]["spec"]["rules"][0]["from"];
    let restricted =
        from.as_array().unwrap().iter().find(|own| !own["source"]["ipBlocks"].is_null());
    let principals = &restricted.unwrap()["source"]["principals"];
    assert_eq!(*principals, serde_json::json!(["cluster.local/ns/shop/sa/web"]), "{from}");
    let migration = Migration::plan(&resources(&text), &options.mesh(Mesh::GatewayApi));
    assert!(!migration.to_yaml().unwrap().contains("ns/shop/sa/web"));
}

/// Whether nothing is opened: there is the default deny of three namespaces alone.
fn denies_alone(migration: &Migration) -> bool {
    let is_deny = |own: &Object| own.name() == "smi-default-deny" || own.kind() == "Namespace";
    migration.objects().len() == 3 && migration.objects().iter().all(is_deny)
}

#[test]
fn names_that_a_mesh_takes_for_wildcards_are_refused() {
    for source in ["'*'", "'a*'", "'web/x'", "Web"] {
        let text = manifests()
            + "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\n\
               metadata: {name: t0, namespace: shop}\nspec: {matches: {ports: [8080]}}\n"
            + &format!(
                "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
                 metadata: {{name: t, namespace: shop}}\nspec: {{destination: {{kind: \
                 ServiceAccount, name: cart}}, sources: [{{kind: ServiceAccount, name: {source}}}], \
                 rules: [{{kind: TCPRoute, name: t0}}]}}\n"
            );
        for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
            let migration = Migration::plan(&resources(&text), &Options::default().mesh(mesh));
            assert!(denies_alone(&migration), "{source}");
            assert!(migration.findings().iter().any(|finding| finding.code == "account-name"));
        }
    }
}

/// A target of `destination` for `web`, with one match.
fn one_match(destination: &str, own: &str) -> String {
    manifests()
        + &format!(
            "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
             metadata: {{name: g, namespace: shop}}\nspec: {{matches: [{{name: m, {own}}}]}}\n---\n\
             apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
             metadata: {{name: t, namespace: shop}}\nspec: {{destination: {{kind: ServiceAccount, \
             name: {destination}}}, sources: [{{kind: ServiceAccount, name: web}}], \
             rules: [{{kind: HTTPRouteGroup, name: g}}]}}\n"
        )
}

#[track_caller]
fn refused(text: &str, options: &Options, code: &str) {
    let migration = Migration::plan(&resources(text), options);
    assert!(denies_alone(&migration));
    let codes: Vec<&str> = migration.findings().iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&code), "{codes:?}");
    assert_eq!(migration.summary().refused, 1);
}

/// A Server takes the place of what Linkerd assumes, and finding out what is spoken takes ten seconds
/// where the server speaks first.
#[test]
fn linkerd_does_not_look_into_ports_of_other_protocols() {
    let service = |more: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: cart, namespace: shop}}\n\
             spec: {{selector: {{app: cart}}, ports: [{{port: 80, targetPort: 8080{more}}}]}}\n"
        )
    };
    let http = "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
                metadata: {name: u, namespace: shop}\nspec: {destination: {kind: ServiceAccount, \
                name: cart}, sources: [{kind: ServiceAccount, name: web}], rules: [{kind: \
                HTTPRouteGroup, name: g}]}\n---\napiVersion: specs.smi-spec.io/v1alpha4\n\
                kind: HTTPRouteGroup\nmetadata: {name: g, namespace: shop}\nspec: {matches: [{name: m, \
                methods: [GET]}]}\n";
    let redis = ONE_TARGET.replace("8080", "6379");
    for (text, protocol) in [
        (ONE_TARGET.to_owned(), "unknown"),
        (service(", appProtocol: http") + ONE_TARGET, "unknown"),
        (service(", appProtocol: mysql") + ONE_TARGET, "opaque"),
        (service(", appProtocol: mysql") + ONE_TARGET + http, "unknown"),
        (redis.clone(), "opaque"),
        (redis + http, "unknown"),
    ] {
        let options = Options::default().mesh(Mesh::Linkerd).account_label("app");
        let objects = json(&Migration::plan(&resources(&text), &options));
        let server = objects.iter().find(|own| own["kind"] == "Server").unwrap();
        assert_eq!(server["spec"]["proxyProtocol"], protocol, "{text}");
    }
}

/// Envoy takes programs of 100 instructions unless it is told otherwise, and Cilium drops all policies
/// of the pods with one that is larger.
#[test]
fn what_is_too_large_for_ciliums_proxy_is_said() {
    let plan = |own: &str, mode| {
        let semantics = Semantics::default().with_path_mode(mode);
        let options = Options::default().mesh(Mesh::Cilium).semantics(semantics);
        Migration::plan(&resources(&one_match("cart", own)), &options)
    };
    let target = "TrafficTarget shop/t";
    for (own, is_large) in
        [("/api/.*", true), ("/api/[a-z]+$", false), ("/[0-9]{101}$", true), ("/api$", false)]
    {
        let migration = plan(&format!("pathRegex: '{own}'"), PathMode::Strict);
        assert_eq!(has(&migration, target, "regex-size", Level::Warning), is_large, "{own}");
        // The worst of the target but for the ports.
        assert!(migration.to_yaml().unwrap().contains("path: "), "{own}");
    }
    let short = plan("pathRegex: '/api/.*'", PathMode::AsIs);
    assert!(!has(&short, target, "regex-size", Level::Warning));
    let yaml = short.to_yaml().unwrap();
    assert!(yaml.contains(r#"path: /api/[\!-\"\$->\@-\~]*(?:\?.*)?"#), "{yaml}");
}

/// SMI has the authority as it was sent, and of an absolute target that of the target.
#[test]
fn conditions_on_the_authority_are_left_out() {
    for name in ["host", "Host", "':authority'"] {
        let text = one_match("cart", &format!("headers: [{{{name}: web}}]"));
        for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium] {
            let mut options = Options::default().mesh(mesh);
            refused(&text, &options, "authority");
            let mut semantics = Semantics::default();
            semantics.http.repeated_headers = RepeatedHeaders::Any;
            options = options.semantics(semantics);
            refused(&text, &options, "authority");
        }
    }
}

#[test]
fn conditions_that_a_mesh_would_widen_are_left_out() {
    let mesh = |mesh| Options::default().mesh(mesh);
    // Linkerd lets pass if one of several fields matches.
    let header = one_match("cart", "headers: [{x-user: ada}]");
    refused(&header, &mesh(Mesh::Linkerd), "repeated-header");
    // Istio's prefixes let `//` and the like pass.
    let prefix = one_match("cart", "pathRegex: '/api(/.*)?$'");
    refused(&prefix, &mesh(Mesh::Istio), "unclean-path");
    // Another account's pods have the same labels.
    let shared = one_match("one", "pathRegex: '/api$'");
    for own in [Mesh::Linkerd, Mesh::Istio] {
        refused(&shared, &mesh(own), "shared-labels");
    }
    // GEP-3779 knows connections only.
    refused(&prefix, &mesh(Mesh::GatewayApi), "http");
    // Without a trust domain, Istio's list of callers would be empty, and so admit everybody.
    let nobody = Semantics::default().with_trust_domains(Vec::new());
    refused(
        &one_match("cart", "pathRegex: '/api$'"),
        &mesh(Mesh::Istio).semantics(nobody),
        "no-trust-domain",
    );
}
