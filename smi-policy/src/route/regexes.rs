use std::sync::{Arc, Weak};

use hashbrown::HashMap;

use crate::pattern::{Limits, Pattern, PatternError, Regex};
use crate::semantics::Anchor;

/// Regexes by their texts: those of headers repeat all over a policy, and each is compiled once.
#[derive(Debug, Default)]
pub(crate) struct Regexes {
    known: HashMap<(Anchor, Box<str>), Weak<Regex>>,
    /// How many there may be before those that nobody uses any more are let go.
    sweep_at: usize,
}

impl Regexes {
    pub(super) fn compile(
        &mut self,
        pattern: &Pattern,
        anchor: Anchor,
        limits: &Limits,
    ) -> Result<Arc<Regex>, PatternError> {
        let key = (anchor, pattern.as_str().into());
        if let Some(known) = self.known.get(&key).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let regex = Arc::new(pattern.compile(anchor, limits)?);
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, regex| regex.strong_count() > 0);
            self.sweep_at = 2 * self.known.len() + 16;
        }
        self.known.insert(key, Arc::downgrade(&regex));
        Ok(regex)
    }
}
