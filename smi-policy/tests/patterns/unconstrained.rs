//! The patterns that plainly admit every path.

use smi_policy::{Anchor, Limits, Pattern};

use crate::ANCHORS;

#[test]
fn unconstrained_is_exactly_this_list() {
    let any_anchor = [".*", "^.*", ".*$", "^.*$", "/.*", "^/.*", "/.*$", "^/.*$"];
    let from_start = ["/", "^/"];
    let never = [
        "", "^", "$", "^$", "/$", "^/$", "^^.*", ".*$$", ".+", "(.*)", "/.*.*", "//.*", "(?i).*",
        "/.*?", ".*/", r"\/.*", "[/].*", "(?s).*", "/a", ".", "/ ", " .*",
    ];
    for anchor in ANCHORS {
        let admits =
            |text: &str| Pattern::parse(text, &Limits::default()).unwrap().is_unconstrained(anchor);
        assert!(any_anchor.into_iter().all(admits), "{anchor:?}");
        assert!(from_start.into_iter().all(|text| admits(text) == (anchor == Anchor::Start)));
        assert!(!never.into_iter().any(admits), "{anchor:?}");
    }
}
