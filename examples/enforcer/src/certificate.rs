use smi_policy::Identity;
use x509_parser::extensions::GeneralName;

/// The identity in a certificate (DER): its only URI name (SPIFFE allows no more than one), else its only
/// DNS name. A certificate that names nobody, or several, is nobody's.
pub fn certified(certificate: &[u8]) -> Option<Identity> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let (mut uris, mut dns) = (Vec::new(), Vec::new());
    for name in &certificate.subject_alternative_name().ok()??.value.general_names {
        match name {
            GeneralName::URI(name) => uris.push(*name),
            GeneralName::DNSName(name) => dns.push(*name),
            _ => (),
        }
    }
    match (uris.as_slice(), dns.as_slice()) {
        ([uri], _) => Identity::spiffe(uri).ok(),
        ([], [name]) => Identity::linkerd(name).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    #[track_caller]
    fn assert_certified(uris: &[&str], dns: &[&str], expected: Option<&str>) {
        let mut params = CertificateParams::default();
        let uris = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        let dns = dns.iter().map(|name| SanType::DnsName((*name).try_into().unwrap()));
        params.subject_alt_names = dns.chain(uris).collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let identity = certified(certificate.der()).map(|identity| identity.to_string());
        assert_eq!(identity.as_deref(), expected);
    }

    #[test]
    fn a_certificate_is_somebodys_only_if_it_names_nobody_else() {
        let (web, cart) = ("spiffe://c/ns/shop/sa/web", "spiffe://c/ns/shop/sa/cart");
        let linkerd = "web.shop.serviceaccount.identity.linkerd.cluster.local";
        assert_certified(&[web], &[], Some(web));
        assert_certified(&[web], &["a.example", "b.example"], Some(web));
        assert_certified(&[], &[linkerd], Some(linkerd));
        assert_certified(&[web, cart], &[], None);
        assert_certified(&[web, "https://shop.example"], &[], None);
        assert_certified(&["https://shop.example"], &[linkerd], None);
        assert_certified(&[], &[linkerd, "b.example"], None);
        assert_certified(&[], &[], None);
        assert!(certified(b"no certificate").is_none());
    }
}
