//! The signing keys of a server take turns: the next one is published before it signs, the one before stays until what it has
//! signed has ended, and a key that is removed takes its tokens along.

use data_encoding::BASE64URL_NOPAD;
use http::Method;
use portcullis::domain::key_ring;
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, bearer_of, make_client, make_server},
    world::START,
};

covers!("listSigningKeys", "addSigningKey", "rotateSigningKeys", "deleteSigningKey");

const KEYS: &str = "/api/admin/default/servers/shop/keys";
const EVALUATE: &str = "/default/shop/access/v1/evaluation";

/// Name and state of every key.
fn states(answer: &Value) -> Vec<(String, String)> {
    let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
    answer["keys"].as_array().unwrap().iter().map(|key| (text(key, "kid"), text(key, "state"))).collect()
}

async fn listed(admin: &Caller) -> Vec<(String, String)> {
    states(&admin.get(KEYS).await.expect(200).json())
}

async fn published(server: &TestServer) -> Vec<String> {
    let keys = server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    let signing = keys["keys"].as_array().unwrap().iter().filter(|key| key["use"] == "sig");
    signing.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn rotate(admin: &Caller) -> Vec<(String, String)> {
    admin.send(Method::POST, KEYS, None, Default::default()).await.expect(201);
    let answer = admin.send(Method::POST, &format!("{KEYS}/rotate"), None, Default::default()).await;
    states(&answer.expect(200).json())
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap()).unwrap()
}

/// Whether a token is good.
async fn may_ask(caller: &Caller) -> bool {
    let question = json!({
        "subject": { "type": "user", "id": "a" }, "action": { "name": "read" }, "resource": { "type": "x", "id": "1" },
    });
    match caller.post(EVALUATE, &question).await.status.as_u16() {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_take_turns_and_go_with_what_they_have_signed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "access_token_ttl": "1h", "id_token_ttl": "10m" })).await;
    let client = make_client(&admin, "shop", "till", &["evaluate_decisions"]).await;
    let first = listed(&admin).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].1, "current");
    let by_first = bearer_of(&server, &client);
    assert!(may_ask(&by_first).await);

    let next = admin.post(KEYS, &json!({ "key_type": "eddsa" })).await.expect(201).json();
    assert_eq!(next["keys"][1]["key_type"], "eddsa");
    assert_eq!(next["keys"][1]["jwk"]["crv"], "Ed25519");
    assert!(!next.to_string().contains("\"d\""), "no private key is shown");
    let next = states(&next);
    assert_eq!(next[0], first[0]);
    assert_eq!(next[1].1, "next");
    assert_eq!(published(&server).await, [first[0].0.clone(), next[1].0.clone()], "published before it signs");
    let still = bearer_of(&server, &client).token().await.unwrap();
    assert_eq!(header(&still)["kid"], json!(first[0].0));

    let rotated =
        admin.send(Method::POST, &format!("{KEYS}/rotate"), None, Default::default()).await.expect(200).json();
    let until = START / 1_000_000 + 3600 + 60;
    assert_eq!(rotated["keys"][1]["retired_until"], json!(until));
    let rotated = states(&rotated);
    assert_eq!(rotated, [(next[1].0.clone(), "current".to_owned()), (first[0].0.clone(), "retired".to_owned())]);
    let by_second = bearer_of(&server, &client);
    let token = by_second.token().await.unwrap();
    assert_eq!((&header(&token)["kid"], &header(&token)["alg"]), (&json!(next[1].0), &json!("EdDSA")));
    assert!(may_ask(&by_first).await && may_ask(&by_second).await, "what was signed before is good");
    let listed = admin.get(KEYS).await.expect(200).json();
    assert_eq!((&listed["keys"][0]["key_type"], &listed["keys"][1]["key_type"]), (&json!("eddsa"), &json!("ecdsa")));

    server.world.advance_seconds(3600 + 59);
    let admin = server.as_admin();
    assert_eq!(published(&server).await.len(), 2);
    server.world.advance_seconds(1);
    assert_eq!(published(&server).await, [next[1].0.clone()], "everything it has signed has ended");
    let found = |kid: &str| key_ring::find(&server.app.domain, "default", "shop", kid).unwrap();
    assert!(found(&next[1].0).is_some() && found(&first[0].0).is_none(), "nothing more that it signs is believed");
    let third = rotate(&admin).await;
    assert_eq!(third.len(), 2, "{third:?}");
    assert_eq!(third[1], (next[1].0.clone(), "retired".to_owned()));
    let listed = admin.get(KEYS).await.expect(200).json();
    assert_eq!(listed["keys"][0]["key_type"], "eddsa", "a new key is of the present one's kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_outlives_tokens_of_longer_times() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "access_token_ttl": "48h" })).await;
    let client = make_client(&admin, "shop", "till", &["evaluate_decisions"]).await;
    let long = bearer_of(&server, &client);
    assert!(may_ask(&long).await);
    let path = format!("{ADMIN}/servers/shop");
    let mut body = admin.get(&path).await.expect(200).json();
    body["access_token_ttl"] = json!("1m");
    body["id_token_ttl"] = json!("1m");
    admin.put(&path, &body).await.expect(200);
    rotate(&admin).await;
    server.world.advance_seconds(47 * 3600);
    rotate(&server.as_admin()).await;
    assert!(may_ask(&long).await, "the token was given for two days");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_key_takes_its_tokens_along() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let client = make_client(&admin, "shop", "till", &["evaluate_decisions"]).await;
    let by_first = bearer_of(&server, &client);
    assert!(may_ask(&by_first).await);
    let first = listed(&admin).await[0].0.clone();
    admin.delete(&format!("{KEYS}/{first}")).await.expect(409);
    admin.delete(&format!("{KEYS}/nothing")).await.expect(404);
    let early = admin.send(Method::POST, &format!("{KEYS}/rotate"), None, Default::default()).await.expect(409);
    assert!(early.text().contains("add a key first"), "{}", early.text());
    rotate(&admin).await;
    let by_second = bearer_of(&server, &client);
    assert!(may_ask(&by_second).await);
    admin.delete(&format!("{KEYS}/{first}")).await.expect(204);
    assert!(!may_ask(&by_first).await && may_ask(&by_second).await);

    // One that never signed can go as well.
    let next = states(&admin.post(KEYS, &json!({})).await.expect(201).json());
    admin.delete(&format!("{KEYS}/{}", next[1].0)).await.expect(204);
    assert_eq!(listed(&admin).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_a_change_of_the_server() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let seen = admin.get(KEYS).await.expect(200);
    let tag = seen.header("etag").unwrap().to_owned();
    rotate(&admin).await;
    let stale = admin.clone().with_header("if-match", &tag);
    stale.send(Method::POST, &format!("{KEYS}/rotate"), None, Default::default()).await.expect(412);
    assert_eq!(listed(&admin).await.len(), 2);
    // What is shown of the server can be written back.
    let path = format!("{ADMIN}/servers/shop");
    let body = admin.get(&path).await.expect(200).json();
    admin.put(&path, &body).await.expect(200);
    assert_eq!(listed(&admin).await[1].1, "retired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_has_an_end_and_survives_a_restart() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    for _ in 1..16 {
        rotate(&admin).await;
    }
    assert_eq!(listed(&admin).await.len(), 16);
    admin.send(Method::POST, &format!("{KEYS}/rotate"), None, Default::default()).await.expect(409);
    admin.post(KEYS, &json!({})).await.expect(409);
    admin.post(KEYS, &json!({ "key_type": "dsa" })).await.expect(422);
    admin.post("/api/admin/default/servers/nothing/keys", &json!({})).await.expect(404);
    let before = listed(&admin).await;
    let (folder, world) = server.stop().await;
    let again = TestServer::on(folder, world, |_| {}).await;
    assert_eq!(listed(&again.as_admin()).await, before);
    again.world.advance_seconds(3600 + 60);
    assert_eq!(rotate(&again.as_admin()).await.len(), 2, "what has ended has gone");
}
