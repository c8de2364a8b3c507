//! Selecting and picking allocate nothing.

#![cfg(test)]

use allocation_counter::measure;
use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Semantics};
use smi_split::{Call, ObjectName, Outcome, Picker, Splits, TrafficSplit};

#[test]
fn a_pick_allocates_nothing() {
    for count in [2, 16, 17, 100, 10_000] {
        let picker = Picker::new((0..count).map(|index| 1 + (index << 20) + index)).unwrap();
        let some = picker.available(|index| index % 3 == 0);
        let none = picker.available(|_| false);
        let counted = measure(|| {
            for number in 0..1_000_u64 {
                let key = number.to_le_bytes();
                assert!(picker.random(number << 54) < count as usize);
                assert!(picker.smooth() < count as usize);
                assert!(picker.sticky(&key) < count as usize);
                assert!(some.random(number).is_some_and(|index| index % 3 == 0));
                assert!(some.smooth().is_some_and(|index| index % 3 == 0));
                assert!(some.sticky(&key).is_some_and(|index| index % 3 == 0));
            }
            assert!((none.random(1), none.smooth(), none.sticky(b"")) == (None, None, None));
        });
        assert_eq!(counted.count_total, 0, "{count} weights");
    }
}

#[test]
fn a_selection_allocates_nothing() {
    let name = ObjectName::new("default", "website");
    let group = HttpRouteGroup::new(name.clone())
        .with(HttpMatch::new("firefox").header("user-agent", ".*Firefox.*"));
    let splits = Splits::builder(Semantics::default())
        .http_route_group(group)
        .traffic_split(
            TrafficSplit::new(name.clone(), "website")
                .http_route_group("website")
                .backend("website-v1", 90)
                .backend("website-v2", 10),
        )
        .compile();
    let headers = [("user-agent", "Mozilla/5.0 Firefox/126.0")];
    let counted = measure(|| {
        for number in 0..100 {
            let request = HttpRequest::new("GET", "/").headers(&headers);
            let outcome = splits.select(&Call::to(&name).http(request)).outcome();
            let Outcome::Backends(backends) = outcome else { panic!("no backends") };
            backends.pick(number);
            backends.pick_smooth();
            backends.pick_sticky(b"user-4711");
            let healthy = backends.available(|leaf| leaf.service().name() == "website-v2");
            assert!(healthy.pick_sticky(b"user-4711").is_some());
        }
    });
    assert_eq!(counted.count_total, 0);
}

/// The counter counts.
#[test]
fn building_allocates() {
    assert!(measure(|| drop(Picker::new([1, 2]))).count_total > 0);
}
