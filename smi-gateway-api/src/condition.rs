//! Conditions as the Gateway API has them: path, method and headers, AND-ed.

use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use smi_policy::{Language, PathShape};

use crate::path::{language_of, limits, segments};

/// A match of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Condition {
    pub(crate) path: PathMatch,
    pub(crate) method: Option<String>,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, HeaderMatch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) enum PathMatch {
    /// Every path that begins with a slash.
    #[default]
    Any,
    Exact(String),
    /// Without a slash at the end.
    Prefix(String),
    /// Covers the whole path.
    Regex(Regex),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HeaderMatch {
    Exact(String),
    /// Covers the whole value.
    Regex(Regex),
}

/// A regular expression that covers a whole text. It is analysed when it is compared with others for
/// the first time, and clones share what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Regex(Arc<Analysed>);

#[derive(Debug)]
struct Analysed {
    text: String,
    /// What it accepts; `None` if that is too much to analyse.
    language: OnceLock<Option<Arc<Language>>>,
}

impl Regex {
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Analysed { text, language: OnceLock::new() }))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether it is known to match a text.
    fn admits(&self, text: &str) -> bool {
        self.language().is_some_and(|language| language.contains(text))
    }

    /// What it has in common with the condition that is one text: that or nothing.
    fn common<T: Clone>(&self, text: &str, exact: &T) -> Common<T> {
        match self.language() {
            Some(language) if language.contains(text) => Common::This(exact.clone()),
            Some(_) => Common::Nothing,
            None => Common::Unknown,
        }
    }

    fn language(&self) -> Option<Arc<Language>> {
        self.0.language.get_or_init(|| language_of(&self.0.text).map(Arc::new)).clone()
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl std::fmt::Display for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Conditions, each once, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    listed: Vec<Condition>,
    known: HashSet<Condition>,
}

impl Distinct {
    pub(crate) fn insert(&mut self, condition: Condition) {
        if self.known.insert(condition.clone()) {
            self.listed.push(condition);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.listed.len()
    }

    pub(crate) fn into_vec(self) -> Vec<Condition> {
        self.listed
    }
}

/// What two things have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Common<T> {
    Nothing,
    This(T),
    /// Something, but it can't be said; or nobody knows.
    Unknown,
}

impl<T> Common<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Common<U> {
        match self {
            Self::Nothing => Common::Nothing,
            Self::This(this) => Common::This(f(this)),
            Self::Unknown => Common::Unknown,
        }
    }
}

impl Condition {
    /// Whether every request that meets this meets the other, as far as that can be found out.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.path.is_within(&other.path)
            && (other.method.is_none() || self.method == other.method)
            && other
                .headers
                .iter()
                .all(|(name, wider)| self.headers.get(name).is_some_and(|own| own.is_within(wider)))
    }

    /// A condition that exactly those requests meet that meet both.
    pub(crate) fn and(&self, other: &Self) -> Common<Self> {
        let method = match (&self.method, &other.method) {
            (Some(a), Some(b)) if a != b => return Common::Nothing,
            (a, b) => a.as_ref().or(b.as_ref()).cloned(),
        };
        let mut headers = self.headers.clone();
        let mut is_known = true;
        for (name, theirs) in &other.headers {
            let common = match headers.get(name) {
                Some(ours) => ours.and(theirs),
                None => Common::This(theirs.clone()),
            };
            match common {
                Common::Nothing => return Common::Nothing,
                Common::This(common) => {
                    headers.insert(name.clone(), common);
                }
                Common::Unknown => is_known = false,
            }
        }
        match self.path.and(&other.path) {
            Common::Nothing => Common::Nothing,
            path if is_known => path.map(|path| Self { path, method, headers }),
            _ => Common::Unknown,
        }
    }

    /// How specific the Gateway API takes this to be: of the matches that a request meets, the
    /// greatest counts. Where regular expressions stand is left to implementations; here all paths
    /// with one are alike, and above prefixes.
    ///
    /// Source: HTTPRouteRule, `matches`.
    pub(crate) fn rank(&self) -> impl Ord + Copy + use<> {
        let (class, length) = match &self.path {
            PathMatch::Any => (0, 1),
            PathMatch::Prefix(prefix) => (0, prefix.chars().count()),
            PathMatch::Regex(_) => (1, 0),
            PathMatch::Exact(_) => (2, 0),
        };
        (class, length, self.method.is_some(), self.headers.len())
    }

    /// Whether comparing it takes automata.
    pub(crate) fn has_regex(&self) -> bool {
        let is_regex = |header: &HeaderMatch| matches!(header, HeaderMatch::Regex(_));
        self.has_path_regex() || self.headers.values().any(is_regex)
    }

    /// The regular expressions of path and headers.
    pub(crate) fn regexes(&self) -> impl Iterator<Item = &str> {
        let path = match &self.path {
            PathMatch::Regex(regex) => Some(regex.as_str()),
            _ => None,
        };
        let headers = self.headers.values().filter_map(|header| match header {
            HeaderMatch::Regex(regex) => Some(regex.as_str()),
            HeaderMatch::Exact(_) => None,
        });
        path.into_iter().chain(headers)
    }

    pub(crate) fn has_path_regex(&self) -> bool {
        matches!(self.path, PathMatch::Regex(_))
    }
}

impl PathMatch {
    /// From a shape that needs no regular expression.
    pub(crate) fn of_shape(shape: &PathShape) -> Option<Self> {
        match shape {
            PathShape::Everything => Some(Self::Any),
            PathShape::Exact(path) => Some(Self::Exact(path.clone())),
            PathShape::SegmentPrefix(prefix) if prefix.is_empty() => Some(Self::Any),
            PathShape::SegmentPrefix(prefix) => Some(Self::Prefix(prefix.clone())),
            PathShape::TextPrefix(prefix) if prefix == "/" => Some(Self::Any),
            _ => None,
        }
    }

    /// What the match accepts; `None` if that is too much to analyse.
    fn language(&self) -> Option<Arc<Language>> {
        match self {
            Self::Any => Some(Arc::new(Language::starting_with("/"))),
            Self::Exact(path) => Some(Arc::new(Language::exactly(path))),
            Self::Prefix(prefix) => segments(prefix).map(Arc::new),
            Self::Regex(regex) => regex.language(),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Any | Self::Prefix(_), Self::Exact(_)) => false,
            (Self::Exact(own), Self::Exact(wider)) => own == wider,
            (Self::Exact(own) | Self::Prefix(own), Self::Prefix(wider)) => {
                let rest = own.strip_prefix(wider.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            (Self::Any, Self::Prefix(_)) => false,
            (Self::Exact(own), Self::Regex(wider)) => wider.admits(own),
            _ => self == other || is_subset(self.language(), other.language()),
        }
    }

    fn and(&self, other: &Self) -> Common<Self> {
        if let (exact @ Self::Exact(text), Self::Regex(regex))
        | (Self::Regex(regex), exact @ Self::Exact(text)) = (self, other)
        {
            return regex.common(text, exact);
        }
        if self.is_within(other) {
            return Common::This(self.clone());
        }
        if other.is_within(self) {
            return Common::This(other.clone());
        }
        if !matches!((self, other), (Self::Regex(_), _) | (_, Self::Regex(_))) {
            // Of paths and prefixes neither of which lies within the other.
            return Common::Nothing;
        }
        match intersection(self.language(), other.language()) {
            Some(common) if common.is_empty() => Common::Nothing,
            Some(common) => match common.only_member().map(String::from_utf8) {
                Some(Ok(path)) => Common::This(Self::Exact(path)),
                _ => Common::Unknown,
            },
            None => Common::Unknown,
        }
    }
}

impl HeaderMatch {
    fn language(&self) -> Option<Arc<Language>> {
        match self {
            Self::Exact(value) => Some(Arc::new(Language::exactly(value))),
            Self::Regex(regex) => regex.language(),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(own), Self::Exact(wider)) => own == wider,
            (Self::Exact(own), Self::Regex(wider)) => wider.admits(own),
            _ => self == other || is_subset(self.language(), other.language()),
        }
    }

    fn and(&self, other: &Self) -> Common<Self> {
        if let (exact @ Self::Exact(text), Self::Regex(regex))
        | (Self::Regex(regex), exact @ Self::Exact(text)) = (self, other)
        {
            return regex.common(text, exact);
        }
        if self.is_within(other) {
            return Common::This(self.clone());
        }
        if other.is_within(self) {
            return Common::This(other.clone());
        }
        match intersection(self.language(), other.language()) {
            Some(common) if common.is_empty() => Common::Nothing,
            _ => Common::Unknown,
        }
    }
}

/// Whether that is known.
fn is_subset(own: Option<Arc<Language>>, wider: Option<Arc<Language>>) -> bool {
    let both = own.zip(wider);
    both.is_some_and(|(own, wider)| own.is_subset_of(&wider, &limits()).unwrap_or(false))
}

fn intersection(a: Option<Arc<Language>>, b: Option<Arc<Language>>) -> Option<Language> {
    let (a, b) = a.zip(b)?;
    a.intersection(&b, &limits()).ok()
}
