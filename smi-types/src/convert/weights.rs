//! Weights: Kubernetes quantities in v1alpha1, whole numbers since v1alpha2.

use serde_json::{Map, Value};

use super::json::{Object, field, take};
use super::preserved::Kept;
use crate::manifest::Number;
use crate::quantity::{Quantity, RatioError};

/// A weight that can't be read: the number of its backend, and what was expected.
#[derive(Debug)]
pub(super) enum WeightError {
    Backend { index: usize, expected: &'static str, found: String },
    Ratio(RatioError),
}

/// Weights of v1alpha1 that became whole numbers.
#[derive(Debug)]
pub(super) struct Lowered {
    /// The texts or numbers that were there.
    pub(super) before: Vec<Value>,
    /// What stands there now.
    pub(super) after: Vec<u64>,
    /// Whether the whole numbers don't tell what was there.
    pub(super) differs: bool,
}

/// Makes whole numbers of the quantities in a list of backends.
pub(super) fn lower(backends: &mut [Value]) -> Result<Lowered, WeightError> {
    let mut before = Vec::with_capacity(backends.len());
    let mut quantities = Vec::with_capacity(backends.len());
    for (index, backend) in backends.iter().enumerate() {
        let weight = weight(backend);
        let quantity = weight.and_then(quantity).filter(|quantity| !quantity.is_negative());
        let Some((weight, quantity)) = weight.zip(quantity) else {
            return Err(WeightError::new(index, "a quantity from 0, such as `500m`", weight));
        };
        before.push(weight.clone());
        quantities.push(quantity);
    }
    let whole: Option<Vec<u64>> = quantities.iter().map(Quantity::to_u64).collect();
    let after = match whole {
        Some(whole) => whole,
        None => {
            let quantities: Vec<_> = quantities.iter().collect();
            Quantity::ratios(&quantities).map_err(WeightError::Ratio)?
        }
    };
    let differs = before.iter().zip(&after).any(|(before, after)| !says(before, *after));
    for (backend, weight) in backends.iter_mut().zip(&after) {
        set(backend, (*weight).into());
    }
    Ok(Lowered { before, after, differs })
}

/// Makes quantities of the whole numbers in a list of backends: those that are kept, or the same.
pub(super) fn raise(backends: &mut [Value], kept: Option<&Kept>) -> Result<(), WeightError> {
    let mut raised = Vec::with_capacity(backends.len());
    for (index, backend) in backends.iter().enumerate() {
        let weight = weight(backend);
        let Some(whole) = weight.and_then(whole) else {
            return Err(WeightError::new(index, "a whole number from 0", weight));
        };
        raised.push(Value::from(whole.to_string()));
    }
    if let Some(kept) = kept.and_then(|kept| kept.value.as_array()) {
        raised.clone_from(kept);
    }
    for (backend, weight) in backends.iter_mut().zip(raised) {
        set(backend, weight);
    }
    Ok(())
}

/// What the weights of backends belong to: the backends with their whole weights.
pub(super) fn context(backends: &Value) -> Option<Value> {
    let context = |backend: &Value| {
        let backend = backend.as_object()?;
        let mut context = Map::new();
        context.insert("service".to_owned(), field(backend, "service")?.clone());
        context.insert("weight".to_owned(), whole(field(backend, "weight")?)?.into());
        Some(Value::Object(context))
    };
    backends.as_array()?.iter().map(context).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// A weight as a report prints it.
pub(super) fn print(weight: &Value) -> String {
    weight.as_str().map_or_else(|| weight.to_string(), str::to_owned)
}

impl WeightError {
    fn new(index: usize, expected: &'static str, found: Option<&Value>) -> Self {
        let found = found.map_or_else(|| "nothing".to_owned(), print);
        Self::Backend { index, expected, found }
    }
}

/// The quantity that a text or number is.
pub(super) fn quantity(weight: &Value) -> Option<Quantity> {
    match weight {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(_) => serde_json::from_value(weight.clone()).ok(),
        _ => None,
    }
}

fn weight(backend: &Value) -> Option<&Value> {
    field(backend.as_object()?, "weight")
}

fn set(backend: &mut Value, weight: Value) {
    if let Some(backend) = backend.as_object_mut() {
        take(backend, "weight");
        backend.insert("weight".to_owned(), weight);
    }
}

/// The whole number that a JSON number is, be it written `80` or `80.0`.
fn whole(weight: &Value) -> Option<u64> {
    match weight.as_u64() {
        Some(whole) => Some(whole),
        None => Number::Float(weight.as_f64()?).to_u64(),
    }
}

/// Whether a weight of v1alpha1 is this whole number as we write it.
fn says(weight: &Value, whole: u64) -> bool {
    match weight {
        Value::String(text) => *text == whole.to_string(),
        weight => weight.as_u64() == Some(whole),
    }
}

/// The fields of a list of backends, to be changed.
pub(super) fn backends(spec: &mut Object) -> Option<&mut Value> {
    spec.get_mut("backends").filter(|backends| !backends.is_null())
}
