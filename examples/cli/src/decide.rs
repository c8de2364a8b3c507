use anyhow::{Context, Result};
use serde_json::json;
use smi_policy::{
    Decision, Explanation, HttpRequest, Identity, Outcome, Policy, Request, Transport, Verdict,
};

use crate::args::{Decide, Output, Question};
use crate::color::{self, harmless, paint};
use crate::{Status, identity, load};

/// Decides what the arguments ask, and says why.
pub(crate) fn run(args: &Decide) -> Result<Status> {
    let args = &args.question;
    let loaded = load::load(std::slice::from_ref(&args.path), &args.reading)?;
    let policy = Policy::from_resources(&loaded.resources, loaded.semantics.clone());

    let source = args.from.as_deref().map(identity::parse).transpose().context("--from")?;
    let destination = identity::parse(&args.to).context("--to")?;
    let fields = fields(&args.headers)?;
    let explanation = explain(args, &policy, source.as_ref(), &destination, &fields);

    match args.reading.output {
        Output::Text => print_text(args, &explanation, loaded.error_count(&policy)),
        Output::Json => anstream::println!("{:#}", to_json(&explanation)),
    }
    Ok(if explanation.decision().is_allowed() { Status::Good } else { Status::Bad })
}

fn explain<'p>(
    args: &Question,
    policy: &'p Policy,
    source: Option<&Identity>,
    destination: &Identity,
    fields: &[(String, String)],
) -> Explanation<'p> {
    let Some(method) = &args.method else {
        return policy.explain(&match args.udp {
            true => Request::udp(source, destination, args.port),
            false => Request::tcp(source, destination, args.port),
        });
    };
    let target = args.target.as_deref().unwrap_or_default();
    let transport = if args.udp { Transport::Udp } else { Transport::Tcp };
    let mut request = HttpRequest::new(method, target).headers(fields).transport(transport);
    if let Some(authority) = &args.authority {
        request = request.authority(authority);
    }
    policy.explain(&Request::http(source, destination, args.port, request))
}

/// Header fields from their lines.
pub(crate) fn fields(headers: &[String]) -> Result<Vec<(String, String)>> {
    let field = |text: &String| {
        let (name, value) = text
            .split_once(':')
            .with_context(|| format!("header `{text}`: expected `name: value`"))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    headers.iter().map(field).collect()
}

pub(crate) fn print_text(args: &Question, explanation: &Explanation<'_>, errors: usize) {
    let decision = explanation.decision();
    let (style, word) = match decision.verdict() {
        Verdict::Allow => (color::GOOD, "ALLOWED"),
        Verdict::HttpOnly => (color::WARNING, "HTTP ONLY"),
        Verdict::Deny => (color::ERROR, "DENIED"),
    };
    anstream::println!("{}  {}", paint(style, word), harmless(question(args)));
    anstream::println!("{}", harmless(because(explanation)));
    if let Some(path) = decision.normalized_path() {
        anstream::println!("forward as: {}", harmless(String::from_utf8_lossy(path)));
    }
    if !explanation.candidates().is_empty() {
        anstream::println!("\n{}", paint(color::HEADING, "TrafficTargets of this destination"));
    }
    for candidate in explanation.candidates() {
        let (style, sign, why) = match &candidate.outcome {
            Outcome::Allow(grant) => {
                let what = match (grant.http_match(), grant.rule()) {
                    (Some(http_match), _) => format!("allows by match {http_match}"),
                    (None, Some(rule)) => format!("allows by its rule {}", rule + 1),
                    (None, None) => "allows".to_owned(),
                };
                (color::GOOD, "+", what)
            }
            Outcome::HttpOnly => {
                (color::WARNING, "~", "may let HTTP requests pass, each decided by itself".into())
            }
            Outcome::Deny(condition) => (color::ERROR, "-", condition.to_string()),
        };
        let what = harmless(format_args!("{}: {why}", candidate.target));
        anstream::println!("  {} {what}", paint(style, sign));
    }
    if errors > 0 {
        let many = if errors == 1 { "1 error" } else { &format!("{errors} errors") };
        anstream::eprintln!(
            "\n{}: {many} in the manifests; what is broken allows nothing. See `smi check`",
            paint(color::WARNING, "note"),
        );
    }
}

fn question(args: &Question) -> String {
    let from = args.from.as_deref().unwrap_or("an unauthenticated peer");
    let what = match (&args.method, &args.target) {
        (Some(method), Some(target)) => format!("{method} {target}"),
        _ if args.udp => "UDP".to_owned(),
        _ => "TCP".to_owned(),
    };
    format!("{what} from {from} to {} on port {}", args.to, args.port)
}

/// One sentence that answers "why".
pub(crate) fn because(explanation: &Explanation<'_>) -> String {
    use smi_policy::Reason;

    let decision = explanation.decision();
    match decision.reason() {
        Reason::Target => {
            let names: Vec<_> = explanation.allowed_by().map(ToString::to_string).collect();
            match decision.verdict() {
                Verdict::HttpOnly => format!(
                    "HTTP requests may pass here, each decided by itself; anything else may not \
                     ({})",
                    names.join(", ")
                ),
                _ => format!("TrafficTarget {} allows it", names.join(", ")),
            }
        }
        Reason::Unselected => "no TrafficTarget names this destination".to_owned(),
        Reason::Unauthenticated => "the source has no proven identity".to_owned(),
        Reason::WeakProof => "the source's identity is not proven well enough".to_owned(),
        Reason::UnknownDestination => "nothing is known of this destination".to_owned(),
        Reason::UncleanPath => {
            "a server may read this path in more than one way, so no pathRegex accepts it"
                .to_owned()
        }
        _ => match explanation.closest() {
            None => "no TrafficTarget names this destination".to_owned(),
            Some(closest) => match &closest.outcome {
                Outcome::Deny(condition) => {
                    format!("closest is TrafficTarget {}: {condition}", closest.target)
                }
                _ => "no TrafficTarget allows it".to_owned(),
            },
        },
    }
}

pub(crate) fn to_json(explanation: &Explanation<'_>) -> serde_json::Value {
    let decision: &Decision<'_> = explanation.decision();
    let http_match = |grant: &smi_policy::Grant<'_>| grant.http_match().map(|m| m.to_string());
    let candidates = explanation.candidates().iter().map(|candidate| {
        let target = candidate.target.to_string();
        match &candidate.outcome {
            Outcome::Allow(grant) => json!({
                "trafficTarget": target,
                "decision": "allow",
                "rule": grant.rule(),
                "match": http_match(grant),
            }),
            Outcome::HttpOnly => json!({ "trafficTarget": target, "decision": "http-only" }),
            Outcome::Deny(condition) => json!({
                "trafficTarget": target,
                "decision": "deny",
                "condition": condition.code(),
                "message": condition.to_string(),
            }),
        }
    });
    json!({
        "decision": decision.verdict().as_str(),
        "reason": decision.reason().code(),
        "proof": decision.proof().map(|proof| proof.to_string()),
        "by": explanation.allowed_by().map(ToString::to_string).collect::<Vec<_>>(),
        "trafficTarget": decision.target().map(ToString::to_string),
        "rule": decision.grant().and_then(|grant| grant.rule()),
        "match": decision.grant().and_then(http_match),
        "normalizedPath":
            decision.normalized_path().map(|path| String::from_utf8_lossy(path).into_owned()),
        "candidates": candidates.collect::<Vec<_>>(),
    })
}
