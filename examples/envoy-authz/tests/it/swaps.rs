//! Policies replaced under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::authorizer;
use crate::config::{self, Listener};
use crate::envoy::{self, Envoy};
use crate::loopback::client::Client;
use crate::loopback::pki::{Authority, Name};
use crate::loopback::{ports, states, upstream};

/// How often the policy is replaced at least.
const SWAPS: u32 = 3000;
/// How often at least what is always allowed is asked for, and what is always denied; and how often
/// that what depends on the moment is allowed, and denied.
const EACH: usize = 100;

#[test]
fn a_thousand_policies_a_second_give_no_wrong_answer() {
    let Some(program) = envoy::program() else { return };
    let (authz, live) = authorizer::start();
    let states = states::states();
    live.replace(states[0].clone());

    let authority = Authority::new();
    let [address] = ports::free_addresses();
    let context = [("destination", "default/server".to_owned()), ("port", "80".to_owned())];
    let extensions = config::extensions(&BTreeMap::from(context));
    let listener = Listener {
        address,
        filters: vec![config::ext_authz()],
        routes: config::routes(0, "upstream", &extensions).into(),
    };
    let clusters = vec![
        config::cluster("authz", authz, true),
        config::cluster("upstream", upstream::start("upstream"), false),
    ];
    let _envoy = Envoy::start(program, &config::config(&authority, vec![listener], clusters));
    let certified = authority.certify(Name::Uri("spiffe://cluster.local/ns/default/sa/web"));
    let tls = authority.client(certified.as_ref());

    let stop = AtomicBool::new(false);
    let counts: [AtomicUsize; 4] = Default::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = Client::new(address, Some(tls.clone()));
                while !stop.load(Ordering::Relaxed) {
                    for (path, may) in [
                        ("/both", &[200][..]),
                        ("/none", &[403]),
                        ("/one", &[200, 403]),
                        ("/two", &[200, 403]),
                    ] {
                        let head = format!("GET {path} HTTP/1.1\r\nhost: h\r\nx-test: 0\r\n\r\n");
                        let status = client.send(head.as_bytes()).unwrap().status;
                        assert!(may.contains(&status), "{path}: {status}");
                        let count = usize::from(may.len() > 1) * 2 + usize::from(status == 403);
                        counts[count].fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let is_enough = || counts.iter().all(|count| count.load(Ordering::Relaxed) >= EACH);
        let (swaps, took) = states::replace_until(&live, &states, SWAPS, is_enough);
        stop.store(true, Ordering::Relaxed);
        println!("{swaps} swaps in {took:.1?}");
    });
    let counts = counts.map(AtomicUsize::into_inner);
    let [allowed, denied, now_allowed, now_denied] = counts;
    println!(
        "{allowed} always allowed, {denied} always denied, and of those that depend on the moment \
         {now_allowed} allowed and {now_denied} denied"
    );
    assert!(counts.iter().all(|count| *count >= EACH), "{counts:?}");
}
