//! A document of the specification and the YAML in it.

use std::fs;
use std::path::Path;

/// One of the specification's documents.
pub(crate) struct Document {
    pub(crate) text: String,
    blocks: Vec<String>,
}

impl Document {
    /// Reads the document of an API in one version. `None`, with a word about it, if no document is
    /// there at all; it is an error if only this one is missing.
    pub(crate) fn read(api: &str, version: u8) -> Option<Self> {
        let apis =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/smi-spec/apis");
        if !apis.exists() {
            println!("skipped: the documents of the specification are not there");
            return None;
        }
        let path = apis.join(format!("{api}/v1alpha{version}/{api}.md"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let blocks = yaml_blocks(&text);
        assert!(!blocks.is_empty(), "no example in {}", path.display());
        println!("{api} v1alpha{version}: {} examples", blocks.len());
        Some(Self { text, blocks })
    }

    /// All examples, in order.
    pub(crate) fn examples(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().map(String::as_str)
    }

    /// The only example in which this text occurs.
    #[track_caller]
    pub(crate) fn example(&self, containing: &str) -> &str {
        let mut examples = self.examples().filter(|block| block.contains(containing));
        let example = examples.next().unwrap_or_else(|| panic!("no example has {containing}"));
        assert!(examples.next().is_none(), "several examples have {containing}");
        example
    }

    /// The rows of the first table whose head has these columns.
    #[track_caller]
    pub(crate) fn table(&self, head: &[&str]) -> Vec<Vec<&str>> {
        let mut lines = self.text.lines();
        let found = lines.any(|line| cells(line).is_some_and(|row| row == head));
        assert!(found, "no table {head:?}");
        // The line below the head is a rule.
        lines.skip(1).map_while(cells).collect()
    }
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(str::trim).collect())
}

/// An example with the `apiVersion` that the documents leave out.
///
/// `versions` says what it is for a kind.
pub(crate) fn with_api_versions(example: &str, versions: impl Fn(&str) -> String) -> String {
    let mut manifest = String::new();
    for document in example.split("---\n").filter(|document| !document.trim().is_empty()) {
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: "));
        let kind = kind.unwrap_or_else(|| panic!("no kind in\n{document}"));
        manifest += "---\n";
        if !document.lines().any(|line| line.starts_with("apiVersion:")) {
            manifest += &format!("apiVersion: {}\n", versions(kind));
        }
        manifest += document;
    }
    manifest
}

/// The fenced YAML blocks of a Markdown text, without the indentation that lists give them.
fn yaml_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "```yaml" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            blocks.push(dedented(&block));
        }
    }
    blocks
}

fn dedented(lines: &[&str]) -> String {
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let indentation = written.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        text += line.get(indentation..).unwrap_or_default();
        text.push('\n');
    }
    text
}
