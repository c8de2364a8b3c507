//! A controller that keeps a policy and splits of SMI live, for a program to embed.
//!
//! [`Controller`] watches all kinds of SMI, each in the newest version that the API server offers,
//! and [`Live`] hands out what it makes of them. An object that can't be read grants nothing, is
//! reported, and leaves all others working. The [`webhooks`] need no controller.
//!
//! ```no_run
//! use smi_controller::Controller;
//! use smi_policy::{Identity, Request};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let running = Controller::new(kube::Client::try_default().await?).start();
//!
//! let web = Identity::service_account("shop", "web");
//! let cart = Identity::service_account("shop", "cart");
//! let is_allowed = running.live.current().is_some_and(|snapshot| {
//!     snapshot.policy.authorize(&Request::tcp(Some(&web), &cart, 8080)).is_allowed()
//! });
//! # Ok(())
//! # }
//! ```

mod change;
mod controller;
mod events;
mod live;
pub mod report;
mod sent;
mod snapshot;
mod watch;
pub mod webhooks;
mod world;

pub use self::change::{Callback, Change};
pub use self::controller::{Controller, Pace, Running};
pub use self::live::Live;
pub use self::snapshot::{KindStatus, ObjectStatus, Snapshot};
