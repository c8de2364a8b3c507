//! Label selectors as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{LabelRequirement, LabelSelector};

/// Which items to list, by their labels: all requirements must hold.
///
/// Source: Kubernetes' `labels.Parse`, without `<` and `>`, which a `LabelSelector` does not have.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use smi_metrics_model::serve::{Selector, SelectorError};
///
/// let selector = Selector::parse("app=web, tier in (front,edge), !canary")?;
/// assert_eq!(selector.to_string(), "app=web,tier in (edge,front),!canary");
///
/// let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
/// assert!(selector.matches(&BTreeMap::from([label("app", "web"), label("tier", "edge")])));
/// assert!(!selector.matches(&BTreeMap::from([label("app", "web")])));
///
/// assert!(Selector::parse("app=web=shop").is_err());
/// # Ok::<(), SelectorError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

impl Selector {
    /// Requires nothing.
    pub const EVERYTHING: Self = Self { requirements: Vec::new() };

    /// Reads the text of a `labelSelector`. An empty one requires nothing.
    ///
    /// # Errors
    ///
    /// A requirement can't be read, or a key or value is none that a label can have.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        if text.trim().is_empty() {
            return Ok(Self::EVERYTHING);
        }
        let requirements =
            parts(text).into_iter().map(Requirement::parse).collect::<Result<_, _>>();
        Ok(Self { requirements: requirements? })
    }

    /// Whether it requires nothing.
    pub const fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether all requirements hold.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// The requirements.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The selector as the field of a list; `None` if it requires nothing.
    pub fn to_label_selector(&self) -> Option<LabelSelector> {
        let mut selector = LabelSelector::default();
        for Requirement { key, operator, values } in &self.requirements {
            let value = values.first().filter(|_| values.len() == 1 && *operator == Operator::In);
            match value {
                Some(value) if !selector.match_labels.contains_key(key) => {
                    selector.match_labels.insert(key.clone(), value.clone());
                }
                _ => selector.match_expressions.push(LabelRequirement {
                    key: key.clone(),
                    operator: operator.as_str().to_owned(),
                    values: values.iter().cloned().collect(),
                }),
            }
        }
        (!self.is_everything()).then_some(selector)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl TryFrom<&LabelSelector> for Selector {
    type Error = SelectorError;

    fn try_from(selector: &LabelSelector) -> Result<Self, SelectorError> {
        let mut requirements = Vec::new();
        for (key, value) in &selector.match_labels {
            let values = BTreeSet::from([value.clone()]);
            requirements.push(Requirement::new(key, Operator::In, values)?);
        }
        for LabelRequirement { key, operator, values } in &selector.match_expressions {
            let error = || SelectorError::new(operator, "an operator");
            let operator = Operator::from_name(operator).ok_or_else(error)?;
            requirements.push(Requirement::new(key, operator, values.iter().cloned().collect())?);
        }
        Ok(Self { requirements })
    }
}

/// One requirement of a [`Selector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: BTreeSet<String>,
}

impl Requirement {
    /// The key of the label.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is required of it.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, for [`Operator::In`] and [`Operator::NotIn`].
    pub const fn values(&self) -> &BTreeSet<String> {
        &self.values
    }

    fn new(key: &str, operator: Operator, values: BTreeSet<String>) -> Result<Self, SelectorError> {
        if !is_key(key) {
            return Err(SelectorError::new(key, "the key of a label"));
        }
        if let Some(value) = values.iter().find(|value| !is_value(value)) {
            return Err(SelectorError::new(value, "the value of a label"));
        }
        let takes_values = matches!(operator, Operator::In | Operator::NotIn);
        if takes_values == values.is_empty() {
            let expected = if takes_values { "values for it" } else { "no values for it" };
            return Err(SelectorError::new(operator.as_str(), expected));
        }
        Ok(Self { key: key.to_owned(), operator, values })
    }

    fn parse(text: &str) -> Result<Self, SelectorError> {
        let text = text.trim();
        if let Some(key) = text.strip_prefix('!') {
            return Self::new(key.trim(), Operator::DoesNotExist, BTreeSet::new());
        }
        let is_end = |next: char| next.is_whitespace() || "=!<>(".contains(next);
        let end = text.find(is_end).unwrap_or(text.len());
        let (key, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let rest = rest.trim();
        let one = |value: &str| BTreeSet::from([value.trim().to_owned()]);
        if rest.is_empty() {
            return Self::new(key, Operator::Exists, BTreeSet::new());
        }
        if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
            return Self::new(key, Operator::In, one(value));
        }
        if let Some(value) = rest.strip_prefix("!=") {
            return Self::new(key, Operator::NotIn, one(value));
        }
        let set = |rest: &str| {
            let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.split(',').map(|value| value.trim().to_owned()).collect())
        };
        if let Some(values) = rest.strip_prefix("in").and_then(set) {
            return Self::new(key, Operator::In, values);
        }
        if let Some(values) = rest.strip_prefix("notin").and_then(set) {
            return Self::new(key, Operator::NotIn, values);
        }
        Err(SelectorError::new(rest, "=, ==, !=, in (…) or notin (…)"))
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        match (self.operator, values.as_slice()) {
            (Operator::Exists, _) => write!(f, "{key}"),
            (Operator::DoesNotExist, _) => write!(f, "!{key}"),
            (Operator::In, [value]) => write!(f, "{key}={value}"),
            (Operator::NotIn, [value]) => write!(f, "{key}!={value}"),
            (Operator::In, values) => write!(f, "{key} in ({})", values.join(",")),
            (Operator::NotIn, values) => write!(f, "{key} notin ({})", values.join(",")),
        }
    }
}

/// What a [`Requirement`] requires of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// It is there, with one of the values.
    In,
    /// It has none of the values; perhaps it isn't there.
    NotIn,
    /// It is there.
    Exists,
    /// It isn't there.
    DoesNotExist,
}

impl Operator {
    const ALL: [Self; 4] = [Self::In, Self::NotIn, Self::Exists, Self::DoesNotExist];

    /// The name of the operator in a `LabelSelector`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == name)
    }
}

/// Why something is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`, expected {expected}", .found.escape_debug())]
pub struct SelectorError {
    found: String,
    expected: &'static str,
}

impl SelectorError {
    fn new(found: &str, expected: &'static str) -> Self {
        Self { found: found.to_owned(), expected }
    }
}

/// The parts between commas that are not in parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    let is_end = |next: char| {
        match next {
            '(' => is_inside = true,
            ')' => is_inside = false,
            _ => {}
        }
        next == ',' && !is_inside
    };
    text.split(is_end).collect()
}

/// Whether a text is the key of a label: a name, perhaps after a DNS subdomain and a slash.
fn is_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_domain = |prefix: &str| {
        prefix.len() <= 253
            && prefix.split('.').all(|part| !part.is_empty() && part.bytes().all(is_inner))
    };
    prefix.is_none_or(is_domain) && !name.is_empty() && is_value(name)
}

/// Whether a text is the value of a label: up to 63 letters and digits, `-`, `_` and `.` among them.
fn is_value(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_outer = |next: char| next.is_ascii_alphanumeric();
    text.len() <= 63
        && text.bytes().all(is_inner)
        && (text.is_empty() || (text.starts_with(is_outer) && text.ends_with(is_outer)))
}
