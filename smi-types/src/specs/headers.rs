//! `headers` of a match: three forms in the wild, one meaning.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::http::HttpMatch;

/// Names of headers and regular expressions for their values.
///
/// Read from a list of mappings with one name each (the official CRD, the Go SDK), from one
/// mapping (the text of the specification, NGINX Service Mesh), and from a list of mappings with
/// several names. Written as the list with one name each, or as [`HeaderForm`] says.
///
/// Names are compared without regard to ASCII case (RFC 9110 §5.1), kept as written, and sorted.
/// A name has one value: the same name twice with different values is an error when it is read.
/// The form is not part of equality, because it says nothing about requests.
///
/// # Examples
///
/// ```
/// use smi_types::specs::v1alpha4::{HeaderForm, Headers};
///
/// let list: Headers = serde_json::from_str(r#"[{"cookie": ".*"}, {"Accept": "text/.*"}]"#)?;
/// let map: Headers = serde_json::from_str(r#"{"accept": "text/.*", "cookie": ".*"}"#)?;
/// assert_eq!(list, map);
/// assert_eq!(list.get("ACCEPT"), Some("text/.*"));
///
/// assert_eq!(serde_json::to_string(&map)?, r#"[{"accept":"text/.*"},{"cookie":".*"}]"#);
/// let map = map.with_form(HeaderForm::Map);
/// assert_eq!(serde_json::to_string(&map)?, r#"{"accept":"text/.*","cookie":".*"}"#);
///
/// let error = serde_json::from_str::<Headers>(r#"[{"a": "x"}, {"A": "y"}]"#).unwrap_err();
/// assert!(error.to_string().starts_with("header `A` has two values: `x` and `y`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Headers {
    form: HeaderForm,
    /// Sorted by name in lower case, each name once.
    entries: Vec<(String, String)>,
}

/// How [`Headers`] are written.
///
/// The CustomResourceDefinition that is installed in a cluster decides which form it accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeaderForm {
    /// A list of mappings with one name each, as the official CRD and the Go SDK have it.
    #[default]
    List,
    /// One mapping, as the text of the specification and NGINX Service Mesh have it.
    Map,
}

impl Headers {
    /// No headers: any request matches.
    pub const fn new() -> Self {
        Self { form: HeaderForm::List, entries: Vec::new() }
    }

    /// Sets the regular expression for a header, and returns the one it had.
    pub fn insert(&mut self, name: impl Into<String>, regex: impl Into<String>) -> Option<String> {
        let (name, regex) = (name.into(), regex.into());
        match self.position(&name) {
            Ok(index) => {
                let entry = self.entries.get_mut(index)?;
                entry.0 = name;
                Some(std::mem::replace(&mut entry.1, regex))
            }
            Err(index) => {
                self.entries.insert(index, (name, regex));
                None
            }
        }
    }

    /// The regular expression for a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.position(name).ok()?;
        self.entries.get(index).map(|(_, regex)| regex.as_str())
    }

    /// Removes a header, and returns its regular expression.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let index = self.position(name).ok()?;
        Some(self.entries.remove(index).1)
    }

    /// Names as written and regular expressions, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, regex)| (name.as_str(), regex.as_str()))
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no header.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How the headers are written. Reading doesn't change it: it is the list at first.
    pub fn form(&self) -> HeaderForm {
        self.form
    }

    /// The same headers, written in this form.
    #[must_use]
    pub fn with_form(self, form: HeaderForm) -> Self {
        Self { form, ..self }
    }

    /// The place of a name, or the place where it belongs.
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| compare(other, name))
    }

    /// Sorts what was read. The same name with the same value counts once.
    fn collect(mut entries: Vec<(String, String)>) -> Result<Self, HeaderConflict> {
        entries.sort_by(|(a, _), (b, _)| compare(a, b));
        for pair in entries.windows(2) {
            if let [(name, regex), (other_name, other)] = pair
                && name.eq_ignore_ascii_case(other_name)
                && regex != other
            {
                return Err(HeaderConflict {
                    name: other_name.clone(),
                    first: regex.clone(),
                    second: other.clone(),
                });
            }
        }
        entries.dedup_by(|(a, _), (b, _)| a.eq_ignore_ascii_case(b));
        Ok(Self { form: HeaderForm::List, entries })
    }
}

/// Without regard to the form and to the case of names.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().zip(other.iter()).all(|((name, regex), (other_name, other_regex))| {
                name.eq_ignore_ascii_case(other_name) && regex == other_regex
            })
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Of the same name twice the last counts.
impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(headers: I) -> Self {
        let mut all = Self::new();
        all.extend(headers);
        all
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Headers {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, headers: I) {
        for (name, regex) in headers {
            self.insert(name, regex);
        }
    }
}

/// Of the same name twice the last counts.
impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Headers {
    fn from(headers: [(K, V); N]) -> Self {
        headers.into_iter().collect()
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            HeaderForm::Map => serializer.collect_map(self.iter()),
            HeaderForm::List => {
                let mut list = serializer.serialize_seq(Some(self.len()))?;
                for (name, regex) in self.iter() {
                    list.serialize_element(&OneHeader(name, regex))?;
                }
                list.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

/// The same header name twice, with different values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "header `{}` has two values: `{}` and `{}`; expected one regular expression for each name",
    .name.escape_debug(),
    .first.escape_debug(),
    .second.escape_debug()
)]
struct HeaderConflict {
    name: String,
    first: String,
    second: String,
}

/// An element of the list form.
struct OneHeader<'a>(&'a str, &'a str);

impl Serialize for OneHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers: a list of mappings from name to regular expression, or one mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Headers, A::Error> {
        let mut entries = Vec::new();
        read_entries(map, &mut entries)?;
        Headers::collect(entries).map_err(de::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Headers, A::Error> {
        let mut entries = Vec::new();
        while list.next_element_seed(ListEntry(&mut entries))?.is_some() {}
        Headers::collect(entries).map_err(de::Error::custom)
    }
}

/// Reads one element of a list of headers.
struct ListEntry<'a>(&'a mut Vec<(String, String)>);

impl<'de> DeserializeSeed<'de> for ListEntry<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListEntry<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from the name of a header to a regular expression")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let before = self.0.len();
        read_entries(map, self.0)?;
        if self.0.len() == before {
            return Err(de::Error::custom("an empty mapping in the list of headers"));
        }
        Ok(())
    }
}

/// Reads the regular expression for a header, with its name in the error.
struct Regex<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Regex<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Regex<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string: the regular expression for header `{}`", self.0.escape_debug())
    }

    fn visit_str<E: de::Error>(self, regex: &str) -> Result<String, E> {
        Ok(regex.to_owned())
    }

    fn visit_string<E: de::Error>(self, regex: String) -> Result<String, E> {
        Ok(regex)
    }
}

/// Chooses the form of all headers in a group.
pub(super) fn set_form(matches: &mut [HttpMatch], form: HeaderForm) {
    for item in matches {
        item.headers.form = form;
    }
}

fn read_entries<'de, A: MapAccess<'de>>(
    mut map: A,
    entries: &mut Vec<(String, String)>,
) -> Result<(), A::Error> {
    while let Some(name) = map.next_key::<String>()? {
        let regex = map.next_value_seed(Regex(&name))?;
        entries.push((name, regex));
    }
    Ok(())
}

/// Compares names without regard to ASCII case.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}
