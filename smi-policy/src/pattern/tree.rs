use regex_syntax::hir::{Hir, Repetition};

use super::flags::Flags;
use super::repetition::Counts;

/// A part of a pattern.
#[derive(Debug)]
pub(super) struct Node {
    hir: Hir,
    form: Form,
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

/// What a part costs and what it merges with.
#[derive(Clone, Copy, Debug)]
struct Form {
    cost: Cost,
    shape: Shape,
}

impl Form {
    /// That of something without parts.
    fn leaf(shape: Shape) -> Self {
        Self { cost: Cost { height: 1, repeats: 1 }, shape }
    }

    /// Becomes something of this shape with `part` as a part.
    fn absorb(&mut self, part: Self, shape: Shape) {
        let level = u32::from(part.shape != shape);
        self.cost.height = self.cost.height.max(part.cost.height.saturating_add(level));
        self.cost.repeats = self.cost.repeats.max(part.cost.repeats);
        self.shape = shape;
    }
}

impl Node {
    /// Something that consumes nothing.
    pub(super) fn empty(hir: Hir) -> Self {
        Self { hir, form: Form::leaf(Shape::Other) }
    }

    /// Something that consumes one character.
    pub(super) fn class(hir: Hir) -> Self {
        Self { hir, form: Form::leaf(Shape::Character) }
    }

    fn character(c: char) -> Self {
        let mut bytes = [0; 4];
        Self::class(Hir::literal(c.encode_utf8(&mut bytes).as_bytes()))
    }

    fn alternation(branches: Vec<Self>) -> Self {
        let mut form = Form::leaf(Shape::Character);
        if !branches.iter().all(|branch| branch.form.shape == Shape::Character) {
            for branch in &branches {
                form.absorb(branch.form, Shape::Alternation);
            }
        }
        let hir = Hir::alternation(branches.into_iter().map(|branch| branch.hir).collect());
        Self { hir, form }
    }

    fn repeated(self, counts: Counts) -> Self {
        let Counts { min, max } = counts;
        let count = max.unwrap_or(min).max(1);
        let repetition = Repetition { min, max, greedy: true, sub: Box::new(self.hir) };
        let Cost { height, repeats } = self.form.cost;
        let cost =
            Cost { height: height.saturating_add(1), repeats: repeats.saturating_mul(count) };
        Self { hir: Hir::repetition(repetition), form: Form { cost, shape: Shape::Other } }
    }

    fn captured(mut self) -> Self {
        self.form.cost.height = self.form.cost.height.saturating_add(1);
        self.form.shape = Shape::Other;
        self
    }
}

/// A concatenation that is being read.
#[derive(Debug)]
struct Branch {
    /// Texts, and nodes between them.
    parts: Vec<Hir>,
    /// The characters behind the last part. They are kept as such: most of a pattern is text.
    text: String,
    /// What was read last, if that is a node: it may yet be repeated.
    last: Option<Node>,
    /// How many characters and nodes there are.
    len: usize,
    form: Form,
}

impl Branch {
    fn new() -> Self {
        let form = Form::leaf(Shape::Other);
        Self { parts: Vec::new(), text: String::new(), last: None, len: 0, form }
    }

    fn push_text(&mut self, text: &str) {
        self.settle();
        self.text.push_str(text);
        self.len += text.chars().count();
    }

    fn push(&mut self, node: Node) {
        self.settle();
        self.last = Some(node);
        self.len += 1;
    }

    /// Takes back what was pushed last; only once before more is pushed.
    fn pop(&mut self) -> Option<Node> {
        let node = match self.last.take() {
            Some(node) => node,
            None => Node::character(self.text.pop()?),
        };
        self.len -= 1;
        Some(node)
    }

    /// Makes a part of the last node.
    fn settle(&mut self) {
        if let Some(node) = self.last.take() {
            self.end_text();
            self.form.absorb(node.form, Shape::Concatenation);
            self.parts.push(node.hir);
        }
    }

    /// Makes a part of the text.
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Hir::literal(std::mem::take(&mut self.text).into_bytes()));
        }
    }

    fn finish(mut self) -> Node {
        if self.len == 1 {
            let mut chars = self.text.chars();
            return self.last.unwrap_or_else(|| match chars.next() {
                Some(c) => Node::character(c),
                None => Node::empty(Hir::empty()),
            });
        }
        self.settle();
        self.end_text();
        Node { hir: Hir::concat(self.parts), form: self.form }
    }
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
    branch: Branch,
}

impl Group {
    fn new(kind: GroupKind, start: usize, outer_flags: Flags) -> Self {
        Self { kind, start, outer_flags, branches: Vec::new(), branch: Branch::new() }
    }

    fn end_branch(&mut self) {
        let branch = std::mem::replace(&mut self.branch, Branch::new());
        self.branches.push(branch.finish());
    }

    fn finish(mut self) -> Node {
        let last = self.branch.finish();
        let node = if self.branches.is_empty() {
            last
        } else {
            self.branches.push(last);
            Node::alternation(self.branches)
        };
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

    /// Adds characters that stand for themselves.
    pub(super) fn push_text(&mut self, text: &str) {
        self.current.branch.push_text(text);
    }

    pub(super) fn push(&mut self, node: Node) {
        self.current.branch.push(node);
    }

    /// Repeats what was pushed last. `None` if there is nothing.
    pub(super) fn repeat(&mut self, counts: Counts) -> Option<Cost> {
        let node = self.current.branch.pop()?.repeated(counts);
        let cost = node.form.cost;
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
        let cost = node.form.cost;
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
        Ok((node.hir, node.form.cost))
    }
}
