//! Many picks by several threads at once. `SMI_SPLIT_PICKS` sets how many; the default suits tests
//! without optimisation.

use smi_split::Picker;

fn picks() -> u64 {
    std::env::var("SMI_SPLIT_PICKS").map_or(1_000_000, |picks| picks.parse().unwrap())
}

/// Counts the smooth picks of two threads.
fn counts(picker: &Picker, picks: u64) -> Vec<u64> {
    let count = |picks| {
        let mut counts = vec![0_u64; picker.weights().as_slice().len()];
        (0..picks).for_each(|_| counts[picker.smooth()] += 1);
        counts
    };
    let (a, b) = std::thread::scope(|scope| {
        let (a, b) = (scope.spawn(|| count(picks / 2)), scope.spawn(|| count(picks - picks / 2)));
        (a.join().unwrap(), b.join().unwrap())
    });
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

#[test]
fn two_threads_share_a_rotation_exactly() {
    // One period that is written out, and one that takes two frames.
    for weights in [vec![90, 9, 1], vec![33_333, 66_666, 1, 0]] {
        let picker = Picker::new(weights).unwrap();
        let periods = (picks() / picker.weights().total()).max(1);
        let expected: Vec<u64> =
            picker.weights().as_slice().iter().map(|weight| weight * periods).collect();
        assert_eq!(counts(&picker, periods * picker.weights().total()), expected);
    }
}

#[test]
fn weight_zero_is_never_picked() {
    let weights = [0, 1, 0, 999_999, 0, 12_345, 0];
    let picker = Picker::new(weights).unwrap();
    let mut number = 0_u64;
    for pick in 0..picks() {
        // A Weyl sequence: all of the 2^64 numbers, evenly.
        number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
        assert!(weights[picker.random(number)] > 0);
        assert!(weights[picker.smooth()] > 0);
        if pick % 8 == 0 {
            assert!(weights[picker.sticky(&number.to_le_bytes())] > 0);
        }
    }
}

/// Weights, then other weights, then the same: all on one counter, so nobody is favoured.
#[test]
fn a_rotation_goes_on_when_it_is_replaced() {
    let mut picker = Picker::new([3, 1]).unwrap();
    let mut counts = [0; 2];
    for _ in 0..400 {
        counts[picker.smooth()] += 1;
        picker = Picker::new([3, 1]).unwrap().after(&picker);
    }
    assert_eq!(counts, [300, 100]);
}
