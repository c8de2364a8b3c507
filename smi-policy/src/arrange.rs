//! From the targets of a destination to the arrangement of their HTTP matches.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::http_routes::{HttpRoutes, NumberedSet, Use, UsedTable, Uses, UsingRule, UsingRules};
use crate::pattern::{Limits, PatternSet, SetBuilder};
use crate::route::{PathCondition, RouteTable};
use crate::semantics::HttpSemantics;
use crate::target::{HttpRule, Selection, Target};
use crate::writer::TableId;

/// The tables that targets use, in the order in which they first do.
pub(crate) fn distinct_tables(targets: &[Arc<Target>]) -> Vec<(TableId, &Arc<RouteTable>)> {
    let mut seen = HashMap::new();
    let mut tables = Vec::new();
    for (_, _, rule) in rules(targets) {
        let table = rule.group.table();
        if seen.insert(id(table), ()).is_none() {
            tables.push((id(table), table));
        }
    }
    tables
}

/// Arranges the matches of the targets that grant something. Tables that other destinations use too
/// keep sets of their own; the patterns of all others become one set.
pub(crate) fn http_routes(
    targets: &[Arc<Target>],
    is_shared: impl Fn(TableId) -> bool,
    before: Option<&HttpRoutes>,
    begun: &mut Begun,
    semantics: &HttpSemantics,
    limits: &Limits,
) -> HttpRoutes {
    let tables = distinct_tables(targets);
    let numbers = vec![Vec::new(); tables.len()];
    let mut arranger = Arranger { before, begun, semantics, limits, numbers, count: 0 };
    let numbered = || (0_u32..).zip(&tables);
    let own: Vec<(u32, &Arc<RouteTable>)> =
        numbered().filter(|(_, (id, _))| !is_shared(*id)).map(|(at, (_, t))| (at, *t)).collect();
    let own = match &*own {
        [] => None,
        [(at, only)] => arranger.add(*at, only),
        several => arranger.unite(several),
    };
    let shared = numbered().filter(|(_, (id, _))| is_shared(*id));
    let shared = shared.filter_map(|(at, (_, table))| arranger.add(at, table)).collect();
    let Arranger { numbers, count, .. } = arranger;

    let mut uses: Vec<(u32, Use)> = Vec::with_capacity(count as usize);
    let mut without_pattern = Vec::new();
    for ((at, (_, table)), numbers) in numbered().zip(&numbers) {
        for index in 0..table.len() {
            let Some(conditions) = table.conditions(index) else { continue };
            let each = Use::new(at, index, conditions);
            match conditions.path {
                PathCondition::Pattern(pattern) => {
                    let number = numbers.get(pattern as usize).copied();
                    uses.extend(number.map(|number| (number, each)));
                }
                path => without_pattern.push((each, path)),
            }
        }
    }
    // Stable, so that the matches of a pattern stay in order.
    uses.sort_by_key(|(number, _)| *number);
    HttpRoutes {
        own,
        shared,
        uses: Uses::new(&uses, count),
        without_pattern: without_pattern.into(),
        tables: used_tables(targets, &tables),
    }
}

fn used_tables(
    targets: &[Arc<Target>],
    tables: &[(TableId, &Arc<RouteTable>)],
) -> Box<[UsedTable]> {
    let mut users: HashMap<TableId, (Vec<UsingRule>, bool)> = HashMap::new();
    for (target, at, rule) in rules(targets) {
        let (rules, selects_all) =
            users.entry(id(rule.group.table())).or_insert_with(|| (Vec::new(), true));
        rules.push(UsingRule { target, at, rule: rule.rule });
        *selects_all &= matches!(rule.selection, Selection::All);
    }
    let used = tables.iter().map(|(id, table)| {
        let (rules, selects_all) = users.remove(id).unwrap_or_default();
        UsedTable { table: Arc::clone(table), rules: UsingRules::new(rules), selects_all }
    });
    used.collect()
}

/// The HTTP rules of the targets that grant something, with the positions of both.
fn rules(targets: &[Arc<Target>]) -> impl Iterator<Item = (u32, u32, &HttpRule)> {
    let granting = (0_u32..).zip(targets).filter(|(_, target)| target.void.is_none());
    granting.flat_map(|(position, target)| {
        let rules = target.http.iter().flat_map(|http| &http.rules);
        (0_u32..).zip(rules).map(move |(at, rule)| (position, at, rule))
    })
}

fn id(table: &Arc<RouteTable>) -> TableId {
    Arc::as_ptr(table).addr()
}

impl HttpRoutes {
    /// The set of just these tables, in this order.
    fn set_of(&self, tables: &[(u32, &Arc<RouteTable>)]) -> Option<&PatternSet> {
        let is_set = |set: &&NumberedSet| {
            let known = set.tables.iter().map(|at| self.tables.get(*at as usize));
            let mut pairs = known.zip(tables);
            set.tables.len() == tables.len()
                && pairs.all(|(known, (_, table))| {
                    known.is_some_and(|known| Arc::ptr_eq(&known.table, table))
                })
        };
        self.sets().find(is_set).map(|found| &found.set)
    }
}

/// The sets that compiling tables began, as far as there is room for them, so that their patterns
/// need not be read again.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// The tables too, so that no other one comes to have an address of these.
    sets: HashMap<TableId, (Arc<RouteTable>, SetBuilder)>,
    size: usize,
}

/// How many bytes they may take. A policy of some thousand groups fits.
const MAX_BEGUN: usize = 16 << 20;

impl Begun {
    pub(crate) fn put(&mut self, table: &Arc<RouteTable>, set: SetBuilder) {
        let size = self.size.saturating_add(table.size());
        if size <= MAX_BEGUN {
            self.size = size;
            self.sets.insert(id(table), (Arc::clone(table), set));
        }
    }

    fn take(&mut self, table: &Arc<RouteTable>) -> Option<SetBuilder> {
        let (_, set) = self.sets.remove(&id(table))?;
        self.size = self.size.saturating_sub(table.size());
        Some(set)
    }

    /// Ends a batch. What is left belongs to tables that no target uses.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

struct Arranger<'a> {
    /// The arrangement before, of which sets that stay the same are taken.
    before: Option<&'a HttpRoutes>,
    begun: &'a mut Begun,
    semantics: &'a HttpSemantics,
    limits: &'a Limits,
    /// Of each table, the numbers of its patterns.
    numbers: Vec<Vec<u32>>,
    /// How many numbers are taken.
    count: u32,
}

impl Arranger<'_> {
    /// The set of one table; `None` without patterns.
    fn add(&mut self, at: u32, table: &Arc<RouteTable>) -> Option<NumberedSet> {
        if table.pattern_count() == 0 {
            return None;
        }
        let first = self.count;
        self.count = first.saturating_add(table.pattern_count());
        if let Some(numbers) = self.numbers.get_mut(at as usize) {
            *numbers = (first..self.count).collect();
        }
        let routes = match self.begun.take(table) {
            Some(begun) => table.routes_begun(begun, self.semantics, self.limits),
            None => table.routes(self.semantics, self.limits),
        };
        Some(NumberedSet { first, set: routes.set.clone(), tables: [at].into() })
    }

    /// One set of the patterns of several tables; `None` without patterns.
    fn unite(&mut self, tables: &[(u32, &Arc<RouteTable>)]) -> Option<NumberedSet> {
        let reused = self.before.and_then(|before| before.set_of(tables)).cloned();
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut builder = SetBuilder::default();
        let first = self.count;
        for (at, table) in tables {
            let mut numbers = Vec::new();
            let mut begun = if reused.is_none() { self.begun.take(table) } else { None };
            for (pattern, text) in table.patterns().enumerate() {
                let number = known.get(text).copied().unwrap_or_else(|| {
                    match &mut begun {
                        Some(begun) => builder.add_begun(begun, pattern),
                        None if reused.is_none() => builder.add_any(text, self.limits),
                        None => {}
                    }
                    let number = self.count;
                    self.count = number.saturating_add(1);
                    known.insert(text, number);
                    number
                });
                numbers.push(number);
            }
            if let Some(slot) = self.numbers.get_mut(*at as usize) {
                *slot = numbers;
            }
        }
        if known.is_empty() {
            return None;
        }
        let set =
            reused.unwrap_or_else(|| builder.compile(self.semantics.path_anchor, self.limits));
        let tables = tables.iter().map(|(at, _)| *at).collect();
        Some(NumberedSet { first, set, tables })
    }
}
