use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::language::{AnalysisLimits, Budget, Language};
use crate::pattern::{Limits, Pattern};
use crate::resource::HttpMatch;
use crate::semantics::{Anchor, HttpSemantics};

/// What of a request a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Path,
    /// The authority.
    Host,
    /// A header field, by its name in lower case.
    Header(Box<str>),
    /// What a condition says that could not be analysed: it may hold or not.
    Unknown(Atom),
}

/// The number of a condition on one field: a set of texts.
pub(super) type Atom = u32;

/// The number of a clause.
pub(super) type ClauseId = u32;

/// The conditions of one HTTP match, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Clause {
    /// `None`: all methods.
    pub(super) methods: Option<BTreeSet<String>>,
    pub(super) wants: BTreeMap<Field, BTreeSet<Atom>>,
}

impl Clause {
    pub(super) fn has_method(&self, method: &str) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.contains(method))
    }

    /// Whether what it wants of this field holds, if these conditions do.
    pub(super) fn holds(&self, field: &Field, holding: &BTreeSet<Atom>) -> bool {
        self.wants.get(field).is_none_or(|wanted| wanted.is_subset(holding))
    }
}

/// A condition on one field: a regular expression.
#[derive(Debug)]
struct Condition {
    key: ConditionKey,
    /// Made when it is needed: most conditions of two policies are written the same.
    analysed: OnceCell<Analysed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ConditionKey {
    is_path: bool,
    anchor: Anchor,
    text: Box<str>,
}

#[derive(Debug)]
struct Analysed {
    language: Option<Language>,
    admits_unclean: bool,
}

/// All clauses and conditions of a comparison, numbered so that what is written the same has the same
/// number.
#[derive(Debug)]
pub(super) struct Clauses {
    limits: AnalysisLimits,
    budget: Budget,
    /// What the patterns were read with that are used.
    pattern_limits: Limits,
    conditions: Vec<Condition>,
    atoms: HashMap<ConditionKey, Atom>,
    clauses: Vec<Clause>,
    numbers: HashMap<Clause, ClauseId>,
}

impl Clauses {
    /// Of policies whose patterns were read with such limits.
    pub(super) fn new(limits: AnalysisLimits, pattern_limits: Limits) -> Self {
        Self {
            limits,
            budget: Budget::new(&limits),
            pattern_limits,
            conditions: Vec::new(),
            atoms: HashMap::new(),
            clauses: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// What is left to compare them.
    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn clause(&self, id: ClauseId) -> Option<&Clause> {
        self.clauses.get(id as usize)
    }

    /// The clause of every request.
    pub(super) fn always(&mut self) -> ClauseId {
        self.intern(Clause::default())
    }

    /// The clause of a match that can be used.
    pub(super) fn of(&mut self, http_match: &HttpMatch, semantics: &HttpSemantics) -> ClauseId {
        let mut clause = Clause::default();
        if !http_match.methods.is_empty() && !http_match.methods.iter().any(|m| m == "*") {
            clause.methods = Some(http_match.methods.iter().cloned().collect());
        }
        if let Some(text) = http_match.path_regex.as_deref().filter(|text| !text.is_empty()) {
            let atom = self.atom(true, semantics.path_anchor, text);
            clause.wants.entry(Field::Path).or_default().insert(atom);
        }
        for (name, text) in &http_match.headers {
            let field = match name.to_ascii_lowercase().as_str() {
                "host" | ":authority" => Field::Host,
                name => Field::Header(name.into()),
            };
            let atom = self.atom(false, semantics.header_anchor, text);
            clause.wants.entry(field).or_default().insert(atom);
        }
        self.intern(clause)
    }

    /// The texts that meet a condition. `None`: could not be analysed.
    pub(super) fn language(&self, atom: Atom) -> Option<&Language> {
        self.analysed(atom)?.language.as_ref()
    }

    /// Whether paths meet a condition that servers may read in more than one way.
    pub(super) fn admits_unclean(&self, atom: Atom) -> bool {
        self.analysed(atom).is_some_and(|analysed| analysed.admits_unclean)
    }

    /// `None` if there are no steps left to find out.
    fn analysed(&self, atom: Atom) -> Option<&Analysed> {
        let Condition { key, analysed } = self.conditions.get(atom as usize)?;
        if analysed.get().is_none() {
            self.budget.check().ok()?;
        }
        Some(analysed.get_or_init(|| {
            let ConditionKey { is_path, anchor, ref text } = *key;
            let pattern = Pattern::parse(text, &self.pattern_limits).ok();
            let admits_unclean =
                is_path && pattern.as_ref().is_some_and(|pattern| pattern.is_unconstrained(anchor));
            let analysed = pattern.map(|pattern| match is_path {
                true => pattern.analyse_path(anchor, &self.limits),
                false => pattern.analyse(anchor, &self.limits),
            });
            let (language, steps) =
                analysed.map_or((None, 1), |(found, steps)| (found.ok(), steps));
            // If that was too much, it is the last that is analysed.
            let _ = self.budget.spend(steps);
            Analysed { language, admits_unclean }
        }))
    }

    fn atom(&mut self, is_path: bool, anchor: Anchor, text: &str) -> Atom {
        let key = ConditionKey { is_path, anchor, text: text.into() };
        if let Some(&known) = self.atoms.get(&key) {
            return known;
        }
        let fresh = Atom::try_from(self.conditions.len()).unwrap_or(Atom::MAX);
        self.conditions.push(Condition { key: key.clone(), analysed: OnceCell::new() });
        self.atoms.insert(key, fresh);
        fresh
    }

    fn intern(&mut self, clause: Clause) -> ClauseId {
        if let Some(&known) = self.numbers.get(&clause) {
            return known;
        }
        let fresh = ClauseId::try_from(self.clauses.len()).unwrap_or(ClauseId::MAX);
        self.clauses.push(clause.clone());
        self.numbers.insert(clause, fresh);
        fresh
    }
}
