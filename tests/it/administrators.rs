//! People who show name and password with every request: what opens nothing at the token endpoint opens nothing here either.

use data_encoding::BASE32_NOPAD;
use portcullis::crypto::totp;
use serde_json::json;

use crate::support::{
    Caller, TestServer,
    browser::Browser,
    made::{ADMIN, basic, make_policy, no},
};

const APPLICATIONS: &str = "/api/applications";
const PASSWORD: &str = "a password of theirs";

/// A server whose server `admin` knows some people.
async fn with_people() -> TestServer {
    let server = TestServer::start().await;
    let person = |name: &str| json!({ "username": name, "password": PASSWORD, "authentication_context": {} });
    let users = ["ann", "ops+uc@example.com", "50%25"].map(person);
    let method = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": users } });
    let path = format!("{ADMIN}/servers/admin/authentications");
    server.as_admin().put(&path, &json!({ "methods": [method] })).await.expect(200);
    server
}

fn named(server: &TestServer, name: &str, password: &str) -> Caller {
    server.anonymous().with_header("authorization", &basic(name, password))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_as_it_is_and_as_clients_encode_it() {
    let server = with_people().await;
    for name in ["ann", "default/ann", "ops+uc@example.com", "ops%2Buc%40example.com", "50%25"] {
        named(&server, name, PASSWORD).get(APPLICATIONS).await.expect(200);
    }
    for name in ["ops uc@example.com", "50%", "demo/ann", "nobody", ""] {
        named(&server, name, PASSWORD).get(APPLICATIONS).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_alone_is_not_enough_for_whoever_has_a_second_factor() {
    let server = with_people().await;
    named(&server, "ann", PASSWORD).get(APPLICATIONS).await.expect(200);
    let mut browser = Browser::new(&server.url);
    let page = browser.login("/default/admin/account/second-factor", "ann", PASSWORD).await.expect(200);
    let text = page.text();
    let secret = text.split_once("<code class=\"secret\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let code = totp::at(&secret, server.app.domain.world.now_seconds() / totp::STEP);
    browser.send(&page, "/account/second-factor", &[("code", &code)]).await.expect(200);
    for path in [APPLICATIONS, "/uc/resources/oauthclient/list"] {
        named(&server, "ann", PASSWORD).get(path).await.expect(403);
    }
    named(&server, "ops+uc@example.com", PASSWORD).get(APPLICATIONS).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_server_has_a_say() {
    let server = with_people().await;
    let admin = server.as_admin();
    make_policy(&admin, "closed", json!([no()])).await;
    let path = format!("{ADMIN}/servers/admin");
    for (policy, expected) in [("closed", 403), ("nist-aal-2", 403), ("nist-aal-1", 200)] {
        let mut members = admin.get(&path).await.expect(200).json();
        members["user_policy_id"] = json!(policy);
        admin.put(&path, &members).await.expect(200);
        named(&server, "ann", PASSWORD).get(APPLICATIONS).await.expect(expected);
    }
    // A client's secret is no person's password.
    named(&server, "admin", crate::support::SECRET).get(APPLICATIONS).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_that_come_at_once_are_all_right() {
    let server = with_people().await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let ann = named(&server, "ann", PASSWORD);
        callers.spawn(async move { ann.get(APPLICATIONS).await.status });
    }
    while let Some(status) = callers.join_next().await {
        assert_eq!(status.unwrap().as_u16(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_guessing_has_closed_says_so_and_opens_again() {
    for path in [APPLICATIONS, "/uc/resources/oauthclient/list"] {
        let server = with_people().await;
        for _ in 0..5 {
            named(&server, "ann", "guess").get(path).await.expect(401);
        }
        for password in ["guess", PASSWORD] {
            let closed = named(&server, "ann", password).get(path).await.expect(429);
            assert_eq!(closed.header("retry-after"), Some("1"), "{path}");
        }
        server.world.advance_seconds(3600);
        named(&server, "ann", PASSWORD).get(path).await.expect(200);
    }
}
