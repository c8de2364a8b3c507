//! Generated manifests, and requests that come near to what they allow.

use fastrand::Rng;
use serde_json::{Value, json};

/// Service accounts that call, `namespace/name`; and nobody, without a certificate.
pub(crate) const SOURCES: [Option<&str>; 5] =
    [Some("default/web"), Some("default/batch"), Some("other/web"), Some("other/cron"), None];
/// Patterns that RE2 refuses.
pub(crate) const INVALID: [&str; 3] = ["/(?!admin).*", "(/a", "/x**"];

/// Manifests as one text, and what requests are made from.
pub(crate) struct World {
    pub(crate) manifests: String,
    witnesses: Vec<Witness>,
}

/// What one match asks for, fulfilled.
#[derive(Clone, Default)]
struct Witness {
    path: Option<String>,
    method: Option<String>,
    headers: Vec<(String, String)>,
}

pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) authority: String,
    /// Whether every server reads the path the same way.
    pub(crate) is_clean: bool,
}

/// Pieces of a path: a pattern, and a text that it matches as a whole.
const SEGMENTS: [(&str, &str); 22] = [
    ("api", "api"),
    ("[^/]+", "x-1"),
    (r"\d+", "42"),
    ("v[0-9]+", "v2"),
    ("(items|item)", "items"),
    ("(item|items)", "items"),
    (r"\w*", "a_b"),
    ("[[:alpha:]]+", "abc"),
    (".{1,4}", "wxyz"),
    ("(?i:ADMIN)", "admin"),
    ("{id}", "{id}"),
    (r"\Qa.b\E", "a.b"),
    ("a.b", "axb"),
    ("[a&&b]+", "&&"),
    ("(?:a|ab)(?:c|bcd)", "abcd"),
    (".*", ""),
    ("x*?", "xx"),
    ("[^a-z]", "7"),
    (r"\S+", "%C3%A9"),
    ("(?s).+", "q"),
    (r"%2[fF]", "%2F"),
    (r"\.\.", ".."),
];
const VALUES: [(&str, &str); 10] = [
    ("demo", "demo"),
    (".*", "anything at all"),
    ("(demo|demo-2)", "demo-2"),
    (r"\d{2,3}", "123"),
    ("(?i)chrome.*", "Chrome/1"),
    ("[^,]*", "a b"),
    (r".*\bbot\b.*", "a bot here"),
    ("^v1$", "v1"),
    (r"[a-z]+=\S*", "k=v"),
    ("a|ab|abc", "abc"),
];
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"];
const FIELDS: [&str; 4] = ["x-user", "X-Team", "user-agent", "host"];
const ODD_PATHS: [&str; 8] =
    ["/", "//api", "/api/../admin", "/%61pi", "/api;v=1", "/api/./items", "/a%2e%2e/b", "/api/%"];

impl World {
    /// Everything in it allows calls to `default/server` on some of these ports, or fails to.
    pub(crate) fn generate(rng: &mut Rng, ports: &[u16]) -> Self {
        let mut objects = Vec::new();
        let mut witnesses = Vec::new();
        for number in 0..3 {
            let matches: Vec<Value> =
                (0..rng.usize(1..4)).map(|m| http_match(rng, m, &mut witnesses)).collect();
            let name = format!("group-{number}");
            objects.push(object(
                "specs.smi-spec.io",
                "HTTPRouteGroup",
                &name,
                json!({"matches": matches}),
            ));
        }
        for number in 0..2 {
            let mut open: Vec<u16> = ports.iter().copied().filter(|_| rng.u8(..) < 180).collect();
            if rng.u8(..) < 80 {
                open.push(1);
            }
            let name = format!("ports-{number}");
            let spec = json!({"matches": {"ports": open}});
            objects.push(object("specs.smi-spec.io", "TCPRoute", &name, spec));
        }
        for number in 0..rng.usize(2..6) {
            let name = format!("target-{number}");
            objects.push(object("access.smi-spec.io", "TrafficTarget", &name, target(rng)));
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        Self { manifests: list.to_string(), witnesses }
    }

    /// A request that fulfils some match, or nearly so, or has nothing to do with any.
    pub(crate) fn request(&self, rng: &mut Rng) -> Asked {
        let witness = rng.choice(&self.witnesses).cloned().unwrap_or_default();
        let mut path = witness.path.unwrap_or_else(|| "/free".to_owned());
        if rng.u8(..) < 60 {
            path = mutated(rng, path);
        }
        let mut is_clean = !path.contains("//")
            && !path.contains("/.")
            && !path.contains("%2")
            && path.starts_with('/');
        if rng.u8(..) < 25 {
            path = rng.choice(ODD_PATHS).unwrap_or_default().to_owned();
            is_clean = false;
        }
        if rng.u8(..) < 60 {
            path.push_str(rng.choice(["?", "?a=/api", "?/items"]).unwrap_or_default());
        }
        let method = witness.method.filter(|_| rng.u8(..) < 220);
        let method = method.or_else(|| rng.choice(METHODS).map(str::to_owned)).unwrap_or_default();
        let mut headers = Vec::new();
        let mut authority = "server.default:8080".to_owned();
        for (name, mut value) in witness.headers {
            match rng.u8(..) {
                0..15 => continue,
                15..40 => value.push('x'),
                _ => (),
            }
            if name == "host" {
                authority = value.replace(' ', "-");
            } else {
                headers.push((name, value));
            }
        }
        Asked { method, path, headers, authority, is_clean }
    }
}

fn http_match(rng: &mut Rng, number: usize, witnesses: &mut Vec<Witness>) -> Value {
    let mut witness = Witness::default();
    let mut value = json!({"name": format!("match-{number}")});
    if rng.u8(..) < 200 {
        let (pattern, path) = path(rng);
        value["pathRegex"] = json!(pattern);
        witness.path = Some(path);
    }
    if rng.u8(..) < 10 {
        value["pathRegex"] = json!(rng.choice(INVALID));
    }
    if rng.bool() {
        let mut methods: Vec<&str> = METHODS.iter().copied().filter(|_| rng.bool()).collect();
        if rng.u8(..) < 20 {
            methods.push("*");
        }
        witness.method = rng.choice(&methods).filter(|m| **m != "*").map(|m| (*m).to_owned());
        value["methods"] = json!(methods);
    }
    for field in FIELDS {
        if rng.u8(..) < 50 {
            let (pattern, text) = rng.choice(VALUES).unwrap_or_default();
            value["headers"][field] = json!(pattern);
            witness.headers.push((field.to_owned(), text.to_owned()));
        }
    }
    witnesses.push(witness);
    value
}

/// A pattern, and a path that it matches as a whole.
fn path(rng: &mut Rng) -> (String, String) {
    let (mut pattern, mut path) = (String::new(), String::new());
    for _ in 0..rng.usize(1..4) {
        let (piece, text) = rng.choice(SEGMENTS).unwrap_or_default();
        pattern.push_str(&format!("/{piece}"));
        path.push_str(&format!("/{text}"));
    }
    match rng.u8(..) {
        0..30 => pattern.push_str("(/.*)?"),
        30..50 => pattern = format!("/never|{pattern}"),
        50..70 => pattern = format!("{pattern}|/other"),
        70..80 => pattern = format!("^{pattern}$"),
        80..90 => pattern = format!("(?i){pattern}"),
        90..95 => pattern = "/.*".to_owned(),
        _ => (),
    }
    (pattern, path)
}

fn mutated(rng: &mut Rng, mut path: String) -> String {
    match rng.u8(..5) {
        0 => path.push_str("/more"),
        1 => path.push('z'),
        2 => path = path.to_ascii_uppercase(),
        3 => path = format!("/pre{path}"),
        _ => {
            path.pop();
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

fn target(rng: &mut Rng) -> Value {
    let mut sources = Vec::new();
    for (namespace, name) in SOURCES.iter().flatten().filter_map(|name| name.split_once('/')) {
        match rng.u8(..) {
            0..170 => sources.push(json!({
                "kind": "ServiceAccount", "name": name, "namespace": namespace,
            })),
            // Under this reading it names nobody.
            170..180 => sources.push(json!({"kind": "ServiceAccount", "name": name})),
            _ => (),
        }
    }
    let mut rules = Vec::new();
    for _ in 0..rng.usize(1..5) {
        match rng.u8(..) {
            // There is no group-3 and no match-3.
            0..190 => {
                let matches: Vec<String> =
                    (0..4).filter(|_| rng.u8(..) < 170).map(|m| format!("match-{m}")).collect();
                let name = format!("group-{}", rng.u8(..4));
                rules.push(json!({"kind": "HTTPRouteGroup", "name": name, "matches": matches}));
            }
            190..245 => {
                let name = format!("ports-{}", rng.u8(..3));
                rules.push(json!({"kind": "TCPRoute", "name": name}));
            }
            _ => rules.push(json!({"kind": "GRPCRoute", "name": "none"})),
        }
    }
    let name = if rng.u8(..) < 230 { "server" } else { "another" };
    let destination = json!({"kind": "ServiceAccount", "name": name, "namespace": "default"});
    json!({"destination": destination, "sources": sources, "rules": rules})
}

fn object(group: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": format!("{group}/v1alpha4"),
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    })
}
