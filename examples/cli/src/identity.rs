use anyhow::{Result, anyhow};
use smi_policy::Identity;

/// Reads an identity in whichever form a person types it.
pub(crate) fn parse(text: &str) -> Result<Identity> {
    if text.contains("://") {
        return Ok(Identity::spiffe(text)?);
    }
    if let Some((namespace, name)) = text.split_once('/') {
        let is_complete = !namespace.is_empty() && !name.is_empty() && !name.contains('/');
        return is_complete
            .then(|| Identity::service_account(namespace, name))
            .ok_or_else(|| anyhow!("`{text}` is no identity: expected NAMESPACE/ACCOUNT"));
    }
    if text.contains(".serviceaccount.identity.") {
        return Ok(Identity::linkerd(text)?);
    }
    Err(anyhow!(
        "`{text}` is no identity: expected NAMESPACE/ACCOUNT, a SPIFFE id (spiffe://…), or \
         Linkerd's DNS form"
    ))
}
