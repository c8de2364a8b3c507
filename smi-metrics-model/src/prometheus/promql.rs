//! PromQL as text.

use std::fmt::{self, Write};

use super::{Matcher, Operator};
use crate::GoDuration;

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Matching => "=~",
            Operator::NotMatching => "!~",
        };
        write!(f, "{}{operator}{}", self.label, Quoted(&self.value))
    }
}

/// How many requests there were in a window, by labels.
pub(super) fn increase(
    counter: &str,
    matchers: &[Matcher],
    window: GoDuration,
    by: &[String],
) -> String {
    let by = by.join(", ");
    format!("sum by ({by}) (increase({}))", range(counter, matchers, window))
}

/// A quantile of a histogram over a window, by labels.
pub(super) fn quantile(
    quantile: &str,
    buckets: &str,
    matchers: &[Matcher],
    window: GoDuration,
    by: &[String],
) -> String {
    let by: Vec<&str> = by.iter().map(String::as_str).chain(["le"]).collect();
    let by = by.join(", ");
    let range = range(buckets, matchers, window);
    format!("histogram_quantile({quantile}, sum by ({by}) (rate({range})))")
}

/// Whether a text is the name of a metric.
pub(super) fn is_metric(text: &str) -> bool {
    let is_inner = |next: char| next.is_ascii_alphanumeric() || next == '_' || next == ':';
    text.chars().all(is_inner) && text.starts_with(|first: char| !first.is_ascii_digit())
}

/// Whether a text is the name of a label.
pub(super) fn is_label(text: &str) -> bool {
    is_metric(text) && !text.contains(':')
}

/// A regular expression that matches this text alone.
pub(super) fn escaped(text: &str) -> String {
    let mut regex = String::new();
    for next in text.chars() {
        if next.is_ascii_punctuation() && !"-_/".contains(next) {
            regex.push('\\');
        }
        regex.push(next);
    }
    regex
}

fn range(metric: &str, matchers: &[Matcher], window: GoDuration) -> String {
    let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    format!("{metric}{{{}}}[{}]", matchers.join(", "), Range(window))
}

/// A duration of PromQL, which has no fractions: whole seconds, or else milliseconds, rounded up.
struct Range(GoDuration);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos().max(1).unsigned_abs();
        match nanos % 1_000_000_000 {
            0 => write!(f, "{}s", nanos / 1_000_000_000),
            _ => write!(f, "{}ms", nanos.div_ceil(1_000_000)),
        }
    }
}

/// A string of PromQL, whose escapes are those of Go.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for next in self.0.chars() {
            match next {
                '"' | '\\' => write!(f, "\\{next}")?,
                '\n' => f.write_str("\\n")?,
                next if next.is_ascii_control() => write!(f, "\\x{:02x}", u32::from(next))?,
                next => f.write_char(next)?,
            }
        }
        f.write_char('"')
    }
}
