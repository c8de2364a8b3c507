use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::language::{Allowance, AnalysisError};
use crate::request::Connect;

use super::choices::{Choice, Choices, Sample, Subjects};
use super::clause::{Atom, Clause, Clauses, Field};
use super::example::ExampleHttp;

/// Whether there is a request that one clause admits and others do not.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// This one.
    Request(Box<ExampleHttp>),
    /// There is none.
    Nothing,
    /// It depends on what could not be analysed.
    Undecided(AnalysisError),
}

/// Answers questions about some clauses, whose conditions are looked at once.
pub(super) struct Solver<'s> {
    clauses: &'s Clauses,
    subjects: &'s Subjects,
    asked: Vec<&'s Clause>,
    choices: OnceCell<Choices>,
}

impl<'s> Solver<'s> {
    /// `asked` are all clauses that questions will be about, apart from one about a clause alone.
    pub(super) fn new(
        clauses: &'s Clauses,
        subjects: &'s Subjects,
        asked: Vec<&'s Clause>,
    ) -> Self {
        Self { clauses, subjects, asked, choices: OnceCell::new() }
    }

    /// Looks for a request that `grant` admits and none of `others` does.
    ///
    /// A request is a choice for each field: which of all conditions on it hold. Choices are made
    /// one field after another, and only for fields that some clause left over still depends on.
    pub(super) fn find(&self, grant: &Clause, others: &[&Clause]) -> Found {
        let budget = self.clauses.budget();
        if let Err(error) = budget.spend(1 + others.len() / 16) {
            return Found::Undecided(error);
        }
        if others.iter().any(|other| plainly_covers(other, grant)) {
            return Found::Nothing;
        }
        let alone;
        let choices = if others.is_empty() {
            alone = Choices::new(self.clauses, self.subjects, [grant].into_iter());
            &alone
        } else {
            self.choices.get_or_init(|| {
                Choices::new(self.clauses, self.subjects, self.asked.iter().copied())
            })
        };
        let grant = choices.localized(grant);
        let others: Vec<_> = others.iter().map(|other| choices.localized(other)).collect();
        let mut search = Search {
            grant: &grant,
            choices,
            allowance: self.clauses.budget().question(),
            depends_on_unknown: false,
        };
        match search.run(&others.iter().map(Cow::as_ref).collect::<Vec<_>>()) {
            Ok(Some(request)) => Found::Request(Box::new(request)),
            Ok(None) if search.depends_on_unknown => {
                let why = budget.check().err().unwrap_or(AnalysisError::TooManyStates);
                Found::Undecided(why)
            }
            Ok(None) => Found::Nothing,
            Err(error) => Found::Undecided(error),
        }
    }
}

/// Whether a clause needs nothing but what the grant demands too, so that it admits all that the
/// grant does.
fn plainly_covers(other: &Clause, grant: &Clause) -> bool {
    let methods = match (&grant.methods, &other.methods) {
        (_, None) => true,
        (Some(own), Some(methods)) => own.is_subset(methods),
        (None, Some(_)) => false,
    };
    let is_wanted = |(field, wanted): (&Field, &BTreeSet<Atom>)| {
        grant.wants.get(field).is_some_and(|own| wanted.is_subset(own))
    };
    methods && other.wants.iter().all(is_wanted)
}

struct Search<'s> {
    grant: &'s Clause,
    choices: &'s Choices,
    allowance: Allowance<'s>,
    /// Whether something was found but for conditions of which nothing is known.
    depends_on_unknown: bool,
}

type Chosen<'s> = Vec<(Field, &'s Choice)>;

impl<'s> Search<'s> {
    fn run(&mut self, others: &[&Clause]) -> Result<Option<ExampleHttp>, AnalysisError> {
        for method in methods(self.grant, others) {
            if !self.grant.has_method(&method) {
                continue;
            }
            let of_method: Vec<&Clause> =
                others.iter().filter(|other| other.has_method(&method)).copied().collect();
            for path in self.choices.paths(&method) {
                self.spend(1 + of_method.len() / 16)?;
                if !self.grant.holds(&Field::Path, &path.holding) {
                    continue;
                }
                let left = still(&of_method, &Field::Path, path);
                let mut chosen = Vec::new();
                if self.fields(&left, &mut chosen)? {
                    return Ok(Some(example(&method, path, &chosen)));
                }
            }
        }
        Ok(None)
    }

    /// Chooses fields until no other clause is left.
    fn fields(&mut self, left: &[&Clause], chosen: &mut Chosen<'s>) -> Result<bool, AnalysisError> {
        // The clauses are looked at, each for a field that is not among those chosen.
        self.spend(1 + left.len().saturating_mul(1 + chosen.len()) / 16)?;
        let open = |clause: &Clause| {
            let is_open = |field: &&Field| {
                **field != Field::Path && !chosen.iter().any(|(known, _)| known == *field)
            };
            clause.wants.keys().find(is_open).cloned()
        };
        let mut next = None;
        for clause in left {
            match open(clause) {
                // All that it wants holds.
                None => return Ok(false),
                field => next = next.or(field),
            }
        }
        let Some(field) = next else { return Ok(self.settle(chosen)) };
        for choice in self.choices.field(&field) {
            if self.grant.holds(&field, &choice.holding) {
                let left = still(left, &field, choice);
                chosen.push((field.clone(), choice));
                if self.fields(&left, chosen)? {
                    return Ok(true);
                }
                chosen.pop();
            }
        }
        Ok(false)
    }

    /// Chooses what the clause itself wants of the other fields.
    fn settle(&mut self, chosen: &mut Chosen<'s>) -> bool {
        let known = chosen.len();
        for field in self.grant.wants.keys().filter(|field| **field != Field::Path) {
            if chosen.iter().any(|(known, _)| known == field) {
                continue;
            }
            let mut ways = self.choices.field(field).iter();
            let Some(way) = ways.find(|way| self.grant.holds(field, &way.holding)) else {
                chosen.truncate(known);
                return false;
            };
            chosen.push((field.clone(), way));
        }
        if chosen.iter().any(|(_, choice)| matches!(choice.sample, Sample::Unknown)) {
            self.depends_on_unknown = true;
            chosen.truncate(known);
            return false;
        }
        true
    }

    fn spend(&mut self, steps: usize) -> Result<(), AnalysisError> {
        self.allowance.spend(steps)
    }
}

/// The clauses that may still hold after this choice.
fn still<'c>(clauses: &[&'c Clause], field: &Field, choice: &Choice) -> Vec<&'c Clause> {
    clauses.iter().filter(|clause| clause.holds(field, &choice.holding)).copied().collect()
}

/// The methods that are told apart, the usual ones first, and one that nobody names.
fn methods(grant: &Clause, others: &[&Clause]) -> Vec<String> {
    const USUAL: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "ANY-OTHER"];
    let clauses = others.iter().copied().chain([grant]);
    let named: BTreeSet<&str> =
        clauses.filter_map(|c| c.methods.as_ref()).flatten().map(String::as_str).collect();
    let other = USUAL.into_iter().find(|method| !named.contains(method));
    // What starts with the name of all names is none of them.
    let unnamed = named.iter().max_by_key(|name| name.len()).map(|name| format!("{name}-OTHER"));
    let mut all: BTreeSet<String> = named.iter().map(ToString::to_string).collect();
    all.extend(["OPTIONS", "CONNECT"].map(ToOwned::to_owned));
    all.extend(other.map(ToOwned::to_owned).or(unnamed));
    let mut all: Vec<String> = all.into_iter().collect();
    all.sort_by_key(|method| {
        let usual = USUAL.iter().position(|usual| usual == method);
        (method == "CONNECT", method == "OPTIONS", usual.unwrap_or(USUAL.len()))
    });
    all
}

fn example(method: &str, path: &Choice, chosen: &Chosen<'_>) -> ExampleHttp {
    let (target, connect) = match &path.sample {
        Sample::Path { target, connect } => (target.clone(), *connect),
        Sample::Values(_) | Sample::Unknown => (b"/".to_vec(), Connect::Authority),
    };
    let connect = if method == "CONNECT" { connect } else { Connect::default() };
    let mut example = ExampleHttp {
        method: method.to_owned(),
        target,
        connect,
        authority: None,
        headers: Vec::new(),
    };
    for (field, choice) in chosen {
        let Sample::Values(values) = &choice.sample else { continue };
        match field {
            Field::Host => example.authority = values.first().cloned(),
            Field::Header(name) => {
                let fields = values.iter().map(|value| (name.to_string(), value.clone()));
                example.headers.extend(fields);
            }
            Field::Path | Field::Unknown(_) => {}
        }
    }
    example
}
