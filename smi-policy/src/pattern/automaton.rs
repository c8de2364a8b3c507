use std::sync::Arc;

use super::alphabet::Alphabet;
use super::determinize::determinize;
use super::dfa::STRAY;
use super::encode::encode;
use super::nfa::Nfa;
use super::program::Program;
use super::work;
use crate::Anchor;

/// Patterns and their anchoring as one deterministic automaton: complete when it is built, so that
/// matching neither allocates nor locks, and takes one pass over the input however many patterns
/// there are.
///
/// It is one block of bytes: nodes, one behind the other, where paths through them lead from the
/// front to the back for the most part. A node has
///
/// | bytes | what |
/// |---|---|
/// | 1 | flags |
/// | 2 + 2n | if [`MATCHES`]: how many patterns match here, and which |
/// | 2 + 2n | if [`AT_END`]: how many match if the input ends here, and which |
/// | p | if [`WIDE_ALL`]: the place to go to on every character outside of ASCII |
/// | 1 + n(1 + p) | if [`WIDE_LIST`]: how many classes of these lead on; which, and where |
/// | 1 + n + p | of kind [`RUN`]: text that must come now, with its length, and where it leads |
/// | 1 + 2n + np | of kind [`RANGES`]: how many ranges lead on, their last bytes, their first ones, and where they lead |
/// | 2 + np | of kind [`TABLE`]: first and last byte, and where each in between leads |
///
/// A place takes two bytes, or four in a large automaton, and is 0 where nothing can match any
/// more. Eight patterns of paths take some 200 bytes, where a table of transitions takes thousands.
#[derive(Clone, Debug)]
pub(super) struct Automaton {
    code: Arc<[u8]>,
    width: Width,
    alphabet: Alphabet,
}

/// How many bytes a place takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Two,
    Four,
}

pub(super) const KIND: u8 = 3;
pub(super) const RUN: u8 = 0;
pub(super) const RANGES: u8 = 1;
pub(super) const TABLE: u8 = 2;
pub(super) const MATCHES: u8 = 4;
pub(super) const AT_END: u8 = 8;
pub(super) const WIDE_ALL: u8 = 16;
pub(super) const WIDE_LIST: u8 = 32;

/// Up to this many ranges are looked through at once; more become a table.
pub(super) const MAX_RANGES: usize = 8;

/// How many bytes follow the last node, so that eight can be read wherever one can.
pub(super) const PADDING: usize = 8;

/// The first node's place.
const START: usize = 1;

/// A place within an automaton: a node, and how much of its text has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    node: usize,
    progress: usize,
}

impl Automaton {
    /// Makes one automaton of several patterns. `None` if it takes more than `max_bytes`, or more
    /// time to make than their size warrants.
    pub(super) fn compile(programs: &[&Program], anchor: Anchor, max_bytes: usize) -> Option<Self> {
        if max_bytes == 0 {
            return None;
        }
        let nfa = Nfa::new(programs, anchor)?;
        encode(&determinize(&nfa, max_bytes)?, &nfa, max_bytes)
    }

    pub(super) fn new(code: Vec<u8>, width: Width, alphabet: Alphabet) -> Self {
        Self { code: code.into(), width, alphabet }
    }

    /// Calls `hit` once with each pattern that matches the input.
    #[inline]
    pub(super) fn scan(&self, input: &[u8], mut hit: impl FnMut(u16)) {
        let Some(start) = self.start(&mut hit) else { return };
        if let Some((place, rest)) = self.advance(start, input, &mut hit) {
            self.finish(place, rest.len(), &mut hit);
        }
    }

    /// The place to begin at; `None` if nothing can match.
    #[inline]
    pub(super) fn start(&self, hit: &mut impl FnMut(u16)) -> Option<Place> {
        self.enter(START, hit)?;
        Some(Place { node: START, progress: 0 })
    }

    /// Goes on from a place. `None`: nothing further can match; otherwise where it came to, and
    /// what is left of the input: bytes that begin a character whose end has not come yet.
    #[inline]
    pub(super) fn advance<'i>(
        &self,
        place: Place,
        input: &'i [u8],
        hit: &mut impl FnMut(u16),
    ) -> Option<(Place, &'i [u8])> {
        match self.width {
            Width::Two => self.advance_by::<2>(place, input, hit),
            Width::Four => self.advance_far(place, input, hit),
        }
    }

    /// Apart, so that it is not in the way of the other width, which is the common one.
    #[inline(never)]
    fn advance_far<'i>(
        &self,
        place: Place,
        input: &'i [u8],
        hit: &mut impl FnMut(u16),
    ) -> Option<(Place, &'i [u8])> {
        self.advance_by::<4>(place, input, hit)
    }

    /// Ends the input at a place, behind `strays` bytes that are part of no character.
    pub(super) fn finish(&self, place: Place, strays: usize, hit: &mut impl FnMut(u16)) {
        let mut node = place.node;
        for _ in 0..strays {
            let Some(next) = self.stray(node) else { return };
            if self.enter(next, hit).is_none() {
                return;
            }
            node = next;
        }
        let is_at_edge = strays > 0 || place.progress == 0;
        let Some(&flags) = self.code.get(node) else { return };
        if flags & AT_END != 0 && is_at_edge {
            let at = node + 1 + if flags & MATCHES != 0 { self.list_len(node + 1) } else { 0 };
            self.patterns(at, hit);
        }
    }

    /// Bytes on the heap.
    pub(super) fn memory_usage(&self) -> usize {
        self.code.len() + self.alphabet.memory_usage()
    }

    #[inline]
    fn advance_by<'i, const WIDTH: usize>(
        &self,
        place: Place,
        mut input: &'i [u8],
        hit: &mut impl FnMut(u16),
    ) -> Option<(Place, &'i [u8])> {
        let code = &*self.code;
        let Place { mut node, mut progress } = place;
        let mut flags = *code.get(node)?;
        loop {
            work::count(1);
            let mut at = node + 1;
            let mut wide = at;
            if flags & (MATCHES | AT_END | WIDE_ALL | WIDE_LIST) != 0 {
                at += if flags & MATCHES != 0 { self.list_len(at) } else { 0 };
                at += if flags & AT_END != 0 { self.list_len(at) } else { 0 };
                wide = at;
                if flags & WIDE_ALL != 0 {
                    at += WIDTH;
                } else if flags & WIDE_LIST != 0 {
                    at += 1 + usize::from(*code.get(at)?) * (1 + WIDTH);
                }
            }
            let next;
            if flags & KIND == RUN {
                let len = usize::from(*code.get(at)?);
                let end = at + 1 + len;
                work::count(len);
                match strip_prefix(
                    input,
                    code.get(at + 1 + progress..)?,
                    len.checked_sub(progress)?,
                ) {
                    Some(rest) => input = rest,
                    None => {
                        let text = code.get(at + 1 + progress..end)?;
                        let progress = progress + input.len();
                        let is_begun = input.len() < text.len() && text.starts_with(input);
                        return is_begun.then_some((Place { node, progress }, &[]));
                    }
                }
                progress = 0;
                next = place_at::<WIDTH>(code, end)?;
            } else {
                let Some((&byte, rest)) = input.split_first() else {
                    return Some((Place { node, progress: 0 }, input));
                };
                if !byte.is_ascii() {
                    let (class, len) = match decode(input) {
                        Decoded::Char(c, len) => (self.alphabet.class_of(c), len),
                        Decoded::Stray => (STRAY, 1),
                        Decoded::Incomplete => {
                            return Some((Place { node, progress: 0 }, input));
                        }
                    };
                    input = input.get(len..)?;
                    next = wide_move::<WIDTH>(code, flags, wide, class)?;
                } else if flags & KIND == RANGES {
                    let len = usize::from(*code.get(at)?);
                    let lasts = at + 1;
                    let index = first_reaching(code.get(lasts..)?.first_chunk()?, byte);
                    if index >= len {
                        return None;
                    }
                    let first = *code.get(lasts + len + index)?;
                    if byte < first {
                        return None;
                    }
                    input = rest;
                    next = place_at::<WIDTH>(code, lasts + 2 * len + index * WIDTH)?;
                    if next == node {
                        // A loop, such as that of `[^/]*`: pass all that this range has.
                        let last = *code.get(lasts + index)?;
                        while let Some((byte, rest)) = input.split_first()
                            && first <= *byte
                            && *byte <= last
                        {
                            work::count(1);
                            input = rest;
                        }
                        continue;
                    }
                } else {
                    let (first, last) = (*code.get(at)?, *code.get(at + 1)?);
                    if byte < first || last < byte {
                        return None;
                    }
                    let index = usize::from(byte - first);
                    input = rest;
                    next = place_at::<WIDTH>(code, at + 2 + index * WIDTH)?;
                }
            }
            if next == 0 {
                return None;
            }
            if next != node {
                node = next;
                flags = *code.get(node)?;
                if flags & MATCHES != 0 {
                    self.patterns(node + 1, hit);
                }
            }
        }
    }

    /// Reports what matches at a node. `None` if there is no such node.
    #[inline]
    fn enter(&self, node: usize, hit: &mut impl FnMut(u16)) -> Option<()> {
        if *self.code.get(node)? & MATCHES != 0 {
            self.patterns(node + 1, hit);
        }
        Some(())
    }

    /// Reports the patterns of a list. Apart from the loop over the nodes, which is to stay small.
    #[inline(never)]
    fn patterns(&self, at: usize, hit: &mut impl FnMut(u16)) {
        let list = self.code.get(at + 2..at + self.list_len(at)).unwrap_or_default();
        work::count(list.len());
        for pattern in list.chunks_exact(2) {
            if let [low, high] = *pattern {
                hit(u16::from_le_bytes([low, high]));
            }
        }
    }

    /// Bytes that a list of patterns takes.
    fn list_len(&self, at: usize) -> usize {
        match self.code.get(at..at + 2) {
            Some(&[low, high]) => 2 + 2 * usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        }
    }

    /// Where a stray byte leads.
    fn stray(&self, node: usize) -> Option<usize> {
        let flags = *self.code.get(node)?;
        let mut at = node + 1;
        at += if flags & MATCHES != 0 { self.list_len(at) } else { 0 };
        at += if flags & AT_END != 0 { self.list_len(at) } else { 0 };
        let next = match self.width {
            Width::Two => wide_move::<2>(&self.code, flags, at, STRAY),
            Width::Four => wide_move::<4>(&self.code, flags, at, STRAY),
        };
        next.filter(|next| *next != 0)
    }
}

/// Where a class of characters outside of ASCII leads.
fn wide_move<const WIDTH: usize>(code: &[u8], flags: u8, at: usize, class: u8) -> Option<usize> {
    if flags & WIDE_ALL != 0 {
        return if class == STRAY { None } else { place_at::<WIDTH>(code, at) };
    }
    if flags & WIDE_LIST == 0 {
        return None;
    }
    let len = usize::from(*code.get(at)?);
    let moves = code.get(at + 1..at + 1 + len * (1 + WIDTH))?;
    work::count(len);
    let index = moves.chunks_exact(1 + WIDTH).position(|m| m.first() == Some(&class))?;
    place_at::<WIDTH>(code, at + 2 + index * (1 + WIDTH))
}

#[inline]
fn place_at<const WIDTH: usize>(code: &[u8], at: usize) -> Option<usize> {
    let place: [u8; WIDTH] = *code.get(at..)?.first_chunk()?;
    Some(place.iter().rev().fold(0, |place, byte| place << 8 | usize::from(*byte)))
}

/// The position of the first of eight ascending ASCII bytes that is not less than this one; 8 if
/// there is none. What is behind the ascending ones may be anything.
///
/// All are compared at once: to each, with its highest bit set, the difference leaves that bit if
/// it is not less.
#[inline]
fn first_reaching(lasts: &[u8; MAX_RANGES], byte: u8) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let each = u64::from(byte & 0x7f) * (HIGH >> 7);
    let reaching = (u64::from_le_bytes(*lasts) | HIGH).wrapping_sub(each) & HIGH;
    (reaching.trailing_zeros() / 8) as usize
}

/// What follows a text in the input: the first `len` bytes of this code. Eight bytes at a time: the
/// call that compares slices of any length takes longer than most texts do.
#[inline]
fn strip_prefix<'i>(mut input: &'i [u8], mut code: &[u8], mut len: usize) -> Option<&'i [u8]> {
    while let (Some(found), Some(wanted)) = (input.first_chunk::<8>(), code.first_chunk::<8>()) {
        let differing = u64::from_le_bytes(*found) ^ u64::from_le_bytes(*wanted);
        if len <= 8 {
            // Only the first ones of the bytes are of the text.
            let differing = differing.unbounded_shl(64 - 8 * len as u32);
            return if differing == 0 { input.get(len..) } else { None };
        }
        if differing != 0 {
            return None;
        }
        (input, code, len) = (input.get(8..)?, code.get(8..)?, len - 8);
    }
    for wanted in code.get(..len)? {
        let (found, rest) = input.split_first()?;
        if found != wanted {
            return None;
        }
        input = rest;
    }
    Some(input)
}

enum Decoded {
    Char(char, usize),
    /// The first byte is part of no character.
    Stray,
    /// The input ends within a character.
    Incomplete,
}

/// Reads what begins with a byte outside of ASCII.
fn decode(input: &[u8]) -> Decoded {
    let bytes = input.get(..4).unwrap_or(input);
    let valid = match std::str::from_utf8(bytes) {
        Ok(valid) => valid,
        Err(error) => match bytes.get(..error.valid_up_to()).map(std::str::from_utf8) {
            Some(Ok(valid)) if !valid.is_empty() => valid,
            _ if error.error_len().is_none() => return Decoded::Incomplete,
            _ => return Decoded::Stray,
        },
    };
    match valid.chars().next() {
        Some(c) => Decoded::Char(c, c.len_utf8()),
        None => Decoded::Stray,
    }
}

/// A walk over an input that comes in pieces.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    automaton: &'a Automaton,
    /// `None` if nothing further can match.
    place: Option<Place>,
    matched: bool,
    /// The first `len` of these bytes begin a character.
    bytes: [u8; 4],
    len: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(automaton: &'a Automaton) -> Self {
        let mut matched = false;
        let place = automaton.start(&mut |_| matched = true);
        Self { automaton, place, matched, bytes: [0; 4], len: 0 }
    }

    /// Goes on with a piece of the input.
    pub(super) fn feed(&mut self, mut piece: &[u8]) {
        // A character that another piece has begun comes first.
        while self.len > 0 {
            let Some((&byte, rest)) = piece.split_first() else { return };
            piece = rest;
            if let Some(free) = self.bytes.get_mut(self.len) {
                *free = byte;
            }
            let bytes = self.bytes;
            self.go(bytes.get(..=self.len).unwrap_or(&bytes));
        }
        self.go(piece);
    }

    fn go(&mut self, bytes: &[u8]) {
        self.len = 0;
        let Some(place) = self.place.take() else { return };
        let matched = &mut self.matched;
        let Some((place, rest)) = self.automaton.advance(place, bytes, &mut |_| *matched = true)
        else {
            return;
        };
        self.place = Some(place);
        self.len = rest.len().min(self.bytes.len());
        for (place, byte) in self.bytes.iter_mut().zip(rest) {
            *place = *byte;
        }
    }

    /// Ends the input, and says whether some pattern matches.
    pub(super) fn finish(mut self) -> bool {
        if let Some(place) = self.place {
            self.automaton.finish(place, self.len, &mut |_| self.matched = true);
        }
        self.matched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_stripped_as_slices_strip_it() {
        for len in 1..=20 {
            let text: Vec<u8> = (0..len).map(|at| b'a' + at).collect();
            let code = [&text[..], &[0; PADDING]].concat();
            for input_len in 0..=30_u8 {
                let input: Vec<u8> = (0..input_len).map(|at| b'a' + at).collect();
                let expected = input.strip_prefix(&text[..]);
                assert_eq!(strip_prefix(&input, &code, text.len()), expected);
                for at in 0..input.len() {
                    let mut input = input.clone();
                    input[at] = b'!';
                    let expected = input.strip_prefix(&text[..]);
                    assert_eq!(strip_prefix(&input, &code, text.len()), expected, "{len} {at}");
                }
            }
        }
    }

    #[test]
    fn the_first_range_that_reaches_a_byte_is_found() {
        // Behind the ranges there may be anything.
        for lasts in [[0, 1, 64, 65, 100, 126, 127, 0], [47, 57, 122, 255, 0, 128, 3, 200]] {
            let len =
                lasts.iter().zip(&lasts[1..]).position(|(a, b)| a > b || *b > 127).unwrap() + 1;
            for byte in 0..=127_u8 {
                let expected = lasts[..len].iter().position(|last| *last >= byte);
                let found = first_reaching(&lasts, byte);
                assert_eq!((found < len).then_some(found), expected, "{byte} in {lasts:?}");
            }
        }
    }
}
