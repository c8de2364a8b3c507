//! Regular expressions that admit only paths which every server reads the same way.
//!
//! A mesh that matches `/public/.*` against `/public/../admin` lets in what SMI keeps out. So the
//! expression is rewritten: wherever it lets anything pass, only segments pass that are ordinary.
//! The rewriting is a guess that is checked afterwards; a guess that admits too much is dropped.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use super::dialect;

/// Percent escapes that stand for nothing that a server might decode and act upon.
const ESCAPE: &str =
    "%(?:[189A-Fa-f][0-9A-Fa-f]|0[1-9A-Fa-f]|2[0-9A-Ca-c]|3[A-Fa-f]|[46]0|5[BDEbde]|7[B-DFb-df])";
/// The same after normalising, which writes escapes in upper case.
const NORMAL_ESCAPE: &str = "%(?:[189A-F][0-9A-F]|0[1-9A-F]|2[0-9A-C]|3[A-F]|[46]0|5[BDE]|7[B-DF])";
/// Characters that end a segment, or that servers disagree about.
const EXTRAORDINARY: &[(char, char)] =
    &[('\0', ' '), ('#', '#'), ('%', '%'), ('/', '/'), ('?', '?'), ('\\', '\\'), ('\x7f', '\x7f')];

/// How an expression may be rewritten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Escapes are those of normalised paths.
    pub(crate) normal: bool,
    /// What passes anything stands at the end, which makes it shorter.
    pub(crate) at_end: bool,
    /// Beginnings and ends of the text are left out. Whole texts are matched anyway.
    pub(crate) no_looks: bool,
    /// What may be empty is taken not to be.
    pub(crate) nonempty: bool,
    /// Paths are normalised already: nothing is kept out but what ends a path, and what is no ASCII.
    pub(crate) as_is: bool,
}

/// Rewrites a portable expression for whole paths. `None` if it has something for which there is no
/// guess.
pub(crate) fn rewrite(pattern: &str, style: Style) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut writer = Writer { style, text: String::new() };
    writer.write(&hir, Place::Unknown)?;
    Some(writer.text)
}

/// An expression without a `$` at its end or a `^` at its beginning, if it has no other.
pub(crate) fn without_looks(pattern: &str) -> Option<String> {
    let shorter = pattern.strip_prefix('^').unwrap_or(pattern);
    let shorter = match shorter.strip_suffix('$') {
        Some(body) if !body.ends_with('\\') => body,
        _ => shorter,
    };
    let hir = regex_syntax::Parser::new().parse(shorter).ok()?;
    hir.properties().look_set().is_empty().then(|| shorter.to_owned())
}

/// Where in a path something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind a slash.
    SegmentStart,
    /// Behind another character.
    Segment,
    Unknown,
}

struct Writer {
    style: Style,
    text: String,
}

impl Writer {
    fn write(&mut self, hir: &Hir, place: Place) -> Option<Place> {
        match hir.kind() {
            HirKind::Empty => Some(place),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                self.text.push_str(&dialect::literal(text));
                Some(if text.ends_with('/') { Place::SegmentStart } else { Place::Segment })
            }
            HirKind::Class(class) => {
                self.text.push_str(&one_of(&self.ordinary(class)?));
                Some(Place::Segment)
            }
            HirKind::Look(Look::Start | Look::End) if self.style.no_looks => Some(place),
            HirKind::Look(Look::Start) => {
                self.text.push('^');
                Some(place)
            }
            HirKind::Look(Look::End) => {
                self.text.push('$');
                Some(place)
            }
            HirKind::Look(_) => None,
            HirKind::Capture(capture) => self.group(&capture.sub, place),
            HirKind::Repetition(repetition) => {
                if let (HirKind::Class(class), None) = (repetition.sub.kind(), repetition.max) {
                    return self.anything(class, repetition.min, place);
                }
                let after = self.group(&repetition.sub, place)?;
                self.text.push_str(&quantifier(repetition.min, repetition.max));
                Some(if after == place { place } else { Place::Unknown })
            }
            HirKind::Concat(parts) => {
                parts.iter().try_fold(place, |place, part| self.write(part, place))
            }
            HirKind::Alternation(branches) => {
                self.text.push_str("(?:");
                let mut after = None;
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        self.text.push('|');
                    }
                    let own = self.write(branch, place)?;
                    after =
                        Some(after.filter(|a| *a != own).map_or(own, |_: Place| Place::Unknown));
                }
                self.text.push(')');
                after
            }
        }
    }

    fn group(&mut self, hir: &Hir, place: Place) -> Option<Place> {
        if let HirKind::Alternation(_) | HirKind::Capture(_) = hir.kind() {
            // They bring their own parentheses.
            return self.write(hir, place);
        }
        self.text.push_str("(?:");
        let after = self.write(hir, place)?;
        self.text.push(')');
        Some(after)
    }

    /// What of a class is ordinary. `None` for a class of bytes.
    fn ordinary(&self, class: &Class) -> Option<ClassUnicode> {
        let Class::Unicode(class) = class else { return None };
        let mut own = class.clone();
        if self.style.as_is {
            own.intersect(&set(&[('!', '~')]));
            own.difference(&set(&[('#', '#'), ('?', '?')]));
        } else {
            own.difference(&set(EXTRAORDINARY));
        }
        Some(own)
    }

    /// A class that repeats without end.
    fn anything(&mut self, class: &Class, min: u32, place: Place) -> Option<Place> {
        let own = self.ordinary(class)?;
        let Class::Unicode(class) = class else { return None };
        let has =
            |c: char| class.ranges().iter().any(|range| range.start() <= c && c <= range.end());
        if self.style.as_is || !has('/') && !has('.') && !has('%') {
            self.text.push_str(&one_of(&own));
            self.text.push_str(&quantifier(min, None));
            return Some(Place::Segment);
        }
        let escape = if self.style.normal { NORMAL_ESCAPE } else { ESCAPE };
        let or_escape = |class: &ClassUnicode| match has('%') {
            true => format!("(?:{}|{escape})", one_of(class)),
            false => one_of(class),
        };
        let any = or_escape(&own);
        let mut no_dots = own.clone();
        no_dots.difference(&ClassUnicode::new([';', '.'].map(|c| ClassUnicodeRange::new(c, c))));
        let no_dots = or_escape(&no_dots);
        let segment = if has('.') && has(';') {
            format!(r"(?:(?:\.\.?)?{no_dots}|;|\.\.\.){any}*")
        } else if has('.') {
            format!(r"(?:(?:\.\.?)?{no_dots}|\.\.\.){any}*")
        } else {
            format!("{any}+")
        };
        let may_be_empty = min == 0 && !self.style.nonempty;
        let text = match (place, has('/'), self.style.at_end) {
            (Place::SegmentStart, true, true) => {
                format!("(?:{segment}(?:/|$)){}", if may_be_empty { "*" } else { "+" })
            }
            (Place::SegmentStart, true, false) => {
                format!("(?:{segment}(?:/{segment})*/?){}", if may_be_empty { "?" } else { "" })
            }
            (Place::SegmentStart, false, _) => {
                format!("(?:{segment}){}", if may_be_empty { "?" } else { "" })
            }
            (_, true, _) if !may_be_empty => format!("{any}+(?:/{segment})*/?"),
            (_, true, true) => format!("{any}*(?:/|$)(?:{segment}(?:/|$))*"),
            (_, true, false) => format!("{any}*(?:/{segment})*/?"),
            (_, false, _) => format!("{any}{}", if may_be_empty { "*" } else { "+" }),
        };
        self.text.push_str(&text);
        Some(Place::Segment)
    }
}

fn set(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end)))
}

fn quantifier(min: u32, max: Option<u32>) -> String {
    match (min, max) {
        (0, Some(1)) => "?".to_owned(),
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (min, Some(max)) if min == max => format!("{{{min}}}"),
        (min, Some(max)) => format!("{{{min},{max}}}"),
        (min, None) => format!("{{{min},}}"),
    }
}

/// A class as text. A class of nearly everything is written as what it lacks.
fn one_of(class: &ClassUnicode) -> String {
    let is_large = class.ranges().last().is_some_and(|range| range.end() == char::MAX);
    let mut shown = class.clone();
    if is_large {
        shown.negate();
    }
    let mut text = String::from(if is_large { "[^" } else { "[" });
    for range in shown.ranges() {
        push(&mut text, range.start());
        if range.start() != range.end() {
            text.push('-');
            push(&mut text, range.end());
        }
    }
    text.push(']');
    text
}

fn push(text: &mut String, c: char) {
    match c {
        '\0'..='\x1f' | '\x7f' => text.push_str(&format!("\\x{:02x}", u32::from(c))),
        // Where `\<` means anything, it is the beginning of a word.
        _ if c.is_ascii_alphanumeric() || matches!(c, ' ' | '/' | '%' | ';' | '<' | '>') => {
            text.push(c);
        }
        _ if c.is_ascii() => {
            text.push('\\');
            text.push(c);
        }
        _ => text.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
    }
}
