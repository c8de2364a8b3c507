//! A decision allocates nothing: counted, not believed.
#![cfg(test)]

use smi_policy::{
    HttpMatch, HttpRequest, HttpRouteGroup, Identity, IdentityBinding, LabelSelector, ObjectName,
    PathMode, PodLabels, Policy, PolicyBuilder, PortRoute, Ports, Reason, Request, Rule, Schemes,
    Semantics, Subject, TrafficTarget, Verdict,
};

fn policy(semantics: Semantics) -> Policy {
    let name = |name: &str| ObjectName::new("shop", name);
    Policy::builder(semantics)
        .tcp_route(PortRoute { name: name("port"), ports: Ports::Only(vec![5432]) })
        .http_route_group(
            HttpRouteGroup::new(name("api"))
                .with(HttpMatch::new("read").path_regex("/items(/[0-9]+)?$").method("GET"))
                .with(HttpMatch::new("write").path_regex("/items").header("x-role", "admin, ops")),
        )
        .traffic_target(
            TrafficTarget::new(name("http"), "cart")
                .source(Subject::service_account("shop", "web"))
                .rule(Rule::http_route_group("api")),
        )
        .traffic_target(
            TrafficTarget::new(name("tcp"), "db")
                .source(Subject::service_account("shop", "web"))
                .rule(Rule::tcp_route("port")),
        )
        .compile()
}

/// Decides twice, counts the second time, and says how it was decided.
#[track_caller]
fn assert_free<H: smi_policy::Headers + ?Sized>(
    policy: &Policy,
    request: &Request<'_, H>,
    verdict: Verdict,
) {
    assert_eq!(policy.authorize(request).verdict(), verdict);
    let counted = allocation_counter::measure(|| {
        let _ = policy.authorize(request);
    });
    assert_eq!(counted.count_total, 0, "{verdict}");
}

#[test]
fn a_decision_allocates_nothing() {
    let policy = policy(Semantics::default());
    let accounts =
        ["web", "cart", "db", "stranger"].map(|name| Identity::service_account("shop", name));
    let [web, cart, db, stranger] = &accounts;
    let spiffe = Identity::spiffe("spiffe://cluster.local/ns/shop/sa/web").unwrap();
    let linkerd =
        Identity::linkerd("web.shop.serviceaccount.identity.linkerd.cluster.local").unwrap();

    let get = HttpRequest::new("GET", "/items/7?q=1");
    for source in [web, &spiffe, &linkerd] {
        assert_free(&policy, &Request::http(Some(source), cart, 80, get), Verdict::Allow);
    }
    assert_free(&policy, &Request::http(Some(stranger), cart, 80, get), Verdict::Deny);
    assert_free(&policy, &Request::http(None, cart, 80, get), Verdict::Deny);
    assert_free(&policy, &Request::tcp(Some(web), db, 5432), Verdict::Allow);
    assert_free(&policy, &Request::tcp(Some(web), cart, 80), Verdict::HttpOnly);
    assert_free(&policy, &Request::udp(Some(web), db, 5432), Verdict::Deny);

    let post = HttpRequest::new("POST", "/items");
    let one = [("X-Role", "admin, ops")];
    assert_free(&policy, &Request::http(Some(web), cart, 80, post.headers(&one)), Verdict::Allow);
    let repeated = [("x-role", "admin"), ("accept", "*/*"), ("X-Role", "ops")];
    let repeated = post.headers(&repeated);
    assert_free(&policy, &Request::http(Some(web), cart, 80, repeated), Verdict::Allow);
    let unclean = HttpRequest::new("POST", "/items/../admin");
    assert_free(&policy, &Request::http(Some(web), cart, 80, unclean), Verdict::Deny);
}

/// A connection's handle is made of what is there, and so are its answers.
#[test]
fn a_connection_allocates_nothing() {
    let policy = policy(Semantics::default());
    let web = Identity::service_account("shop", "web");
    let cart = Identity::service_account("shop", "cart");
    let headers = [("x-role", "admin, ops")];
    let counted = allocation_counter::measure(|| {
        let connection = policy.connection(Some(&web), &cart, 80);
        let get = HttpRequest::new("GET", "/items/7");
        assert!(connection.http(&get).is_allowed());
        let post = HttpRequest::new("POST", "/items/7");
        assert!(!connection.http(&post).is_allowed());
        assert!(connection.http(&post.headers(&headers)).is_allowed());
        assert_eq!(connection.tcp().verdict(), Verdict::HttpOnly);
        assert_eq!(connection.udp().verdict(), Verdict::Deny);
    });
    assert_eq!(counted.count_total, 0);
}

/// Each selector that selects the peer's pod is one more way to speak of it.
#[test]
fn a_peer_that_many_bindings_select_costs_no_allocation() {
    let name = |name: String| ObjectName::new("shop", name);
    let binding = |number: usize| {
        let selector = LabelSelector {
            match_labels: [("app".into(), "web".into())].into(),
            ..Default::default()
        };
        let schemes = Schemes { pod_label_selector: Some(selector), ..Default::default() };
        IdentityBinding { name: name(format!("pods-{number}")), schemes: Some(schemes) }
    };
    let policy_of = |bindings: usize| {
        let semantics = Semantics::default().with_pod_labels(PodLabels::Vouched);
        let builder = Policy::builder(semantics).http_route_group(
            HttpRouteGroup::new(name("api".into()))
                .with(HttpMatch::new("read").path_regex("/items").method("GET")),
        );
        let targets = (0..bindings).rev().map(|number| {
            TrafficTarget::new(name(format!("t{number}")), "cart")
                .source(Subject::identity_binding("shop", format!("pods-{number}")))
                .rule(Rule::http_route_group("api"))
        });
        let builder = (0..bindings)
            .fold(builder, |builder, number| builder.identity_binding(binding(number)));
        targets.fold(builder, PolicyBuilder::traffic_target).compile()
    };
    let cart = Identity::service_account("shop", "cart");
    let web = Identity::service_account("shop", "web").with_pod_labels("shop", [("app", "web")]);
    let get = HttpRequest::new("GET", "/items/7");
    let unclean = HttpRequest::new("GET", "/items/../7");
    for bindings in [1, 4, 9] {
        let policy = policy_of(bindings);
        assert!(policy.diagnostics().is_empty(), "{:?}", policy.diagnostics());
        assert_free(&policy, &Request::http(Some(&web), &cart, 80, get), Verdict::Allow);
        assert_free(&policy, &Request::http(Some(&web), &cart, 80, unclean), Verdict::Deny);
        assert_free(&policy, &Request::tcp(Some(&web), &cart, 80), Verdict::HttpOnly);
        let first = ObjectName::new("shop", "t0");
        let mut answers = 0;
        let counted = allocation_counter::measure(|| {
            let connection = policy.connection(Some(&web), &cart, 80);
            answers += usize::from(connection.http(&get).target() == Some(&first));
            answers += usize::from(connection.tcp().verdict() == Verdict::HttpOnly);
            answers += usize::from(connection.http(&unclean).reason() == Reason::UncleanPath);
        });
        assert_eq!(answers, 3);
        // Handles have room for four.
        assert_eq!(counted.count_total > 0, bindings > 4, "{bindings}");
        let owned = policy.connection(Some(&web), &cart, 80).into_owned();
        let counted = allocation_counter::measure(|| {
            assert!(owned.http(&get).target() == Some(&first) && !owned.udp().is_allowed());
        });
        assert_eq!(counted.count_total, 0);
    }
}

/// The one exception: a path that has to be rewritten has to be written somewhere.
#[test]
fn only_a_path_that_changes_is_written_anew() {
    let semantics = Semantics::default().with_path_mode(PathMode::Normalize);
    let policy = policy(semantics);
    let web = Identity::service_account("shop", "web");
    let cart = Identity::service_account("shop", "cart");
    let get = HttpRequest::new("GET", "/items/7");
    assert_free(&policy, &Request::http(Some(&web), &cart, 80, get), Verdict::Allow);

    let dots = HttpRequest::new("GET", "/x/../items/7");
    let decision = policy.authorize(&Request::http(Some(&web), &cart, 80, dots));
    assert_eq!(decision.normalized_path(), Some(b"/items/7".as_slice()));
}
