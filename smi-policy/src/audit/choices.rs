use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::language::{AnalysisError, Language, vectors};
use crate::request::Connect;
use crate::semantics::{HttpSemantics, PathMode, RepeatedHeaders};

use super::clause::{Atom, Clause, Clauses, Field};
use super::example::ExampleHttp;

/// What can be asked at all: the paths and values that conditions are matched against.
#[derive(Debug)]
pub(super) struct Subjects {
    paths: Language,
    authorities: &'static Language,
    values: Language,
    /// Whether there are paths that satisfy only what constrains nothing.
    has_unclean: bool,
    repeated: RepeatedHeaders,
}

impl Subjects {
    /// The subjects of two policies. Where their path modes differ, only paths that are the same to
    /// all modes; where they read repeated fields differently, only single fields.
    pub(super) fn new(a: &HttpSemantics, b: &HttpSemantics) -> Self {
        let mode = if a.path_mode == b.path_mode { a.path_mode } else { PathMode::Normalize };
        let repeated = match a.repeated_headers == b.repeated_headers {
            true => a.repeated_headers,
            false => RepeatedHeaders::Joined,
        };
        Self {
            paths: Language::paths(mode),
            authorities: &AUTHORITIES,
            values: Language::everything(),
            has_unclean: a.path_mode == b.path_mode && mode != PathMode::AsIs,
            repeated,
        }
    }

    /// Whether a clause may admit a request: `false` only where that is plain to see.
    pub(super) fn may_admit(
        &self,
        clauses: &Clauses,
        clause: &Clause,
        request: &ExampleHttp,
    ) -> bool {
        let ExampleHttp { method, target, authority, headers, .. } = request;
        // Other targets have readings of their own.
        let is_path = method != "CONNECT" && target != b"*" && self.paths.contains(target);
        let may_hold = |(field, atoms): (&Field, &BTreeSet<Atom>)| {
            let text = match field {
                Field::Path if is_path => Some(target),
                Field::Path | Field::Unknown(_) => return true,
                Field::Host => authority.as_ref(),
                Field::Header(name) => {
                    let mut values = headers.iter().filter(|(known, _)| **known == **name);
                    let first = values.next();
                    if values.next().is_some() {
                        return true;
                    }
                    first.map(|(_, value)| value)
                }
            };
            let holds = |atom: &Atom, text: &Vec<u8>| {
                clauses.language(*atom).is_none_or(|language| language.contains(text))
            };
            text.is_some_and(|text| atoms.iter().all(|atom| holds(atom, text)))
        };
        clause.has_method(method) && clause.wants.iter().all(may_hold)
    }
}

/// One way in which the conditions on a field can hold, and what to send for it.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) holding: BTreeSet<Atom>,
    pub(super) sample: Sample,
}

/// What to send.
#[derive(Clone, Debug)]
pub(super) enum Sample {
    Path {
        target: Vec<u8>,
        connect: Connect,
    },
    /// Fields of one name, or the authority.
    Values(Vec<Vec<u8>>),
    /// Nobody knows.
    Unknown,
}

/// All ways in which the conditions of some clauses can hold.
#[derive(Debug)]
pub(super) struct Choices {
    ordinary: Vec<Choice>,
    /// Of `OPTIONS` besides the ordinary ones.
    asterisk: Choice,
    /// Of `CONNECT` besides the ordinary ones, which it has in its extended form.
    authorities: Vec<Choice>,
    fields: BTreeMap<Field, Vec<Choice>>,
    /// Fields with too many ways to list.
    unlisted: BTreeSet<Field>,
    /// Conditions that could not be analysed.
    unknown: BTreeSet<Atom>,
}

impl Choices {
    pub(super) fn new<'c>(
        clauses: &Clauses,
        subjects: &Subjects,
        asked: impl Iterator<Item = &'c Clause>,
    ) -> Self {
        let mut atoms: BTreeMap<Field, BTreeSet<Atom>> = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for (field, wanted) in asked.flat_map(|clause| &clause.wants) {
            for &atom in wanted {
                match clauses.language(atom) {
                    Some(_) => atoms.entry(field.clone()).or_default().insert(atom),
                    None => unknown.insert(atom),
                };
            }
        }
        let listing = Listing { clauses, subjects };
        let mut choices = Self {
            ordinary: Vec::new(),
            asterisk: listing.path(&BTreeSet::new(), b"*".to_vec(), Connect::Authority),
            authorities: Vec::new(),
            fields: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            unknown,
        };
        let on_paths = atoms.remove(&Field::Path).unwrap_or_default();
        let listed = listing.ordinary(&on_paths).and_then(|ordinary| {
            choices.authorities = listing.authorities(&on_paths)?;
            Ok(ordinary)
        });
        match listed {
            Ok(ordinary) => {
                choices.ordinary = ordinary;
                choices.asterisk = listing.path(&on_paths, b"*".to_vec(), Connect::Authority);
            }
            Err(_) => {
                choices.unlisted.insert(Field::Path);
                choices.unknown.extend(&on_paths);
                choices.ordinary = vec![listing.path(&BTreeSet::new(), b"/".to_vec(), EXTENDED)];
            }
        }
        for (field, atoms) in atoms {
            match listing.field(&field, &atoms) {
                Ok(listed) => {
                    choices.fields.insert(field, listed);
                }
                Err(_) => {
                    choices.unlisted.insert(field);
                    choices.unknown.extend(atoms);
                }
            }
        }
        for &atom in &choices.unknown {
            let ways = [BTreeSet::from([atom]), BTreeSet::new()];
            let ways = ways.map(|holding| Choice { holding, sample: Sample::Unknown });
            choices.fields.insert(Field::Unknown(atom), ways.into());
        }
        choices
    }

    /// A clause in terms of these choices: conditions that could not be analysed, and those on fields
    /// with too many ways, may hold or not.
    pub(super) fn localized<'c>(&self, clause: &'c Clause) -> Cow<'c, Clause> {
        if self.unknown.is_empty() && self.unlisted.is_empty() {
            return Cow::Borrowed(clause);
        }
        let mut local = Clause { methods: clause.methods.clone(), wants: BTreeMap::new() };
        for (field, atoms) in &clause.wants {
            for &atom in atoms {
                let is_known = !self.unlisted.contains(field) && !self.unknown.contains(&atom);
                let field = if is_known { field.clone() } else { Field::Unknown(atom) };
                local.wants.entry(field).or_default().insert(atom);
            }
        }
        Cow::Owned(local)
    }

    /// The ways of a path in a request of this method.
    pub(super) fn paths(&self, method: &str) -> impl Iterator<Item = &Choice> {
        let asterisk = (method == "OPTIONS").then_some(&self.asterisk);
        let authorities = if method == "CONNECT" { self.authorities.as_slice() } else { &[] };
        self.ordinary.iter().chain(asterisk).chain(authorities)
    }

    /// The ways of another field.
    pub(super) fn field(&self, field: &Field) -> &[Choice] {
        self.fields.get(field).map_or(&[], Vec::as_slice)
    }
}

/// The same for all policies, and not quite cheap.
static AUTHORITIES: LazyLock<Language> = LazyLock::new(Language::authorities);

/// Of a CONNECT this makes an ordinary path; to other methods it means nothing.
const EXTENDED: Connect = Connect::Extended;

/// A path that servers read in more than one way, in all modes.
const UNCLEAN: &[u8] = b"/%00";

struct Listing<'l> {
    clauses: &'l Clauses,
    subjects: &'l Subjects,
}

impl Listing<'_> {
    fn ordinary(&self, atoms: &BTreeSet<Atom>) -> Result<Vec<Choice>, AnalysisError> {
        let path = |target| Sample::Path { target, connect: EXTENDED };
        let mut listed = self.listed(atoms, &self.subjects.paths, path)?;
        if self.subjects.has_unclean {
            let admits = |atom: &&Atom| self.clauses.admits_unclean(**atom);
            let rooted = atoms.iter().filter(admits).copied().collect();
            listed.push(Choice { holding: rooted, sample: path(UNCLEAN.to_vec()) });
            listed.push(Choice { holding: BTreeSet::new(), sample: path(b"a".to_vec()) });
        }
        Ok(listed)
    }

    fn authorities(&self, atoms: &BTreeSet<Atom>) -> Result<Vec<Choice>, AnalysisError> {
        let path = |target| Sample::Path { target, connect: Connect::Authority };
        let mut listed = self.listed(atoms, self.subjects.authorities, path)?;
        listed.push(Choice { holding: BTreeSet::new(), sample: path(b"/".to_vec()) });
        Ok(listed)
    }

    fn field(&self, field: &Field, atoms: &BTreeSet<Atom>) -> Result<Vec<Choice>, AnalysisError> {
        let absent = Choice { holding: BTreeSet::new(), sample: Sample::Values(Vec::new()) };
        let values = |value| Sample::Values(vec![value]);
        let mut listed = self.listed(atoms, &self.subjects.values, values)?;
        if *field != Field::Host && self.subjects.repeated == RepeatedHeaders::Any {
            self.close(&mut listed)?;
        }
        listed.retain(|choice| !choice.holding.is_empty());
        listed.insert(0, absent);
        Ok(listed)
    }

    /// Adds what several fields of one name do together, where each counts by itself.
    fn close(&self, listed: &mut Vec<Choice>) -> Result<(), AnalysisError> {
        let single = listed.clone();
        let mut known: BTreeSet<_> = listed.iter().map(|choice| choice.holding.clone()).collect();
        let mut allowance = self.clauses.budget().part(10);
        let mut at = 0;
        while let Some(choice) = listed.get(at).cloned() {
            at += 1;
            for more in &single {
                allowance.spend(1)?;
                let holding: BTreeSet<Atom> =
                    choice.holding.union(&more.holding).copied().collect();
                if !known.insert(holding.clone()) {
                    continue;
                }
                let (Sample::Values(a), Sample::Values(b)) = (&choice.sample, &more.sample) else {
                    continue;
                };
                listed.push(Choice { holding, sample: Sample::Values([&**a, &**b].concat()) });
            }
        }
        Ok(())
    }

    /// The ways in which conditions hold of the members of a domain.
    fn listed(
        &self,
        atoms: &BTreeSet<Atom>,
        domain: &Language,
        sample: impl Fn(Vec<u8>) -> Sample,
    ) -> Result<Vec<Choice>, AnalysisError> {
        let language = |atom: &Atom| Some((*atom, self.clauses.language(*atom)?));
        let (numbers, languages): (Vec<Atom>, Vec<&Language>) =
            atoms.iter().filter_map(language).unzip();
        let choice = |vector: crate::language::Vector| {
            let atom = |index: &u32| numbers.get(*index as usize).copied();
            let holding = vector.holding.iter().filter_map(atom).collect();
            Choice { holding, sample: sample(vector.example) }
        };
        let found = vectors(&languages, domain, self.clauses.budget().question())?;
        Ok(found.into_iter().map(choice).collect())
    }

    /// The one way of this target, which every server reads the same way.
    fn path(&self, atoms: &BTreeSet<Atom>, target: Vec<u8>, connect: Connect) -> Choice {
        let accepts = |atom: &&Atom| {
            self.clauses.language(**atom).is_some_and(|language| language.contains(&target))
        };
        let holding = atoms.iter().filter(accepts).copied().collect();
        Choice { holding, sample: Sample::Path { target, connect } }
    }
}
