use std::ops::Range;
use std::sync::Arc;

use super::budget::Budget;
use super::builder::Builder;
use super::options::Limits;
use super::source::Source;
use super::syntax::SyntaxError;
use super::tree::{NodeId, Tree};
use super::{json, stream, yaml};
use crate::problem::Code;

/// The values of a text, and the documents that they form.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) documents: Vec<ParsedDocument>,
}

/// A document that was parsed, or not.
#[derive(Debug)]
pub(super) struct ParsedDocument {
    /// The bytes of the source at which it stands.
    pub(super) range: Range<usize>,
    pub(super) root: Result<NodeId, SyntaxError>,
}

/// Parses a text into documents. Those without content are left out.
pub(super) fn parse(text: &str, limits: Limits) -> Parsed {
    let too_long = text.len() > limits.bytes;
    let source = Arc::new(Source::new(if too_long { "" } else { text }));
    let mut parser = Parser {
        builder: Builder::new(Arc::clone(&source)),
        budget: Budget::new(limits),
        limit: limits.documents,
        documents: Vec::new(),
    };
    if too_long {
        let message = format!("the text has {} bytes, more than {}", text.len(), limits.bytes);
        parser.push(0..0, Err(SyntaxError::new(Code::LimitExceeded, 0, message)));
    } else {
        parser.stream(&source);
    }
    Parsed { tree: parser.builder.finish(), documents: parser.documents }
}

struct Parser {
    builder: Builder,
    budget: Budget,
    /// How many documents there may be; one more tells the reader that there are too many.
    limit: usize,
    documents: Vec<ParsedDocument>,
}

impl Parser {
    fn stream(&mut self, source: &Source) {
        const BOM: char = '\u{feff}';
        let text = source.text();
        let start = text.len() - text.strip_prefix(BOM).unwrap_or(text).len();
        for range in stream::documents(text.get(start..).unwrap_or_default()) {
            if self.is_full() {
                return;
            }
            self.document(source, range.start + start..range.end + start);
        }
    }

    /// Reads what stands between two markers: a YAML document, or JSON documents behind each other.
    fn document(&mut self, source: &Source, range: Range<usize>) {
        let text = source.text().get(range.clone()).unwrap_or_default();
        let body = text.strip_prefix("---").unwrap_or(text).trim_start();
        if json::looks_like_object(body) {
            self.json(source, range.end - body.len(), range);
        } else {
            match self.attempt(|builder, budget| yaml::parse(builder, range.clone(), budget)) {
                Ok(None) => {}
                Ok(Some(root)) => self.push(range, Ok(root)),
                Err(error) => self.push(range, Err(error)),
            }
        }
    }

    /// Reads JSON documents, of which the first begins at `start`.
    fn json(&mut self, source: &Source, start: usize, range: Range<usize>) {
        let end = range.end;
        // An unclosed bracket makes the parser run to the end. This is how many bytes it may read in
        // vain before it is no longer sought within what was read where the next document begins.
        let mut patience = 4 * range.len();
        let mut next = start;
        while next < end && !self.is_full() {
            let here = next;
            match self.attempt(|builder, budget| json::parse(builder, here..end, budget)) {
                Ok(json::Parsed { root, end }) => {
                    next = end.max(here + 1);
                    self.push(here..end, Ok(root));
                }
                Err(error) => {
                    if here == start && error.code == Code::JsonSyntax {
                        // YAML takes more than JSON between braces.
                        let yaml = |builder: &mut Builder, budget: &mut Budget| {
                            yaml::parse(builder, range.clone(), budget)
                        };
                        if let Ok(Some(root)) = self.attempt(yaml) {
                            self.push(range, Ok(root));
                            return;
                        }
                    }
                    let read = error.start.saturating_sub(here);
                    let resume = if patience > read { here } else { error.start };
                    patience = patience.saturating_sub(read);
                    let rest = source.text().get(resume..end).unwrap_or_default();
                    next = rest.find("\n{").map_or(end, |at| resume + at + 1);
                    self.push(here..next, Err(error));
                }
            }
        }
    }

    /// Parses; if that fails, nothing is kept and nothing is spent.
    fn attempt<T>(
        &mut self,
        parse: impl FnOnce(&mut Builder, &mut Budget) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        let (checkpoint, spent) = (self.builder.checkpoint(), self.budget.spent());
        let parsed = parse(&mut self.builder, &mut self.budget);
        if parsed.is_err() {
            self.builder.roll_back(checkpoint);
            self.budget.refund(spent);
        }
        parsed
    }

    fn push(&mut self, range: Range<usize>, root: Result<NodeId, SyntaxError>) {
        self.documents.push(ParsedDocument { range, root });
    }

    fn is_full(&self) -> bool {
        self.documents.len() > self.limit
    }
}
