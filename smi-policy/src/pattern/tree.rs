use regex_syntax::hir::{Hir, Repetition};

use super::flags::Flags;
use super::repetition::Counts;

/// A part of a pattern.
#[derive(Debug)]
pub(super) struct Node {
    hir: Hir,
    cost: Cost,
    shape: Shape,
}

/// What the limits need to know of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Height of the syntax tree as Go counts it: groups that capture have a level of their own,
    /// although here they leave no trace, for nobody asks what they captured.
    pub(super) height: u32,
    /// The largest product of counts along a path to a leaf.
    pub(super) repeats: u32,
}

/// What Go merges with its like, so that it adds no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One character, or a class: an alternation of these is a class.
    Character,
    Concatenation,
    Alternation,
    Other,
}

impl Node {
    fn leaf(hir: Hir, shape: Shape) -> Self {
        Self { hir, cost: Cost { height: 1, repeats: 1 }, shape }
    }

    /// Something that consumes nothing.
    pub(super) fn empty(hir: Hir) -> Self {
        Self::leaf(hir, Shape::Other)
    }

    /// Something that consumes one character.
    pub(super) fn class(hir: Hir) -> Self {
        Self::leaf(hir, Shape::Character)
    }

    fn character(c: char) -> Self {
        Self::class(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()))
    }

    fn concatenation(items: Vec<Item>) -> Self {
        let mut joined = Self::empty(Hir::empty());
        let mut nodes = Vec::new();
        let mut text = String::new();
        let alone = items.len() == 1;
        for item in items {
            match item {
                Item::Char(c) if alone => return Self::character(c),
                Item::Node(node) if alone => return node,
                Item::Char(c) => text.push(c),
                Item::Node(node) => {
                    nodes.push(Hir::literal(std::mem::take(&mut text).into_bytes()));
                    joined.absorb(&node, Shape::Concatenation);
                    nodes.push(node.hir);
                }
            }
        }
        nodes.push(Hir::literal(text.into_bytes()));
        joined.hir = Hir::concat(nodes);
        joined
    }

    fn alternation(branches: Vec<Self>) -> Self {
        let mut joined = Self::class(Hir::empty());
        if !branches.iter().all(|branch| branch.shape == Shape::Character) {
            for branch in &branches {
                joined.absorb(branch, Shape::Alternation);
            }
        }
        joined.hir = Hir::alternation(branches.into_iter().map(|branch| branch.hir).collect());
        joined
    }

    /// Becomes something of this shape with `part` as a part.
    fn absorb(&mut self, part: &Self, shape: Shape) {
        let level = u32::from(part.shape != shape);
        self.cost.height = self.cost.height.max(part.cost.height.saturating_add(level));
        self.cost.repeats = self.cost.repeats.max(part.cost.repeats);
        self.shape = shape;
    }

    fn repeated(self, counts: Counts) -> Self {
        let Counts { min, max } = counts;
        let count = max.unwrap_or(min).max(1);
        let repetition = Repetition { min, max, greedy: true, sub: Box::new(self.hir) };
        let cost = Cost {
            height: self.cost.height.saturating_add(1),
            repeats: self.cost.repeats.saturating_mul(count),
        };
        Self { hir: Hir::repetition(repetition), cost, shape: Shape::Other }
    }

    fn captured(mut self) -> Self {
        self.cost.height = self.cost.height.saturating_add(1);
        self.shape = Shape::Other;
        self
    }
}

/// A member of a concatenation. Characters are kept as such: most of a pattern is text.
#[derive(Debug)]
enum Item {
    Char(char),
    Node(Node),
}

/// Whether a group has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupKind {
    Capturing,
    Plain,
}

/// A group that is still open, or the whole pattern.
#[derive(Debug)]
struct Group {
    kind: GroupKind,
    /// Where its `(` is.
    start: usize,
    /// The flags before it, which hold again behind it.
    outer_flags: Flags,
    branches: Vec<Node>,
    items: Vec<Item>,
}

impl Group {
    fn new(kind: GroupKind, start: usize, outer_flags: Flags) -> Self {
        Self { kind, start, outer_flags, branches: Vec::new(), items: Vec::new() }
    }

    fn end_branch(&mut self) {
        self.branches.push(Node::concatenation(std::mem::take(&mut self.items)));
    }

    fn finish(mut self) -> Node {
        self.end_branch();
        let only = if self.branches.len() == 1 { self.branches.pop() } else { None };
        let node = only.unwrap_or_else(|| Node::alternation(self.branches));
        match self.kind {
            GroupKind::Capturing => node.captured(),
            GroupKind::Plain => node,
        }
    }
}

/// The tree of a pattern while it is being read: groups within groups, on the heap, so that no
/// pattern exhausts the stack.
#[derive(Debug)]
pub(super) struct Tree {
    current: Group,
    outer: Vec<Group>,
}

/// A group that was closed.
#[derive(Debug)]
pub(super) struct Closed {
    /// Where its `(` is.
    pub(super) start: usize,
    /// The flags that hold again.
    pub(super) flags: Flags,
    /// What it costs.
    pub(super) cost: Cost,
}

impl Tree {
    pub(super) fn new() -> Self {
        let current = Group::new(GroupKind::Plain, 0, Flags::default());
        Self { current, outer: Vec::new() }
    }

    pub(super) fn push_char(&mut self, c: char) {
        self.current.items.push(Item::Char(c));
    }

    pub(super) fn push(&mut self, node: Node) {
        self.current.items.push(Item::Node(node));
    }

    /// Repeats what was pushed last. `None` if there is nothing.
    pub(super) fn repeat(&mut self, counts: Counts) -> Option<Cost> {
        let node = match self.current.items.pop()? {
            Item::Char(c) => Node::character(c),
            Item::Node(node) => node,
        };
        let node = node.repeated(counts);
        let cost = node.cost;
        self.push(node);
        Some(cost)
    }

    /// Begins another branch of an alternation.
    pub(super) fn branch(&mut self) {
        self.current.end_branch();
    }

    /// Begins a group, whose `(` is at `start`.
    pub(super) fn open(&mut self, kind: GroupKind, start: usize, outer_flags: Flags) {
        let group = Group::new(kind, start, outer_flags);
        self.outer.push(std::mem::replace(&mut self.current, group));
    }

    /// Ends the innermost group. `None` if none is open.
    pub(super) fn close(&mut self) -> Option<Closed> {
        let outer = self.outer.pop()?;
        let group = std::mem::replace(&mut self.current, outer);
        let (start, flags) = (group.start, group.outer_flags);
        let node = group.finish();
        let cost = node.cost;
        self.push(node);
        Some(Closed { start, flags, cost })
    }

    /// Ends the pattern, and says what it costs.
    ///
    /// # Errors
    ///
    /// Where the innermost group begins, if one is open.
    pub(super) fn finish(self) -> Result<(Hir, Cost), usize> {
        if !self.outer.is_empty() {
            return Err(self.current.start);
        }
        let node = self.current.finish();
        Ok((node.hir, node.cost))
    }
}
