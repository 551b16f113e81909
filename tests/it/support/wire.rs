//! HTTP/1.1 by hand, for what no client library would send: several requests at once, half a body, hostile bytes.

use std::fmt::Display;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// One connection.
pub struct Wire<S>(BufReader<S>);

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header; fails the test when there are two of them.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert_eq!(found.next(), None, "{name} is there twice");
        first
    }

    /// Every value of a header, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }
}

impl Wire<TcpStream> {
    /// A connection to `http://ADDR`.
    pub async fn to(url: &str) -> Wire<TcpStream> {
        Wire::over(TcpStream::connect(url.trim_start_matches("http://")).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Over a stream that is connected.
    pub fn over(stream: S) -> Wire<S> {
        Wire(BufReader::new(stream))
    }

    /// Sends bytes. The other side may have closed already: then the reply says so.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.get_mut().write_all(bytes.as_ref()).await;
        let _ = self.0.get_mut().flush().await;
    }

    /// Sends a request without a body and reads its answer.
    pub async fn ask(&mut self, line: impl Display, headers: &[(&str, &str)]) -> Reply {
        let mut head = format!("{line} HTTP/1.1\r\nhost: portcullis.test\r\n");
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        self.send(format!("{head}\r\n")).await;
        match head.starts_with("HEAD ") {
            true => self.head().await.expect("a reply"),
            false => self.reply().await.expect("a reply"),
        }
    }

    /// The next reply, `None` when the connection has ended.
    pub async fn reply(&mut self) -> Option<Reply> {
        let mut reply = self.head().await?;
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        reply.body = vec![0; length];
        self.0.read_exact(&mut reply.body).await.unwrap();
        Some(reply)
    }

    /// The next reply's head, for replies that have no body whatever they say.
    pub async fn head(&mut self) -> Option<Reply> {
        let first = self.line().await?;
        let status = first.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Some(Reply { status, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        // A reset is an end as well.
        let read = self.0.read_line(&mut line).await.unwrap_or(0);
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Waits until the other side closes.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "", "bytes before the end");
    }
}
