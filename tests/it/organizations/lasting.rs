//! What clients have on their own behalf for longer than one token: how much of it there is, and whose business it is.

use portcullis::{
    domain::{expiry, grant::Grant, token::RefreshToken},
    store::{Record, records},
};
use serde_json::{Value, json};

use super::{GRANT, ask, bearer, make, text};
use crate::support::{Caller, TestServer};

/// As many of a client's own grants are kept.
const MOST: usize = 20;

fn count<T: Record>(server: &TestServer) -> usize {
    records::list_prefix::<T>(&server.app.domain.store.read().unwrap(), &["default"]).unwrap().len()
}

async fn refresh(server: &TestServer, client: &Value, tokens: &Value) -> u16 {
    let form = format!("grant_type=refresh_token&refresh_token={}", text(tokens, "refresh_token"));
    ask(server, client, &form).await.status.as_u16()
}

fn itself(server: &TestServer, tokens: &Value) -> Caller {
    server.anonymous().with_token(&text(tokens, "access_token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_keeps_its_latest_refresh_tokens_and_no_more() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (client, other) = (make(&admin, json!({ "roles": ["Admin"] })).await, make(&admin, json!({})).await);
    let apart = ask(&server, &other, GRANT).await.expect(200).json();
    let mut all = Vec::new();
    for _ in 0..MOST + 2 {
        all.push(ask(&server, &client, GRANT).await.expect(200).json());
        server.world.advance_seconds(1);
    }
    assert_eq!(count::<RefreshToken>(&server), MOST + 1);
    for (place, status) in [(0, 400), (1, 400), (2, 200), (MOST + 1, 200)] {
        assert_eq!(refresh(&server, &client, &all[place]).await, status, "{place}");
    }
    assert_eq!(refresh(&server, &other, &apart).await, 200, "each client has as many");
    // An access token is good until it ends, whatever has become of the refresh token beside it.
    itself(&server, &all[0]).get("/security/clients").await.expect(200);
    assert_eq!(count::<Grant>(&server), MOST + 3);
    server.world.advance_seconds(3600);
    itself(&server, &all[0]).get("/security/clients").await.expect(401);
    expiry::purge(&server.app.domain).await.unwrap();
    assert_eq!(count::<Grant>(&server), MOST + 1);
    assert_eq!(refresh(&server, &client, &all[3]).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_peoples_tokens_leave_it_alone() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let client = make(&admin, json!({ "roles": ["Admin"] })).await;
    let tokens = ask(&server, &client, GRANT).await.expect(200).json();
    let list = "/setups/default/tokens";
    let shown = admin.get(list).await.expect(204);
    assert_eq!(shown.header("x-total-count"), Some("0"));
    let read = server.app.domain.store.read().unwrap();
    let (key, token) = records::list_prefix::<RefreshToken>(&read, &["default"]).unwrap().pop().unwrap();
    let name = format!("{}.{}", key.last().unwrap(), token.number);
    for one in [name, text(&tokens, "refresh_token")] {
        admin.get(&format!("{list}/{one}")).await.expect(404);
        admin.delete(&format!("{list}/{one}")).await.expect(404);
    }
    let who = text(&client, "clientId");
    for user in ["*", who.as_str()] {
        let status = admin.delete(&format!("{list}?user={user}")).await.status;
        assert!(status.is_success(), "{user}: {status}");
    }
    itself(&server, &tokens).get("/security/clients").await.expect(200);
    assert_eq!(refresh(&server, &client, &tokens).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_called_like_a_tenant_does_not_go_with_it() {
    let server = TestServer::start().await;
    let (admin, setup) = (server.as_admin(), server.as_setup());
    let made = make(&admin, json!({ "roles": ["Admin"] })).await;
    let mut document = setup.get("/api/system/configuration").await.expect(200).json();
    let clients = document["clients"].as_array_mut().unwrap();
    let mut twin = clients.iter().find(|client| client["client_id"] == made["clientId"]).unwrap().clone();
    twin["client_id"] = json!("demo");
    twin.as_object_mut().unwrap().remove("id");
    twin["client_secret"] = json!("a secret that is long enough to be one");
    clients.push(twin);
    setup.put("/api/system/configuration?mode=update", &document).await.expect(204);
    let demo = json!({ "clientId": "demo", "clientSecret": "a secret that is long enough to be one" });
    bearer(&server, &demo).await.get("/security/clients").await.expect(200);
    setup.delete("/api/system/tenants/demo").await.expect(204);
    bearer(&server, &demo).await.get("/security/clients").await.expect(200);
}
