use smi_policy::{
    Anchor, Changes, HttpRequest, Identity, Limits, Pattern, Policy, PolicyStore, Request,
    Semantics,
};
use smi_types::Manifest;
use smi_types::manifest::Resources;

/// Reads a pattern, the first line, and matches the rest: at once, in two pieces, and by
/// simulation, with one answer.
pub fn pattern(input: &[u8]) {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (first, subject) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Ok(text) = std::str::from_utf8(first) else { return };
    let limits = Limits::default();
    let Ok(pattern) = Pattern::parse(text, &limits) else { return };
    for anchor in [Anchor::Start, Anchor::Full, Anchor::Search] {
        let Ok(regex) = pattern.compile(anchor, &limits) else { return };
        let is_match = regex.is_match(subject);
        let (front, back) = subject.split_at(subject.len() / 2);
        assert_eq!(regex.is_match_segments([front, back]), is_match, "in two pieces");
        let simulated = pattern.compile(anchor, &limits.with_dfa_size(0));
        assert_eq!(simulated.map(|regex| regex.is_match(subject)), Ok(is_match), "simulated");
    }
}

/// Compiles the policy of any text, and asks it: decisions are those of explanations, and those of
/// a store that got the same objects from back to front.
pub fn authorize(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut resources = Resources::new("default");
    resources.add("input", Manifest::read(text));
    let policy = Policy::from_resources(&resources, Semantics::default());
    let store = PolicyStore::new(Semantics::default());
    let objects: Vec<_> = resources.objects().collect();
    for object in objects.iter().rev() {
        store.apply(Changes::new().object(object, "default"));
    }
    let names: Vec<_> = policy.targets().map(|target| target.resource()).collect();
    let accounts = names.iter().flat_map(|target| target.sources.iter().chain([&target.destination]));
    let accounts = accounts.filter_map(|subject| match subject {
        smi_policy::Subject::ServiceAccount { namespace, name } => {
            Some(Identity::service_account(namespace.as_deref().unwrap_or("default"), name))
        }
        _ => None,
    });
    let accounts: Vec<Identity> = accounts.take(6).collect();
    for source in &accounts {
        for destination in &accounts {
            for path in ["/", "/metrics", "/api/v1", text.lines().next().unwrap_or_default()] {
                let http = HttpRequest::new("GET", path);
                let request = Request::http(Some(source), destination, 80, http);
                let decision = policy.authorize(&request).to_string();
                let explanation = policy.explain(&request);
                assert_eq!(explanation.decision().to_string(), decision);
                let allowing = explanation.allowed_by().next();
                assert_eq!(allowing, explanation.decision().target());
                assert_eq!(store.current().authorize(&request).to_string(), decision);
            }
        }
    }
}
