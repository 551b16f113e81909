//! Programs in browsers, from pages of another origin: what they may ask and read, and what they may not.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::support::{
    Answer, Caller, TestServer,
    made::{basic, make_client, make_server, post_form},
};

/// The operations of programs, and whether they are asked with GET.
const OPEN: [(&str, &str); 8] = [
    ("/oauth2/token", "POST"),
    ("/oauth2/revoke", "POST"),
    ("/oauth2/introspect", "POST"),
    ("/userinfo", "GET, HEAD, POST"),
    ("/oauth2/register", "POST"),
    ("/oauth2/register/someone", "GET, HEAD, PUT, DELETE"),
    ("/.well-known/jwks.json", "GET, HEAD"),
    ("/.well-known/openid-configuration", "GET, HEAD"),
];
/// Where people and administrators are.
const CLOSED: [&str; 6] = [
    "/default/shop/oauth2/authorize",
    "/default/shop/oauth2/logout",
    "/default/shop/account",
    "/default/shop/login/0123456789abcdef0123456789abcdef",
    "/api/admin/default/clients",
    "/default/shop/nothing",
];

fn page(server: &TestServer) -> Caller {
    server.anonymous().with_header("origin", "https://spa.example")
}

async fn preflight(server: &TestServer, path: &str) -> Answer {
    let asking = page(server)
        .with_header("access-control-request-method", "POST")
        .with_header("access-control-request-headers", "authorization, content-type");
    asking.send(Method::OPTIONS, path, None, Bytes::new()).await
}

#[track_caller]
fn readable(answer: &Answer, what: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{what}");
    assert_eq!(answer.header("access-control-expose-headers"), Some("www-authenticate, dpop-nonce"), "{what}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_may_ask_what_programs_ask() {
    let server = TestServer::start().await;
    make_server(&server.as_admin(), "shop", json!({})).await;
    for (path, methods) in OPEN {
        let answer = preflight(&server, &format!("/default/shop{path}")).await.expect(204);
        readable(&answer, path);
        assert_eq!(answer.header("access-control-allow-methods"), Some(methods), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization, content-type, dpop"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_what_is_answered_and_what_is_refused() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let client = make_client(&admin, "shop", "till", &[]).await;
    let (token, page) = ("/default/shop/oauth2/token", page(&server));
    let secret = client["client_secret"].as_str().unwrap();
    let till = page.clone().with_header("authorization", &basic("till", secret));
    readable(&post_form(&till, token, "grant_type=client_credentials").await.expect(200), "a token");
    readable(&post_form(&till, token, "grant_type=nonsense").await.expect(400), "no such grant");
    readable(&post_form(&page, token, "grant_type=client_credentials").await.expect(401), "no client");
    readable(&page.get("/default/shop/userinfo").await.expect(401), "no bearer");
    readable(&page.get(token).await.expect(405), "another method");
    readable(&page.get("/default/shop/.well-known/jwks.json").await.expect(200), "keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_people_and_administration_are_not_for_pages_of_other_origins() {
    let server = TestServer::start().await;
    make_server(&server.as_admin(), "shop", json!({})).await;
    for path in CLOSED {
        let (asked, answer) = (preflight(&server, path).await, page(&server).get(path).await);
        assert!([404, 405].contains(&asked.status.as_u16()), "{path}: {}", asked.status);
        for answer in [asked, answer] {
            let header = answer.headers.keys().find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(header, None, "{path}");
        }
    }
}
