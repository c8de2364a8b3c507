//! smi-split
mod backends;
mod builder;
mod call;
mod compile;
mod event;
mod pick;
mod resource;
mod service;
mod service_name;
mod share;
mod split;
mod splits;
mod timestamp;
mod weights;

pub use smi_policy::ObjectName;

pub use backends::{Backends, Leaf};
pub use builder::SplitsBuilder;
pub use call::Call;
pub use event::Event;
pub use pick::Picker;
pub use resource::{Backend, MatchRef, TrafficSplit};
pub use service::{Port, Protocol, Service, ServicePort, TargetPort};
pub use service_name::{ServiceName, ServiceNameError};
pub use share::Share;
pub use split::{Outcome, Split};
pub use splits::{Selection, Splits};
pub use weights::{Weights, WeightsError};
