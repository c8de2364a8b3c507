//! Where in an object a field is.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The path from the root of an object to one of its fields: `spec.rules[1].matches[0]`.
///
/// Keys that are not plain words are quoted: `metadata.annotations["smi-spec.io/preserved"]`.
/// The path of the object itself is empty, and prints as nothing. Paths order as the fields they
/// name would in a listing: by keys and indices, from the root down.
///
/// # Examples
///
/// ```
/// use smi_types::path::FieldPath;
///
/// let mut path: FieldPath = "spec.rules[1]".parse()?;
/// path.push_key("name");
/// assert_eq!(path.to_string(), "spec.rules[1].name");
///
/// assert!("spec..name".parse::<FieldPath>().is_err());
/// # Ok::<(), smi_types::path::ParsePathError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    segments: Vec<PathSegment>,
}

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathSegment {
    /// An entry of a mapping.
    Key(Cow<'static, str>),
    /// An entry of a list, counted from 0.
    Index(usize),
}

/// A text that is no [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{path}` is no field path: found {found} at byte {at}, expected {expected}")]
pub struct ParsePathError {
    path: String,
    at: usize,
    found: String,
    expected: &'static str,
}

impl FieldPath {
    /// The path of the object itself.
    pub const fn root() -> Self {
        Self { segments: Vec::new() }
    }

    /// Whether this is the path of the object itself.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// The steps, from the root down.
    pub fn segments(&self) -> &[PathSegment] {
        &self.segments
    }

    /// Goes down to an entry of a mapping.
    pub fn push_key(&mut self, key: impl Into<Cow<'static, str>>) {
        self.segments.push(PathSegment::Key(key.into()));
    }

    /// Goes down to an entry of a list, counted from 0.
    pub fn push_index(&mut self, index: usize) {
        self.segments.push(PathSegment::Index(index));
    }

    /// Whether this is the field of the other path, or something in it.
    pub(crate) fn starts_with(&self, other: &Self) -> bool {
        self.segments().starts_with(other.segments())
    }

    /// Goes up one step; the step is returned, or `None` at the root.
    pub fn pop(&mut self) -> Option<PathSegment> {
        self.segments.pop()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                PathSegment::Index(index) => write!(f, "[{index}]")?,
                PathSegment::Key(key) if is_word(key) => {
                    f.write_str(if position == 0 { "" } else { "." })?;
                    f.write_str(key)?;
                }
                // `Debug` of a string escapes what would break the line or the quotes.
                PathSegment::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = ParsePathError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { path, rest: path };
        let mut segments = Vec::new();
        while !parser.rest.is_empty() {
            segments.push(parser.segment(segments.is_empty())?);
        }
        Ok(Self { segments })
    }
}

impl FromIterator<PathSegment> for FieldPath {
    fn from_iter<T: IntoIterator<Item = PathSegment>>(segments: T) -> Self {
        Self { segments: segments.into_iter().collect() }
    }
}

impl From<&'static str> for PathSegment {
    fn from(key: &'static str) -> Self {
        Self::Key(Cow::Borrowed(key))
    }
}

impl From<String> for PathSegment {
    fn from(key: String) -> Self {
        Self::Key(Cow::Owned(key))
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A path that lives on the stack while an object is walked: going down costs nothing, and a
/// [`FieldPath`] is made of it only where a problem is reported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    segment: PlaceSegment<'p>,
}

#[derive(Clone, Copy, Debug)]
enum PlaceSegment<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl Place<'_> {
    /// The object itself.
    pub(crate) const ROOT: Place<'static> = Place { parent: None, segment: PlaceSegment::Root };

    /// An entry of the mapping at this place.
    pub(crate) fn key<'p>(&'p self, key: &'p str) -> Place<'p> {
        Place { parent: Some(self), segment: PlaceSegment::Key(key) }
    }

    /// An entry of the list at this place.
    pub(crate) fn index<'p>(&'p self, index: usize) -> Place<'p> {
        Place { parent: Some(self), segment: PlaceSegment::Index(index) }
    }

    /// The path that leads here.
    pub(crate) fn to_path(self) -> FieldPath {
        let mut segments = Vec::new();
        let mut place = Some(&self);
        while let Some(here) = place {
            match here.segment {
                PlaceSegment::Root => {}
                PlaceSegment::Key(key) => segments.push(PathSegment::from(shortened(key))),
                PlaceSegment::Index(index) => segments.push(PathSegment::Index(index)),
            }
            place = here.parent;
        }
        segments.reverse();
        FieldPath { segments }
    }
}

/// A key that is to be kept with every problem below it: nobody needs all of a huge one.
fn shortened(key: &str) -> String {
    const LONGEST: usize = 253;
    match key.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", key.get(..end).unwrap_or_default()),
        None => key.to_owned(),
    }
}

struct Parser<'t> {
    path: &'t str,
    rest: &'t str,
}

impl Parser<'_> {
    fn segment(&mut self, first: bool) -> Result<PathSegment, ParsePathError> {
        if self.eat("[\"") {
            return self.quoted();
        }
        if self.eat("[") {
            let digits = self.take_while(|c| c.is_ascii_digit());
            let index = digits.parse().map_err(|_| self.error("an index"))?;
            self.expect("]")?;
            return Ok(PathSegment::Index(index));
        }
        if !first {
            self.expect(".")?;
        }
        let word = self.take_while(is_word_char);
        if word.is_empty() {
            return Err(self.error("a key"));
        }
        Ok(PathSegment::from(word.to_owned()))
    }

    /// What follows `["`: the escapes are those of a Rust string literal, as `Display` writes
    /// them.
    fn quoted(&mut self) -> Result<PathSegment, ParsePathError> {
        let mut key = String::new();
        loop {
            let Some(char) = self.next() else { return Err(self.error("`\"]`")) };
            match char {
                '"' => {
                    self.expect("]")?;
                    return Ok(PathSegment::from(key));
                }
                '\\' => match self.next() {
                    Some('n') => key.push('\n'),
                    Some('r') => key.push('\r'),
                    Some('t') => key.push('\t'),
                    Some('0') => key.push('\0'),
                    Some('u') => {
                        self.expect("{")?;
                        let digits = self.take_while(|c| c.is_ascii_hexdigit());
                        let escaped = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                        key.push(escaped.ok_or_else(|| self.error("a code point"))?);
                        self.expect("}")?;
                    }
                    Some(escaped @ ('"' | '\'' | '\\')) => key.push(escaped),
                    _ => return Err(self.error("an escape")),
                },
                plain => key.push(plain),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let char = chars.next();
        self.rest = chars.as_str();
        char
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, token: &'static str) -> Result<(), ParsePathError> {
        if self.eat(token) {
            return Ok(());
        }
        Err(self.error(match token {
            "]" => "`]`",
            "." => "`.` or `[`",
            _ => "a brace",
        }))
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &str {
        let rest = self.rest.trim_start_matches(keep);
        let (taken, rest) = self.rest.split_at(self.rest.len() - rest.len());
        self.rest = rest;
        taken
    }

    fn error(&self, expected: &'static str) -> ParsePathError {
        let found = match self.rest.chars().next() {
            Some(char) => format!("`{}`", char.escape_debug()),
            None => "the end".to_owned(),
        };
        let at = self.path.len() - self.rest.len();
        ParsePathError { path: self.path.escape_debug().to_string(), at, found, expected }
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(is_word_char)
}

fn is_word_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || char == '-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_with_odd_characters_are_quoted() {
        let mut path = FieldPath::root();
        path.push_key("metadata");
        path.push_key("annotations");
        path.push_key("smi-spec.io/\"preserved\"\n");
        path.push_index(3);
        assert_eq!(path.to_string(), r#"metadata.annotations["smi-spec.io/\"preserved\"\n"][3]"#);
    }

    #[test]
    fn a_place_becomes_the_path_that_leads_to_it() {
        let spec = Place::ROOT.key("spec");
        let rules = spec.key("rules");
        let rule = rules.index(1);
        assert_eq!(rule.key("name").to_path().to_string(), "spec.rules[1].name");
        assert!(Place::ROOT.to_path().is_root());
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for (path, message) in [
            (".a", "`.a` is no field path: found `.` at byte 0, expected a key"),
            ("a.", "`a.` is no field path: found the end at byte 2, expected a key"),
            ("a[x]", "`a[x]` is no field path: found `x` at byte 2, expected an index"),
            ("a[1", "`a[1` is no field path: found the end at byte 3, expected `]`"),
            ("a[1]b", "`a[1]b` is no field path: found `b` at byte 4, expected `.` or `[`"),
            ("a b", "`a b` is no field path: found ` ` at byte 1, expected `.` or `[`"),
        ] {
            assert_eq!(path.parse::<FieldPath>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(
            segments in prop::collection::vec(
                prop_oneof![
                    any::<String>().prop_map(PathSegment::from),
                    "[a-zA-Z]{1,8}".prop_map(PathSegment::from),
                    any::<usize>().prop_map(PathSegment::from),
                ],
                0..6,
            ),
        ) {
            let path: FieldPath = segments.into_iter().collect();
            prop_assert_eq!(path.to_string().parse::<FieldPath>(), Ok(path));
        }

        #[test]
        fn any_text_is_a_path_or_an_error(text in ".*") {
            let _ = text.parse::<FieldPath>();
        }
    }
}
