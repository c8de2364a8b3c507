//! `smi crds`: the CustomResourceDefinitions for a cluster.

use std::num::NonZeroU16;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, ValueEnum};
use smi_types::api::Kind;
use smi_types::crd::{self, ConversionWebhook, CrdOptions, Subjects};
use smi_types::specs::v1alpha4::HeaderForm;

use crate::Status;

/// Prints the CustomResourceDefinitions of SMI, for kubectl to apply
///
/// Without a conversion webhook only the newest version is served: an API server that can't convert
/// would keep the metadata of older objects and silently drop the rest.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi crds --conversion-webhook smi-system/smi-webhook --ca-bundle ca.pem | kubectl apply -f -")]
pub(crate) struct Crds {
    /// How much the definitions ask of an object
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,

    /// Only this kind (also its plural or short name); may be repeated
    #[arg(long = "kind", value_name = "KIND", value_parser = parse_kind)]
    kinds: Vec<Kind>,

    /// Lets TrafficTargets refer to IdentityBindings, by storing them as v1alpha4 (a draft)
    #[arg(long)]
    identity_bindings: bool,

    /// Form of the headers in an HTTPRouteGroup
    #[arg(long, value_enum, default_value_t)]
    headers: Form,

    /// The webhook that converts between versions, which makes all of them served:
    /// NAMESPACE/SERVICE[:PORT][/PATH], or an https URL
    #[arg(long, value_name = "WEBHOOK", value_parser = parse_webhook)]
    conversion_webhook: Option<ConversionWebhook>,

    /// Certificates, as PEM, that vouch for the webhook's own
    #[arg(long, value_name = "FILE", requires = "conversion_webhook")]
    ca_bundle: Option<PathBuf>,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Profile {
    /// As the published definitions: versions, names, required fields and enumerations
    Official,
    /// All versions, and all that the specification asks for
    #[default]
    Strict,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    /// A list of mappings with one name each
    #[default]
    List,
    /// One mapping
    Map,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON list
    Json,
}

/// Prints the definitions.
pub(crate) fn run(args: &Crds) -> Result<Status> {
    let options = options(args)?;
    let definitions = if args.kinds.is_empty() {
        options.definitions()
    } else {
        args.kinds.iter().map(|&kind| options.definition(kind)).collect()
    };
    let text = match args.output {
        Output::Yaml => crd::yaml(&definitions)?,
        Output::Json => crd::json(&definitions)?,
    };
    anstream::print!("{text}");
    Ok(Status::Good)
}

fn options(args: &Crds) -> Result<CrdOptions> {
    let mut options = match args.profile {
        Profile::Official => CrdOptions::official(),
        Profile::Strict => CrdOptions::strict(),
    };
    options = options.header_form(match args.headers {
        Form::List => HeaderForm::List,
        Form::Map => HeaderForm::Map,
    });
    if args.identity_bindings {
        options = options.subjects(Subjects::IdentityBindings);
    }
    let Some(mut webhook) = args.conversion_webhook.clone() else { return Ok(options) };
    if let Some(path) = &args.ca_bundle {
        let place = || format!("{}", path.display());
        let pem = std::fs::read(path).with_context(place)?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            bail!("{}: expected certificates in PEM form", path.display());
        }
        webhook = webhook.ca_bundle(pem);
    }
    Ok(options.conversion_webhook(webhook))
}

/// A kind by any name that kubectl knows it by.
pub(crate) fn parse_kind(name: &str) -> Result<Kind, String> {
    let lower = name.to_ascii_lowercase();
    let is_it = |kind: &Kind| {
        [kind.singular(), kind.plural()].contains(&&*lower) || kind.short_names().contains(&&*lower)
    };
    Kind::ALL.into_iter().find(is_it).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

fn parse_webhook(text: &str) -> Result<ConversionWebhook, String> {
    if text.contains("://") {
        return ConversionWebhook::url(text).map_err(|error| error.to_string());
    }
    let expected = || "expected NAMESPACE/SERVICE[:PORT][/PATH] or an https URL".to_owned();
    let (namespace, rest) = text.split_once('/').ok_or_else(expected)?;
    let (server, path) = match rest.split_once('/') {
        Some((server, path)) => (server, Some(path)),
        None => (rest, None),
    };
    let (service, port) = match server.split_once(':') {
        Some((service, port)) => (service, Some(port)),
        None => (server, None),
    };
    if namespace.is_empty() || service.is_empty() {
        return Err(expected());
    }
    let mut webhook = ConversionWebhook::service(namespace, service);
    if let Some(port) = port {
        let port: NonZeroU16 =
            port.parse().map_err(|_| format!("`{port}` is no port from 1 to 65535"))?;
        webhook = webhook.port(port);
    }
    if let Some(path) = path {
        webhook = webhook.path(format!("/{path}"));
    }
    Ok(webhook)
}
