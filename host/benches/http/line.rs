//! HTTP/1.1 as far as the load needs it: requests are made once, answers have a Content-Length. And a connection that
//! blocks, for everything that is not load.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// No answer takes longer unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a request.
pub(crate) fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// A whole answer within some bytes.
pub(crate) struct Answer<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// Status line and headers.
    #[allow(dead_code, reason = "not every bench looks at them")]
    pub(crate) head: &'a [u8],
    /// The body.
    pub(crate) body: &'a [u8],
}

/// The answer at the start of `bytes`, when all of it is there.
pub(crate) fn answer(bytes: &[u8]) -> Option<Answer<'_>> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let (head, rest) = bytes.split_at(end);
    let body = rest.get(..content_length(head))?;
    let status = std::str::from_utf8(head.get(9..12)?).ok()?.parse().ok()?;
    Some(Answer { status, head, body })
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let is_it = |line: &&[u8]| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
    let line = head.split(|byte| *byte == b'\n').find(is_it).unwrap();
    std::str::from_utf8(line).unwrap().rsplit_once(':').unwrap().1.trim().parse().unwrap()
}

/// A connection for one request after the other.
pub(crate) struct Line {
    stream: TcpStream,
    address: SocketAddr,
}

impl Line {
    /// Connects.
    pub(crate) fn new(address: SocketAddr) -> Line {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Line { stream, address }
    }

    /// Sends a request and reads its answer: status and body.
    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let request = request(self.address, method, path, headers, body);
        self.exchange(&request)
    }

    /// The same with bytes that were made before.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> (u16, String) {
        self.stream.write_all(request).unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 16 << 10]);
        loop {
            let length = self.stream.read(&mut piece).unwrap();
            assert_ne!(length, 0, "the server closed the connection");
            bytes.extend_from_slice(piece.get(..length).unwrap());
            if let Some(answer) = answer(&bytes) {
                return (answer.status, String::from_utf8(answer.body.to_vec()).unwrap());
            }
        }
    }

    /// Sends a request whose answer has to be JSON with this status.
    pub(crate) fn json(
        &mut self,
        status: u16,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Value {
        let (found, text) = self.send(method, path, headers, body);
        assert_eq!(found, status, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}
