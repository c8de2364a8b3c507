use super::names::is_label;
use crate::manifest::excerpt;

/// A service as a TrafficSplit names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServiceName {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Whether a port stood behind the name.
    pub(super) has_port: bool,
}

impl ServiceName {
    /// Reads `name`, `name.namespace`, `name.namespace.svc` or `name.namespace.svc.<domain>`, with or
    /// without final dot and port, in any case; `own` is the namespace it is written in.
    pub(super) fn parse(text: &str, own: &str, domain: &str) -> Result<Self, String> {
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        };
        if port.is_some_and(|port| !is_port(port)) {
            return Err(format!("{} names no service: behind the colon is no port", excerpt(text)));
        }
        let written = name.strip_suffix('.').unwrap_or(name);
        let name = written.to_ascii_lowercase();
        let mut labels = name.split('.');
        let service = labels.next().unwrap_or_default();
        let namespace = labels.next().unwrap_or(own);
        let rest: Vec<&str> = labels.collect();
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        let is_here = match rest.split_first() {
            None => true,
            Some((&"svc", [])) => true,
            Some((&"svc", rest)) => rest.iter().copied().eq(domain.split('.')),
            Some(_) => false,
        };
        if !is_here || name.contains('/') {
            return Err(format!(
                "{} names no service of the cluster: expected `name`, `name.namespace`, \
                 `name.namespace.svc` or `name.namespace.svc.{domain}`",
                excerpt(text)
            ));
        }
        let is_unsound = |label: &&str| !is_label(&label.to_ascii_lowercase());
        if let Some(label) = written.split('.').find(is_unsound) {
            return Err(format!(
                "{} names no service: {} is no DNS label",
                excerpt(text),
                excerpt(label)
            ));
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: service.to_owned(),
            has_port: port.is_some(),
        })
    }

    /// Namespace and name.
    pub(super) fn key(&self) -> (&str, &str) {
        (&self.namespace, &self.name)
    }
}

fn is_port(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same_service() {
        for text in
            ["web", "Web.", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local.", "web:80"]
        {
            let name = ServiceName::parse(text, "shop", "cluster.local").unwrap();
            assert_eq!(name.key(), ("shop", "web"), "{text}");
            assert_eq!(name.has_port, text.contains(':'), "{text}");
        }
    }

    #[test]
    fn other_forms_name_no_service() {
        for text in
            ["", "shop/web", "web.shop.pod", "web.shop.svc.example", "-web", "web:http", "web:0"]
        {
            assert!(ServiceName::parse(text, "shop", "cluster.local").is_err(), "{text}");
        }
    }
}
