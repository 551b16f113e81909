//! One domain, several tongues: what is made in one is seen, used and taken away in the others, and the history of a record says
//! in which tongue each of its states was said.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, ask_token, basic, make_client, make_server, post_form},
};

const GRANT: &str = "grant_type=client_credentials";

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

fn setup(name: &str) -> Value {
    json!({
        "name": name,
        "client_defaults": { "grant_types": ["client_credentials"], "access_token_ttl": 900 },
        "resource_server_defaults": {},
    })
}

/// The records of a list of the administration, by the member that names them.
async fn listed(admin: &Caller, path: &str, name: &str) -> Vec<String> {
    let body = admin.get(&format!("{ADMIN}/{path}")).await.expect(200).json();
    let list = body.as_object().unwrap().values().find_map(Value::as_array).unwrap_or_else(|| panic!("{body}"));
    list.iter().map(|one| text(one, name)).collect()
}

/// The tongues of a record's states.
async fn tongues(admin: &Caller, kind: &str, id: &str) -> Vec<String> {
    let history = admin.get(&format!("{ADMIN}/history/{kind}/{id}")).await.expect(200).json();
    history["states"].as_array().unwrap().iter().map(|state| text(state, "tongue")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_is_an_authorization_server_for_everybody() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let id = text(&admin.post("/setups", &setup("Shop")).await.expect(201).json(), "setupId");
    let seen = admin.get(&format!("{ADMIN}/servers/{id}")).await.expect(200).json();
    assert_eq!((&seen["name"], &seen["access_token_ttl"]), (&json!("Shop"), &json!("15m0s")));
    assert!(listed(&admin, "servers", "id").await.contains(&id));
    let metadata = format!("/default/{id}/.well-known/openid-configuration");
    server.anonymous().get(&metadata).await.expect(200);

    let orders = json!({ "name": "Orders", "scopes": [{ "name": "orders:read" }] });
    let path = format!("/setups/{id}/resource-servers");
    let service = text(&admin.post(&path, &orders).await.expect(201).json(), "resourceServerId");
    assert!(listed(&admin, &format!("servers/{id}/services"), "id").await.contains(&service));
    assert!(listed(&admin, &format!("servers/{id}/scopes"), "name").await.contains(&"orders:read".to_owned()));

    let secret = "a secret that is long enough for anybody";
    let till = json!({
        "name": "Till", "confidentiality_type": "confidential", "client_id": "till", "client_secret": secret,
        "scopes": ["orders:read"],
    });
    admin.post(&format!("/setups/{id}/clients"), &till).await.expect(201);
    let token = ask_token(&server, &id, "till", secret, GRANT).await.expect(200).json();
    assert_eq!((&token["scope"], &token["expires_in"]), (&json!("orders:read"), &json!(900)));

    // The administration takes it away, and the setup has lost it.
    admin.delete(&format!("{ADMIN}/clients/till")).await.expect(204);
    ask_token(&server, &id, "till", secret, GRANT).await.expect(401);
    let left = admin.get(&format!("/setups/{id}/clients")).await.expect(200).json();
    assert_eq!(left["clientIds"], json!([]));
    admin.delete(&format!("/setups/{id}")).await.expect(204);
    admin.get(&format!("{ADMIN}/servers/{id}")).await.expect(404);
    server.anonymous().get(&metadata).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_administration_makes_is_a_setup_and_keeps_what_it_does_not_show() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "enforce_pkce": true })).await;
    let made = make_client(&admin, "shop", "till", &["profile"]).await;
    let shown = admin.get("/setups/shop").await.expect(200).json();
    assert_eq!(shown["name"], "Server shop");
    let path = "/setups/shop/client-id-translator?oAuthClientId=till";
    let entity = text(&admin.post(path, &json!({})).await.expect(200).json(), "clientId");
    assert!(entity.len() == 32 && entity.bytes().all(|byte| byte.is_ascii_hexdigit()), "{entity}");
    let client = admin.get(&format!("/setups/shop/clients/{entity}")).await.expect(200).json();
    assert_eq!((&client["client_id"], &client["scopes"]), (&json!("till"), &json!(["profile"])));

    // A PUT replaces what its tongue can see, and nothing else.
    let mut body = shown;
    body["comment"] = json!("for people");
    body["client_defaults"]["access_token_ttl"] = json!(60);
    admin.put("/setups/shop", &body).await.expect(200);
    let seen = admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    assert_eq!((&seen["enforce_pkce"], &seen["access_token_ttl"]), (&json!(true), &json!("1m0s")));
    admin.put(&format!("{ADMIN}/servers/shop"), &json!({ "name": "Renamed" })).await.expect(200);
    let again = admin.get("/setups/shop").await.expect(200).json();
    assert_eq!((&again["name"], &again["comment"]), (&json!("Renamed"), &json!("for people")));
    assert_eq!(tongues(&admin, "servers", "shop").await, ["acp", "setups", "acp"]);

    admin.delete(&format!("/setups/shop/clients/{entity}")).await.expect(204);
    assert!(!listed(&admin, "servers/shop/clients", "client_id").await.contains(&"till".to_owned()));
    ask_token(&server, "shop", "till", &text(&made, "client_secret"), GRANT).await.expect(401);
    assert_eq!(tongues(&admin, "clients", "till").await, ["acp", "setups"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_client_is_a_client_in_every_tongue() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made =
        admin.post("/security/clients", &json!({ "description": "Desk", "roles": ["Agent"] })).await.expect(200).json();
    let (id, secret) = (text(&made, "clientId"), text(&made, "clientSecret"));
    assert!(listed(&admin, "servers/default/clients", "client_id").await.contains(&id));
    let path = format!("/setups/default/client-id-translator?oAuthClientId={id}");
    let entity = text(&admin.post(&path, &json!({})).await.expect(200).json(), "clientId");
    let shown = admin.get(&format!("/setups/default/clients/{entity}")).await.expect(200).json();
    assert_eq!(shown["client_id"], json!(id));
    ask_token(&server, "default", &id, &secret, GRANT).await.expect(200);
    let here = server.anonymous().with_header("authorization", &basic(&id, &secret));
    post_form(&here, "/oauth/token", GRANT).await.expect(200);

    // A new secret in one tongue is the only one in all of them.
    let path = format!("/security/clients/{id}/rotate");
    let fresh = text(&admin.send(Method::POST, &path, None, Bytes::new()).await.expect(200).json(), "clientSecret");
    ask_token(&server, "default", &id, &secret, GRANT).await.expect(401);
    ask_token(&server, "default", &id, &fresh, GRANT).await.expect(200);
    admin.delete(&format!("/setups/default/clients/{entity}")).await.expect(204);
    let gone = server.anonymous().with_header("authorization", &basic(&id, &fresh));
    post_form(&gone, "/oauth/token", GRANT).await.expect(401);
    let left = admin.get("/security/clients").await.expect(200).json();
    assert!(left.as_array().unwrap().iter().all(|one| one["clientId"] != json!(id)), "{left}");
    assert_eq!(tongues(&admin, "clients", &id).await, ["apps", "apps", "setups"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_and_outbound_clients_have_a_history_with_everything_else() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let body = json!({ "type": "TEST", "config": { "a": 1 } });
    let application = text(&admin.post("/api/applications", &body).await.expect(200).json(), "id");
    assert_eq!(tongues(&admin, "applications", &application).await, ["apps"]);
    let connection = json!({
        "name": "Mail", "provider": "Google", "clientId": "us", "clientSecret": "theirs", "scopes": ["mail"],
        "sysId": "239119555c2c427f8f5b29faeecfdc27",
    });
    admin.post("/uc/resources/oauthclient", &connection).await.expect(200);
    assert_eq!(tongues(&admin, "connections", "239119555c2c427f8f5b29faeecfdc27").await, ["outbound"]);
    let told = admin.get(&format!("{ADMIN}/history/connections/239119555c2c427f8f5b29faeecfdc27")).await.text();
    assert!(!told.contains("theirs"), "{told}");
}
