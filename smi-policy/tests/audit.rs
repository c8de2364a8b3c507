//! Audits of small policies whose answers are known.

use smi_policy::{
    AnalysisLimits, Audit, Change, DeadMatter, Diff, HttpMatch, HttpRequest, HttpRouteGroup,
    Identity, IdentityBinding, LabelSelector, Limits, ObjectName, PodLabels, Policy, PolicyBuilder,
    PortRoute, Ports, Proof, Request, Rule, Schemes, Semantics, Subject, TrafficTarget, Unselected,
};

fn name(name: &str) -> ObjectName {
    ObjectName::new("shop", name)
}

/// Web may make the requests of these matches of the cart.
fn web_to_cart(matches: impl IntoIterator<Item = HttpMatch>) -> PolicyBuilder {
    with_semantics(Semantics::default(), matches)
}

fn with_semantics(
    semantics: Semantics,
    matches: impl IntoIterator<Item = HttpMatch>,
) -> PolicyBuilder {
    let group = matches.into_iter().fold(HttpRouteGroup::new(name("api")), HttpRouteGroup::with);
    Policy::builder(semantics)
        .http_route_group(group)
        .traffic_target(target("web-to-cart", "web").rule(Rule::http_route_group("api")))
}

fn target(of: &str, source: &str) -> TrafficTarget {
    TrafficTarget::new(name(of), "cart").source(Subject::service_account("shop", source))
}

fn ports(of: &str, ports: &[u16]) -> PortRoute {
    PortRoute { name: name(of), ports: Ports::Only(ports.to_vec()) }
}

fn path(regex: &str) -> HttpMatch {
    HttpMatch::new("m").path_regex(regex)
}

fn diff(old: PolicyBuilder, new: PolicyBuilder) -> Diff {
    Audit::new(old).diff(&Audit::new(new))
}

/// Sign and example of each difference.
fn shown(diff: &Diff) -> Vec<String> {
    assert_eq!(diff.not_compared, []);
    let sign = |change| if change == Change::Allowed { '+' } else { '-' };
    diff.differences.iter().map(|d| format!("{} {}", sign(d.change), d.example)).collect()
}

#[track_caller]
fn assert_diff(old: PolicyBuilder, new: PolicyBuilder, expected: &[&str]) {
    let found = diff(old, new);
    assert_eq!(shown(&found), expected);
    assert_eq!(found.is_same(), expected.is_empty());
}

#[test]
fn a_character_in_a_pattern_is_found() {
    assert_diff(
        web_to_cart([path("/api/v[0-9]")]),
        web_to_cart([path("/api/v[0-9a]")]),
        &["+ GET /api/va from shop/web to shop/cart on port 1"],
    );
    // Among many others, and the other way round.
    let many = |last: &str| (0..100).map(|i| path(&format!("/r{i}/[^/]+/x"))).chain([path(last)]);
    assert_diff(
        web_to_cart(many("/deep/er/[a-y]{3}/end$").collect::<Vec<_>>()),
        web_to_cart(many("/deep/er/[a-x]{3}/end$").collect::<Vec<_>>()),
        &["- GET /deep/er/aay/end from shop/web to shop/cart on port 1"],
    );
}

#[test]
fn what_means_the_same_is_the_same() {
    let same = |old: &[&str], new: &[&str]| {
        let of = |paths: &[&str]| web_to_cart(paths.iter().map(|regex| path(regex)));
        let found = diff(of(old), of(new));
        assert!(found.is_same(), "{old:?} {new:?} {found:#?}");
    };
    same(&["/(a|b)"], &["/b", "/a"]);
    same(&["/a", "/ab"], &["/a"]);
    same(&["/a.*"], &["/a(?s:.*)"]);
    same(&["^/a[0-9]+"], &["/a\\d"]);
    // No clean path has a line break or an empty segment.
    same(&["/a$", "/a\\n", "/b//c"], &["/a$"]);
    // `/()` is not one of the patterns that admit unclean paths, `/` is.
    assert_diff(
        web_to_cart([path("/()")]),
        web_to_cart([path("/")]),
        &["+ GET /%00 from shop/web to shop/cart on port 1"],
    );
}

#[test]
fn methods_and_headers_are_conditions_too() {
    let with = |http_match: HttpMatch| web_to_cart([http_match]);
    assert_diff(
        with(path("/a").method("GET")),
        with(path("/a").method("GET").method("PUT")),
        &["+ PUT /a from shop/web to shop/cart on port 1"],
    );
    assert_diff(
        with(path("/a").method("*")),
        with(path("/a").method("GET").method("POST")),
        &["- PUT /a from shop/web to shop/cart on port 1"],
    );
    assert_diff(
        with(path("/a").header("X-User", "[a-z]+")),
        with(path("/a").header("x-user", "[a-z]*")),
        &["+ GET /a with `x-user: ` from shop/web to shop/cart on port 1"],
    );
    assert_diff(
        with(path("/a")),
        with(path("/a").header("x-user", ".*")),
        &["- GET /a from shop/web to shop/cart on port 1"],
    );
    assert_diff(
        with(path("/a").header("host", "cart(:80)?")),
        with(path("/a").header(":authority", "cart")),
        &["- GET /a with authority `cart:80` from shop/web to shop/cart on port 1"],
    );
}

/// Only two of three headers matter to tell the matches apart.
#[test]
fn conditions_combine() {
    let old = [path("/a").header("x", "1"), path("/a").header("y", "1")];
    let new = [path("/a").header("x", "1").header("z", "[12]"), path("/a").header("y", "1")];
    assert_diff(
        web_to_cart(old),
        web_to_cart(new),
        &["- GET /a with `x: 1` from shop/web to shop/cart on port 1"],
    );
    // Two conditions that exclude each other, unless fields count by themselves.
    let old = [path("/a")];
    let both = || [path("/a").header("x", "1"), path("/a").header("x", "2")];
    let found = diff(web_to_cart(both()), web_to_cart(old));
    assert_eq!(shown(&found), ["+ GET /a from shop/web to shop/cart on port 1"]);
    let linkerd = |matches: [HttpMatch; 2]| with_semantics(Semantics::linkerd(), matches);
    let narrow = [path("/a").header("x", "1"), path("/a").header("x", "2").header("y", ".*")];
    assert_eq!(shown(&diff(linkerd(both()), linkerd(narrow))).len(), 1);
}

#[test]
fn options_and_connect_have_subjects_of_their_own() {
    assert_diff(
        web_to_cart([path("/")]),
        web_to_cart([path("/"), path("[*]$").method("OPTIONS")]),
        &["+ OPTIONS * from shop/web to shop/cart on port 1"],
    );
    assert_diff(
        web_to_cart([path("/").method("CONNECT")]),
        web_to_cart([path("/").method("CONNECT"), path("db:5432$").method("CONNECT")]),
        &["+ CONNECT db:5432 from shop/web to shop/cart on port 1"],
    );
}

#[test]
fn targets_may_be_cut_differently() {
    let one = web_to_cart([path("/a"), path("/b")]);
    let group = |of: &str, regex| HttpRouteGroup::new(name(of)).with(path(regex));
    let two = Policy::builder(Semantics::default())
        .http_route_group(group("a", "/a"))
        .http_route_group(group("b", "/b"))
        .traffic_target(target("one", "web").rule(Rule::http_route_group("a")))
        .traffic_target(target("two", "web").rule(Rule::http_route_group("b")));
    assert_diff(one, two.clone(), &[]);
    // Port and match of different targets do not add up to one of both.
    let with_ports = |builder: PolicyBuilder| builder.tcp_route(ports("p", &[80]));
    let route = || target("one", "web").rule(Rule::http_route_group("a"));
    assert_diff(
        with_ports(two.clone()),
        with_ports(two).traffic_target(route().rule(Rule::tcp_route("p"))),
        &["- GET /a from shop/web to shop/cart on port 1"],
    );
}

#[test]
fn ports_and_transports_are_compared() {
    let with = |rule: Rule, listed: &[u16]| {
        let target = target("t", "web").rule(rule);
        Policy::builder(Semantics::default())
            .traffic_target(target)
            .tcp_route(ports("p", listed))
            .udp_route(ports("p", listed))
    };
    let tcp = || Rule::tcp_route("p");
    assert_diff(
        with(tcp(), &[80]),
        with(tcp(), &[80, 81]),
        &["+ TCP from shop/web to shop/cart on port 81"],
    );
    let found = diff(with(tcp(), &[80]), with(Rule::udp_route("p"), &[80]));
    assert_eq!(
        shown(&found),
        [
            "+ UDP from shop/web to shop/cart on port 80",
            "- TCP from shop/web to shop/cart on port 80",
        ]
    );
    assert_eq!(found.differences[0].ports, "80");
}

#[test]
fn whom_a_binding_speaks_for_is_compared() {
    let of = |ids: &[&str]| {
        let schemes = Schemes {
            spiffe_identities: ids.iter().map(ToString::to_string).collect(),
            ..Schemes::default()
        };
        let target = TrafficTarget::new(name("t"), "cart")
            .source(Subject::identity_binding("shop", "b"))
            .rule(Rule::http_route_group("api"));
        web_to_cart([path("/a")])
            .traffic_target(target)
            .identity_binding(IdentityBinding { name: name("b"), schemes: Some(schemes) })
    };
    assert_diff(
        of(&["partner.example/a"]),
        of(&["partner.example/a", "partner.example/b"]),
        &["+ GET /a from spiffe://partner.example/b to shop/cart on port 1"],
    );
    // The account of this id is admitted already.
    assert_diff(of(&[]), of(&["cluster.local/ns/shop/sa/web"]), &[]);
}

#[test]
fn pods_are_compared_by_their_labels() {
    let semantics = Semantics::default().with_pod_labels(PodLabels::Vouched);
    let of = |selectors: &[&[(&str, &str)]]| {
        let mut builder = with_semantics(semantics.clone(), [path("/a")]);
        for (at, labels) in selectors.iter().enumerate() {
            let match_labels =
                labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            let selector = LabelSelector { match_labels, ..LabelSelector::default() };
            let schemes = Schemes { pod_label_selector: Some(selector), ..Schemes::default() };
            let binding = name(&format!("b{at}"));
            let target = TrafficTarget::new(name(&format!("t{at}")), "cart")
                .source(Subject::identity_binding("shop", binding.name()))
                .rule(Rule::http_route_group("api"));
            builder = builder
                .traffic_target(target)
                .identity_binding(IdentityBinding { name: binding, schemes: Some(schemes) });
        }
        builder
    };
    let (app, both) = ([("app", "x")], [("app", "x"), ("tier", "y")]);
    // Who has both labels has the one.
    assert_diff(of(&[&app]), of(&[&both, &app]), &[]);
    let narrower = diff(of(&[&app]), of(&[&both]));
    assert_eq!(narrower.differences.len(), 1);
    assert_eq!(narrower.differences[0].source.to_string(), "pods of shop with app=x");
}

#[test]
fn defaults_that_flip_are_found() {
    let open = Semantics::default().with_unselected(Unselected::Allow);
    let found = diff(web_to_cart([path("/")]), with_semantics(open, [path("/")]));
    let text = shown(&found).join("\n");
    assert!(text.contains("+ TCP from an unauthenticated peer to shop/web on port 1"), "{text}");
    assert!(!text.contains("to shop/cart"), "the cart is named by a target: {text}");
    assert!(text.contains("any-other"), "{text}");

    let strict = Semantics::default().with_min_proof(Proof::Certificate);
    assert_diff(
        web_to_cart([path("/a")]),
        with_semantics(strict, [path("/a")]),
        &["- GET /a from shop/web (proven by address) to shop/cart on port 1"],
    );
}

#[test]
fn what_is_too_large_is_neither_equal_nor_different() {
    let large = |count| path(&format!("/(a|b)*a(a|b){{{count}}}$"));
    let found = diff(web_to_cart([large(18)]), web_to_cart([large(19)]));
    assert!(found.differences.is_empty() && !found.is_same());
    assert_eq!(
        found.not_compared[0].to_string(),
        "not compared: shop/web to shop/cart by shop/web-to-cart, shop/api#m: its automaton has \
         too many states"
    );
    // What both have in common needs no analysis, nor does what is wider whatever it means.
    assert!(diff(web_to_cart([large(18)]), web_to_cart([large(18)])).is_same());
    let found = diff(web_to_cart([large(18)]), web_to_cart([large(18), path("/x")]));
    assert!(found.not_compared.len() + found.differences.len() > 0);

    let limits = AnalysisLimits::default().with_steps(10);
    let audit = |regex| Audit::new(web_to_cart([path(regex)])).with_limits(limits);
    assert!(!audit("/a").diff(&audit("/b")).is_same());
}

#[test]
fn dead_matter_is_found_by_meaning() {
    let dead = |builder: PolicyBuilder| {
        let dead = Audit::new(builder).dead_matter();
        dead.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(dead(web_to_cart([path("/a"), path("/b")])), [""; 0]);
    let named = |name: &str, regex: &str| HttpMatch::new(name).path_regex(regex);
    assert_eq!(
        dead(web_to_cart([
            named("one", "/[ab]$"),
            named("a", "/a$").method("GET"),
            named("same", "/(a|b)$"),
            // `CONNECT a:80` would.
            named("never", "a").method("GET"),
            named("broken", "/a**"),
        ])),
        [
            "HTTPRouteGroup shop/api: spec.matches[1]: all it admits is admitted by shop/api#one \
             too",
            "HTTPRouteGroup shop/api: spec.matches[2]: all it admits is admitted by shop/api#one \
             too",
            "HTTPRouteGroup shop/api: spec.matches[3]: no request can ever meet it",
        ]
    );
    let both = web_to_cart([path("/a|/b"), path("/a"), path("/b")]);
    assert_eq!(dead(both).len(), 2);

    // A match is of use if it is selected where nothing covers it.
    let selecting = web_to_cart([named("all", "/"), named("some", "/some")])
        .traffic_target(target("t", "orders").rule(Rule::http_route_group("api").select("some")));
    assert_eq!(dead(selecting), [""; 0]);

    let equal = web_to_cart([path("/a")])
        .traffic_target(target("z", "web").rule(Rule::http_route_group("api")))
        .tcp_route(ports("unused", &[1]));
    let found = Audit::new(equal).dead_matter();
    assert_eq!(found[0].matter, DeadMatter::Equal(name("web-to-cart")));
    assert_eq!(found[0].object, name("z"));
    assert_eq!(found[1].matter, DeadMatter::Unused);

    let narrow = web_to_cart([path("/a")]).tcp_route(ports("p", &[80])).traffic_target(
        target("narrow", "web").rule(Rule::http_route_group("api")).rule(Rule::tcp_route("p")),
    );
    assert_eq!(
        dead(narrow),
        ["TrafficTarget shop/narrow: all it grants is granted by shop/web-to-cart too"]
    );
}

#[test]
fn near_misses_change_one_thing() {
    let audit = Audit::new(
        web_to_cart([path("/items/[0-9]+$").method("GET").header("x-user", "[a-z]+")])
            .tcp_route(ports("p", &[8080]))
            .traffic_target(
                target("web-to-cart", "web")
                    .rule(Rule::http_route_group("api"))
                    .rule(Rule::tcp_route("p")),
            ),
    );
    let (web, cart) =
        (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
    let other = Identity::service_account("shop", "other");
    let ask = |source: &Identity, port, method, target: &str, headers: &[(&str, &str)]| {
        let http = HttpRequest::new(method, target).headers(headers);
        let misses = audit.near_misses(&Request::http(Some(source), &cart, port, http));
        misses.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let user = [("X-User", "ada")];
    assert_eq!(ask(&web, 8080, "GET", "/items/1", &user), [""; 0], "it is allowed");
    assert_eq!(ask(&web, 8080, "PUT", "/items/1", &user), ["would be allowed with method GET"]);
    assert_eq!(
        ask(&web, 8080, "GET", "/", &user),
        ["would be allowed with a path such as `/items/0`"]
    );
    assert_eq!(
        ask(&web, 8080, "GET", "/items/1", &[("x-user", "7")]),
        ["would be allowed with a header such as `x-user: a`"]
    );
    assert_eq!(ask(&web, 80, "GET", "/items/1", &user), ["would be allowed on port 8080"]);
    assert_eq!(ask(&other, 8080, "GET", "/items/1", &user), ["would be allowed from shop/web"]);
    assert_eq!(ask(&other, 80, "GET", "/items/1", &user), [""; 0], "two things");
}

#[test]
fn graphs_are_well_formed_whatever_names_are() {
    let odd = "a\"b\\c]<d>`#;\n--";
    let builder = web_to_cart([path("/a\"b\\\\")]).traffic_target(
        TrafficTarget::new(name("odd"), odd)
            .source(Subject::service_account("shop", odd))
            .rule(Rule::http_route_group("api")),
    );
    let matrix = Audit::new(builder).matrix();
    for line in matrix.to_dot().lines() {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert!(quotes == 0 || quotes == 2, "{line}");
    }
    for line in matrix.to_mermaid().lines() {
        assert!([0, 2].contains(&line.matches('"').count()), "{line}");
        assert!(!line.contains(['`', '\\']), "{line}");
    }
    assert_eq!(matrix.to_mermaid().lines().count(), 1 + 3 + 2);
}

#[test]
fn rules_without_matches_are_read_by_the_semantics() {
    let audit = Audit::new(web_to_cart([path("/a")]));
    let osm = audit.under(Semantics::osm());
    let found = audit.diff(&osm);
    assert_eq!(found.differences.len(), 1);
    assert_eq!(found.differences[0].change, Change::Denied);
    let (web, cart) =
        (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
    let get = Request::http(Some(&web), &cart, 1, HttpRequest::new("GET", "/a"));
    let why = osm.policy().explain(&get);
    let closest = why.closest().unwrap();
    assert_eq!(closest.target, &name("web-to-cart"));
}

/// A text that is too long a pattern by default, and is one by these limits.
fn long_pattern(last: &str) -> (String, Limits) {
    let limits = Limits::default().with_pattern_len(64 << 10);
    (format!("/[{}{last}]$", "ab".repeat(10_000)), limits)
}

#[test]
fn patterns_are_analysed_within_the_limits_that_they_were_compiled_within() {
    let audit = |last: &str| {
        let (text, limits) = long_pattern(last);
        Audit::new(web_to_cart([path(&text).method("GET")]).limits(limits))
    };
    let found = audit("").diff(&audit("c"));
    assert_eq!(shown(&found), ["+ GET /c from shop/web to shop/cart on port 1"]);
    assert!(audit("c").diff(&audit("c-c")).is_same());
    // Only one of them need admit it.
    let denied = Audit::new(web_to_cart([path(&long_pattern("").0)]));
    let found = denied.diff(&audit(""));
    assert_eq!(shown(&found), ["+ GET /a from shop/web to shop/cart on port 1"]);

    let (web, cart) =
        (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
    let get = Request::http(Some(&web), &cart, 1, HttpRequest::new("GET", "/d"));
    let misses: Vec<_> = audit("c").near_misses(&get).iter().map(ToString::to_string).collect();
    assert_eq!(misses, ["would be allowed with a path such as `/a`"]);
}

#[test]
fn what_the_limits_refuse_is_reported_once() {
    let limits = Limits::default().with_pattern_len(8);
    let matches = [path("/items"), path("/items/[0-9]+").method("GET")];
    let audit = Audit::new(web_to_cart(matches).limits(limits));
    assert_eq!(audit.policy().diagnostics().len(), 2, "{:?}", audit.policy().diagnostics());
    // It has a diagnostic, so that it is not called unused as well.
    assert_eq!(audit.dead_matter(), []);
}
