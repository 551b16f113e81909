//! The pages in a real browser. What is done and looked at stands in `tests/interop/chromium.mjs` and `elsewhere.mjs`; here are the
//! servers.
//!
//! Skipped, and loudly so, where Chromium or Node.js is missing (`.ci/run` installs them).

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{
    Caller, SECRET, TestServer,
    made::{ADMIN, make_policy, make_server},
    people::make_consent,
    scripts::{Script, installed, screenshots},
};

/// The person who logs in everywhere.
const ALICE: (&str, &str) = ("alice", "correct horse battery staple");

/// People whose names and passwords are kept.
fn staff() -> Value {
    let alice =
        json!({ "username": ALICE.0, "password": ALICE.1, "authentication_context": { "name": "Alice Adams" } });
    json!({ "name": "Staff", "method": "static", "static": { "users": [alice] } })
}

/// A server of this name, with these ways to log in and one client that sends people back to `callback`.
async fn open(admin: &Caller, id: &str, methods: Value, callback: &str, more: Value) {
    let mut server = json!({ "name": format!("The {id}"), "authentications": { "methods": methods } });
    let mut client = json!({
        "authorization_server_id": id, "client_id": format!("{id}-front"), "client_name": format!("The {id} at the corner"),
        "redirect_uris": [callback], "grant_types": ["authorization_code"], "response_types": ["code"],
        "scopes": ["openid", "profile", "email"], "token_endpoint_auth_method": "none",
    });
    let (of_server, of_client) = (more["server"].as_object(), more["client"].as_object());
    server.as_object_mut().unwrap().extend(of_server.cloned().unwrap_or_default());
    client.as_object_mut().unwrap().extend(of_client.cloned().unwrap_or_default());
    make_server(admin, id, server).await;
    admin.post(&format!("{ADMIN}/clients"), &client).await.expect(201);
}

/// What makes the consent page of `shop` a full one: purposes, pages, a consent that is needed.
async fn shop(admin: &Caller) -> Value {
    let service = json!([{ "name": "The post office", "purposes": [{ "name": "Sending you news", "primary": true }] }]);
    make_consent(admin, "newsletter", json!({ "name": "The newsletter", "internal_services": service })).await;
    let action =
        json!({ "id": "shopping", "name": "Shopping", "consents": [{ "id": "newsletter", "required": true }] });
    admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    let email = json!({ "pii_categories": [{ "name": "contact details" }], "purpose": "Sending you receipts" });
    json!({ "client": {
        "consent_action_id": "shopping", "privacy": { "scopes": { "email": email } },
        "client_uri": "https://shop.example/", "policy_uri": "https://shop.example/privacy",
        "tos_uri": "https://shop.example/terms",
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_along_with_the_pages_in_chromium() {
    if !installed("/usr/bin/chromium") {
        return;
    }
    let Some(script) = Script::node("chromium.mjs") else { return };
    let server = TestServer::start().await;
    let admin = server.as_admin();
    // Another site than the server's, as clients are. The script listens there, once this is free again.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let callback = format!("http://localhost:{port}/callback");
    open(&admin, "shop", json!([staff()]), &callback, shop(&admin).await).await;
    let custom =
        json!({ "name": "Partner", "method": "custom", "custom": { "login_url": "https://partner.example/" } });
    open(&admin, "mall", json!([staff(), custom]), &callback, json!({})).await;
    let strong = json!([{
        "name": "identity-context", "conf": { "fields": [{ "field": "amr", "comparator": "contains", "value": "mfa" }] },
        "recovery": [{ "id": "otp", "type": "mfa" }],
    }]);
    make_policy(&admin, "strong", strong).await;
    open(&admin, "vault", json!([staff()]), &callback, json!({ "server": { "user_policy_id": "strong" } })).await;
    let script = script.with("BASE", &server.url).with("CALLBACK", &callback).with("SHOTS", screenshots());
    script.with("USERNAME", ALICE.0).with("PASSWORD", ALICE.1).run(Some(server.world.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_answer_devices_and_requests_in_chromium() {
    if !installed("/usr/bin/chromium") {
        return;
    }
    let Some(script) = Script::node("elsewhere.mjs") else { return };
    let server = TestServer::start().await;
    let script = script.with("BASE", &server.url).with("ADMIN_SECRET", SECRET).with("SHOTS", screenshots());
    script.with("USERNAME", ALICE.0).with("PASSWORD", ALICE.1).run(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_client_learns_of_a_logout_in_chromium() {
    if !installed("/usr/bin/chromium") {
        return;
    }
    let Some(script) = Script::node("check-session.mjs") else { return };
    let server = TestServer::start().await;
    // The same site as the server's: what browsers do with cookies in frames of other sites is not ours to show.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let callback = format!("http://127.0.0.1:{port}/callback");
    let on = json!({ "server": { "security": { "session_management": true } } });
    open(&server.as_admin(), "shop", json!([staff()]), &callback, on).await;
    let script = script.with("BASE", &server.url).with("CALLBACK", &callback).with("SHOTS", screenshots());
    script.with("USERNAME", ALICE.0).with("PASSWORD", ALICE.1).run(None).await;
}
