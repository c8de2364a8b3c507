use crate::address::AddressBook;
use crate::cidr::Cidr;
use crate::name::ObjectName;

use super::Audit;

impl Audit {
    /// The addresses from which a TrafficTarget admits somebody, by an address book, for firewalls
    /// and proxies that filter by address. None if the target grants nothing, or the semantics
    /// demand a better proof than an address; `None` if there is no such target.
    ///
    /// What the target admits them to (ports, requests) is another matter: see
    /// [`matrix`](Self::matrix).
    ///
    /// ```
    /// use smi_policy::{AddressBook, Audit, Identity, ObjectName, Policy, PortRoute, Ports, Rule};
    /// use smi_policy::{Semantics, Subject, TrafficTarget};
    ///
    /// let name = ObjectName::new("data", "postgres-from-shop");
    /// let target = TrafficTarget::new(name.clone(), "postgres")
    ///     .source(Subject::service_account("shop", "orders"))
    ///     .rule(Rule::tcp_route("ports"));
    /// let ports = PortRoute { name: ObjectName::new("data", "ports"), ports: Ports::All };
    /// let builder = Policy::builder(Semantics::spec()).traffic_target(target).tcp_route(ports);
    ///
    /// let mut book = AddressBook::new();
    /// book.add("10.1.0.0/16", Identity::service_account("shop", "orders"))?;
    /// book.add("10.2.0.0/16", Identity::service_account("shop", "web"))?;
    ///
    /// let admitted = Audit::new(builder).cidrs(&name, &book).unwrap_or_default();
    /// assert_eq!(admitted.len(), 1);
    /// assert_eq!(admitted[0].to_string(), "10.1.0.0/16");
    /// # Ok::<(), smi_policy::AddressError>(())
    /// ```
    pub fn cidrs(&self, target: &ObjectName, book: &AddressBook) -> Option<Vec<Cidr>> {
        let target = self.model.targets.iter().find(|known| known.name == *target)?;
        let min_proof = self.model.semantics().min_proof;
        Some(book.cidrs(|identity| {
            target.void.is_none()
                && identity.proof() >= min_proof
                && self.model.keys(identity).iter().any(|key| target.sources.contains(key))
        }))
    }
}
