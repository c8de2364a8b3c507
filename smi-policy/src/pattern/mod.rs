//! TEMPORARY STUB by the lead so that the rest of the crate compiles. The engineer of this module
//! replaces the whole file, and keeps these names: `Pattern::{parse, as_str, is_unconstrained,
//! compile}`, `Regex::{is_match, scan}`, `Limits: Default`, `PatternError: Display`, and
//! `Scan::{then, push, finish}` (a push-based scan over the segments of one subject: on the dense
//! DFA it steps without allocating; the caller is route/http_match.rs).
#![allow(missing_docs, unnameable_types, clippy::all)]
use crate::Anchor;
#[derive(Debug, Default)]
pub struct Limits {}
#[derive(Debug, thiserror::Error)]
#[error("bad")]
pub struct PatternError;
#[derive(Debug)]
pub struct Pattern(String);
#[derive(Debug)]
pub struct Regex(regex_automata::meta::Regex);
impl Pattern {
    pub fn parse(s: &str, _: &Limits) -> Result<Self, PatternError> {
        regex_automata::meta::Regex::new(s).map_err(|_| PatternError)?;
        Ok(Self(s.into()))
    }
    pub fn is_unconstrained(&self, anchor: Anchor) -> bool {
        [".*", "/.*", "^.*", "^/.*", ".*$", "/.*$", "^.*$", "^/.*$"].contains(&&*self.0)
            || (anchor == Anchor::Start && ["/", "^/"].contains(&&*self.0))
    }
    pub fn compile(&self, a: Anchor, _: &Limits) -> Result<Regex, PatternError> {
        let s = match a {
            Anchor::Start => format!("^(?:{})", self.0),
            Anchor::Full => format!("^(?:{})$", self.0),
            Anchor::Search => self.0.clone(),
        };
        Ok(Regex(regex_automata::meta::Regex::new(&s).map_err(|_| PatternError)?))
    }
}
impl Regex {
    pub fn is_match(&self, b: &[u8]) -> bool {
        self.0.is_match(b)
    }
    pub fn scan(&self) -> Scan<'_> {
        Scan(self, vec![])
    }
}
#[derive(Debug)]
pub struct Scan<'r>(&'r Regex, Vec<u8>);
impl Scan<'_> {
    pub fn then(mut self, b: &[u8]) -> Self {
        self.push(b);
        self
    }
    pub fn push(&mut self, b: &[u8]) {
        self.1.extend(b)
    }
    pub fn finish(self) -> bool {
        self.0.is_match(&self.1)
    }
}
