use super::automaton::{
    AT_END, Automaton, KIND, MATCHES, MAX_RANGES, PADDING, RANGES, RUN, TABLE, WIDE_ALL, WIDE_LIST,
    Width,
};
use super::dfa::{DEAD, Dfa, START, STRAY, StateId, WideMove};
use super::nfa::Nfa;

/// Writes an automaton down, state by state, in the form that [`Automaton`] runs. `None` if it
/// takes more than `max_bytes`.
///
/// States that only hand on to a next one become runs of text, which is what most of a path's
/// pattern is.
pub(super) fn encode(dfa: &Dfa, nfa: &Nfa, max_bytes: usize) -> Option<Automaton> {
    let nodes = Nodes::of(dfa)?;
    let classes = nfa.alphabet.classes().len();
    let encoded = [Width::Two, Width::Four].into_iter().find_map(|width| {
        let code = Vec::with_capacity(16 * nodes.order.len());
        let (fixes, text) = (Vec::with_capacity(2 * nodes.order.len()), Vec::new());
        Writer { dfa, width, classes, code, fixes, text }.write(&nodes)
    });
    let (width, code) = encoded?;
    let is_plain = nodes.order.iter().all(|id| dfa.wide(*id).is_empty());
    let alphabet =
        if is_plain { super::alphabet::Alphabet::default() } else { nfa.alphabet.clone() };
    (code.len() + alphabet.memory_usage() <= max_bytes)
        .then(|| Automaton::new(code, width, alphabet))
}

/// The states at which nodes begin.
struct Nodes {
    /// In the order in which they are written.
    order: Vec<StateId>,
    is_node: Vec<bool>,
}

impl Nodes {
    /// Walks the states as they follow each other, so that what is needed together is together.
    fn of(dfa: &Dfa) -> Option<Self> {
        let len = dfa.states().len();
        let mut arrivals = vec![0_u32; len];
        for id in dfa.states() {
            for to in targets(dfa, id) {
                let arrivals = arrivals.get_mut(to as usize)?;
                *arrivals = arrivals.saturating_add(1);
            }
        }
        let mut nodes = Self { order: Vec::new(), is_node: vec![false; len] };
        let mut stack = vec![START];
        let mut text = Vec::new();
        if len <= START as usize {
            return Some(nodes);
        }
        while let Some(id) = stack.pop() {
            let is_node = nodes.is_node.get_mut(id as usize)?;
            if std::mem::replace(is_node, true) {
                continue;
            }
            nodes.order.push(id);
            let is_inner = |id| arrivals.get(id as usize).is_some_and(|n| *n == 1);
            match run(dfa, id, is_inner, &mut text) {
                Some(after) => stack.push(after),
                None => {
                    let from = stack.len();
                    stack.extend(targets(dfa, id));
                    stack.get_mut(from..)?.reverse();
                }
            }
        }
        // Only a state with one arrival is ever inside a run, so that none is both.
        Some(nodes)
    }

    fn contains(&self, id: StateId) -> bool {
        self.is_node.get(id as usize).copied().unwrap_or_default()
    }
}

/// The text that a state asks for before anything else can happen, and the state behind it; none
/// if it has any choice.
fn run(
    dfa: &Dfa,
    id: StateId,
    is_inner: impl Fn(StateId) -> bool,
    text: &mut Vec<u8>,
) -> Option<StateId> {
    text.clear();
    let mut at = id;
    while let Some((byte, to)) = only_move(dfa, at) {
        text.push(byte);
        at = to;
        let is_silent = dfa.matches(at).len() == 0 && dfa.matches_at_end(at).is_empty();
        if text.len() == MAX_RUN || !is_silent || !is_inner(at) || only_move(dfa, at).is_none() {
            break;
        }
    }
    (!text.is_empty()).then_some(at)
}

/// The move of a state that has no other, on one ASCII character.
fn only_move(dfa: &Dfa, id: StateId) -> Option<(u8, StateId)> {
    match dfa.ascii(id) {
        [only] if only.first == only.last && dfa.wide(id).is_empty() => Some((only.first, only.to)),
        _ => None,
    }
}

fn targets(dfa: &Dfa, id: StateId) -> impl Iterator<Item = StateId> {
    let ascii = dfa.ascii(id).iter().map(|m| m.to);
    ascii.chain(dfa.wide(id).iter().map(|m| m.to)).filter(|to| *to != DEAD)
}

/// The longest text of one node.
const MAX_RUN: usize = 255;

struct Writer<'d> {
    dfa: &'d Dfa,
    width: Width,
    /// How many classes characters outside of ASCII have.
    classes: usize,
    code: Vec<u8>,
    /// Where the place of a node is to be written once it is known.
    fixes: Vec<(usize, StateId)>,
    /// Room for the text of a node.
    text: Vec<u8>,
}

impl Writer<'_> {
    /// `None` if places do not fit the width.
    fn write(mut self, nodes: &Nodes) -> Option<(Width, Vec<u8>)> {
        let mut places = vec![0_u32; self.dfa.states().len()];
        // No node is at 0, which says that there is none.
        self.code.push(0);
        for &id in &nodes.order {
            *places.get_mut(id as usize)? = u32::try_from(self.code.len()).ok()?;
            self.node(id, nodes);
        }
        if self.width == Width::Two && self.code.len() > usize::from(u16::MAX) {
            return None;
        }
        self.code.resize(self.code.len() + PADDING, 0);
        for (at, id) in std::mem::take(&mut self.fixes) {
            let place = places.get(id as usize)?.to_le_bytes();
            let (field, bytes) = match self.width {
                Width::Two => (self.code.get_mut(at..at + 2)?, place.get(..2)?),
                Width::Four => (self.code.get_mut(at..at + 4)?, place.get(..4)?),
            };
            field.copy_from_slice(bytes);
        }
        Some((self.width, self.code))
    }

    fn node(&mut self, id: StateId, nodes: &Nodes) {
        let head = self.code.len();
        self.code.push(0);
        let mut flags = 0;
        let dfa = self.dfa;
        if dfa.matches(id).len() > 0 {
            flags |= MATCHES;
            self.patterns(dfa.matches(id));
        }
        if !dfa.matches_at_end(id).is_empty() {
            flags |= AT_END;
            self.patterns(dfa.matches_at_end(id).iter().copied());
        }
        flags |= self.wide(dfa.wide(id));
        flags |= match run(dfa, id, |id| !nodes.contains(id), &mut self.text) {
            Some(after) => {
                self.code.push(self.text.len() as u8);
                self.code.extend_from_slice(&self.text);
                self.place(after);
                RUN
            }
            None => self.choice(id),
        };
        if let Some(head) = self.code.get_mut(head) {
            *head = flags;
        }
        debug_assert_eq!(flags & KIND & !(RUN | RANGES | TABLE), 0);
    }

    fn choice(&mut self, id: StateId) -> u8 {
        let moves = self.dfa.ascii(id);
        if moves.len() <= MAX_RANGES {
            self.code.push(moves.len() as u8);
            self.code.extend(moves.iter().map(|m| m.last));
            self.code.extend(moves.iter().map(|m| m.first));
            moves.iter().for_each(|m| self.place(m.to));
            return RANGES;
        }
        let (first, last) = match moves {
            [first, .., last] => (first.first, last.last),
            _ => (0, 0),
        };
        self.code.extend([first, last]);
        let mut moves = moves.iter().peekable();
        for byte in first..=last {
            while moves.peek().is_some_and(|m| m.last < byte) {
                moves.next();
            }
            match moves.peek() {
                Some(m) if m.first <= byte => self.place(m.to),
                _ => self.place(DEAD),
            }
        }
        TABLE
    }

    fn wide(&mut self, moves: &[WideMove]) -> u8 {
        let Some(first) = moves.first() else { return 0 };
        let is_all = moves.len() == self.classes
            && moves.iter().all(|m| m.to == first.to && m.class != STRAY);
        if is_all {
            self.place(first.to);
            return WIDE_ALL;
        }
        self.code.push(moves.len() as u8);
        for m in moves {
            self.code.push(m.class);
            self.place(m.to);
        }
        WIDE_LIST
    }

    fn patterns(&mut self, patterns: impl ExactSizeIterator<Item = u16>) {
        self.code.extend((patterns.len() as u16).to_le_bytes());
        patterns.for_each(|pattern| self.code.extend(pattern.to_le_bytes()));
    }

    fn place(&mut self, id: StateId) {
        if id != DEAD {
            self.fixes.push((self.code.len(), id));
        }
        let place = [0; 4];
        self.code.extend_from_slice(match self.width {
            Width::Two => place.get(..2).unwrap_or_default(),
            Width::Four => &place,
        });
    }
}
