//! What a refused pattern is told.

use smi_policy::{Bound, Limits, Pattern, PatternError, PatternErrorKind as Kind};

#[track_caller]
fn error(pattern: &str) -> PatternError {
    Pattern::parse(pattern, &Limits::default()).unwrap_err()
}

/// Pattern, kind, construct, a part of the help.
const CASES: &[(&str, Kind, &str, &str)] = &[
    ("/(?!admin).*", Kind::LookAround, "(?!", "separate matches"),
    ("(?<=a)b", Kind::LookAround, "(?<=", "separate matches"),
    (r"(a)\1", Kind::Backreference, r"\1", "octal"),
    ("(?P<n>a)(?P=n)", Kind::Backreference, "(?P=", "write the text out"),
    (r"(?<n>a)\k<n>", Kind::Backreference, r"\k", "write the text out"),
    ("(?>a+)b", Kind::AtomicGroup, "(?>", "(?:…)"),
    ("x(?#note)", Kind::UnknownGroup, "(?#", "drop the comment"),
    ("(?'n'a)", Kind::UnknownGroup, "(?'", "(?P<name>…)"),
    ("(?(1)a|b)", Kind::UnknownGroup, "(?(", "(?:…)"),
    ("(?R)", Kind::UnknownGroup, "(?R)", "(?:…)"),
    ("a(?x) b", Kind::UnknownFlag, "(?x", "white space"),
    (r"(?u)\w", Kind::UnknownFlag, "(?u", r"\p{L}"),
    ("(?i-)a", Kind::UnknownFlag, "(?i-)", "after one `-`"),
    ("(?P<é>a)", Kind::GroupName, "(?P<é>", "ASCII"),
    ("/(unclosed", Kind::UnclosedGroup, "(", r"\("),
    ("(?i", Kind::UnclosedGroup, "(?i", r"\("),
    ("/api)|(?:.*", Kind::UnopenedGroup, ")", r"\)"),
    ("/[a-z", Kind::UnclosedClass, "[", r"\["),
    ("[a-Z]", Kind::RangeOrder, "a-Z", "`-` first or last"),
    ("[[:word2:]]", Kind::UnknownPosixClass, "[:word2:]", "alnum"),
    (r"\p{Script=Greek}", Kind::UnknownProperty, r"\p{Script=Greek}", r"`\p{Greek}`"),
    (r"\p{Alphabetic}", Kind::UnknownProperty, r"\p{Alphabetic}", r"\pL"),
    (r"a\p{Greek+", Kind::UnknownProperty, r"\p{Greek+", "close the name"),
    (r"[\d\pX]", Kind::UnknownProperty, r"\pX", r"\pL"),
    (r"a\Z", Kind::UnknownEscape, r"\Z", r"`\z`"),
    (r"\u0041", Kind::UnknownEscape, r"\u", r"\x{…}"),
    (r"\x4", Kind::UnknownEscape, r"\x4", "two hexadecimal digits"),
    (r"[\b]", Kind::UnknownEscape, r"\b", r"\x08"),
    (r"[a-\d]", Kind::UnknownEscape, r"\d", "end of a range"),
    (r"\q", Kind::UnknownEscape, r"\q", "drop the backslash"),
    (r"\C", Kind::UnknownEscape, r"\C", "Go does not"),
    ("abc\\", Kind::TrailingBackslash, "\\", r"`\\`"),
    ("|*", Kind::NothingToRepeat, "*", "before it"),
    ("({2})", Kind::NothingToRepeat, "{2}", "before it"),
    ("/a*+", Kind::StackedRepetition, "*+", "possessive"),
    ("a**", Kind::StackedRepetition, "**", "(?:a*)*"),
    ("/a{1}{2}", Kind::StackedRepetition, "{1}{2}", "group the first"),
    ("a{1001}", Kind::RepetitionCount, "{1001}", "without upper end"),
    ("a{3,2}", Kind::RepetitionCount, "{3,2}", "without upper end"),
    ("(a{500}){3}", Kind::RepetitionCount, "{3}", "without upper end"),
];

#[test]
fn errors_name_the_construct_its_place_and_what_to_do() {
    for &(pattern, kind, found, help) in CASES {
        let error = error(pattern);
        assert_eq!(error.kind(), kind, "{pattern}");
        assert_eq!(pattern.get(error.span()), Some(found), "{pattern}");
        assert!(error.help().contains(help), "{pattern}: {}", error.help());
        let place = format!("`{found}` at byte {}: ", error.span().start);
        assert!(error.to_string().starts_with(&place), "{error}");
    }
}

#[test]
fn messages_are_one_line_in_lower_case_without_full_stop() {
    for (pattern, ..) in CASES {
        let error = error(pattern);
        let what = error.kind().to_string();
        for text in [&*what, error.help()] {
            assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
            let first = text.chars().next().unwrap();
            assert!(!first.is_uppercase() || text.starts_with("RE2"), "{text}");
        }
    }
}

#[test]
fn each_bound_is_reported_by_name() {
    let kind = |pattern: &str, limits: &Limits| {
        let compiled = Pattern::parse(pattern, limits)
            .and_then(|pattern| pattern.compile(smi_policy::Anchor::Full, limits));
        compiled.err().map(|error| error.kind())
    };
    let limits = Limits::default();
    for (pattern, limits, bound) in [
        ("abcd", limits.with_pattern_len(3), Bound::PatternLength),
        ("((a))", limits.with_nesting(2), Bound::Nesting),
        ("(a{3}){4}", limits.with_repetition(11), Bound::Repetition),
        ("a{100}", limits.with_program_size(1000), Bound::ProgramSize),
        (r"\pL", limits.with_program_size(1000), Bound::ProgramSize),
    ] {
        assert_eq!(kind(pattern, &limits), Some(Kind::TooLarge(bound)), "{pattern}");
        assert_eq!(kind(pattern, &Limits::default()), None, "{pattern}");
    }
}

#[test]
fn bounds_above_those_of_re2_and_go_have_no_effect() {
    let limits = Limits::default().with_nesting(u32::MAX).with_repetition(u32::MAX);
    let kind = |pattern: &str| Pattern::parse(pattern, &limits).unwrap_err().kind();
    let deep = ["(".repeat(1000), ")".repeat(1000)].concat();
    assert_eq!(kind(&deep), Kind::TooLarge(Bound::Nesting));
    assert_eq!(kind("a{1001}"), Kind::RepetitionCount);
}
