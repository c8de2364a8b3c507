use std::fmt;

use thiserror::Error;

/// Longest id that the SPIFFE standard demands to be supported (SPIFFE-ID §2.3), in bytes.
const MAX_LEN: usize = 2048;

const SCHEME: &str = "spiffe://";

/// A SPIFFE id: a trust domain and a path.
///
/// Scheme and trust domain compare in lower case, the path byte for byte (SPIFFE-ID §2).
///
/// ```
/// use smi_policy::SpiffeId;
///
/// let id: SpiffeId = "spiffe://Partner.example/billing".parse()?;
/// assert_eq!(id.trust_domain(), "partner.example");
/// assert_eq!(id.path(), "/billing");
///
/// assert!("spiffe://partner.example".parse::<SpiffeId>().is_err(), "no path");
/// assert!("spiffe://partner.example/a/../b".parse::<SpiffeId>().is_err(), "dot segment");
/// # Ok::<(), smi_policy::SpiffeIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    trust_domain: Box<str>,
    path: Box<str>,
}

/// Why a text is no SPIFFE id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no SPIFFE id: {fault}")]
pub struct SpiffeIdError {
    text: String,
    fault: &'static str,
}

impl SpiffeId {
    /// Parses an id as manifests write it: the scheme may be left out.
    ///
    /// # Errors
    ///
    /// As [`FromStr`](std::str::FromStr), except for a missing scheme.
    pub fn parse_lenient(text: &str) -> Result<Self, SpiffeIdError> {
        Self::parse_rest(text, strip_scheme(text).unwrap_or(text))
    }

    /// The trust domain, in lower case.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// The path with its leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn parse_rest(text: &str, rest: &str) -> Result<Self, SpiffeIdError> {
        let fault = |fault| SpiffeIdError { text: text.chars().take(128).collect(), fault };
        if rest.len() + SCHEME.len() > MAX_LEN {
            return Err(fault("longer than 2048 bytes"));
        }
        let Some((trust_domain, segments)) = rest.split_once('/') else {
            return Err(fault("it has no path"));
        };
        if trust_domain.is_empty() {
            return Err(fault("its trust domain is empty"));
        }
        if !trust_domain.chars().all(is_id_char) {
            return Err(fault(
                "its trust domain has a character other than a-z, 0-9, `.`, `-`, `_`",
            ));
        }
        for segment in segments.split('/') {
            match segment {
                "" => return Err(fault("its path has an empty segment")),
                "." | ".." => return Err(fault("its path has a dot segment")),
                _ if !segment.chars().all(is_id_char) => {
                    return Err(fault(
                        "its path has a character other than A-Z, a-z, 0-9, `.`, `-`, `_`",
                    ));
                }
                _ => {}
            }
        }
        Ok(Self {
            trust_domain: trust_domain.to_ascii_lowercase().into(),
            path: format!("/{segments}").into(),
        })
    }
}

impl std::str::FromStr for SpiffeId {
    type Err = SpiffeIdError;

    /// Parses an id as a certificate presents it, with its scheme.
    ///
    /// # Errors
    ///
    /// Fails without the scheme `spiffe://` or a path, and on user info, port, query, fragment,
    /// percent escapes, empty or dot segments: such a text is no SPIFFE id (SPIFFE-ID §2).
    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        match strip_scheme(text) {
            Some(rest) => Self::parse_rest(text, rest),
            None => Err(SpiffeIdError {
                text: text.chars().take(128).collect(),
                fault: "it does not begin with `spiffe://`",
            }),
        }
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}{}", self.trust_domain, self.path)
    }
}

fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// The only characters of trust domains and path segments (SPIFFE-ID §2.1, §2.2): no escapes, no
/// user info, no port, no query.
fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "spiffe://",
            "spiffe://td",
            "spiffe://td/",
            "spiffe:///ns/a/sa/b",
            "spiffe://user@td/a",
            "spiffe://td:443/a",
            "spiffe://td/a?b",
            "spiffe://td/a#b",
            "spiffe://td/%61",
            "spiffe://td/a//b",
            "spiffe://td/a/",
            "spiffe://td/./a",
            "spiffe://td/a/..",
            "https://td/a",
            "td/a",
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text}");
        }
        assert!(SpiffeId::parse_lenient("td/a").is_ok());
        assert!(SpiffeId::parse_lenient("https://td/a").is_err());
    }

    #[test]
    fn scheme_and_trust_domain_fold_the_path_does_not() {
        let id: SpiffeId = "SPIFFE://Td.Example/A/b".parse().unwrap();
        assert_eq!(id, "spiffe://td.example/A/b".parse().unwrap());
        assert_ne!(id, "spiffe://td.example/a/b".parse().unwrap());
        assert_eq!(id.to_string(), "spiffe://td.example/A/b");
    }
}
