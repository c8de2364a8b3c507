//! Durations, against the table of Go's own tests and against kube's.

use std::time::Duration;

use proptest::prelude::*;
use smi_metrics_model::GoDuration;

/// Out of `time_test.go`: texts, and their nanoseconds.
const READ: [(&str, i64); 27] = [
    ("0", 0),
    ("5s", 5_000_000_000),
    ("30s", 30_000_000_000),
    ("1478s", 1_478_000_000_000),
    ("-5s", -5_000_000_000),
    ("+5s", 5_000_000_000),
    ("-0", 0),
    ("+0", 0),
    ("5.0s", 5_000_000_000),
    ("5.6s", 5_600_000_000),
    ("5.s", 5_000_000_000),
    (".5s", 500_000_000),
    ("1.004s", 1_004_000_000),
    ("100.00100s", 100_001_000_000),
    ("12µs", 12_000),
    ("12μs", 12_000),
    ("14s", 14_000_000_000),
    ("3h30m", 12_600_000_000_000),
    ("10.5s4m", 250_500_000_000),
    ("-2m3.4s", -123_400_000_000),
    ("1h2m3s4ms5us6ns", 3_723_004_005_006),
    ("39h9m14.425s", 140_954_425_000_000),
    ("52763797000ns", 52_763_797_000),
    ("0.3333333333333333333h", 1_200_000_000_000),
    ("9223372036854775807ns", i64::MAX),
    ("-9223372036854775808ns", i64::MIN),
    ("0.830103483285477580700h", 2_988_372_539_827),
];

#[test]
fn what_go_reads_is_read() {
    for (text, nanos) in READ {
        let duration: GoDuration = text.parse().unwrap_or_else(|error| panic!("{error}"));
        // Go rounds this one through a floating-point number.
        if !text.starts_with("0.333") {
            assert_eq!(duration.as_nanos(), nanos, "{text}");
        } else {
            assert!((duration.as_nanos() - nanos).abs() <= 1, "{text}");
        }
    }
}

#[test]
fn what_go_refuses_is_refused() {
    let refused = [
        "",
        "3",
        "-",
        "s",
        ".",
        "-.",
        ".s",
        "+.s",
        "1d",
        "9223372036854775808ns",
        "3000000h",
        "1 s",
        "-9223372036854775809ns",
        "9223372036854775.808us",
        "1m 30s",
        "1..5s",
        "--1s",
        "1s-1s",
        "P30S",
        "NaN",
        "1e3s",
        "\u{85}\u{85}",
        "١s",
    ];
    for text in refused {
        let error = text.parse::<GoDuration>().unwrap_err().to_string();
        assert!(error.contains("is no duration: ") && !error.contains('\n'), "{text}: {error}");
    }
}

#[test]
fn durations_are_written_as_go_does() {
    let written = [
        (0, "0s"),
        (1, "1ns"),
        (1_100, "1.1µs"),
        (2_200_000, "2.2ms"),
        (3_300_000_000, "3.3s"),
        (245_000_000_000, "4m5s"),
        (245_001_000_000, "4m5.001s"),
        (18_367_001_000_000, "5h6m7.001s"),
        (480_000_000_001, "8m0.000000001s"),
        (3_600_000_000_000, "1h0m0s"),
        (i64::MAX, "2562047h47m16.854775807s"),
        (i64::MIN, "-2562047h47m16.854775808s"),
    ];
    for (nanos, text) in written {
        assert_eq!(GoDuration::from_nanos(nanos).to_string(), text);
    }
}

#[test]
fn rusts_durations_fit_or_are_refused() {
    assert_eq!(GoDuration::try_from(Duration::from_secs(90)).unwrap().to_string(), "1m30s");
    assert!(GoDuration::try_from(Duration::MAX).is_err());
    assert!(Duration::try_from(GoDuration::from_nanos(-1)).is_err());
    assert_eq!(GoDuration::from_secs(i64::MAX).checked_add(GoDuration::from_nanos(1)), None);
    assert_eq!(GoDuration::from_secs(30).checked_mul(3), Some(GoDuration::from_secs(90)));
    assert_eq!(GoDuration::ZERO.checked_sub(GoDuration::from_nanos(i64::MIN)), None);
}

proptest! {
    #[test]
    fn any_duration_is_read_as_it_is_written(nanos: i64) {
        let duration = GoDuration::from_nanos(nanos);
        prop_assert_eq!(duration.to_string().parse::<GoDuration>().unwrap(), duration);
        let json = serde_json::to_string(&duration).unwrap();
        prop_assert_eq!(serde_json::from_str::<GoDuration>(&json).unwrap(), duration);
    }

    #[test]
    fn kubes_durations_agree(text in "[+-]?([0-9]{1,6}(\\.[0-9]{1,3})?(ns|us|µs|ms|s|m|h)){1,4}") {
        let own: GoDuration = text.parse().unwrap();
        let kubes: kube_core::duration::Duration = text.parse().unwrap();
        let nanos = i128::try_from(Duration::from(kubes).as_nanos()).unwrap();
        let nanos = if kubes.is_negative() { -nanos } else { nanos };
        // Kube's goes through floating-point numbers.
        let tolerance = (nanos.abs() / 1_000_000_000_000).max(8);
        prop_assert!((i128::from(own.as_nanos()) - nanos).abs() <= tolerance, "{own} {kubes}");
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|[0-9.+\\-hmsnuµ]{0,30}") {
        let _ = text.parse::<GoDuration>();
    }
}
