//! Kubernetes' canonical form.

use super::Quantity;
use super::value::Value;

impl Quantity {
    /// The same number in Kubernetes' canonical form: no fraction, no more precise than needed, the
    /// largest suffix that allows both.
    ///
    /// A quantity with a binary suffix keeps one if it is whole and 1024 or more; one with an
    /// exponent keeps an exponent. What no suffix can say is written with an exponent (`1e21`,
    /// `1e-12`; Kubernetes would round or cap it). A number that needs more digits than 128 bits
    /// hold, which only binary suffixes allow, keeps its text.
    ///
    /// Source: `CanonicalizeBytes` in `k8s.io/apimachinery/pkg/api/resource`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// for (text, canonical) in [("0.020", "20m"), ("1024Mi", "1Gi"), ("1.5e3", "1500")] {
    ///     assert_eq!(Quantity::parse(text)?.canonical().to_string(), canonical);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn canonical(&self) -> Self {
        match text(self.value, Notation::of(&self.text)) {
            Some(text) => Self { text: text.into(), value: self.value },
            None => self.clone(),
        }
    }

    /// A value in canonical form, in the notation of `like`; `None` if it has too many digits.
    pub(super) fn of(value: Value, like: &str) -> Option<Self> {
        let text = text(value, Notation::of(like))?;
        Some(Self { text: text.into(), value })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Decimal,
    Binary,
    Exponent,
}

impl Notation {
    fn of(text: &str) -> Self {
        if text.ends_with('i') {
            Self::Binary
        } else if text.ends_with(|last: char| last.is_ascii_digit()) && text.contains(['e', 'E']) {
            Self::Exponent
        } else {
            Self::Decimal
        }
    }
}

fn text(value: Value, notation: Notation) -> Option<String> {
    let magnitude = Value { negative: false, ..value };
    let is_whole = value.twos >= 0 && value.fives >= 0;
    let is_small = magnitude < Value::new(false, 1024, 0, 0);
    let sign = if value.negative { "-" } else { "" };
    let text = match notation {
        Notation::Binary if is_whole && !is_small => binary(magnitude)?,
        Notation::Exponent => decimal(magnitude, |_| None)?,
        Notation::Binary | Notation::Decimal => decimal(magnitude, suffix)?,
    };
    Some(format!("{sign}{text}"))
}

/// Digits and a power of 1024.
fn binary(value: Value) -> Option<String> {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let power = (value.twos / 10).min(6);
    let suffix = SUFFIXES.get(usize::try_from(power).ok()?)?;
    let rest = Value { twos: value.twos.saturating_sub(power.saturating_mul(10)), ..value };
    let (digits, zeros) = rest.decimal()?;
    let zeros = "0".repeat(usize::try_from(zeros).ok()?);
    Some(format!("{digits}{zeros}{suffix}"))
}

/// Digits and a power of 1000, as a suffix where there is one for it.
fn decimal(value: Value, suffix: fn(i32) -> Option<&'static str>) -> Option<String> {
    let (digits, tens) = value.decimal()?;
    let zeros = usize::try_from(tens.rem_euclid(3)).ok()?;
    let tens = tens.saturating_sub(tens.rem_euclid(3));
    let number = format!("{digits}{}", "0".repeat(zeros));
    Some(match suffix(tens) {
        _ if tens == 0 => number,
        Some(suffix) => format!("{number}{suffix}"),
        None => format!("{number}e{tens}"),
    })
}

fn suffix(tens: i32) -> Option<&'static str> {
    Some(match tens {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => return None,
    })
}
