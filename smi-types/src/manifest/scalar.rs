//! What plain YAML scalars mean: here, and to kubectl.

use super::number::Number;

/// A plain scalar of YAML 1.2's core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    String,
}

/// Reads a plain scalar. What JSON can't say, infinities and NaN, is text.
pub(super) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'0'..=b'9' | b'-' | b'+' | b'.') => {
            number(text).map_or(Scalar::String, Scalar::Number)
        }
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') => match text {
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" => Scalar::Bool(true),
            "false" | "False" | "FALSE" => Scalar::Bool(false),
            _ => Scalar::String,
        },
        Some(_) => Scalar::String,
    }
}

/// What somebody else takes a plain scalar for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherReading {
    pub(super) reader: &'static str,
    /// The value as JSON.
    pub(super) value: String,
}

/// How kubectl or other readers of YAML 1.1 take a plain scalar, if not as it is taken here.
///
/// kubectl reads YAML with sigs.k8s.io/yaml, which is go-yaml 2: YAML 1.1 with Go's notation of
/// integers and without sexagesimals.
pub(super) fn other_reading(text: &str) -> Option<OtherReading> {
    let kubectl = |value: String| Some(OtherReading { reader: "kubectl", value });
    let others = |value: String| Some(OtherReading { reader: "readers of YAML 1.1", value });
    match text.as_bytes().first()? {
        b'y' | b'Y' | b'o' | b'O' | b'n' | b'N' => match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => kubectl("true".to_owned()),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => kubectl("false".to_owned()),
            _ => None,
        },
        b'0'..=b'9' | b'-' | b'+' => {
            let ours = resolve(text);
            match go_integer(text).or_else(|| underscored_float(text)) {
                Some(number) if Scalar::Number(number) != ours => kubectl(number.to_string()),
                // YAML 1.1 writes octals without the `o`.
                Some(_) if text.contains('o') => others(format!("\"{text}\"")),
                Some(_) => None,
                None => others(sexagesimal(text)?.to_string()),
            }
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(decimal(text));
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return radix(octal, 8);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return radix(hexadecimal, 16);
    }
    is_float(digits)
        .then(|| text.parse().ok())
        .flatten()
        .filter(|float: &f64| float.is_finite())
        .map(Number::Float)
}

/// Reads `[-+]?[0-9]+`, as a float if 64 bits don't hold it, as JSON does.
fn decimal(text: &str) -> Number {
    if let Ok(number) = text.parse() {
        return Number::Unsigned(number);
    }
    match text.parse::<i64>() {
        // `-0`
        Ok(0) => Number::Unsigned(0),
        Ok(number) => Number::Negative(number),
        Err(_) => Number::Float(text.parse().unwrap_or(f64::MAX)),
    }
}

fn radix(digits: &str, radix: u32) -> Option<Number> {
    // `from_str_radix` takes a sign, which has no place here.
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, radix).ok()).flatten().map(Number::Unsigned)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let Some(mut rest) = text.get(whole..) else { return false };
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction = digits(after);
        rest = after.get(fraction..).unwrap_or_default();
    }
    if whole + fraction == 0 {
        return false;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return rest.is_empty() };
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// An integer as Go's `strconv.ParseInt(text, 0, 64)` reads it after all `_` were removed.
fn go_integer(text: &str) -> Option<Number> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, plain.get(1..)?),
        b'+' => (false, plain.get(1..)?),
        _ => (false, plain.as_str()),
    };
    let lower = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (base, digits) = match lower.as_str() {
        "0x" => (16, digits.get(2..)?),
        "0o" => (8, digits.get(2..)?),
        "0b" => (2, digits.get(2..)?),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, base).ok()?;
    match i64::try_from(value) {
        Ok(value) if negative && value != 0 => Some(Number::Negative(-value)),
        _ if negative && value != 0 => None,
        _ => Some(Number::Unsigned(value)),
    }
}

fn underscored_float(text: &str) -> Option<Number> {
    let plain = text.contains('_').then(|| text.replace('_', ""))?;
    number(&plain)
}

/// `1:30`, which is 90: `[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+` of YAML 1.1.
fn sexagesimal(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = digits.split(':');
    let first = parts.next()?.replace('_', "");
    let mut value: i64 =
        first.parse().ok().filter(|_| first.bytes().all(|b| b.is_ascii_digit()))?;
    let mut count = 0;
    for part in parts {
        let digit = part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let part: i64 = part.parse().ok().filter(|part| digit && *part < 60)?;
        value = value.checked_mul(60)?.checked_add(part)?;
        count += 1;
    }
    let value = if text.starts_with('-') { -value } else { value };
    (count > 0).then(|| u64::try_from(value).map_or(Number::Negative(value), Number::Unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        use Number::{Float, Negative, Unsigned};
        for (text, number) in [
            ("0", Unsigned(0)),
            ("010", Unsigned(10)),
            ("+12", Unsigned(12)),
            ("-12", Negative(-12)),
            ("-0", Unsigned(0)),
            ("0o17", Unsigned(15)),
            ("0xfF", Unsigned(255)),
            ("18446744073709551615", Unsigned(u64::MAX)),
            ("18446744073709551616", Float(18_446_744_073_709_551_616.0)),
            ("1.5", Float(1.5)),
            (".5", Float(0.5)),
            ("5.", Float(5.0)),
            ("1e3", Float(1000.0)),
            ("-1.5E-3", Float(-0.0015)),
        ] {
            assert_eq!(resolve(text), Scalar::Number(number), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Scalar::Null, "{text}");
        }
        for text in ["true", "True", "TRUE"] {
            assert_eq!(resolve(text), Scalar::Bool(true), "{text}");
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "tRUE",
            "nULL",
            "1_000",
            "0b1",
            "1:30",
            "-",
            "+",
            ".",
            "-.",
            "e3",
            "1e",
            "1e+",
            "0x",
            "0xg",
            "0o8",
            "-0x1",
            "+0o7",
            "0O7",
            "0X1",
            ".inf",
            "-.inf",
            ".nan",
            "1e999",
            "2001-01-01",
            "1.2.3",
            "500m",
            "1k",
            "--1",
            "+-1",
            "0x+1",
        ] {
            assert_eq!(resolve(text), Scalar::String, "{text}");
        }
    }

    #[test]
    fn scalars_that_others_read_otherwise_are_known() {
        for (text, theirs) in [
            ("y", "true"),
            ("Yes", "true"),
            ("ON", "true"),
            ("n", "false"),
            ("no", "false"),
            ("off", "false"),
            ("010", "8"),
            ("-010", "-8"),
            ("0o17", "\"0o17\""),
            ("0O17", "15"),
            ("0b101", "5"),
            ("0X1F", "31"),
            ("-0x1", "-1"),
            ("1_000", "1000"),
            ("1_0.5", "10.5"),
            ("1:30", "90"),
            ("-1:30:05", "-5405"),
        ] {
            assert_eq!(other_reading(text).map(|reading| reading.value).as_deref(), Some(theirs));
        }
        for text in [
            "true",
            "null",
            "~",
            "1",
            "-1",
            "+1",
            "01",
            "089",
            "0",
            "00",
            "0x1f",
            "1.5",
            "1e3",
            "yep",
            "nope",
            "500m",
            "1:60",
            "10.0.0.1",
            "2001-01-01",
            "::1",
            "oN",
            "",
        ] {
            assert_eq!(other_reading(text), None, "{text}");
        }
    }
}
