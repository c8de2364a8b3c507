//! The engine beside Envoy's own RBAC filter, both asked with the same real requests.
//!
//! Left out, for the two differ there by their definitions: repeated header fields, which Envoy joins
//! with a comma and SMI with comma and blank.

use std::collections::BTreeMap;

use fastrand::Rng;
use smi_policy::{PathMode, Semantics};

use crate::config::{self, Listener};
use crate::envoy::{self, Envoy};
use crate::loopback::client::Client;
use crate::loopback::pki::{Authority, Name};
use crate::loopback::{ports, states, upstream};
use crate::worlds::{Asked, SOURCES, World};
use crate::{authorizer, rbac};

const WORLDS: usize = 80;
const REQUESTS: usize = 80;

#[test]
fn the_engine_and_the_rbac_filter_agree() {
    let Some(program) = envoy::program() else { return };
    let seed = std::env::var("SMI_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed} (SMI_SEED)");
    let mut rng = Rng::with_seed(seed);

    // The RBAC filter knows the port that Envoy listens on, so there is a listener for each.
    let [first, second, asking] = ports::free_addresses();
    let ports = [first.port(), second.port()];
    let worlds: Vec<World> = (0..WORLDS).map(|_| World::generate(&mut rng, &ports)).collect();
    let rules: Vec<_> = worlds
        .iter()
        .enumerate()
        .flat_map(|(number, world)| {
            config::routes(number, "upstream", &rbac::per_route(&world.manifests))
        })
        .collect();
    let questions = (0..ports.len()).flat_map(|number| {
        let destination = ("destination", "default/server".to_owned());
        let port = ("port", ports[number].to_string());
        let context = BTreeMap::from([destination, port]);
        config::routes(number, "upstream", &config::extensions(&context))
    });
    let (authz, manifests) = authorizer::start();
    let authority = Authority::new();
    let listeners = vec![
        Listener { address: first, filters: vec![rbac::filter()], routes: rules.clone() },
        Listener { address: second, filters: vec![rbac::filter()], routes: rules },
        Listener {
            address: asking,
            filters: vec![config::ext_authz()],
            routes: questions.collect(),
        },
    ];
    let clusters = vec![
        config::cluster("authz", authz, true),
        config::cluster("upstream", upstream::start("upstream"), false),
    ];
    let _envoy = Envoy::start(program, &config::config(&authority, listeners, clusters));

    let mut clients: Vec<[Client; 3]> = SOURCES
        .iter()
        .map(|source| {
            let uri = source.map(|name| {
                let (namespace, name) = name.split_once('/').unwrap();
                format!("spiffe://cluster.local/ns/{namespace}/sa/{name}")
            });
            let certified = uri.map(|uri| authority.certify(Name::Uri(&uri)).unwrap());
            let tls = authority.client(certified.as_ref());
            [first, second, asking].map(|address| Client::new(address, Some(tls.clone())))
        })
        .collect();

    let (mut allowed, mut denied, mut unclean, mut refused) = (0, 0, 0, 0);
    let mut disagreements = Vec::new();
    for (number, world) in worlds.iter().enumerate() {
        // Every other world is judged with paths as they stand, as the filter does.
        let strict = number % 2 == 1;
        let mode = if strict { PathMode::Strict } else { PathMode::AsIs };
        let semantics = Semantics::osm().with_path_mode(mode);
        manifests.replace(states::compile(&world.manifests, semantics));
        for _ in 0..REQUESTS {
            let (source, port) = (rng.usize(..SOURCES.len()), rng.usize(..ports.len()));
            let asked = world.request(&mut rng);
            let filter = clients[source][port].send(&head(&asked, number)).unwrap().status;
            let engine = clients[source][2].send(&head(&asked, port)).unwrap().status;
            match (engine, filter) {
                (200, 200) => allowed += 1,
                (403, 403) => denied += 1,
                (400, 400) => refused += 1,
                // What a server may read in another way than the filter did.
                (403, 200) if strict && !asked.is_clean => unclean += 1,
                _ => disagreements.push(format!(
                    "world {number}, {:?} to port {}: engine {engine}, filter {filter}: {}\n{}",
                    SOURCES[source],
                    ports[port],
                    String::from_utf8_lossy(&head(&asked, number)),
                    world.manifests,
                )),
            }
        }
    }
    println!(
        "{WORLDS} policies, {} requests: {allowed} allowed by both, {denied} denied by both, \
         {unclean} denied for a path that may be read in two ways, {refused} refused by Envoy, \
         {} disagreements",
        WORLDS * REQUESTS,
        disagreements.len(),
    );
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert!(allowed > 500 && denied > 500, "too one-sided to show anything");
}

fn head(asked: &Asked, test: usize) -> Vec<u8> {
    let Asked { method, path, headers, authority, .. } = asked;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {authority}\r\nx-test: {test}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
