//! What reading manifests costs above the parsers that it stands on.
//!
//! For each text: the text read by [`Manifest::read`], and the same text parsed by the same library
//! into its own untyped value. The ratio of the two is printed first; it is meant to stay below 1.2.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use smi_types::Manifest;

fn main() {
    println!("ratio of reading to parsing into an untyped value");
    for (name, texts, parse) in [
        ("yaml, documents", vec![documents(100)], parse_yaml as fn(&str) -> usize),
        ("yaml, one list", vec![list_as_yaml(100)], parse_yaml),
        ("yaml, published", published(), parse_yaml),
        ("json, documents", vec![list_as_json_lines(100)], parse_json),
        ("json, one list", vec![list_as_json(100)], parse_json),
    ] {
        let bytes: usize = texts.iter().map(String::len).sum();
        if bytes == 0 {
            println!("{name:16} skipped: there are no such texts");
            continue;
        }
        let read = fastest(|| texts.iter().map(|text| read(text)).sum());
        let parsed = fastest(|| texts.iter().map(|text| parse(text)).sum());
        let ratio = read.as_secs_f64() / parsed.as_secs_f64();
        println!("{name:16} {ratio:.2}  ({read:.1?} / {parsed:.1?}, {} KB)", bytes / 1000);
    }
    divan::main();
}

#[divan::bench]
fn read_yaml(bencher: divan::Bencher<'_, '_>) {
    let text = documents(100);
    bencher.bench(|| read(&text));
}

#[divan::bench]
fn read_json(bencher: divan::Bencher<'_, '_>) {
    let text = list_as_json(100);
    bencher.bench(|| read(&text));
}

fn read(text: &str) -> usize {
    black_box(Manifest::read(black_box(text))).documents().len()
}

fn parse_yaml(text: &str) -> usize {
    let options = serde_saphyr::options! { strict_booleans: true };
    let values: Result<Vec<serde_json::Value>, _> =
        serde_saphyr::from_multiple_with_options(black_box(text), options);
    black_box(values).map_or(0, |values| values.len())
}

fn parse_json(text: &str) -> usize {
    let stream = serde_json::Deserializer::from_str(black_box(text));
    let values: Vec<_> = stream.into_iter::<serde_json::Value>().collect();
    black_box(values).len()
}

/// Manifests that others have published, if they lie beside the project.
fn published() -> Vec<String> {
    let mut open: Vec<std::path::PathBuf> =
        vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/manifests").into()];
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => texts.extend(std::fs::read_to_string(&path)),
        }
    }
    texts
}

/// The shortest of some runs, which is the one that others disturbed least.
fn fastest(mut run: impl FnMut() -> usize) -> Duration {
    let mut fastest = Duration::MAX;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(700) {
        let start = Instant::now();
        black_box(run());
        fastest = fastest.min(start.elapsed());
    }
    fastest
}

/// A target, a group, a route and a split for each of some services.
fn documents(services: usize) -> String {
    let mut text = String::new();
    for service in 0..services {
        let _ = write!(
            text,
            r#"# What service {service} allows.
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: service-{service}
  namespace: shop
  labels:
    app.kubernetes.io/name: service-{service}
    app.kubernetes.io/part-of: shop
spec:
  destination:
    kind: ServiceAccount
    name: service-{service}
    namespace: shop
  rules:
  - kind: HTTPRouteGroup
    name: service-{service}
    matches: [read, write]
  - kind: TCPRoute
    name: service-{service}
  sources:
  - kind: ServiceAccount
    name: web
    namespace: shop
  - kind: ServiceAccount
    name: gateway
    namespace: ingress
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata:
  name: service-{service}
  namespace: shop
spec:
  matches:
  - name: read
    pathRegex: "/api/service-{service}/[0-9]+"
    methods: [GET, HEAD]
  - name: write
    pathRegex: /api/service-{service}
    methods:
    - POST
    - PUT
    headers:
    - x-request-id: ".+"
    - content-type: application/json
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata:
  name: service-{service}
  namespace: shop
spec:
  matches:
    ports: [8080, 9090]
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: service-{service}
  namespace: shop
spec:
  service: service-{service}
  backends:
  - service: service-{service}-stable
    weight: 90
  - service: service-{service}-canary
    weight: 10
---
"#
        );
    }
    text
}

fn values(services: usize) -> Vec<serde_json::Value> {
    let manifest = Manifest::read(&documents(services));
    let roots = manifest.documents().iter().filter_map(|document| document.root());
    roots.map(|root| root.to_json()).collect()
}

fn list(services: usize) -> serde_json::Value {
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": values(services)})
}

fn list_as_json(services: usize) -> String {
    serde_json::to_string_pretty(&list(services)).unwrap_or_default()
}

fn list_as_json_lines(services: usize) -> String {
    values(services).iter().map(|value| format!("{value}\n")).collect()
}

fn list_as_yaml(services: usize) -> String {
    serde_saphyr::to_string(&list(services)).unwrap_or_default()
}
