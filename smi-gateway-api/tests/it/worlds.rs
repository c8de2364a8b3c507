//! Generated manifests and requests.

use proptest::prelude::*;
use proptest::sample::select;

use crate::request::Request;

const PATTERNS: &[&str] = &[
    "/api",
    "/api$",
    "/api/.*",
    "/api(/|$)",
    "/api(/.*)?$",
    "/api/v1",
    "/api/v[0-9]+$",
    "/a",
    "/a$",
    ".*",
    "/.*",
    "/",
    "/(api|shop)$",
    "/(api|shop)(/.*)?$",
    "/shop/[^/]+/x$",
    "/shop/.*/x",
    "/api/v1/$",
    "/[a-z]+$",
    "/(?!x)",
    "/api/\\d+",
    "/()",
    "(?i)/API$",
    "/shop/(|a|ab)$",
    "/a\\.b$",
    "/x{2}$",
    "/users/{id}$",
    "/a|/ab",
    "/shop/.+",
];
const PATHS: &[&str] = &[
    "/",
    "/a",
    "/ab",
    "/api",
    "/apix",
    "/api/",
    "/api/v1",
    "/api/v1/",
    "/api/v1/x",
    "/api/v12",
    "/shop",
    "/shop/",
    "/shop/a",
    "/shop/a/x",
    "/shop/a/b/x",
    "/shop/a/xy",
    "/other",
    "/API",
    "/a.b",
    "/axb",
    "/xx",
    "/users/{id}",
    "/api/7",
    "/api/٣",
    "/shop/a?q=/x",
    "/other?x=/api",
    "/api?x",
    "/api//x",
    "//api",
    "/api/../a",
    "/shop/./x",
    "/shop/..;/x",
    "/api/%61",
    "/api/%2f",
    "/shop/%20/x",
    "/api/..",
    "/shop//x",
    "/%61pi",
    "/api\\x",
    "/a/../api",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "get", "PURGE"];
/// Paths of gRPC are `/service/method`.
const GRPC_PATTERNS: &[&str] = &[
    "/shop\\.Cart/Get$",
    "/shop\\.Cart/Put$",
    "/shop\\.Cart/.*",
    "/shop\\.Cart(/.*)?$",
    "/shop\\.Cart/(Get|Put)$",
    "/shop\\.Catalog/Get$",
    "/shop\\.Catalog(/.*)?$",
    ".*",
    "/shop\\.Cart/Get",
    "/shop\\.C[a-z]+/Get$",
    "/shop.Cart/Get$",
    "/shop\\.Cart/[A-Z][a-z]+$",
    "/Cart/Get$",
    "/shop\\.Cart/Get/$",
    "/shop\\.Cart",
    "/(shop\\.Cart|Cart)/Get$",
];
const GRPC_PATHS: &[&str] = &[
    "/shop.Cart/Get",
    "/shop.Cart/Put",
    "/shop.Cart/GetAll",
    "/shop.Catalog/Get",
    "/shop.Catalog/List",
    "/shop.Carts/Get",
    "/Cart/Get",
    "/shopXCart/Get",
    "/other.S/Get",
];
const HEADERS: &[(&str, &str)] = &[
    ("x-user", "ada"),
    ("x-user", "ada|eve"),
    ("x-user", ".*"),
    ("x-user", "e.*"),
    ("X-Beta", "1"),
    ("x-beta", "[01]"),
    ("host", "web"),
    ("x-user", ""),
    ("x-beta", "1,2"),
    (":authority", "WEB|web:80"),
];
const VALUES: &[(&str, &str)] = &[
    ("x-user", "ada"),
    ("x-user", "eve"),
    ("x-user", "bob"),
    ("x-user", ""),
    ("x-beta", "1"),
    ("x-beta", "0"),
    ("x-beta", "2"),
    ("Host", "web"),
    ("Host", "WEB"),
    ("x-user", "ada, eve"),
];
const AUTHORITIES: &[&str] = &["web", "WEB", "web:80", "other"];

/// The same documents in another order.
pub(crate) fn turned_round(text: &str) -> String {
    let mut documents: Vec<&str> = text.split("---\n").filter(|own| !own.is_empty()).collect();
    documents.reverse();
    documents.join("---\n")
}

/// Mostly one of the first, rarely one of the second.
pub(crate) fn mostly<T: Clone + std::fmt::Debug + 'static>(
    often: &[T],
    rarely: &[T],
) -> impl Strategy<Value = T> + use<T> {
    let (often, rarely) = (often.to_vec(), rarely.to_vec());
    (0..40_u32, any::<prop::sample::Index>()).prop_map(move |(dice, index)| match dice {
        0 => rarely[index.index(rarely.len())].clone(),
        _ => often[index.index(often.len())].clone(),
    })
}

/// One match of an HTTPRouteGroup, as YAML in flow style.
fn http_match(
    name: String,
    path: impl Strategy<Value = &'static str>,
    methods: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    let methods = prop::collection::vec(methods, 0..3);
    let path = prop::option::weighted(0.7, path);
    let headers = prop::collection::vec(mostly(&HEADERS[..6], HEADERS), 0..2);
    let headers = prop::option::weighted(0.4, headers);
    (path, methods, headers).prop_map(move |(path, methods, headers)| {
        let mut text = format!("name: {name}");
        if let Some(path) = path {
            text += &format!(", pathRegex: '{path}'");
        }
        if !methods.is_empty() {
            text += &format!(", methods: ['{}']", methods.join("','"));
        }
        if let Some(headers) = headers.filter(|headers| !headers.is_empty()) {
            let header = |(name, value): &(&str, &str)| format!("{{{name}: '{value}'}}");
            let headers: Vec<String> = headers.iter().map(header).collect();
            text += &format!(", headers: [{}]", headers.join(","));
        }
        format!("{{{text}}}")
    })
}

/// Groups g0 to g2.
pub(crate) fn groups() -> impl Strategy<Value = String> {
    groups_of(|| mostly(&PATTERNS[..14], PATTERNS), || mostly(&METHODS[..2], METHODS))
}

/// Groups g0 to g2, about requests of gRPC.
pub(crate) fn grpc_groups() -> impl Strategy<Value = String> {
    groups_of(|| mostly(&GRPC_PATTERNS[..8], GRPC_PATTERNS), || mostly(&["POST"], METHODS))
}

/// Groups g0 to g2 of so many matches that their rules need several routes.
pub(crate) fn large_groups() -> impl Strategy<Value = String> {
    let path = (0..24_u32, 0..60_u32).prop_map(|(name, kind)| match kind {
        0..34 => format!("/p{name}$"),
        34..54 => format!("/p{name}(/.*)?$"),
        54..59 => format!("/p{name}/x$"),
        _ => format!("/p{name}/[a-z]+$"),
    });
    let method = prop::option::weighted(0.3, select(&["GET", "POST"][..]));
    let header = prop::option::weighted(0.3, select(&HEADERS[..2]));
    let one = (path, method, header).prop_map(|(path, method, header)| {
        let method = method.map_or(String::new(), |own| format!(", methods: [{own}]"));
        let header = header
            .map_or(String::new(), |(name, value)| format!(", headers: [{{{name}: '{value}'}}]"));
        format!("{{name: m, pathRegex: '{path}'{method}{header}}}")
    });
    let group = prop::collection::vec(one, 40..110);
    [group.clone(), group.clone(), group].prop_map(|groups| {
        let mut text = String::new();
        for (index, matches) in groups.into_iter().enumerate() {
            text += &format!(
                "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                 metadata: {{name: g{index}, namespace: shop}}\nspec: {{matches: [{}]}}\n",
                matches.join(",")
            );
        }
        text
    })
}

/// Requests that such groups are about.
pub(crate) fn large_request() -> impl Strategy<Value = Request> {
    let target = (0..26_u32, select(&["", "/", "/x", "/xyz", "/7", "x"][..]));
    let headers = prop::collection::vec(select(&VALUES[..3]), 0..2);
    (select(&["GET", "POST", "PUT"][..]), target, headers).prop_map(
        |(method, (name, end), headers)| Request {
            method: method.to_owned(),
            target: format!("/p{name}{end}"),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            authority: None,
        },
    )
}

fn groups_of<P, M>(path: impl Fn() -> P, method: impl Fn() -> M) -> impl Strategy<Value = String>
where
    P: Strategy<Value = &'static str>,
    M: Strategy<Value = &'static str>,
{
    let group = |name: usize| {
        let http_match = |index| http_match(format!("m{index}"), path(), method());
        let matches: Vec<_> = (0..3).map(http_match).collect();
        (matches, 1..4_usize).prop_map(move |(matches, count)| {
            let matches = matches[..count].join(",");
            format!(
                "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                 metadata: {{name: g{name}, namespace: shop}}\nspec: {{matches: [{matches}]}}\n"
            )
        })
    };
    (group(0), group(1), group(2)).prop_map(|(a, b, c)| a + &b + &c)
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    request_of(mostly(&METHODS[..2], METHODS), PATHS)
}

pub(crate) fn grpc_request() -> impl Strategy<Value = Request> {
    request_of(Just("POST"), GRPC_PATHS)
}

fn request_of(
    method: impl Strategy<Value = &'static str>,
    paths: &'static [&'static str],
) -> impl Strategy<Value = Request> {
    let headers = prop::collection::vec(select(VALUES), 0..3);
    let authority = prop::option::weighted(0.2, select(AUTHORITIES));
    (method, select(paths), headers, authority).prop_map(|(method, target, headers, authority)| {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            authority: authority.map(str::to_owned),
        }
    })
}

/// Splits of `web`, and the Services, which speak HTTP.
pub(crate) fn splits() -> impl Strategy<Value = String> {
    splits_of("http")
}

/// Splits of `web`, and the Services, on whose ports this is spoken.
pub(crate) fn splits_of(traffic: &'static str) -> impl Strategy<Value = String> {
    let backends = prop::collection::vec(
        (mostly(&["v1", "v2", "v3"], &["web", "v4", "web.shop", "v1.other"]), 1..4_u32),
        1..4,
    );
    let split = (
        prop::option::weighted(0.8, prop::collection::vec(mostly(&[0_usize, 1, 2], &[3]), 1..2)),
        backends,
        0..3,
    );
    let protocol = if traffic == "udp" { "UDP" } else { "TCP" };
    prop::collection::vec(split, 1..5).prop_map(move |splits| {
        let mut text = String::new();
        for (name, port) in [("web", 80), ("v1", 80), ("v2", 80), ("v3", 80), ("v4", 81)] {
            text += &format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
                 spec: {{ports: [{{name: {traffic}, port: {port}, protocol: {protocol}}}]}}\n"
            );
        }
        for (index, (matches, backends, age)) in splits.into_iter().enumerate() {
            let backend =
                |(name, weight): &(&str, u32)| format!("{{service: {name}, weight: {weight}}}");
            let backends: Vec<String> = backends.iter().map(backend).collect();
            let matches = matches.map_or(String::new(), |groups| {
                let group = |name: &usize| format!("{{kind: HTTPRouteGroup, name: g{name}}}");
                let groups: Vec<String> = groups.iter().map(group).collect();
                format!(", matches: [{}]", groups.join(","))
            });
            text += &format!(
                "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
                 metadata: {{name: s{index}, namespace: shop, \
                 creationTimestamp: '2024-01-0{}T00:00:00Z'}}\n\
                 spec: {{service: web, backends: [{}]{matches}}}\n",
                age + 1,
                backends.join(","),
            );
        }
        text
    })
}
