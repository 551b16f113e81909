//! The edge over real sockets: a service made for tests, raw clients, and what each limit does.

mod http2;
mod limits;
mod secure;

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::*;
use crate::{
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
            _ => Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: request.body },
        }
    }
}

fn text(text: &str) -> Answer {
    Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::copy_from_slice(text.as_bytes()) }
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

#[tokio::test]
async fn requests_on_one_connection_are_answered_in_order() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.send("POST /echo?a=b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello").await;
    assert_eq!(client.reply().await.body, "hello");
    client
        .send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.body, "abcde");
    client.send("GET /seen?q=%20 HTTP/1.1\r\nhost: x\r\n\r\nGET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.reply().await.body, "GET query=q=%20 host=[\"x\"] cookies=[] certificates=0");
    assert_eq!(client.reply().await.status, 200);
    counted(&server.metrics, "portcullis_connections 1").await;
    drop(client);
    counted(&server.metrics, "portcullis_connections 0").await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start(|_| {});
    let reply = server.ask("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    assert_eq!(reply.header("strict-transport-security"), None);
    assert_eq!(reply.header("x-request-id").map(str::len), Some(32));
    let reply = server.ask("GET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    assert_eq!(reply.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(reply.body, "<p>");
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.send("HEAD /seen HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let head = client.head().await;
    let expected = "GET query= host=[\"x\"] cookies=[] certificates=0".len();
    assert!(head.contains(&format!("content-length: {expected}\r\n")), "{head}");
    client.send("GET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.reply().await.body, "<p>");
}

#[tokio::test]
async fn a_panic_is_answered_and_harms_nobody() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.send("GET /panic HTTP/1.1\r\nhost: x\r\nx-request-id: mine-1\r\n\r\n").await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("x-request-id")), (500, Some("mine-1")));
    assert_eq!(reply.body, "{\"status_code\":500,\"error\":\"internal error\"}");
    client.send("GET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    counted(&server.metrics, "portcullis_panics_total 1").await;
    counted(&server.metrics, "portcullis_http_requests_total{operation=\"edge\",status=\"500\"} 1").await;
}

#[tokio::test]
async fn health_and_metrics_are_answered_here() {
    let server = Server::start(|_| {});
    assert_eq!(server.ask("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 200);
    assert_eq!(server.ask("GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n").await.body, "{\"status\":\"ready\"}");
    let metrics = server.ask("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(metrics.header("content-type"), Some(crate::metrics::CONTENT_TYPE));
    assert!(metrics.body.contains("portcullis_connections "), "{}", metrics.body);
}

#[tokio::test]
async fn draining_finishes_what_runs_and_accepts_nothing_new() {
    let server = Server::start(|_| {});
    let mut running = server.client().await;
    let mut idle = server.client().await;
    idle.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(idle.reply().await.status, 200);
    running.send("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(PATIENCE, server.script.entered.notified()).await.unwrap();
    server.stop.send(()).unwrap();
    idle.closed().await;
    assert!(TcpStream::connect(server.address).await.is_err());
    server.script.release.notify_one();
    let reply = running.reply().await;
    assert_eq!((reply.status, reply.body.as_str(), reply.header("connection")), (200, "waited", Some("close")));
    running.closed().await;
    let drained = timeout(PATIENCE, server.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(drained, Drained { cut: 0 });
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let server = Server::start(|config| config.limits.drain_seconds = 1);
    let mut client = server.client().await;
    client.send("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(PATIENCE, server.script.entered.notified()).await.unwrap();
    server.stop.send(()).unwrap();
    client.closed().await;
    let drained = timeout(PATIENCE, server.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(drained, Drained { cut: 1 });
}

#[tokio::test]
async fn a_taken_address_is_an_error() {
    let server = Server::start(|_| {});
    let mut config = Config::load(None, std::iter::empty(), Flags::default()).unwrap();
    config.listen = server.address;
    assert!(matches!(bind(&config), Err(ServeError::Listen { address, .. }) if address == server.address));
}

#[tokio::test]
async fn a_signal_is_what_the_server_waits_for() {
    let mut signal = std::pin::pin!(terminated());
    // Once polled, the signal is handled and no longer ends this process.
    std::future::poll_fn(|context| Poll::Ready(signal.as_mut().poll(context).is_pending())).await;
    let sent = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
    assert!(sent.success());
    timeout(PATIENCE, signal).await.unwrap();
}

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_access_log_has_no_secrets() {
    let lines = Lines::default();
    let to = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || to.clone()).finish();
    // The server of this test runs on this thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(|_| {});
    let head = "POST /echo?code=hidden-1 HTTP/1.1\r\nauthorization: Bearer hidden-2\r\nx-request-id: r-7\r\n";
    assert_eq!(server.ask(&format!("{head}content-length: 8\r\n\r\nhidden-3")).await.status, 200);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let entry: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&entry["target"], &entry["method"], &entry["path"]),
        (&"access".into(), &"POST".into(), &"/echo".into())
    );
    assert_eq!((&entry["status"], &entry["bytes_in"], &entry["bytes_out"]), (&200.into(), &8.into(), &8.into()));
    assert_eq!(
        (&entry["request_id"], entry["peer"].is_string(), entry["micros"].is_u64()),
        (&"r-7".into(), true, true)
    );
    assert!(!text.contains("hidden"), "{text}");
}
