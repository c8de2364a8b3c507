use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smi_split::ObjectName;

/// For how long a service that could not be reached is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Where services are, and whether they could be reached when last tried.
#[derive(Debug)]
pub struct Upstreams {
    services: HashMap<ObjectName, Upstream>,
    start: Instant,
}

#[derive(Debug)]
struct Upstream {
    address: SocketAddr,
    /// Until when it is left alone, in milliseconds since the start.
    paused: AtomicU64,
}

impl Upstreams {
    /// Services and their addresses.
    pub fn new(addresses: impl IntoIterator<Item = (ObjectName, SocketAddr)>) -> Self {
        let upstream = |(service, address)| (service, Upstream { address, paused: 0.into() });
        Self { services: addresses.into_iter().map(upstream).collect(), start: Instant::now() }
    }

    /// The address of a service. `None` if it has none, or is left alone.
    pub(crate) fn available(&self, service: &ObjectName) -> Option<SocketAddr> {
        let upstream = self.services.get(service)?;
        (upstream.paused.load(Ordering::Relaxed) <= self.now()).then_some(upstream.address)
    }

    /// Leaves alone for a moment what is at an address.
    pub(crate) fn pause(&self, service: &ObjectName) {
        let until = self.now().saturating_add(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX));
        if let Some(upstream) = self.services.get(service) {
            upstream.paused.store(until, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
