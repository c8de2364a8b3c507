use super::options::Limits;
use super::syntax::SyntaxError;
use crate::problem::Code;

/// What is left of the limits while a text is read.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    nodes: usize,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, nodes: 0 }
    }

    /// How many values were read so far, with those that aliases stand for.
    pub(super) fn spent(&self) -> usize {
        self.nodes
    }

    /// Takes back what a document has cost that is not kept.
    pub(super) fn refund(&mut self, spent: usize) {
        self.nodes = spent;
    }

    /// Counts values that begin at a byte of the source.
    ///
    /// # Errors
    ///
    /// There are more values than the limits allow.
    pub(super) fn spend(&mut self, start: usize, nodes: usize) -> Result<(), SyntaxError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let limit = self.limits.nodes;
        let message = format!("more than {limit} values, those that aliases stand for included");
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
