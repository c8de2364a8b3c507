//! The program, with the configuration that is shipped.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::envoy::{self, Envoy};
use crate::loopback::client::{Answer, Client};
use crate::loopback::manifests::{self, SHOP, copied_shop};
use crate::loopback::ports::free_addresses;
use crate::loopback::program::Program;
use crate::loopback::wait;

fn start(manifests: &Path, listen: SocketAddr, more: &[&str]) -> Program {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/addresses.txt");
    let mut command = Command::new(env!("CARGO_BIN_EXE_smi-envoy-authz"));
    command.arg(manifests).args(["--listen", &listen.to_string(), "--address-book", book]);
    let program = Program::start(command.args(more));
    program.wait_for("listening on");
    program
}

/// Envoy with `envoy.yaml`, on other ports; with these authorizers, who may take their time.
fn envoy(program: &Path, authorizers: &[SocketAddr]) -> (Envoy, SocketAddr) {
    let [catalog, v1, v2] = free_addresses();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/envoy.yaml")).unwrap();
    let mut config: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    for (old, new) in [(10000, catalog), (10001, v1), (10002, v2)] {
        replace_port(&mut config, old, new.port());
    }
    let manager = &mut config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0];
    let ext_authz = &mut manager["typed_config"]["http_filters"][0]["typed_config"];
    assert_eq!(ext_authz["grpc_service"]["timeout"], "1s");
    ext_authz["grpc_service"]["timeout"] = "60s".into();
    let endpoint = &mut config["static_resources"]["clusters"][0]["load_assignment"]["endpoints"]
        [0]["lb_endpoints"];
    let template = endpoint[0].clone();
    let endpoints = authorizers.iter().map(|address| {
        let mut endpoint = template.clone();
        replace_port(&mut endpoint, 9191, address.port());
        endpoint
    });
    *endpoint = endpoints.collect();
    (Envoy::start(program, &config), catalog)
}

fn replace_port(value: &mut serde_json::Value, old: u16, new: u16) {
    use serde_json::Value::{Array, Object};
    match value {
        Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "port_value" if *value == old => *value = new.into(),
                    _ => replace_port(value, old, new),
                }
            }
        }
        Array(items) => items.iter_mut().for_each(|item| replace_port(item, old, new)),
        _ => (),
    }
}

fn get(client: &mut Client, head: &str) -> Answer {
    client.send(format!("{head}\r\nhost: catalog\r\n\r\n").as_bytes()).unwrap()
}

#[test]
fn the_shipped_configuration_authorizes_and_splits() {
    let Some(program) = envoy::program() else { return };
    let [authz] = free_addresses();
    let debugging = start(Path::new(SHOP), authz, &["--debug"]);
    let (_envoy, catalog) = envoy(program, &[authz]);
    let mut web = Client::new(catalog, None);

    let beta = get(&mut web, "GET /products HTTP/1.1\r\ncookie: beta=1");
    assert_eq!((beta.status, beta.body.as_str()), (200, "catalog-v2\n"));
    // A client cannot choose the backend itself.
    let mut new = 0;
    for _ in 0..500 {
        let answer = get(&mut web, "GET /products HTTP/1.1\r\nx-smi-backend: shop/catalog-v2");
        assert_eq!(answer.status, 200);
        new += usize::from(answer.body == "catalog-v2\n");
    }
    // Of 500 with a chance of 1 in 10, fewer than 15 or more than 95 are six deviations away.
    println!("{new} of 500 requests went to version 2, which has a share of 1 in 10");
    assert!((15..=95).contains(&new));

    for (head, reason) in [
        ("DELETE /products HTTP/1.1", "not-allowed"),
        ("GET /products/../admin HTTP/1.1", "path"),
        ("GET //products HTTP/1.1", "path"),
    ] {
        let denied = get(&mut web, head);
        assert_eq!((denied.status, denied.header("x-smi-reason")), (403, Some(reason)), "{head}");
    }
    let mut inventory = Client::new(catalog, None).from("127.0.0.2");
    let reason = get(&mut inventory, "GET /products HTTP/1.1");
    assert_eq!((reason.status, reason.header("x-smi-reason")), (403, Some("not-allowed")));
    let stock = "PUT /products/7/stock HTTP/1.1\r\ncontent-type: application/json";
    assert_eq!(get(&mut inventory, stock).status, 200);
    let mut nobody = Client::new(catalog, None).from("127.0.0.3");
    let reason = get(&mut nobody, "GET /products HTTP/1.1");
    assert_eq!((reason.status, reason.header("x-smi-reason")), (403, Some("unauthenticated")));

    // Without authorizer nobody passes; with one that doesn't debug, nobody is told why not.
    drop(debugging);
    assert_eq!(get(&mut web, "GET /products HTTP/1.1").status, 503);
    let _silent = start(Path::new(SHOP), authz, &[]);
    wait::until("the new authorizer is asked", || {
        get(&mut web, "GET /products HTTP/1.1").status == 200
    });
    let denied = get(&mut web, "DELETE /products HTTP/1.1");
    assert_eq!((denied.status, denied.header("x-smi-reason")), (403, None));
}

#[test]
fn changed_manifests_count_and_broken_ones_do_not() {
    let Some(program) = envoy::program() else { return };
    let directory = copied_shop();
    let [authz] = free_addresses();
    let authorizer = start(directory.path(), authz, &["--debug"]);
    let (_envoy, catalog) = envoy(program, &[authz]);
    let mut web = Client::new(catalog, None);
    let products = "GET /products HTTP/1.1";
    assert_eq!(get(&mut web, products).status, 200);

    // A typo in one file, and a change in another: neither counts.
    let file = directory.path().join("catalog.yaml");
    let good = fs::read_to_string(&file).unwrap();
    manifests::write(&directory.path().join("bad.yaml"), "kind: [\n");
    manifests::write(&file, &good.replace("name: web\n", "name: nobody\n"));
    authorizer.wait_for("manifests are broken, generation 1 stays in force");
    authorizer.wait_for("bad.yaml: line");
    assert_eq!(get(&mut web, products).status, 200);

    fs::remove_file(directory.path().join("bad.yaml")).unwrap();
    authorizer.wait_for("generation 2 is in force");
    assert_eq!(get(&mut web, products).status, 403);

    let all_new = good.replace("weight: 90", "weight: 0");
    manifests::write(&file, &all_new);
    authorizer.wait_for("generation 3 is in force");
    for _ in 0..50 {
        assert_eq!(get(&mut web, products).body, "catalog-v2\n");
    }
    manifests::write(&file, &all_new.replace("weight: 10", "weight: 0"));
    authorizer.wait_for("generation 4 is in force");
    let nowhere = get(&mut web, products);
    assert_eq!((nowhere.status, nowhere.header("x-smi-reason")), (503, Some("no-backend")));
}

#[test]
fn one_of_two_authorizers_ends_without_a_failed_request() {
    let Some(program) = envoy::program() else { return };
    let [first, second] = free_addresses();
    let mut going = start(Path::new(SHOP), first, &[]);
    let _staying = start(Path::new(SHOP), second, &[]);
    let (_envoy, catalog) = envoy(program, &[first, second]);

    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut web = Client::new(catalog, None);
                while !stop.load(Ordering::Relaxed) {
                    for (head, status) in
                        [("GET /products HTTP/1.1", 200), ("PUT /products HTTP/1.1", 403)]
                    {
                        assert_eq!(get(&mut web, head).status, status, "{head}");
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let so_far = || answered.load(Ordering::Relaxed);
        wait::until("there is load", || so_far() > 100);
        let before = so_far();
        going.terminate();
        let status = going.ended();
        let after = so_far();
        wait::until("the load goes on", || so_far() > after + 100);
        stop.store(true, Ordering::Relaxed);
        println!("{before} requests before SIGTERM, {} until the end, {status}", after - before);
        assert!(status.success());
    });
    println!("{} requests in all, none failed", answered.load(Ordering::Relaxed));
}
