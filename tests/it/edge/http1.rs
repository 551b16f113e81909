//! HTTP/1.1: connections that stay, requests in a row, bodies in pieces, HEAD.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_many_requests_one_after_the_other() {
    let server = TestServer::start().await;
    let mut wire = wire(&server).await;
    for path in ["/health/live", "/nowhere", "/api/admin/default/tenant", "/docs", "/health/live"] {
        let reply = wire.ask(format!("GET {path}"), &[]).await;
        assert!(reply.header("connection").is_none_or(|word| word != "close"), "{path}");
    }
    let reply = wire.ask("GET /health/live", &[("connection", "close")]).await;
    assert_eq!(reply.status, 200);
    wire.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = TestServer::start().await;
    let mut wire = wire(&server).await;
    let paths = [
        "/health/live",
        "/nowhere",
        "/.well-known/authzen-configuration/default/default",
        "/default/default/.well-known/jwks.json",
    ];
    let request =
        |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {}\r\n\r\n", path.replace('/', "."));
    wire.send(paths.map(request).concat()).await;
    for (path, status) in paths.into_iter().zip([200, 404, 200, 200]) {
        let reply = wire.reply().await.unwrap();
        assert_eq!((reply.status, reply.header("x-request-id")), (status, Some(path.replace('/', ".").as_str())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_pieces_is_one_body() {
    let server = TestServer::start().await;
    let token = server.as_admin().token().await.unwrap();
    let mut wire = wire(&server).await;
    let body = json!({ "id": "in-pieces", "policy_name": "In pieces", "validators": [{ "name": "true" }] }).to_string();
    let head = "POST /api/admin/default/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
    wire.send(format!("{head}authorization: Bearer {token}\r\n\r\n")).await;
    for piece in body.as_bytes().chunks(7) {
        wire.send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).await;
    }
    wire.send("0\r\n\r\n").await;
    let reply = wire.reply().await.unwrap();
    assert_eq!((reply.status, &reply.json()["id"]), (201, &json!("in-pieces")), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_the_body() {
    let server = TestServer::start().await;
    let paths = [
        "/docs",
        "/nowhere",
        "/api/admin/default/tenant",
        "/default/default/.well-known/jwks.json",
        "/openapi/acp.json",
    ];
    for path in paths.into_iter().chain(["/health/live", "/health/ready"]) {
        let get = ask(&server, &format!("GET {path}")).await;
        let mut wire = wire(&server).await;
        let head = wire.ask(format!("HEAD {path}"), &[]).await;
        assert_eq!(head.status, get.status, "{path}");
        for name in ["content-type", "content-length", "cache-control", "content-security-policy", "www-authenticate"] {
            assert_eq!(head.all(name), get.all(name), "{name} of {path}");
        }
        assert_eq!(wire.ask("GET /health/live", &[]).await.status, 200, "no body was in between");
    }
}
