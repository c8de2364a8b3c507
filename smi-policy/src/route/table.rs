use std::sync::{Arc, OnceLock};

use hashbrown::{HashMap, HashSet};

use crate::diagnostic::Severity;
use crate::headers::Headers;
use crate::pattern::{Limits, PatternSet, Regex, SetBuilder};
use crate::record::{MatchTexts, Record};
use crate::route::http_match::{
    Compiled, CompiledPath, Conditions, Failure, HeaderCondition, Methods, PathCondition,
};
use crate::route::regexes::Regexes;
use crate::route::subject::HttpSubject;
use crate::semantics::HttpSemantics;

/// The matches of an HTTPRouteGroup, compiled, without its name: groups with the same matches share
/// one table.
#[derive(Debug)]
pub(crate) struct RouteTable {
    record: Record,
    /// As in the resource. `None`: ignored, because it could not be read or compiled.
    matches: Box<[Option<Conditions>]>,
    /// By position of the match, ascending, where there are any.
    headers: Box<[(u32, Box<[HeaderCondition]>)]>,
    /// Methods that have no bit of their own, likewise.
    methods: Box<[(u32, Names)]>,
    /// Regexes that constrain nothing.
    unconstrained: Box<[Arc<Regex>]>,
    /// How many different patterns the usable matches have.
    patterns: u32,
    /// Bytes that it takes before its patterns are made an automaton.
    size: usize,
    faults: Box<[TableFault]>,
    /// Its patterns as a set of their own, once somebody has asked for that.
    own: OnceLock<Routes>,
}

type Names = Box<[Box<str>]>;

/// Something wrong with a match.
#[derive(Debug)]
pub(super) struct TableFault {
    pub(super) field: String,
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The patterns of a table, and the matches that have them.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) set: PatternSet,
    /// Positions of the matches of each pattern, ascending, one after another.
    matches: Box<[u32]>,
    /// Where those of each pattern begin.
    starts: Box<[u32]>,
    /// Positions of the matches without pattern, ascending.
    pub(super) without_pattern: Box<[u32]>,
}

impl RouteTable {
    /// Compiles matches. Also gives the set of their patterns, as far as it was begun.
    pub(crate) fn compile(
        record: Record,
        semantics: &HttpSemantics,
        limits: &Limits,
        regexes: &mut Regexes,
    ) -> (Self, SetBuilder) {
        let mut set = SetBuilder::default();
        let mut compiler = Compiler {
            semantics,
            limits,
            regexes,
            patterns: 0,
            size: 0,
            headers: Vec::new(),
            methods: Vec::new(),
            unconstrained: Vec::new(),
            faults: Vec::new(),
        };
        let matches = compiler.matches(&record, &mut set);
        let table = Self {
            record,
            matches: matches.into(),
            headers: compiler.headers.into(),
            methods: compiler.methods.into(),
            unconstrained: compiler.unconstrained.into(),
            patterns: compiler.patterns,
            size: compiler.size,
            faults: compiler.faults.into(),
            own: OnceLock::new(),
        };
        (table, set)
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn faults(&self) -> &[TableFault] {
        &self.faults
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.matches.len()).unwrap_or(u32::MAX)
    }

    /// The conditions of the match at this position; `None` if it cannot be used.
    pub(crate) fn conditions(&self, index: u32) -> Option<Conditions> {
        self.matches.get(usize::try_from(index).ok()?).copied()?
    }

    /// The texts of the patterns, by their numbers.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        let mut next = 0;
        let texts = self.matches.iter().zip(self.record.path_regexes());
        texts.filter_map(move |(conditions, text)| match conditions {
            // Of the matches that have a pattern the first one.
            Some(Conditions { path: PathCondition::Pattern(number), .. }) if *number == next => {
                next += 1;
                text
            }
            _ => None,
        })
    }

    /// How many patterns there are.
    pub(crate) fn pattern_count(&self) -> u32 {
        self.patterns
    }

    /// The patterns as a set of their own.
    pub(crate) fn routes(&self, semantics: &HttpSemantics, limits: &Limits) -> &Routes {
        self.own.get_or_init(|| {
            let mut set = SetBuilder::default();
            for text in self.patterns() {
                set.add_any(text, limits);
            }
            self.to_routes(set, semantics, limits)
        })
    }

    /// The same, of a set that compiling began.
    pub(crate) fn routes_begun(
        &self,
        begun: SetBuilder,
        semantics: &HttpSemantics,
        limits: &Limits,
    ) -> &Routes {
        self.own.get_or_init(|| self.to_routes(begun, semantics, limits))
    }

    pub(super) fn own(&self) -> Option<&Routes> {
        self.own.get()
    }

    /// Takes the set that compiling began.
    pub(super) fn with_routes(
        self,
        set: SetBuilder,
        semantics: &HttpSemantics,
        limits: &Limits,
    ) -> Self {
        let own = OnceLock::from(self.to_routes(set, semantics, limits));
        Self { own, ..self }
    }

    fn to_routes(&self, set: SetBuilder, semantics: &HttpSemantics, limits: &Limits) -> Routes {
        let set = set.compile(semantics.path_anchor, limits);
        let (mut numbered, mut without_pattern) = (Vec::new(), Vec::new());
        for (index, conditions) in (0_u32..).zip(&self.matches) {
            match conditions.map(|conditions| conditions.path) {
                None => {}
                Some(PathCondition::Pattern(number)) => numbered.push((number, index)),
                Some(_) => without_pattern.push(index),
            }
        }
        numbered.sort_unstable();
        Routes {
            set,
            starts: starts(numbered.iter().map(|(number, _)| *number), self.patterns),
            matches: numbered.into_iter().map(|(_, index)| index).collect(),
            without_pattern: without_pattern.into(),
        }
    }

    /// Whether what a match asks of anything but the path holds.
    pub(crate) fn holds_apart_from_path<H: Headers + ?Sized>(
        &self,
        index: u32,
        methods: Methods,
        subject: &HttpSubject<'_, H>,
    ) -> bool {
        self.has_method(index, methods, subject)
            && (self.headers.is_empty()
                || self.headers(index).iter().all(|header| header.accepts(subject)))
    }

    fn has_method<H: ?Sized>(
        &self,
        index: u32,
        methods: Methods,
        subject: &HttpSubject<'_, H>,
    ) -> bool {
        methods.admit(subject.method)
            && (!methods.need_name(subject.method)
                || at(&self.methods, index).iter().any(|name| **name == *subject.request.method))
    }

    /// Whether the path satisfies a match; of a match with a pattern of its own, whether that was
    /// `hit`.
    pub(crate) fn accepts_path<H: ?Sized>(
        &self,
        path: PathCondition,
        subject: &HttpSubject<'_, H>,
        hit: impl FnOnce(u32) -> bool,
    ) -> bool {
        match path {
            PathCondition::None => true,
            // Also where the regex itself could not pass a byte that is not UTF-8.
            PathCondition::Unconstrained(_) if subject.path.is_rooted() => true,
            PathCondition::Unconstrained(number) => {
                let regex = self.unconstrained.get(number as usize);
                let clean = subject.path.clean();
                clean.is_some_and(|path| regex.is_some_and(|regex| regex.is_match(path)))
            }
            PathCondition::Pattern(number) => subject.path.clean().is_some() && hit(number),
        }
    }

    /// The first condition of a match that fails, or `None` if all hold. Unlike a decision this
    /// looks at the path first, because that tells people more.
    pub(crate) fn failure<H: Headers + ?Sized>(
        &self,
        index: u32,
        conditions: Conditions,
        subject: &HttpSubject<'_, H>,
        hit: impl FnOnce(u32) -> bool,
    ) -> Option<Failure> {
        if !self.accepts_path(conditions.path, subject, hit) {
            return Some(if subject.is_unclean() { Failure::UncleanPath } else { Failure::Path });
        }
        if !self.has_method(index, conditions.methods, subject) {
            return Some(Failure::Method);
        }
        let failed = self.headers(index).iter().find(|header| !header.accepts(subject))?;
        Some(Failure::Header(failed.name().to_owned()))
    }

    fn headers(&self, index: u32) -> &[HeaderCondition] {
        at(&self.headers, index)
    }
}

impl Routes {
    /// Positions of the matches that have this pattern, ascending.
    pub(super) fn matches(&self, pattern: u32) -> &[u32] {
        span(&self.starts, pattern).and_then(|span| self.matches.get(span)).unwrap_or_default()
    }
}

/// Where each of `count` numbers begins in a sorted list of them, and where the last one ends.
pub(crate) fn starts(numbers: impl Iterator<Item = u32>, count: u32) -> Box<[u32]> {
    let mut ends = vec![0_u32; count as usize + 1];
    for number in numbers {
        if let Some(end) = ends.get_mut(number as usize + 1) {
            *end += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    ends.into()
}

/// The part of a list that belongs to a number.
#[inline]
pub(crate) fn span(starts: &[u32], number: u32) -> Option<std::ops::Range<usize>> {
    let number = number as usize;
    Some(*starts.get(number)? as usize..*starts.get(number + 1)? as usize)
}

/// What a sorted list has at a position.
fn at<T>(list: &[(u32, Box<[T]>)], index: u32) -> &[T] {
    let found = list.binary_search_by_key(&index, |(at, _)| *at).ok();
    found.and_then(|found| list.get(found)).map_or(&[], |(_, items)| items)
}

struct Compiler<'c> {
    semantics: &'c HttpSemantics,
    limits: &'c Limits,
    regexes: &'c mut Regexes,
    patterns: u32,
    size: usize,
    headers: Vec<(u32, Box<[HeaderCondition]>)>,
    methods: Vec<(u32, Names)>,
    unconstrained: Vec<Arc<Regex>>,
    faults: Vec<TableFault>,
}

impl Compiler<'_> {
    fn matches(&mut self, record: &Record, set: &mut SetBuilder) -> Vec<Option<Conditions>> {
        let mut names = HashSet::new();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut matches = Vec::new();
        for (index, texts) in record.texts().enumerate() {
            let Some(texts) = texts else {
                matches.push(None);
                continue;
            };
            if let Some(taken) = texts.name.filter(|name| !names.insert(*name)) {
                self.duplicate_name(index, taken);
            }
            let text = texts.path_regex.unwrap_or_default();
            let known = numbers.get(text).copied();
            let conditions = self.add(index, &texts, set, known);
            if let Some(Conditions { path: PathCondition::Pattern(number), .. }) = conditions {
                numbers.insert(text, number);
            }
            matches.push(conditions);
        }
        if matches.is_empty() {
            let message = "the group has no matches, so it matches no request".to_owned();
            self.error("spec.matches".to_owned(), "empty-group", message);
        }
        matches
    }

    /// Compiles one match. `known` is the number of its pattern, if another match has it too.
    fn add(
        &mut self,
        index: usize,
        texts: &MatchTexts<'_>,
        set: &mut SetBuilder,
        known: Option<u32>,
    ) -> Option<Conditions> {
        let Self { semantics, limits, regexes, .. } = self;
        let compiled = match Compiled::new(texts, semantics, limits, regexes, set, known.is_some())
        {
            Ok(compiled) => compiled,
            Err(fault) => {
                let field = format!("spec.matches[{index}].{}", fault.field);
                self.error(field, fault.code, fault.message);
                return None;
            }
        };
        let is_new = known.is_none() && matches!(compiled.path, CompiledPath::Pattern);
        // Every match takes some room, also one without conditions.
        let size = self.size.saturating_add(compiled.size).saturating_add(MATCH_SIZE);
        if size > self.limits.group_size {
            if is_new {
                set.pop();
            }
            let message = format!(
                "with this match the group takes more than {} bytes, so the match is ignored",
                self.limits.group_size
            );
            self.error(format!("spec.matches[{index}]"), "group-too-large", message);
            return None;
        }
        self.size = size;
        let at = u32::try_from(index).ok()?;
        let path = match compiled.path {
            CompiledPath::None => PathCondition::None,
            CompiledPath::Unconstrained(regex) => {
                self.unconstrained.push(regex);
                PathCondition::Unconstrained(u32::try_from(self.unconstrained.len() - 1).ok()?)
            }
            CompiledPath::Pattern => PathCondition::Pattern(known.unwrap_or(self.patterns)),
        };
        self.patterns += u32::from(is_new);
        let has_headers = !compiled.headers.is_empty();
        if has_headers {
            self.headers.push((at, compiled.headers));
        }
        let others: Names = Methods::others(&texts.methods).map(Into::into).collect();
        if !others.is_empty() {
            self.methods.push((at, others));
        }
        Some(Conditions { path, methods: compiled.methods, has_headers })
    }

    fn error(&mut self, field: String, code: &'static str, message: String) {
        self.faults.push(TableFault { field, severity: Severity::Error, code, message });
    }

    fn duplicate_name(&mut self, index: usize, name: &str) {
        self.faults.push(TableFault {
            field: format!("spec.matches[{index}].name"),
            severity: Severity::Warning,
            code: "duplicate-match-name",
            message: format!(
                "another match is named `{name}` too; a rule that selects it selects both"
            ),
        });
    }
}

/// What a match takes besides its patterns, about.
const MATCH_SIZE: usize = 64;
