use std::collections::BTreeMap;

use crate::resource::{LabelRequirement, LabelSelector};

/// A label selector whose operators are all known.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selector {
    match_labels: BTreeMap<String, String>,
    requirements: Box<[Requirement]>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Requirement {
    In { key: String, values: Vec<String> },
    NotIn { key: String, values: Vec<String> },
    Exists { key: String },
    DoesNotExist { key: String },
}

impl Selector {
    /// Reads a selector as Kubernetes does.
    ///
    /// # Errors
    ///
    /// Says why the selector selects nobody: it is empty, has an unknown operator, or an operator
    /// with the wrong number of values.
    pub(crate) fn parse(selector: &LabelSelector) -> Result<Self, String> {
        if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
            return Err("the selector is empty".to_owned());
        }
        let requirements = selector.match_expressions.iter().map(Requirement::parse);
        Ok(Self {
            match_labels: selector.match_labels.clone(),
            requirements: requirements.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.requirements.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn parse(requirement: &LabelRequirement) -> Result<Self, String> {
        let LabelRequirement { key, operator, values } = requirement.clone();
        match (operator.as_str(), values.is_empty()) {
            ("In", false) => Ok(Self::In { key, values }),
            ("NotIn", false) => Ok(Self::NotIn { key, values }),
            ("Exists", true) => Ok(Self::Exists { key }),
            ("DoesNotExist", true) => Ok(Self::DoesNotExist { key }),
            ("In" | "NotIn", true) => Err(format!("operator `{operator}` needs values")),
            ("Exists" | "DoesNotExist", false) => {
                Err(format!("operator `{operator}` takes no values"))
            }
            _ => Err(format!(
                "operator `{operator}` is unknown; expected In, NotIn, Exists or DoesNotExist"
            )),
        }
    }

    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        match self {
            Self::In { key, values } => labels.get(key).is_some_and(|value| values.contains(value)),
            // As in Kubernetes: a pod without the label is not in the set either.
            Self::NotIn { key, values } => {
                labels.get(key).is_none_or(|value| !values.contains(value))
            }
            Self::Exists { key } => labels.contains_key(key),
            Self::DoesNotExist { key } => !labels.contains_key(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(operator: &str, values: &[&str], labels: &[(&str, &str)]) -> Result<bool, String> {
        let requirement = LabelRequirement {
            key: "tier".into(),
            operator: operator.into(),
            values: values.iter().map(ToString::to_string).collect(),
        };
        let selector =
            LabelSelector { match_expressions: vec![requirement], ..LabelSelector::default() };
        let labels = labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Selector::parse(&selector).map(|selector| selector.selects(&labels))
    }

    #[test]
    fn operators_mean_what_they_mean_in_kubernetes() {
        assert_eq!(selects("In", &["a", "b"], &[("tier", "b")]), Ok(true));
        assert_eq!(selects("In", &["a"], &[]), Ok(false));
        assert_eq!(selects("NotIn", &["a"], &[("tier", "a")]), Ok(false));
        assert_eq!(selects("NotIn", &["a"], &[]), Ok(true), "absent is not in the set");
        assert_eq!(selects("Exists", &[], &[("tier", "")]), Ok(true));
        assert_eq!(selects("DoesNotExist", &[], &[("tier", "")]), Ok(false));
    }

    #[test]
    fn what_is_not_understood_selects_nobody() {
        assert!(selects("Gt", &["1"], &[("tier", "2")]).is_err());
        assert!(selects("in", &["a"], &[("tier", "a")]).is_err());
        assert!(selects("In", &[], &[("tier", "a")]).is_err());
        assert!(selects("Exists", &["a"], &[("tier", "a")]).is_err());
        assert!(Selector::parse(&LabelSelector::default()).is_err());
    }
}
