//! Paths, methods and headers, good and hostile.

use super::*;

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
    for kept in ["a", "01HX:abc_DEF-9.z", &"x".repeat(128)] {
        let reply = wire(&server).await.ask("GET /nowhere", &[("x-request-id", kept)]).await;
        assert_eq!(reply.header("x-request-id"), Some(kept));
    }
    let mut made = Vec::new();
    for replaced in ["two words", "a\"b", &"x".repeat(129), "{}", "<script>", ""] {
        let reply = wire(&server).await.ask("GET /nowhere", &[("x-request-id", replaced)]).await;
        made.push(reply.header("x-request-id").unwrap().to_owned());
    }
    made.push(ask(&server, "GET /nowhere").await.header("x-request-id").unwrap().to_owned());
    assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{made:?}");
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 7, "each has its own");
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
