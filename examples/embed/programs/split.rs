//! Splits traffic 90 to 10, by a random number and in turn.

use smi_policy::Semantics;
use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};

fn main() {
    let canary = TrafficSplit::new(ObjectName::new("shop", "canary"), "web")
        .backend("web-v1", 90)
        .backend("web-v2", 10);
    let splits = Splits::builder(Semantics::default()).traffic_split(canary).compile();

    let web = ObjectName::new("shop", "web");
    let Outcome::Backends(backends) = splits.select(&Call::to(&web)).outcome() else { return };
    for (backend, share) in backends.shares() {
        println!("{} gets {share}", backend.service());
    }
    // A random number is yours to choose …
    println!("{}", backends.pick(0x9e37_79b9_7f4a_7c15).service());
    // … and a rotation is exact: of any ten in a row, one is web-v2.
    let in_turn: Vec<_> = (0..10).map(|_| backends.pick_smooth().service().name()).collect();
    println!("{}", in_turn.join(" "));
}
