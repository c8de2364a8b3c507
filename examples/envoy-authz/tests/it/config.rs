//! Envoy's configuration, piece by piece.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::loopback::pki::{Authority, Name};

const TYPES: &str = "type.googleapis.com/envoy.extensions";

/// A listener with these HTTP filters, before the router's, and routes.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) filters: Vec<Value>,
    pub(crate) routes: Vec<Value>,
}

/// The whole configuration: listeners with TLS, and clusters.
pub(crate) fn config(
    authority: &Authority,
    listeners: Vec<Listener>,
    clusters: Vec<Value>,
) -> Value {
    let listeners: Vec<Value> =
        listeners.into_iter().map(|listener| tls_listener(authority, listener)).collect();
    json!({"static_resources": {"listeners": listeners, "clusters": clusters}})
}

fn tls_listener(authority: &Authority, listener: Listener) -> Value {
    let own = authority.certify(Name::Dns("server.test")).unwrap();
    let mut filters = listener.filters;
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": format!("{TYPES}.filters.http.router.v3.Router")},
    }));
    let manager = json!({
        "@type": format!(
            "{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager"
        ),
        "stat_prefix": "test",
        "generate_request_id": false,
        // What the policy judges is what the client sent.
        "normalize_path": false,
        "merge_slashes": false,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "http_protocol_options": {"allow_custom_methods": true},
        "upgrade_configs": [{"upgrade_type": "CONNECT"}],
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": listener.routes}],
        },
        "http_filters": filters,
    });
    let tls = json!({
        "@type": format!("{TYPES}.transport_sockets.tls.v3.DownstreamTlsContext"),
        "require_client_certificate": false,
        "common_tls_context": {
            "tls_certificates": [{
                "certificate_chain": {"inline_string": own.certificate},
                "private_key": {"inline_string": own.key},
            }],
            "validation_context": {"trusted_ca": {"inline_string": authority.pem()}},
        },
    });
    json!({
        "address": socket(listener.address),
        "filter_chains": [{
            "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager,
            }],
            "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
        }],
    })
}

/// Asks the cluster `authz` about every request. If it can't be asked, the answer is 503.
pub(crate) fn ext_authz() -> Value {
    json!({
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": format!("{TYPES}.filters.http.ext_authz.v3.ExtAuthz"),
            "transport_api_version": "V3",
            "grpc_service": {"envoy_grpc": {"cluster_name": "authz"}, "timeout": "60s"},
            "encode_raw_headers": true,
            "include_peer_certificate": true,
            "clear_route_cache": true,
            "status_on_error": {"code": "ServiceUnavailable"},
        },
    })
}

/// The settings of [`ext_authz`] for one route.
pub(crate) fn extensions(context: &BTreeMap<&str, String>) -> Value {
    json!({
        "envoy.filters.http.ext_authz": {
            "@type": format!("{TYPES}.filters.http.ext_authz.v3.ExtAuthzPerRoute"),
            "check_settings": {"context_extensions": context},
        },
    })
}

/// Routes for requests, CONNECT included, with this value of the header `x-test` to a cluster.
pub(crate) fn routes(test: usize, cluster: &str, per_filter: &Value) -> [Value; 2] {
    let header = json!([{"name": "x-test", "string_match": {"exact": test.to_string()}}]);
    [json!({"prefix": "/"}), json!({"connect_matcher": {}})].map(|mut route| {
        route["headers"] = header.clone();
        let to = json!({"cluster": cluster, "timeout": "60s"});
        json!({"match": route, "route": to, "typed_per_filter_config": per_filter})
    })
}

/// A cluster of one endpoint. gRPC needs HTTP/2.
pub(crate) fn cluster(name: &str, endpoint: SocketAddr, is_grpc: bool) -> Value {
    let mut cluster = json!({
        "name": name,
        "connect_timeout": "60s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket(endpoint)}}]}],
        },
    });
    if is_grpc {
        cluster["typed_extension_protocol_options"] = json!({
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": format!("{TYPES}.upstreams.http.v3.HttpProtocolOptions"),
                "explicit_http_config": {"http2_protocol_options": {}},
            },
        });
    }
    cluster
}

fn socket(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip(), "port_value": address.port()}})
}
