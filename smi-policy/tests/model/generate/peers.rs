//! Peers in every form of identity.

use std::collections::BTreeMap;

use smi_policy::Proof;

use super::digits::Digits;
use super::{ACCOUNTS, LABEL_VALUES, LABELS, NAMESPACES};
use crate::world::{IdForm, Peer, PeerId, World};

/// How a peer shows who it is, whoever that is.
#[derive(Clone)]
pub(super) struct Presentation {
    form: Form,
    proof: Proof,
    labels: Option<(String, BTreeMap<String, String>)>,
}

#[derive(Clone, Copy)]
enum Form {
    Account,
    Spiffe,
    ShoutedSpiffe,
    Linkerd,
    ShoutedLinkerd,
}

impl Presentation {
    pub(super) fn draw(digits: &mut Digits) -> Self {
        use Form::{Account, Linkerd, ShoutedLinkerd, ShoutedSpiffe, Spiffe};
        let forms =
            [Account, Account, Account, Spiffe, Spiffe, Linkerd, ShoutedSpiffe, ShoutedLinkerd];
        Self {
            form: *digits.pick(&forms),
            proof: if digits.rarely(15) { Proof::Address } else { Proof::Certificate },
            labels: digits
                .rarely(20)
                .then(|| (digits.text(&NAMESPACES), digits.map(&LABELS, &LABEL_VALUES))),
        }
    }

    /// A service account, shown in this way.
    pub(super) fn of_account(&self, world: &World, namespace: &str, name: &str) -> Peer {
        let (domain, shape) = world.trust_domains[0];
        let path = match shape {
            IdForm::Istio => format!("ns/{namespace}/sa/{name}"),
            IdForm::Osm => format!("{name}/{namespace}"),
        };
        let control_plane = &world.options.linkerd_namespace;
        let linkerd =
            format!("{name}.{namespace}.serviceaccount.identity.{control_plane}.{domain}");
        self.of(match self.form {
            Form::Account => PeerId::Account(namespace.to_owned(), name.to_owned()),
            Form::Spiffe => PeerId::Spiffe(format!("spiffe://{domain}/{path}")),
            Form::ShoutedSpiffe => {
                PeerId::Spiffe(format!("SPIFFE://{}/{path}", domain.to_uppercase()))
            }
            Form::Linkerd => PeerId::Linkerd(linkerd),
            Form::ShoutedLinkerd => PeerId::Linkerd(linkerd.to_uppercase()),
        })
    }

    /// An identity as it is.
    pub(super) fn of(&self, id: PeerId) -> Peer {
        Peer { id, proof: self.proof, labels: self.labels.clone() }
    }

    /// The same with these labels.
    pub(super) fn labelled(&self, namespace: &str, labels: BTreeMap<String, String>) -> Self {
        Self { labels: Some((namespace.to_owned(), labels)), ..self.clone() }
    }
}

/// An identity that nothing in the world suggests.
pub(super) fn stranger(digits: &mut Digits) -> PeerId {
    match digits.below(8) {
        0..4 => PeerId::Account(digits.text(&NAMESPACES), digits.text(&ACCOUNTS)),
        4..6 => PeerId::Spiffe(digits.text(&SPIFFE)),
        6 => PeerId::Spiffe(digits.text(&NO_SPIFFE)),
        _ => PeerId::Linkerd(digits.text(&LINKERD)),
    }
}

/// SPIFFE ids, of this cluster and of others.
pub(super) const SPIFFE: [&str; 13] = [
    "spiffe://partner.example/billing",
    "spiffe://partner.example/Billing",
    "spiffe://PARTNER.example/billing",
    "spiffe://partner.example/ns/shop/sa/web",
    "spiffe://cluster.local/ns/shop/sa/web",
    "spiffe://cluster.local/ns/shop/sa/cart",
    "spiffe://cluster.local/ns/shop/sa/web/x",
    "spiffe://cluster.local/sa/web/ns/shop",
    "spiffe://cluster.local/web/shop",
    "spiffe://osm.example/web/shop",
    "spiffe://osm.example/cart/bank",
    "spiffe://osm.example/ns/shop/sa/web",
    "spiffe://mesh.example/ns/bank/sa/cart",
];

/// Texts that are nearly SPIFFE ids.
pub(super) const NO_SPIFFE: [&str; 14] = [
    "spiffe://cluster.local/ns/shop/sa/web/",
    "spiffe://cluster.local/ns//sa/web",
    "spiffe://cluster.local/ns/shop/sa/..",
    "spiffe://cluster.local/./ns/shop/sa/web",
    "spiffe://cluster.local:443/ns/shop/sa/web",
    "spiffe://user@cluster.local/ns/shop/sa/web",
    "spiffe://cluster.local/ns/shop/sa/web?x",
    "spiffe://cluster.local/ns/shop/sa/web#x",
    "spiffe://cluster.local/ns/shop/sa/%77eb",
    "spiffe://cluster.local",
    "spiffe://cluster.local/",
    "spiffe:///ns/shop/sa/web",
    "https://cluster.local/ns/shop/sa/web",
    "",
];

/// DNS names, Linkerd's and others, and texts that are none.
const LINKERD: [&str; 11] = [
    "web.shop.serviceaccount.identity.linkerd.cluster.local",
    "a.b.shop.serviceaccount.identity.linkerd.mesh.example",
    "web.shop.serviceaccount.identity.other.cluster.local",
    "web.shop.serviceaccount.identity.linkerd.evil.cluster.local",
    "shop.serviceaccount.identity.linkerd.cluster.local",
    "serviceaccount.identity.linkerd.cluster.local",
    "web.shop.pod.identity.linkerd.cluster.local",
    "www.example.com",
    "web shop",
    "web..shop.serviceaccount.identity.linkerd.cluster.local",
    "",
];
