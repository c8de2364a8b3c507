use anyhow::{Context, Result, bail};
use smi_policy::{AddressBook, Identity, ObjectName};

/// Reads an identity: `shop/web`, `spiffe://cluster.local/ns/shop/sa/web` or
/// `web.shop.serviceaccount.identity.linkerd.cluster.local`.
///
/// # Errors
///
/// Fails if the text is none of these.
///
/// # Examples
///
/// ```
/// assert_eq!(smi_enforcer::identity("shop/web")?.to_string(), "shop/web");
/// assert!(smi_enforcer::identity("web").is_err());
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn identity(text: &str) -> Result<Identity> {
    if text.contains("://") {
        Ok(Identity::spiffe(text)?)
    } else if text.contains(".serviceaccount.identity.") {
        Ok(Identity::linkerd(text)?)
    } else {
        let account = service(text).with_context(|| format!("`{text}` is no identity"))?;
        Ok(Identity::service_account(account.namespace(), account.name()))
    }
}

/// Reads `namespace/name`.
///
/// # Errors
///
/// Fails if the text is something else.
pub fn service(text: &str) -> Result<ObjectName> {
    match text.split_once('/') {
        Some((namespace, name))
            if !namespace.is_empty() && !name.is_empty() && !name.contains('/') =>
        {
            Ok(ObjectName::new(namespace, name))
        }
        _ => bail!("`{text}` is no name, expected NAMESPACE/NAME"),
    }
}

/// Reads an address book: on each line an address or CIDR, and who is behind it. `#` begins a
/// comment.
///
/// # Errors
///
/// Fails with the first line that is no such entry.
///
/// # Examples
///
/// ```
/// let book = smi_enforcer::address_book("10.1.0.0/16 shop/web\n10.1.2.3 shop/cart  # the cart\n")?;
/// let cart = book.identify("10.1.2.3".parse()?).map(ToString::to_string);
/// assert_eq!(cart.as_deref(), Some("shop/cart"));
///
/// let error = smi_enforcer::address_book("10.1.0.0/16").map(drop).unwrap_err();
/// assert_eq!(error.to_string(), "line 1");
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn address_book(text: &str) -> Result<AddressBook> {
    let mut book = AddressBook::new();
    for (number, line) in (1..).zip(text.lines()) {
        let entry = line.split_once('#').map_or(line, |(entry, _)| entry).trim();
        if !entry.is_empty() {
            add(&mut book, entry).with_context(|| format!("line {number}"))?;
        }
    }
    Ok(book)
}

fn add(book: &mut AddressBook, entry: &str) -> Result<()> {
    let (cidr, who) = entry
        .split_once(char::is_whitespace)
        .with_context(|| format!("`{entry}` names nobody, expected an address and an identity"))?;
    Ok(book.add(cidr, identity(who.trim())?)?)
}
