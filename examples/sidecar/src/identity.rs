use smi_policy::{AddressBook, AddressError, Identity, IdentityError};
use thiserror::Error;

/// A text that identifies nobody.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PeerError {
    /// No identity in any of its forms.
    #[error("`{0}` is no identity: expected NAMESPACE/ACCOUNT, spiffe://… or Linkerd's DNS form")]
    Form(String),
    /// Not the SPIFFE id or the Linkerd name it looks like.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Not an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A line of an address book.
    #[error("line {number}: {source}")]
    Line {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        source: Box<PeerError>,
    },
    /// A line without an identity.
    #[error("`{0}` names nobody: expected an address or CIDR, a blank and an identity")]
    Entry(String),
}

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
/// assert_eq!(smi_sidecar::identity("shop/web")?.to_string(), "shop/web");
/// assert!(smi_sidecar::identity("web").is_err());
/// # Ok::<(), smi_sidecar::PeerError>(())
/// ```
pub fn identity(text: &str) -> Result<Identity, PeerError> {
    if text.contains("://") {
        return Ok(Identity::spiffe(text)?);
    }
    match text.split_once('/') {
        Some((namespace, name))
            if !namespace.is_empty() && !name.is_empty() && !name.contains('/') =>
        {
            Ok(Identity::service_account(namespace, name))
        }
        None if text.contains(".serviceaccount.identity.") => Ok(Identity::linkerd(text)?),
        _ => Err(PeerError::Form(text.to_owned())),
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
/// let book = smi_sidecar::address_book("10.1.0.0/16 shop/web\n10.1.2.3 shop/cart  # the cart\n")?;
/// let cart = book.identify("10.1.2.3".parse()?).map(ToString::to_string);
/// assert_eq!(cart.as_deref(), Some("shop/cart"));
///
/// let error = smi_sidecar::address_book("10.1.0.0/16").map(drop).unwrap_err();
/// assert!(error.to_string().starts_with("line 1: `10.1.0.0/16` names nobody"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn address_book(text: &str) -> Result<AddressBook, PeerError> {
    let mut book = AddressBook::new();
    for (number, line) in (1..).zip(text.lines()) {
        let entry = line.split_once('#').map_or(line, |(entry, _)| entry).trim();
        if !entry.is_empty() {
            add(&mut book, entry)
                .map_err(|source| PeerError::Line { number, source: Box::new(source) })?;
        }
    }
    Ok(book)
}

fn add(book: &mut AddressBook, entry: &str) -> Result<(), PeerError> {
    let (cidr, who) =
        entry.split_once(char::is_whitespace).ok_or_else(|| PeerError::Entry(entry.to_owned()))?;
    Ok(book.add(cidr, identity(who.trim())?)?)
}
