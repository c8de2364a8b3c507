use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Namespace and name of an object, printed `namespace/name`.
///
/// Names order by namespace first.
///
/// ```
/// use smi_policy::ObjectName;
///
/// let name = ObjectName::new("shop", "web");
/// assert_eq!(name.namespace(), "shop");
/// assert_eq!(name.to_string(), "shop/web");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// The namespace and behind it the name: one piece of memory instead of two.
    text: Box<str>,
    /// Where the name begins.
    at: usize,
}

impl ObjectName {
    /// The object `name` of `namespace`.
    pub fn new(namespace: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        let (namespace, name) = (namespace.as_ref(), name.as_ref());
        Self { text: [namespace, name].concat().into(), at: namespace.len() }
    }

    /// The namespace, never empty for an object of a cluster.
    pub fn namespace(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The name within the namespace.
    pub fn name(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether this is the object `name` of `namespace`.
    #[inline]
    pub(crate) fn is(&self, namespace: &str, name: &str) -> bool {
        let text = self.text.as_bytes();
        // Of equal lengths, so that the two meet where the name begins.
        self.at == namespace.len()
            && text.len() == namespace.len() + name.len()
            && text.starts_with(namespace.as_bytes())
            && text.ends_with(name.as_bytes())
    }

    fn parts(&self) -> (&str, &str) {
        (self.namespace(), self.name())
    }
}

impl PartialOrd for ObjectName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl Hash for ObjectName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_alike_together_are_not_the_same() {
        let (one, other) = (ObjectName::new("a", "bc"), ObjectName::new("ab", "c"));
        assert_ne!(one, other);
        assert_eq!(one.cmp(&other), Ordering::Less);
        assert_eq!(one.cmp(&ObjectName::new("a", "bc")), Ordering::Equal);
        assert!(one.is("a", "bc"));
        assert!(
            !one.is("ab", "c") && !one.is("a", "bd") && !one.is("b", "bc") && !one.is("a", "b")
        );
    }
}
