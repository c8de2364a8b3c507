use std::borrow::Cow;

use crate::problem::Code;

/// Why a document could not be parsed.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) code: Code,
    /// The byte of the source.
    pub(super) start: usize,
    pub(super) message: Cow<'static, str>,
    pub(super) help: Option<&'static str>,
}

impl SyntaxError {
    pub(super) fn new(code: Code, start: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, start, message: message.into(), help: None }
    }

    pub(super) fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    pub(super) fn duplicate_key(start: usize, key: &str) -> Self {
        let key = excerpt(key);
        let message = format!("the key {key} is there twice in one mapping");
        Self::new(Code::DuplicateKey, start, message).with_help("keep one of the two")
    }
}

/// A piece of input as messages quote it: in backticks, on one line, and not too long.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut excerpt: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    // `escape_debug` is for literals; inside backticks quotes need no escape.
    excerpt = excerpt.replace("\\\"", "\"").replace("\\'", "'");
    if text.chars().nth(LONGEST).is_some() {
        excerpt.push('…');
    }
    format!("`{excerpt}`")
}
