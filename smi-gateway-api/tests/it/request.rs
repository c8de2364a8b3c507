//! A request, as evaluators see it.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

/// An HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// `:authority`, or that of an absolute target.
    pub(crate) authority: Option<String>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target.split(['?']).next().unwrap()
    }

    pub(crate) fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let own = self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }

    /// Several fields of one name as one, with this between them. Under the name of the authority
    /// proxies have what they make of it.
    pub(crate) fn joined(&self, name: &str, separator: &str) -> Option<String> {
        if name.eq_ignore_ascii_case("host") || name == ":authority" {
            let authority = self.authority.as_deref().or_else(|| self.values("host").next());
            return authority.map(|own| own.split(':').next().unwrap().to_ascii_lowercase());
        }
        let values: Vec<&str> = self.values(name).collect();
        (!values.is_empty()).then(|| values.join(separator))
    }

    pub(crate) fn has_repeated_headers(&self) -> bool {
        self.headers.iter().any(|(name, _)| self.values(name).count() > 1)
    }

    /// Whether every server reads the path the same way, written down once more.
    pub(crate) fn is_clean(&self) -> bool {
        let path = self.path();
        let segments: Vec<&str> = path.split('/').collect();
        let last = segments.len() - 1;
        path.starts_with('/')
            && !path.contains(['\\', ' ', '#', '%'])
            && segments.iter().enumerate().all(|(index, segment)| {
                let name = segment.split(';').next().unwrap();
                (index == 0 || index == last || !segment.is_empty()) && name != "." && name != ".."
            })
    }
}

/// Whether a regular expression covers a whole text.
#[track_caller]
pub(crate) fn covers(regex: &str, text: &str) -> bool {
    compiled(&format!("^(?s:(?-s:{regex}))$")).is_match(text)
}

/// A regular expression, compiled once: the same ones are asked again and again.
#[track_caller]
pub(crate) fn compiled(text: &str) -> Regex {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        if !compiled.contains_key(text) {
            compiled.insert(text.to_owned(), Regex::new(text).unwrap());
        }
        compiled[text].clone()
    })
}
