use std::ops::Range;

/// An edit of the text that removes a problem.
///
/// It changes nothing of what this crate reads from the manifest, and nothing else in the text.
/// Problems whose removal changes the meaning, or needs to know what was meant, have none.
///
/// # Examples
///
/// ```
/// use smi_types::Manifest;
/// use smi_types::problem::Fix;
/// use smi_types::validate::Validator;
///
/// let text = "apiVersion: access.smi-spec.io/v1alpha1
/// kind: TrafficTarget
/// metadata: {name: web}
/// destination: {kind: ServiceAccount, name: web, port: '8080'} # as text
/// sources: [{kind: ServiceAccount, name: cart}]
/// specs: [{kind: TCPRoute, name: web}]
/// ";
/// let problems = Validator::new().manifest(&Manifest::read(text));
/// let fixed = Fix::apply(text, problems.iter().filter_map(|problem| problem.fix()));
/// assert_eq!(fixed, text.replace("'8080'", "8080"));
/// assert!(Validator::new().manifest(&Manifest::read(&fixed)).is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    span: Range<usize>,
    replacement: String,
}

impl Fix {
    /// The bytes of the text that are replaced.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is put in their place.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// Makes all edits in the text that they are for. Of two that overlap, the first is made.
    pub fn apply<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Self>) -> String {
        let mut fixes: Vec<&Self> = fixes.into_iter().collect();
        fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
        let mut fixed = String::with_capacity(text.len() + 2 * fixes.len());
        let mut done = 0;
        for fix in fixes {
            let (Some(before), true) =
                (text.get(done..fix.span.start), text.get(fix.span()).is_some())
            else {
                continue;
            };
            fixed.push_str(before);
            fixed.push_str(&fix.replacement);
            done = fix.span.end;
        }
        fixed.push_str(text.get(done..).unwrap_or_default());
        fixed
    }

    pub(crate) fn new(span: Range<usize>, replacement: String) -> Self {
        Self { span, replacement }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_once_and_in_order_and_not_outside_the_text() {
        let fix = |span: Range<usize>, text: &str| Fix::new(span, text.to_owned());
        let fixes =
            [fix(4..5, "E"), fix(0..2, "AB"), fix(1..3, "no"), fix(4..5, "E"), fix(5..99, "no")];
        assert_eq!(Fix::apply("abcdef", &fixes), "ABcdEf");
        assert_eq!(Fix::apply("é", &[fix(1..2, "no")]), "é");
    }
}
