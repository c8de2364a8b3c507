//! Sums, order and canonical form of quantities, against Kubernetes' tables and big integers.

use std::cmp::Ordering;

use num_bigint::BigInt;
use proptest::prelude::*;
use smi_types::quantity::Quantity;

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// What apimachinery's `TestQuantityString` and `TestQuantityParseEmit` expect.
#[test]
fn the_canonical_form_is_that_of_kubernetes() {
    let table = [
        ("1Gi", "1Gi"),
        ("1024Mi", "1Gi"),
        ("307200Ki", "300Mi"),
        ("6Ki", "6Ki"),
        ("1025024Mi", "1001Gi"),
        ("1024Gi", "1Ti"),
        ("5000m", "5"),
        ("0.5", "500m"),
        ("1000M", "1G"),
        ("0.001T", "1G"),
        ("1000u", "1m"),
        ("80m", "80m"),
        ("1.08", "1080m"),
        ("1080000000n", "1080m"),
        ("300M", "300M"),
        ("1T", "1T"),
        ("1E", "1E"),
        ("1000E", "1e21"),
        ("5000E", "5e21"),
        ("1000000E", "1e24"),
        ("1234567M", "1234567M"),
        ("1234567m", "1234567m"),
        ("3k", "3k"),
        ("1025", "1025"),
        ("0", "0"),
        ("0Ki", "0"),
        (".001e12", "1e9"),
        ("0.001e0", "1e-3"),
        ("1000e-12", "1e-9"),
        ("80e-3", "80e-3"),
        ("300e6", "300e6"),
        ("3e3", "3e3"),
        ("00", "0"),
        ("0e5", "0"),
        ("1n", "1n"),
        ("1080n", "1080n"),
        ("1080u", "1080u"),
        (".001Ki", "1024m"),
        (".000001Ki", "1024u"),
        (".000000001Ki", "1024n"),
        ("0.020", "20m"),
        ("1.5Gi", "1536Mi"),
    ];
    for (text, canonical) in table {
        assert_eq!(quantity(text).canonical().as_str(), canonical, "{text}");
        if !quantity(text).is_zero() {
            let negative = quantity(&format!("-{text}")).canonical();
            assert_eq!(negative.as_str(), format!("-{canonical}"), "-{text}");
        }
    }
}

/// Kubernetes rounds and caps these.
#[test]
fn what_no_suffix_can_say_stays_exact() {
    assert_eq!(quantity(".000000000001Ki").canonical().as_str(), "1024e-12");
    assert_eq!(quantity("1e-30").canonical().as_str(), "1e-30");
    let text = "340282366920938463463374607431768211455.5Ei";
    assert!(Quantity::parse(text).is_err());
    let text = "340282366920938463463374607431768211455e-38Ki";
    assert!(Quantity::parse(text).is_err());
    let text = "0.34028236692093846346337460743176821145Ki";
    assert_eq!(quantity(text).canonical(), quantity(text));
}

#[test]
fn sums_keep_the_notation_of_the_first() {
    let sum = |left, right| quantity(left).checked_add(&quantity(right)).unwrap().to_string();
    assert_eq!(sum("1Gi", "1Gi"), "2Gi");
    assert_eq!(sum("0", "1Gi"), "1Gi");
    assert_eq!(sum("1k", "24"), "1024");
    assert_eq!(sum("1Ki", "-1m"), "1023999m");
    assert_eq!(sum("1e3", "1"), "1001");
    assert_eq!(sum("1", "-1"), "0");
    let difference = quantity("1").checked_sub(&quantity("1.5")).unwrap();
    assert_eq!(difference.as_str(), "-500m");
    assert!(difference.is_negative());
}

#[test]
fn values_far_apart_are_ordered() {
    let rising = ["-1e1000", "-1Ei", "-1n", "0", "1e-1000", "1n", "1", "1Ei", "1e19", "1e1000"];
    for (at, left) in rising.iter().enumerate() {
        for (beside, right) in rising.iter().enumerate() {
            assert_eq!(quantity(left).cmp(&quantity(right)), at.cmp(&beside), "{left} {right}");
        }
    }
    assert_eq!(quantity("1").cmp(&quantity("1000m")), Ordering::Equal);
}

#[test]
fn floating_point_numbers_are_the_nearest() {
    let numbers = [("0.1", 0.1), ("10m", 0.01), ("3e-320", 3e-320), ("-1Ei", -(2_f64.powi(60)))];
    for (text, number) in numbers {
        assert_eq!(quantity(text).to_f64(), number, "{text}");
    }
    assert_eq!(quantity("1e1000").to_f64(), f64::INFINITY);
    let long = "0.34028236692093846346337460743176821145Ki";
    let nearest = 0.340_282_366_920_938_46 * 1024.0;
    assert!((quantity(long).to_f64() / nearest - 1.0).abs() < 1e-15);
}

const SUFFIXES: [&str; 18] = [
    "n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e30",
    "e-30",
];

/// The value of digits and a suffix, times 10^40.
fn model(digits: i64, suffix: &str) -> BigInt {
    let ten = BigInt::from(10);
    let digits = BigInt::from(digits) * ten.pow(40);
    let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    if let Some(at) = decimal.iter().position(|known| *known == suffix) {
        return digits * ten.pow(3 * u32::try_from(at).unwrap()) / ten.pow(9);
    }
    match suffix {
        "e30" => digits * ten.pow(30),
        "e-30" => digits / ten.pow(30),
        _ => {
            let power = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|s| *s == suffix);
            digits * BigInt::from(1024).pow(u32::try_from(power.unwrap()).unwrap() + 1)
        }
    }
}

proptest! {
    #[test]
    fn sums_and_order_are_those_of_whole_numbers(
        left in any::<i64>(), left_suffix in 0..SUFFIXES.len(),
        right in any::<i64>(), right_suffix in 0..SUFFIXES.len(),
    ) {
        let (left_suffix, right_suffix) = (SUFFIXES[left_suffix], SUFFIXES[right_suffix]);
        let a = quantity(&format!("{left}{left_suffix}"));
        let b = quantity(&format!("{right}{right_suffix}"));
        let (x, y) = (model(left, left_suffix), model(right, right_suffix));
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(a == b, x == y);
        if let Some(sum) = a.checked_add(&b) {
            // Read again from its text, so that the text is what is compared.
            let sum = quantity(sum.as_str());
            let half = BigInt::from(2);
            prop_assert_eq!(sum.checked_sub(&b), Some(a.canonical()));
            prop_assert_eq!(sum.cmp(&a), (&x + &y).cmp(&x));
            prop_assert_eq!(sum.cmp(&b), (&x + &y).cmp(&y));
            let doubled = quantity("2").cmp(&sum);
            prop_assert_eq!(doubled, (half * BigInt::from(10).pow(40)).cmp(&(x + y)));
        }
    }

    #[test]
    fn the_canonical_form_is_the_same_number_and_its_own_canonical_form(
        text in "[+-]?[0-9]{0,10}(\\.[0-9]{1,10})?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?",
    ) {
        let Ok(read) = Quantity::parse(&text) else { return Ok(()) };
        let canonical = read.canonical();
        prop_assert_eq!(&quantity(canonical.as_str()), &read);
        let again = canonical.canonical();
        prop_assert_eq!(again.as_str(), canonical.as_str());
        prop_assert!(!canonical.as_str().contains('.') && !canonical.as_str().starts_with('+'));
    }

    #[test]
    fn scaling_moves_the_point(digits in any::<i64>(), there in -20_i32..20, back in -20_i32..20) {
        let number = Quantity::decimal(digits.into(), 0).unwrap();
        let moved = number.scaled(there).unwrap();
        let expected = Quantity::decimal(digits.into(), there).unwrap();
        prop_assert_eq!(moved.as_str(), expected.as_str());
        prop_assert_eq!(moved.scaled(back), number.scaled(there + back));
    }

    #[test]
    fn rounding_gives_finite_numbers_only(number: f64, places in 0_u8..12) {
        if let Some(rounded) = Quantity::rounded(number, places) {
            let error = (rounded.to_f64() - number).abs();
            prop_assert!(error <= 0.5 / 10_f64.powi(places.into()) * 1.0001 + number.abs() * 1e-15);
        }
    }
}
