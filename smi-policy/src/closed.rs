use hashbrown::HashMap;

/// Namespaces in which some target's destination is unknown: nobody knows which destinations of
/// them are selected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closed {
    /// How many such targets there are, by namespace.
    namespaces: HashMap<Box<str>, u32>,
    /// Targets of which not even the namespace is known.
    everywhere: u32,
}

impl Closed {
    pub(crate) fn close(&mut self, namespace: Option<&str>) {
        let count = match namespace {
            Some(namespace) => self.namespaces.entry(namespace.into()).or_default(),
            None => &mut self.everywhere,
        };
        *count = count.saturating_add(1);
    }

    pub(crate) fn open(&mut self, namespace: &str) {
        if let Some(count) = self.namespaces.get_mut(namespace) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.namespaces.remove(namespace);
            }
        }
    }

    pub(crate) fn contains(&self, namespace: &str) -> bool {
        self.everywhere > 0 || self.namespaces.contains_key(namespace)
    }
}
