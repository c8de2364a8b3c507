//! Counts the steps of matching, in tests only: that work grows with the input and no faster is
//! counted there, because a time says nothing on a busy machine.

/// Notes that so much was looked at.
#[cfg(not(test))]
#[inline(always)]
pub(super) fn count(_: usize) {}

#[cfg(test)]
pub(super) fn count(steps: usize) {
    STEPS.set(STEPS.get() + steps);
}

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::STEPS;
    use crate::{
        HttpMatch, HttpRequest, HttpRouteGroup, HttpSemantics, Identity, Limits, ObjectName,
        PathMode, Policy, Request, Rule, Semantics, Subject, TrafficTarget,
    };

    /// Patterns that make a matcher go back and forth, if it is one that does.
    const NASTY: [&str; 14] = [
        "/(a/)*b$",
        "/(a|aa)+$",
        "(/a?){20}(/a){20}$",
        "/.*a.{5}$",
        "/([^/]*/)*x",
        "(?:/a*)*/b",
        "(.*)*(.*)*(.*)*b$",
        "(?:.*\\b.*\\B)*!",
        "/é*(é|è)*$",
        "(?i)(/[a-zß]+)+$",
        "(?m:(^a$|/)*)c",
        "(?:[^b]*[^c]*)*b",
        "/a.*a.*a.*b",
        "\\pL*(\\pN|/)*$",
    ];

    /// Not to be made an automaton of.
    const SIMULATED: [&str; 3] = ["/(.*a.{40})*$", "(/(a|b)*a(a|b){30})*", "(.*a.{30}b.{30})*!"];

    fn policy(patterns: &[&str], limits: Limits) -> Policy {
        let group = HttpRouteGroup::new(ObjectName::new("shop", "api"));
        let group = patterns.iter().fold(group, |group, pattern| {
            group.with(HttpMatch::default().path_regex(*pattern).method("GET"))
        });
        let target = TrafficTarget::new(ObjectName::new("shop", "t"), "cart")
            .source(Subject::service_account("shop", "web"))
            .rule(Rule::http_route_group("api"));
        let http = HttpSemantics { path_mode: PathMode::AsIs, ..HttpSemantics::default() };
        let semantics = Semantics { http, ..Semantics::default() };
        let policy = Policy::builder(semantics)
            .limits(limits)
            .http_route_group(group)
            .traffic_target(target)
            .compile();
        assert!(policy.diagnostics().is_empty(), "{:?}", policy.diagnostics());
        policy
    }

    /// The steps of one decision. No method fits, so that every match is tried to its end.
    fn steps(policy: &Policy, path: &[u8]) -> usize {
        let web = Identity::service_account("shop", "web");
        let cart = Identity::service_account("shop", "cart");
        let request = HttpRequest::new("PUT", path);
        let before = STEPS.get();
        let decision = policy.authorize(&Request::http(Some(&web), &cart, 80, request));
        assert!(!decision.is_allowed());
        STEPS.get() - before
    }

    #[track_caller]
    fn assert_linear(patterns: &[&str], limits: Limits, bytes: usize, per_byte: usize) {
        let policy = policy(patterns, limits);
        for part in ["a", "/a", "a/", "é", "ab/b", "\u{80}x", "/"] {
            for has_strays in [false, true] {
                let path = |len: usize| {
                    let mut path = format!("/{}", part.repeat(len / part.len())).into_bytes();
                    if has_strays {
                        // No UTF-8 any more.
                        path.iter_mut().skip(7).step_by(11).for_each(|byte| *byte = 0xFF);
                    }
                    path
                };
                let [half, whole] = [bytes / 2, bytes].map(|len| steps(&policy, &path(len)));
                let what = format!("{patterns:?} on {part:?}: {half}, then {whole}");
                assert!(whole <= 2 * half + 2 * half / 100 + 1000, "{what}");
                assert!(whole <= per_byte * bytes, "{what}");
            }
        }
    }

    #[test]
    fn work_grows_with_the_path_and_no_faster() {
        let limits = Limits::default();
        for pattern in NASTY {
            assert_linear(&[pattern], limits, 1_000_000, 3);
        }
        assert_linear(&NASTY, limits, 200_000, 60);
    }

    #[test]
    fn simulated_work_grows_with_the_path_and_no_faster() {
        for pattern in SIMULATED {
            assert_linear(&[pattern], Limits::default(), 20_000, 400);
        }
        for pattern in NASTY {
            assert_linear(&[pattern], Limits::default().with_dfa_size(0), 20_000, 400);
        }
    }
}
