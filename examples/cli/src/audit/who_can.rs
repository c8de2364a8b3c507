use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use serde_json::json;
use smi_policy::{
    Access, AccessTraffic, Audit, HttpRequest, Identity, ObjectName, Outcome, Party, Reason,
    Request,
};

use super::{Format, Manifests, audit, cidrs, note_errors, rows};
use crate::color::{self, paint};
use crate::decide::fields;
use crate::{Status, identity};

/// Says who can reach a destination, or what a source can reach
///
/// With a port, and for HTTP a method and a path, only those who may make this very connection or
/// request are left. Exit status: 0 if there is somebody, 1 if there is nobody, 2 if nothing could
/// be read.
#[derive(Debug, ClapArgs)]
#[command(group = clap::ArgGroup::new("whom").required(true), after_help = "\
Examples: smi who-can manifests --to shop/cart
          smi who-can manifests --to shop/cart --port 8080 DELETE /carts/7f
          smi who-can manifests --to shop/cart --cidrs addresses.txt
          smi who-can manifests --from shop/web")]
pub(crate) struct WhoCan {
    /// Directory (read with its subdirectories) or file of manifests; `-` is standard input
    #[arg(value_name = "DIR")]
    path: PathBuf,

    #[command(flatten)]
    manifests: Manifests,

    /// Who is called: asks who can reach it
    #[arg(long, value_name = "IDENTITY", group = "whom")]
    to: Option<String>,

    /// Who calls: asks what it can reach
    #[arg(long, value_name = "IDENTITY", group = "whom")]
    from: Option<String>,

    /// The port on which the called process listens (container port)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// HTTP method
    #[arg(value_name = "METHOD", requires = "target", requires = "port")]
    method: Option<String>,

    /// Path and query as sent
    #[arg(value_name = "PATH")]
    target: Option<String>,

    /// Header field, `name: value`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "FIELD", requires = "method")]
    headers: Vec<String>,

    /// Prints the addresses that callers may have instead, for firewalls: by a file with an address
    /// or a CIDR and an identity in each line
    #[arg(long, value_name = "BOOK", conflicts_with = "from")]
    cidrs: Option<PathBuf>,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
}

/// Says who can.
pub(crate) fn run(args: &WhoCan) -> Result<Status> {
    let loaded = args.manifests.load(&args.path)?;
    let audit = audit(&loaded, loaded.semantics.clone());
    let mut matrix = audit.matrix();
    matrix.accesses = accesses(args, &audit)?;
    if let Some(book) = &args.cidrs {
        note_errors(&loaded, &audit, "the manifests");
        return cidrs::print(&matrix.accesses, &audit, book, args.output);
    }
    match args.output {
        Format::Dot => anstream::print!("{}", matrix.to_dot()),
        Format::Mermaid => anstream::print!("{}", matrix.to_mermaid()),
        Format::Json => {
            let accesses: Vec<_> = matrix.accesses.iter().map(rows::json).collect();
            anstream::println!("{:#}", json!({ "accesses": accesses }));
        }
        Format::Text => {
            match (matrix.accesses.is_empty(), &args.to) {
                (true, Some(_)) => anstream::println!("nobody"),
                (true, None) => anstream::println!("nothing"),
                (false, _) => anstream::print!("{}", rows::table(&matrix.accesses)),
            }
            for note in rows::notes(&matrix.accesses) {
                anstream::println!("{}: {note}", paint(color::WARNING, "note"));
            }
            note_errors(&loaded, &audit, "the manifests");
        }
    }
    Ok(if matrix.accesses.is_empty() { Status::Bad } else { Status::Good })
}

fn accesses(args: &WhoCan, audit: &Audit) -> Result<Vec<Access>> {
    let to = args.to.as_deref().map(identity::parse).transpose().context("--to")?;
    let from = args.from.as_deref().map(identity::parse).transpose().context("--from")?;
    let mut accesses = match (&to, &from) {
        (Some(to), _) => audit.who_can_reach(to),
        (None, Some(from)) => audit.reachable_from(from),
        (None, None) => Vec::new(),
    };
    let Some(port) = args.port else { return Ok(accesses) };
    let fields = fields(&args.headers)?;
    // Each pair of parties is asked about once; where no identity says it all, nobody is asked.
    let mut known: BTreeMap<(Party, Party), Option<Vec<Way>>> = BTreeMap::new();
    accesses.retain(|access| {
        let pair = (access.source.clone(), access.destination.clone());
        let ways = known.entry(pair).or_insert_with(|| {
            let source = from.clone().or_else(|| access.source.identity());
            let destination = to.clone().or_else(|| access.destination.identity())?;
            let is_somebody = source.is_some() || access.source == Party::Anyone;
            is_somebody.then(|| ways(args, audit, source.as_ref(), &destination, port, &fields))
        });
        let Some(ways) = ways else { return true };
        let http_match = match &access.traffic {
            AccessTraffic::Http { http_match, .. } => Some(http_match),
            _ => None,
        };
        ways.iter().any(|(target, by)| {
            *target == access.target && (by.is_none() || by.as_ref() == http_match)
        })
    });
    Ok(accesses)
}

/// What lets something pass: target and match.
type Way = (Option<ObjectName>, Option<String>);

/// Everything that lets this pass.
fn ways(
    args: &WhoCan,
    audit: &Audit,
    source: Option<&Identity>,
    destination: &Identity,
    port: u16,
    fields: &[(String, String)],
) -> Vec<Way> {
    let policy = audit.policy();
    let explanations = match (&args.method, &args.target) {
        (Some(method), Some(target)) => {
            let http = HttpRequest::new(method, target).headers(fields);
            vec![policy.explain(&Request::http(source, destination, port, http))]
        }
        _ => vec![
            policy.explain(&Request::tcp(source, destination, port)),
            policy.explain(&Request::udp(source, destination, port)),
        ],
    };
    let mut ways = Vec::new();
    for explanation in explanations {
        if explanation.decision().reason() == Reason::Unselected {
            ways.push((None, None));
        }
        for candidate in explanation.candidates() {
            match &candidate.outcome {
                Outcome::Allow(grant) => {
                    let http_match = grant.http_match().map(|found| found.to_string());
                    ways.push((Some(candidate.target.clone()), http_match));
                }
                Outcome::HttpOnly => ways.push((Some(candidate.target.clone()), None)),
                Outcome::Deny(_) => {}
            }
        }
    }
    ways
}
