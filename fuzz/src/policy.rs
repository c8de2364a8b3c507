use smi_policy::{
    AnalysisLimits, Anchor, Audit, Change, Changes, HttpRequest, Identity, Limits, Pattern, Policy,
    PolicyBuilder, PolicyStore, Request, Semantics,
};
use smi_types::Manifest;
use smi_types::manifest::Resources;

/// Reads a pattern, the first line, and matches the rest: both ways to match agree, and so does the
/// set of texts that the pattern stands for. A pattern that is refused is refused with a place.
pub fn pattern(input: &[u8]) {
    let (line, text) = match input.iter().position(|&byte| byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &input[..0]),
    };
    let Ok(line) = std::str::from_utf8(line) else { return };
    let limits = Limits::default().with_dfa_size(16 << 10).with_program_size(64 << 10);
    let pattern = match Pattern::parse(line, &limits) {
        Ok(pattern) => pattern,
        Err(error) => {
            let span = error.span();
            assert!(span.start <= span.end && span.end <= line.len(), "{span:?} of {line:?}");
            assert!(line.is_char_boundary(span.start) && line.is_char_boundary(span.end));
            assert!(!error.to_string().contains('\n') && !error.help().is_empty(), "{line:?}");
            let rendered = error.render();
            let lines: Vec<&str> = rendered.lines().collect();
            assert!(lines.len() == 3 && lines[1].contains('^'), "{rendered}");
            return;
        }
    };
    for anchor in [Anchor::Start, Anchor::Full, Anchor::Search] {
        let compiled = pattern.compile(anchor, &limits);
        let simulated = pattern.compile(anchor, &limits.with_dfa_size(0));
        assert_eq!(compiled.is_ok(), simulated.is_ok(), "{line:?}: validity by the way to match");
        let (Ok(compiled), Ok(simulated)) = (compiled, simulated) else { continue };
        let is_match = simulated.is_match(text);
        assert_eq!(compiled.is_match(text), is_match, "{line:?} {anchor:?} {text:?}");
        let pieces = || text.chunks(3);
        assert_eq!(compiled.is_match_segments(pieces()), is_match, "{line:?} {anchor:?} {text:?}");
        if let Ok(language) = pattern.language(anchor, &AnalysisLimits::default().with_states(64)) {
            assert_eq!(language.contains(text), is_match, "{line:?} {anchor:?} {text:?}");
            let example = language.example();
            assert_eq!(example.is_none(), language.is_empty());
            assert!(example.is_none_or(|example| simulated.is_match(&example)), "{line:?}");
        }
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
    let accounts =
        names.iter().flat_map(|target| target.sources.iter().chain([&target.destination]));
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

/// Compares the policies of two texts, the one before a line of equals signs and the one behind it:
/// neither differs from itself, what changed one way changes back the other way, and every example
/// is decided as it is said to be. What an audit prints has as many lines as it should.
pub fn audit(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (old, new) = text.split_once("\n===\n").unwrap_or((text, ""));
    let limits = AnalysisLimits::default().with_states(200).with_total_steps(50_000);
    let [old, new] = [old, new].map(|text| {
        let mut resources = Resources::new("default");
        resources.add("input", Manifest::read(text));
        Audit::new(PolicyBuilder::from_resources(&resources, Semantics::default()))
            .with_limits(limits)
    });
    for audit in [&old, &new] {
        assert!(audit.diff(audit).differences.is_empty());
        audit.dead_matter().iter().for_each(|dead| assert!(!dead.to_string().is_empty()));
        let matrix = audit.matrix();
        let dot = matrix.to_dot();
        assert!(dot.starts_with("digraph") && dot.ends_with("}\n"), "{dot}");
        assert!(matrix.to_mermaid().starts_with("flowchart"));
    }
    let (there, back) = (old.diff(&new), new.diff(&old));
    for (diff, before, after) in [(&there, &old, &new), (&back, &new, &old)] {
        for difference in &diff.differences {
            let request = difference.example.request();
            assert_eq!(before.policy().authorize(&request).verdict(), difference.before);
            assert_eq!(after.policy().authorize(&request).verdict(), difference.after);
            assert_ne!(difference.before, difference.after, "{difference}");
            let misses = before.near_misses(&request);
            assert!(misses.is_empty() || !before.policy().authorize(&request).is_allowed());
        }
    }
    if there.not_compared.is_empty() && back.not_compared.is_empty() {
        let count = |diff: &smi_policy::Diff, change| {
            diff.differences.iter().filter(|difference| difference.change == change).count()
        };
        for (one, other) in [(Change::Allowed, Change::Denied), (Change::Denied, Change::Allowed)] {
            assert_eq!(count(&there, one), count(&back, other), "{there:?}\n{back:?}");
        }
    }
}
