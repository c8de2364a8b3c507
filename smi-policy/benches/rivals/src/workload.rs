//! The policies and the requests that everybody is asked about.

use smi_policy::{
    HttpMatch, HttpRouteGroup, Identity, ObjectName, Policy, PolicyBuilder, Rule, Semantics,
    Subject, TrafficTarget,
};

use crate::measure::Numbers;

pub const TARGETS_PER_DESTINATION: usize = 10;
pub const SOURCES: usize = 5;
pub const MATCHES: usize = 8;
const QUESTIONS: usize = 20_000;

/// A target: five sources may make the requests of eight matches of its own.
pub struct Target {
    pub number: usize,
    pub destination: usize,
    pub sources: Vec<usize>,
    pub matches: Vec<(String, &'static str)>,
}

pub struct Workload {
    pub targets: Vec<Target>,
    pub sources: Vec<Identity>,
    pub destinations: Vec<Identity>,
    pub questions: Vec<Question>,
}

/// A request: half of them are allowed.
pub struct Question {
    pub source: usize,
    pub destination: usize,
    pub method: &'static str,
    pub path: String,
    pub allowed: bool,
}

impl Workload {
    pub fn new(size: usize) -> Self {
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        let destinations = size.div_ceil(TARGETS_PER_DESTINATION);
        let sources = (size / 10).max(2 * SOURCES);
        let targets: Vec<Target> = (0..size)
            .map(|number| {
                let mut from = Vec::new();
                while from.len() < SOURCES {
                    let source = numbers.below(sources);
                    if !from.contains(&source) {
                        from.push(source);
                    }
                }
                let destination = number / TARGETS_PER_DESTINATION;
                Target { number, destination, sources: from, matches: matches(number) }
            })
            .collect();
        let questions = (0..QUESTIONS).map(|_| question(&targets, &mut numbers)).collect();
        let account = |kind: &str, number: usize| {
            Identity::service_account(namespace(number), format!("{kind}-{number:05}"))
        };
        Self {
            targets,
            sources: (0..sources).map(|number| account("client", number)).collect(),
            destinations: (0..destinations).map(|number| account("server", number)).collect(),
            questions,
        }
    }

    pub fn builder(&self) -> PolicyBuilder {
        self.targets.iter().fold(Policy::builder(Semantics::default()), |builder, target| {
            let (group, access) = self.resources(target);
            builder.http_route_group(group).traffic_target(access)
        })
    }

    /// What a target consists of.
    pub fn resources(&self, target: &Target) -> (HttpRouteGroup, TrafficTarget) {
        let namespace = namespace(target.destination);
        let name = |kind: &str| ObjectName::new(&namespace, format!("{kind}-{:06}", target.number));
        let matches = target.matches.iter().enumerate();
        let group =
            matches.fold(HttpRouteGroup::new(name("routes")), |group, (index, (path, method))| {
                let name = format!("match-{index}");
                group.with(HttpMatch::new(name).path_regex(path).method(*method))
            });
        let server = format!("server-{:05}", target.destination);
        let access = TrafficTarget::new(name("access"), server)
            .rule(Rule::http_route_group(group.name.name()));
        let access = target.sources.iter().fold(access, |access, source| {
            let account = format!("client-{source:05}");
            access.source(Subject::service_account(self::namespace(*source), account))
        });
        (group, access)
    }
}

/// Forty services share a namespace.
fn namespace(service: usize) -> String {
    format!("team-{}", service / 40)
}

const NOUNS: [&str; 8] =
    ["orders", "carts", "users", "items", "prices", "stock", "reviews", "invoices"];

/// Whether the patterns overlap, so that automata of them are ten times as large.
fn is_rich() -> bool {
    static RICH: std::sync::LazyLock<bool> =
        std::sync::LazyLock::new(|| std::env::var("SMI_BENCH_RICH").is_ok());
    *RICH
}

fn matches(number: usize) -> Vec<(String, &'static str)> {
    let base = base(number);
    if !is_rich() {
        let methods = ["GET", "POST", "PUT", "DELETE"];
        let plain = |at: usize| (format!("{base}/r{at}/[0-9]+"), methods[at % methods.len()]);
        return (0..MATCHES).map(plain).collect();
    }
    vec![
        (format!("{base}$"), "GET"),
        (format!("{base}/[0-9]+$"), "GET"),
        (format!("{base}/[0-9]+/lines/[0-9]+"), "GET"),
        (format!("{base}/[0-9]+/lines"), "POST"),
        (format!("{base}/[^/]+/status"), "PUT"),
        (format!("{base}/search/.*\\.json"), "GET"),
        (format!("{base}/export/(csv|xml)"), "GET"),
        (format!("{base}/[a-f0-9-]{{8}}/history"), "DELETE"),
    ]
}

fn base(number: usize) -> String {
    format!("/api/v{}/{}/{number}", number % 3 + 1, NOUNS[number % NOUNS.len()])
}

fn question(targets: &[Target], numbers: &mut Numbers) -> Question {
    let target = &targets[numbers.below(targets.len())];
    let source = target.sources[numbers.below(SOURCES)];
    let base = base(target.number);
    let number = numbers.below(100_000);
    let at = numbers.below(MATCHES);
    let path = match at {
        _ if !is_rich() => format!("{base}/r{at}/{number:05}/lines/{}", number % 97),
        0 => base,
        1 => format!("{base}/{number}"),
        2 => format!("{base}/{number}/lines/{}", number % 97),
        3 => format!("{base}/{number}/lines"),
        4 => format!("{base}/customer-{number}/status"),
        5 => format!("{base}/search/by-customer-{number}.json"),
        6 => format!("{base}/export/csv"),
        _ => format!("{base}/{number:08x}/history"),
    };
    let allowed = numbers.below(2) == 0;
    let method = target.matches[at].1;
    let (path, method) = match (allowed, numbers.below(2)) {
        (true, _) => (path, method),
        (false, 0) => (path, "PATCH"),
        // Of the path, what is near its end differs.
        (false, _) if !is_rich() => (path.replace("/r", "/s"), method),
        (false, _) => (path.replace("/v", "/w"), method),
    };
    Question { source, destination: target.destination, method, path, allowed }
}
