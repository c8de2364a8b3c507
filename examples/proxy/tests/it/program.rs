//! The program, with the shop's manifests.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::thread;

use smi_metrics_model::{FAILURE_COUNT, P50_RESPONSE_LATENCY, SUCCESS_COUNT, TrafficMetricsList};

use crate::files::Files;
use crate::loopback::client::{Answer, Client};
use crate::loopback::manifests::{self, SHOP, copied_shop};
use crate::loopback::ports::{free_addresses, wait_for};
use crate::loopback::program::Program;
use crate::loopback::{upstream, wait};

const WEB: &str = "spiffe://cluster.local/ns/shop/sa/web";

/// The proxy before the catalog.
struct Running {
    program: Program,
    address: SocketAddr,
    metrics: SocketAddr,
}

fn start(manifests: &Path, files: &Files, backends: [SocketAddr; 2], more: &[&str]) -> Running {
    let [address, metrics] = free_addresses();
    let mut command = command(manifests, files, backends, [address, metrics]);
    let program = Program::start(command.args(more));
    wait_for(address, || ());
    wait_for(metrics, || ());
    Running { program, address, metrics }
}

fn command(
    manifests: &Path,
    files: &Files,
    backends: [SocketAddr; 2],
    [address, metrics]: [SocketAddr; 2],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smi-proxy"));
    command
        .arg(manifests)
        .args(["--listen", &address.to_string(), "--metrics", &metrics.to_string()])
        .args(["--service", "shop/catalog", "--destination", "shop/catalog", "--port", "8080"])
        .arg("--certificate")
        .arg(files.path("server.pem"))
        .arg("--key")
        .arg(files.path("key.pem"))
        .arg("--client-ca")
        .arg(files.path("ca.pem"));
    for (name, address) in ["v1", "v2"].iter().zip(backends) {
        command.arg("--backend").arg(format!("shop/catalog-{name}={address}"));
    }
    command
}

fn get(client: &mut Client, head: &str) -> Answer {
    client.send(format!("{head}\r\nhost: catalog\r\n\r\n").as_bytes()).unwrap()
}

#[test]
fn callers_are_known_by_certificate_and_denied_without_reason_unless_debugging() {
    let files = Files::new();
    let backends = ["v1", "v2"].map(upstream::start);
    let proxy = start(Path::new(SHOP), &files, backends, &["--debug"]);
    let client = |id| Client::new(proxy.address, Some(files.client(Some(id))));

    let mut web = client(WEB);
    for (head, status, reason) in [
        ("GET /products HTTP/1.1", 200, None),
        ("GET /products?page=2 HTTP/1.1", 200, None),
        ("GET http://catalog/products HTTP/1.1", 200, None),
        ("DELETE /products HTTP/1.1", 403, Some("not-allowed")),
        ("GET /products/../admin HTTP/1.1", 403, Some("path")),
        ("GET /products/%2e%2e/admin HTTP/1.1", 403, Some("path")),
        ("GET //products HTTP/1.1", 403, Some("path")),
        ("GET http://catalog/products/../admin HTTP/1.1", 403, Some("path")),
    ] {
        let answer = get(&mut web, head);
        assert_eq!((answer.status, answer.header("x-smi-reason")), (status, reason), "{head}");
    }
    let forwarded = get(&mut web, "GET http://catalog/products?a=1 HTTP/1.1").body;
    assert!(forwarded.starts_with("GET /products?a=1 HTTP/1.1\r\n"), "{forwarded}");

    let cookies = "GET /products HTTP/1.1\r\ncookie: a=b\r\ncookie: beta=1";
    let forwarded = get(&mut web, cookies).body;
    assert!(forwarded.contains("cookie: a=b; beta=1\r\n"), "{forwarded}");

    for id in [
        "spiffe://cluster.local/ns/shop/sa/inventory",
        "spiffe://cluster.local/ns/other/sa/web",
        "spiffe://elsewhere.example/ns/shop/sa/web",
    ] {
        let answer = get(&mut client(id), "GET /products HTTP/1.1");
        assert_eq!((answer.status, answer.header("x-smi-reason")), (403, Some("not-allowed")));
    }
    // A certificate that names no identity, none at all, and one of another authority.
    let none = Client::new(proxy.address, Some(files.client(None)));
    for mut nobody in [client("https://shop.example/web"), none] {
        let answer = get(&mut nobody, "GET /products HTTP/1.1");
        assert_eq!((answer.status, answer.header("x-smi-reason")), (403, Some("unauthenticated")));
    }
    let request = b"GET /products HTTP/1.1\r\nhost: catalog\r\n\r\n";
    let forged = Files::new().client(Some(WEB));
    assert!(Client::new(proxy.address, Some(forged)).send(request).is_err());

    let silent = start(Path::new(SHOP), &files, backends, &[]);
    let mut web = Client::new(silent.address, Some(files.client(Some(WEB))));
    let denied = get(&mut web, "DELETE /products HTTP/1.1");
    assert_eq!((denied.status, denied.header("x-smi-reason")), (403, None));
}

#[test]
fn a_normalised_path_is_what_is_decided_and_forwarded() {
    let files = Files::new();
    let backends = ["v1", "v2"].map(upstream::start);
    let proxy = start(Path::new(SHOP), &files, backends, &["--normalize-paths"]);
    let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));
    for (sent, status, forwarded) in [
        ("/admin/../products?a=/../b", 200, "GET /products?a=/../b HTTP/1.1\r\n"),
        ("http://catalog/%70roducts", 200, "GET /products HTTP/1.1\r\n"),
        ("/products/../admin", 403, ""),
        ("/products%2f..%2fadmin", 403, ""),
    ] {
        let answer = get(&mut web, &format!("GET {sent} HTTP/1.1"));
        assert_eq!(answer.status, status, "{sent}");
        assert!(answer.body.starts_with(forwarded), "{sent}: {}", answer.body);
    }
}

#[test]
fn manifests_mean_what_the_chosen_mesh_reads_in_them() {
    let files = Files::new();
    let directory = copied_shop();
    let file = directory.path().join("catalog.yaml");
    let text = fs::read_to_string(&file).unwrap();
    manifests::write(&file, &text.replace("(products|categories)(/.*)?$", "products"));
    let backends = ["v1", "v2"].map(upstream::start);
    // Only OSM, of these, has a pattern match the whole path.
    for (semantics, status) in [("spec", 200), ("osm", 403), ("nginx", 200)] {
        let proxy = start(directory.path(), &files, backends, &["--semantics", semantics]);
        let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));
        assert_eq!(get(&mut web, "GET /products HTTP/1.1").status, 200, "{semantics}");
        assert_eq!(get(&mut web, "GET /products/7 HTTP/1.1").status, status, "{semantics}");
    }
}

#[test]
fn clients_without_certificate_are_known_by_their_address() {
    let files = Files::new();
    let book = files.path("addresses.txt");
    fs::write(&book, "127.0.0.1 shop/web\n127.0.0.2 shop/inventory\n").unwrap();
    let backends = ["v1", "v2"].map(upstream::start);
    let book = ["--address-book", book.to_str().unwrap(), "--debug"];
    let proxy = start(Path::new(SHOP), &files, backends, &book);
    for (address, status, reason) in [
        ("127.0.0.1", 200, None),
        ("127.0.0.2", 403, Some("not-allowed")),
        ("127.0.0.3", 403, Some("unauthenticated")),
    ] {
        let mut client = Client::new(proxy.address, Some(files.client(None))).from(address);
        let answer = get(&mut client, "GET /products HTTP/1.1");
        assert_eq!((answer.status, answer.header("x-smi-reason")), (status, reason), "{address}");
    }
    // A certificate counts before the address, also one that names nobody, or somebody else.
    let id = "https://shop.example/web";
    let mut unnamed = Client::new(proxy.address, Some(files.client(Some(id))));
    let answer = get(&mut unnamed, "GET /products HTTP/1.1");
    assert_eq!((answer.status, answer.header("x-smi-reason")), (403, Some("unauthenticated")));
    let id = "spiffe://cluster.local/ns/shop/sa/inventory";
    let mut inventory = Client::new(proxy.address, Some(files.client(Some(id))));
    assert_eq!(get(&mut inventory, "GET /products HTTP/1.1").status, 403);
}

#[test]
fn a_cookie_keeps_a_client_on_its_backend() {
    let files = Files::new();
    let directory = copied_shop();
    let backends = ["v1", "v2"].map(upstream::start);
    let proxy = start(directory.path(), &files, backends, &["--sticky", "backend"]);
    let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));

    let mut clients: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..300 {
        let answer = get(&mut web, "GET /products HTTP/1.1");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        clients.insert(cookie, answer.header("x-upstream").unwrap().to_owned());
    }
    let mut moved = |web: &mut Client| {
        let mut moved = Vec::new();
        for (cookie, backend) in &mut clients {
            let answer = get(web, &format!("GET /products HTTP/1.1\r\ncookie: a=b; {cookie}"));
            assert_eq!(answer.header("set-cookie"), None, "a client that has a key keeps it");
            let now = answer.header("x-upstream").unwrap().to_owned();
            if *backend != now {
                moved.push((std::mem::replace(backend, now.clone()), now));
            }
        }
        let second = clients.values().filter(|backend| *backend == "v2").count();
        (clients.len(), second, moved)
    };
    let (all, second, none) = moved(&mut web);
    println!("{second} of {all} clients are on version 2, which has a share of 1 in 10");
    assert!(all == 300 && (5..60).contains(&second) && none.is_empty());

    // Only the answer itself sets one, not what comes before it.
    let mut waiting = Client::new(proxy.address, Some(files.client(Some(WEB))));
    let interim = get(&mut waiting, "GET /products HTTP/1.1\r\nexpect: 100-continue");
    assert_eq!((interim.status, interim.header("set-cookie")), (100, None));

    let file = directory.path().join("catalog.yaml");
    let text = fs::read_to_string(&file).unwrap();
    manifests::write(&file, &text.replace("weight: 10\n", "weight: 90\n"));
    proxy.program.wait_for("generation 2 is in force");
    let (_, second, those) = moved(&mut web);
    println!("with half of the weight it is {second}; {} clients have moved", those.len());
    assert!((100..200).contains(&second));
    assert!(those.iter().all(|(from, to)| from == "v1" && to == "v2"), "{those:?}");
}

#[test]
fn broken_manifests_leave_the_last_good_state_in_force() {
    let files = Files::new();
    let directory = copied_shop();
    let proxy = start(directory.path(), &files, ["v1", "v2"].map(upstream::start), &[]);
    let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));
    let products = "GET /products HTTP/1.1";
    assert_eq!(get(&mut web, products).status, 200);

    let bad = directory.path().join("bad.yaml");
    manifests::write(&bad, "kind: [\n");
    let file = directory.path().join("catalog.yaml");
    let text = fs::read_to_string(&file).unwrap();
    manifests::write(&file, &text.replace("name: web\n", "name: nobody\n"));
    proxy.program.wait_for("manifests are broken, generation 1 stays in force");
    proxy.program.wait_for("bad.yaml: line");
    assert_eq!(get(&mut web, products).status, 200);

    fs::remove_file(bad).unwrap();
    proxy.program.wait_for("generation 2 is in force");
    assert_eq!(get(&mut web, products).status, 403);
}

/// What is revoked must not go on because nobody reads the log.
#[test]
fn manifests_are_followed_when_nobody_listens_to_what_is_said() {
    let files = Files::new();
    let directory = copied_shop();
    let (reader, deaf) = std::io::pipe().unwrap();
    drop(reader);
    let addresses = free_addresses();
    let backends = ["v1", "v2"].map(upstream::start);
    let mut command = command(directory.path(), &files, backends, addresses);
    let _program = Program::of(command.stderr(deaf).spawn().unwrap());
    let [address, _] = addresses;
    wait_for(address, || ());
    let mut web = Client::new(address, Some(files.client(Some(WEB))));
    let products = "GET /products HTTP/1.1";
    assert_eq!(get(&mut web, products).status, 200);

    let file = directory.path().join("catalog.yaml");
    let good = fs::read_to_string(&file).unwrap();
    for (text, status) in [(good.replace("name: web\n", "name: nobody\n"), 403), (good, 200)] {
        manifests::write(&file, &text);
        wait::until("it counts", || get(&mut web, products).status == status);
    }
}

#[test]
fn what_a_backend_that_is_down_would_get_goes_to_the_others() {
    let files = Files::new();
    let directory = copied_shop();
    let [down] = free_addresses();
    let proxy = start(directory.path(), &files, [upstream::start("v1"), down], &[]);
    let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));
    let products = "GET /products HTTP/1.1";
    for _ in 0..200 {
        let answer = get(&mut web, products);
        assert_eq!((answer.status, answer.header("x-upstream")), (200, Some("v1")));
    }
    // Beta testers have no other version.
    let beta = "GET /products HTTP/1.1\r\ncookie: beta=1";
    assert_eq!(get(&mut web, beta).status, 503);

    upstream::start_at(down, "v2");
    wait::until("it is tried again", || get(&mut web, beta).status == 200);
    assert_eq!(get(&mut web, beta).header("x-upstream"), Some("v2"));

    // What was served counts as such, soon after the client has its answer.
    let mut list = metrics(proxy.metrics);
    wait::until("both requests are counted", || {
        list = metrics(proxy.metrics);
        count(&list, "catalog-v2", SUCCESS_COUNT) >= 2
    });
    assert_eq!(count(&list, "catalog-v2", SUCCESS_COUNT), 2);
    assert_eq!(count(&list, "catalog-v1", SUCCESS_COUNT), 200);
    // A request for which there was no backend is one of the service itself.
    assert!(count(&list, "catalog", FAILURE_COUNT) >= 1);
    let first = list.items().first().unwrap();
    assert!(first.metric(P50_RESPONSE_LATENCY).is_some(), "{first:?}");
}

#[test]
fn open_requests_end_well_after_sigterm() {
    let files = Files::new();
    let directory = copied_shop();
    let text = "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                metadata: {name: catalog-api, namespace: shop}\n\
                spec: {matches: [{name: read, pathRegex: /wait}, {name: search}]}\n";
    fs::write(directory.path().join("zz.yaml"), text).unwrap();
    let backends = ["v1", "v2"].map(upstream::start);
    let mut proxy = start(directory.path(), &files, backends, &[]);
    let answers = thread::scope(|scope| {
        let slow: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut web = Client::new(proxy.address, Some(files.client(Some(WEB))));
                    get(&mut web, "GET /wait HTTP/1.1").status
                })
            })
            .collect();
        wait::until("the requests arrive", || {
            upstream::WAITING.load(Ordering::Relaxed) == slow.len()
        });
        proxy.program.terminate();
        wait::until("it takes no more connections", || TcpStream::connect(proxy.address).is_err());
        upstream::RELEASED.store(true, Ordering::Relaxed);
        slow.into_iter().map(|request| request.join().unwrap()).collect::<Vec<_>>()
    });
    let status = proxy.program.ended();
    assert!(status.success(), "{status}");
    println!("{} requests were open at SIGTERM: {answers:?}", answers.len());
    assert_eq!(answers, [200; 8]);
}

fn metrics(address: SocketAddr) -> TrafficMetricsList {
    let mut client = Client::new(address, None);
    let answer = client.send(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    serde_json::from_str(&answer.body).unwrap()
}

/// What is counted of a backend, over all who called it.
fn count(list: &TrafficMetricsList, backend: &str, name: &str) -> u64 {
    let of_backend = list
        .items()
        .iter()
        .filter(|item| item.resource.as_option().and_then(|r| r.name.as_deref()) == Some(backend));
    let values = of_backend.filter_map(|item| item.metric(name)?.value.as_option());
    values.map(|value| value.to_string().parse::<u64>().unwrap()).sum()
}
