//! The decisions of the vectors, asked through Envoy with real requests.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use smi_policy::{
    AbsentMatches, AbsentSourceNamespace, Anchor, ForeignDestination, HttpRequires, PathMode,
    RepeatedHeaders, Semantics, TrustDomain, Unselected,
};

use crate::authorizer;
use crate::config::{self, Listener};
use crate::envoy::{self, Envoy};
use crate::loopback::client::{Answer, Client};
use crate::loopback::pki::{Authority, Name};
use crate::loopback::{ports, states, upstream};

#[test]
fn envoy_answers_as_the_vectors_say() {
    let Some(program) = envoy::program() else { return };
    let suites = suites();
    // Envoy has one route for each destination and port, which the header `x-test` chooses.
    let mut places: Vec<(String, String)> = Vec::new();
    for case in suites.iter().flat_map(http_cases) {
        let place = place(&case["request"]);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let (authz, manifests) = authorizer::start();
    let routes = places.iter().enumerate().flat_map(|(number, (destination, port))| {
        let context =
            BTreeMap::from([("destination", destination.clone()), ("port", port.clone())]);
        config::routes(number, "upstream", &config::extensions(&context))
    });
    let authority = Authority::new();
    let [address] = ports::free_addresses();
    let listener =
        Listener { address, filters: vec![config::ext_authz()], routes: routes.collect() };
    let clusters = vec![
        config::cluster("authz", authz, true),
        config::cluster("upstream", upstream::start("upstream"), false),
    ];
    let _envoy = Envoy::start(program, &config::config(&authority, vec![listener], clusters));

    let mut clients = Clients { authority, address, known: HashMap::new() };
    let mut count = Count::default();
    for suite in &suites {
        let semantics = semantics(&suite["options"]);
        let trust_domain = suite["options"]["trustDomains"][0].as_str().unwrap_or("cluster.local");
        let text = suite["manifests"].as_str().unwrap();
        manifests.replace(states::compile(text, semantics.clone()));
        for case in http_cases(suite) {
            let asked = &case["request"];
            let name = format!("{}: {}", suite["name"], case["note"]);
            if let Some(why) = cannot_be_asked(asked, trust_domain, text) {
                println!("not asked: {name}: {why}");
                count.not_asked += 1;
                continue;
            }
            let Some(client) = clients.of(&asked["source"], trust_domain) else {
                println!("not asked: {name}: no certificate can carry this name");
                count.not_asked += 1;
                continue;
            };
            let number = places.iter().position(|known| *known == place(asked)).unwrap();
            let answer = client.send(&head(asked, number)).unwrap();
            // Envoy takes an absolute form apart, as HTTP has it, routes `*` nowhere, and refuses what
            // is no target of a request.
            let path = asked["path"].as_str().unwrap_or_default();
            let is_left_to_envoy = match answer.status {
                404 => path.starts_with('*'),
                400 => case["expect"]["decision"] == "allow" && !is_target(path),
                _ => false,
            };
            if path.starts_with("http://") || is_left_to_envoy {
                println!("not decided: {name}: {path:?} is {} to Envoy", answer.status);
                count.http += 1;
                continue;
            }
            count.add(&name, case, &answer);
            if semantics.http.path_mode == PathMode::Normalize && answer.status == 200 {
                // What was decided is what the server gets.
                let forwarded = answer.body.split(' ').nth(1).unwrap_or_default();
                let is_normal = !forwarded.contains("/.") && !forwarded.contains("//");
                assert!(is_normal, "{name}: {path} is forwarded as {forwarded}");
                count.normalized += usize::from(forwarded != path);
            }
        }
    }
    println!(
        "{} suites: {} allowed, {} of them with a normalised path, {} denied, {} refused by Envoy itself, {} not decided, \
         {} not asked, {} disagreements",
        suites.len(),
        count.allowed,
        count.normalized,
        count.denied,
        count.refused,
        count.http,
        count.not_asked,
        count.wrong.len(),
    );
    assert!(count.wrong.is_empty(), "{}", count.wrong.join("\n"));
    assert!(
        count.allowed >= 480 && count.denied >= 490 && count.normalized > 0,
        "too few cases were asked"
    );
}

#[derive(Default)]
struct Count {
    allowed: usize,
    denied: usize,
    refused: usize,
    /// Forwarded with another path than the one sent.
    normalized: usize,
    http: usize,
    not_asked: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, name: &str, case: &Value, answer: &Answer) {
        let expected = case["expect"]["decision"].as_str().unwrap();
        match (expected, answer.status) {
            ("allow", 200) => self.allowed += 1,
            ("deny", 403) => {
                let reason = case["expect"]["reason"].as_str();
                if reason.is_some_and(|reason| answer.header("x-smi-reason") != Some(reason)) {
                    self.wrong.push(format!("{name}: {reason:?}, {answer:?}"));
                }
                self.denied += 1;
            }
            ("deny", 400) => self.refused += 1,
            _ => self.wrong.push(format!("{name}: {expected}, {answer:?}")),
        }
    }
}

/// Clients by the name in their certificate.
struct Clients {
    authority: Authority,
    address: std::net::SocketAddr,
    known: HashMap<String, Option<Client>>,
}

impl Clients {
    fn of(&mut self, source: &Value, trust_domain: &str) -> Option<&mut Client> {
        let text = |key: &str| source[key].as_str().map(str::to_owned);
        let account = text("serviceAccount").map(|account| {
            let (namespace, name) = account.split_once('/').unwrap();
            format!("spiffe://{trust_domain}/ns/{namespace}/sa/{name}")
        });
        let uri = account.or_else(|| text("spiffe"));
        let dns = text("linkerd");
        let name = uri.as_deref().map(Name::Uri).or(dns.as_deref().map(Name::Dns));
        let (authority, address) = (&self.authority, self.address);
        let known = self.known.entry(format!("{name:?}")).or_insert_with(|| {
            let certified = match name {
                None => None,
                Some(name) => Some(authority.certify(name)?),
            };
            Some(Client::new(address, Some(authority.client(certified.as_ref()))))
        });
        known.as_mut()
    }
}

fn suites() -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/decisions");
    let mut files: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    texts
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn http_cases(suite: &Value) -> impl Iterator<Item = &Value> {
    let is_http = |case: &&Value| case["apex"].is_null() && case["request"]["protocol"] == "http";
    suite["cases"].as_array().unwrap().iter().filter(is_http)
}

/// Why no request over HTTP/1.1 and mTLS is what is asked.
fn cannot_be_asked(asked: &Value, trust_domain: &str, manifests: &str) -> Option<&'static str> {
    let source = &asked["source"];
    if source["podLabels"].is_object() {
        return Some("certificates carry no labels");
    }
    if let Some((namespace, name)) =
        source["serviceAccount"].as_str().and_then(|it| it.split_once('/'))
    {
        if name.contains('*') {
            return Some("a SPIFFE ID has no asterisk");
        }
        if manifests.contains(&format!("{trust_domain}/ns/{namespace}/sa/{name}'")) {
            return Some("the account's certificate has the SPIFFE ID that the manifests name");
        }
    }
    let is_trimmed = |value: &str| value != value.trim_matches([' ', '\t']);
    let mut fields = asked["headers"].as_array().into_iter().flatten();
    let trimmed = fields.any(|field| field[1].as_str().is_some_and(is_trimmed));
    trimmed.then_some("blanks around a value are none of it (RFC 9110 §5.5)")
}

/// Whether it is a path and perhaps a query in the characters of RFC 3986.
fn is_target(path: &str) -> bool {
    let is_of_a_target =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    path.starts_with('/') && path.bytes().all(is_of_a_target)
}

/// Destination and port.
fn place(asked: &Value) -> (String, String) {
    let destination = asked["destination"].as_object().unwrap();
    let name = ["serviceAccount", "spiffe", "linkerd"].iter().find_map(|key| destination.get(*key));
    (name.unwrap().as_str().unwrap().to_owned(), asked["port"].to_string())
}

/// The head of the request, byte for byte.
fn head(asked: &Value, test: usize) -> Vec<u8> {
    let text = |key: &str| asked[key].as_str().unwrap_or_default().as_bytes().to_vec();
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for field in asked["headers"].as_array().into_iter().flatten() {
        let value = match &field[1] {
            Value::String(text) => text.clone().into_bytes(),
            bytes => BASE64_STANDARD.decode(bytes["base64"].as_str().unwrap()).unwrap(),
        };
        fields.push((field[0].as_str().unwrap().to_owned(), value));
    }
    let mut target = text("path");
    let has_host = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    match (asked["authority"].as_str(), has_host) {
        // HTTP/1.1 tells an authority from the Host field only in the absolute form.
        (Some(authority), true) => target = [b"http://", authority.as_bytes(), &target].concat(),
        (Some(authority), false) => fields.push(("host".to_owned(), authority.into())),
        (None, true) => (),
        (None, false) => fields.push(("host".to_owned(), b"smi.invalid".to_vec())),
    }
    fields.push(("x-test".to_owned(), test.to_string().into_bytes()));
    let mut head = [&text("method"), &b" "[..], &target, b" HTTP/1.1\r\n"].concat();
    for (name, value) in fields {
        head.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}

/// The options of a suite. One that is not known here is a failure.
fn semantics(options: &Value) -> Semantics {
    let anchor = |value: &str| match value {
        "start" => Anchor::Start,
        "full" => Anchor::Full,
        "search" => Anchor::Search,
        other => panic!("anchor {other}"),
    };
    let mut semantics = Semantics::default();
    for (key, value) in options.as_object().unwrap() {
        let text = value.as_str().unwrap_or_default();
        match (key.as_str(), text) {
            ("unselected", "allow") => semantics.unselected = Unselected::Allow,
            ("absentSourceNamespace", "nobody") => {
                semantics.absent_source_namespace = AbsentSourceNamespace::Nobody;
            }
            ("foreignDestination", "allow") => {
                semantics.foreign_destination = ForeignDestination::Allow;
            }
            ("httpNeedsRouteGroup", _) if value == &Value::Bool(true) => {
                semantics.http_requires = HttpRequires::RouteGroup;
            }
            ("absentMatches", "none") => semantics.absent_matches = AbsentMatches::None,
            ("pathAnchor", _) => semantics.http.path_anchor = anchor(text),
            ("pathMode", "strict") => semantics.http.path_mode = PathMode::Strict,
            ("pathMode", "normalize") => semantics.http.path_mode = PathMode::Normalize,
            ("pathMode", "as-is") => semantics.http.path_mode = PathMode::AsIs,
            ("headerAnchor", _) => semantics.http.header_anchor = anchor(text),
            ("repeatedHeaders", "joined") => (),
            ("repeatedHeaders", "any") => {
                semantics.http.repeated_headers = RepeatedHeaders::Any;
            }
            ("defaultNamespace", _) => semantics.default_namespace = text.to_owned(),
            ("trustDomains", _) => {
                let domains = value.as_array().unwrap().iter();
                semantics.trust_domains =
                    domains.map(|domain| TrustDomain::new(domain.as_str().unwrap())).collect();
            }
            ("podLabels" | "allZero" | "clusterDomain", _) => (),
            other => panic!("option {other:?}"),
        }
    }
    semantics
}
