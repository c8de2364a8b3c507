use std::collections::{HashMap, HashSet, VecDeque};

use super::Language;
use super::budget::Allowance;
use super::dfa::{Classes, Dfa, State};
use super::limits::AnalysisError;
use super::search::plainest;

/// One way in which many languages can hold at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vector {
    /// The languages that the example is a member of, ascending.
    pub(crate) holding: Box<[u32]>,
    /// A short text, of printable ASCII if there is one.
    pub(crate) example: Vec<u8>,
}

/// All ways in which the languages can hold of a member of the domain, each with an example: those
/// with printable ones first, the shortest first.
///
/// # Errors
///
/// If that takes more steps than are allowed.
pub(crate) fn vectors(
    languages: &[&Language],
    domain: &Language,
    allowance: Allowance<'_>,
) -> Result<Vec<Vector>, AnalysisError> {
    let mut walk = Walk {
        languages,
        domain,
        classes: languages
            .iter()
            .fold(domain.dfa.classes().clone(), |all, one| all.refined(one.dfa.classes())),
        allowance,
        known: HashSet::new(),
        found: Vec::new(),
    };
    walk.over(|byte| byte.is_ascii_graphic())?;
    walk.over(|_| true)?;
    Ok(walk.found)
}

struct Walk<'l> {
    languages: &'l [&'l Language],
    domain: &'l Language,
    classes: Classes,
    allowance: Allowance<'l>,
    known: HashSet<Box<[u32]>>,
    found: Vec<Vector>,
}

/// Where a text leads: in the domain, and in those languages that some longer text may belong to.
/// Most languages are out after a few bytes, so that few are carried on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    domain: State,
    alive: Box<[(u32, State)]>,
}

impl Walk<'_> {
    fn over(&mut self, may_use: impl Fn(u8) -> bool) -> Result<(), AnalysisError> {
        let bytes = plainest(self.classes.len(), |b| self.classes.class(b).into(), may_use);
        let alive = (0..).zip(self.languages).map(|(index, _)| (index, Dfa::START));
        let start = self.place(Dfa::START, alive);
        // Places by number, with the way there.
        let mut places = vec![(start.clone(), None)];
        let mut numbers = HashMap::from([(start, 0_usize)]);
        let mut queue = VecDeque::from([0_usize]);
        while let Some(number) = queue.pop_front() {
            let Some((place, _)) = places.get(number).cloned() else { break };
            self.note(&place, || trace(&places, number));
            for &byte in &bytes {
                self.allowance.spend(1 + place.alive.len() / 8)?;
                let domain = self.domain.dfa.next(place.domain, byte);
                if self.domain.dfa.is_dead(domain) {
                    continue;
                }
                let to = self.place(domain, self.step(&place, byte));
                if !numbers.contains_key(&to) {
                    numbers.insert(to.clone(), places.len());
                    queue.push_back(places.len());
                    places.push((to, Some((number, byte))));
                }
            }
        }
        Ok(())
    }

    fn step(&self, place: &Place, byte: u8) -> impl Iterator<Item = (u32, State)> {
        place.alive.iter().filter_map(move |&(index, state)| {
            Some((index, self.languages.get(index as usize)?.dfa.next(state, byte)))
        })
    }

    fn place(&self, domain: State, states: impl Iterator<Item = (u32, State)>) -> Place {
        let is_alive = |&(index, state): &(u32, State)| {
            self.languages.get(index as usize).is_some_and(|l| !l.dfa.is_dead(state))
        };
        Place { domain, alive: states.filter(is_alive).collect() }
    }

    /// Keeps the way in which the languages hold here, if it is a new one.
    fn note(&mut self, place: &Place, example: impl FnOnce() -> Vec<u8>) {
        if !self.domain.dfa.is_accepting(place.domain) {
            return;
        }
        let holding: Box<[u32]> = place
            .alive
            .iter()
            .filter(|&&(index, state)| {
                self.languages.get(index as usize).is_some_and(|l| l.dfa.is_accepting(state))
            })
            .map(|(index, _)| *index)
            .collect();
        if self.known.insert(holding.clone()) {
            self.found.push(Vector { holding, example: example() });
        }
    }
}

/// The bytes that led to a place.
fn trace(places: &[(Place, Option<(usize, u8)>)], mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((_, Some((from, byte)))) = places.get(number) {
        bytes.push(*byte);
        number = *from;
    }
    bytes.reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::budget::Budget;
    use crate::{AnalysisLimits, Anchor, Limits, PathMode, Pattern};

    fn language(text: &str) -> Language {
        let pattern = Pattern::parse(text, &Limits::default()).unwrap();
        pattern.language(Anchor::Full, &AnalysisLimits::default()).unwrap()
    }

    fn shown(texts: &[&str], domain: &Language) -> Vec<(Vec<u32>, String)> {
        let languages: Vec<Language> = texts.iter().map(|text| language(text)).collect();
        let languages: Vec<&Language> = languages.iter().collect();
        let budget = Budget::new(&AnalysisLimits::default());
        let found = vectors(&languages, domain, budget.question()).unwrap();
        let show = |v: Vector| (v.holding.into_vec(), String::from_utf8_lossy(&v.example).into());
        found.into_iter().map(show).collect()
    }

    #[test]
    fn every_way_to_hold_has_its_shortest_example() {
        let paths = Language::paths(PathMode::Strict);
        assert_eq!(
            shown(&["/a.*", "/.*b", "/c", "nowhere"], &paths),
            [
                (vec![], "/".to_owned()),
                (vec![0], "/a".to_owned()),
                (vec![1], "/b".to_owned()),
                (vec![2], "/c".to_owned()),
                (vec![0, 1], "/ab".to_owned()),
            ]
        );
    }

    #[test]
    fn what_no_printable_text_does_is_found_too() {
        assert_eq!(
            shown(&["a", "é"], &Language::everything()),
            [(vec![], String::new()), (vec![0], "a".to_owned()), (vec![1], "é".to_owned())]
        );
    }

    #[test]
    fn many_ways_are_refused_not_cut_short() {
        let texts: Vec<String> =
            (0..16).map(|i| format!(".*{}.{{9}}", char::from(b'a' + i))).collect();
        let languages: Vec<Language> = texts.iter().map(|text| language(text)).collect();
        let languages: Vec<&Language> = languages.iter().collect();
        let budget = Budget::new(&AnalysisLimits::default());
        let found = vectors(&languages, &Language::everything(), budget.question());
        assert_eq!(found, Err(AnalysisError::TooManySteps));
    }
}
