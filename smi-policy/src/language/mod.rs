//! Sets of texts, as automata: what a pattern accepts, compared with what another accepts.
//!
//! This is for people and tools that ask about policies, never for deciding a request: an automaton
//! is built whole, made minimal, and combined with others.
//!
//! - `dfa`: a minimal automaton over bytes, of which there is exactly one for each set;
//! - `minimize`, `search`: making it minimal, and finding the shortest text in it;
//! - `of_pattern`: from a pattern and its anchoring;
//! - `paths`: the paths that every server reads the same way, and authorities;
//! - `shape`: whether a set of paths is one path, a prefix, or everything;
//! - `vectors`: which of many sets can hold at once;
//! - `budget`: how many steps all that may take together.

mod budget;
mod dfa;
mod limits;
mod minimize;
mod of_pattern;
mod paths;
mod search;
mod shape;
mod vectors;

use std::fmt;

use self::dfa::Dfa;
pub use self::limits::{AnalysisError, AnalysisLimits};
pub use self::shape::PathShape;

pub(crate) use self::budget::{Allowance, Budget};
pub(crate) use self::vectors::{Vector, vectors};

/// A set of byte strings, such as all paths that a pattern accepts.
///
/// Made by [`Pattern::language`](crate::Pattern::language) and its kin. Two languages are equal (`==`)
/// exactly if they have the same members, however their patterns are written.
///
/// ```
/// use smi_policy::{AnalysisLimits, Anchor, Limits, Pattern};
///
/// let limits = AnalysisLimits::default();
/// let of = |text| {
///     let pattern = Pattern::parse(text, &Limits::default())?;
///     Ok::<_, Box<dyn std::error::Error>>(pattern.language(Anchor::Full, &limits)?)
/// };
/// assert_eq!(of("/(a|b)")?, of("/[ab]")?);
///
/// let (old, new) = (of("/api/v[0-9]")?, of("/api/v[0-9a]")?);
/// assert!(old.is_subset_of(&new, &limits)?);
/// let added = new.difference(&old, &limits)?;
/// assert_eq!(added.example().as_deref(), Some(b"/api/va".as_slice()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Language {
    dfa: Dfa,
}

impl Language {
    /// Every text.
    #[must_use]
    pub fn everything() -> Self {
        Self { dfa: Dfa::constant(true) }
    }

    /// No text.
    #[must_use]
    pub fn nothing() -> Self {
        Self { dfa: Dfa::constant(false) }
    }

    /// This text only.
    #[must_use]
    pub fn exactly(text: impl AsRef<[u8]>) -> Self {
        Self { dfa: Dfa::literal(text.as_ref(), false) }
    }

    /// Every text that begins with this one.
    #[must_use]
    pub fn starting_with(prefix: impl AsRef<[u8]>) -> Self {
        Self { dfa: Dfa::literal(prefix.as_ref(), true) }
    }

    /// Whether the text is a member.
    pub fn contains(&self, text: impl AsRef<[u8]>) -> bool {
        let end = text.as_ref().iter().fold(Dfa::START, |state, &byte| self.dfa.next(state, byte));
        self.dfa.is_accepting(end)
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        *self == Self::nothing()
    }

    /// Whether every text is a member.
    pub fn is_everything(&self) -> bool {
        *self == Self::everything()
    }

    /// The only member, if there is exactly one.
    pub fn only_member(&self) -> Option<Vec<u8>> {
        let (prefix, end) = self.dfa.common_prefix()?;
        (self.dfa.is_accepting(end) && self.dfa.is_last(end)).then_some(prefix)
    }

    /// A member to show to people: the shortest of printable ASCII, or if there is none the
    /// shortest of all.
    ///
    /// ```
    /// use smi_policy::{AnalysisLimits, Anchor, Limits, Pattern};
    ///
    /// let pattern = Pattern::parse(r"\pL{2,}/[0-9]+", &Limits::default())?;
    /// let language = pattern.language(Anchor::Full, &AnalysisLimits::default())?;
    /// assert_eq!(language.example().as_deref(), Some(b"aa/0".as_slice()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn example(&self) -> Option<Vec<u8>> {
        search::shortest(&self.dfa)
    }

    /// What is not a member.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { dfa: self.dfa.complement() }
    }

    /// What is a member of one or both.
    ///
    /// # Errors
    ///
    /// If the answer takes more than [`AnalysisLimits::states`].
    pub fn union(&self, other: &Self, limits: &AnalysisLimits) -> Result<Self, AnalysisError> {
        self.combine(other, limits, |a, b| a || b)
    }

    /// What is a member of both.
    ///
    /// # Errors
    ///
    /// If the answer takes more than [`AnalysisLimits::states`].
    pub fn intersection(
        &self,
        other: &Self,
        limits: &AnalysisLimits,
    ) -> Result<Self, AnalysisError> {
        self.combine(other, limits, |a, b| a && b)
    }

    /// What is a member of this, and not of the other.
    ///
    /// # Errors
    ///
    /// If the answer takes more than [`AnalysisLimits::states`].
    pub fn difference(&self, other: &Self, limits: &AnalysisLimits) -> Result<Self, AnalysisError> {
        self.combine(other, limits, |a, b| a && !b)
    }

    /// Whether all members of this are members of the other.
    ///
    /// # Errors
    ///
    /// If finding out takes more than [`AnalysisLimits::states`].
    pub fn is_subset_of(
        &self,
        other: &Self,
        limits: &AnalysisLimits,
    ) -> Result<bool, AnalysisError> {
        Ok(self.difference(other, limits)?.is_empty())
    }

    fn combine(
        &self,
        other: &Self,
        limits: &AnalysisLimits,
        accepts: impl Fn(bool, bool) -> bool,
    ) -> Result<Self, AnalysisError> {
        Ok(Self { dfa: self.dfa.product(&other.dfa, limits, accepts)? })
    }
}

/// Shows an example only: automata are large.
impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let example = self.example().map(|text| String::from_utf8_lossy(&text).into_owned());
        f.debug_struct("Language").field("example", &example).finish_non_exhaustive()
    }
}
