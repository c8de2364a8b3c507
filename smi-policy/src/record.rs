//! Resources in as little memory as their texts take: a policy keeps them for tables, explanations
//! and recompiling, and a hundred thousand of them must not cost more than the policy itself.

use crate::name::ObjectName;
use crate::resource::{HttpMatch, PortCondition, Rule, RuleKind, Subject, TrafficTarget};

/// A resource without its name, written down as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Record(Box<[u8]>);

impl Record {
    pub(crate) fn of_target(target: &TrafficTarget) -> Self {
        let mut writer = Writer::default();
        writer.subject(&target.destination);
        match target.port {
            PortCondition::Any => writer.number(0),
            PortCondition::Only(port) => writer.number(usize::from(port) + 2),
            PortCondition::Unreadable => writer.number(1),
        }
        writer.list(&target.sources, Writer::subject);
        writer.list(&target.rules, |writer, rule| {
            writer.number(match rule.kind {
                RuleKind::HttpRouteGroup => 0,
                RuleKind::TcpRoute => 1,
                RuleKind::UdpRoute => 2,
                RuleKind::Unreadable => 3,
            });
            writer.text(&rule.name);
            writer.list(&rule.matches, |writer, name| writer.text(name));
        });
        Self(writer.0.into())
    }

    pub(crate) fn of_matches(matches: &[Option<HttpMatch>]) -> Self {
        let mut writer = Writer::default();
        writer.list(matches, |writer, http_match| {
            let Some(http_match) = http_match else { return writer.number(0) };
            writer.number(1);
            writer.optional(http_match.name.as_deref());
            writer.optional(http_match.path_regex.as_deref());
            writer.list(&http_match.methods, |writer, method| writer.text(method));
            writer.list(&http_match.headers, |writer, (name, regex)| {
                writer.text(name);
                writer.text(regex);
            });
        });
        Self(writer.0.into())
    }

    /// The TrafficTarget that was written down, under this name.
    pub(crate) fn target(&self, name: &ObjectName) -> TrafficTarget {
        let unreadable = || TrafficTarget {
            name: name.clone(),
            destination: Subject::Unreadable,
            port: PortCondition::Unreadable,
            sources: Vec::new(),
            rules: Vec::new(),
        };
        // What was written is read; should it not be, the target grants nothing.
        Reader(&self.0).target(name).unwrap_or_else(unreadable)
    }

    /// The matches of an HTTPRouteGroup that were written down.
    pub(crate) fn matches(&self) -> impl Iterator<Item = Option<HttpMatch>> {
        self.texts().map(|texts| texts.as_ref().map(MatchTexts::to_match))
    }

    /// The name of the match at this position.
    pub(crate) fn match_name(&self, index: usize) -> Option<&str> {
        self.names_and_paths().nth(index)?.0
    }

    /// The path's regex of each match.
    pub(crate) fn path_regexes(&self) -> impl Iterator<Item = Option<&str>> {
        self.names_and_paths().map(|(_, path)| path)
    }

    /// The texts of each match; nothing of one that could not be read.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Option<MatchTexts<'_>>> {
        let mut reader = Reader(&self.0);
        let len = reader.number().unwrap_or_default();
        (0..len).map(move |_| reader.match_texts().unwrap_or_default())
    }

    /// Name and path of each match, without the rest.
    fn names_and_paths(&self) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
        let mut reader = Reader(&self.0);
        let len = reader.number().unwrap_or_default();
        (0..len).map(move |_| reader.name_and_path().unwrap_or_default())
    }
}

/// A match of an HTTPRouteGroup, where it was written down.
#[derive(Clone, Debug)]
pub(crate) struct MatchTexts<'r> {
    pub(crate) name: Option<&'r str>,
    pub(crate) path_regex: Option<&'r str>,
    pub(crate) methods: Vec<&'r str>,
    /// Names and regular expressions.
    pub(crate) headers: Vec<(&'r str, &'r str)>,
}

impl MatchTexts<'_> {
    fn to_match(&self) -> HttpMatch {
        let owned = |(name, regex): &(&str, &str)| ((*name).to_owned(), (*regex).to_owned());
        HttpMatch {
            name: self.name.map(ToOwned::to_owned),
            path_regex: self.path_regex.map(ToOwned::to_owned),
            methods: self.methods.iter().map(|method| (*method).to_owned()).collect(),
            headers: self.headers.iter().map(owned).collect(),
        }
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the low ones first; the highest bit says that more follow.
    fn number(&mut self, mut number: usize) {
        while number > 0x7F {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.number(text.is_some().into());
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.number(items.len());
        items.iter().for_each(|each| item(self, each));
    }

    fn subject(&mut self, subject: &Subject) {
        let (kind, namespace, name) = match subject {
            Subject::ServiceAccount { namespace, name } => (0, namespace, name),
            Subject::IdentityBinding { namespace, name } => (1, namespace, name),
            Subject::Unreadable => return self.number(2),
        };
        self.number(kind);
        self.optional(namespace.as_deref());
        self.text(name);
    }
}

struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        let mut shift = 0_u32;
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn text(&mut self) -> Option<&'r str> {
        let len = self.number()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn optional(&mut self) -> Option<Option<&'r str>> {
        match self.number()? {
            0 => Some(None),
            _ => Some(Some(self.text()?)),
        }
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len = self.number()?;
        (0..len).map(|_| item(self)).collect()
    }

    fn owned(&mut self) -> Option<String> {
        self.text().map(ToOwned::to_owned)
    }

    fn subject(&mut self) -> Option<Subject> {
        let kind = self.number()?;
        if kind > 1 {
            return Some(Subject::Unreadable);
        }
        let namespace = self.optional()?.map(ToOwned::to_owned);
        let name = self.owned()?;
        Some(match kind {
            0 => Subject::ServiceAccount { namespace, name },
            _ => Subject::IdentityBinding { namespace, name },
        })
    }

    fn target(&mut self, name: &ObjectName) -> Option<TrafficTarget> {
        let destination = self.subject()?;
        let port = match self.number()? {
            0 => PortCondition::Any,
            1 => PortCondition::Unreadable,
            port => PortCondition::Only(u16::try_from(port - 2).ok()?),
        };
        let sources = self.list(Self::subject)?;
        let rules = self.list(|reader| {
            let kind = match reader.number()? {
                0 => RuleKind::HttpRouteGroup,
                1 => RuleKind::TcpRoute,
                2 => RuleKind::UdpRoute,
                _ => RuleKind::Unreadable,
            };
            Some(Rule { kind, name: reader.owned()?, matches: reader.list(Self::owned)? })
        })?;
        Some(TrafficTarget { name: name.clone(), destination, port, sources, rules })
    }

    /// A match; of one that could not be read nothing.
    fn match_texts(&mut self) -> Option<Option<MatchTexts<'r>>> {
        if self.number()? == 0 {
            return Some(None);
        }
        Some(Some(MatchTexts {
            name: self.optional()?,
            path_regex: self.optional()?,
            methods: self.list(Self::text)?,
            headers: self.list(|reader| Some((reader.text()?, reader.text()?)))?,
        }))
    }

    fn name_and_path(&mut self) -> Option<(Option<&'r str>, Option<&'r str>)> {
        if self.number()? == 0 {
            return None;
        }
        let found = (self.optional()?, self.optional()?);
        for _ in 0..self.number()? {
            self.text()?;
        }
        for _ in 0..self.number()?.saturating_mul(2) {
            self.text()?;
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let long = "x".repeat(300);
        for port in [PortCondition::Any, PortCondition::Only(0), PortCondition::Only(65535)] {
            let mut target = TrafficTarget::new(ObjectName::new("shop", "t"), "cart")
                .source(Subject::service_account("a", long.as_str()))
                .source(Subject::Unreadable)
                .source(Subject::IdentityBinding { namespace: None, name: String::new() })
                .rule(Rule::tcp_route("é"))
                .rule(Rule::http_route_group("api").select("read").select(""));
            target.port = port;
            assert_eq!(Record::of_target(&target).target(&target.name), target);
        }
        let matches = [
            None,
            Some(HttpMatch::default()),
            Some(HttpMatch::new("read").path_regex(&long).method("GET").header("a", "")),
            Some(HttpMatch::new("last")),
        ];
        let record = Record::of_matches(&matches);
        assert!(record.matches().eq(matches));
        let names: Vec<_> = (0..5).map(|index| record.match_name(index)).collect();
        assert_eq!(names, [None, None, Some("read"), Some("last"), None]);
    }
}
