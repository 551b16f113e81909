//! The edge over real sockets: a service made for tests, raw clients, and what each limit does.

mod answering;
mod ending;
mod http2;
mod limits;
mod secure;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::*;
use crate::{
    api::message::Broken,
    config::{Config, Flags},
    metrics::Metrics,
    world::World,
};

/// Nothing in these tests takes this long unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers by path.
#[derive(Default)]
struct Script {
    /// A request for /wait has begun.
    entered: Notify,
    /// It may end.
    release: Notify,
}

impl Service for Script {
    async fn answer(&self, request: Request) -> Answer {
        match request.path.as_str() {
            "/panic" => panic!("as asked"),
            "/never" => std::future::pending().await,
            "/wait" => {
                self.entered.notify_one();
                self.release.notified().await;
                text("waited")
            }
            "/page" => page(),
            "/seen" => text(&seen(&request)),
            "/pieces" => pieces(vec![Ok("one "), Ok("two "), Ok("three")]),
            "/broken" => pieces(vec![Ok("one "), Err(Broken)]),
            _ => Answer::with(StatusCode::OK, "text/plain", request.body),
        }
    }

    fn takes_document(&self, head: Head<'_>) -> bool {
        head.path == "/document" && head.headers.contains_key(header::AUTHORIZATION)
    }
}

fn pieces(pieces: Vec<Result<&'static str, Broken>>) -> Answer {
    let pieces = pieces.into_iter().map(|piece| piece.map(|text| Bytes::from_static(text.as_bytes())));
    Answer::pieces(StatusCode::OK, "text/plain", Box::new(pieces))
}

fn text(text: &str) -> Answer {
    Answer::with(StatusCode::OK, "text/plain", Bytes::copy_from_slice(text.as_bytes()))
}

fn page() -> Answer {
    let mut answer = text("<p>");
    answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    answer.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
    answer.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("999"));
    answer
}

/// What the service was given, as one line.
fn seen(request: &Request) -> String {
    let of = |name| request.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    let (host, cookies) = (of(header::HOST), of(header::COOKIE));
    let Request { method, query, certificates, .. } = request;
    format!("{method} query={query} host={host:?} cookies={cookies:?} certificates={}", certificates.len())
}

/// A server with its service, until stopped.
struct Server {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    script: Arc<Script>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<Drained, ServeError>>,
}

impl Server {
    /// Port 0 and the defaults, changed by `edit`.
    fn start(edit: impl FnOnce(&mut Config)) -> Server {
        let mut config = Config::load(None, std::iter::empty(), Flags::default()).unwrap();
        config.listen.set_port(0);
        edit(&mut config);
        let bound = bind(&config).unwrap();
        let address = bound.address();
        let (metrics, script) = (Arc::new(Metrics::new()), Arc::new(Script::default()));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let ended = tokio::spawn(run(bound, script.clone(), metrics.clone(), World::system(), stopped));
        Server { address, metrics, script, stop, ended }
    }

    async fn client(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own.
    async fn ask(&self, request: &str) -> Reply {
        let mut client = self.client().await;
        client.send(request).await;
        client.reply().await
    }
}

/// A client that speaks HTTP/1.1 by hand.
struct Client<T> {
    stream: T,
    unread: Vec<u8>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found.eq_ignore_ascii_case(name)).then_some(value)
        })
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    fn new(stream: T) -> Client<T> {
        Client { stream, unread: Vec::new() }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// More bytes, or false at the end of the connection.
    async fn more(&mut self) -> bool {
        let mut piece = [0; 4096];
        let length = timeout(PATIENCE, self.stream.read(&mut piece)).await.unwrap().unwrap_or(0);
        self.unread.extend_from_slice(&piece[..length]);
        length > 0
    }

    async fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.unread.split_off(at + 4);
                return String::from_utf8(std::mem::replace(&mut self.unread, rest)).unwrap();
            }
            assert!(self.more().await, "the connection ended within a head");
        }
    }

    async fn reply(&mut self) -> Reply {
        let head = self.head().await;
        let status = head[9..12].parse().unwrap();
        let reply = Reply { status, head, body: String::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            assert!(self.more().await, "the connection ended within a body");
        }
        let rest = self.unread.split_off(length);
        let body = String::from_utf8(std::mem::replace(&mut self.unread, rest)).unwrap();
        Reply { body, ..reply }
    }

    /// Waits for the server to close the connection without another byte.
    async fn closed(&mut self) {
        assert!(!self.more().await, "unexpected bytes: {:?}", String::from_utf8_lossy(&self.unread));
    }
}

/// Waits until the metrics contain this line.
async fn counted(metrics: &Metrics, line: &str) {
    let appears = async {
        while !metrics.render().lines().any(|found| found == line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, appears).await.unwrap_or_else(|_| panic!("{line} never came:\n{}", metrics.render()));
}
