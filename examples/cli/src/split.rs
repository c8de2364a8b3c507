use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use smi_policy::{HttpRequest, Policy};
use smi_split::{Backends, Call, ObjectName, Outcome, Port, ServiceName, Simulation, Splits};

use crate::args::{Output, Pick, Split, StickyKey};
use crate::color::{self, paint};
use crate::decide::fields;
use crate::load::Loaded;
use crate::problems::count;
use crate::split_table::rounded;
use crate::{Status, load};

/// What `smi split` says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    service: String,
    port: Option<String>,
    requests: u64,
    pick: String,
    /// What applied, with the requests that it applied to.
    parts: Vec<Part>,
}

/// The requests that one TrafficSplit applied to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    /// `None`: no split applies.
    split: Option<String>,
    /// `backends`, `apex` or `no-backend`.
    outcome: &'static str,
    requests: u64,
    backends: Vec<Share>,
    chi_square: Option<f64>,
    degrees_of_freedom: Option<usize>,
    plausible: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Share {
    service: String,
    target_port: Option<String>,
    share: String,
    percent: f64,
    requests: u64,
}

/// Sends imagined requests to a service, and shows where they go.
pub(crate) fn run(args: &Split) -> Result<Status> {
    let loaded = load::load(std::slice::from_ref(&args.path), &args.reading)?;
    let splits = Splits::from_resources(&loaded.resources, loaded.semantics.clone());
    let (service, port) = service(args, &splits, &loaded.semantics)?;
    let report = report(args, &splits, &service, port)?;
    match args.reading.output {
        Output::Text => {
            print(&report);
            print_notes(&loaded, &splits, &service);
        }
        Output::Json => anstream::println!("{}", serde_json::to_string_pretty(&report)?),
    }
    let is_lost = report.parts.iter().any(|part| part.outcome == "no-backend");
    Ok(if is_lost { Status::Bad } else { Status::Good })
}

/// The service that is meant, and its port: `namespace/name`, or a name as clients use it. A plain
/// name that is split in one namespace only needs none.
fn service(
    args: &Split,
    splits: &Splits,
    semantics: &smi_policy::Semantics,
) -> Result<(ObjectName, Option<Port>)> {
    let text = args.service.as_str();
    let namespace = &semantics.default_namespace;
    let as_clients_write = match text.split_once('/') {
        Some((namespace, name)) => match name.split_once(':') {
            Some((name, port)) => format!("{name}.{namespace}:{port}"),
            None => format!("{name}.{namespace}"),
        },
        None => text.to_owned(),
    };
    let name = ServiceName::parse(&as_clients_write, namespace, &semantics.cluster_domain)
        .context("--service")?;
    let port = match (args.port, name.port()) {
        (Some(asked), Some(written)) if asked != written => {
            bail!("--port: `{asked}` is not the port of `{text}`")
        }
        (asked, written) => asked.or(written).map(Port::tcp),
    };
    let name = name.service().clone();
    if as_clients_write.contains('.') || !splits.of_apex(&name).is_empty() {
        return Ok((name, port));
    }
    let mut split: Vec<&ObjectName> = splits.iter().map(|split| split.apex()).collect();
    split.retain(|apex| apex.name() == name.name());
    split.dedup();
    match split.as_slice() {
        [] => Ok((name, port)),
        [only] => Ok(((*only).clone(), port)),
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            bail!("--service: `{text}` may be any of {}", names.join(", "))
        }
    }
}

fn report(
    args: &Split,
    splits: &Splits,
    service: &ObjectName,
    port: Option<Port>,
) -> Result<Report> {
    let fixed = fields(&args.headers)?;
    let mut parts: BTreeMap<Option<ObjectName>, Picks<'_>> = BTreeMap::new();
    let mut random = Random(0);
    for number in 1..=args.requests {
        let mut fields = fixed.clone();
        let key = format!("user-{number}");
        if let Some(StickyKey::Header(name)) = &args.sticky_key {
            fields.push((name.clone(), key.clone()));
        }
        let request = HttpRequest::new(&args.method, &args.target).headers(fields.as_slice());
        let call = Call::to(service).http(request);
        let selection = splits.select(&port.map_or(call, |port| call.port(port)));
        let name = selection.split().map(|split| split.name().clone());
        let picks = parts.entry(name).or_insert_with(|| Picks::none(selection.outcome()));
        picks.count(match selection.outcome() {
            Outcome::Backends(backends) => match (&args.sticky_key, args.pick) {
                (Some(_), _) => backends.picker().sticky(key.as_bytes()),
                (None, Pick::Random) => backends.picker().random(random.next()),
                (None, Pick::Smooth) => backends.picker().smooth(),
            },
            Outcome::Apex | Outcome::NoBackend => 0,
        });
    }
    Ok(Report {
        service: service.to_string(),
        port: port.map(|port| port.to_string()),
        requests: args.requests,
        pick: match (&args.sticky_key, args.pick) {
            (Some(StickyKey::Header(name)), _) => format!("by header {name}"),
            (None, Pick::Random) => "at random".to_owned(),
            (None, Pick::Smooth) => "in a smooth rotation".to_owned(),
        },
        parts: parts.iter().map(|(split, picks)| part(split.as_ref(), picks)).collect(),
    })
}

/// How often each backend of an outcome was picked.
struct Picks<'s> {
    outcome: Outcome<'s>,
    requests: u64,
    by_backend: Vec<u64>,
}

impl<'s> Picks<'s> {
    fn none(outcome: Outcome<'s>) -> Self {
        let backends = match outcome {
            Outcome::Backends(backends) => backends.leaves().len(),
            Outcome::Apex | Outcome::NoBackend => 0,
        };
        Self { outcome, requests: 0, by_backend: vec![0; backends] }
    }

    fn count(&mut self, backend: usize) {
        self.requests += 1;
        if let Some(picks) = self.by_backend.get_mut(backend) {
            *picks += 1;
        }
    }

    fn simulation(&self, backends: &Backends) -> Simulation {
        let picks = self.by_backend.iter().enumerate();
        let picks = picks.flat_map(|(backend, count)| (0..*count).map(move |_| backend));
        Simulation::run(backends.picker().weights(), picks)
    }
}

fn part(split: Option<&ObjectName>, picks: &Picks<'_>) -> Part {
    let (outcome, counted) = match picks.outcome {
        Outcome::Backends(backends) => ("backends", Some(backends)),
        Outcome::Apex => ("apex", None),
        Outcome::NoBackend => ("no-backend", None),
    };
    let simulation = counted.map(|backends| picks.simulation(backends));
    Part {
        split: split.map(ToString::to_string),
        outcome,
        requests: picks.requests,
        chi_square: simulation.as_ref().map(Simulation::chi_square),
        degrees_of_freedom: simulation.as_ref().map(Simulation::degrees_of_freedom),
        plausible: simulation.as_ref().map(Simulation::is_plausible),
        backends: counted
            .zip(simulation)
            .map_or(Vec::new(), |(backends, simulation)| shares(backends, simulation.counts())),
    }
}

fn shares(backends: &Backends, counts: &[u64]) -> Vec<Share> {
    let shares = backends.shares().zip(counts);
    let share = |((leaf, share), requests): ((&smi_split::Leaf, smi_split::Share), &u64)| Share {
        service: leaf.service().to_string(),
        target_port: leaf.target_port().map(ToString::to_string),
        share: share.to_string(),
        percent: share.percent(),
        requests: *requests,
    };
    shares.map(share).collect()
}

fn print(report: &Report) {
    let port = report.port.as_ref().map_or(String::new(), |port| format!(" on {port}"));
    let title = format!("{}{port}: {} requests, {}", report.service, report.requests, report.pick);
    anstream::println!("{}", paint(color::HEADING, title));
    for part in &report.parts {
        let whose = match &part.split {
            Some(split) => format!("TrafficSplit {split}"),
            None => "no TrafficSplit applies".to_owned(),
        };
        match part.outcome {
            "apex" => anstream::println!("\n{whose}: to the service's own endpoints"),
            "no-backend" => {
                let nowhere = paint(color::ERROR, "nowhere, no backend can be used");
                anstream::println!("\n{whose}: {nowhere}");
            }
            _ => print_bars(&whose, part),
        }
    }
}

/// Says on standard error why the answer may not be what was meant: the manifests are broken, or the
/// service is not among them.
fn print_notes(loaded: &Loaded, splits: &Splits, service: &ObjectName) {
    let note = paint(color::WARNING, "note");
    let policy = Policy::from_resources(&loaded.resources, loaded.semantics.clone());
    let errors = loaded.error_count(&policy);
    if errors > 0 {
        anstream::eprintln!(
            "\n{note}: {} in the manifests; what is broken splits nothing. See `smi check`",
            count(errors, "error"),
        );
    }
    if splits.of_apex(service).is_empty() {
        let mut split: Vec<String> = splits.iter().map(|split| split.apex().to_string()).collect();
        split.dedup();
        let others = match split.is_empty() {
            true => "nor for any other service".to_owned(),
            false => format!("only for {}", split.join(", ")),
        };
        anstream::eprintln!("\n{note}: no TrafficSplit is for `{service}`, {others}");
    }
}

/// How long the bar of all requests is.
const WIDTH: f64 = 40.0;

fn print_bars(whose: &str, part: &Part) {
    anstream::println!("\n{whose}: {} requests", part.requests);
    let longest = part.backends.iter().map(|backend| backend.service.len()).max().unwrap_or(0);
    for backend in &part.backends {
        let got = backend.requests as f64 / part.requests.max(1) as f64;
        let bar = "█".repeat((got * WIDTH).round() as usize);
        anstream::println!(
            "  {:longest$}  {:>6}% of {:>6}%  {:>8}  {}",
            backend.service,
            rounded(got * 100.0),
            rounded(backend.percent),
            backend.requests,
            paint(color::GOOD, bar),
        );
    }
    if let (Some(chi_square), Some(freedom), Some(plausible)) =
        (part.chi_square, part.degrees_of_freedom, part.plausible)
    {
        let verdict = match plausible {
            true => "as the weights say",
            false => "not as the weights say",
        };
        anstream::println!(
            "  chi-square {chi_square:.2} at {freedom} degrees of freedom: {verdict}"
        );
    }
}

/// The same numbers in each run, so that output can be compared (SplitMix64, by S. Vigna).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
