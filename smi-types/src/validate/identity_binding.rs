use super::collect::Findings;
use super::names;
use crate::hub::{IdentityBinding, LabelSelector};
use crate::manifest::excerpt;
use crate::problem::Code;

/// The longest id that the SPIFFE standard demands to be supported (SPIFFE-ID §2.3), in bytes.
const LONGEST_ID: usize = 2048;

const SCHEME: &str = "spiffe://";

/// Checks an IdentityBinding.
pub(super) fn check(
    binding: &IdentityBinding,
    trust_domains: &[String],
    findings: &mut Findings<'_>,
) {
    names::object(&binding.meta, findings);
    let IdentityBinding { service_account, spiffe_identities, pod_label_selector, .. } = binding;
    let field = "spec.schemes";
    if service_account.is_some() && pod_label_selector.is_some() {
        let message = "`serviceAccount` and `podLabelSelector` exclude each other, so the binding \
                       speaks for nobody";
        findings.report(Code::ExclusiveSchemes, field, message, "keep one, or make two bindings");
    }
    if service_account.is_none() && pod_label_selector.is_none() && spiffe_identities.is_empty() {
        let message = "the binding has no schemes, so it speaks for nobody";
        let help = "add `serviceAccount`, `spiffeIdentities` or `podLabelSelector`";
        findings.report(Code::NoSchemes, field, message, help);
    }
    if let Some(account) = service_account {
        let field = "spec.schemes.serviceAccount";
        if account.is_empty() {
            let message = "an empty name names no service account";
            findings.report(Code::NoName, field, message, "write the name of a service account");
        } else {
            names::subdomain(account, field, findings);
        }
    }
    for (index, id) in spiffe_identities.iter().enumerate() {
        let field = format!("spec.schemes.spiffeIdentities[{index}]");
        spiffe_identity(id, &field, trust_domains, findings);
    }
    if let Some(why) = pod_label_selector.as_ref().and_then(fault) {
        let message = format!("{why}, so it selects nobody");
        let help = "list the labels that pods must have in `matchLabels`";
        findings.report(Code::InvalidSelector, "spec.schemes.podLabelSelector", message, help);
    }
}

fn spiffe_identity(text: &str, field: &str, trust_domains: &[String], findings: &mut Findings<'_>) {
    let rest = match text.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
        _ => text,
    };
    let (trust_domain, path) = match split(rest) {
        Ok(parts) => parts,
        Err(why) => {
            let message =
                format!("{} is no SPIFFE id: {why}, so it speaks for nobody", excerpt(text));
            let help =
                "write `spiffe://<trust domain>/<path>`, of letters, digits, `.`, `-` and `_`";
            findings.report(Code::InvalidSpiffeId, field, message, help);
            return;
        }
    };
    let is_own = trust_domains.iter().any(|own| own.eq_ignore_ascii_case(trust_domain));
    let mut segments = path.split('/');
    let parts = [(); 5].map(|()| segments.next());
    let [Some("ns"), Some(namespace), Some("sa"), Some(_), None] = parts else { return };
    if is_own && namespace != findings.namespace() {
        let message = format!(
            "this id is of namespace {}, but a binding speaks for its own namespace only",
            excerpt(namespace)
        );
        let help = format!("put the binding into namespace {}", excerpt(namespace));
        findings.report(Code::ForeignIdentity, field, message, help);
    }
}

/// Trust domain and path of an id without scheme (SPIFFE-ID §2.1, §2.2).
fn split(id: &str) -> Result<(&str, &str), &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.len() + SCHEME.len() > LONGEST_ID {
        return Err("it has more than 2048 bytes");
    }
    let (trust_domain, path) = id.split_once('/').ok_or("it has no path")?;
    if trust_domain.is_empty() {
        return Err("it has no trust domain");
    }
    if !trust_domain.chars().all(is_plain) {
        return Err("a trust domain has neither port, user, query nor escapes");
    }
    for segment in path.split('/') {
        match segment {
            "" => return Err("a segment of its path is empty"),
            "." | ".." => return Err("a segment of its path is made of dots"),
            _ if !segment.chars().all(is_plain) => {
                return Err("its path has a character that may not be there");
            }
            _ => {}
        }
    }
    Ok((trust_domain, path))
}

/// Why a selector selects nobody.
fn fault(selector: &LabelSelector) -> Option<String> {
    if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
        return Some("the selector is empty".to_owned());
    }
    selector.match_expressions.iter().find_map(|requirement| {
        let (key, values) = (excerpt(&requirement.key), requirement.values.len());
        match requirement.operator.as_str() {
            "In" | "NotIn" if values == 0 => {
                Some(format!("the requirement on {key} has no values"))
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                Some(format!("the requirement on {key} must not have values"))
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => None,
            other => Some(format!(
                "the operator {} is none of In, NotIn, Exists and DoesNotExist",
                excerpt(other)
            )),
        }
    })
}
