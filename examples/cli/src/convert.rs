//! `smi convert`: manifests in another API version.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args as ClapArgs;
use serde::Serialize;
use serde_json::Value;
use smi_types::api::{Kind, Version};
use smi_types::convert::{Annotations, Companions, Conversion, Converter};
use smi_types::manifest::{Content, Document, Manifest, MissingApiVersion, ReadOptions};
use smi_types::{TypedObject, write};

use crate::Status;
use crate::args::Output;
use crate::color::{self, paint};
use crate::load;

/// Writes manifests in another API version, and says on standard error what moved
///
/// What the version can't say is kept in the annotation smi-spec.io/preserved, so that the way back
/// is exact and nothing opens that was closed. Documents of other kinds, and those that can't be
/// read, are passed through untouched; converted documents lose their comments. Exit status: 0 if
/// all SMI documents were converted, 1 if some were not, 2 if nothing could be read.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Kinds that don't exist in the version (UDPRoute and IdentityBinding before v1alpha4) stay as they are.

Example: smi convert --to v1alpha4 --companions manifests/ > newer.yaml")]
pub(crate) struct Convert {
    /// The version to write: v1alpha1, v1alpha2, v1alpha3 or v1alpha4
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    to: Version,

    /// Directories (read with their subdirectories) and files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Writes a TCPRoute for the port of a destination, where that says the same
    #[arg(long)]
    companions: bool,

    /// Writes no annotation; what would open something by that is not converted
    #[arg(long)]
    no_annotations: bool,

    /// Reads objects without `apiVersion` by their shape instead of passing them through
    #[arg(long)]
    infer_api_version: bool,

    /// How to print: YAML and a report, or both as one JSON object
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

/// What became of all documents.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    converted: usize,
    passed_through: usize,
    failed: usize,
    notes: Vec<Note>,
    objects: Vec<Value>,
    /// The documents as YAML.
    #[serde(skip)]
    texts: Vec<String>,
}

/// Something that moved, or was not converted.
#[derive(Debug, Serialize)]
struct Note {
    file: String,
    document: usize,
    object: String,
    field: String,
    message: String,
    error: bool,
}

/// Converts everything, and prints it.
pub(crate) fn run(args: &Convert) -> Result<Status> {
    let (files, unreadable) = load::texts(&args.paths)?;
    let missing = match args.infer_api_version {
        true => MissingApiVersion::Infer,
        false => MissingApiVersion::Error,
    };
    let options = ReadOptions::default().missing_api_version(missing);
    let mut report = Report::default();
    for (file, text) in &files {
        for document in Manifest::read_with(text, &options).documents() {
            convert(args, file, document, &mut report)?;
        }
    }
    for (file, reason) in unreadable {
        report.failed += 1;
        let (object, field) = (String::new(), String::new());
        report.notes.push(Note { file, document: 0, object, field, message: reason, error: true });
    }
    match args.output {
        Output::Text => print(&report),
        Output::Json => anstream::println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.failed == 0 { Status::Good } else { Status::Bad })
}

fn convert(args: &Convert, file: &str, document: &Document, report: &mut Report) -> Result<()> {
    let object = document.key().map_or_else(String::new, |key| key.to_string());
    let mut note = |field: String, message: String, error: bool| {
        let (file, document) = (file.to_owned(), document.number());
        report.notes.push(Note { file, document, object: object.clone(), field, message, error });
    };
    let converted = match document.content() {
        Content::Smi(object) if !object.kind().versions().contains(&args.to) => {
            let message = format!("stays as it is: it does not exist in {}", args.to);
            note(String::new(), message, false);
            None
        }
        Content::Smi(object) => match conversion(args, object.kind(), document) {
            Some(Ok(conversion)) => Some(conversion),
            Some(Err(error)) => {
                note(String::new(), error.to_string(), true);
                report.failed += 1;
                None
            }
            None => None,
        },
        Content::Foreign => None,
        Content::Undecodable => {
            let first = document.problems().iter().find(|problem| problem.is_error());
            let message = first.map_or_else(|| "can't be read".to_owned(), ToString::to_string);
            note(String::new(), message, true);
            report.failed += 1;
            None
        }
    };
    let Some(Conversion { object: json, companions, moves, .. }) = converted else {
        report.passed_through += 1;
        return pass(document, report);
    };
    report.converted += 1;
    for step in moves {
        let text = step.to_string();
        let field = step.path.to_string();
        let message = text.strip_prefix(&field).and_then(|rest| rest.strip_prefix(": "));
        let message = message.unwrap_or(&text).to_owned();
        let (file, document, object) = (file.to_owned(), document.number(), object.clone());
        report.notes.push(Note { file, document, object, field, message, error: false });
    }
    for json in std::iter::once(json).chain(companions) {
        report.texts.push(yaml(&json)?);
        report.objects.push(json);
    }
    Ok(())
}

/// The converted document; `None` if it is of the version already.
fn conversion(
    args: &Convert,
    kind: Kind,
    document: &Document,
) -> Option<Result<Conversion, smi_types::convert::ConvertError>> {
    let from = document.object()?.meta().version;
    let stays = from == args.to && !args.no_annotations && document.item().is_none();
    if stays && document.api_version().is_some() {
        return None;
    }
    let mut json = document.root()?.to_json();
    if let Some(fields) = json.as_object_mut() {
        // Items of a list may leave these two to the list, and lenient reading infers one.
        fields.insert("apiVersion".to_owned(), format!("{}/{from}", kind.group()).into());
        fields.insert("kind".to_owned(), kind.as_str().into());
    }
    let annotations = if args.no_annotations { Annotations::Omit } else { Annotations::Write };
    let companions = if args.companions { Companions::Emit } else { Companions::Omit };
    Some(Converter::new().annotations(annotations).companions(companions).convert(json, args.to))
}

/// Passes a document through as it is written; an item of a list has no text of its own.
fn pass(document: &Document, report: &mut Report) -> Result<()> {
    let json = document.root().map(|root| root.to_json());
    match (document.text(), &json) {
        (Some(text), _) => report.texts.push(text.to_owned()),
        (None, Some(json)) => report.texts.push(write::yaml(json)?),
        (None, None) => {}
    }
    report.objects.extend(json);
    Ok(())
}

/// An object as a person would write it: in the order of its type, if nothing is lost by that.
fn yaml(json: &Value) -> Result<String> {
    if let Ok(typed) = TypedObject::from_json(json.clone())
        && let Ok(typed_json) = serde_json::to_value(&typed)
        && count(&typed_json) >= count(json)
    {
        return Ok(write::yaml(&typed)?);
    }
    Ok(write::yaml(json)?)
}

/// The number of values that say something.
fn count(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 1,
    }
}

fn print(report: &Report) {
    let mut first = true;
    for text in &report.texts {
        let begins = text.starts_with("---") || text.starts_with('%');
        if !first && !begins {
            anstream::println!("---");
        }
        first = false;
        anstream::print!("{text}");
        if !text.ends_with('\n') {
            anstream::println!();
        }
    }
    for note in &report.notes {
        let about = [&note.object, &note.field].into_iter().filter(|text| !text.is_empty());
        let about = about.map(|text| format!("{text}: ")).collect::<String>();
        let (style, word) =
            if note.error { (color::ERROR, "error") } else { (color::WARNING, "note") };
        let file = &note.file;
        anstream::eprintln!("{}: {file}: {about}{}", paint(style, word), note.message);
    }
    anstream::eprintln!(
        "{} converted, {} passed through, {} not converted",
        report.converted,
        report.passed_through,
        report.failed
    );
}

fn parse_version(name: &str) -> Result<Version, String> {
    Version::parse(name)
        .ok_or_else(|| "expected v1alpha1, v1alpha2, v1alpha3 or v1alpha4".to_owned())
}
