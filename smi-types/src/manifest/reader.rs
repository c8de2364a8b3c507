use std::ops::Range;
use std::sync::Arc;

use super::classify::{Claim, Class, Inherited, is_template};
use super::document::{Content, Document};
use super::node::Node;
use super::options::{MissingApiVersion, ReadOptions};
use super::parse::{Parsed, ParsedDocument, parse};
use super::remarks;
use super::syntax::SyntaxError;
use super::tree::{NodeId, Tree};
use crate::api::Kind;
use crate::hub::Object;
use crate::lift::{self, Lifted, Void, lift};
use crate::path::{FieldPath, Place};
use crate::problem::{Code, Problem, Report, Severity};

/// Reads a text.
pub(super) fn read(text: &str, options: &ReadOptions) -> Vec<Document> {
    let Parsed { tree, documents } = parse(text, options.limits);
    let tree = Arc::new(tree);
    let template = tree.source().text().contains("{{");
    let mut reader = Reader {
        tree: &tree,
        options,
        template,
        documents: Vec::with_capacity(documents.len()),
        number: 0,
        full: false,
        listed: 0,
    };
    for ParsedDocument { range, root } in documents {
        reader.number += 1;
        match root {
            Ok(root) => reader.node(root, &range, None, &mut None),
            Err(error) => reader.broken(range, error),
        }
    }
    reader.documents
}

struct Reader<'r> {
    tree: &'r Arc<Tree>,
    options: &'r ReadOptions,
    /// Whether the text has double braces anywhere.
    template: bool,
    documents: Vec<Document>,
    /// How many documents were found, lists counted as one.
    number: usize,
    /// Whether there are more documents than the limits allow.
    full: bool,
    /// How many problems were listed.
    listed: usize,
}

impl<'r> Reader<'r> {
    /// Takes up a document that could not be parsed.
    fn broken(&mut self, range: Range<usize>, mut error: SyntaxError) {
        let source = self.tree.source();
        let text = source.text().get(range.clone()).unwrap_or_default();
        if matches!(error.code, Code::YamlSyntax | Code::JsonSyntax)
            && let Some(at) =
                ["{{", "{%", "<%", "${"].iter().filter_map(|open| text.find(open)).min()
        {
            let message = format!(
                "this looks like a template that nobody has rendered, and can't be parsed: {}",
                error.message
            );
            error = SyntaxError::new(Code::UnrenderedTemplate, range.start + at, message)
                .with_help("render it first, for instance with `helm template`");
        }
        let location = Some(source.location(error.start));
        let path = FieldPath::root();
        let mut problem = Problem::new(Severity::Error, error.code, path, location, error.message);
        if let Some(help) = error.help {
            problem = problem.with_help(help);
        }
        self.push(Document {
            number: self.number,
            item: None,
            tree: Arc::clone(self.tree),
            root: None,
            range,
            claim: None,
            content: Content::Undecodable,
            problems: vec![problem],
        });
    }

    /// Takes up a document, or an item of a list.
    fn node(
        &mut self,
        id: NodeId,
        range: &Range<usize>,
        inherited: Option<Inherited<'r>>,
        item: &mut Option<usize>,
    ) {
        let root = Node::new(self.tree, id);
        let claim = Claim::of(root, inherited);
        let mut document = Document {
            number: self.number,
            item: *item,
            tree: Arc::clone(self.tree),
            root: Some(id),
            range: range.clone(),
            claim: claim.smi_kind(),
            content: Content::Undecodable,
            problems: Vec::new(),
        };
        let mut report = Report::new(self.problems_to_list());
        match claim.class(root, &mut report) {
            Class::Smi(kind, version) => {
                let identified = identified(root, &mut report);
                remarks::report(root, self.template && identified.is_ok(), &mut report);
                let object = match version {
                    Some(version) => lift(kind, version, root, &mut report),
                    None => self.without_version(kind, root, &mut report),
                };
                if let (Ok(object), Ok(())) = (object, identified) {
                    document.content = Content::Smi(object);
                }
            }
            Class::List(items, inherited) => {
                if let Ok(items) = items_of(items, &mut report) {
                    self.items(items, range, inherited, item);
                    return;
                }
            }
            Class::Foreign => document.content = Content::Foreign,
            Class::Undecodable => {}
        }
        document.problems = report.finish(|| document.named());
        self.listed = self.listed.saturating_add(document.problems.len());
        self.push(document);
        if let Some(item) = item {
            *item += 1;
        }
    }

    fn items(
        &mut self,
        items: impl Iterator<Item = Node<'r>>,
        range: &Range<usize>,
        inherited: Option<Inherited<'r>>,
        item: &mut Option<usize>,
    ) {
        let mut outermost = Some(0);
        let item = if item.is_some() { item } else { &mut outermost };
        for node in items {
            if self.full {
                return;
            }
            self.node(node.id(), range, inherited, item);
        }
    }

    /// Reads an SMI object that has no `apiVersion`.
    fn without_version(&self, kind: Kind, root: Node<'_>, report: &mut Report) -> Lifted<Object> {
        let attempts = kind.versions().iter().rev().map(|version| {
            let mut attempt = report.attempt();
            let object = lift(kind, *version, root, &mut attempt);
            (*version, object, attempt)
        });
        // Of those with the fewest problems the first one, which is the newest.
        let best = attempts.min_by_key(|(_, object, attempt)| (object.is_err(), attempt.count()));
        let (version, object, attempt) = best.ok_or(Void)?;
        let place = Place::ROOT.key("apiVersion");
        let api_version = format!("{}/{version}", kind.group());
        let help = format!("write `apiVersion: {api_version}`");
        match self.options.missing_api_version {
            MissingApiVersion::Error => {
                let message = "`apiVersion` is missing";
                report.error(Code::MissingApiVersion, &place, root, message).help(help);
                Err(Void)
            }
            MissingApiVersion::Infer => {
                let message = format!("`apiVersion` is missing: read as {api_version}");
                report.warning(Code::InferredApiVersion, &place, root, message).help(help);
                report.append(attempt);
                object
            }
        }
    }

    /// How many errors, and how many warnings, to list for the next document. When very many were
    /// listed already, one must do: it says why the document is undecodable.
    fn problems_to_list(&self) -> usize {
        let limit = self.options.limits.problems;
        if self.listed < limit.saturating_mul(100) { limit } else { limit.min(1) }
    }

    fn push(&mut self, document: Document) {
        if self.documents.len() < self.options.limits.documents {
            self.documents.push(document);
            return;
        }
        if self.full {
            return;
        }
        self.full = true;
        let limit = self.options.limits.documents;
        let message = format!("there are more than {limit} documents: the rest is not read");
        let location = Some(document.location());
        let (severity, code) = (Severity::Error, Code::LimitExceeded);
        let problem = Problem::new(severity, code, FieldPath::root(), location, message);
        let content = Content::Undecodable;
        let problems = vec![problem];
        self.documents.push(Document { root: None, claim: None, content, problems, ..document });
    }
}

/// The items of a list.
fn items_of<'d>(
    items: Option<Node<'d>>,
    report: &mut Report,
) -> Lifted<impl Iterator<Item = Node<'d>> + use<'d>> {
    let items = items.filter(|items| !items.is_null());
    let list = items.map(|items| lift::list(items, &Place::ROOT.key("items"), report));
    Ok(list.transpose()?.into_iter().flat_map(|list| list.iter()))
}

/// Checks that the name of an object is no template.
fn identified(root: Node<'_>, report: &mut Report) -> Lifted<()> {
    let metadata = Place::ROOT.key("metadata");
    for key in ["name", "namespace"] {
        let node = root.get("metadata").and_then(|metadata| metadata.get(key));
        let template = node.filter(|node| node.as_str().is_some_and(is_template));
        if let Some(node) = template {
            let message = "this looks like a template that nobody has rendered";
            report.error(Code::UnrenderedTemplate, &metadata.key(key), node, message);
            return Err(Void);
        }
    }
    Ok(())
}
