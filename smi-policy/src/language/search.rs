use std::collections::VecDeque;

use super::dfa::{Dfa, State};

/// The shortest accepted text of printable ASCII, or if there is none the shortest of all; of equally
/// short ones that of the plainest bytes.
pub(super) fn shortest(dfa: &Dfa) -> Option<Vec<u8>> {
    within(dfa, |byte| byte.is_ascii_graphic()).or_else(|| within(dfa, |_| true))
}

fn within(dfa: &Dfa, may_use: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let bytes = plainest(dfa.classes().len(), |byte| dfa.classes().class(byte).into(), may_use);
    // How each state was reached first.
    let mut reached: Vec<Option<(State, u8)>> = vec![None; dfa.len()];
    let mut queue = VecDeque::from([Dfa::START]);
    while let Some(state) = queue.pop_front() {
        if dfa.is_accepting(state) {
            return Some(trace(&reached, state));
        }
        for &byte in &bytes {
            let to = dfa.next(state, byte);
            let Some(known) = reached.get_mut(to as usize) else { continue };
            if known.is_none() && to != Dfa::START {
                *known = Some((state, byte));
                queue.push_back(to);
            }
        }
    }
    None
}

/// The bytes that led to a state.
fn trace(reached: &[Option<(State, u8)>], mut state: State) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((from, byte)) = reached.get(state as usize).copied().flatten() {
        bytes.push(byte);
        state = from;
    }
    bytes.reverse();
    bytes
}

/// The plainest byte of each class that has one that may be used, the plainest first.
pub(super) fn plainest(
    classes: usize,
    class: impl Fn(u8) -> usize,
    may_use: impl Fn(u8) -> bool,
) -> Vec<u8> {
    let mut all: Vec<u8> = (0..=u8::MAX).filter(|&byte| may_use(byte)).collect();
    all.sort_by_key(|&byte| (oddness(byte), byte));
    let mut has_one = vec![false; classes];
    all.retain(|&byte| {
        let first = has_one.get_mut(class(byte)).map(|has_one| std::mem::replace(has_one, true));
        first == Some(false)
    });
    all
}

/// How odd a byte looks in an example.
fn oddness(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'/' => 2,
        b'-' | b'_' | b'.' => 3,
        b'A'..=b'Z' => 4,
        0x21..=0x7e => 5,
        b' ' => 6,
        0x80.. => 7,
        _ => 8,
    }
}
