//! Requests over HTTP/1.1, and what the edge adds to their answers.

use super::*;
use crate::logging::captured::Captured;

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
    let expected = "HEAD query= host=[\"x\"] cookies=[] certificates=0".len();
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
    assert_eq!(reply.body, "{\"status_code\":500,\"error\":\"internal error\",\"details\":{}}");
    client.send("GET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    counted(&server.metrics, "portcullis_panics_total 1").await;
    counted(&server.metrics, "portcullis_http_requests_total{operation=\"edge\",status=\"500\"} 1").await;
}

#[tokio::test]
async fn a_taken_address_is_an_error() {
    let server = Server::start(|_| {});
    let mut config = Config::load(None, std::iter::empty(), Flags::default()).unwrap();
    config.listen = server.address;
    assert!(matches!(bind(&config), Err(ServeError::Listen { address, .. }) if address == server.address));
}

#[tokio::test]
async fn the_access_log_has_no_secrets() {
    let lines = Captured::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(lines.writer()).finish();
    // The server of this test runs on this thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(|_| {});
    let head = "POST /echo?code=hidden-1 HTTP/1.1\r\nauthorization: Bearer hidden-2\r\nx-request-id: r-7\r\n";
    assert_eq!(server.ask(&format!("{head}content-length: 8\r\n\r\nhidden-3")).await.status, 200);
    let text = lines.text();
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

#[tokio::test]
async fn a_body_in_pieces_arrives_whole_and_the_connection_goes_on() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.send("GET /pieces HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    while !client.unread.ends_with(b"0\r\n\r\n") {
        assert!(client.more().await, "the connection ended within a body");
    }
    assert_eq!(client.unread, b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n");
    client.unread.clear();
    client.send("HEAD /pieces HTTP/1.1\r\nhost: x\r\n\r\nGET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
    assert_eq!(client.reply().await.body, "<p>");
}

#[tokio::test]
async fn a_body_that_breaks_is_seen_to_be_broken() {
    let server = Server::start(|_| {});
    let mut client = server.client().await;
    client.send("GET /broken HTTP/1.1\r\nhost: x\r\n\r\n").await;
    client.head().await;
    while client.more().await {}
    assert_eq!(client.unread, b"4\r\none \r\n", "without its last chunk");
}
