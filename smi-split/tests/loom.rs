//! The smooth pick under a model checker, which tries every way in which threads can interleave.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p smi-split --test loom`

#![cfg(all(test, loom))]

use loom::sync::Arc;
use loom::thread;
use smi_split::Picker;

/// Two threads make one period together, and each replaces the picker on its way.
#[test]
fn a_period_is_exact_however_threads_interleave() {
    loom::model(|| {
        let picker = Arc::new(Picker::new([2, 1, 1]).unwrap());
        let half = |picker: Arc<Picker>| {
            let next = Picker::new([2, 1, 1]).unwrap().after(&picker);
            [picker.smooth(), next.smooth()]
        };
        let other = thread::spawn({
            let picker = Arc::clone(&picker);
            move || half(picker)
        });
        let own = half(picker);
        let mut counts = [0; 3];
        for index in own.into_iter().chain(other.join().unwrap()) {
            counts[index] += 1;
        }
        assert_eq!(counts, [2, 1, 1]);
    });
}

#[test]
fn three_threads_never_get_the_same_turn() {
    loom::model(|| {
        let picker = Arc::new(Picker::new([1, 1, 1]).unwrap());
        let threads = [(); 2].map(|()| {
            let picker = Arc::clone(&picker);
            thread::spawn(move || picker.smooth())
        });
        let mut seen = vec![picker.smooth()];
        seen.extend(threads.map(|thread| thread.join().unwrap()));
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2]);
    });
}

/// Turns of what is away are passed over, and none of the others is lost or given twice.
#[test]
fn what_is_left_shares_exactly_however_threads_interleave() {
    loom::model(|| {
        let picker = Arc::new(Picker::new([2, 1, 1]).unwrap());
        let pick = |picker: &Picker| picker.available(|index| index != 0).smooth().unwrap();
        let other = thread::spawn({
            let picker = Arc::clone(&picker);
            move || pick(&picker)
        });
        let mut seen = [pick(&picker), other.join().unwrap()];
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}
