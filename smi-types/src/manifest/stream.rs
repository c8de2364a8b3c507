//! The documents of a YAML stream.

use std::ops::Range;

/// Splits a YAML stream into the texts of its documents, each with its directives and markers.
///
/// `---` and `...` at the beginning of a line end whatever comes before them, even inside quotes
/// (YAML 1.2, 9.1.2). So a document that can't be parsed does not reach into the next one.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    // Most texts have few markers or none, and looking for one is faster than going by lines. So is
    // to look for one byte that ends lines, and hardly any text has a lone `\r`.
    let markers = ["---", "..."];
    let later = ["\n---", "\n..."];
    if text.contains('\r') {
        documents_of(text.split_inclusive(['\n', '\r']))
    } else if markers.iter().any(|marker| text.starts_with(marker))
        || later.iter().any(|marker| text.contains(marker))
    {
        documents_of(text.split_inclusive('\n'))
    } else {
        let whole = 0..text.len();
        vec![whole]
    }
}

fn documents_of<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<Range<usize>> {
    let mut documents = Vec::new();
    let mut document = Open::at(0);
    let mut line_start = 0;
    for line in lines {
        let line_end = line_start + line.len();
        if is_marker(line, "---") {
            if document.has_marker || document.has_content {
                documents.push(document.start..line_start);
                document = Open::at(line_start);
            }
            document.has_marker = true;
        } else if is_marker(line, "...") {
            documents.push(document.start..line_end);
            document = Open::at(line_end);
        } else if !document.has_content {
            let directive = line.starts_with('%') && !document.has_marker;
            let nothing = directive || matches!(line.trim_start().chars().next(), None | Some('#'));
            document.has_content = !nothing;
        }
        line_start = line_end;
    }
    documents.push(document.start..line_start);
    documents
}

struct Open {
    start: usize,
    /// Whether `---` was there.
    has_marker: bool,
    /// Whether there was more than directives and comments.
    has_content: bool,
}

impl Open {
    fn at(start: usize) -> Self {
        Self { start, has_marker: false, has_content: false }
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| {
        matches!(rest.as_bytes().first(), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_documents(text: &str, expected: &[&str]) {
        let documents = documents(text);
        let texts: Option<Vec<&str>> = documents.into_iter().map(|range| text.get(range)).collect();
        assert_eq!(texts.unwrap(), expected);
    }

    #[test]
    fn markers_at_the_beginning_of_a_line_separate_documents() {
        assert_documents("a\n---\nb\n--- c\n---", &["a\n", "---\nb\n", "--- c\n", "---"]);
        assert_documents("a\r\n---\r\nb", &["a\r\n", "---\r\nb"]);
        assert_documents("a\r---\rb", &["a\r", "---\rb"]);
        assert_documents("a: |\n ---\n text\n", &["a: |\n ---\n text\n"]);
        assert_documents("---a\n----\n", &["---a\n----\n"]);
    }

    #[test]
    fn the_end_marker_belongs_to_the_document_that_it_ends() {
        assert_documents("a\n...\nb", &["a\n...\n", "b"]);
    }

    #[test]
    fn directives_and_comments_belong_to_the_document_that_follows() {
        assert_documents("# x\n%YAML 1.2\n---\na", &["# x\n%YAML 1.2\n---\na"]);
        assert_documents("a\n...\n%YAML 1.2\n---\nb", &["a\n...\n", "%YAML 1.2\n---\nb"]);
        assert_documents("a\n%b\n---\nc", &["a\n%b\n", "---\nc"]);
    }
}
