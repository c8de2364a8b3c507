//! Stretches of time.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::Tally;

/// The latest states of a recorder, to tell what was new in the last 30 seconds, say.
///
/// The caller has the clock: it observes a recorder every few seconds. Windows then have the
/// lengths that are asked for, rounded up to what was observed.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use smi_metrics_model::{Outcome, Recorder, Windows};
///
/// let (recorder, mut windows) = (Recorder::new(), Windows::new(Duration::from_secs(60)));
/// let start = SystemTime::UNIX_EPOCH;
/// for second in 0..=120 {
///     windows.observe(start + Duration::from_secs(second), recorder.tally())?;
///     recorder.record(Duration::from_millis(5), Outcome::Success);
/// }
///
/// let window = windows.last(Duration::from_secs(30));
/// assert_eq!(window.map(|window| window.tally.success_count()), Some(30));
/// assert!(windows.observe(start, recorder.tally()).is_err());
/// # Ok::<(), smi_metrics_model::OutOfOrder>(())
/// ```
#[derive(Clone, Debug)]
pub struct Windows {
    keep: Duration,
    states: VecDeque<(SystemTime, Tally)>,
}

impl Windows {
    /// Keeps as many states as windows up to this length need.
    pub const fn new(keep: Duration) -> Self {
        Self { keep, states: VecDeque::new() }
    }

    /// Keeps the state of a recorder: its [`tally`](crate::Recorder::tally), and when that was.
    ///
    /// # Errors
    ///
    /// The time is not after that of the state before: nothing is kept.
    pub fn observe(&mut self, at: SystemTime, tally: Tally) -> Result<(), OutOfOrder> {
        if let Some((latest, _)) = self.states.back()
            && at <= *latest
        {
            return Err(OutOfOrder { latest: *latest, at });
        }
        self.states.push_back((at, tally));
        // One that is old enough for the longest window, and none before it.
        while let Some((second, _)) = self.states.get(1)
            && at.duration_since(*second).is_ok_and(|age| age >= self.keep)
        {
            self.states.pop_front();
        }
        Ok(())
    }

    /// What was new in the stretch before the latest state. It is longer than asked for if no state
    /// is exactly that old, and shorter if none is that old. `None` before the second state.
    pub fn last(&self, length: Duration) -> Option<Window> {
        let (end, latest) = self.states.back()?;
        let is_old = |state: &&(SystemTime, Tally)| {
            end.duration_since(state.0).is_ok_and(|age| age >= length && !age.is_zero())
        };
        let earlier = self.states.iter().rev().find(is_old).or_else(|| self.states.front())?;
        let (start, earlier) = earlier;
        (start < end).then(|| Window { start: *start, end: *end, tally: latest.since(earlier) })
    }
}

/// What was counted between two points in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub start: SystemTime,
    /// When it ends: the `timestamp` of metrics.
    pub end: SystemTime,
    /// What was counted.
    pub tally: Tally,
}

impl Window {
    /// How long it is: the `window` of metrics.
    pub fn length(&self) -> Duration {
        self.end.duration_since(self.start).unwrap_or_default()
    }
}

/// A state that is not after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    latest: SystemTime,
    at: SystemTime,
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind = self.latest.duration_since(self.at).unwrap_or_default();
        write!(f, "a state of {behind:?} before the latest one, expected a later one")
    }
}

impl std::error::Error for OutOfOrder {}
