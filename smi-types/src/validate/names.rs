//! Names that API servers accept.

use super::collect::Findings;
use crate::hub::Meta;
use crate::manifest::excerpt;
use crate::problem::Code;

/// Checks name and namespace of an object.
pub(super) fn object(meta: &Meta, findings: &mut Findings<'_>) {
    subdomain(&meta.name, "metadata.name", findings);
    if let Some(namespace) = &meta.namespace {
        label(namespace, "metadata.namespace", findings);
    }
}

/// Checks a name that may have dots, as those of most objects may.
pub(super) fn subdomain(name: &str, field: &str, findings: &mut Findings<'_>) {
    let is_valid = name.len() <= 253 && name.split('.').all(|label| is_part(label, 253));
    if !is_valid && !is_template(name) {
        let message =
            format!("{} is no DNS subdomain, so no object can have this name", excerpt(name));
        let help = "use lower-case letters, digits, `-` and `.`, at most 253, with a letter or digit \
                    at both ends of each part";
        findings.report(Code::InvalidName, field, message, help);
    }
}

/// Checks the name of a namespace.
pub(super) fn label(name: &str, field: &str, findings: &mut Findings<'_>) {
    if !is_label(name) && !is_template(name) {
        let message =
            format!("{} is no DNS label, so no namespace can have this name", excerpt(name));
        let help = "use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends";
        findings.report(Code::InvalidName, field, message, help);
    }
}

/// Whether this is a label of RFC 1123 in lower case.
pub(super) fn is_label(text: &str) -> bool {
    is_part(text, 63)
}

fn is_part(text: &str, longest: usize) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= longest
        && text.bytes().all(|byte| is_alphanumeric(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_alphanumeric)
        && text.bytes().next_back().is_some_and(is_alphanumeric)
}

/// The reader warns of templates that nobody has rendered.
fn is_template(name: &str) -> bool {
    name.contains("{{")
}
