//! Durations in Go's form.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A duration as Go writes it, such as `30s` or `1m30s`: the `window` of metrics.
///
/// Nanoseconds in 64 bits with a sign, as in Go: up to 292 years in either direction. Two durations
/// are equal if they are equally long, however they were written.
///
/// Source: Go's `time.ParseDuration` and `time.Duration.String`; Kubernetes' `metav1.Duration`.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::GoDuration;
///
/// let window: GoDuration = "90s".parse()?;
/// assert_eq!(window.to_string(), "1m30s");
/// assert_eq!(window.checked_add("500ms".parse()?), Some("1m30.5s".parse()?));
///
/// let error = "30".parse::<GoDuration>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`30` is no duration: expected a unit (ns, us, ms, s, m or h) after `30`"
/// );
/// # Ok::<(), smi_metrics_model::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(i64);

impl GoDuration {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A duration of nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A duration of seconds. It stops at the longest there is.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// The duration in nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The duration in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The sum, if it fits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }

    /// The difference, if it fits.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }

    /// The duration so many times, if that fits.
    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }
}

/// Reads any spelling that Go does: `1.5h`, `-2m`, `300us`, `0`.
impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let error = |reason| DurationError { text: text.to_owned(), reason };
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if unsigned == "0" {
            return Ok(Self::ZERO);
        }
        if unsigned.is_empty() {
            return Err(error(Reason::Empty));
        }
        let mut nanos = 0_u64;
        let mut rest = unsigned;
        while !rest.is_empty() {
            let (part, after) = part(rest).map_err(error)?;
            nanos = nanos.checked_add(part).ok_or_else(|| error(Reason::TooLong))?;
            rest = after;
        }
        let nanos = i128::from(nanos);
        let nanos = i64::try_from(if is_negative { -nanos } else { nanos });
        nanos.map(Self).map_err(|_| error(Reason::TooLong))
    }
}

/// As Go does: from the largest unit with a number before it down to seconds, or in one unit if it
/// is less than a second.
impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if nanos == 0 {
            return f.pad("0s");
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = if nanos < 1_000 {
            format!("{sign}{nanos}ns")
        } else if nanos < 1_000_000 {
            format!("{sign}{}µs", Decimal { number: nanos, places: 3 })
        } else if nanos < 1_000_000_000 {
            format!("{sign}{}ms", Decimal { number: nanos, places: 6 })
        } else {
            let minutes = nanos / 60_000_000_000;
            let seconds = Decimal { number: nanos % 60_000_000_000, places: 9 };
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        };
        f.pad(&text)
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Rust's durations are longer: those beyond 292 years don't fit.
impl TryFrom<Duration> for GoDuration {
    type Error = DurationError;

    fn try_from(duration: Duration) -> Result<Self, DurationError> {
        let nanos = i64::try_from(duration.as_nanos());
        let error = |_| DurationError { text: format!("{duration:?}"), reason: Reason::TooLong };
        nanos.map(Self).map_err(error)
    }
}

/// Rust's durations have no sign: negative ones don't fit.
impl TryFrom<GoDuration> for Duration {
    type Error = DurationError;

    fn try_from(duration: GoDuration) -> Result<Self, DurationError> {
        let error = |_| DurationError { text: duration.to_string(), reason: Reason::Negative };
        u64::try_from(duration.0).map(Self::from_nanos).map_err(error)
    }
}

/// Why something is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no duration: {reason}", .text.escape_debug())]
pub struct DurationError {
    text: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("expected numbers with units, such as 1m30s")]
    Empty,
    #[error("expected a number before `{}`", .rest.escape_debug())]
    Number { rest: String },
    #[error("expected a unit (ns, us, ms, s, m or h) after `{number}`")]
    Missing { number: String },
    #[error("unknown unit `{}`, expected ns, us, ms, s, m or h", .unit.escape_debug())]
    Unit { unit: String },
    #[error("longer than 292 years")]
    TooLong,
    #[error("expected one that is not negative")]
    Negative,
}

/// A number with a fraction of so many places; zeros at its end are not written.
struct Decimal {
    number: u64,
    places: u32,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.saturating_pow(self.places);
        write!(f, "{}", self.number / one)?;
        let fraction = self.number % one;
        if fraction == 0 {
            return Ok(());
        }
        let digits = format!("{fraction:0width$}", width = self.places as usize);
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

/// The nanoseconds of a number and its unit, and what follows.
fn part(text: &str) -> Result<(u64, &str), Reason> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(Reason::Number { rest: text.to_owned() });
    }
    let end = rest.find(|next: char| next == '.' || next.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let unit = match unit {
        "" => {
            let number = text.strip_suffix(rest).unwrap_or(text).to_owned();
            return Err(Reason::Missing { number });
        }
        "ns" => 1,
        // Go knows both signs for micro, U+00B5 and U+03BC.
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000_u64,
        unit => return Err(Reason::Unit { unit: unit.to_owned() }),
    };
    let whole = match whole {
        "" => 0,
        digits => digits.parse::<u64>().map_err(|_| Reason::TooLong)?,
    };
    let whole = whole.checked_mul(unit).ok_or(Reason::TooLong)?;
    whole.checked_add(fraction_of(fraction, unit)).ok_or(Reason::TooLong).map(|sum| (sum, rest))
}

/// A fraction of a unit. What is less than a nanosecond is cut off, as in Go.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    // No unit has more than 10^13 nanoseconds: what follows 18 digits makes no difference.
    let digits = digits.get(..18).unwrap_or(digits);
    let places = u32::try_from(digits.len()).unwrap_or(0);
    let number: u128 = digits.parse().unwrap_or(0);
    u64::try_from(number.saturating_mul(u128::from(unit)) / 10_u128.pow(places)).unwrap_or(0)
}

/// The leading ASCII digits of a text, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}
