//! A request recorded by smi-metrics-model beside other crates, in one run: nanoseconds, and times
//! the time of smi-metrics-model. `cargo run --release` in this directory.
//!
//! Every rival counts a latency and whether the request succeeded, as the Traffic Metrics API has
//! it: a histogram with a counter of failures beside it.

mod measure;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram as HdrHistogram;
use measure::{Fast, alone, together};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use smi_metrics_model::rollup::{Edge, Ownership, Rollup};
use smi_metrics_model::{End, Kind, Outcome, Recorder, Resource, Tally};

/// Latencies of about a millisecond up to a second, and one failure in 64.
fn requests() -> Vec<(Duration, Outcome)> {
    let mut random = Fast(1);
    let mut request = || {
        let bits = 10 + random.next() % 10;
        let micros = random.next() % (1 << bits) + 500;
        let outcome = if random.next() % 64 == 0 { Outcome::Failure } else { Outcome::Success };
        (Duration::from_micros(micros), outcome)
    };
    (0..1_024).map(|_| request()).collect()
}

struct Hdr {
    latencies: Mutex<HdrHistogram<u64>>,
    failures: AtomicU64,
}

impl Hdr {
    /// Two significant digits: about as fine as smi-metrics-model.
    fn new() -> Self {
        let latencies = HdrHistogram::new_with_bounds(1, 3_600_000_000, 2).expect("bounds");
        Self { latencies: Mutex::new(latencies), failures: AtomicU64::new(0) }
    }

    fn record(&self, latency: Duration, outcome: Outcome) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latencies.lock().expect("no panic").saturating_record(micros);
        if outcome == Outcome::Failure {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Prometheus {
    latencies: Histogram,
    failures: AtomicU64,
}

impl Prometheus {
    /// Fewer and coarser buckets than any of the others: 14, each twice as wide as the one before.
    fn new() -> Self {
        let latencies = Histogram::new(exponential_buckets(0.000_5, 2.0, 14));
        Self { latencies, failures: AtomicU64::new(0) }
    }

    fn record(&self, latency: Duration, outcome: Outcome) {
        self.latencies.observe(latency.as_secs_f64());
        if outcome == Outcome::Failure {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn main() {
    let requests = requests();
    let (own, hdr, prometheus) = (Recorder::new(), Hdr::new(), Prometheus::new());
    println!("{:48}{:>12}{:>8}", "one request recorded", "ns", "times");
    for (threads, measure) in [
        ("one thread", alone as fn(&(dyn Fn(usize) + Sync)) -> f64),
        ("two threads, one edge", together),
    ] {
        let run = |record: &(dyn Fn(Duration, Outcome) + Sync)| {
            measure(&|index| {
                let (latency, outcome) = requests[index % requests.len()];
                record(latency, outcome);
            })
        };
        let base = run(&|latency, outcome| own.record(latency, outcome));
        let rivals = [
            ("smi-metrics-model", base),
            ("hdrhistogram in a mutex", run(&|latency, outcome| hdr.record(latency, outcome))),
            ("prometheus-client", run(&|latency, outcome| prometheus.record(latency, outcome))),
        ];
        for (name, time) in rivals {
            println!("{:48}{time:12.1}{:7.2}x", format!("{threads}: {name}"), time / base);
        }
    }
    println!();
    let bytes = HdrHistogram::<u64>::new_with_bounds(1, 3_600_000_000, 2).expect("bounds");
    println!("{:48}{:>12}", "memory of an edge: smi-metrics-model", size_of::<Recorder>());
    let bytes = bytes.distinct_values() * 8 + size_of::<Hdr>();
    println!("{:48}{bytes:>12}", "memory of an edge: hdrhistogram, 2 digits");
    rollup();
}

/// 100,000 edges between 2,000 pods of 100 deployments.
fn rollup() {
    let pods: Vec<Resource> =
        (0..2_000).map(|pod| Resource::new(Kind::Pod, "shop", format!("pod-{pod}"))).collect();
    let mut ownership = Ownership::default();
    for (index, pod) in pods.iter().enumerate() {
        let whole = Resource::new(Kind::Deployment, "shop", format!("deployment-{}", index / 20));
        ownership.add(pod.clone(), whole);
    }
    let mut random = Fast(7);
    let tallies: Vec<Tally> = (0..100)
        .map(|_| {
            let recorder = Recorder::new();
            for (latency, outcome) in requests() {
                recorder.record(latency * (random.next() % 4 + 1) as u32, outcome);
            }
            recorder.tally()
        })
        .collect();
    let edges: Vec<Edge> = (0..100_000)
        .map(|_| {
            let mut pod = || pods[(random.next() % 2_000) as usize].clone();
            Edge::new(Some(pod()), Some(pod()), End::Server)
        })
        .collect();
    for kind in [Kind::Pod, Kind::Deployment, Kind::Namespace] {
        let start = Instant::now();
        let mut rollup = Rollup::new(kind, &ownership);
        for (edge, tally) in edges.iter().zip(tallies.iter().cycle()) {
            rollup.add(edge, tally);
        }
        let took = start.elapsed();
        println!("100,000 edges to {:30}{:>12.0} ms", kind.plural(), took.as_secs_f64() * 1e3);
    }
}
