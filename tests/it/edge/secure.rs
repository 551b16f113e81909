//! HTTP/2 and TLS: many requests on one connection, and certificates of clients.

use super::*;

/// One connection of HTTP/2 over a stream; the sender may be cloned.
async fn http2<S>(stream: S) -> hyper::client::conn::http2::SendRequest<Full<Bytes>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let made = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = made.unwrap();
    tokio::spawn(connection);
    sender
}

/// Many requests at once on one connection: each gets its own answer.
async fn many_at_once(sender: hyper::client::conn::http2::SendRequest<Full<Bytes>>, scheme: &str, token: &str) {
    let question = |policy: &str| json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": policy } });
    let mut answers = Vec::new();
    for place in 0..60 {
        let policy = ["yes", "no"][place % 2];
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{scheme}://portcullis.test/default/system/access/v1/evaluation"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("x-request-id", format!("request-{place}"))
            .body(Full::new(Bytes::from(question(policy).to_string())))
            .unwrap();
        let mut sender = sender.clone();
        answers.push(tokio::spawn(async move {
            sender.ready().await.unwrap();
            sender.send_request(request).await.unwrap()
        }));
    }
    for (place, answer) in answers.into_iter().enumerate() {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-request-id"].to_str().unwrap(), format!("request-{place}"));
        let body: Value = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(body["decision"], place % 2 == 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_by_prior_knowledge() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let token = yes_and_no(&server).await;
    let tcp = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    many_at_once(http2(tcp).await, "http", &token).await;
}

/// A server with TLS, and the token of its machine. The token is fetched before, over a server without.
async fn secure(certificates: &Certificates) -> TestServer {
    TestServer::with(|config| {
        config.tls = Some(certificates.tls());
        config.sandbox.deadline_ms = 20_000;
        config.public_url = Some("https://portcullis.test".to_owned());
    })
    .await
}

/// Fetches a token over a TLS connection.
async fn token(certificates: &Certificates, server: &TestServer, who: &str) -> String {
    let mut wire = Wire::over(certificates.connect(&server.url, None, "http/1.1").await.unwrap());
    let basic = data_encoding::BASE64.encode(format!("{who}:{}", crate::support::SECRET).as_bytes());
    let form = "grant_type=client_credentials";
    wire.send(format!(
        "POST /default/{who}/oauth2/token HTTP/1.1\r\nhost: x\r\nauthorization: Basic {basic}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    ))
    .await;
    let reply = wire.reply().await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_agreed_on_over_tls() {
    let certificates = Certificates::new();
    let server = secure(&certificates).await;
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let admin = token(&certificates, &server, "admin").await;
    for (id, validator) in [("yes", "true"), ("no", "false")] {
        let body = json!({ "id": id, "policy_name": id, "validators": [{ "name": validator }] }).to_string();
        let mut wire = Wire::over(certificates.connect(&server.url, None, "http/1.1").await.unwrap());
        let head = "POST /api/admin/default/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
        wire.send(format!("{head}\r\nauthorization: Bearer {admin}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
            .await;
        assert_eq!(wire.reply().await.unwrap().status, 201);
    }
    let stream = certificates.connect(&server.url, None, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    many_at_once(http2(stream).await, "https", &token(&certificates, &server, "system").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_optional_and_checked() {
    let certificates = Certificates::new();
    let server = secure(&certificates).await;
    for who in [None, Some("client")] {
        let stream = certificates.connect(&server.url, who, "http/1.1").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let reply = Wire::over(stream).ask("GET /health/live", &[]).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    }
    // Browsers would hold what else runs on the machine to it, at every port.
    for (host, pinned) in
        [("localhost:8443", false), ("shop.localhost", false), ("LOCALHOST", false), ("localhost.example", true)]
    {
        let stream = certificates.connect(&server.url, None, "http/1.1").await.unwrap();
        let mut wire = Wire::over(stream);
        wire.send(format!("GET /health/live HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        let reply = wire.reply().await.unwrap();
        assert_eq!(reply.header("strict-transport-security").is_some(), pinned, "{host}");
    }
    // In TLS 1.3 the client is done before the server has looked at its certificate, so the refusal may come later.
    if let Ok(stream) = certificates.connect(&server.url, Some("stranger"), "http/1.1").await {
        let mut wire = Wire::over(stream);
        wire.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(wire.reply().await.is_none(), "a certificate of strangers is refused");
    }
    // Plain HTTP is not answered on this port, and the server goes on.
    let mut plain = Wire::to(&server.url.replace("https", "http")).await;
    plain.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(plain.reply().await.is_none());
    let mut wire = Wire::over(certificates.connect(&server.url, None, "http/1.1").await.unwrap());
    // The other side sees the end a moment before it is counted.
    while !wire.ask("GET /metrics", &[]).await.text().contains("portcullis_tls_handshakes_failed_total 2\n") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
