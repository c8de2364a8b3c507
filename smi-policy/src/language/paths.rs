use std::sync::LazyLock;

use super::Language;
use super::dfa::{Classes, Dfa};
use super::limits::AnalysisLimits;
use crate::semantics::PathMode;
use crate::{Anchor, Limits, Pattern};

impl Language {
    /// The paths, without query, that a `pathRegex` is matched against in this mode, of requests
    /// other than CONNECT and `OPTIONS *`.
    ///
    /// Under [`PathMode::Strict`] those that every server reads the same way; under
    /// [`PathMode::Normalize`] of these only the normalised ones; under [`PathMode::AsIs`] all.
    ///
    /// ```
    /// use smi_policy::{Language, PathMode};
    ///
    /// let paths = Language::paths(PathMode::Strict);
    /// assert!(paths.contains("/a/b%20c/"));
    /// assert!(!paths.contains("/a/../b") && !paths.contains("//a") && !paths.contains("a"));
    /// ```
    #[must_use]
    pub fn paths(mode: PathMode) -> Self {
        static STRICT: LazyLock<Language> = LazyLock::new(|| Language::clean(PathMode::Strict));
        static NORMAL: LazyLock<Language> = LazyLock::new(|| Language::clean(PathMode::Normalize));
        match mode {
            PathMode::Strict => STRICT.clone(),
            PathMode::Normalize => NORMAL.clone(),
            PathMode::AsIs => Self::each(|byte| byte != b'?' && byte != b'#'),
        }
    }

    fn clean(mode: PathMode) -> Self {
        let step = |place: &Place, byte: u8| place.step(byte, mode);
        let accepts = |place: &Place| matches!(place, Place::SegmentStart | Place::Segment);
        // Some thirty states.
        let limits = AnalysisLimits::default();
        let dfa = Dfa::explore(Place::Start, &Classes::by(|byte| byte), &limits, step, accepts);
        dfa.map_or_else(|_| Self::nothing(), |dfa| Self { dfa })
    }

    /// Every text that is UTF-8.
    #[must_use]
    pub fn utf8() -> Self {
        Self::of_text("(?s:.*)")
    }

    /// `host:port`, as the target of a CONNECT request.
    pub(crate) fn authorities() -> Self {
        const HOST: &str = r"[0-9A-Za-z\-._~]+";
        const H16: &str = "[0-9A-Fa-f]{1,4}";
        const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
        let ls32 = format!(r"({H16}:{H16}|{OCTET}(\.{OCTET}){{3}})");
        // IPv6address of RFC 3986 §3.2.2, by the number of groups before `::`.
        let mut forms = vec![format!("({H16}:){{6}}{ls32}"), format!("::({H16}:){{5}}{ls32}")];
        for before in 0..=6 {
            let head = format!("(({H16}:){{0,{before}}}{H16})?::");
            forms.push(match before {
                0..=4 => format!("{head}({H16}:){{{}}}{ls32}", 4 - before),
                5 => format!("{head}{H16}"),
                _ => head,
            });
        }
        Self::of_text(&format!(r"({HOST}|\[({})\]):[0-9]{{1,5}}", forms.join("|")))
    }

    /// Texts of these bytes only.
    pub(crate) fn each(may_have: impl Fn(u8) -> bool) -> Self {
        let step = |is_good: &bool, byte: u8| *is_good && may_have(byte);
        let classes = Classes::by(&may_have);
        let dfa = Dfa::explore(true, &classes, &AnalysisLimits::default(), step, |good| *good);
        dfa.map_or_else(|_| Self::nothing(), |dfa| Self { dfa })
    }

    /// What a pattern of our own accepts.
    fn of_text(pattern: &str) -> Self {
        let language = Pattern::parse(pattern, &Limits::default())
            .ok()
            .and_then(|pattern| pattern.language(Anchor::Full, &AnalysisLimits::default()).ok());
        language.unwrap_or_else(Self::nothing)
    }
}

/// A place in a path, by what is before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Start,
    /// Behind a slash.
    SegmentStart,
    /// Behind `.` or `..`, which so far are a segment of their own.
    Dots(u8),
    /// In another segment.
    Segment,
    /// Behind a percent sign.
    Percent,
    /// Behind a percent sign and a digit of this value.
    Digit(u8),
    /// Some server reads it differently, whatever follows.
    Unclean,
}

impl Place {
    fn step(self, byte: u8, mode: PathMode) -> Self {
        match (self, byte) {
            (Self::Start, b'/') => Self::SegmentStart,
            (Self::Start | Self::Unclean, _) => Self::Unclean,
            (Self::Percent, _) => digit(byte, mode).map_or(Self::Unclean, Self::Digit),
            (Self::Digit(high), _) => match digit(byte, mode) {
                Some(low) if !changes_meaning(high << 4 | low) => Self::Segment,
                _ => Self::Unclean,
            },
            (_, b'\\' | b'#' | b'?' | b' ' | 0x00..=0x1f | 0x7f) => Self::Unclean,
            (_, b'%') => Self::Percent,
            (Self::SegmentStart | Self::Dots(_), b'/') | (Self::Dots(_), b';') => Self::Unclean,
            (Self::SegmentStart, b'.') => Self::Dots(1),
            (Self::Dots(1), b'.') => Self::Dots(2),
            (Self::Segment, b'/') => Self::SegmentStart,
            _ => Self::Segment,
        }
    }
}

/// The value of a hexadecimal digit; a normalised path has no lower-case ones.
fn digit(byte: u8, mode: PathMode) -> Option<u8> {
    let is_normal = mode != PathMode::Normalize || !byte.is_ascii_lowercase();
    let value = char::from(byte).to_digit(16).filter(|_| is_normal)?;
    u8::try_from(value).ok()
}

/// Whether a server that decodes this reads another path.
fn changes_meaning(decoded: u8) -> bool {
    decoded.is_ascii_alphanumeric()
        || matches!(decoded, b'-' | b'.' | b'_' | b'~' | b'/' | b'\\' | 0)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::{HttpRequest, HttpSemantics, HttpSubject, NormalizedPath};

    static STRICT: LazyLock<Language> = LazyLock::new(|| Language::paths(PathMode::Strict));
    static NORMAL: LazyLock<Language> = LazyLock::new(|| Language::paths(PathMode::Normalize));
    static AUTHORITIES: LazyLock<Language> = LazyLock::new(Language::authorities);

    fn is_subject(method: &str, target: &[u8], mode: PathMode) -> bool {
        let semantics = HttpSemantics { path_mode: mode, ..HttpSemantics::default() };
        let request = HttpRequest::new(method, target);
        let subject = HttpSubject::new(&request, &semantics);
        !subject.is_unclean()
            && subject.normalized_path() == NormalizedPath::AsSent
            && !target.contains(&b'?')
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn paths_are_those_that_the_engine_matches(
            pieces in proptest::collection::vec(
                prop::sample::select(vec![
                    "/", "/", ".", "..", ";", "a", "%2", "%", "f", "F", "0", "5", "C", "e", "E",
                    "\\", "#", " ", "?", "\u{7f}", "é", "%20", "%2E", "~",
                ]),
                0..8,
            )
        ) {
            let path = format!("/{}", pieces.concat());
            for (mode, paths) in [(PathMode::Strict, &STRICT), (PathMode::Normalize, &NORMAL)] {
                prop_assert_eq!(
                    paths.contains(&path),
                    is_subject("GET", path.as_bytes(), mode),
                    "{} {:?}", path, mode
                );
            }
        }

        #[test]
        fn authorities_are_those_that_the_engine_matches(
            host in prop_oneof![
                "[a-z~.@%é-]{0,4}",
                r"\[([0-9a-fA-F]{1,4}:|::|:){0,9}[0-9a-f]{0,4}\]",
                r"\[(::|1:|::ffff:){0,6}(0|00|9|99|256|255)(\.(0|01|255|300)){3}\]",
            ],
            port in "(:[0-9]{0,6})?",
        ) {
            let authority = format!("{host}{port}");
            prop_assert_eq!(
                AUTHORITIES.contains(&authority),
                is_subject("CONNECT", authority.as_bytes(), PathMode::Strict),
                "{}", authority
            );
        }
    }

    #[test]
    fn addresses_of_all_lengths_are_authorities() {
        let authorities = &AUTHORITIES;
        for groups in 0..=9 {
            for before in 0..=groups {
                let (head, tail) =
                    (vec!["1"; before].join(":"), vec!["2"; groups - before].join(":"));
                let authority = format!("[{head}::{tail}]:80");
                assert_eq!(
                    authorities.contains(&authority),
                    is_subject("CONNECT", authority.as_bytes(), PathMode::Strict),
                    "{authority}"
                );
            }
        }
        assert!(authorities.contains("[1:2:3:4:5:6:7:8]:1") && authorities.contains("a.b:65535"));
    }
}
