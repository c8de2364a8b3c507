use std::borrow::Cow;

/// Checks regular expressions of `pathRegex` and `headers`.
///
/// SMI's patterns are of RE2's dialect. `smi_policy::Limits` implements this with the parser that
/// the policy engine uses.
pub trait PatternCheck {
    /// Whether a pattern can be used.
    ///
    /// # Errors
    ///
    /// The pattern can't be used; the fault says why.
    fn check(&self, pattern: &str) -> Result<(), PatternFault>;
}

/// Why a pattern can't be used.
///
/// # Examples
///
/// ```
/// use smi_types::validate::PatternFault;
///
/// let fault = PatternFault::new("RE2 has no look-around")
///     .with_help("list what is allowed, as separate matches");
/// assert_eq!(fault.message(), "RE2 has no look-around");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternFault {
    message: Cow<'static, str>,
    help: Option<Cow<'static, str>>,
}

impl PatternFault {
    /// A fault with its description: one line, lower case.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Says what to write instead: one line, lower case.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// What a path pattern, which is anchored at the start, does that its author may not expect.
///
/// Only what is certain from the letters counts; a pattern that needs more than that to be
/// understood gets the benefit of the doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surprise {
    /// No path begins as the pattern demands.
    NeverMatches,
    /// Every path that begins with `/` matches.
    MatchesEverything,
    /// The pattern ends within a segment.
    Prefix,
}

pub(super) fn surprise(pattern: &str) -> Option<Surprise> {
    if is_unconstrained(pattern) {
        Some(Surprise::MatchesEverything)
    } else if never_matches(pattern) {
        Some(Surprise::NeverMatches)
    } else if ends_in_a_word(pattern) {
        Some(Surprise::Prefix)
    } else {
        None
    }
}

/// Whether the pattern is one of those that plainly admit every path.
pub(super) fn is_unconstrained(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    matches!(pattern, ".*" | ".*$" | "/.*" | "/.*$" | "/")
}

/// Whether every alternative begins with a letter, digit, `-`, `_` or a quoted dot that has to be
/// there.
fn never_matches(pattern: &str) -> bool {
    let mut alternatives = alternatives(pattern).into_iter().peekable();
    alternatives.peek().is_some() && alternatives.all(begins_with_a_word)
}

fn begins_with_a_word(alternative: &str) -> bool {
    let alternative = alternative.strip_prefix('^').unwrap_or(alternative);
    let rest = alternative.strip_prefix(r"\.").or_else(|| {
        alternative.strip_prefix(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    });
    rest.is_some_and(|rest| !rest.starts_with(['?', '*', '{']))
}

/// Whether the pattern ends with a letter, digit, `-` or `_` that stands for itself.
fn ends_in_a_word(pattern: &str) -> bool {
    let mut last = pattern.chars().rev();
    let is_word = last.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // `\d`, `\z`, and the one-letter properties of `\pL`.
    is_word
        && !matches!((last.next(), last.next()), (Some('\\'), _) | (Some('p' | 'P'), Some('\\')))
}

/// The alternatives at the top of a pattern; none if it has quotations, which are rare.
fn alternatives(pattern: &str) -> Vec<&str> {
    if pattern.contains(r"\Q") {
        return Vec::new();
    }
    let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in pattern.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth = depth.saturating_sub(1),
            '|' if !in_class && depth == 0 => {
                found.push(pattern.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(pattern.get(start..).unwrap_or_default());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_does_not_begin_with_a_slash_never_matches() {
        for pattern in ["metrics", "^api/v1", r"\.well-known/.*", "a|b", "api/.*|v[12]/(x|/y)"] {
            assert_eq!(surprise(pattern), Some(Surprise::NeverMatches), "{pattern}");
        }
        for pattern in ["/a$", ".*api$", "a*/b/", "a?/b/", "a{0,1}/", "(a|/b)/", "[a-z/]+", "a|/b/"]
        {
            assert_ne!(surprise(pattern), Some(Surprise::NeverMatches), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_ends_in_a_word_admits_longer_words() {
        for pattern in
            ["/metrics", r"/books/[^/]*\.json", "/v1", "/a|/b", "/a-", r"\w+/x", "(?i)/a"]
        {
            assert_eq!(surprise(pattern), Some(Surprise::Prefix), "{pattern}");
        }
        for pattern in
            ["/metrics$", "/metrics/", "/a/.*", r"/a\d", r"/\pL", r"/a\z", "/a(/.*)?$", ""]
        {
            assert_eq!(surprise(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_constrain_nothing_are_known() {
        for pattern in [".*", "/", "^/", "/.*", "^/.*$", ".*$"] {
            assert_eq!(surprise(pattern), Some(Surprise::MatchesEverything), "{pattern}");
        }
    }
}
