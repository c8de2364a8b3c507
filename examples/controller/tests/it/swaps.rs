//! Policy and splits change a thousand times a second while others ask them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use smi_controller::{Controller, Live, Pace, Snapshot};
use smi_policy::{Identity, Request};
use smi_split::{Call, ObjectName, Outcome};

use crate::api::Cluster;
use crate::support::{any_route, controller, is_open, pace, target, until};

/// The last step there can be: each has a port.
const LAST: u16 = 64_000;

/// How many swaps are waited for, at a thousand a second if the machine is fast enough, and how long:
/// a thousand steps a second are not too many.
const SWAPS: u64 = 3000;
const LONGEST: Duration = Duration::from_secs(60);
/// How many snapshots each reader sees at least.
const SEEN: u64 = 300;

/// Each step opens a port of its own, and closes that of the step before.
fn port(step: u16) -> u16 {
    1000 + step
}

fn moving_route(step: u16) -> Value {
    let mut route = any_route("shop");
    route["metadata"]["name"] = "moving".into();
    route["spec"]["matches"]["ports"] = json!([port(step)]);
    route
}

/// Each step makes the first backend's share larger.
fn moving_split(step: u16) -> Value {
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit",
        "metadata": {"name": "moving", "namespace": "shop"},
        "spec": {"service": "api", "backends": [
            {"service": "v1", "weight": 1 + step}, {"service": "v2", "weight": 1},
        ]},
    })
}

/// What a thread has asked, and how far the world was by its answers.
#[derive(Debug, Default)]
struct Asked {
    snapshots: u64,
    decisions: u64,
    picks: u64,
    generation: u64,
    opened: u16,
    shifted: u16,
}

impl Asked {
    /// Asks a snapshot and checks all it answers.
    fn ask(&mut self, snapshot: &Snapshot) {
        assert!(snapshot.generation >= self.generation, "back to an older snapshot");
        self.snapshots += u64::from(snapshot.generation > self.generation);
        self.generation = snapshot.generation;

        let [web, cart, moving, mobile] =
            ["web", "cart", "moving", "mobile"].map(|name| Identity::service_account("shop", name));
        let mut is_allowed = |source: &Identity, destination: &Identity, port| {
            self.decisions += 1;
            snapshot.policy.authorize(&Request::tcp(Some(source), destination, port)).is_allowed()
        };
        // What never changes is answered as ever.
        assert!(is_allowed(&web, &cart, 8080), "a wrong deny");
        assert!(!is_allowed(&mobile, &cart, 8080), "a wrong allow");
        // One port is open: that of this step, which is none before the last that was seen.
        let opened = (self.opened..=LAST).find(|step| is_allowed(&web, &moving, port(*step)));
        let opened = opened.unwrap_or_else(|| panic!("no port from {} is open", self.opened));
        for closed in [opened.checked_sub(1), Some(opened + 1), Some(opened / 2)] {
            let closed = closed.filter(|closed| *closed != opened);
            assert!(closed.is_none_or(|step| !is_allowed(&web, &moving, port(step))), "{closed:?}");
        }
        self.opened = opened;

        let api = ObjectName::new("shop", "api");
        let selection = snapshot.splits.select(&Call::to(&api));
        let Outcome::Backends(backends) = selection.outcome() else { panic!("nothing to pick") };
        let shares: Vec<String> = backends.shares().map(|(_, share)| share.to_string()).collect();
        let (whole, rest) =
            (shares[0].split_once('/').unwrap(), shares[1].split_once('/').unwrap());
        let shifted: u16 = whole.0.parse().unwrap();
        assert_eq!((whole.1.to_owned(), rest), ((shifted + 1).to_string(), ("1", whole.1)));
        assert!(shifted > self.shifted || shifted == self.shifted.max(1), "back to older weights");
        self.shifted = shifted;
        let picked = backends.pick_smooth().service().to_string();
        assert!(picked == "shop/v1" || picked == "shop/v2", "{picked}");
        self.picks += 1;
    }

    /// Asks as fast as it can, until it is over. Says when it has seen enough.
    fn all_the_time(live: &Live, is_over: &AtomicBool, content: &AtomicUsize) -> Self {
        let (mut asked, mut is_content) = (Self::default(), false);
        while !is_over.load(Ordering::Relaxed) {
            asked.ask(&live.current().expect("a snapshot stays one"));
            if !is_content && asked.snapshots >= SEEN {
                is_content = true;
                content.fetch_add(1, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        asked.ask(&live.current().expect("a snapshot stays one"));
        asked
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_swaps_a_second_wrong_and_stall_nobody() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha4"));
    let mut moving = target("moving", "v1alpha4");
    moving["spec"]["rules"][0]["name"] = "moving".into();
    cluster.put(moving);
    cluster.put(moving_route(0));
    cluster.put(moving_split(0));
    let pace = Pace { settle: Duration::ZERO, ..pace() };
    let running = Controller { events: false, pace, ..controller(&cluster) }.start();
    let live = running.live.clone();
    let first = until(&live, "a snapshot", |now| is_open(now, "cart")).await.generation;

    let swaps = || live.current().map_or(0, |now| now.generation - first);
    let is_over = Arc::new(AtomicBool::new(false));
    let content = Arc::new(AtomicUsize::new(0));
    let readers = [0, 1].map(|_| {
        let (live, is_over, content) = (live.clone(), is_over.clone(), content.clone());
        std::thread::spawn(move || Asked::all_the_time(&live, &is_over, &content))
    });
    let is_enough = || swaps() >= SWAPS && content.load(Ordering::Relaxed) == readers.len();
    let (begun, mut step) = (Instant::now(), 0);
    while !is_enough() && begun.elapsed() < LONGEST {
        step += 1;
        if step % 2 == 0 {
            cluster.put(moving_route(step));
        } else {
            cluster.put(moving_split(step));
        }
        let due = begun + Duration::from_millis(step.into());
        tokio::time::sleep_until(due.into()).await;
    }
    let (swapped, took) = (swaps(), begun.elapsed());
    cluster.put(moving_route(step));
    cluster.put(moving_split(step));
    let is_last = |now: &Snapshot| {
        let mut asked = Asked::default();
        asked.ask(now);
        (asked.opened, asked.shifted) == (step, step + 1)
    };
    until(&live, "the last step", is_last).await;
    is_over.store(true, Ordering::Relaxed);
    println!("{step} changes and {swapped} swaps in {took:.1?}");
    for reader in readers {
        let asked = reader.join().expect("a reader that found nothing wrong");
        let Asked { snapshots, decisions, picks, .. } = asked;
        println!("a reader saw {snapshots} snapshots, decided {decisions} times, picked {picks}");
        assert_eq!((asked.opened, asked.shifted), (step, step + 1));
        // Nobody stalls: there is always an answer, and it follows what happens.
        assert!(snapshots >= SEEN && decisions > snapshots && picks >= snapshots);
    }
}
