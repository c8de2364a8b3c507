//! How many matches routes and rules may have.

/// Rules of one route.
const MOST_RULES: usize = 16;
/// Matches of one rule.
const MOST_MATCHES: usize = 64;
/// Matches of all rules of one route.
const MOST_MATCHES_OF_ROUTE: usize = 128;

/// Spreads rules over routes, in order; rules with many matches become several.
///
/// Of equal matches in several routes those of the older route count, then those of the route whose
/// name comes first, so that the order of rules is kept.
pub(crate) fn spread<R: Clone, M: Clone>(
    rules: impl IntoIterator<Item = (R, Vec<M>)>,
) -> Vec<Vec<(R, Vec<M>)>> {
    let mut routes: Vec<Vec<(R, Vec<M>)>> = Vec::new();
    let mut matches_left = 0;
    for (rule, matches) in rules {
        for part in matches.chunks(MOST_MATCHES) {
            match routes.last_mut() {
                Some(route) if route.len() < MOST_RULES && part.len() <= matches_left => {
                    route.push((rule.clone(), part.to_vec()));
                    matches_left -= part.len();
                }
                _ => {
                    routes.push(vec![(rule.clone(), part.to_vec())]);
                    matches_left = MOST_MATCHES_OF_ROUTE.saturating_sub(part.len());
                }
            }
        }
    }
    routes
}

/// The name of one of several routes: in the order of the alphabet, and of no other service.
pub(crate) fn name(of_port: &str, part: usize, parts: usize) -> String {
    match parts {
        0 | 1 => of_port.to_owned(),
        // A dot, which names of Services never have.
        _ => format!("{of_port}.{part:03}"),
    }
}
