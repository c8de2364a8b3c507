//! Small servers behind a proxy that say what they were asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::wait;

/// How many requests for `/wait` have arrived.
pub(crate) static WAITING: AtomicUsize = AtomicUsize::new(0);
/// Whether they are answered.
pub(crate) static RELEASED: AtomicBool = AtomicBool::new(false);

/// Starts a server that answers every request with 200 and its name; the body is the request's head
/// as it arrived.
pub(crate) fn start(name: &'static str) -> SocketAddr {
    start_at((Ipv4Addr::LOCALHOST, 0).into(), name)
}

/// The same at this address.
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
        if head.starts_with(b"GET /wait ") {
            WAITING.fetch_add(1, Ordering::Relaxed);
            wait::until("requests are released", || RELEASED.load(Ordering::Relaxed));
        }
        if String::from_utf8_lossy(&head).contains("\r\nexpect: 100-continue\r\n") {
            reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
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
