use crate::headers::Headers;
use crate::pattern::{Limits, Pattern, PatternError, Regex, Scan};
use crate::resource::HttpMatch;
use crate::route::path::PathSubject;
use crate::route::subject::HttpSubject;
use crate::semantics::{HttpSemantics, RepeatedHeaders};

/// One match of a group, compiled.
#[derive(Debug)]
pub(super) struct CompiledMatch {
    methods: Methods,
    path: PathCondition,
    headers: Box<[HeaderCondition]>,
}

#[derive(Debug)]
enum Methods {
    All,
    Only(Box<[Box<str>]>),
}

#[derive(Debug)]
enum PathCondition {
    /// No `pathRegex`: the path is not looked at.
    None,
    /// A regex; an unconstrained one accepts every path that begins with a slash, an unclean one
    /// too.
    Regex { regex: Regex, unconstrained: bool },
}

#[derive(Debug)]
struct HeaderCondition {
    field: Field,
    regex: Regex,
}

#[derive(Debug)]
enum Field {
    /// `host` and `:authority`: both look at the authority.
    Authority,
    /// A field by its name in lower case.
    Named { name: Box<str>, repeated: RepeatedHeaders },
}

/// The first condition of a match that a request fails: path, method, headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The method is not listed.
    Method,
    /// The path does not match.
    Path,
    /// The path is unclean, and the regex constrains it.
    UncleanPath,
    /// This header is absent or does not match.
    Header(String),
}

impl Failure {
    /// How far a request came.
    pub(crate) fn depth(&self) -> u8 {
        match self {
            Self::Path | Self::UncleanPath => 0,
            Self::Method => 1,
            Self::Header(_) => 2,
        }
    }
}

/// Why a match cannot be used.
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl CompiledMatch {
    pub(super) fn compile(
        http_match: &HttpMatch,
        semantics: &HttpSemantics,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let methods = match &*http_match.methods {
            [] => Methods::All,
            methods if methods.iter().any(|m| m == "*") => Methods::All,
            methods => Methods::Only(methods.iter().map(|m| m.as_str().into()).collect()),
        };
        let path = match http_match.path_regex.as_deref() {
            None | Some("") => PathCondition::None,
            Some(text) => {
                let invalid = |error| invalid_regex("pathRegex".to_owned(), &error);
                let anchor = semantics.path_anchor;
                let pattern = Pattern::parse(text, limits).map_err(invalid)?;
                PathCondition::Regex {
                    unconstrained: pattern.is_unconstrained(anchor),
                    regex: pattern.compile(anchor, limits).map_err(invalid)?,
                }
            }
        };
        Ok(Self { methods, path, headers: compile_headers(http_match, semantics, limits)? })
    }

    /// Tries the conditions, the cheapest first.
    pub(super) fn is_match<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> bool {
        self.methods.contain(subject.request.method)
            && self.path.accepts(&subject.path)
            && self.headers.iter().all(|header| header.accepts(subject))
    }

    /// The first condition that fails, or `None` if all hold. Unlike
    /// [`is_match`](Self::is_match) this looks at the path first, because that tells people more.
    pub(super) fn failure<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
    ) -> Option<Failure> {
        if !self.path.accepts(&subject.path) {
            return Some(if subject.is_unclean() { Failure::UncleanPath } else { Failure::Path });
        }
        if !self.methods.contain(subject.request.method) {
            return Some(Failure::Method);
        }
        let failed = self.headers.iter().find(|header| !header.accepts(subject))?;
        Some(Failure::Header(failed.field.name().to_owned()))
    }

    /// Whether all conditions hold but that on the path, which fails because the path is unclean.
    pub(super) fn fails_only_by_unclean_path<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
    ) -> bool {
        subject.is_unclean()
            && self.methods.contain(subject.request.method)
            && !self.path.accepts(&subject.path)
            && self.headers.iter().all(|header| header.accepts(subject))
    }
}

impl Methods {
    fn contain(&self, method: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(methods) => methods.iter().any(|m| **m == *method),
        }
    }
}

impl PathCondition {
    fn accepts(&self, path: &PathSubject<'_>) -> bool {
        let Self::Regex { regex, unconstrained } = self else { return true };
        match path {
            // Also where the regex itself could not pass a byte that is not UTF-8.
            _ if *unconstrained && path.is_rooted() => true,
            PathSubject::Clean(path) => regex.is_match(path),
            PathSubject::Unclean { .. } => false,
        }
    }
}

impl HeaderCondition {
    fn accepts<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> bool {
        let headers = subject.request.headers;
        match &self.field {
            Field::Authority => match subject.request.authority {
                Some(authority) => self.regex.is_match(authority),
                None => {
                    // Only the field that stands alone: with none or two nobody knows the host.
                    let (mut fields, mut matched) = (0_usize, false);
                    headers.visit("host", &mut |value| {
                        fields += 1;
                        matched = self.regex.is_match(value);
                    });
                    fields == 1 && matched
                }
            },
            Field::Named { name, repeated: RepeatedHeaders::Any } => {
                let mut matched = false;
                headers.visit(name, &mut |value| matched = matched || self.regex.is_match(value));
                matched
            }
            Field::Named { name, repeated: RepeatedHeaders::Joined } => {
                let separator: &[u8] = if &**name == "cookie" { b"; " } else { b", " };
                let mut scan: Option<Scan<'_>> = None;
                headers.visit(name, &mut |value| {
                    if let Some(scan) = &mut scan {
                        scan.feed(separator);
                    }
                    scan.get_or_insert_with(|| self.regex.scan()).feed(value);
                });
                // An absent field never matches, not even `.*`.
                scan.is_some_and(|scan| scan.finish())
            }
        }
    }
}

impl Field {
    fn name(&self) -> &str {
        match self {
            Self::Authority => "host",
            Self::Named { name, .. } => name,
        }
    }
}

fn compile_headers(
    http_match: &HttpMatch,
    semantics: &HttpSemantics,
    limits: &Limits,
) -> Result<Box<[HeaderCondition]>, Fault> {
    let mut seen: Vec<(Box<str>, &str)> = Vec::new();
    let mut headers = Vec::new();
    for (name, text) in &http_match.headers {
        let field = format!("headers.{name}");
        let name: Box<str> = name.to_ascii_lowercase().into();
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, other)) if other == text => continue,
            Some(_) => {
                return Err(Fault {
                    field,
                    code: "duplicate-header",
                    message: format!(
                        "header `{name}` has two different values, so the match is ignored"
                    ),
                });
            }
            None => seen.push((name.clone(), text)),
        }
        let target = match &*name {
            "host" | ":authority" => Field::Authority,
            _ if is_token(&name) => Field::Named { name, repeated: semantics.repeated_headers },
            _ => {
                return Err(Fault {
                    field,
                    code: "invalid-header-name",
                    message: format!(
                        "`{name}` is no header name, so the match is ignored; of the pseudo-headers \
                         only `:authority` can be matched"
                    ),
                });
            }
        };
        let invalid = |error| invalid_regex(field.clone(), &error);
        let pattern = Pattern::parse(text, limits).map_err(invalid)?;
        let regex = pattern.compile(semantics.header_anchor, limits).map_err(invalid)?;
        headers.push(HeaderCondition { field: target, regex });
    }
    Ok(headers.into())
}

/// `token` of RFC 9110 §5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn invalid_regex(field: String, error: &PatternError) -> Fault {
    Fault { field, code: "invalid-regex", message: format!("{error}, so the match is ignored") }
}
