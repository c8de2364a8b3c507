use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::language::{AnalysisLimits, Language};
use crate::pattern::{Limits, Pattern};
use crate::resource::{HttpMatch, HttpRouteGroup};
use crate::route::RouteGroup;
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
pub(super) struct Condition {
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

impl Condition {
    /// The texts that meet it. `None`: could not be analysed.
    pub(super) fn language(&self, limits: &AnalysisLimits) -> Option<&Language> {
        self.analysed(limits).language.as_ref()
    }

    /// Whether paths meet it that servers may read in more than one way.
    pub(super) fn admits_unclean(&self, limits: &AnalysisLimits) -> bool {
        self.analysed(limits).admits_unclean
    }

    fn analysed(&self, limits: &AnalysisLimits) -> &Analysed {
        self.analysed.get_or_init(|| {
            let ConditionKey { is_path, anchor, ref text } = self.key;
            let pattern = Pattern::parse(text, &Limits::default()).ok();
            let admits_unclean =
                is_path && pattern.as_ref().is_some_and(|pattern| pattern.is_unconstrained(anchor));
            let language = pattern.and_then(|pattern| match is_path {
                true => pattern.path_language(anchor, limits).ok(),
                false => pattern.language(anchor, limits).ok(),
            });
            Analysed { language, admits_unclean }
        })
    }
}

/// All clauses and conditions of a comparison, numbered so that what is written the same has the same
/// number.
#[derive(Debug)]
pub(super) struct Clauses {
    limits: AnalysisLimits,
    conditions: Vec<Condition>,
    atoms: HashMap<ConditionKey, Atom>,
    clauses: Vec<Clause>,
    numbers: HashMap<Clause, ClauseId>,
}

impl Clauses {
    pub(super) fn new(limits: AnalysisLimits) -> Self {
        Self {
            limits,
            conditions: Vec::new(),
            atoms: HashMap::new(),
            clauses: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    pub(super) fn limits(&self) -> &AnalysisLimits {
        &self.limits
    }

    pub(super) fn clause(&self, id: ClauseId) -> Option<&Clause> {
        self.clauses.get(id as usize)
    }

    pub(super) fn condition(&self, atom: Atom) -> Option<&Condition> {
        self.conditions.get(atom as usize)
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

    /// The language of a condition, if it could be analysed.
    pub(super) fn language(&self, atom: Atom) -> Option<&Language> {
        self.condition(atom)?.language(&self.limits)
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

/// Whether the engine can use a match.
pub(super) fn is_usable(
    group: &HttpRouteGroup,
    http_match: &HttpMatch,
    semantics: &HttpSemantics,
) -> bool {
    let alone = HttpRouteGroup::new(group.name.clone()).with(http_match.clone());
    RouteGroup::compile(&alone, semantics, &mut Vec::new()).is_usable()
}
