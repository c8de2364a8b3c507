use std::fmt;

/// Namespace and name of an object, printed `namespace/name`.
///
/// ```
/// use smi_policy::ObjectName;
///
/// let name = ObjectName::new("shop", "web");
/// assert_eq!(name.namespace(), "shop");
/// assert_eq!(name.to_string(), "shop/web");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    namespace: Box<str>,
    name: Box<str>,
}

impl ObjectName {
    /// The object `name` of `namespace`.
    pub fn new(namespace: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The namespace, never empty for an object of a cluster.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name within the namespace.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
