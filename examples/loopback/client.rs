//! A client that sends exactly the bytes it is told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{Domain, Socket, Type};

use super::wait::PATIENCE;

/// One connection at a time, opened anew when the server has closed it.
pub(crate) struct Client {
    address: SocketAddr,
    from: Ipv4Addr,
    tls: Option<Arc<ClientConfig>>,
    connection: Option<BufReader<Box<dyn Stream>>>,
}

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// Connects with TLS where there is a configuration for it.
    pub(crate) fn new(address: SocketAddr, tls: Option<Arc<ClientConfig>>) -> Self {
        Self { address, from: Ipv4Addr::LOCALHOST, tls, connection: None }
    }

    /// Connects from this address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.from = address.parse().unwrap();
        self
    }

    /// Sends a request head, with its empty line, and reads the answer.
    ///
    /// An open connection that turns out to have been closed is opened again once, as clients do.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        if self.connection.is_some() {
            match self.once(request) {
                Err(error) if is_closed(&error) => self.connection = None,
                other => return other,
            }
        }
        self.once(request)
    }

    fn once(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        connection.get_mut().write_all(request)?;
        connection.get_mut().flush()?;
        let (answer, is_open) = read(&mut connection, request)?;
        self.connection = is_open.then_some(connection);
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<Box<dyn Stream>>> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((self.from, 0)).into())?;
        socket.connect(&self.address.into())?;
        let tcp = TcpStream::from(socket);
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let name = ServerName::try_from("server.test").map_err(io::Error::other)?;
                let tls = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(tls, tcp))
            }
        };
        Ok(BufReader::new(stream))
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Reads an answer, and says whether the connection can be used again.
fn read(connection: &mut impl BufRead, request: &[u8]) -> io::Result<(Answer, bool)> {
    let bad = |line: &str| io::Error::other(format!("no answer of HTTP/1.1: {line:?}"));
    let status = line(connection)?;
    let code = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let code: u16 = code.ok_or_else(|| bad(&status))?;
    let mut headers = Vec::new();
    loop {
        let field = line(connection)?;
        if field.is_empty() {
            break;
        }
        let (name, value) = field.split_once(':').ok_or_else(|| bad(&field))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status: code, headers, body: String::new() };
    let is_tunnel = request.starts_with(b"CONNECT ") && code == 200;
    let has_body = !(request.starts_with(b"HEAD ") || is_tunnel || matches!(code, 204 | 304));
    if has_body {
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        connection.read_exact(&mut body)?;
        answer.body = String::from_utf8_lossy(&body).into_owned();
    }
    let is_open = !is_tunnel && answer.header("connection") != Some("close");
    Ok((answer, is_open))
}

fn line(connection: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if connection.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
