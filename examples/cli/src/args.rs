use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use smi_policy::Semantics;

/// Reads Service Mesh Interface manifests and says what they mean.
#[derive(Debug, Parser)]
#[command(name = "smi", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Convert(crate::convert::Convert),
    Decide(Decide),
    Diff(crate::audit::diff::DiffArgs),
    Explain(crate::audit::explain::Explain),
    Crds(crate::crds::Crds),
    Lint(crate::lint::Lint),
    Migrate(crate::migrate::Migrate),
    Matrix(crate::audit::matrix::Matrix),
    Schema(crate::schema::Schema),
    Split(Split),
    Top(crate::metrics::Top),
    Topology(crate::metrics::Topology),
    Vectors(Vectors),
    WhoCan(crate::audit::who_can::WhoCan),
}

/// Reads manifests, prints what is wrong with them, who may call whom, and how traffic is split
///
/// Exit status: 0 if there are no errors, 1 if there are, 2 if nothing could be read.
#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// Directories (read with their subdirectories) and files; `-` is standard input
    #[arg(required = true, value_name = "DIR")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// Decides one request, connection or flow, and says why
///
/// With a method and a path it asks for an HTTP request, without them for an opaque TCP connection
/// (or, with `--udp`, a UDP flow). Exit status: 0 allowed, 1 denied, 2 could not decide. A TCP
/// connection of which only the HTTP requests in it may pass is not allowed as it is: 1.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Identities: NAMESPACE/ACCOUNT, a SPIFFE id (spiffe://…), or Linkerd's DNS form
(ACCOUNT.NAMESPACE.serviceaccount.identity.linkerd.DOMAIN).

Example: smi decide manifests --from shop/web --to shop/cart --port 8080 GET /cart/items")]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) question: Question,
}

// What is asked. A documentation comment would become the help of the commands that it is part of.
#[derive(Debug, ClapArgs)]
pub(crate) struct Question {
    /// Directory (read with its subdirectories) or file of manifests; `-` is standard input
    #[arg(value_name = "DIR")]
    pub(crate) path: PathBuf,

    #[command(flatten)]
    pub(crate) reading: Reading,

    /// Who calls; left out: unauthenticated
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) from: Option<String>,

    /// Who is called
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) to: String,

    /// The port on which the called process listens (container port)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,

    /// Asks for a UDP flow; with a method and a path, for HTTP/3
    #[arg(long)]
    pub(crate) udp: bool,

    /// HTTP method
    #[arg(value_name = "METHOD", requires = "target")]
    pub(crate) method: Option<String>,

    /// Path and query as sent
    #[arg(value_name = "PATH")]
    pub(crate) target: Option<String>,

    /// Header field, `name: value`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "FIELD", requires = "method")]
    pub(crate) headers: Vec<String>,

    /// Authority of the request (`host:port`); left out: the Host field's
    #[arg(long, value_name = "HOST", requires = "method")]
    pub(crate) authority: Option<String>,
}

/// Sends imagined requests to a service, and shows which backends they go to
///
/// Exit status: 0 if all requests have somewhere to go, 1 if some have no backend, 2 if nothing
/// could be read. The same call prints the same numbers.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi split manifests --service shop/web --requests 100000 --sticky-key header:x-user")]
pub(crate) struct Split {
    /// Directory (read with its subdirectories) or file of manifests; `-` is standard input
    #[arg(value_name = "DIR")]
    pub(crate) path: PathBuf,

    #[command(flatten)]
    pub(crate) reading: Reading,

    /// The service that is called: NAMESPACE/NAME, or a name as clients write it, also with a port
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: String,

    /// The port of the service; left out: ports are not looked at
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// How many requests to send
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) requests: u64,

    /// How backends are picked
    #[arg(long, value_enum, default_value_t)]
    pub(crate) pick: Pick,

    /// Picks by a key instead: each request has another user in this header (`header:x-user`)
    #[arg(long, value_name = "KEY", conflicts_with = "pick")]
    pub(crate) sticky_key: Option<StickyKey>,

    /// Header field of all requests, `name: value`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "FIELD")]
    pub(crate) headers: Vec<String>,

    /// HTTP method
    #[arg(value_name = "METHOD", default_value = "GET")]
    pub(crate) method: String,

    /// Path and query as sent
    #[arg(value_name = "PATH", default_value = "/")]
    pub(crate) target: String,
}

/// How `smi split` picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pick {
    /// By random numbers
    #[default]
    Random,
    /// In a smooth rotation
    Smooth,
}

/// Where a request has its sticky key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StickyKey {
    Header(String),
}

impl std::str::FromStr for StickyKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("header", name)) if is_token(name.trim()) => {
                Ok(Self::Header(name.trim().to_owned()))
            }
            _ => Err("expected `header:` and the name of a header".to_owned()),
        }
    }
}

/// Whether a text can be the name of a header (RFC 9110, §5.6.2).
fn is_token(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// Runs decision vectors (JSON Lines) and prints each disagreement and a count
///
/// Exit status: 0 if all agree, 1 if some do not, 2 if a file could not be read.
#[derive(Debug, ClapArgs)]
pub(crate) struct Vectors {
    /// Files of suites, one a line
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// How manifests are read.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Reading {
    /// Whose reading of SMI
    #[arg(long, value_enum, default_value_t)]
    pub(crate) semantics: Preset,

    /// Namespace of objects that have none
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    pub(crate) default_namespace: String,

    /// Reads objects without `apiVersion` by their shape instead of refusing them
    #[arg(long)]
    pub(crate) infer_api_version: bool,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) output: Output,
}

impl Reading {
    pub(crate) fn semantics(&self) -> Semantics {
        let preset = match self.semantics {
            Preset::Spec => Semantics::spec(),
            Preset::Osm => Semantics::osm(),
            Preset::TraefikMesh => Semantics::traefik_mesh(),
            Preset::Nginx => Semantics::nginx(),
            Preset::Linkerd => Semantics::linkerd(),
        };
        preset.with_default_namespace(self.default_namespace.clone())
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Preset {
    /// The specification's
    #[default]
    Spec,
    /// Open Service Mesh's and FSM's
    Osm,
    /// Traefik Mesh's
    TraefikMesh,
    /// NGINX Service Mesh's
    Nginx,
    /// Linkerd's
    Linkerd,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// For scripts
    Json,
}
