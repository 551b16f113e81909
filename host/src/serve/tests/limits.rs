//! What each limit does to a client that crosses it.

use super::*;

const TOO_LARGE: &str = "{\"status_code\":413,\"error\":\"the request body is too large\",\"details\":{}}";

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused() {
    let server = Server::start(|config| config.limits.body_bytes = 10);
    let reply = server.ask("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\nhello world").await;
    assert_eq!((reply.status, reply.body.as_str()), (413, TOO_LARGE));
    assert!(reply.header("x-request-id").is_some());
    let fits = server.ask("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhello worl").await;
    assert_eq!((fits.status, fits.body.as_str()), (200, "hello worl"));
}

#[tokio::test]
async fn a_client_that_asks_first_sends_no_large_body() {
    let server = Server::start(|config| config.limits.body_bytes = 10);
    let head =
        |length| format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n");
    let mut client = server.client().await;
    client.send(head(10)).await;
    assert!(client.head().await.starts_with("HTTP/1.1 100 "));
    client.send("hello worl").await;
    assert_eq!(client.reply().await.body, "hello worl");
    assert_eq!(server.ask(&head(11)).await.status, 413);
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_refused() {
    let server = Server::start(|config| config.limits.body_bytes = 10);
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let one_piece = server.ask(&format!("{head}b\r\nhello world\r\n0\r\n\r\n")).await;
    assert_eq!((one_piece.status, one_piece.body.as_str()), (413, TOO_LARGE));
    let many = server.ask(&format!("{head}6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n")).await;
    assert_eq!((many.status, many.body.as_str()), (413, TOO_LARGE));
}

#[tokio::test]
async fn a_client_that_writes_first_still_reads_the_refusal() {
    let mebibyte = 1024 * 1024;
    let server = Server::start(|config| config.limits.body_bytes = 8 * mebibyte);
    // More than the buffers of both sockets hold.
    let length = 30 * mebibyte;
    let mut client = server.client().await;
    client.send(format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")).await;
    client.send(vec![b'x'; length]).await;
    assert_eq!(client.reply().await.status, 413);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(|config| config.limits.header_bytes = 8 * 1024);
    let long = "x".repeat(9 * 1024);
    assert_eq!(server.ask(&format!("GET /echo HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n")).await.status, 431);
    let fits = "x".repeat(7 * 1024);
    assert_eq!(server.ask(&format!("GET /echo HTTP/1.1\r\nhost: x\r\nlong: {fits}\r\n\r\n")).await.status, 200);
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    for most in [10, 100] {
        let server = Server::start(|config| config.limits.headers = most);
        let request = |headers: usize| format!("GET /echo HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(headers));
        assert_eq!(server.ask(&request(most)).await.status, 200);
        assert_eq!(server.ask(&request(most + 1)).await.status, 431);
    }
}

#[tokio::test]
async fn a_slow_head_ends_the_connection() {
    let server = Server::start(|config| config.limits.header_seconds = 1);
    let mut silent = server.client().await;
    silent.closed().await;
    let mut slow = server.client().await;
    slow.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(slow.reply().await.status, 200);
    slow.send("GET /echo HTTP/1.1\r\nho").await;
    slow.closed().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::start(|config| config.limits.idle_seconds = 1);
    let mut client = server.client().await;
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    client.closed().await;
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let server = Server::start(|config| config.limits.body_seconds = 1);
    let reply = server.ask("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhel").await;
    assert_eq!(reply.status, 408);
    assert_eq!(reply.body, "{\"status_code\":408,\"error\":\"the request body took too long\",\"details\":{}}");
}

#[tokio::test]
async fn a_service_that_takes_too_long_is_answered_for() {
    let server = Server::start(|config| config.limits.request_seconds = 1);
    let reply = server.ask("GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
}

#[tokio::test]
async fn methods_for_proxies_never_reach_the_service() {
    let server = Server::start(|_| {});
    let reply = server.ask("TRACE /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(reply.status, 405);
    assert!(reply.header("allow").is_some());
    assert_eq!(server.ask("CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 405);
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let server = Server::start(|config| config.limits.connections = 1);
    let mut first = server.client().await;
    first.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(first.reply().await.status, 200);
    let mut second = server.client().await;
    second.send("GET /page HTTP/1.1\r\nhost: x\r\n\r\n").await;
    counted(&server.metrics, "portcullis_connections_full_total 1").await;
    first.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(first.reply().await.status, 200);
    assert!(second.unread.is_empty());
    drop(first);
    assert_eq!(second.reply().await.body, "<p>");
}

#[tokio::test]
async fn who_may_send_a_document_may_send_a_larger_body() {
    let server = Server::start(|config| {
        config.limits.body_bytes = 10;
        config.limits.document_bytes = 20;
    });
    let post = async |path: &str, more: &str, length: usize| {
        let body = "x".repeat(length);
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{more}content-length: {length}\r\n\r\n{body}");
        server.ask(&head).await.status
    };
    const KNOWN: &str = "authorization: x\r\n";
    assert_eq!(post("/document", KNOWN, 20).await, 200);
    assert_eq!(post("/document", KNOWN, 21).await, 413);
    assert_eq!(post("/document", "", 11).await, 413);
    assert_eq!(post("/echo", KNOWN, 11).await, 413);
    let chunked = format!("POST /document HTTP/1.1\r\nhost: x\r\n{KNOWN}transfer-encoding: chunked\r\n\r\n");
    assert_eq!(server.ask(&format!("{chunked}b\r\nhello world\r\n0\r\n\r\n")).await.status, 200);
}
