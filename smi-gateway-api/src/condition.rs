//! Conditions as the Gateway API has them: path, method and headers, AND-ed.

use std::collections::BTreeMap;

use smi_policy::{Language, PathShape};

use crate::path::{language_of, limits, segments};

/// A match of a route.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Condition {
    pub(crate) path: PathMatch,
    pub(crate) method: Option<String>,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, HeaderMatch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) enum PathMatch {
    /// Every path that begins with a slash.
    #[default]
    Any,
    Exact(String),
    /// Without a slash at the end.
    Prefix(String),
    /// Covers the whole path.
    Regex(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeaderMatch {
    Exact(String),
    /// Covers the whole value.
    Regex(String),
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
            && other.headers.iter().all(|(name, wider)| {
                self.headers.get(name).is_some_and(|own| own.is_within(wider))
            })
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
    pub(crate) fn language(&self) -> Option<Language> {
        match self {
            Self::Any => Some(Language::starting_with("/")),
            Self::Exact(path) => Some(Language::exactly(path)),
            Self::Prefix(prefix) => segments(prefix),
            Self::Regex(regex) => language_of(regex),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        self == other
            || *other == Self::Any
            || self.language().zip(other.language()).is_some_and(|(own, wider)| {
                own.is_subset_of(&wider, &limits()).unwrap_or(false)
            })
    }

    fn and(&self, other: &Self) -> Common<Self> {
        if self.is_within(other) {
            return Common::This(self.clone());
        }
        if other.is_within(self) {
            return Common::This(other.clone());
        }
        let common = self.language().zip(other.language());
        match common.map(|(a, b)| a.intersection(&b, &limits())) {
            Some(Ok(common)) if common.is_empty() => Common::Nothing,
            Some(Ok(common)) => match common.only_member().map(String::from_utf8) {
                Some(Ok(path)) => Common::This(Self::Exact(path)),
                _ => Common::Unknown,
            },
            _ => Common::Unknown,
        }
    }
}

impl HeaderMatch {
    fn language(&self) -> Option<Language> {
        match self {
            Self::Exact(value) => Some(Language::exactly(value)),
            Self::Regex(regex) => language_of(regex),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        self == other
            || self.language().zip(other.language()).is_some_and(|(own, wider)| {
                own.is_subset_of(&wider, &limits()).unwrap_or(false)
            })
    }

    fn and(&self, other: &Self) -> Common<Self> {
        if self.is_within(other) {
            return Common::This(self.clone());
        }
        if other.is_within(self) {
            return Common::This(other.clone());
        }
        let common = self.language().zip(other.language());
        match common.map(|(a, b)| a.intersection(&b, &limits())) {
            Some(Ok(common)) if common.is_empty() => Common::Nothing,
            _ => Common::Unknown,
        }
    }
}
