//! What Envoy is told.

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::service::auth::v3::check_response::HttpResponse;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckResponse, DeniedHttpResponse, OkHttpResponse,
};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::rpc;
use tonic::Code;

/// The header that names the backend to Envoy's routes, as `namespace/name`. Whatever a client sends
/// in it is removed.
const BACKEND: &str = "x-smi-backend";
/// The header that tells a denied client why, in debug mode.
const REASON: &str = "x-smi-reason";

/// Lets the request pass.
pub(crate) fn pass(backend: Option<String>, path: Option<String>) -> CheckResponse {
    let headers_to_remove = if backend.is_none() { vec![BACKEND.to_owned()] } else { Vec::new() };
    let backend = backend.map(|backend| header(BACKEND, backend));
    let path = path.map(|path| header(":path", path));
    let ok = OkHttpResponse {
        headers: backend.into_iter().chain(path).collect(),
        headers_to_remove,
        ..OkHttpResponse::default()
    };
    response(Code::Ok, HttpResponse::OkResponse(ok))
}

/// Refuses the request with an HTTP status, and a reason if the client may know.
pub(crate) fn refuse(status: u16, reason: Option<&str>) -> CheckResponse {
    let reason = reason.map(|reason| header(REASON, reason.to_owned()));
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: status.into() }),
        headers: reason.into_iter().collect(),
        body: String::new(),
    };
    response(Code::PermissionDenied, HttpResponse::DeniedResponse(denied))
}

fn response(code: Code, http: HttpResponse) -> CheckResponse {
    let status = rpc::Status { code: code.into(), ..rpc::Status::default() };
    CheckResponse { status: Some(status), http_response: Some(http), ..CheckResponse::default() }
}

// Of a header in an answer Envoy takes no notice of `raw_value`.
fn header(key: &str, value: String) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: key.to_owned(), value, ..HeaderValue::default() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}
