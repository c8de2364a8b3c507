//! Quantities against a model: fractions of big integers, built from the parts of the text.

use std::collections::HashSet;

use num_bigint::{BigInt, BigUint};
use proptest::prelude::*;
use smi_types::quantity::{Quantity, QuantityError, RatioError};

/// A quantity as text, and its value as `numerator / denominator`.
#[derive(Clone, Debug)]
struct Model {
    text: String,
    numerator: BigInt,
    denominator: BigInt,
}

impl Model {
    fn new(sign: &str, whole: &str, fraction: Option<&str>, suffix: &str) -> Self {
        let mut text = format!("{sign}{whole}");
        if let Some(fraction) = fraction {
            text.push('.');
            text.push_str(fraction);
        }
        text.push_str(suffix);

        let digits = format!("0{whole}{}", fraction.unwrap_or_default());
        let mut numerator: BigInt = digits.parse().unwrap();
        if sign == "-" {
            numerator = -numerator;
        }
        let mut denominator = BigInt::from(10).pow(fraction.unwrap_or_default().len() as u32);
        let ten = BigInt::from(10);
        let kibi = BigInt::from(1024);
        match suffix {
            "n" => denominator *= ten.pow(9),
            "u" => denominator *= ten.pow(6),
            "m" => denominator *= ten.pow(3),
            "" => {}
            "k" => numerator *= ten.pow(3),
            "M" => numerator *= ten.pow(6),
            "G" => numerator *= ten.pow(9),
            "T" => numerator *= ten.pow(12),
            "P" => numerator *= ten.pow(15),
            "E" => numerator *= ten.pow(18),
            "Ki" => numerator *= kibi,
            "Mi" => numerator *= kibi.pow(2),
            "Gi" => numerator *= kibi.pow(3),
            "Ti" => numerator *= kibi.pow(4),
            "Pi" => numerator *= kibi.pow(5),
            "Ei" => numerator *= kibi.pow(6),
            exponent => {
                let exponent: i32 = exponent.trim_start_matches(['e', 'E']).parse().unwrap();
                if exponent < 0 {
                    denominator *= ten.pow(exponent.unsigned_abs());
                } else {
                    numerator *= ten.pow(exponent.unsigned_abs());
                }
            }
        }
        Self { text, numerator, denominator }
    }

    fn quantity(&self) -> Quantity {
        Quantity::parse(&self.text).unwrap()
    }

    fn whole(&self) -> Option<BigInt> {
        let whole = &self.numerator / &self.denominator;
        (&whole * &self.denominator == self.numerator).then_some(whole)
    }
}

fn model(sign: &'static str) -> impl Strategy<Value = Model> {
    let suffix = prop_oneof![
        prop::sample::select(vec![
            "n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
        ])
        .prop_map(str::to_owned),
        ("[eE]", -30_i32..30).prop_map(|(e, exponent)| format!("{e}{exponent}")),
        ("[eE]\\+0?", 0_u32..30).prop_map(|(e, exponent)| format!("{e}{exponent}")),
    ];
    (sign, prop_oneof!["[0-9]{1,9}", "0*[1-9]0{0,12}"], prop::option::of("[0-9]{0,9}"), suffix)
        .prop_map(|(sign, whole, fraction, suffix)| {
            Model::new(&sign, &whole, fraction.as_deref(), &suffix)
        })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The reduced weights, the slow way: a common denominator, then a division by the gcd.
fn reduced(models: &[Model]) -> Vec<BigUint> {
    let common: BigInt = models.iter().map(|model| &model.denominator).product();
    let whole: Vec<BigUint> = models
        .iter()
        .map(|model| (&model.numerator * (&common / &model.denominator)).to_biguint().unwrap())
        .collect();
    let zero = BigUint::from(0_u8);
    let divisor = whole.iter().fold(zero.clone(), |mut a, b| {
        let mut b = b.clone();
        while b != zero {
            (a, b) = (b.clone(), &a % &b);
        }
        a
    });
    whole.iter().map(|n| if divisor == zero { zero.clone() } else { n / &divisor }).collect()
}

proptest! {
    #[test]
    fn the_value_is_exact_and_the_text_is_kept(model in model("[+-]?")) {
        let quantity = model.quantity();
        prop_assert_eq!(quantity.to_string(), &*model.text);
        prop_assert_eq!(quantity.is_zero(), model.numerator == BigInt::from(0));
        prop_assert_eq!(quantity.is_negative(), model.numerator < BigInt::from(0));
        prop_assert_eq!(quantity.is_integer(), model.whole().is_some());
        prop_assert_eq!(quantity.to_u64(), model.whole().and_then(|n| u64::try_from(n).ok()));
    }

    #[test]
    fn equal_values_are_equal_and_hash_alike(
        a in model("[+-]?"), b in model("[+-]?"), zeros in "0{0,3}",
    ) {
        let equal = &a.numerator * &b.denominator == &b.numerator * &a.denominator;
        prop_assert_eq!(a.quantity() == b.quantity(), equal);

        // Leading zeros change the text and not the value.
        let at = a.text.find(|c: char| c.is_ascii_digit()).unwrap();
        let (sign, number) = a.text.split_at(at);
        let padded = format!("{sign}{zeros}{number}");
        let same = HashSet::from([a.quantity(), Quantity::parse(&padded).unwrap()]);
        prop_assert_eq!(same.len(), 1);
    }

    #[test]
    fn ratios_are_the_reduced_weights(models in prop::collection::vec(model("[+]?"), 0..5)) {
        let quantities: Vec<Quantity> = models.iter().map(Model::quantity).collect();
        let ratios = Quantity::ratios(&quantities.iter().collect::<Vec<_>>());
        let expected = reduced(&models);
        let fits = u64::try_from(expected.iter().sum::<BigUint>()).is_ok();
        match ratios {
            Ok(ratios) => {
                prop_assert!(fits);
                prop_assert_eq!(
                    ratios.iter().map(|&n| BigUint::from(n)).collect::<Vec<_>>(),
                    expected,
                );
                prop_assert!(ratios.iter().fold(0, |a, &b| gcd(a, b)) <= 1);
            }
            Err(error) => {
                prop_assert_eq!(error, RatioError::TooLarge);
                prop_assert!(!fits);
            }
        }
    }

    #[test]
    fn whole_numbers_are_read_from_json_numbers(number: u64, float in -1e30_f64..1e30) {
        let read: Quantity = serde_json::from_str(&number.to_string()).unwrap();
        prop_assert_eq!(read.to_u64(), Some(number));
        let read: Quantity = serde_json::from_str(&format!("{float:e}")).unwrap();
        prop_assert_eq!(read, Quantity::parse(&format!("{float:e}")).unwrap());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+.0-9eEinumkKMGTP ]{0,12}|\\PC{0,40}|[0-9]{30,150}") {
        if let Ok(quantity) = Quantity::parse(&text) {
            prop_assert_eq!(quantity.as_str(), &text);
            let _ = Quantity::ratios(&[&quantity, &Quantity::from(1)]);
        }
    }
}

#[test]
fn forms_of_the_specification_have_the_ratios_it_says() {
    for (weights, expected) in [
        // Traffic Split v1alpha1: "identical to resources, 1 = 1000m".
        (vec!["1", "1000m"], vec![1, 1]),
        (vec!["10m", "100m", "1500m"], vec![1, 10, 150]),
        (vec!["1", "500m"], vec![2, 1]),
        (vec!["1.5", "500m"], vec![3, 1]),
        (vec!["0", "0m", "-0"], vec![0, 0, 0]),
        (vec!["0", "5"], vec![0, 1]),
        (vec!["1Ki", "1k"], vec![128, 125]),
        (vec!["1e-1000", "3e-1000"], vec![1, 3]),
        (vec!["1e1000", "0"], vec![1, 0]),
        (vec![], vec![]),
    ] {
        let quantities: Vec<_> = weights.iter().map(|w| Quantity::parse(w).unwrap()).collect();
        let ratios = Quantity::ratios(&quantities.iter().collect::<Vec<_>>());
        assert_eq!(ratios, Ok(expected), "{weights:?}");
    }
}

#[test]
fn a_ratio_is_never_rounded_to_fit() {
    let max = Quantity::from(u64::MAX);
    let one = Quantity::from(1);
    assert_eq!(Quantity::ratios(&[&max, &Quantity::from(0)]), Ok(vec![1, 0]));
    assert_eq!(Quantity::ratios(&[&max, &one]), Err(RatioError::TooLarge), "the sum is too large");
    let less = Quantity::from(u64::MAX - 1);
    assert_eq!(Quantity::ratios(&[&less, &one]), Ok(vec![u64::MAX - 1, 1]));
    let minus = Quantity::parse("-1m").unwrap();
    assert_eq!(Quantity::ratios(&[&one, &minus]), Err(RatioError::Negative { index: 1 }));
}

#[test]
fn what_is_no_quantity_is_refused() {
    for text in [
        "", " 1", "1 ", "+", "-", ".", "+.", "1%", "1i", "-3.01i", "-3.01e-", "1.1.M", "1+1.0M",
        "0.1mi", "0.1am", "aoeu", ".5i", "1K", "1ki", "1e", "1e+", "1e3m", "1e1.5", "1_000",
        "0x10", "--1", "+-1", "1\n", "\u{661}", "NaN", "inf",
    ] {
        let error = Quantity::parse(text).unwrap_err();
        assert!(matches!(error, QuantityError::Syntax { .. }), "{text:?}: {error}");
        assert_eq!(error.to_string().lines().count(), 1, "{text:?}");
    }
}

#[test]
fn giant_numbers_are_refused_without_being_computed() {
    let long = "9".repeat(129);
    assert_eq!(Quantity::parse(&long), Err(QuantityError::TooLong { length: 129 }));
    let precise = "9".repeat(40);
    assert!(matches!(Quantity::parse(&precise), Err(QuantityError::TooPrecise { .. })));
    for text in ["1e1001", "1e-1001", "1e99999999999999999999", "0e2147483648"] {
        assert!(matches!(Quantity::parse(text), Err(QuantityError::Exponent { .. })), "{text}");
    }
    // Zeros cost no precision, and 128 bits hold 38 digits.
    assert!(Quantity::parse(&format!("1{}", "0".repeat(120))).is_ok());
    assert!(Quantity::parse(&"9".repeat(38)).is_ok());
}

#[test]
fn numbers_and_strings_are_read_and_strings_written() {
    for (json, written) in [
        ("1", r#""1""#),
        ("1.5", r#""1.5""#),
        ("1e3", r#""1000""#),
        ("1.0", r#""1""#),
        ("0.1", r#""0.1""#),
        ("-2", r#""-2""#),
        ("1e-12", r#""1e-12""#),
        (r#""500m""#, r#""500m""#),
    ] {
        let quantity: Quantity = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&quantity).unwrap(), written, "{json}");
    }
    for json in ["null", "true", "[]", "{}", r#""""#] {
        assert!(serde_json::from_str::<Quantity>(json).is_err(), "{json}");
    }
}
