//! Policies and weights replaced a thousand times a second under load.
//!
//! Half of the load is wrk's. It tells good answers from bad ones, and no more; the other half is of
//! clients that know what each answer may be.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use pingora_core::server::Server;
use pingora_core::server::configuration::ServerConf;
use pingora_proxy::http_proxy_service;
use smi_enforcer::Manifests;
use smi_policy::{AddressBook, Identity, Semantics};
use smi_proxy::{Callers, Metrics, Proxy, Settings};
use smi_split::ObjectName;

use crate::files::Files;
use crate::loopback::client::Client;
use crate::loopback::{debian, ports, states, upstream};

/// For how many seconds wrk asks.
const SECONDS: u64 = 4;
/// How often the state is replaced at least: as often as fits in that time.
const SWAPS: u32 = 4000;
/// How many rounds each client makes at least, and how often it is denied, and allowed, what only one
/// of the states allows.
const ROUNDS: usize = 100;
const EACH: usize = 20;

/// Serves until the test ends: with TLS, and without for clients at 127.0.0.1, who are `default/web`.
fn serve(files: &Files) -> ([SocketAddr; 2], Arc<Manifests>) {
    let directory = tempfile::tempdir().unwrap();
    let (manifests, _) = Manifests::open(directory.path(), Semantics::default()).unwrap();
    let manifests = Arc::new(manifests);
    let backends = ["first", "second", "third"]
        .map(|name| (ObjectName::new("default", name), upstream::start(name)));
    let settings = Settings {
        service: ObjectName::new("default", "server"),
        destination: Identity::service_account("default", "server"),
        port: 8080,
        backend: backends.into(),
        sticky: None,
    };
    let mut addresses = AddressBook::new();
    addresses.add("127.0.0.1", Identity::service_account("default", "web")).unwrap();
    let metrics = Arc::new(Metrics::new(&settings));
    let proxy = Proxy {
        settings,
        manifests: Arc::clone(&manifests),
        addresses,
        debug: false,
        metrics: Arc::clone(&metrics),
    };
    let [address, plain] = ports::free_addresses();
    let [certificate, key, ca] = ["server.pem", "key.pem", "ca.pem"].map(|name| files.path(name));
    let tls = Callers(metrics).tls(&certificate, &key, &ca).unwrap();
    thread::spawn(move || {
        let conf = ServerConf { threads: 2, ..ServerConf::default() };
        let mut server = Server::new_with_opt_and_conf(None, conf);
        server.bootstrap();
        let mut service = http_proxy_service(&server.configuration, proxy);
        service.add_tls_with_settings(&address.to_string(), None, tls);
        service.add_tcp(&plain.to_string());
        server.add_service(service);
        server.run(Default::default());
    });
    for address in [address, plain] {
        ports::wait_for(address, || ());
    }
    ([address, plain], manifests)
}

/// Answers to one path.
#[derive(Debug, Default)]
struct Count {
    first: AtomicUsize,
    second: AtomicUsize,
    third: AtomicUsize,
    denied: AtomicUsize,
}

#[test]
fn a_thousand_states_a_second_give_no_wrong_answer() {
    let program = debian::program(env!("CARGO_TARGET_TMPDIR"), "wrk");
    let files = Files::new();
    let ([address, plain], manifests) = serve(&files);
    let states = states::states();
    manifests.replace(states[0].clone());

    let paths = ["/both", "/one", "/two", "/none"];
    let counts: [Count; 4] = Default::default();
    let (stop, strangers) = (AtomicBool::new(false), AtomicUsize::new(0));
    // How many clients have seen enough.
    let content = AtomicUsize::new(0);
    let get = |client: &mut Client, path: &str| {
        client.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes()).unwrap()
    };
    let web = || {
        Client::new(address, Some(files.client(Some("spiffe://cluster.local/ns/default/sa/web"))))
    };
    let batch = || {
        Client::new(address, Some(files.client(Some("spiffe://cluster.local/ns/default/sa/batch"))))
    };
    let nobody = || Client::new(address, Some(files.client(None))).from("127.0.0.2");
    let clients = [web(), web(), web(), Client::new(plain, None)];
    let (all, mut wrk) = (clients.len(), None);
    thread::scope(|scope| {
        let load = scope.spawn(move || load(program, plain));
        for mut web in clients {
            let (stop, counts, content) = (&stop, &counts, &content);
            scope.spawn(move || {
                let mut denied = [0_usize; 4];
                let (mut rounds, mut is_content) = (0, false);
                while !stop.load(Ordering::Relaxed) {
                    rounds += 1;
                    for ((path, count), denied) in paths.iter().zip(counts).zip(&mut denied) {
                        let answer = get(&mut web, path);
                        let count = match (answer.status, answer.header("x-upstream")) {
                            (200, Some("first")) => &count.first,
                            (200, Some("second")) => &count.second,
                            (200, Some("third")) => &count.third,
                            (403, None) => &count.denied,
                            _ => panic!("{path}: {answer:?}"),
                        };
                        *denied += usize::from(answer.status == 403);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    // One that stays connected sees both states too.
                    let [_, one, two, _] = denied;
                    let has_seen = |denied| denied >= EACH && rounds - denied >= EACH;
                    if !is_content && rounds >= ROUNDS && has_seen(one) && has_seen(two) {
                        is_content = true;
                        content.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for mut stranger in [batch(), nobody()] {
            let (stop, strangers) = (&stop, &strangers);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    for path in paths {
                        assert_eq!(get(&mut stranger, path).status, 403, "{path}");
                        strangers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let is_enough = || load.is_finished() && content.load(Ordering::Relaxed) == all;
        let (swaps, took) = states::replace_until(&manifests, &states, SWAPS, is_enough);
        println!("{swaps} swaps in {took:.1?}");
        wrk = load.join().unwrap();
        stop.store(true, Ordering::Relaxed);
    });
    if let Some(requests) = wrk {
        println!("wrk: {requests} requests, 0 errors");
        assert!(requests > 0);
    }
    assert_eq!(content.into_inner(), all, "a client has not seen both states");
    let strangers = strangers.into_inner();
    println!("{strangers} requests of strangers, all denied");
    assert!(strangers > 0);
    let counts = counts.map(|Count { first, second, third, denied }| {
        [first, second, third, denied].map(AtomicUsize::into_inner)
    });
    for (path, [first, second, third, denied]) in paths.iter().zip(&counts) {
        println!("{path}: backends got {first}, {second} and {third}, {denied} denied");
    }
    let [both, one, two, none] = counts;
    assert!(both[..3].iter().sum::<usize>() > 100 && both[3] == 0, "allowed by either state");
    assert!(none[3] > 100 && none[..3] == [0; 3], "allowed by neither");
    let third = both[2] + one[2] + two[2];
    let allowed = [both, one, two].iter().flat_map(|count| &count[..3]).sum();
    assert_share(third, allowed, 0.1);
    // The policy that allows and the split that sends are of one state.
    for [own, other, third, denied] in [one, [two[1], two[0], two[2], two[3]]] {
        assert!(own > 0 && denied > 0);
        assert_eq!(other, 0, "allowed by one state, sent by the other");
        assert_share(own, own + third, 0.9);
    }
}

/// Has wrk ask for what is always allowed, over eight connections. Says how often it did; nothing where
/// there is no wrk.
fn load(wrk: Option<PathBuf>, address: SocketAddr) -> Option<u64> {
    let output = Command::new(wrk?)
        .args(["--threads", "1", "--connections", "8", "--timeout", "30s"])
        .args(["--duration", &format!("{SECONDS}s"), &format!("http://{address}/both")])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    // It speaks of errors only if there are any.
    let errors = ["Non-2xx or 3xx responses", "Socket errors"];
    assert!(!errors.iter().any(|error| said.contains(error)), "{said}");
    let requests = said.lines().find_map(|line| line.split_once(" requests in "));
    Some(requests.unwrap_or_else(|| panic!("{said}")).0.trim().parse().unwrap())
}

/// The share is what it should be, within six standard deviations.
#[track_caller]
fn assert_share(hits: usize, total: usize, share: f64) {
    let (hits, total) = (hits as f64, total as f64);
    let deviation = (total * share * (1.0 - share)).sqrt();
    assert!((hits - total * share).abs() < 6.0 * deviation, "{hits} of {total}, not {share}");
}
