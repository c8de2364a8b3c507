use smi_policy::ObjectName;

/// The name of a service as clients and TrafficSplits write it.
///
/// All of `website`, `website.shop`, `website.shop.svc` and `website.shop.svc.cluster.local`, with
/// or without a final dot, in any case, with or without a port, name one service, where `shop` is
/// the namespace that the name is written in and `cluster.local` the domain of the cluster:
///
/// ```
/// use smi_split::{ObjectName, ServiceName};
///
/// let name = ServiceName::parse("Website.shop.svc.cluster.local.:8080", "shop", "cluster.local")?;
/// assert_eq!(name.service(), &ObjectName::new("shop", "website"));
/// assert_eq!(name.port(), Some(8080));
/// # Ok::<(), smi_split::ServiceNameError>(())
/// ```
///
/// Source: TrafficSplit, Specification ("the `spec.service` name is the FQDN that applications
/// will use"), and the Kubernetes DNS specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceName {
    service: ObjectName,
    port: Option<u16>,
}

impl ServiceName {
    /// Reads a name written in `namespace`.
    ///
    /// # Errors
    ///
    /// The name has another form, ends in another domain, or holds something that is no DNS label;
    /// what follows its colon is no port number.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::ServiceName;
    ///
    /// let other = ServiceName::parse("website.stage", "shop", "cluster.local")?;
    /// assert_eq!(other.service().namespace(), "stage");
    ///
    /// assert!(ServiceName::parse("website.example.com", "shop", "cluster.local").is_err());
    /// # Ok::<(), smi_split::ServiceNameError>(())
    /// ```
    pub fn parse(
        text: &str,
        namespace: &str,
        cluster_domain: &str,
    ) -> Result<Self, ServiceNameError> {
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(parse_port(text, port)?)),
            None => (text, None),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let mut labels = name.split('.');
        // `split` yields at least one label, be it empty.
        let service = labels.next().unwrap_or_default();
        let own = labels.next();
        let rest: Vec<&str> = labels.collect();

        let domain = cluster_domain.trim_matches('.').to_ascii_lowercase();
        if name.contains('/') {
            // `namespace/name` is what some write: which forms there are helps them most.
            return Err(ServiceNameError::Form { text: text.to_owned(), domain });
        }
        if let Some(label) = name.split('.').find(|label| !is_label(label)) {
            let (text, label) = (text.to_owned(), label.to_owned());
            return Err(ServiceNameError::Label { text, label });
        }
        let is_ours = match rest.split_first() {
            None | Some((&"svc", [])) => true,
            Some((&"svc", of_domain)) => of_domain.iter().copied().eq(domain.split('.')),
            Some(_) => false,
        };
        if !is_ours {
            return Err(ServiceNameError::Form { text: text.to_owned(), domain });
        }
        Ok(Self { service: ObjectName::new(own.unwrap_or(namespace), service), port })
    }

    /// Namespace and name of the service, in lower case.
    pub fn service(&self) -> &ObjectName {
        &self.service
    }

    /// The port after the name, if there is one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

/// Why a text names no service of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceNameError {
    /// A part of the name can't be part of any service's name.
    #[error(
        "`{}` names no service: `{}` is no DNS label (letters, digits and inner hyphens, at most \
         63)",
        .text.escape_debug(), .label.escape_debug()
    )]
    Label {
        /// The whole text.
        text: String,
        /// The part, in lower case.
        label: String,
    },
    /// The name has no form that names a service of this cluster.
    #[error(
        "`{}` names no service of this cluster: expected `name`, `name.namespace`, \
         `name.namespace.svc` or `name.namespace.svc.{domain}`",
        .text.escape_debug()
    )]
    Form {
        /// The whole text.
        text: String,
        /// The cluster's domain.
        domain: String,
    },
    /// What follows the colon is no port number.
    #[error(
        "`{}` names no service: expected a port number from 1 to 65535 after the colon",
        .text.escape_debug()
    )]
    Port {
        /// The whole text.
        text: String,
    },
}

fn parse_port(text: &str, port: &str) -> Result<u16, ServiceNameError> {
    // `parse` alone would let a sign pass.
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse().ok().filter(|number| digits && *number > 0);
    number.ok_or_else(|| ServiceNameError::Port { text: text.to_owned() })
}

/// Whether a lower-case text is a label of RFC 1123, as names of Services and namespaces are.
fn is_label(text: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63
        && text.bytes().all(|byte| is_alphanumeric(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_alphanumeric)
        && text.bytes().next_back().is_some_and(is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ServiceName, ServiceNameError> {
        ServiceName::parse(text, "shop", "cluster.local")
    }

    #[test]
    fn every_form_names_the_same_service() {
        for text in [
            "web",
            "web.",
            "Web",
            "web.shop",
            "web.shop.",
            "web.shop.svc",
            "web.shop.svc.",
            "WEB.SHOP.SVC.CLUSTER.LOCAL",
            "web.shop.svc.cluster.local",
            "web.shop.svc.cluster.local.",
        ] {
            let name = parse(text).unwrap();
            assert_eq!(name.service().to_string(), "shop/web", "{text}");
            assert_eq!(name.port(), None, "{text}");
        }
    }

    #[test]
    fn a_port_is_cut() {
        for text in ["web:8080", "web.shop:8080", "web.shop.svc.cluster.local.:8080"] {
            let name = parse(text).unwrap();
            assert_eq!(name.service().to_string(), "shop/web", "{text}");
            assert_eq!(name.port(), Some(8080), "{text}");
        }
        for text in ["web:", "web:http", "web:0", "web:+1", "web:65536", "web:80:80", "[::1]:80"] {
            assert!(matches!(parse(text), Err(ServiceNameError::Port { .. })), "{text}");
        }
    }

    #[test]
    fn the_namespace_of_a_name_counts() {
        assert_eq!(parse("web.stage").unwrap().service().to_string(), "stage/web");
        assert_eq!(parse("web.svc").unwrap().service().to_string(), "svc/web");
    }

    #[test]
    fn another_domain_is_another_service() {
        for text in [
            "shop/web",
            "web.shop.svc.example.org",
            "web.shop.svc.cluster",
            "web.shop.svc.cluster.local.org",
            "web.shop.pod",
            "web.shop.pod.cluster.local",
            "www.example.org",
        ] {
            assert!(matches!(parse(text), Err(ServiceNameError::Form { .. })), "{text}");
        }
        let name = ServiceName::parse("web.shop.svc.Example.org", "shop", "example.ORG.");
        assert_eq!(name.unwrap().service().to_string(), "shop/web");
    }

    #[test]
    fn other_texts_are_no_names() {
        let long = "a".repeat(64);
        for text in ["", ".", "web..shop", "web.shop..", "-web", "web-", "we b", "wéb", &long] {
            assert!(matches!(parse(text), Err(ServiceNameError::Label { .. })), "{text}");
        }
        assert!(parse(&"a".repeat(63)).is_ok());
    }

    #[test]
    fn messages_are_one_line_with_the_input() {
        assert_eq!(
            parse("a\nb").unwrap_err().to_string(),
            "`a\\nb` names no service: `a\\nb` is no DNS label (letters, digits and inner hyphens, \
             at most 63)"
        );
        assert_eq!(
            parse("www.example.org").unwrap_err().to_string(),
            "`www.example.org` names no service of this cluster: expected `name`, \
             `name.namespace`, `name.namespace.svc` or `name.namespace.svc.cluster.local`"
        );
    }
}
