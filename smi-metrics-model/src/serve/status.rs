//! Errors as Kubernetes' clients read them.

use serde::{Deserialize, Serialize};

use super::RequestError;
use crate::{GROUP, Resource};

/// Why there is no answer (Kubernetes meta v1, `Status`). Its [`code`](Status::code) is that of the
/// response.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::{Reason, Request, Status};
///
/// let error = Request::parse("DELETE", "/apis/metrics.smi-spec.io/v1alpha1/pods").unwrap_err();
/// let status = Status::from(error);
/// assert_eq!((status.code, status.reason), (405, Reason::MethodNotAllowed));
/// assert_eq!(status.message, "method `DELETE` is not allowed, expected `GET`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Always `v1`.
    pub api_version: String,
    /// Always `Status`.
    pub kind: String,
    /// Always empty.
    pub metadata: Empty,
    /// Always `Failure`.
    pub status: String,
    /// What is wrong, for people.
    pub message: String,
    /// What is wrong, for programs.
    pub reason: Reason,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
    /// The status code of HTTP.
    pub code: u16,
}

impl Status {
    /// 404: an object that had no traffic.
    pub fn not_found(resource: &Resource) -> Self {
        let (kind, name) = (resource.kind().plural(), resource.name());
        // As Kubernetes words it.
        let message = format!("{kind}.{GROUP} \"{name}\" not found");
        Self::new(Reason::NotFound, message).with_details(Some(kind), Some(name))
    }

    /// 503: the server can't answer. What it says is shown to clients.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Reason::ServiceUnavailable, message)
    }

    /// There is no answer for this reason. The message is shown to clients.
    ///
    /// ```
    /// use smi_metrics_model::serve::{Reason, Status};
    ///
    /// let status = Status::new(Reason::Forbidden, "user `eve` may not list pods");
    /// assert_eq!(status.code, 403);
    /// ```
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            api_version: "v1".to_owned(),
            kind: "Status".to_owned(),
            metadata: Empty {},
            status: "Failure".to_owned(),
            message: message.into(),
            reason,
            details: None,
            code: reason.code(),
        }
    }

    fn with_details(mut self, kind: Option<&str>, name: Option<&str>) -> Self {
        self.details = Some(StatusDetails {
            name: name.map(str::to_owned),
            group: Some(GROUP.to_owned()),
            kind: kind.map(str::to_owned),
        });
        self
    }
}

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Self {
        let reason = match &error {
            RequestError::Path { .. }
            | RequestError::Resource { .. }
            | RequestError::Name { .. } => Reason::NotFound,
            RequestError::Method { .. } | RequestError::Watch => Reason::MethodNotAllowed,
            RequestError::Twice { .. }
            | RequestError::LabelSelector(_)
            | RequestError::FieldSelector { .. }
            | RequestError::Window(_)
            | RequestError::EmptyWindow { .. }
            | RequestError::EdgeKind { .. } => Reason::BadRequest,
        };
        let status = Self::new(reason, error.to_string());
        match &error {
            RequestError::Resource { resource } => status.with_details(Some(resource), None),
            RequestError::Name { resource, name } => {
                status.with_details(Some(resource), Some(name))
            }
            _ => status,
        }
    }
}

/// Why a request failed, in Kubernetes' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// 400
    BadRequest,
    /// 401: nobody knows who asks.
    Unauthorized,
    /// 403: who asks may not.
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 503
    ServiceUnavailable,
}

impl Reason {
    const fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::ServiceUnavailable => 503,
        }
    }
}

/// Whom a [`Status`] is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusDetails {
    /// The name of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The API group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The resource, in the plural.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Metadata with nothing in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}
