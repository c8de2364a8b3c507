//! What keys stick to is part of the interface: these picks must never change.

use smi_split::Picker;

/// Key, and the index for weights 90 and 10; for 50, 30 and 20; for ten equal ones; for 100.
///
/// They were made by another implementation of the rule, with the C library of xxHash.
const VECTORS: [(&str, [usize; 4]); 6] = [
    ("", [0, 2, 8, 98]),
    ("user-1", [0, 0, 7, 45]),
    ("user-2", [0, 0, 0, 64]),
    ("user-3", [0, 0, 8, 76]),
    ("user-4711", [0, 0, 8, 28]),
    ("0b5e2f4a-5d1c-4a58-9d0f-6e1f0c0a7b11", [1, 1, 1, 1]),
];

#[test]
fn keys_are_where_they_always_were() {
    let pickers = [vec![90, 10], vec![50, 30, 20], vec![1; 10], vec![1; 100]]
        .map(|weights| Picker::new(weights).unwrap());
    let found = VECTORS.map(|(key, _)| {
        (key, [0, 1, 2, 3].map(|picker: usize| pickers[picker].sticky(key.as_bytes())))
    });
    assert_eq!(found, VECTORS);
}

/// As a TrafficSplit names them, and in any order.
#[test]
fn keys_stick_to_names() {
    let names = ["shop/website-v1", "shop/website-v2"];
    let picker = Picker::named([(names[0], 9), (names[1], 1)]).unwrap();
    let turned = Picker::named([(names[1], 100), (names[0], 900)]).unwrap();
    let mut canary = Vec::new();
    for user in 0..40 {
        let key = format!("user-{user}");
        let name = names[picker.sticky(key.as_bytes())];
        assert_eq!(name, [names[1], names[0]][turned.sticky(key.as_bytes())]);
        if name == names[1] {
            canary.push(user);
        }
    }
    assert_eq!(canary, [3, 9, 10, 11, 14, 31, 37]);
}

/// The example of the documentation: what moves from 90:10 to 80:20 moves to the canary.
#[test]
fn a_canary_that_grows_loses_nobody() {
    let before = Picker::new([90, 10]).unwrap();
    let after = Picker::new([80, 20]).unwrap();
    let keys = 100_000_u32;
    let mut moved = 0;
    for key in 0..keys {
        match (before.sticky(&key.to_le_bytes()), after.sticky(&key.to_le_bytes())) {
            (0, 1) => moved += 1,
            (1, 0) => panic!("{key} left the canary"),
            _ => {}
        }
    }
    let share = f64::from(moved) / f64::from(keys);
    assert!((0.095..0.105).contains(&share), "{share}");
}
