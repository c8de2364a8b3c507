/// How much a pattern, a group of matches and a policy may ask for.
///
/// The defaults accept what Go accepts at ordinary size. A pattern beyond a bound is refused with
/// [`PatternErrorKind::TooLarge`](crate::PatternErrorKind::TooLarge) in bounded time and memory, so
/// that patterns may come from people one does not trust.
///
/// ```
/// use smi_policy::{Limits, Pattern};
///
/// let short = Limits::default().with_pattern_len(10);
/// assert!(Pattern::parse("/metrics", &short).is_ok());
/// assert!(Pattern::parse("/metrics/.*", &short).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Length of a pattern in bytes. 16 KiB.
    pub pattern_len: usize,
    /// Height of a pattern's syntax tree. 1000; Go admits no more, so that a higher bound has no
    /// effect.
    pub nesting: u32,
    /// Largest count of a repetition, nested ones multiplied. 1000; RE2 admits no more, so that a
    /// higher bound has no effect.
    pub repetition: u32,
    /// Bytes of a compiled pattern, apart from its automaton. 512 KiB: some 40,000 characters,
    /// repetitions written out.
    pub program_size: usize,
    /// Bytes of all matches of an HTTPRouteGroup, apart from their automata. 8 MiB: some 20,000
    /// matches of ordinary size. Matches beyond are ignored.
    pub group_size: usize,
    /// Bytes of all HTTPRouteGroups of a policy, apart from their automata. 1 GiB. Groups beyond,
    /// by namespace and name, are ignored.
    pub policy_size: usize,
    /// Bytes of the automaton that a pattern is turned into where it stays this small. 128 KiB; with
    /// 0 no pattern gets one. This bound refuses nothing: see [`Regex`](crate::Regex).
    pub dfa_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pattern_len: 16 << 10,
            nesting: 1000,
            repetition: 1000,
            program_size: 512 << 10,
            group_size: 8 << 20,
            policy_size: 1 << 30,
            dfa_size: 128 << 10,
        }
    }
}

impl Limits {
    /// What both admit, and what only one does.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            pattern_len: self.pattern_len.max(other.pattern_len),
            nesting: self.nesting.max(other.nesting),
            repetition: self.repetition.max(other.repetition),
            program_size: self.program_size.max(other.program_size),
            group_size: self.group_size.max(other.group_size),
            policy_size: self.policy_size.max(other.policy_size),
            dfa_size: self.dfa_size.max(other.dfa_size),
        }
    }

    /// Sets the length of a pattern in bytes.
    #[must_use]
    pub fn with_pattern_len(mut self, bytes: usize) -> Self {
        self.pattern_len = bytes;
        self
    }

    /// Sets the height of a pattern's syntax tree.
    #[must_use]
    pub fn with_nesting(mut self, height: u32) -> Self {
        self.nesting = height;
        self
    }

    /// Sets the largest count of a repetition.
    #[must_use]
    pub fn with_repetition(mut self, count: u32) -> Self {
        self.repetition = count;
        self
    }

    /// Sets the bytes of a compiled pattern.
    #[must_use]
    pub fn with_program_size(mut self, bytes: usize) -> Self {
        self.program_size = bytes;
        self
    }

    /// Sets the bytes of an HTTPRouteGroup.
    #[must_use]
    pub fn with_group_size(mut self, bytes: usize) -> Self {
        self.group_size = bytes;
        self
    }

    /// Sets the bytes of all HTTPRouteGroups.
    #[must_use]
    pub fn with_policy_size(mut self, bytes: usize) -> Self {
        self.policy_size = bytes;
        self
    }

    /// Sets the bytes of a pattern's automaton.
    #[must_use]
    pub fn with_dfa_size(mut self, bytes: usize) -> Self {
        self.dfa_size = bytes;
        self
    }
}
