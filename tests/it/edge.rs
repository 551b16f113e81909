//! The edge with the whole server behind it, over real sockets: protocols, limits, headers, and paths nobody should send.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::support::{TestServer, Wire, certificates::Certificates, wire::Reply};

async fn wire(server: &TestServer) -> Wire<TcpStream> {
    Wire::to(&server.url).await
}

/// One request on a connection of its own.
async fn ask(server: &TestServer, line: &str) -> Reply {
    wire(server).await.ask(line, &[]).await
}

// --- HTTP/1.1

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
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        assert_eq!(wire.ask("GET /health/live", &[]).await.status, 200, "no body was in between");
    }
}

// --- HTTP/2

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

async fn yes_and_no(server: &TestServer) -> String {
    for (id, validator) in [("yes", "true"), ("no", "false")] {
        let body = json!({ "id": id, "policy_name": id, "validators": [{ "name": validator }] });
        server.as_admin().post("/api/admin/default/policies", &body).await.expect(201);
    }
    server.as_system().token().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_by_prior_knowledge() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let token = yes_and_no(&server).await;
    let tcp = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    many_at_once(http2(tcp).await, "http", &token).await;
}

// --- TLS

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

// --- limits

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_json() {
    let server = TestServer::with(|config| {
        config.limits.body_bytes = 1000;
        config.limits.headers = 20;
        config.limits.header_bytes = 8192;
    })
    .await;
    let large = "POST /api/admin/default/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1001\r\n\r\n";
    let mut client = wire(&server).await;
    client.send([large.as_bytes(), &[b'x'; 1001]].concat()).await;
    let reply = client.reply().await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (413, Some("application/json")));
    assert_eq!(reply.json()["status_code"], 413);
    assert!(reply.json()["error"].is_string() && reply.header("x-request-id").is_some());

    let many: Vec<(String, String)> = (0..21).map(|place| (format!("x-{place}"), "y".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = wire(&server).await.ask("GET /health/live", &many).await;
    assert_eq!(reply.status, 431);
    let long = "y".repeat(9000);
    assert_eq!(wire(&server).await.ask("GET /health/live", &[("x-long", &long)]).await.status, 431);
    let reply = ask(&server, &format!("GET /{}", "y".repeat(9000))).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    assert_eq!(ask(&server, "GET /health/live").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_edge_has_the_shape_of_the_dialect() {
    let server = TestServer::with(|config| config.limits.body_bytes = 100).await;
    let body = Bytes::from(vec![b' '; 101]);
    let answer =
        server.as_admin().send(Method::POST, "/api/admin/default/policies", Some("application/json"), body).await;
    let members: Vec<String> = answer.expect(413).json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["status_code", "error", "details"]);
}

// --- paths, methods, headers

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_answered_in_the_words_of_their_dialect() {
    let server = TestServer::start().await;
    for path in [
        "/nowhere",
        "/api/admin/default/nothing",
        "/",
        "/docs/x",
        "/health/x",
        "/openapi/x/y",
        "/api/admin/default/policies/",
    ] {
        let reply = ask(&server, &format!("GET {path}")).await;
        assert_eq!((reply.status, &reply.json()["status_code"]), (404, &json!(404)), "{path}");
        assert!(reply.json()["error"].is_string() && reply.json()["details"].is_object(), "{path}: {}", reply.text());
    }
    for (method, path, allowed) in [
        ("PATCH", "/api/admin/default/policies", vec!["GET", "POST"]),
        ("POST", "/api/admin/default/policies/allow", vec!["DELETE", "GET", "PUT"]),
        ("DELETE", "/api/admin/default/tenant", vec!["GET", "PUT"]),
    ] {
        let reply = ask(&server, &format!("{method} {path}")).await;
        assert_eq!((reply.status, &reply.json()["status_code"]), (405, &json!(405)), "{method} {path}");
        let mut found: Vec<&str> =
            reply.header("allow").unwrap().split(", ").filter(|method| *method != "HEAD").collect();
        found.sort_unstable();
        assert_eq!(found, allowed, "{method} {path}");
    }
    let reply = ask(&server, "GET /default/default/oauth2/token").await;
    assert_eq!(
        (reply.status, &reply.json()["error"], reply.header("allow")),
        (405, &json!("invalid_request"), Some("POST"))
    );
    assert!(reply.json()["error_description"].is_string());
    let reply = ask(&server, "GET /default/default/access/v1/evaluation").await;
    assert_eq!((reply.status, &reply.json()["status"], reply.header("allow")), (405, &json!(405), Some("POST")));
    let reply = ask(&server, "GET /.well-known/authzen-configuration").await;
    assert_eq!((reply.status, &reply.json()["status"]), (404, &json!(404)), "{}", reply.text());
    let reply = ask(&server, "TRACE /docs").await;
    assert_eq!(reply.status, 405);
    assert!(reply.header("allow").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_names_head_where_get_is_allowed() {
    let server = TestServer::start().await;
    let reply = ask(&server, "PATCH /api/admin/default/policies").await;
    assert!(reply.header("allow").unwrap().split(", ").any(|method| method == "HEAD"), "{:?}", reply.header("allow"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_kept_when_it_is_well_formed() {
    let server = TestServer::start().await;
    for kept in ["a", "01HX:abc_DEF-9.z", "a\"b", "{}", "<script>", &"x".repeat(256)] {
        let reply = wire(&server).await.ask("GET /nowhere", &[("x-request-id", kept)]).await;
        assert_eq!(reply.header("x-request-id"), Some(kept));
    }
    let mut made = Vec::new();
    for replaced in ["two words", "a\tb", &"x".repeat(257), ""] {
        let reply = wire(&server).await.ask("GET /nowhere", &[("x-request-id", replaced)]).await;
        made.push(reply.header("x-request-id").unwrap().to_owned());
    }
    made.push(ask(&server, "GET /nowhere").await.header("x-request-id").unwrap().to_owned());
    assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{made:?}");
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 5, "each has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/metrics", "/nowhere", "/api/admin/default/tenant", "/docs", "/openapi/acp.json"] {
        let reply = ask(&server, &format!("GET {path}")).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(reply.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert!(reply.header("cache-control").is_some() && reply.header("x-request-id").is_some(), "{path}");
        assert_eq!(reply.header("strict-transport-security"), None, "only over TLS");
        assert_eq!(reply.header("server"), None, "what runs here is nobody's business");
    }
    assert_eq!(ask(&server, "GET /api/admin/default/tenant").await.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percent_encoded_path_is_the_path_it_means() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    assert_eq!(admin.get("/api/admin/%64efault/policies/%61llow").await.expect(200).json()["id"], "allow");
    // An encoded slash is no slash, and what decodes to two segments is nobody's identifier.
    for path in [
        "/api/admin/default%2Fpolicies",
        "/api/admin/default/policies/a%2Fb",
        "/api/admin/default/policies/%2e%2e%2ftenant",
    ] {
        admin.get(path).await.expect(404);
    }
}

/// Request targets that no client of ours sends. As bytes, because some are no text.
const HOSTILE: [&[u8]; 24] = [
    b"/api/admin/../../etc/passwd",
    b"/api/admin/%2e%2e/%2e%2e/etc/passwd",
    b"/api/admin/default/policies/%00",
    b"/api/admin/default/policies/%ff%fe",
    b"/api/admin/default/policies/%",
    b"/api/admin/default/policies/%zz",
    b"/api/admin/default/policies/..",
    b"/api/admin/default/policies/.",
    b"/api/admin//policies",
    b"//api/admin/default/policies",
    b"/api/admin/default/policies?%ff=%00&&&==",
    b"/api/admin/default/decisions?limit=-1",
    b"/api/admin/default/decisions?from=%00",
    b"/api/admin/{tid}/policies",
    b"/api/admin/default/policies/%F0%9F%A6%80",
    b"/api/admin/default/policies/\xf0\x9f\xa6\x80",
    b"/%c0%af",
    b"/;jsessionid=1",
    b"/*",
    b"*",
    b"http://elsewhere.example/health/live",
    b"http://[::1/",
    b"/a b",
    b"/openapi/..%2f..%2fetc%2fpasswd.json",
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_paths_are_answered_and_harm_nothing() {
    let server = TestServer::start().await;
    let token = server.as_admin().token().await.unwrap();
    for method in ["GET", "DELETE", "PUT", "OPTIONS", "\u{1}"] {
        for target in HOSTILE {
            let mut wire = wire(&server).await;
            let rest = format!(" HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
            wire.send([method.as_bytes(), b" ", target, rest.as_bytes()].concat()).await;
            let what = format!("{method} {}", String::from_utf8_lossy(target));
            let reply = wire.reply().await.unwrap_or_else(|| panic!("no answer to {what}"));
            assert!(reply.status < 500, "{what}: {} {}", reply.status, reply.text());
            let harmless = reply.status == 200 && method == "GET";
            assert!(harmless || (400..500).contains(&reply.status), "{what}: {} {}", reply.status, reply.text());
        }
    }
    assert_eq!(server.as_admin().get("/api/admin/default/tenant").await.expect(200).json()["name"], "Default");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_smuggle_a_request_is_refused() {
    let server = TestServer::start().await;
    let inner = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    for head in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: +5\r\n",
        "content-length: 5, 6\r\n",
        "content-length: -1\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding: x\r\n",
        "transfer-encoding : chunked\r\n",
        "bad name: x\r\n",
        " folded: x\r\n",
    ] {
        let mut wire = wire(&server).await;
        wire.send(format!("POST /nowhere HTTP/1.1\r\nhost: x\r\n{head}\r\n{inner}")).await;
        let reply = wire.reply().await.unwrap_or_else(|| panic!("no answer to {head:?}"));
        assert_eq!(reply.status, 400, "{head:?}");
        wire.closed().await;
    }
}

// --- what the server says about itself

#[tokio::test(flavor = "multi_thread")]
async fn health_and_documents_are_open() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        let reply = ask(&server, &format!("GET {path}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{path}");
        assert!(reply.json()["status"].is_string());
    }
    let docs = ask(&server, "GET /docs").await;
    assert_eq!((docs.status, docs.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(ask(&server, "GET /docs/style.css").await.status, 200);
    for dialect in portcullis::api::DIALECTS {
        let reply = ask(&server, &format!("GET /openapi/{}.json", dialect.name)).await;
        assert_eq!(reply.status, 200, "{}", dialect.name);
        assert_eq!(reply.json()["openapi"], "3.1.0");
        for row in dialect.rows {
            assert!(reply.json()["paths"][row.path][row.method.as_str().to_lowercase()].is_object(), "{}", row.id);
            assert!(docs.text().contains(&format!("<td>{}</td>", row.id)), "{} is not in /docs", row.id);
        }
    }
    assert_eq!(ask(&server, "GET /openapi/nothing.json").await.status, 404);
}

/// The value of a metric.
fn metric(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

/// A server that has decided three times: allow, deny, no policy.
async fn after_three_decisions(server: &TestServer) -> String {
    yes_and_no(server).await;
    for policy in ["yes", "no", "missing"] {
        let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": policy } });
        server.as_system().post("/default/system/access/v1/evaluation", &question).await.expect(200);
    }
    let reply = ask(server, "GET /metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"), "{:?}", reply.headers);
    reply.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_was_done() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let text = after_three_decisions(&server).await;
    for (name, value) in [
        ("portcullis_http_requests_total{operation=\"evaluate\",status=\"200\"}", 3.0),
        ("portcullis_http_requests_total{operation=\"createPolicy\",status=\"201\"}", 2.0),
        ("portcullis_decisions_total{result=\"allow\"}", 1.0),
        ("portcullis_decisions_total{result=\"deny\"}", 1.0),
        ("portcullis_decisions_total{result=\"error\"}", 1.0),
        ("portcullis_panics_total", 0.0),
    ] {
        assert_eq!(metric(&text, name), Some(value), "{name}\n{text}");
    }
    for phase in ["queue", "store", "instantiate", "run", "answer"] {
        let count = metric(&text, &format!("portcullis_phase_microseconds_count{{phase=\"{phase}\"}}"));
        assert!(count.unwrap() >= 3.0, "{phase}: {count:?}");
        assert!(text.contains(&format!("portcullis_phase_microseconds_bucket{{le=\"+Inf\",phase=\"{phase}\"}}")));
    }
    assert!(metric(&text, "portcullis_http_request_seconds_count").unwrap() >= 5.0);
    assert!(text.ends_with("# EOF\n"));
    ask(&server, "GET /nowhere").await;
    let text = ask(&server, "GET /metrics").await.text();
    assert_eq!(metric(&text, "portcullis_http_requests_total{operation=\"unknown\",status=\"404\"}"), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_metric_is_there_for_show() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let text = after_three_decisions(&server).await;
    for name in
        ["sandbox_calls_total", "sandbox_images", "store_commits_total", "store_transactions_total", "connections"]
    {
        assert!(metric(&text, &format!("portcullis_{name}")).unwrap() > 0.0, "{name} is still zero\n{text}");
    }
}
