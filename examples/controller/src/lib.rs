//! A controller that keeps a policy and splits of SMI live, for a program to embed.
//!
//! [`Controller`] watches all kinds of SMI, each in the newest version that the API server offers,
//! and compiles what it sees into a [`Snapshot`]. [`Live`] hands out the newest one. Objects that
//! can't be read grant nothing, are reported, and leave all others working. [`Callbacks`] are told of
//! every object that changes. The webhooks ([`webhooks`]) need no controller.
//!
//! ```no_run
//! use smi_controller::Controller;
//! use smi_policy::{HttpRequest, Identity, Request};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = kube::Client::try_default().await?;
//! let running = Controller::new(client).start();
//! let live = running.live();
//!
//! let (web, cart) = (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
//! let get = HttpRequest::new("GET", "/carts/7");
//! let is_allowed = live.current().is_some_and(|snapshot| {
//!     snapshot.policy.authorize(&Request::http(Some(&web), &cart, 8080, get)).is_allowed()
//! });
//! # Ok(())
//! # }
//! ```

mod callbacks;
mod controller;
mod events;
mod live;
mod register;
pub mod report;
mod sent;
mod snapshot;
mod tls;
mod watch;
mod watched;
pub mod webhooks;
mod world;

pub use self::callbacks::{Callbacks, Change, Outcome};
pub use self::controller::{Controller, Running};
pub use self::live::Live;
pub use self::register::{Address, keep_registered};
pub use self::snapshot::{Finding, ObjectStatus, Snapshot};
pub use self::tls::{Certificate, ClientCertificate, TlsListener};
pub use self::watch::Pace;
pub use self::watched::Watched;
pub use self::world::KindStatus;
