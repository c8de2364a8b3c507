//! Small servers behind a proxy that say what they were asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How many requests with a path `/wait/…` have arrived.
pub(crate) static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Starts a server that answers every request with 200 and its name; the body is the request's head
/// as it arrived.
pub(crate) fn start(name: &'static str) -> SocketAddr {
    start_at((Ipv4Addr::LOCALHOST, 0).into(), name)
}

/// The same at this address. It waits as many milliseconds as a path `/wait/…` says.
pub(crate) fn start_at(address: SocketAddr, name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // It ends when its peer closes the connection.
            thread::spawn(move || serve(name, stream));
        }
    });
    address
}

fn serve(name: &str, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        if let Some(millis) = wait(&head) {
            WAITING.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(millis));
        }
        let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
        if head.starts_with(b"CONNECT ") {
            answer.extend_from_slice(b"\r\n");
        } else {
            let length = head.len();
            write!(answer, "x-upstream: {name}\r\ncontent-length: {length}\r\n\r\n")?;
            if !head.starts_with(b"HEAD ") {
                answer.extend_from_slice(&head);
            }
        }
        reader.get_mut().write_all(&answer)?;
    }
}

fn wait(head: &[u8]) -> Option<u64> {
    let path = std::str::from_utf8(head).ok()?.split(' ').nth(1)?;
    path.strip_prefix("/wait/")?.parse().ok()
}
