//! How large a program an expression becomes.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What Envoy takes, unless it is told otherwise.
///
/// Source: Envoy, `re2.max_program_size.error_level`.
pub(crate) const LARGEST_PROGRAM: usize = 100;

/// Instructions besides those of the expression.
const FRAME: usize = 4;
/// Instructions for all characters of several bytes.
const BEYOND_ASCII: usize = 12;

/// About how many instructions an expression has in RE2, rather too many than too few. `None` if it
/// can't be read.
pub(crate) fn program_size(pattern: &str) -> Option<usize> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    Some(size(&hir).saturating_add(FRAME))
}

fn size(hir: &Hir) -> usize {
    let all = |parts: &[Hir]| parts.iter().map(size).fold(0, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Look(_) => 1,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => {
            let is_ascii = |c: char| c.is_ascii();
            let ascii = class.ranges().iter().filter(|range| is_ascii(range.start())).count();
            let beyond = class.ranges().iter().any(|range| !is_ascii(range.end()));
            ascii + if beyond { BEYOND_ASCII } else { 0 }
        }
        HirKind::Repetition(repetition) => {
            let once = size(&repetition.sub);
            let copies = repetition.max.unwrap_or(repetition.min).max(1);
            once.saturating_mul(copies as usize).saturating_add(1)
        }
        HirKind::Capture(capture) => size(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) => all(parts),
        HirKind::Alternation(parts) => all(parts).saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes that Envoy and RE2 were seen to report.
    #[test]
    fn sizes_are_about_those_of_re2() {
        for (pattern, reported) in [
            ("bar", 7),
            (".*foo.*", 35),
            ("x-envoy-(a|b|c)", 15),
            ("x-envoy-(a|b|c)-[grep]{3}", 28),
            ("a.*b.*c.*d.*e.*f.*g.*", 109),
            (r"^/api/v1/object/[0-9A-Za-z_]{32}/action$", 107),
        ] {
            let own = program_size(pattern).unwrap();
            assert!(own * 4 >= reported * 3 && own <= reported * 3 / 2 + 2, "{pattern}: {own}");
        }
    }
}
