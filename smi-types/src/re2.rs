//! Regular expressions from intent.
//!
//! A match of an HTTPRouteGroup has regular expressions of RE2 for the path and for headers. Those
//! that this module writes mean the same wherever they are evaluated: in meshes that anchor an
//! expression at the start of the path (the specification), at both ends, or not at all.
//!
//! # Examples
//!
//! ```
//! use smi_types::re2;
//!
//! assert_eq!(re2::path_exact("/metrics"), "^/metrics$");
//! assert_eq!(re2::path_prefix("/api/v1.0"), r"^/api/v1\.0(/.*)?$");
//! assert_eq!(re2::header_contains("Android"), "^.*Android.*$");
//! ```

/// A text as a regular expression that matches this text only.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_types::re2::escape("/files/a+b.txt"), r"/files/a\+b\.txt");
/// ```
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Matches this path and no other: `/metrics`, but not `/metrics/` and not `/metricsfoo`.
///
/// The path is written as clients send it, with percent escapes where they send such, and without
/// a query. One that doesn't begin with `/` matches nothing.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_types::re2::path_exact("/status.json"), r"^/status\.json$");
/// ```
pub fn path_exact(path: &str) -> String {
    format!("^{}$", escape(path))
}

/// Matches this path and all paths below it: `/api`, `/api/` and `/api/users`, but not `/apifoo`.
///
/// It ends at a segment, so a `/` at the end of the prefix makes no difference. `/` matches every
/// path that begins with `/`; so does the empty prefix.
///
/// # Examples
///
/// ```
/// use smi_types::re2::path_prefix;
///
/// assert_eq!(path_prefix("/api"), "^/api(/.*)?$");
/// assert_eq!(path_prefix("/api/"), path_prefix("/api"));
/// assert_eq!(path_prefix("/"), "^/.*$");
/// ```
pub fn path_prefix(prefix: &str) -> String {
    match prefix.trim_end_matches('/') {
        // Every implementation knows this form as one that constrains nothing.
        "" => "^/.*$".to_owned(),
        prefix => format!("^{}(/.*)?$", escape(prefix)),
    }
}

/// Matches a header with this value and no other.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_types::re2::header_equals("v1.2"), r"^v1\.2$");
/// ```
pub fn header_equals(value: &str) -> String {
    format!("^{}$", escape(value))
}

/// Matches a header whose value contains this text.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_types::re2::header_contains("(iPhone"), r"^.*\(iPhone.*$");
/// ```
pub fn header_contains(text: &str) -> String {
    format!("^.*{}.*$", escape(text))
}

/// Matches a header whose value begins with this text.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_types::re2::header_prefix("Bearer "), "^Bearer .*$");
/// ```
pub fn header_prefix(text: &str) -> String {
    format!("^{}.*$", escape(text))
}
