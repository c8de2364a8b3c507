//! The other end of the measured traffic.

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use crate::{Nullable, ObjectReference};

/// Restricts metrics to the traffic between the resource and another one (specification, "Edge").
///
/// The other resource can be as general as wanted: `{}` stands for all traffic in that direction, a
/// namespace alone for any traffic of that namespace.
///
/// # Examples
/// ```
/// use smi_metrics_model::{Direction, Edge, Side};
///
/// let edge: Edge =
///     serde_json::from_str(r#"{"direction": "to", "side": "client", "resource": {"kind": "Pod"}}"#)?;
/// assert_eq!(edge.direction.as_option(), Some(&Direction::To));
/// assert_eq!(edge.side.as_option(), Some(&Side::Client));
/// assert!(serde_json::from_str::<Edge>(r#"{"resource": "web"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Which way the requests go, seen from the resource.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub direction: Nullable<Direction>,
    /// At which end the traffic was observed.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub side: Nullable<Side>,
    /// The other resource.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub resource: Nullable<ObjectReference>,
}

open_enum! {
    /// Which way the requests of an edge go, seen from the resource.
    ///
    /// # Examples
    /// ```
    /// use smi_metrics_model::Direction;
    ///
    /// assert_eq!(Direction::from("to"), Direction::To);
    /// assert_eq!(Direction::from("TO"), Direction::Other("TO".to_owned()));
    /// ```
    pub enum Direction {
        /// The resource sends requests to the edge's resource.
        To = "to",
        /// The resource receives requests from the edge's resource.
        From = "from",
    }
}

open_enum! {
    /// At which end of an edge the traffic was observed.
    ///
    /// # Examples
    /// ```
    /// use smi_metrics_model::Side;
    ///
    /// assert_eq!(Side::from("client"), Side::Client);
    /// assert_eq!(Side::from("proxy"), Side::Other("proxy".to_owned()));
    /// ```
    pub enum Side {
        /// Where the requests come from.
        Client = "client",
        /// Where the requests go to.
        Server = "server",
    }
}
