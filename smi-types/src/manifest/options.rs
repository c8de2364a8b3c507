/// How manifests are read.
///
/// # Examples
///
/// ```
/// use smi_types::manifest::{Limits, Manifest, MissingApiVersion, ReadOptions};
///
/// let text = "{kind: TCPRoute, metadata: {name: web}, spec: {matches: {ports: [80]}}}";
/// assert!(Manifest::read(text).has_errors());
///
/// let lenient = ReadOptions::default().missing_api_version(MissingApiVersion::Infer);
/// assert!(!Manifest::read_with(text, &lenient).has_errors());
///
/// let narrow = ReadOptions::default().limits(Limits::default().depth(2));
/// assert!(Manifest::read_with(text, &narrow).has_errors());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    pub(crate) limits: Limits,
    pub(crate) missing_api_version: MissingApiVersion,
}

impl ReadOptions {
    /// Bounds what reading may cost.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Decides about SMI objects without `apiVersion`.
    pub fn missing_api_version(mut self, policy: MissingApiVersion) -> Self {
        self.missing_api_version = policy;
        self
    }
}

/// What to do with an SMI object that has no `apiVersion`, as in the snippets of the SMI documents
/// themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingApiVersion {
    /// It is an error, as it is for an API server.
    #[default]
    Error,
    /// The newest version in which the object reads without a problem is taken, with a warning
    /// that says so.
    Infer,
}

/// Bounds on what reading may cost.
///
/// The defaults take what people write and what `kubectl get --output yaml` prints of a large
/// cluster. What exceeds a limit is reported, and does not hide its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
    pub(crate) nodes: usize,
    pub(crate) documents: usize,
    pub(crate) problems: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            depth: 64,
            nodes: 1_000_000,
            documents: 100_000,
            problems: 100,
        }
    }
}

impl Limits {
    /// The longest text that is read, in bytes: 16 MiB unless set, never more than 2 GiB. What YAML
    /// aliases stand for may be as much again.
    pub fn bytes(mut self, bytes: usize) -> Self {
        // Places in the text are 32-bit numbers.
        self.bytes = bytes.min(i32::MAX as usize);
        self
    }

    /// How deep lists and mappings may nest: 64 unless set, never more than 120.
    pub fn depth(mut self, depth: usize) -> Self {
        // The JSON parser's own limit is 128 and not ours to raise.
        self.depth = depth.min(120);
        self
    }

    /// How many values the documents of one text may hold together: a million unless set. A YAML
    /// alias counts as often as the values that it stands for.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes.min(i32::MAX as usize);
        self
    }

    /// How many documents, items of lists included, one text may hold: 100,000 unless set.
    pub fn documents(mut self, documents: usize) -> Self {
        self.documents = documents;
        self
    }

    /// How many errors, and how many warnings, are listed for one document: 100 unless set. When a
    /// hundred times as many problems were listed, only one of each is for the documents that follow.
    pub fn problems(mut self, problems: usize) -> Self {
        self.problems = problems;
        self
    }
}
