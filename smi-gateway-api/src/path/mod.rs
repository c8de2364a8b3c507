//! What a `pathRegex` means, whatever it is written like.

mod clean;
pub(crate) mod dialect;
mod size;

use std::sync::LazyLock;

use regex_syntax::hir::{Class, Hir, HirKind};
use smi_policy::{
    AnalysisError, AnalysisLimits, Anchor, HttpSemantics, Language, Limits, PathMode, PathShape,
    Pattern,
};

pub(crate) use size::{LARGEST_PROGRAM, program_size};

/// A `pathRegex`, analysed.
#[derive(Clone, Debug)]
pub(crate) struct PathPattern {
    pattern: Pattern,
    anchor: Anchor,
    mode: PathMode,
    /// Whether the engine takes it to constrain nothing: unclean paths pass too.
    pub(crate) is_unconstrained: bool,
    /// The paths that satisfy it, of those that it is matched against.
    pub(crate) paths: Language,
    /// What that looks like.
    pub(crate) shape: PathShape,
    /// The shape is right for paths that are UTF-8 only.
    pub(crate) is_utf8: bool,
}

/// A regular expression that admits no path that SMI does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CleanRegex {
    pub(crate) text: String,
    /// It admits all that SMI does.
    pub(crate) is_exact: bool,
}

/// What stands behind the path in the text that an expression is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    Nothing,
    /// Perhaps a query, so that the end of the path is not the end of the text.
    Query,
}

impl PathPattern {
    /// Analyses a pattern that is known to be valid.
    ///
    /// # Errors
    ///
    /// If its automaton is beyond the limits of analysis.
    pub(crate) fn new(text: &str, http: &HttpSemantics) -> Result<Option<Self>, AnalysisError> {
        let limits = limits();
        let Ok(pattern) = Pattern::parse(text, &Limits::default()) else { return Ok(None) };
        let (anchor, mode) = (http.path_anchor, http.path_mode);
        let is_unconstrained = pattern.is_unconstrained(anchor);
        let domain = rooted(mode);
        let paths = pattern.path_language(anchor, &limits)?.intersection(domain, &limits)?;
        let mut shape = paths.shape_within(domain, &limits)?;
        let mut is_utf8 = false;
        if shape == PathShape::Other {
            shape = paths.shape_within(rooted_text(mode), &limits)?;
            is_utf8 = shape != PathShape::Other;
        }
        Ok(Some(Self { pattern, anchor, mode, is_unconstrained, paths, shape, is_utf8 }))
    }

    /// Alternatives that together are the pattern, if none needs a regular expression.
    pub(crate) fn alternatives(&self) -> Option<Vec<PathShape>> {
        let limits = limits();
        let portable = dialect::portable(&self.whole_match()?)?;
        let hir = regex_syntax::Parser::new().parse(&portable).ok()?;
        let branches = branches(&hir)?;
        if branches.len() < 2 {
            return None;
        }
        let domain = rooted(self.mode);
        let text = rooted_text(self.mode);
        let mut union = Language::nothing();
        let mut shapes = Vec::new();
        for branch in branches {
            let branch = language_of(&branch.to_string())?.intersection(text, &limits).ok()?;
            let shape = branch.shape_within(text, &limits).ok()?;
            let whole = match &shape {
                PathShape::Exact(path) => Language::exactly(path),
                PathShape::SegmentPrefix(prefix) => segments(prefix)?,
                PathShape::TextPrefix(prefix) => Language::starting_with(prefix),
                _ => return None,
            };
            union = union.union(&whole.intersection(domain, &limits).ok()?, &limits).ok()?;
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        let wanted = self.paths.intersection(text, &limits).ok()?;
        (union.intersection(text, &limits).ok()? == wanted).then_some(shapes)
    }

    /// An expression that covers whole paths, in a form that all dialects read alike if there is
    /// one; and whether there is.
    pub(crate) fn whole_regex(&self) -> Option<(String, bool)> {
        let whole = self.whole_match()?;
        let Some(portable) = dialect::portable(&whole) else { return Some((whole, false)) };
        // Paths have no line breaks.
        let short = portable.replace("(?s:.*)", ".*");
        let limits = limits();
        let means_it = |text: &str| {
            let language = language_of(text)?.intersection(rooted_text(self.mode), &limits);
            let wanted = self.paths.intersection(rooted_text(self.mode), &limits);
            Some(language.ok()? == wanted.ok()?)
        };
        match means_it(&short) {
            Some(true) => Some((short, true)),
            _ => Some((portable, true)),
        }
    }

    /// An expression that admits none of the paths that servers read in several ways.
    pub(crate) fn clean_regex(&self, tail: Tail) -> Option<CleanRegex> {
        let limits = limits();
        if self.is_unconstrained {
            return Some(CleanRegex { text: "/.*".to_owned(), is_exact: true });
        }
        if let PathShape::Exact(path) = &self.shape {
            return Some(CleanRegex { text: dialect::literal(path), is_exact: true });
        }
        let (whole, is_portable) = self.whole_regex()?;
        if !is_portable {
            return None;
        }
        let wanted = self.paths.intersection(rooted_text(self.mode), &limits).ok()?;
        let mut best: Option<CleanRegex> = None;
        let (normal, no_looks) = (self.mode == PathMode::Normalize, tail == Tail::Query);
        if self.mode == PathMode::AsIs && no_looks {
            let style =
                clean::Style { normal, at_end: false, no_looks, nonempty: false, as_is: true };
            let text = clean::rewrite(&whole, style).filter(|own| own.len() <= LONGEST_REGEX)?;
            let language = language_of(&text)?;
            // Nothing runs into the query, and nothing passes that SMI keeps out.
            let is_within = language.is_subset_of(&self.paths, &limits) == Ok(true);
            let is_exact = language == wanted;
            return (is_within && !language.is_empty()).then_some(CleanRegex { text, is_exact });
        }
        let rewritten = [(true, false), (false, false), (true, true), (false, true)]
            .into_iter()
            .filter(|(at_end, _)| !(no_looks && *at_end))
            .map(|(at_end, nonempty)| {
                clean::rewrite(
                    &whole,
                    clean::Style { normal, at_end, no_looks, nonempty, as_is: false },
                )
            });
        let as_it_is = if no_looks { clean::without_looks(&whole) } else { Some(whole.clone()) };
        for text in [as_it_is].into_iter().chain(rewritten).flatten() {
            if text.len() > LONGEST_REGEX {
                continue;
            }
            // What is too much for one form is too much for the others, which are longer.
            let Some(mut language) = language_of(&text) else { break };
            if self.mode == PathMode::AsIs {
                // The mesh is trusted to ask for nothing else.
                language = language.intersection(rooted(self.mode), &limits).ok()?;
            }
            if language.is_subset_of(&self.paths, &limits) != Ok(true) || language.is_empty() {
                continue;
            }
            let is_exact = language == wanted;
            if is_exact || best.is_none() {
                best = Some(CleanRegex { text, is_exact });
            }
            if is_exact {
                break;
            }
        }
        best
    }

    fn whole_match(&self) -> Option<String> {
        let limits = limits();
        self.pattern.whole_match(self.anchor, rooted(self.mode), &limits).ok()
    }
}

/// The bounds of every analysis here: there are many to one expression, and many expressions to one
/// migration. Automata of those that people write have some dozens of states.
pub(crate) fn limits() -> AnalysisLimits {
    AnalysisLimits::default().with_states(1_500).with_steps(60_000)
}

/// The longest expression that is worth an analysis: no mesh takes one of this length.
const LONGEST_REGEX: usize = 1024;

/// What a regular expression for whole texts accepts.
pub(crate) fn language_of(text: &str) -> Option<Language> {
    Pattern::parse(text, &Limits::default()).ok()?.language(Anchor::Full, &limits()).ok()
}

/// What the Gateway API's PathPrefix accepts.
pub(crate) fn segments(prefix: &str) -> Option<Language> {
    let prefix = prefix.trim_end_matches('/');
    let below = Language::starting_with(format!("{prefix}/"));
    if prefix.is_empty() {
        return Some(below);
    }
    Language::exactly(prefix).union(&below, &limits()).ok()
}

/// The paths that patterns are matched against, and that begin with a slash. A mesh that normalises
/// paths lets nothing but printable ASCII pass, which is what RFC 3986 has.
///
/// There are three such sets, each made once.
fn rooted(mode: PathMode) -> &'static Language {
    static STRICT: LazyLock<Language> = LazyLock::new(|| make_rooted(PathMode::Strict));
    static NORMALIZE: LazyLock<Language> = LazyLock::new(|| make_rooted(PathMode::Normalize));
    static AS_IS: LazyLock<Language> = LazyLock::new(|| make_rooted(PathMode::AsIs));
    match mode {
        PathMode::Normalize => &NORMALIZE,
        PathMode::AsIs => &AS_IS,
        _ => &STRICT,
    }
}

/// Those of them that are UTF-8, as all is that a regular expression can name.
fn rooted_text(mode: PathMode) -> &'static Language {
    static STRICT: LazyLock<Language> = LazyLock::new(|| make_text(PathMode::Strict));
    static NORMALIZE: LazyLock<Language> = LazyLock::new(|| make_text(PathMode::Normalize));
    match mode {
        PathMode::Normalize => &NORMALIZE,
        // ASCII already.
        PathMode::AsIs => rooted(mode),
        _ => &STRICT,
    }
}

fn make_text(mode: PathMode) -> Language {
    let text = rooted(mode).intersection(&Language::utf8(), &limits());
    text.unwrap_or_else(|_| Language::nothing())
}

fn make_rooted(mode: PathMode) -> Language {
    let limits = limits();
    let slash = Language::starting_with("/");
    // Some thirty states: no limit is near.
    let rooted = Language::paths(mode).intersection(&slash, &limits);
    let rooted = rooted.unwrap_or_else(|_| Language::nothing());
    match language_of("[!-~]*").filter(|_| mode == PathMode::AsIs) {
        Some(ascii) => rooted.intersection(&ascii, &limits).unwrap_or_else(|_| Language::nothing()),
        None => rooted,
    }
}

/// The characters of a class, if they are few.
fn characters(class: &Class) -> Option<Vec<Hir>> {
    const FEW: usize = 4;
    let Class::Unicode(class) = class else { return None };
    let all: Vec<char> =
        class.ranges().iter().flat_map(|own| own.start()..=own.end()).take(FEW + 1).collect();
    let literal = |c: &char| Hir::literal(c.to_string().into_bytes());
    (all.len() <= FEW).then(|| all.iter().map(literal).collect())
}

/// The branches of all alternations multiplied out; `None` if they are many.
fn branches(hir: &Hir) -> Option<Vec<Hir>> {
    const MANY: usize = 16;
    let branches = match hir.kind() {
        HirKind::Alternation(alternatives) => {
            let mut all = Vec::new();
            for alternative in alternatives {
                all.extend(branches(alternative)?);
            }
            all
        }
        HirKind::Capture(capture) => branches(&capture.sub)?,
        // What has no end belongs to what stands before it, as a prefix and what lies below it.
        HirKind::Repetition(repetition)
            if (repetition.min, repetition.max) == (0, Some(1))
                && hir.properties().maximum_len().is_some() =>
        {
            let mut all = branches(&repetition.sub)?;
            all.push(Hir::empty());
            all
        }
        HirKind::Class(class) => characters(class).unwrap_or_else(|| vec![hir.clone()]),
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let of_part = branches(part)?;
                if all.len() * of_part.len() > MANY {
                    return None;
                }
                let longer = |head: &Vec<Hir>| {
                    let head = head.clone();
                    of_part.clone().into_iter().map(move |tail| {
                        let mut head = head.clone();
                        head.push(tail);
                        head
                    })
                };
                all = all.iter().flat_map(longer).collect();
            }
            all.into_iter().map(Hir::concat).collect()
        }
        _ => vec![hir.clone()],
    };
    (branches.len() <= MANY).then_some(branches)
}
