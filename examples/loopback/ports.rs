//! Ports for servers that cannot be told to choose their own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// So many addresses that nobody listens on.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

/// Waits until somebody listens there. Meanwhile asks whether there is hope.
#[track_caller]
pub(crate) fn wait_for(address: SocketAddr, mut check: impl FnMut()) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nobody listens on {address}");
        check();
        thread::sleep(Duration::from_millis(20));
    }
}
