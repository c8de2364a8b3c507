//! The number of a metric, as written.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The number of a metric, kept exactly as it was written.
///
/// On the wire it is a Kubernetes quantity: a string such as `"10m"` (ten thousandths), or a plain
/// number as in the specification's `value: 100`. It is written back in the form it was read in,
/// and two values are equal only if their forms are. The text is not checked.
///
/// # Examples
/// ```
/// use smi_metrics_model::MetricValue;
///
/// let value: MetricValue = serde_json::from_str("\"0.020\"")?;
/// assert_eq!(value.to_string(), "0.020");
/// assert_eq!(serde_json::to_string(&value)?, "\"0.020\"");
/// assert_eq!(value, MetricValue::from("0.020"));
///
/// assert!(serde_json::from_str::<MetricValue>("true").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValue(Form);

impl From<&str> for MetricValue {
    fn from(text: &str) -> Self {
        Self(Form::Text(text.to_owned()))
    }
}

impl From<String> for MetricValue {
    fn from(text: String) -> Self {
        Self(Form::Text(text))
    }
}

/// A count. It is written as a string, which every reader of quantities accepts.
impl From<u64> for MetricValue {
    fn from(count: u64) -> Self {
        Self(Form::Text(count.to_string()))
    }
}

impl fmt::Display for MetricValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Text(text) => f.write_str(text),
            Form::Unsigned(number) => number.fmt(f),
            Form::Signed(number) => number.fmt(f),
            Form::Float(number) => number.fmt(f),
        }
    }
}

impl Serialize for MetricValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Text(text) => serializer.serialize_str(text),
            Form::Unsigned(number) => serializer.serialize_u64(*number),
            Form::Signed(number) => serializer.serialize_i64(*number),
            Form::Float(number) => serializer.serialize_f64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for MetricValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormVisitor).map(Self)
    }
}

/// The forms of a value on the wire.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Text(String),
    Unsigned(u64),
    /// Negative: what fits [`Form::Unsigned`] is read as that.
    Signed(i64),
    /// Finite.
    Float(f64),
}

struct FormVisitor;

impl de::Visitor<'_> for FormVisitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity: a string such as `10m`, or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Form, E> {
        Ok(Form::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Form, E> {
        Ok(Form::Text(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Form, E> {
        Ok(Form::Unsigned(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Form, E> {
        Ok(u64::try_from(number).map_or(Form::Signed(number), Form::Unsigned))
    }

    /// YAML knows `.nan` and `.inf`, which are no quantities.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Form, E> {
        if number.is_finite() {
            Ok(Form::Float(number))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(number), &self))
        }
    }
}
