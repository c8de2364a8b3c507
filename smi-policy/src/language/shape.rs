use super::Language;
use super::dfa::Dfa;
use super::limits::{AnalysisError, AnalysisLimits};
use crate::{Anchor, Pattern};

/// What a set of paths looks like to something that knows no regular expressions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathShape {
    /// No path.
    Nothing,
    /// Every path.
    Everything,
    /// This path only.
    Exact(String),
    /// This path, and those that go on with a slash: `/x`, `/x/`, `/x/y`, but not `/xy`. The text
    /// does not end in a slash.
    SegmentPrefix(String),
    /// Every path that begins with this text: `/x`, `/x/y` and `/xy`.
    TextPrefix(String),
    /// None of these.
    Other,
}

impl Language {
    /// What this looks like if nothing but members of `domain` is ever asked for, such as
    /// [`Language::paths`].
    ///
    /// # Errors
    ///
    /// If the automata are beyond the limits.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{AnalysisLimits, Anchor, Language, Limits, PathMode, PathShape, Pattern};
    ///
    /// let limits = AnalysisLimits::default();
    /// let shape = |text, anchor| {
    ///     let pattern = Pattern::parse(text, &Limits::default())?;
    ///     let paths = pattern.path_language(anchor, &limits)?;
    ///     Ok::<_, Box<dyn std::error::Error>>(
    ///         paths.shape_within(&Language::paths(PathMode::Strict), &limits)?,
    ///     )
    /// };
    /// assert_eq!(shape("/api(/|$)", Anchor::Start)?, PathShape::SegmentPrefix("/api".to_owned()));
    /// assert_eq!(shape("/api", Anchor::Start)?, PathShape::TextPrefix("/api".to_owned()));
    /// assert_eq!(shape("/a[.]b", Anchor::Full)?, PathShape::Exact("/a.b".to_owned()));
    /// assert_eq!(shape("/|/.+", Anchor::Start)?, PathShape::Everything);
    /// assert_eq!(shape("/v[0-9]", Anchor::Full)?, PathShape::Other);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shape_within(
        &self,
        domain: &Self,
        limits: &AnalysisLimits,
    ) -> Result<PathShape, AnalysisError> {
        let own = self.intersection(domain, limits)?;
        let Some((prefix, end)) = own.dfa.common_prefix() else { return Ok(PathShape::Nothing) };
        if own == *domain {
            return Ok(PathShape::Everything);
        }
        // Members may differ within a character.
        let text = match std::str::from_utf8(&prefix) {
            Ok(text) => text,
            Err(error) => prefix
                .get(..error.valid_up_to())
                .and_then(|valid| std::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        };
        let is_whole = text.len() == prefix.len();
        if is_whole && own.dfa.is_accepting(end) && own.dfa.is_last(end) {
            return Ok(PathShape::Exact(text.to_owned()));
        }
        if own == Self::starting_with(text).intersection(domain, limits)? {
            return Ok(PathShape::TextPrefix(text.to_owned()));
        }
        let below = Self::starting_with(format!("{text}/"));
        let segments = Self::exactly(text).union(&below, limits)?;
        if !text.ends_with('/') && own == segments.intersection(domain, limits)? {
            return Ok(PathShape::SegmentPrefix(text.to_owned()));
        }
        Ok(PathShape::Other)
    }

    /// A member of exactly one of the two, if they differ.
    ///
    /// # Errors
    ///
    /// If the automata are beyond the limits.
    pub fn first_difference(
        &self,
        other: &Self,
        limits: &AnalysisLimits,
    ) -> Result<Option<Vec<u8>>, AnalysisError> {
        let differs = Dfa::product(&self.dfa, &other.dfa, limits, |a, b| a != b)?;
        Ok(Self { dfa: differs }.example())
    }
}

impl Pattern {
    /// A regular expression, RE2's dialect too, that covers a whole text exactly if this one,
    /// anchored like this, accepts it, as long as nothing but members of `domain` is asked for.
    ///
    /// It is the pattern itself where that will do, and otherwise the pattern with `.*` around.
    ///
    /// # Errors
    ///
    /// As [`language`](Self::language).
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{AnalysisLimits, Anchor, Language, Limits, PathMode, Pattern};
    ///
    /// let limits = AnalysisLimits::default();
    /// let paths = Language::paths(PathMode::Strict);
    /// let whole = |text, anchor| {
    ///     let pattern = Pattern::parse(text, &Limits::default())?;
    ///     Ok::<_, Box<dyn std::error::Error>>(pattern.whole_match(anchor, &paths, &limits)?)
    /// };
    /// assert_eq!(whole("/carts/[0-9]+$", Anchor::Start)?, "/carts/[0-9]+$");
    /// assert_eq!(whole("/carts", Anchor::Start)?, "/carts(?s:.*)");
    /// assert_eq!(whole("/a|/b", Anchor::Start)?, "(?:/a|/b)(?s:.*)");
    /// assert_eq!(whole("secret", Anchor::Search)?, "(?s:.*)secret(?s:.*)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn whole_match(
        &self,
        anchor: Anchor,
        domain: &Language,
        limits: &AnalysisLimits,
    ) -> Result<String, AnalysisError> {
        // A quotation that is open at the end would swallow what is put behind it.
        let closed = if self.is_quoting_at_end() { r"\E" } else { "" };
        let text = format!("{}{closed}", self.as_str());
        // What is not UTF-8 no pattern can cover.
        let domain = domain.intersection(&Language::utf8(), limits)?;
        let wanted = self.path_language(anchor, limits)?.intersection(&domain, limits)?;
        let candidates = [
            text.clone(),
            format!("{text}(?s:.*)"),
            format!("(?s:.*){text}(?s:.*)"),
            format!("(?:{text})"),
            format!("(?:{text})(?s:.*)"),
        ];
        for candidate in candidates {
            let Ok(pattern) = Self::parse(&candidate, &crate::Limits::default()) else { continue };
            let Ok(language) = pattern.language(Anchor::Full, limits) else { continue };
            if language.intersection(&domain, limits)? == wanted {
                return Ok(candidate);
            }
        }
        // Such as `.*`, which has paths that are no text.
        Ok(match anchor {
            Anchor::Full => text,
            Anchor::Start => format!("(?:{text})(?s:.*)"),
            Anchor::Search => format!("(?s:.*)(?:{text})(?s:.*)"),
        })
    }

    /// Whether a `\Q` is open at the end.
    fn is_quoting_at_end(&self) -> bool {
        let mut rest = self.as_str();
        loop {
            let Some(at) = rest.find('\\') else { return false };
            let (_, escape) = rest.split_at_checked(at).unwrap_or_default();
            if let Some(quoted) = escape.strip_prefix(r"\Q") {
                let Some((_, behind)) = quoted.split_once(r"\E") else { return true };
                rest = behind;
            } else {
                let mut chars = escape.chars();
                chars.by_ref().take(2).for_each(drop);
                rest = chars.as_str();
            }
        }
    }
}
