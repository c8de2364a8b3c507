use smi_policy::{HttpMatch, HttpSemantics, Limits, Pattern};

use crate::path::limits;
use crate::route::matches::{header_values, is_valid_header_name};

/// Why a header condition can't be said.
pub(super) type Refusal = (String, &'static str, &'static str);

/// The headers of a match as values to compare with, for Envoy, which joins several fields of one
/// name with a comma and without the space that SMI has there.
///
/// # Errors
///
/// The first that can't be said.
pub(super) fn exact_values(
    http_match: &HttpMatch,
    http: &HttpSemantics,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut values = Vec::new();
    for (name, regex) in &http_match.headers {
        let name = name.to_ascii_lowercase();
        let refused = |code, reason| (format!("headers.{name}"), code, reason);
        if name == "host" || name.starts_with(':') {
            return Err(refused(
                "authority",
                "the mesh compares authorities without regard to case",
            ));
        }
        if !is_valid_header_name(&name) {
            return Err(refused("header-name", "this is no name of a header"));
        }
        let value = only_value(regex, http).ok_or(refused(
            "header-regex",
            "the mesh can't match headers by regular expressions",
        ))?;
        let is_plain = value.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        if value.is_empty() || !is_plain || value.contains(['*', ',', ';']) {
            return Err(refused("header-value", "the mesh would read this value differently"));
        }
        values.push((name, value));
    }
    Ok(values)
}

/// The only value that a header's expression admits.
fn only_value(regex: &str, http: &HttpSemantics) -> Option<String> {
    let pattern = Pattern::parse(regex, &Limits::default()).ok()?;
    let language = pattern.language(http.header_anchor, &limits()).ok()?;
    let language = language.intersection(header_values(), &limits()).ok()?;
    String::from_utf8(language.only_member()?).ok()
}
