//! Regular expressions in RE2's dialect.
//!
//! A pattern goes through three stages, each in files of its own:
//!
//! 1. *Reading* (`parser`, with `cursor`, `flags`, `escape`, `repetition`, `class` and its tables)
//!    follows RE2's and Go's parsers token by token and builds the tree of `regex-syntax` directly.
//!    No text is rewritten, so that nothing depends on how another parser would read it.
//! 2. *Compiling* makes a small automaton over characters from the tree (`program`), joins those of
//!    several patterns (`nfa`, `alphabet`), and where it stays small makes a deterministic one of
//!    them (`determinize`, `context`, `dfa`, `encode`).
//! 3. *Matching* (`regex`, `set`) runs one of the two (`automaton`, or `simulation` with `decoder`);
//!    tests count its steps (`work`).

mod alphabet;
mod ascii;
mod automaton;
mod class;
mod complement;
mod context;
mod cursor;
mod decoder;
mod determinize;
mod dfa;
mod encode;
mod error;
mod escape;
mod flags;
mod fold;
mod help;
mod limits;
mod nfa;
mod parser;
mod program;
mod regex;
mod repetition;
mod scripts;
mod set;
mod simulation;
mod tree;
mod unicode;
mod work;

use std::fmt;
use std::sync::Arc;

use regex_syntax::hir::Hir;

pub use self::error::{Bound, PatternError, PatternErrorKind};
pub use self::limits::Limits;
use self::parser::Parsed;
pub use self::regex::{Regex, Scan};
pub(crate) use self::set::{PatternSet, SetBuilder};
use crate::Anchor;

/// A regular expression in RE2's dialect, which SMI's `pathRegex` and `headers` are written in.
///
/// Meshes evaluate these fields in Go (`regexp`) or in Envoy (RE2). An authorization must not change
/// its meaning with the language that evaluates it, so that a pattern is valid here only if it is
/// valid there, and means what it means there. See RE2's
/// [syntax](https://github.com/google/re2/wiki/Syntax) and Go's
/// [`regexp/syntax`](https://pkg.go.dev/regexp/syntax).
///
/// # Dialect
///
/// | pattern | here | in Rust's `regex` |
/// |---|---|---|
/// | `\d` `\w` `\b` and their negations | ASCII | Unicode |
/// | `\s` | ASCII, without the vertical tab; `[[:space:]]` has it | Unicode |
/// | `[a&&b]` `[a--b]` `[a~~b]` `[[a]]` | plain characters | set operations, nested classes |
/// | `[]-a]` | the range from `]` to `a` | three characters |
/// | `/users/{id}` `a{,5}` | text: these braces count nothing | errors |
/// | `a{01}` `a{1, 2}` | text too | repetitions |
/// | `\<` `\>` `\b{start}` | `<`, `>`, `\b` followed by text | edges of words |
/// | `\Q…\E` `\Q…` `\101` | quoted text, octal | errors |
/// | `(?)` `(?ii)` `(?<n>a)(?<n>b)` `\p{^Greek}` | valid | errors |
/// | `a**` `a++` `a{2}{3}` `a{1001}` `(a{500}){3}` | errors | valid |
/// | `(?x)` `(?u)` `(?R)` | errors: the flags are `i`, `m`, `s` and `U` | flags |
/// | `\u0041` `\p{Alphabetic}` `\p{Script=Greek}` `\p{Grek}` | errors | valid |
/// | `[[:word]` | five characters: the POSIX class is not closed | an error |
///
/// Look-around, back-references and `\C` are errors too. Some points on which versions differ:
///
/// - `\p{…}` takes names as Go does since 1.25: general categories, also by their long names, and
///   scripts, without regard to case, spaces, hyphens and underscores; besides `Any`, `ASCII` and
///   `Assigned`. C++ knows the exact short names only and refuses a pattern with others.
/// - Characters are those of Unicode 16.
/// - No pattern matches a byte that is not part of valid UTF-8, whereas Go reads such a byte as
///   U+FFFD. Nor can a pattern name a surrogate that matches something.
///
/// # Untrusted patterns and input
///
/// [`Limits`] bound what a pattern costs; nothing here recurses without bound or panics. Matching
/// takes time in proportion to the input, whatever the pattern: there is no backtracking.
///
/// # Examples
///
/// ```
/// use smi_policy::{Anchor, Limits, Pattern};
///
/// let limits = Limits::default();
/// let pattern = Pattern::parse("/users/{id}/v[0-9]+", &limits)?;
///
/// let from_start = pattern.compile(Anchor::Start, &limits)?;
/// assert!(from_start.is_match(b"/users/{id}/v1/items"));
/// assert!(!from_start.is_match(b"/api/users/{id}/v1"));
///
/// let whole = pattern.compile(Anchor::Full, &limits)?;
/// assert!(!whole.is_match(b"/users/{id}/v1/items"));
///
/// // A pattern must be valid by itself; anchoring never looks at its text.
/// assert!(Pattern::parse("/api)|(?:.*", &limits).is_err());
/// # Ok::<(), smi_policy::PatternError>(())
/// ```
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    parsed: Arc<Parsed>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Whatever RE2 or Go would refuse, and patterns beyond the limits; the error names the first
    /// construct that is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{Limits, Pattern};
    ///
    /// assert!(Pattern::parse(r"/books/[^/]*\.json", &Limits::default()).is_ok());
    ///
    /// let error = Pattern::parse("/a*+", &Limits::default()).unwrap_err();
    /// assert_eq!(error.to_string(), "`*+` at byte 2: RE2 does not repeat a repetition");
    /// ```
    pub fn parse(pattern: &str, limits: &Limits) -> Result<Self, PatternError> {
        match parser::parse(pattern, limits) {
            Ok(parsed) => Ok(Self { text: pattern.into(), parsed: Arc::new(parsed) }),
            Err(fault) => Err(PatternError::new(fault, pattern)),
        }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern, anchored like this, is one of the few that plainly admit every path:
    /// `.*` and `/.*`, under [`Anchor::Start`] also `/`, each with or without a leading `^` and,
    /// after `.*`, a trailing `$`.
    ///
    /// This is about the text and not about what it means: `/()` is no such pattern.
    ///
    /// ```
    /// use smi_policy::{Anchor, Limits, Pattern};
    ///
    /// let all = Pattern::parse("^/.*$", &Limits::default())?;
    /// assert!(all.is_unconstrained(Anchor::Full));
    ///
    /// let root = Pattern::parse("/", &Limits::default())?;
    /// assert!(root.is_unconstrained(Anchor::Start));
    /// assert!(!root.is_unconstrained(Anchor::Full));
    /// # Ok::<(), smi_policy::PatternError>(())
    /// ```
    pub fn is_unconstrained(&self, anchor: Anchor) -> bool {
        is_unconstrained(&self.text, anchor)
    }

    /// Makes the pattern ready to match.
    ///
    /// # Errors
    ///
    /// A pattern larger than [`Limits::program_size`] when its repetitions are written out.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{Anchor, Limits, Pattern};
    ///
    /// let limits = Limits::default();
    /// let pattern = Pattern::parse("(metrics/|status/){1000}", &limits)?;
    /// assert!(pattern.compile(Anchor::Full, &limits).is_ok());
    ///
    /// let small = limits.with_program_size(1 << 10);
    /// assert!(pattern.compile(Anchor::Full, &small).is_err());
    /// # Ok::<(), smi_policy::PatternError>(())
    /// ```
    pub fn compile(&self, anchor: Anchor, limits: &Limits) -> Result<Regex, PatternError> {
        Regex::compile(self, anchor, limits)
    }

    /// The pattern's tree, without anchoring.
    pub(crate) fn hir(&self) -> &Hir {
        &self.parsed.hir
    }
}

/// See [`Pattern::is_unconstrained`].
pub(crate) fn is_unconstrained(pattern: &str, anchor: Anchor) -> bool {
    match pattern.strip_prefix('^').unwrap_or(pattern) {
        ".*" | ".*$" | "/.*" | "/.*$" => true,
        "/" => anchor == Anchor::Start,
        _ => false,
    }
}

/// Shows the text only: the tree is large, and may be deep.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}
