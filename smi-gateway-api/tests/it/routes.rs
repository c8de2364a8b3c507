//! Splits and routes send the same requests to the same backends.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use smi_gateway_api::{Migration, Options, Verdict};
use smi_policy::{HttpRequest, PathMode, Semantics};
use smi_split::{Call, ObjectName, Outcome, Port, Splits};

use crate::gateway::{RegexRank, grpc_route, opaque_route, route};
use crate::request::Request;
use crate::{resources, worlds};

/// What SMI does with a request: weights by service.
pub(crate) fn select(splits: &Splits, request: &Request) -> BTreeMap<String, u64> {
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut http = HttpRequest::new(&request.method, &request.target).headers(&headers);
    if let Some(authority) = &request.authority {
        http = http.authority(authority);
    }
    let web = ObjectName::new("shop", "web");
    weights(splits.select(&Call::to(&web).port(Port::tcp(80)).http(http)).outcome())
}

fn weights(outcome: Outcome<'_>) -> BTreeMap<String, u64> {
    match outcome {
        Outcome::Backends(backends) => {
            let names = backends.leaves().iter().map(|leaf| leaf.service().name().to_owned());
            names.zip(backends.picker().weights().as_slice().iter().copied()).collect()
        }
        Outcome::Apex => [("web".to_owned(), 1)].into(),
        Outcome::NoBackend => BTreeMap::new(),
    }
}

pub(crate) fn without_idle(weights: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    weights.into_iter().filter(|(_, weight)| *weight > 0).collect()
}

fn check(text: &str, requests: &[Request], mode: PathMode) -> Result<(), TestCaseError> {
    let semantics = Semantics::default().with_path_mode(mode);
    let (migration, splits, objects) = both(text, &semantics);
    let turned_round = worlds::turned_round(text);
    prop_assert_eq!(&migration, &both(&turned_round, &semantics).0, "the order of the input");
    let worst = migration.verdicts().map(|(_, verdict)| verdict).max().unwrap();
    if worst > Verdict::Caveat {
        return Ok(());
    }
    for request in requests {
        let expected = without_idle(select(&splits, request));
        // Without any route the service itself gets everything.
        let routed = |rank| match objects.is_empty() {
            true => [("web".to_owned(), 1)].into(),
            false => without_idle(route(&objects, "web", 80, request, rank).unwrap()),
        };
        let (above, below) = (routed(RegexRank::AbovePrefixes), routed(RegexRank::BelowPrefixes));
        let is_ordinary = request.is_clean() && !request.has_repeated_headers();
        if worst == Verdict::Exact {
            prop_assert_eq!(&above, &expected, "exactly: {:?}\n{}", request, text);
            prop_assert_eq!(&below, &expected, "exactly: {:?}\n{}", request, text);
        } else if is_ordinary {
            prop_assert_eq!(&above, &expected, "with caveat: {:?}\n{}", request, text);
        }
    }
    Ok(())
}

/// What manifests become, with the objects as an API server takes them, and what they are.
fn both(text: &str, semantics: &Semantics) -> (Migration, Splits, Vec<Value>) {
    let resources = resources(text);
    let options = Options::default().semantics(semantics.clone());
    let migration = Migration::plan(&resources, &options);
    let objects: Vec<Value> =
        migration.objects().iter().map(|object| serde_json::to_value(object).unwrap()).collect();
    objects.iter().for_each(crate::schema::check);
    (migration, Splits::from_resources(&resources, semantics.clone()), objects)
}

fn check_grpc(text: &str, requests: &[Request]) -> Result<(), TestCaseError> {
    let (migration, splits, objects) = both(text, &Semantics::default());
    let worst = migration.verdicts().map(|(_, verdict)| verdict).max().unwrap();
    let is_grpc = objects.iter().any(|own| own["kind"] == "GRPCRoute");
    prop_assert!(!is_grpc || objects.iter().all(|own| own["kind"] == "GRPCRoute"));
    if worst > Verdict::Caveat {
        return Ok(());
    }
    for request in requests.iter().filter(|own| !own.has_repeated_headers()) {
        let expected = without_idle(select(&splits, request));
        let routed = match (objects.is_empty(), is_grpc) {
            (true, _) => [("web".to_owned(), 1)].into(),
            (_, true) => grpc_route(&objects, "web", 80, request).unwrap(),
            _ => route(&objects, "web", 80, request, RegexRank::AbovePrefixes).unwrap(),
        };
        prop_assert_eq!(without_idle(routed), expected, "{:?}\n{}", request, text);
    }
    Ok(())
}

fn check_opaque(text: &str, kind: &str, port: Port) -> Result<(), TestCaseError> {
    let (migration, splits, objects) = both(text, &Semantics::default());
    prop_assert!(objects.iter().all(|own| own["kind"] == kind), "{}", text);
    let refused = migration.verdicts().any(|(_, verdict)| verdict > Verdict::Caveat);
    if !refused {
        let routed = opaque_route(&objects, kind, "web", port.number);
        let routed = routed.unwrap_or_else(|| [("web".to_owned(), 1)].into());
        let web = ObjectName::new("shop", "web");
        let outcome = splits.select(&Call::to(&web).port(port));
        let expected = without_idle(weights(outcome.outcome()));
        prop_assert_eq!(without_idle(routed), expected, "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn the_same_requests_go_to_the_same_backends(
        groups in worlds::groups(),
        splits in worlds::splits(),
        requests in prop::collection::vec(worlds::request(), 24),
        mode in prop::sample::select(vec![PathMode::Strict, PathMode::AsIs, PathMode::Normalize]),
    ) {
        let requests: Vec<Request> = match mode {
            // Whoever says that paths are normalised sends no others.
            PathMode::AsIs => requests
                .into_iter()
                .filter(|request| request.target.bytes().all(|byte| byte.is_ascii_graphic()))
                .collect(),
            _ => requests,
        };
        check(&(groups + &splits), &requests, mode)?;
    }

    #[test]
    fn grpc_requests_go_to_the_same_backends(
        groups in worlds::grpc_groups(),
        splits in worlds::splits_of("grpc"),
        requests in prop::collection::vec(worlds::grpc_request(), 24),
    ) {
        check_grpc(&(groups + &splits), &requests)?;
    }

    #[test]
    fn connections_and_datagrams_go_to_the_same_backends(
        groups in worlds::groups(),
        tcp in worlds::splits_of("tcp"),
        udp in worlds::splits_of("udp"),
    ) {
        check_opaque(&(groups.clone() + &tcp), "TCPRoute", Port::tcp(80))?;
        check_opaque(&(groups + &udp), "UDPRoute", Port::udp(80))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(crate::cases().div_ceil(10))
    })]

    /// Of equal matches in several routes those of the first route by name count, and the rule for
    /// the rest comes last.
    #[test]
    fn rules_that_are_spread_over_routes_keep_their_meaning(
        groups in worlds::large_groups(),
        splits in worlds::splits(),
        requests in prop::collection::vec(worlds::large_request(), 60),
    ) {
        check(&(groups + &splits), &requests, PathMode::AsIs)?;
    }
}
