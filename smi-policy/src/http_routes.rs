use std::sync::Arc;

use crate::destination::Admitting;
use crate::headers::Headers;
use crate::pattern::PatternSet;
use crate::route::{Conditions, HttpSubject, Methods, PathCondition, RouteTable, span, starts};
use crate::target::{Selection, Target};

/// The HTTP matches of all targets of a destination, arranged by their patterns: a path is looked
/// at once, whoever asks and however many targets there are.
///
/// A decision goes through this from top to bottom, and each step costs a look into memory that
/// nobody has looked at lately. So what is mostly there once is kept in place.
#[derive(Debug, Default)]
pub(crate) struct HttpRoutes {
    /// The set of the groups that no other destination uses. Its patterns are numbered from 0.
    pub(crate) own: Option<NumberedSet>,
    /// Groups that other destinations use too have sets of their own, which are shared with these.
    pub(crate) shared: Box<[NumberedSet]>,
    /// The matches that each pattern is part of.
    pub(crate) uses: Uses,
    /// Matches without pattern.
    pub(crate) without_pattern: Box<[(Use, PathCondition)]>,
    /// The groups that all these are matches of.
    pub(crate) tables: Box<[UsedTable]>,
}

/// A set of patterns, and the number of its first one.
#[derive(Debug)]
pub(crate) struct NumberedSet {
    pub(crate) first: u32,
    pub(crate) set: PatternSet,
    /// The tables whose patterns it has, by position.
    pub(crate) tables: Box<[u32]>,
}

/// The matches that patterns are part of, by the patterns' numbers.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// One pattern after another.
    all: Box<[Use]>,
    /// Where those of each pattern begin; empty if each pattern has exactly one.
    starts: Box<[u32]>,
}

/// The matches of a group, and the rules that select some of them.
#[derive(Debug)]
pub(crate) struct UsedTable {
    pub(crate) table: Arc<RouteTable>,
    pub(crate) rules: UsingRules,
    /// Whether each of them selects all matches.
    pub(crate) selects_all: bool,
}

/// The rules that refer to a group, ascending.
#[derive(Debug)]
pub(crate) enum UsingRules {
    /// As is usual.
    One(UsingRule),
    Many(Box<[UsingRule]>),
}

/// A rule that refers to a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsingRule {
    /// Position of the target.
    pub(crate) target: u32,
    /// Position of the rule among the target's HTTP rules.
    pub(crate) at: u32,
    /// Position of the rule among all of the target's rules.
    pub(crate) rule: u32,
}

/// A match, and what it asks for besides its path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// Position of its table.
    table: u32,
    /// Position in its group.
    index: u32,
    methods: Methods,
    has_headers: bool,
}

/// Where a match is selected. Places order as the answers that they give: the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Position of the target.
    pub(crate) target: u32,
    /// Position of the rule among the target's HTTP rules.
    pub(crate) at: u32,
    /// Position of the match in its group.
    pub(crate) index: u32,
    /// Position of the rule among all of the target's rules. It follows from the first two.
    pub(crate) rule: u32,
}

/// Who asks, as far as that decides which matches count.
pub(crate) struct Asking<'a, F> {
    /// The targets that admit the source.
    pub(crate) admitting: Admitting<'a>,
    /// Whether a target's port conditions let the request pass.
    pub(crate) opens: F,
    pub(crate) targets: &'a [Arc<Target>],
}

impl Place {
    /// Behind every match.
    pub(crate) const END: Self =
        Self { target: u32::MAX, at: u32::MAX, index: u32::MAX, rule: u32::MAX };

    /// Before every match of this target.
    pub(crate) fn start_of(target: u32) -> Self {
        Self { target, at: 0, index: 0, rule: 0 }
    }
}

impl Uses {
    /// The matches with the numbers of their patterns, which ascend.
    pub(crate) fn new(numbered: &[(u32, Use)], patterns: u32) -> Self {
        let mut numbers = numbered.iter().map(|(number, _)| *number);
        let is_plain = patterns as usize == numbered.len() && (0..patterns).eq(numbers.by_ref());
        let starts = if is_plain {
            Box::default()
        } else {
            starts(numbered.iter().map(|(number, _)| *number), patterns)
        };
        Self { all: numbered.iter().map(|(_, each)| *each).collect(), starts }
    }

    #[inline]
    fn of(&self, pattern: u32) -> &[Use] {
        let span = if self.starts.is_empty() {
            let at = pattern as usize;
            Some(at..at.saturating_add(1))
        } else {
            span(&self.starts, pattern)
        };
        span.and_then(|span| self.all.get(span)).unwrap_or_default()
    }
}

impl UsingRules {
    pub(crate) fn new(rules: Vec<UsingRule>) -> Self {
        match *rules {
            [only] => Self::One(only),
            _ => Self::Many(rules.into()),
        }
    }

    #[inline]
    fn as_slice(&self) -> &[UsingRule] {
        match self {
            Self::One(only) => std::slice::from_ref(only),
            Self::Many(rules) => rules,
        }
    }
}

impl Use {
    pub(crate) fn new(table: u32, index: u32, conditions: Conditions) -> Self {
        let Conditions { methods, has_headers, .. } = conditions;
        Self { table, index, methods, has_headers }
    }

    /// Whether what the match asks of anything but the path holds.
    #[inline]
    fn holds<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>, table: &RouteTable) -> bool {
        self.methods.admit(subject.method)
            && (!self.has_headers && !self.methods.need_name(subject.method)
                || table.holds_apart_from_path(self.index, self.methods, subject))
    }
}

impl HttpRoutes {
    /// All sets.
    #[inline]
    pub(crate) fn sets(&self) -> impl Iterator<Item = &NumberedSet> {
        self.own.iter().chain(&self.shared)
    }

    /// The first place before `limit` whose match a request meets.
    #[inline]
    pub(crate) fn first_match<H: Headers + ?Sized, F: Fn(u32) -> bool>(
        &self,
        subject: &HttpSubject<'_, H>,
        limit: Place,
        asking: &Asking<'_, F>,
    ) -> Option<Place> {
        let mut search = Search { routes: self, asking, first: limit, open: None };
        for (each, path) in &self.without_pattern {
            let accepts = |table: &RouteTable| table.accepts_path(*path, subject, |_| false);
            search.try_match(each, |table| accepts(table) && each.holds(subject, table));
        }
        if let Some(path) = subject.path.clean() {
            for NumberedSet { first, set, tables } in self.sets() {
                // Nothing is looked for in groups that nobody who was asked refers to.
                let is_only = self.shared.is_empty();
                if !is_only && !tables.iter().any(|table| search.may_be_open(*table)) {
                    continue;
                }
                set.scan(path, |pattern| {
                    for each in self.uses.of(first.saturating_add(pattern)) {
                        search.try_match(each, |table| each.holds(subject, table));
                    }
                });
            }
        }
        (search.first < limit).then_some(search.first)
    }

    /// Whether some match that asks for a path would hold if it did not.
    pub(crate) fn holds_apart_from_path<H: Headers + ?Sized, F: Fn(u32) -> bool>(
        &self,
        subject: &HttpSubject<'_, H>,
        asking: &Asking<'_, F>,
    ) -> bool {
        let others = self.without_pattern.iter().filter(|(_, path)| *path != PathCondition::None);
        let mut search = Search { routes: self, asking, first: Place::END, open: None };
        self.uses.all.iter().chain(others.map(|(each, _)| each)).any(|each| {
            search.try_match(each, |table| each.holds(subject, table));
            search.first < Place::END
        })
    }
}

/// A search for the first place.
struct Search<'s, F> {
    routes: &'s HttpRoutes,
    asking: &'s Asking<'s, F>,
    /// The first so far.
    first: Place,
    /// The first rule that is open of the table that was last asked for, so that it is not looked
    /// for again with each of its matches.
    open: Option<(u32, Option<UsingRule>)>,
}

impl<F: Fn(u32) -> bool> Search<'_, F> {
    /// Takes a match into account: whether it `holds` is asked only if that could matter.
    #[inline]
    fn try_match(&mut self, each: &Use, holds: impl FnOnce(&RouteTable) -> bool) {
        let Some(used) = self.routes.tables.get(each.table as usize) else { return };
        let index = each.index;
        let place = |UsingRule { target, at, rule }| Place { target, at, index, rule };
        let first = self.first;
        let found = if used.selects_all {
            let open = match self.open {
                Some((table, open)) if table == each.table => open,
                _ => {
                    let open = self.first_open(used, |_| true);
                    self.open = Some((each.table, open));
                    open
                }
            };
            open.map(place).filter(|place| *place < first)
        } else {
            let selects = |rule| place(rule) < first && self.selects(rule, index);
            self.first_open(used, selects).map(place)
        };
        if let Some(place) = found
            && holds(&used.table)
        {
            self.first = place;
        }
    }

    /// The first rule of a table of a target that admits the source and lets the port pass.
    fn first_open(&self, used: &UsedTable, is: impl Fn(UsingRule) -> bool) -> Option<UsingRule> {
        let Asking { admitting, opens, .. } = self.asking;
        let rules = used.rules.as_slice();
        if rules.len() <= FEW {
            let is_open = |rule: &UsingRule| {
                admitting.contains(rule.target) && is(*rule) && opens(rule.target)
            };
            return rules.iter().copied().find(is_open);
        }
        admitting.iter().find_map(|target| {
            let from = rules.partition_point(|rule| rule.target < target);
            let rules = rules.get(from..).unwrap_or_default();
            let mut rules = rules.iter().copied().take_while(|rule| rule.target == target);
            rules.find(|rule| is(*rule) && opens(target))
        })
    }

    /// Whether some target that admits the source has a rule of this table.
    fn may_be_open(&self, table: u32) -> bool {
        let used = self.routes.tables.get(table as usize);
        used.is_some_and(|used| self.first_open(used, |_| true).is_some())
    }

    fn selects(&self, UsingRule { target, at, .. }: UsingRule, index: u32) -> bool {
        let http = self.asking.targets.get(target as usize).and_then(|t| t.http.as_ref());
        let rule = http.and_then(|http| http.rules.get(at as usize));
        rule.is_some_and(|rule| match &rule.selection {
            Selection::All => true,
            Selection::Only(only) => only.binary_search(&index).is_ok(),
        })
    }
}

/// Up to this many rules are looked through one by one.
const FEW: usize = 8;
