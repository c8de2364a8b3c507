//! What a service's splits mean on one port: rules, the first of which that a request meets counts.

use std::collections::HashSet;

use smi_policy::ObjectName;

use crate::condition::{Common, Condition};
use crate::finding::{Origin, Report, Verdict};

/// The routing of one port of one service.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) service: ObjectName,
    pub(crate) port: u16,
    /// What the names of its routes begin with.
    pub(crate) name: String,
    /// In SMI's order. The last has no condition.
    pub(crate) rules: Vec<Rule>,
}

/// One split, or the service itself.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The TrafficSplit; `None` for the service itself, which gets what no split takes.
    pub(crate) split: Option<Origin>,
    /// It, and what it refers to.
    pub(crate) origins: Vec<Origin>,
    /// OR-ed, never empty.
    pub(crate) conditions: Vec<Condition>,
    /// Names of services of the same namespace, with their weights.
    pub(crate) backends: Vec<(String, u64)>,
    /// The worst that was found about it.
    pub(crate) verdict: Verdict,
}

/// More conditions than any set of routes should have.
pub(crate) const MOST_CONDITIONS: usize = 2048;
/// More comparisons of regular expressions than are worth the time.
const MOST_COMPARISONS: usize = 20_000;

/// A service has too many matches to look at each pair of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

impl Plan {
    /// Makes the order of SMI, where the first split counts, that of the Gateway API, where the most
    /// specific match counts.
    ///
    /// A match of a later rule that is more specific takes requests from an earlier rule that SMI
    /// gives to the earlier one. Then what both have in common becomes a match of the earlier rule:
    /// it is at least as specific, and of equals the first counts.
    ///
    /// # Errors
    ///
    /// There are more matches, before or afterwards, than routes should have.
    #[expect(clippy::mutable_key_type, reason = "what is analysed later is no part of the key")]
    pub(crate) fn settle_precedence(
        &mut self,
        report: &mut Report,
        comparisons_left: &mut usize,
    ) -> Result<(), TooMany> {
        let mut comparisons = 0;
        if self.conditions().count() > MOST_CONDITIONS {
            return Err(TooMany);
        }
        // From the last: what is added to a rule has to yield to earlier ones too.
        for earlier in (0..self.rules.len()).rev() {
            let Some((_, rest)) = self.rules.split_at_mut_checked(earlier) else { continue };
            let Some((rule, later)) = rest.split_first_mut() else { continue };
            let mut known: HashSet<Condition> = rule.conditions.iter().cloned().collect();
            let mut added: Vec<Condition> = Vec::new();
            for own in &rule.conditions {
                let taken = later
                    .iter()
                    .filter(|later| later.backends != rule.backends)
                    .flat_map(|later| later.conditions.iter().map(move |theirs| (later, theirs)))
                    .filter(|(_, theirs)| theirs.rank() > own.rank());
                for (later, theirs) in taken {
                    if own.has_regex() || theirs.has_regex() {
                        comparisons += 1;
                        *comparisons_left = comparisons_left.checked_sub(1).ok_or(TooMany)?;
                    }
                    if comparisons > MOST_COMPARISONS || added.len() > MOST_CONDITIONS {
                        return Err(TooMany);
                    }
                    match own.and(theirs) {
                        Common::Nothing => {}
                        Common::This(both) if both.rank() >= theirs.rank() => {
                            if known.insert(both.clone()) {
                                added.push(both);
                            }
                        }
                        Common::This(_) | Common::Unknown => {
                            overlap(rule.split.as_ref(), later.split.as_ref(), report);
                            rule.verdict = rule.verdict.max(Verdict::Narrowed);
                        }
                    }
                }
            }
            rule.conditions.extend(added);
        }
        if self.conditions().count() > MOST_CONDITIONS { Err(TooMany) } else { Ok(()) }
    }

    /// Whether implementations may order the matches of this in different ways.
    pub(crate) fn has_path_regex(&self) -> bool {
        self.conditions().any(Condition::has_path_regex)
    }

    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.rules.iter().flat_map(|rule| &rule.conditions)
    }

    pub(crate) fn origins(&self) -> Vec<Origin> {
        let mut origins: Vec<Origin> =
            self.rules.iter().flat_map(|rule| rule.origins.iter().cloned()).collect();
        origins.sort();
        origins.dedup();
        origins
    }
}

fn overlap(earlier: Option<&Origin>, later: Option<&Origin>, report: &mut Report) {
    let (Some(earlier), Some(later)) = (earlier, later) else { return };
    let reason = format!(
        "requests that meet {later} too go there, for its match is more specific to the Gateway \
         API, and what both have in common can't be written down"
    );
    let by_hand = "make the matches of the two exclude each other";
    report.narrowed(earlier, "spec.matches", "overlap", reason, Some(by_hand));
}
