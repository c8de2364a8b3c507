//! From requests in a proxy to an answer of the Traffic Metrics API, and to what people see.

use std::time::{Duration, SystemTime};

use smi_metrics_model::render::{Columns, Top};
use smi_metrics_model::rollup::{Edge, Ownership, Rollup};
use smi_metrics_model::serve::Request;
use smi_metrics_model::{End, Kind, Outcome, Recorder, Report, Resource};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // On the hot path: one recorder per edge, one atomic addition per request.
    let recorder = Recorder::new();
    recorder.record(Duration::from_millis(12), Outcome::Success);
    recorder.record(Duration::from_millis(80), Outcome::Failure);

    // Every now and then: from pods to what they belong to.
    let pod = Resource::new(Kind::Pod, "shop", "web-1");
    let mut ownership = Ownership::default();
    ownership.add(pod.clone(), Resource::new(Kind::Deployment, "shop", "web"));
    let (edge, tally) = (Edge::new(None, Some(pod), End::Server), recorder.tally());
    let mut rollup = Rollup::new(Kind::Deployment, &ownership);
    rollup.add(&edge, &tally);

    // A URL in, JSON out; an error is a Status.
    let url = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments?t=30s";
    let Request::Metrics(query) = Request::parse("GET", url)? else { return Ok(()) };
    let report = Report::new(query.version, SystemTime::now(), query.window().try_into()?)?;
    let answer = report.answer(&query, &rollup, |_| Default::default());
    println!("{} {}", answer.code(), serde_json::to_string(&answer)?);

    // And for people, as `smi top` shows it.
    print!("{}", Top::new(answer.items()).text(Columns::Usual));
    Ok(())
}
