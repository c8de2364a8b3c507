//! `smi migrate`: from SMI to the Gateway API and the authorization of a mesh, and back.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;
use smi_gateway_api::{Finding, IpNet, Level, Mesh, Migration, Options, Summary};
use smi_policy::{PathMode, RepeatedHeaders};

use crate::Status;
use crate::args::{Preset, Reading};
use crate::color::{self, harmless, paint};
use crate::load;

/// Writes SMI manifests as objects of the Gateway API and of a mesh, and says what became of them
///
/// YAML goes to standard output, with the order of the cut-over as comments; a report on every field
/// goes to standard error. TrafficSplits become HTTPRoutes, GRPCRoutes and TCPRoutes of Services,
/// TrafficTargets the authorization of the mesh that is chosen. What can't be said is left out and
/// reported as an error: nothing is ever opened wider than SMI opens it, unless `--leave-open` says
/// so. Services and workloads among the manifests tell ports, labels, and which namespaces to close.
/// Exit status: 0 if everything was kept, perhaps with caveats or narrower, 1 if something was not, 2
/// if nothing could be read.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi migrate manifests --mesh linkerd --account-label app > gateway-api.yaml
         kubectl get trafficsplits,httproutegroups,services -A -o yaml | smi migrate -")]
pub(crate) struct Migrate {
    /// Directories (read with their subdirectories) and files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// What TrafficTargets become
    #[arg(long, value_enum, conflicts_with = "back")]
    mesh: Option<MeshName>,

    /// The label of pods whose value is the name of their service account
    #[arg(long, value_name = "KEY")]
    account_label: Option<String>,

    /// The port of services that are not among the manifests
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    assume_port: Option<u16>,

    /// Lets callers of an account in from this network only (CIDR=NAMESPACE/ACCOUNT); may be
    /// repeated, also for one account
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    network: Vec<(IpNet, String, String)>,

    /// Leaves the default deny of a namespace out, if no target concerns it; may be repeated
    #[arg(long, value_name = "NAMESPACE")]
    leave_open: Vec<String>,

    /// What the mesh does to paths before it looks at them
    #[arg(long, value_enum, default_value_t)]
    path_mode: Paths,

    /// Reads several header fields of one name one by one, as Linkerd does, instead of joined
    #[arg(long)]
    single_headers: bool,

    /// The way back: HTTPRoutes of Services become TrafficSplits and HTTPRouteGroups
    #[arg(long)]
    back: bool,

    /// Whose reading of SMI
    #[arg(long, value_enum, default_value_t)]
    semantics: Preset,

    /// Namespace of objects that have none
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    default_namespace: String,

    /// Reads objects without `apiVersion` by their shape instead of refusing them
    #[arg(long)]
    infer_api_version: bool,

    /// How to print the report
    #[arg(long, short, value_enum, default_value_t)]
    output: ReportOutput,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MeshName {
    /// Server, HTTPRoute, AuthorizationPolicy and MeshTLSAuthentication
    Linkerd,
    /// AuthorizationPolicy
    Istio,
    /// CiliumNetworkPolicy
    Cilium,
    /// GEP-3779's AuthorizationPolicy: experimental, connections only
    GatewayApi,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Paths {
    /// Nothing: paths that servers read in several ways are kept out
    #[default]
    Strict,
    /// SMI normalises them, the mesh may not
    Normalize,
    /// It normalises them, so that prefixes are safe
    AsIs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReportOutput {
    /// Lines for people
    #[default]
    #[value(name = "report=text")]
    Text,
    /// One JSON object
    #[value(name = "report=json")]
    Json,
}

/// The report as JSON.
#[derive(Serialize)]
struct Report<'m> {
    summary: Summary,
    objects: usize,
    findings: &'m [Finding],
    unreadable: &'m [(String, String)],
}

/// Migrates everything, and prints it.
pub(crate) fn run(args: &Migrate) -> Result<Status> {
    let reading = Reading {
        semantics: args.semantics,
        default_namespace: args.default_namespace.clone(),
        infer_api_version: args.infer_api_version,
        output: crate::args::Output::Text,
    };
    let loaded = load::load(&args.paths, &reading)?;
    let options = options(args, &reading);
    let migration = match args.back {
        true => Migration::back(&loaded.resources, &options),
        false => Migration::plan(&loaded.resources, &options),
    };
    anstream::print!("{}", migration.to_yaml()?);
    match args.output {
        ReportOutput::Text => print(&migration, &loaded.unreadable),
        ReportOutput::Json => {
            let report = Report {
                summary: migration.summary(),
                objects: migration.objects().len(),
                findings: migration.findings(),
                unreadable: &loaded.unreadable,
            };
            anstream::eprintln!("{}", serde_json::to_string_pretty(&report)?);
        }
    }
    let is_lost = |finding: &Finding| finding.level == Level::Error;
    let lost = !loaded.unreadable.is_empty() || migration.findings().iter().any(is_lost);
    Ok(if lost { Status::Bad } else { Status::Good })
}

fn options(args: &Migrate, reading: &Reading) -> Options {
    let mut semantics = reading.semantics();
    match args.path_mode {
        Paths::Strict => {}
        Paths::Normalize => semantics.http.path_mode = PathMode::Normalize,
        Paths::AsIs => semantics.http.path_mode = PathMode::AsIs,
    }
    if args.single_headers {
        semantics.http.repeated_headers = RepeatedHeaders::Any;
    }
    let mut options = Options::default().semantics(semantics);
    if let Some(mesh) = args.mesh {
        options = options.mesh(match mesh {
            MeshName::Linkerd => Mesh::Linkerd,
            MeshName::Istio => Mesh::Istio,
            MeshName::Cilium => Mesh::Cilium,
            MeshName::GatewayApi => Mesh::GatewayApi,
        });
    }
    if let Some(key) = &args.account_label {
        options = options.account_label(key.clone());
    }
    if let Some(port) = args.assume_port {
        options = options.assumed_port(port);
    }
    for (cidr, namespace, account) in &args.network {
        options = options.network(*cidr, namespace, account);
    }
    for namespace in &args.leave_open {
        options = options.leave_open(namespace);
    }
    options
}

fn print(migration: &Migration, unreadable: &[(String, String)]) {
    for (file, reason) in unreadable {
        anstream::eprintln!("{} {file}: {reason}", paint(color::ERROR, Level::Error));
    }
    for finding in migration.findings() {
        let style = match finding.level {
            Level::Error => color::ERROR,
            Level::Warning => color::WARNING,
            Level::Info => color::GOOD,
        };
        let line = finding.to_string();
        let level = finding.level.to_string();
        let rest = line.strip_prefix(&level).unwrap_or(&line);
        anstream::eprintln!("{}{}", paint(style, level), harmless(rest));
    }
    anstream::eprintln!("{}: {}", paint(color::HEADING, "Summary"), migration.summary());
}

fn parse_network(text: &str) -> Result<(IpNet, String, String), String> {
    let expected = || "expected CIDR=NAMESPACE/ACCOUNT".to_owned();
    let (cidr, account) = text.split_once('=').ok_or_else(expected)?;
    let (namespace, account) = account.split_once('/').ok_or_else(expected)?;
    if namespace.is_empty() || account.is_empty() {
        return Err(expected());
    }
    let cidr = cidr.parse().map_err(|_| format!("`{cidr}` is no network such as 10.1.0.0/16"))?;
    Ok((cidr, namespace.to_owned(), account.to_owned()))
}
