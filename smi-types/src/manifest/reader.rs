use std::ops::Range;
use std::sync::Arc;

use super::budget::Budget;
use super::classify::{Claim, Class, Inherited, is_template};
use super::document::{Content, Document};
use super::node::Node;
use super::options::{MissingApiVersion, ReadOptions};
use super::source::Source;
use super::syntax::SyntaxError;
use super::tree::{NodeId, Tree};
use super::{json, remarks, stream, yaml};
use crate::api::Kind;
use crate::hub::Object;
use crate::lift::{self, Lifted, Void, lift};
use crate::path::{FieldPath, Place};
use crate::problem::{Code, Problem, Report, Severity};

/// Reads a text.
pub(super) fn read(text: &str, options: &ReadOptions) -> Vec<Document> {
    let limits = options.limits;
    let too_long = text.len() > limits.bytes;
    let source = Arc::new(Source::new(if too_long { "" } else { text }));
    let budget = Budget::new(limits);
    let mut reader =
        Reader { source, options, budget, documents: Vec::new(), number: 0, full: false };
    if too_long {
        let message = format!("the text has {} bytes, more than {}", text.len(), limits.bytes);
        reader.broken(0..0, SyntaxError::new(Code::LimitExceeded, 0, message));
        return reader.documents;
    }
    reader.stream();
    reader.documents
}

struct Reader<'o> {
    source: Arc<Source>,
    options: &'o ReadOptions,
    budget: Budget,
    documents: Vec<Document>,
    /// How many documents were found, lists counted as one.
    number: usize,
    /// Whether there are more documents than the limits allow.
    full: bool,
}

impl Reader<'_> {
    fn stream(&mut self) {
        const BOM: char = '\u{feff}';
        let source = Arc::clone(&self.source);
        let text = source.text();
        let start = text.len() - text.strip_prefix(BOM).unwrap_or(text).len();
        for range in stream::documents(text.get(start..).unwrap_or_default()) {
            self.document(range.start + start..range.end + start);
        }
    }

    /// Reads what stands between two markers: a YAML document, or JSON documents behind each other.
    fn document(&mut self, range: Range<usize>) {
        let source = Arc::clone(&self.source);
        let text = source.text().get(range.clone()).unwrap_or_default();
        let body = text.strip_prefix("---").unwrap_or(text);
        if json::looks_like_object(body) {
            let space = body.len() - body.trim_start().len();
            let start = range.start + (text.len() - body.len()) + space;
            self.json(start..range.end, range);
        } else {
            self.yaml(range);
        }
    }

    fn yaml(&mut self, range: Range<usize>) {
        let spent = self.budget.spent();
        match yaml::parse(&self.source, range.clone(), &mut self.budget) {
            Ok(None) => {}
            Ok(Some(tree)) => self.parsed(tree, range),
            Err(error) => {
                self.budget.refund(spent);
                self.broken(range, error);
            }
        }
    }

    /// Reads JSON documents. `document` is the range with its markers.
    fn json(&mut self, range: Range<usize>, document: Range<usize>) {
        // An unclosed bracket makes the parser run to the end. This is how many bytes it may read in
        // vain before it is no longer sought within what was read where the next document begins.
        let mut patience = 4 * range.len();
        let mut start = range.start;
        while start < range.end && !self.full {
            let spent = self.budget.spent();
            let error = match json::parse(&self.source, start..range.end, &mut self.budget) {
                Ok(parsed) => {
                    let end = parsed.next.unwrap_or(range.end);
                    self.parsed(parsed.tree, start..end);
                    start = end.max(start + 1);
                    continue;
                }
                Err(error) => error,
            };
            self.budget.refund(spent);
            if start == range.start && error.code == Code::JsonSyntax {
                // YAML takes more than JSON between braces.
                if let Ok(Some(tree)) =
                    yaml::parse(&self.source, document.clone(), &mut self.budget)
                {
                    self.parsed(tree, document);
                    return;
                }
                self.budget.refund(spent);
            }
            let read = error.start.saturating_sub(start);
            let resume = if patience > read { start } else { error.start };
            patience = patience.saturating_sub(read);
            let rest = self.source.text().get(resume..range.end).unwrap_or_default();
            let next = rest.find("\n{").map_or(range.end, |at| resume + at + 1);
            self.broken(start..next, error);
            start = next;
        }
    }

    /// Takes up a document that could not be parsed.
    fn broken(&mut self, range: Range<usize>, mut error: SyntaxError) {
        self.number += 1;
        let text = self.source.text().get(range.clone()).unwrap_or_default();
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
        let location = Some(self.source.location(error.start));
        let path = FieldPath::root();
        let mut problem = Problem::new(Severity::Error, error.code, path, location, error.message);
        if let Some(help) = error.help {
            problem = problem.with_help(help);
        }
        self.push(Document {
            number: self.number,
            item: None,
            source: Arc::clone(&self.source),
            range,
            root: None,
            claim: None,
            content: Content::Undecodable,
            problems: vec![problem],
        });
    }

    fn parsed(&mut self, tree: Tree, range: Range<usize>) {
        self.number += 1;
        let tree = Arc::new(tree);
        self.node(&tree, Tree::ROOT, &range, None, &mut None);
    }

    /// Takes up a document, or an item of a list.
    fn node(
        &mut self,
        tree: &Arc<Tree>,
        id: NodeId,
        range: &Range<usize>,
        inherited: Option<Inherited<'_>>,
        item: &mut Option<usize>,
    ) {
        let root = Node::new(tree, id);
        let claim = Claim::of(root, inherited);
        let mut document = Document {
            number: self.number,
            item: *item,
            source: Arc::clone(&self.source),
            range: range.clone(),
            root: Some((Arc::clone(tree), id)),
            claim: claim.smi_kind(),
            content: Content::Undecodable,
            problems: Vec::new(),
        };
        let mut report = Report::new(self.options.limits.problems, document.named());
        match claim.class(root, &mut report) {
            Class::Smi(kind, version) => {
                let text = self.source.text().get(range.clone()).unwrap_or_default();
                remarks::report(root, text, &mut report);
                let object = match version {
                    Some(version) => lift(kind, version, root, &mut report),
                    None => self.without_version(kind, root, &mut report),
                };
                if let (Ok(object), Ok(())) = (object, identified(root, &mut report)) {
                    document.content = Content::Smi(object);
                }
            }
            Class::List(items, inherited) => {
                if let Ok(items) = items_of(items, &mut report) {
                    self.items(tree, items, range, inherited, item);
                    return;
                }
            }
            Class::Foreign => document.content = Content::Foreign,
            Class::Undecodable => {}
        }
        document.problems = report.finish();
        self.push(document);
        if let Some(item) = item {
            *item += 1;
        }
    }

    fn items<'d>(
        &mut self,
        tree: &Arc<Tree>,
        items: impl Iterator<Item = Node<'d>>,
        range: &Range<usize>,
        inherited: Option<Inherited<'_>>,
        item: &mut Option<usize>,
    ) {
        let mut outermost = Some(0);
        let item = if item.is_some() { item } else { &mut outermost };
        for node in items {
            if self.full {
                return;
            }
            self.node(tree, node.id(), range, inherited, item);
        }
    }

    /// Reads an SMI object that has no `apiVersion`.
    fn without_version(&self, kind: Kind, root: Node<'_>, report: &mut Report) -> Lifted<Object> {
        let newest = kind.versions().last().copied();
        let place = Place::ROOT.key("apiVersion");
        if self.options.missing_api_version == MissingApiVersion::Error {
            let reported =
                report.error(Code::MissingApiVersion, &place, root, "`apiVersion` is missing");
            if let Some(newest) = newest {
                reported.help(format!("write `apiVersion: {}/{newest}`", kind.group()));
            }
            return Err(Void);
        }
        let attempts = kind.versions().iter().rev().map(|version| {
            let mut attempt = report.attempt();
            let object = lift(kind, *version, root, &mut attempt);
            (*version, object, attempt)
        });
        // Of those with the fewest problems the first one, which is the newest.
        let Some((version, object, attempt)) =
            attempts.min_by_key(|(_, object, attempt)| (object.is_err(), attempt.count()))
        else {
            return Err(Void);
        };
        let message = format!("`apiVersion` is missing: read as {}/{version}", kind.group());
        report
            .warning(Code::InferredApiVersion, &place, root, message)
            .help(format!("write `apiVersion: {}/{version}`", kind.group()));
        report.append(attempt);
        object
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
