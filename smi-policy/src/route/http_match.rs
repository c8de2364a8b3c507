use std::sync::Arc;

use crate::headers::Headers;
use crate::pattern::{Limits, Pattern, PatternError, Regex, Scan, SetBuilder, is_unconstrained};
use crate::record::MatchTexts;
use crate::route::regexes::Regexes;
use crate::route::subject::HttpSubject;
use crate::semantics::{HttpSemantics, RepeatedHeaders};

/// The conditions of one match, AND-ed, as far as they fit into a few bytes. What does not is in
/// the [`RouteTable`](super::table::RouteTable) that the match is part of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions {
    pub(crate) path: PathCondition,
    pub(crate) methods: Methods,
    /// Whether there are conditions on headers.
    pub(crate) has_headers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathCondition {
    /// No `pathRegex`: the path is not looked at.
    None,
    /// A regex that constrains nothing: it accepts every path that begins with a slash, an unclean
    /// one too. The number is that of the table's regex, for what does not begin with a slash.
    Unconstrained(u32),
    /// The pattern of this number, of the table's patterns.
    Pattern(u32),
}

/// A set of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Methods(u16);

impl Methods {
    const ALL: Self = Self(1 << 15);
    /// Some method without a bit of its own.
    const OTHER: Self = Self(1 << 14);

    /// The methods of a match.
    fn of_match(methods: &[&str]) -> Self {
        if methods.is_empty() || methods.contains(&"*") {
            return Self::ALL;
        }
        Self(methods.iter().fold(0, |bits, method| bits | Self::of_request(method).0))
    }

    /// The method of a request.
    pub(crate) fn of_request(method: &str) -> Self {
        // Written out, this is a comparison of numbers.
        match method {
            "GET" => Self(1),
            "HEAD" => Self(1 << 1),
            "POST" => Self(1 << 2),
            "PUT" => Self(1 << 3),
            "DELETE" => Self(1 << 4),
            "CONNECT" => Self(1 << 5),
            "OPTIONS" => Self(1 << 6),
            "TRACE" => Self(1 << 7),
            "PATCH" => Self(1 << 8),
            _ => Self::OTHER,
        }
    }

    /// Whether a match with these methods has that of a request. Where that has no bit of its own,
    /// this only says whether the match has any such.
    pub(crate) fn admit(self, method: Self) -> bool {
        self.0 & (method.0 | Self::ALL.0) != 0
    }

    /// Whether having the bit is not enough: the names decide.
    pub(crate) fn need_name(self, method: Self) -> bool {
        method == Self::OTHER && self != Self::ALL
    }

    /// Those that have no bit of their own.
    pub(super) fn others<'m>(methods: &[&'m str]) -> impl Iterator<Item = &'m str> {
        let methods = methods.iter().copied();
        methods.filter(|method| Self::of_request(method) == Self::OTHER && *method != "*")
    }
}

/// A condition on a header.
#[derive(Debug)]
pub(crate) struct HeaderCondition {
    field: Field,
    regex: Arc<Regex>,
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

/// A match, compiled.
pub(super) struct Compiled {
    pub(super) path: CompiledPath,
    pub(super) methods: Methods,
    pub(super) headers: Box<[HeaderCondition]>,
    /// Bytes that the match takes before its patterns are made automata.
    pub(super) size: usize,
}

pub(super) enum CompiledPath {
    None,
    Unconstrained(Arc<Regex>),
    /// Its pattern was added to the set.
    Pattern,
}

impl Compiled {
    /// Compiles a match. A pattern for the path goes to `set`, unless it `is_known` there.
    pub(super) fn new(
        http_match: &MatchTexts<'_>,
        semantics: &HttpSemantics,
        limits: &Limits,
        regexes: &mut Regexes,
        set: &mut SetBuilder,
        is_known: bool,
    ) -> Result<Self, Fault> {
        let headers = compile_headers(http_match, semantics, limits, regexes)?;
        let mut size = headers.iter().map(|header| header.regex.memory_usage()).sum();
        let path = match http_match.path_regex {
            None | Some("") => CompiledPath::None,
            Some(_) if is_known => CompiledPath::Pattern,
            Some(text) => {
                let invalid = |error| invalid_regex("pathRegex".to_owned(), &error);
                let anchor = semantics.path_anchor;
                if is_unconstrained(text, anchor) {
                    let pattern = Pattern::parse(text, limits).map_err(invalid)?;
                    let regex = regexes.compile(&pattern, anchor, limits).map_err(invalid)?;
                    CompiledPath::Unconstrained(regex)
                } else {
                    size += set.add(text, limits).map_err(invalid)?;
                    CompiledPath::Pattern
                }
            }
        };
        Ok(Self { path, methods: Methods::of_match(&http_match.methods), headers, size })
    }
}

impl HeaderCondition {
    /// The header's name, as messages give it.
    pub(super) fn name(&self) -> &str {
        self.field.name()
    }

    pub(super) fn accepts<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> bool {
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
    http_match: &MatchTexts<'_>,
    semantics: &HttpSemantics,
    limits: &Limits,
    regexes: &mut Regexes,
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
        let regex = regexes.compile(&pattern, semantics.header_anchor, limits).map_err(invalid)?;
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
