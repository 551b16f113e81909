//! HTTP/2 with prior knowledge, spoken by hand: a few frames, header fields as HPACK literals.

use super::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
/// `:status: 200` in the static table of HPACK.
const STATUS_200: u8 = 0x88;

struct Frame {
    kind: u8,
    flags: u8,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header field as a literal that is not indexed.
fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

fn fields(method: &str, path: &str) -> Vec<u8> {
    [field(":method", method), field(":scheme", "http"), field(":path", path), field(":authority", "h2.test")].concat()
}

impl Client<TcpStream> {
    async fn open_http2(&mut self) {
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        self.send(frame(SETTINGS, 0, 0, &[])).await;
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.unread.len() < length {
            assert!(self.more().await, "the connection ended within a frame");
        }
        let rest = self.unread.split_off(length);
        std::mem::replace(&mut self.unread, rest)
    }

    async fn frame(&mut self) -> Frame {
        let head = self.take(9).await;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let payload = self.take(length as usize).await;
        let frame = Frame { kind: head[3], flags: head[4], payload };
        if frame.kind == SETTINGS && frame.flags & ACK == 0 {
            self.send(http2::frame(SETTINGS, ACK, 0, &[])).await;
        }
        frame
    }

    /// The first byte of the answer's fields, and its body.
    async fn answer(&mut self) -> (u8, String) {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            let Frame { kind, flags, payload } = self.frame().await;
            match kind {
                HEADERS => status = payload[0],
                DATA => body.extend(payload),
                _ => continue,
            }
            if flags & END_STREAM != 0 {
                return (status, String::from_utf8(body).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn prior_knowledge_is_understood() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.open_http2().await;
    client.send(frame(HEADERS, END_HEADERS, 1, &fields("POST", "/echo"))).await;
    client.send(frame(DATA, 0, 1, b"hello ")).await;
    client.send(frame(DATA, END_STREAM, 1, b"world")).await;
    assert_eq!(client.answer().await, (STATUS_200, "hello world".to_owned()));
}

#[tokio::test]
async fn host_and_cookies_look_as_in_http1() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.open_http2().await;
    let fields = [fields("GET", "/seen"), field("cookie", "a=1"), field("cookie", "b=2")].concat();
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields)).await;
    let expected = "GET query= host=[\"h2.test\"] cookies=[\"a=1; b=2\"] certificates=0";
    assert_eq!(client.answer().await, (STATUS_200, expected.to_owned()));
}

#[tokio::test]
async fn a_head_request_has_no_data() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.open_http2().await;
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields("HEAD", "/page"))).await;
    assert_eq!(client.answer().await, (STATUS_200, String::new()));
}

#[tokio::test]
async fn a_panic_ends_one_stream_only() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.open_http2().await;
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields("GET", "/panic"))).await;
    assert!(client.answer().await.1.contains("500"));
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, &fields("GET", "/page"))).await;
    assert_eq!(client.answer().await, (STATUS_200, "<p>".to_owned()));
}

#[tokio::test]
async fn an_idle_client_is_told_to_go_away() {
    let server = Server::start(|config| (config.limits.idle_seconds, config.limits.header_seconds) = (2, 1));
    let mut client = server.client().await;
    client.open_http2().await;
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields("GET", "/page"))).await;
    assert_eq!(client.answer().await.1, "<p>");
    while client.frame().await.kind != GOAWAY {}
}

#[tokio::test]
async fn draining_finishes_a_running_stream() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.open_http2().await;
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields("GET", "/wait"))).await;
    timeout(PATIENCE, server.script.entered.notified()).await.unwrap();
    server.stop.send(()).unwrap();
    while client.frame().await.kind != GOAWAY {}
    server.script.release.notify_one();
    assert_eq!(client.answer().await, (STATUS_200, "waited".to_owned()));
    drop(client);
    let drained = timeout(PATIENCE, server.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(drained, Drained { cut: 0 });
}
