//! Splits and routes send the same requests to the same backends.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use smi_gateway_api::{Migration, Options, Verdict};
use smi_policy::{HttpRequest, PathMode, Semantics};
use smi_split::{Call, ObjectName, Outcome, Port, Splits};

use crate::gateway::{RegexRank, route};
use crate::request::Request;
use crate::{resources, worlds};

/// What SMI does with a request: weights by service.
pub(crate) fn select(splits: &Splits, request: &Request) -> BTreeMap<String, u64> {
    let web = ObjectName::new("shop", "web");
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let http = HttpRequest::new(&request.method, &request.target).headers(&headers);
    match splits.select(&Call::to(&web).port(Port::tcp(80)).http(http)).outcome() {
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
    let resources = resources(text);
    let semantics = Semantics::default().with_path_mode(mode);
    let options = Options::default().semantics(semantics.clone());
    let migration = Migration::plan(&resources, &options);
    let splits = Splits::from_resources(&resources, semantics);
    let objects: Vec<Value> =
        migration.objects().iter().map(|object| serde_json::to_value(object).unwrap()).collect();
    let worst = migration.verdicts().map(|(_, verdict)| verdict).max().unwrap();
    objects.iter().for_each(crate::schema::check);
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
}
