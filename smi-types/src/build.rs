//! Objects built step by step, in their newest versions.
//!
//! All fields are public, so a struct literal always works. These steps are shorter, and write the
//! regular expressions of a match so that they mean what was intended.

use crate::access::{v1alpha3, v1alpha4};
use crate::re2;
use crate::specs::v1alpha4::{HttpMatch, HttpRouteGroup, PortRouteSpec, TcpRoute, UdpRoute};
use crate::split::v1alpha4::{Backend, MatchRef, TrafficSplit};

macro_rules! traffic_target {
    ($module:ident) => {
        impl $module::TrafficTarget {
            /// A target of this name that opens this destination: to nobody yet, and for nothing.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use smi_types::access::", stringify!($module), "::{Rule, Subject, TrafficTarget};")]
            ///
            /// let target = TrafficTarget::new("web-to-cart", Subject::service_account("cart"))
            ///     .in_namespace("shop")
            ///     .with_source(Subject::service_account("web"))
            ///     .with_source(Subject::service_account("jobs").in_namespace("batch"))
            ///     .with_rule(Rule::http_route_group("cart-api").matching(["read"]));
            /// assert_eq!(target.spec.sources.len(), 2);
            /// ```
            pub fn new(name: impl Into<String>, destination: $module::Subject) -> Self {
                let mut target = Self::named(name);
                target.spec.destination = destination;
                target
            }

            /// Adds somebody who may call the destination.
            #[must_use]
            pub fn with_source(mut self, source: $module::Subject) -> Self {
                self.spec.sources.push(source);
                self
            }

            /// Adds traffic that is allowed.
            #[must_use]
            pub fn with_rule(mut self, rule: $module::Rule) -> Self {
                self.spec.rules.push(rule);
                self
            }
        }
    };
}

traffic_target!(v1alpha3);
traffic_target!(v1alpha4);

impl v1alpha4::IdentityBinding {
    /// Adds a SPIFFE identity, with or without `spiffe://` at the front.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::access::v1alpha4::IdentityBinding;
    ///
    /// let binding = IdentityBinding::named("partner")
    ///     .in_namespace("shop")
    ///     .with_spiffe_identity("spiffe://partner.example/billing");
    /// assert_eq!(binding.spec.schemes.spiffe_identities.len(), 1);
    /// ```
    #[must_use]
    pub fn with_spiffe_identity(mut self, identity: impl Into<String>) -> Self {
        self.spec.schemes.spiffe_identities.push(identity.into());
        self
    }

    /// Sets the service account.
    #[must_use]
    pub fn with_service_account(mut self, name: impl Into<String>) -> Self {
        self.spec.schemes.service_account = Some(name.into());
        self
    }
}

impl HttpRouteGroup {
    /// Adds a match.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::specs::v1alpha4::{HttpMatch, HttpRouteGroup};
    ///
    /// let group = HttpRouteGroup::named("cart-api")
    ///     .with_match(HttpMatch::named("read").with_path_prefix("/carts").with_methods(["GET"]))
    ///     .with_match(HttpMatch::named("health").with_path_exact("/healthz"));
    /// assert_eq!(group.spec.matches[0].path_regex.as_deref(), Some("^/carts(/.*)?$"));
    /// ```
    #[must_use]
    pub fn with_match(mut self, item: HttpMatch) -> Self {
        self.spec.matches.push(item);
        self
    }
}

impl HttpMatch {
    /// A match of this name: any request, until a condition is added.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Only requests for this path. See [`re2::path_exact`].
    #[must_use]
    pub fn with_path_exact(self, path: &str) -> Self {
        Self { path_regex: Some(re2::path_exact(path)), ..self }
    }

    /// Only requests for this path and those below it. See [`re2::path_prefix`].
    #[must_use]
    pub fn with_path_prefix(self, prefix: &str) -> Self {
        Self { path_regex: Some(re2::path_prefix(prefix)), ..self }
    }

    /// Only requests with one of these methods; with any, if there is none.
    #[must_use]
    pub fn with_methods<T: Into<String>>(self, methods: impl IntoIterator<Item = T>) -> Self {
        Self { methods: methods.into_iter().map(Into::into).collect(), ..self }
    }

    /// Only requests with a header of this value. See [`re2::header_equals`].
    #[must_use]
    pub fn with_header_equals(mut self, name: impl Into<String>, value: &str) -> Self {
        self.headers.insert(name, re2::header_equals(value));
        self
    }

    /// Only requests with a header that contains a text. See [`re2::header_contains`].
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::specs::v1alpha4::HttpMatch;
    ///
    /// let insiders = HttpMatch::named("android-insiders")
    ///     .with_header_contains("user-agent", "Android")
    ///     .with_header_equals("x-user-type", "insider");
    /// assert_eq!(insiders.headers.get("x-user-type"), Some("^insider$"));
    /// ```
    #[must_use]
    pub fn with_header_contains(mut self, name: impl Into<String>, text: &str) -> Self {
        self.headers.insert(name, re2::header_contains(text));
        self
    }
}

macro_rules! port_route {
    ($Route:ident) => {
        impl $Route {
            /// Sets the ports on which the server receives; all ports, if there is none.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use smi_types::specs::v1alpha4::", stringify!($Route), ";")]
            ///
            #[doc = concat!("let route = ", stringify!($Route), "::named(\"dns\").with_ports([53, 5353]);")]
            /// assert_eq!(route.spec.matches.ports, [53, 5353]);
            /// ```
            #[must_use]
            pub fn with_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
                self.spec.matches.ports = PortRouteSpec::ports(ports).matches.ports;
                self
            }
        }
    };
}

port_route!(TcpRoute);
port_route!(UdpRoute);

impl TrafficSplit {
    /// A split of this name for the traffic of this service: among nobody yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::split::v1alpha4::{MatchRef, TrafficSplit};
    ///
    /// let canary = TrafficSplit::new("canary", "web")
    ///     .with_backend("web-v1", 90)
    ///     .with_backend("web-v2", 10)
    ///     .with_match(MatchRef::http_route_group("insiders"));
    /// assert_eq!(canary.spec.backends.len(), 2);
    /// ```
    pub fn new(name: impl Into<String>, service: impl Into<String>) -> Self {
        let mut split = Self::named(name);
        split.spec.service = service.into();
        split
    }

    /// Adds a service that takes a share of the traffic.
    #[must_use]
    pub fn with_backend(mut self, service: impl Into<String>, weight: u64) -> Self {
        self.spec.backends.push(Backend::new(service, weight));
        self
    }

    /// Adds an HTTPRouteGroup: the split applies to requests that meet one of them.
    #[must_use]
    pub fn with_match(mut self, group: MatchRef) -> Self {
        self.spec.matches.push(group);
        self
    }
}
