//! Semantics: the presets, and any mixture of options.

use proptest::prelude::*;
use smi_policy::{
    AbsentMatches, AbsentSourceNamespace, Anchor, ForeignDestination, HttpRequires, PathMode,
    PodLabels, Proof, RepeatedHeaders, Semantics, Unselected,
};

use crate::world::IdForm;

/// Options and trust domains.
pub(super) type Options = (Semantics, Vec<(&'static str, IdForm)>);

/// Any.
pub(super) fn options() -> impl Strategy<Value = Options> {
    let unselected = prop_oneof![3 => Just(Unselected::Deny), 1 => Just(Unselected::Allow)];
    (denying(), unselected)
        .prop_map(|((options, domains), value)| (options.with_unselected(value), domains))
}

/// Any whose default action is deny.
pub(super) fn denying() -> impl Strategy<Value = Options> {
    let options = prop_oneof![
        4 => Just(Semantics::spec()),
        1 => Just(Semantics::osm()),
        1 => Just(Semantics::traefik_mesh()),
        1 => Just(Semantics::nginx()),
        1 => Just(Semantics::linkerd()),
        8 => mixed(),
    ];
    (options, trust_domains())
}

/// Any whose default action is allow.
pub(super) fn permissive() -> impl Strategy<Value = Options> {
    denying().prop_map(|(options, domains)| (options.with_unselected(Unselected::Allow), domains))
}

fn mixed() -> impl Strategy<Value = Semantics> {
    let access = (
        prop_oneof![5 => Just(AbsentSourceNamespace::Own), 1 => Just(AbsentSourceNamespace::Nobody)],
        prop_oneof![1 => Just(ForeignDestination::Deny), 1 => Just(ForeignDestination::Allow)],
        prop_oneof![4 => Just(HttpRequires::AnyRule), 1 => Just(HttpRequires::RouteGroup)],
        prop_oneof![4 => Just(AbsentMatches::All), 1 => Just(AbsentMatches::None)],
        prop_oneof![1 => Just(PodLabels::Ignored), 2 => Just(PodLabels::Vouched)],
        prop_oneof![4 => Just(Proof::Address), 1 => Just(Proof::Certificate)],
        prop_oneof![4 => Just("linkerd"), 1 => Just("other")],
    );
    let http = (
        anchor(),
        prop_oneof![Just(PathMode::Strict), Just(PathMode::Normalize), Just(PathMode::AsIs)],
        anchor(),
        prop_oneof![Just(RepeatedHeaders::Joined), Just(RepeatedHeaders::Any)],
    );
    (access, http).prop_map(
        |(
            (source, foreign, requires, matches, labels, proof, linkerd),
            (path, mode, header, repeated),
        )| {
            Semantics::spec()
                .with_absent_source_namespace(source)
                .with_foreign_destination(foreign)
                .with_http_requires(requires)
                .with_absent_matches(matches)
                .with_pod_labels(labels)
                .with_min_proof(proof)
                .with_linkerd_namespace(linkerd.to_owned())
                .with_path_anchor(path)
                .with_path_mode(mode)
                .with_header_anchor(header)
                .with_repeated_headers(repeated)
        },
    )
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop_oneof![Just(Anchor::Start), Just(Anchor::Full), Just(Anchor::Search)]
}

fn trust_domains() -> impl Strategy<Value = Vec<(&'static str, IdForm)>> {
    let cluster = ("cluster.local", IdForm::Istio);
    prop_oneof![
        4 => Just(vec![cluster]),
        1 => Just(vec![cluster, ("osm.example", IdForm::Osm)]),
        1 => Just(vec![("osm.example", IdForm::Osm), ("Mesh.Example", IdForm::Istio)]),
        1 => Just(vec![cluster, ("cluster.local", IdForm::Osm)]),
    ]
}
