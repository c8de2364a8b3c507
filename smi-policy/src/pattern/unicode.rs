use regex_syntax::ast::{self, Ast, ClassUnicodeKind, ClassUnicodeOpKind, Position, Span};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::ascii::Negate;
use super::complement::complement;
use super::cursor::Cursor;
use super::error::{Fault, PatternErrorKind};
use super::scripts::SCRIPTS;

/// Reads a class of Unicode's from behind the `\p` or `\P` at `start`: one letter, or a name in
/// braces, where `^` negates.
///
/// As in Go since 1.25, names compare without case, spaces, hyphens and underscores, and general
/// categories go by their long names too.
pub(super) fn property(
    cursor: &mut Cursor<'_>,
    start: usize,
) -> Result<(ClassUnicode, Negate), Fault> {
    let mut negate = Negate::No;
    let mut letter = [0; 4];
    let name = if cursor.eat("{") {
        let Some(name) = cursor.eat_until("}") else {
            cursor.eat_all();
            return Err(Fault::new(PatternErrorKind::UnknownProperty, cursor.span_from(start)));
        };
        name.strip_prefix('^').inspect(|_| negate = Negate::Yes).unwrap_or(name)
    } else {
        cursor.next().map_or("", |c| c.encode_utf8(&mut letter))
    };
    let unknown = || Fault::new(PatternErrorKind::UnknownProperty, cursor.span_from(start));
    Ok((lookup(name).ok_or_else(unknown)?, negate))
}

/// The class of a name.
fn lookup(name: &str) -> Option<ClassUnicode> {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match &*name {
        "any" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])),
        "ascii" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7F')])),
        "assigned" => table("General_Category", "Unassigned").map(complement),
        // Surrogates are no characters, so that nothing in UTF-8 is one.
        "cs" | "surrogate" => Some(ClassUnicode::empty()),
        name if CATEGORIES.binary_search(&name).is_ok() => table("General_Category", name),
        name => {
            let script = SCRIPTS.iter().find(|script| {
                let letters = script.chars().filter(|&c| c != '_');
                letters.map(|c| c.to_ascii_lowercase()).eq(name.chars())
            })?;
            table("Script", script)
        }
    }
}

/// The general categories: Unicode's short names, long names and further names, sorted.
#[rustfmt::skip]
const CATEGORIES: &[&str] = &[
    "c", "casedletter", "cc", "cf", "closepunctuation", "cn", "cntrl", "co", "combiningmark",
    "connectorpunctuation", "control", "currencysymbol", "dashpunctuation", "decimalnumber",
    "digit", "enclosingmark", "finalpunctuation", "format", "initialpunctuation", "l", "lc",
    "letter", "letternumber", "lineseparator", "ll", "lm", "lo", "lowercaseletter", "lt", "lu",
    "m", "mark", "mathsymbol", "mc", "me", "mn", "modifierletter", "modifiersymbol", "n", "nd",
    "nl", "no", "nonspacingmark", "number", "openpunctuation", "other", "otherletter",
    "othernumber", "otherpunctuation", "othersymbol", "p", "paragraphseparator", "pc", "pd", "pe",
    "pf", "pi", "po", "privateuse", "ps", "punct", "punctuation", "s", "sc", "separator", "sk",
    "sm", "so", "spaceseparator", "spacingmark", "symbol", "titlecaseletter", "unassigned",
    "uppercaseletter", "z", "zl", "zp", "zs",
];

/// The characters whose `property` has this value, from the tables of `regex-syntax`.
///
/// The tables are private; a syntax tree of one class is the door to them.
fn table(property: &str, value: &str) -> Option<ClassUnicode> {
    let nowhere = Span::splat(Position::new(0, 1, 1));
    let tree = Ast::class_unicode(ast::ClassUnicode {
        span: nowhere,
        negated: false,
        kind: ClassUnicodeKind::NamedValue {
            op: ClassUnicodeOpKind::Equal,
            name: property.to_owned(),
            value: value.to_owned(),
        },
    });
    let hir = Translator::new().translate("", &tree).ok()?;
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        HirKind::Class(Class::Bytes(class)) => class.to_unicode_class(),
        // A class of one character, such as `\p{Zl}`.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(ClassUnicode::new(text.chars().map(|c| ClassUnicodeRange::new(c, c))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(name: &str, c: char) -> Option<bool> {
        let class = lookup(name)?;
        Some(class.iter().any(|r| r.start() <= c && c <= r.end()))
    }

    #[test]
    fn every_name_has_a_table() {
        for name in CATEGORIES.iter().chain(SCRIPTS) {
            assert!(lookup(name).is_some_and(|class| !class.ranges().is_empty()), "{name}");
        }
        assert!(CATEGORIES.is_sorted());
    }

    #[test]
    fn categories_and_scripts_are_found_by_any_spelling() {
        for name in ["Lu", "lu", "Uppercase_Letter", "uppercase letter", "__upper case-let ter"] {
            assert_eq!(contains(name, 'É'), Some(true), "{name}");
            assert_eq!(contains(name, 'é'), Some(false), "{name}");
        }
        assert_eq!(contains("Canadian_Aboriginal", 'ᐃ'), Some(true));
        assert_eq!(contains("Zl", '\u{2028}'), Some(true));
        assert_eq!(contains("Cs", '\u{FFFD}'), Some(false));
        assert_eq!(contains("C", '\u{378}'), Some(true));
        assert_eq!(contains("Assigned", '\u{378}'), Some(false));
    }

    #[test]
    fn other_properties_and_other_names_are_unknown() {
        let names = [
            "",
            "Grek",
            "IsGreek",
            "InGreek",
            "Script=Greek",
            "Alphabetic",
            "White_Space",
            "Uppercase",
            "ID_Start",
            "gc",
            "X",
            "^Greek",
            "Zzzz",
            "L&",
        ];
        for name in names {
            assert!(lookup(name).is_none(), "{name}");
        }
    }

    /// Unicode's general categories are a partition.
    #[test]
    fn every_character_has_one_category() {
        let two_letters = CATEGORIES.iter().filter(|name| name.len() == 2 && **name != "lc");
        let mut count = 0;
        for name in two_letters {
            count += lookup(name).unwrap().iter().map(ClassUnicodeRange::len).sum::<usize>();
        }
        assert_eq!(count, 0x11_0000 - 0x800);
    }
}
