//! Recording requests, and what comes out of it.

mod bucket;
mod histogram;
mod percentile;
mod recorder;
mod tally;
mod window;

pub use histogram::{Bucket, Histogram};
pub use percentile::Percentile;
pub use recorder::{Outcome, Recorder};
pub use tally::Tally;
pub use window::{OutOfOrder, Window, Windows};
