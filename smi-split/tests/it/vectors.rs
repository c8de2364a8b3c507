//! The cases of `data/splits.jsonl`: manifests, calls, and what must come out.
//!
//! Each line is a suite: manifests that are loaded once, options, and cases. A key that is not
//! known here is an error, so that no case means less than it says.

use std::collections::BTreeMap;

use serde::Deserialize;
use smi_policy::{AllZero, HttpRequest, Semantics};
use smi_split::{Call, ObjectName, Outcome, Port, Selection, Splits};
use smi_types::manifest::{Manifest, Resources};

const SUITES: &str = include_str!("data/splits.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    name: String,
    manifests: String,
    options: Options,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    all_zero: Option<String>,
    cluster_domain: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    apex: String,
    request: Request,
    expect: Expectation,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    protocol: Option<String>,
    method: Option<String>,
    path: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    authority: Option<String>,
    port: Option<u16>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expectation {
    split: Option<String>,
    shares: Shares,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Shares {
    /// `apex` or `no-backend`.
    Word(String),
    Fractions(BTreeMap<String, String>),
}

impl Options {
    fn semantics(self) -> Semantics {
        let mut semantics = Semantics::default();
        if let Some(all_zero) = self.all_zero {
            semantics = semantics.with_all_zero(match &*all_zero {
                "no-backend" => AllZero::NoBackend,
                "apex" => AllZero::Apex,
                other => panic!("unknown value `{other}` of `allZero`"),
            });
        }
        match self.cluster_domain {
            Some(domain) => semantics.with_cluster_domain(domain),
            None => semantics,
        }
    }
}

impl Request {
    fn ask<'s>(&self, splits: &'s Splits, apex: &ObjectName) -> Selection<'s> {
        let mut call = Call::to(apex);
        if let Some(port) = self.port {
            call = call.port(Port::tcp(port));
        }
        let (Some(method), Some(path)) = (&self.method, &self.path) else {
            assert_eq!(self.protocol, None);
            return splits.select(&call);
        };
        assert_eq!(self.protocol.as_deref(), Some("http"));
        let mut request = HttpRequest::new(method, path).headers(&self.headers);
        if let Some(authority) = &self.authority {
            request = request.authority(authority);
        }
        splits.select(&call.http(request))
    }
}

fn found(selection: Selection<'_>) -> Expectation {
    let shares = match selection.outcome() {
        Outcome::Apex => Shares::Word("apex".to_owned()),
        Outcome::NoBackend => Shares::Word("no-backend".to_owned()),
        Outcome::Backends(backends) => {
            let share = |(leaf, share): (&smi_split::Leaf, smi_split::Share)| {
                (leaf.service().name().to_owned(), share.to_string())
            };
            Shares::Fractions(backends.shares().map(share).collect())
        }
    };
    Expectation { split: selection.split().map(|split| split.name().to_string()), shares }
}

#[test]
fn every_case_gets_the_expected_split_and_shares() {
    let mut cases = 0;
    for line in SUITES.lines() {
        let Suite { name, manifests, options, cases: of_suite } =
            serde_json::from_str(line).unwrap();
        let mut resources = Resources::default();
        resources.add(name.as_str(), Manifest::read(&manifests));
        let splits = Splits::from_resources(&resources, options.semantics());
        for case in of_suite {
            let (namespace, apex) = case.apex.split_once('/').unwrap();
            let selection = case.request.ask(&splits, &ObjectName::new(namespace, apex));
            assert_eq!(found(selection), case.expect, "{name}: {}: {}", case.apex, case.note);
            cases += 1;
        }
    }
    println!("{cases} cases");
    assert!(cases > 0);
}
