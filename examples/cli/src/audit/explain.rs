use anyhow::{Context, Result};
use clap::{Args as ClapArgs, ValueEnum};
use serde_json::{Value, json};
use smi_policy::{
    Audit, Explanation, HttpRequest, Identity, NearMiss, Proof, Request, Traffic, Transport,
    Verdict,
};

use super::audit;
use crate::args::{Output, Preset, Question, Reading};
use crate::color::{self, harmless, paint};
use crate::decide::{because, fields, print_text, to_json};
use crate::{Status, identity, load};

/// Explains a decision: what each target says, what would be allowed, how others read it
///
/// Asked like `smi decide`. Besides the decision it prints single changes to the request that would
/// make it allowed, and how each mesh would decide from the same manifests. Exit status: 0 allowed,
/// 1 denied, 2 could not decide.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi explain manifests --from shop/web --to shop/cart --port 8080 PUT /carts/7f")]
pub(crate) struct Explain {
    #[command(flatten)]
    question: Question,

    /// How the caller's identity is proven
    #[arg(long, value_enum, default_value_t)]
    proof: ProofKind,
}

/// Kinds of proof.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ProofKind {
    /// By a certificate or a signed token
    #[default]
    Certificate,
    /// By the address it calls from
    Address,
}

/// Decides, and explains at length.
pub(crate) fn run(args: &Explain) -> Result<Status> {
    let question = &args.question;
    let loaded = load::load(std::slice::from_ref(&question.path), &question.reading)?;
    let own = audit(&loaded, loaded.semantics.clone());
    let proof = match args.proof {
        ProofKind::Certificate => Proof::Certificate,
        ProofKind::Address => Proof::Address,
    };
    let source = question.from.as_deref().map(identity::parse).transpose().context("--from")?;
    let source = source.map(|source| source.proven_by(proof));
    let destination = identity::parse(&question.to).context("--to")?;
    let fields = fields(&question.headers)?;
    let request = request(question, source.as_ref(), &destination, &fields);

    let explanation = own.policy().explain(&request);
    let misses = own.near_misses(&request);
    let audits: Vec<(Preset, Audit)> = Preset::value_variants()
        .iter()
        .map(|&semantics| {
            let reading = Reading { semantics, ..question.reading.clone() };
            (semantics, own.under(reading.semantics()))
        })
        .collect();
    let readings: Vec<(Preset, Explanation<'_>)> =
        audits.iter().map(|(preset, audit)| (*preset, audit.policy().explain(&request))).collect();

    match question.reading.output {
        Output::Text => {
            print_text(question, &explanation, loaded.error_count(own.policy()));
            print_more(&explanation, &misses, &readings);
        }
        Output::Json => {
            let mut report = to_json(&explanation);
            if let Some(report) = report.as_object_mut() {
                report.insert("nearMisses".to_owned(), near_misses(&misses));
                report.insert("readings".to_owned(), readings.iter().map(reading).collect());
            }
            anstream::println!("{report:#}");
        }
    }
    Ok(if explanation.decision().is_allowed() { Status::Good } else { Status::Bad })
}

fn request<'a>(
    args: &'a Question,
    source: Option<&'a Identity>,
    destination: &'a Identity,
    fields: &'a [(String, String)],
) -> Request<'a, [(String, String)]> {
    let traffic = match (&args.method, args.udp) {
        (Some(method), udp) => {
            let target = args.target.as_deref().unwrap_or_default();
            let transport = if udp { Transport::Udp } else { Transport::Tcp };
            let http = HttpRequest::new(method, target).headers(fields).transport(transport);
            Traffic::Http(match &args.authority {
                Some(authority) => http.authority(authority),
                None => http,
            })
        }
        (None, true) => Traffic::Udp,
        (None, false) => Traffic::Tcp,
    };
    Request { source, destination, port: args.port, traffic }
}

fn print_more(
    explanation: &Explanation<'_>,
    misses: &[NearMiss],
    readings: &[(Preset, Explanation<'_>)],
) {
    if let Some(proof) = explanation.decision().proof() {
        anstream::println!("\nThe source is proven by {}.", with_article(proof));
    }
    if !misses.is_empty() {
        anstream::println!("\n{}", paint(color::HEADING, "What is near"));
    }
    for miss in misses {
        let target = miss.target.as_ref().map(|target| format!(" ({target})"));
        anstream::println!("  {}", harmless(format_args!("{miss}{}", target.unwrap_or_default())));
    }
    anstream::println!("\n{}", paint(color::HEADING, "How others read the same manifests"));
    let (decided, reason) = (explanation.decision().verdict(), because(explanation));
    for (preset, other) in readings {
        let verdict = other.decision().verdict();
        let (style, word) = match verdict {
            Verdict::Allow => (color::GOOD, "allowed by"),
            Verdict::HttpOnly => (color::WARNING, "HTTP only by"),
            Verdict::Deny => (color::ERROR, "denied by"),
        };
        let why = match because(other) {
            same if (verdict, &same) == (decided, &reason) => String::new(),
            other => format!(", because {other}"),
        };
        anstream::println!("  {} {}{}", paint(style, word), name(*preset), harmless(why));
    }
}

fn with_article(proof: Proof) -> &'static str {
    match proof {
        Proof::Address => "the address it calls from",
        _ => "a certificate",
    }
}

fn name(preset: Preset) -> &'static str {
    match preset {
        Preset::Spec => "the specification",
        Preset::Osm => "OSM",
        Preset::TraefikMesh => "Traefik Mesh",
        Preset::Nginx => "NGINX Service Mesh",
        Preset::Linkerd => "Linkerd",
    }
}

fn near_misses(misses: &[NearMiss]) -> Value {
    let miss = |miss: &NearMiss| {
        json!({
            "message": miss.to_string(),
            "trafficTarget": miss.target.as_ref().map(ToString::to_string),
        })
    };
    misses.iter().map(miss).collect()
}

fn reading((preset, explanation): &(Preset, Explanation<'_>)) -> Value {
    json!({
        "semantics": preset.to_possible_value().map(|value| value.get_name().to_owned()),
        "decision": explanation.decision().verdict().as_str(),
        "reason": explanation.decision().reason().code(),
        "because": because(explanation),
    })
}
