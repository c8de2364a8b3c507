use super::options::Limits;
use super::syntax::SyntaxError;
use crate::problem::Code;

/// What is left of the limits while a text is read.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    spent: Spent,
}

/// What was read, with what aliases stand for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    /// The number of values.
    pub(super) nodes: usize,
    /// The bytes of scalars and keys. Only YAML counts them: without aliases there can't be more than
    /// the text has.
    pub(super) bytes: usize,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, spent: Spent::default() }
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    /// Takes back what a document has cost that is not kept.
    pub(super) fn refund(&mut self, spent: Spent) {
        self.spent = spent;
    }

    /// Counts what begins at a byte of the source.
    ///
    /// # Errors
    ///
    /// There is more than the limits allow.
    pub(super) fn spend(&mut self, start: usize, more: Spent) -> Result<(), SyntaxError> {
        let Spent { nodes, bytes } = &mut self.spent;
        *nodes = nodes.saturating_add(more.nodes);
        *bytes = bytes.saturating_add(more.bytes);
        let message = if *nodes > self.limits.nodes {
            format!("more than {} values, those that aliases stand for included", self.limits.nodes)
        } else if *bytes > self.limits.bytes.saturating_mul(2) {
            // The text itself fits once, escapes can't double it, and so the aliases are to blame.
            format!("aliases stand for more than {} bytes of text", self.limits.bytes)
        } else {
            return Ok(());
        };
        Err(SyntaxError::new(Code::LimitExceeded, start, message))
    }

    /// Checks how deep a collection nests that begins at a byte of the source.
    ///
    /// # Errors
    ///
    /// It nests deeper than the limits allow.
    pub(super) fn nest(&self, start: usize, depth: usize) -> Result<(), SyntaxError> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        let message = format!("lists and mappings nest deeper than {}", self.limits.depth);
        Err(SyntaxError::new(Code::LimitExceeded, start, message))
    }
}

impl Spent {
    /// One value with a text of this many bytes.
    pub(super) fn value(bytes: usize) -> Self {
        Self { nodes: 1, bytes }
    }

    /// What was spent since.
    pub(super) fn since(self, before: Self) -> Self {
        Self { nodes: self.nodes - before.nodes, bytes: self.bytes - before.bytes }
    }
}
