//! Ports for servers that cannot be told to choose their own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};

use super::wait;

/// So many addresses that nobody listens on.
///
/// Their ports are none that systems give to clients, as a rule: until a server listens there,
/// somebody's connection could take one of those.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Programs that look for ports at the same time begin at different ones.
    let first = std::process::id().wrapping_mul(101) as u16;
    std::array::from_fn(|_| {
        (0..10_000)
            .map(|_| 20_000 + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000)
            .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .find(|address| TcpListener::bind(address).is_ok())
            .expect("a free port")
    })
}

/// Waits until somebody listens there. Meanwhile asks whether there is hope.
#[track_caller]
pub(crate) fn wait_for(address: SocketAddr, mut check: impl FnMut()) {
    wait::until(&format!("somebody listens on {address}"), || {
        check();
        TcpStream::connect(address).is_ok()
    });
}
