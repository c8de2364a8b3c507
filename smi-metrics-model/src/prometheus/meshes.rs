//! The meshes that are known.

use std::collections::BTreeMap;

use super::{LatencyUnit, Matcher, Mesh, NameForm, NameLabel, Party, Series, SplitView, View};
use crate::{End, Kind, Way};

/// The kinds of workloads, each with Linkerd's label for it. `job` is Prometheus' own.
const LINKERD_LABELS: [(Kind, &str); 9] = [
    (Kind::Namespace, "namespace"),
    (Kind::Pod, "pod"),
    (Kind::ReplicationController, "replicationcontroller"),
    (Kind::Service, "service"),
    (Kind::DaemonSet, "daemonset"),
    (Kind::Deployment, "deployment"),
    (Kind::ReplicaSet, "replicaset"),
    (Kind::StatefulSet, "statefulset"),
    (Kind::Job, "k8s_job"),
];

/// The kinds that Istio and OSM call workloads.
const WORKLOADS: [Kind; 6] = [
    Kind::ReplicationController,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Job,
];

impl Mesh {
    /// Linkerd: `response_total` and `response_latency_ms`.
    ///
    /// Servers don't say which workload a client is, so all edges are those that clients observe.
    /// Services are seen by their clients only. There is nothing about nodes.
    pub fn linkerd() -> Self {
        let inbound = Matcher::equal("direction", "inbound");
        let outbound = Matcher::equal("direction", "outbound");
        let mut own = party(Some("namespace"), &LINKERD_LABELS, "");
        own.names.remove(&Kind::Service);
        let destination = party(Some("dst_namespace"), &LINKERD_LABELS, "dst_");
        let series = Series {
            counter: "response_total".to_owned(),
            buckets: "response_latency_ms_bucket".to_owned(),
            unit: LatencyUnit::Milliseconds,
            success: Matcher::equal("classification", "success"),
            failure: Matcher::equal("classification", "failure"),
        };
        let view = |way, end, matcher: &Matcher, own: &Party, peer: &Party| View {
            way,
            observed_at: Some(end),
            series: series.clone(),
            matchers: vec![matcher.clone()],
            own: own.clone(),
            peer: peer.clone(),
        };
        Self {
            name: "Linkerd".to_owned(),
            names: NameForm::Plain,
            views: vec![
                view(Way::From, End::Server, &inbound, &own, &Party::default()),
                view(Way::From, End::Client, &outbound, &destination, &own),
                view(Way::To, End::Client, &outbound, &own, &destination),
            ],
            splits: Some(SplitView {
                series: series.clone(),
                matchers: vec![outbound.clone()],
                apex: Some("authority".to_owned()),
                backend: "dst_service".to_owned(),
                namespace: Some("dst_namespace".to_owned()),
            }),
        }
    }

    /// Istio: `istio_requests_total` and `istio_request_duration_milliseconds`.
    ///
    /// The labels name workloads without their kind: a Deployment and a StatefulSet of the same name
    /// and namespace are counted together. Pods are known by the labels `namespace` and `pod` that a
    /// scrape adds, so they have no edges. A request succeeded if its response is none of 5xx and
    /// there was one at all.
    pub fn istio() -> Self {
        let source_party = istio_party("source");
        let mut destination_party = istio_party("destination");
        destination_party.names.insert(Kind::Service, NameLabel::new("destination_service_name"));
        let pod = party(Some("namespace"), &[(Kind::Pod, "pod")], "");
        let series = Series {
            counter: "istio_requests_total".to_owned(),
            buckets: "istio_request_duration_milliseconds_bucket".to_owned(),
            unit: LatencyUnit::Milliseconds,
            success: Matcher::not_matching("response_code", "5..|0"),
            failure: Matcher::matching("response_code", "5..|0"),
        };
        let source = Matcher::equal("reporter", "source");
        let destination = Matcher::equal("reporter", "destination");
        let view = |way, end, matcher: &Matcher, own: &Party, peer: &Party| View {
            way,
            observed_at: Some(end),
            series: series.clone(),
            matchers: vec![matcher.clone()],
            own: own.clone(),
            peer: peer.clone(),
        };
        Self {
            name: "Istio".to_owned(),
            names: NameForm::Plain,
            views: vec![
                view(Way::From, End::Server, &destination, &destination_party, &source_party),
                view(Way::From, End::Server, &destination, &pod, &source_party),
                view(Way::To, End::Client, &source, &source_party, &destination_party),
                view(Way::To, End::Client, &source, &pod, &destination_party),
            ],
            splits: Some(SplitView {
                series: series.clone(),
                matchers: vec![source.clone()],
                apex: None,
                backend: "destination_service_name".to_owned(),
                namespace: Some("destination_service_namespace".to_owned()),
            }),
        }
    }

    /// Open Service Mesh: `osm_request_total` and `osm_request_duration_ms`.
    ///
    /// The metrics don't say at which end they were observed, and write `-` and `.` in names as `_`.
    pub fn osm() -> Self {
        Self::osm_like("Open Service Mesh", "osm")
    }

    /// FSM: as OSM's, with the prefix `fsm`.
    pub fn fsm() -> Self {
        Self::osm_like("FSM", "fsm")
    }

    /// Plain Envoy: what it received through the listeners whose statistics have the prefix
    /// `ingress_http`, and what it sent to its clusters.
    ///
    /// Envoy knows nothing of Kubernetes: `namespace` and `pod` are the labels that a scrape adds. A
    /// cluster is taken for the service of that name, so a pod has edges to services (`edgeKind`).
    pub fn envoy() -> Self {
        let series = |kind: &str| Series {
            counter: format!("envoy_{kind}_rq_xx"),
            buckets: format!("envoy_{kind}_rq_time_bucket"),
            unit: LatencyUnit::Milliseconds,
            success: Matcher::not_equal("envoy_response_code_class", "5"),
            failure: Matcher::equal("envoy_response_code_class", "5"),
        };
        let own = party(
            Some("namespace"),
            &[(Kind::Namespace, "namespace"), (Kind::Pod, "pod"), (Kind::Node, "node")],
            "",
        );
        let cluster = party(None, &[(Kind::Service, "envoy_cluster_name")], "");
        Self {
            name: "Envoy".to_owned(),
            names: NameForm::Cluster,
            views: vec![
                View {
                    way: Way::From,
                    observed_at: Some(End::Server),
                    series: series("http_downstream"),
                    matchers: vec![Matcher::equal(
                        "envoy_http_conn_manager_prefix",
                        "ingress_http",
                    )],
                    own: own.clone(),
                    peer: Party::default(),
                },
                View {
                    way: Way::To,
                    observed_at: Some(End::Client),
                    series: series("cluster_upstream"),
                    matchers: Vec::new(),
                    own,
                    peer: cluster,
                },
            ],
            splits: Some(SplitView {
                series: series("cluster_upstream"),
                matchers: Vec::new(),
                apex: None,
                backend: "envoy_cluster_name".to_owned(),
                namespace: None,
            }),
        }
    }

    fn osm_like(name: &str, prefix: &str) -> Self {
        let series = Series {
            counter: format!("{prefix}_request_total"),
            buckets: format!("{prefix}_request_duration_ms_bucket"),
            unit: LatencyUnit::Milliseconds,
            success: Matcher::not_matching("response_code", "5..|0"),
            failure: Matcher::matching("response_code", "5..|0"),
        };
        let (source, destination) = (osm_party("source"), osm_party("destination"));
        let view = |way, own: &Party, peer: &Party| View {
            way,
            observed_at: None,
            series: series.clone(),
            matchers: Vec::new(),
            own: own.clone(),
            peer: peer.clone(),
        };
        Self {
            name: name.to_owned(),
            names: NameForm::Underscored,
            views: vec![
                view(Way::From, &destination, &source),
                view(Way::To, &source, &destination),
            ],
            splits: None,
        }
    }
}

fn party(namespace: Option<&str>, labels: &[(Kind, &str)], prefix: &str) -> Party {
    let names =
        labels.iter().map(|(kind, label)| (*kind, NameLabel::new(format!("{prefix}{label}"))));
    Party { namespace: namespace.map(str::to_owned), names: names.collect() }
}

fn istio_party(end: &str) -> Party {
    let namespace = format!("{end}_workload_namespace");
    let workload = NameLabel::new(format!("{end}_workload"));
    let mut names: BTreeMap<_, _> =
        WORKLOADS.into_iter().map(|kind| (kind, workload.clone())).collect();
    names.insert(Kind::Namespace, NameLabel::new(namespace.clone()));
    Party { namespace: Some(namespace), names }
}

fn osm_party(end: &str) -> Party {
    let namespace = format!("{end}_namespace");
    let mut names: BTreeMap<_, _> = WORKLOADS
        .into_iter()
        .map(|kind| {
            let matchers = vec![Matcher::equal(format!("{end}_kind"), kind.as_str())];
            (kind, NameLabel { label: format!("{end}_name"), matchers })
        })
        .collect();
    names.insert(Kind::Namespace, NameLabel::new(namespace.clone()));
    names.insert(Kind::Pod, NameLabel::new(format!("{end}_pod")));
    Party { namespace: Some(namespace), names }
}
