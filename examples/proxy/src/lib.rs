//! A reverse proxy on Pingora that authorizes and splits by SMI manifests.
//!
//! [`Proxy`] is the proxy; `main.rs` configures and serves it. [`Callers`] knows who is behind a
//! client's certificate, and [`MetricsPage`] serves what [`Metrics`] recorded.

mod arrived;
mod caller;
mod certificate;
mod metrics;
mod proxy;
mod settings;

pub use certificate::Callers;
pub use metrics::{Metrics, MetricsPage};
pub use proxy::{Context, Proxy};
pub use settings::Settings;
