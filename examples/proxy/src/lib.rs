//! A reverse proxy on Pingora that authorizes and splits by SMI manifests.
//!
//! [`Proxy`] is the proxy; `main.rs` configures and serves it. [`Callers`] tells it who is behind a
//! client certificate, and [`MetricsPage`] serves what [`Metrics`] recorded.

mod arrived;
mod caller;
mod metrics;
mod proxy;
mod upstreams;

pub use caller::{Callers, Uncertified};
pub use metrics::{Metrics, MetricsPage};
pub use proxy::{Context, Proxy, Settings};
pub use upstreams::Upstreams;
