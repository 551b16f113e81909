//! The authentication device of a person (CIBA §3): it is told by the server that somebody asks, and answers for the person.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    config::Config,
    crypto::{digest, jws, keys::VerifyingKey},
    domain::elsewhere::summons::Notice,
    store::records,
};
use serde_json::{Value, json};

use super::{Branch, PAGE};
use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, attribute, make_policy, no, wrong_members},
    people::{make_consent, say},
    provider::{Asked, Canned, Provider},
    shop::claims,
    storefront::{AID, Storefront},
};

/// Where the devices of the bank's people are told.
const DEVICE: &str = "/devices/ask";

/// The server behind the devices, and a branch that tells it.
struct Told {
    there: Provider,
    branch: Branch,
}

/// Lets our server trust the server behind the devices.
fn trusts(there: &Provider) -> impl FnOnce(&mut Config) + use<> {
    let authority = there.authority();
    move |config| {
        config.outbound.ca = Some(authority);
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
    }
}

impl Told {
    async fn open() -> Told {
        let there = Provider::named(json!({ "issuer": "https://devices.example" }), &["localhost"]).await;
        there.answers(DEVICE, Canned::Json(200, json!({})));
        let branch = Branch::at(Storefront::with(trusts(&there), json!({})).await, json!({})).await;
        let url = format!("https://localhost:{}{DEVICE}", there.address.port());
        branch.shop.change(json!({ "security": { "authentication_device_endpoint": url } })).await;
        Told { there, branch }
    }

    /// What the devices were told, once it is so many times.
    async fn heard(&self, count: usize) -> Vec<Asked> {
        for _ in 0..600 {
            let asked = self.there.asked(DEVICE);
            if asked.len() >= count {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the devices have heard {} times, not {count}", self.there.asked(DEVICE).len());
    }

    /// A question for Ann: the bank's handle, and what her device is told as the `count`th one.
    async fn asks(&self, count: usize) -> (String, Value) {
        let id = self.branch.asks_ann().await;
        let told = self.heard(count).await.pop().unwrap();
        (id, serde_json::from_str(&told.body).unwrap())
    }

    /// How many devices have yet to hear.
    fn unheard(&self) -> usize {
        let read = self.branch.shop.server.app.domain.store.read().unwrap();
        records::list_prefix::<Notice>(&read, &["default"]).unwrap().len()
    }
}

/// The device's answer to a request.
async fn says(caller: &Caller, told: &Value, word: &str, more: Value) -> Answer {
    let mut body = json!({ "id": told["id"], "request_state": told["request_state"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id = told["id"].as_str().unwrap();
    caller.post(&format!("/api/system/default/servers/{AID}/backchannel-requests/{id}/{word}"), &body).await
}

async fn accepts(server: &TestServer, told: &Value, more: Value) -> Answer {
    says(&server.as_system(), told, "accept", more).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_and_says_yes() {
    let bank = Told::open().await;
    let (branch, server) = (&bank.branch, &bank.branch.shop.server);
    let (id, told) = bank.asks(1).await;
    let now = server.app.domain.world.now_seconds();
    for (member, value) in [
        ("tenant_id", json!("default")),
        ("server_id", json!(AID)),
        ("subject", json!("ann")),
        ("client_id", json!("bank")),
        ("client_name", json!("The Bank")),
        ("binding_message", json!("W4SCT")),
        ("acr_values", json!([])),
        ("resources", json!([])),
        ("authorization_details", json!([])),
        ("expires_at", json!("2026-01-01T12:02:00Z")),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    let orders =
        json!({ "name": "orders", "display_name": "See your orders", "description": "What you have bought and when." });
    assert!(told["scopes"].as_array().unwrap().contains(&orders), "{told}");

    assert_eq!(branch.polled(&id).await, "authorization_pending");
    let more = json!({ "acr": "gold", "amr": ["hwk", "fpt"], "auth_time": now - 3 });
    let answer = accepts(server, &told, more).await.expect(200).json();
    assert_eq!(answer, json!({ "status": "approved" }));
    let tokens = branch.polls(&id).await.expect(200);
    assert_eq!(tokens.json()["scope"], "openid orders");
    let said = claims(&tokens, "id_token");
    assert_eq!((&said["sub"], &said["acr"], &said["auth_time"]), (&json!("ann"), &json!("gold"), &json!(now - 3)));
    assert_eq!(said["amr"], json!(["hwk", "fpt"]));
    assert_eq!(bank.unheard(), 0);
}

/// Whoever can check an ID token of the server can check that it is the server which tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_knows_who_tells_it() {
    let bank = Told::open().await;
    bank.asks(1).await;
    let asked = bank.heard(1).await.pop().unwrap();
    let token = asked.authorization.as_deref().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let server = &bank.branch.shop.server;
    let keys = server.anonymous().get(&format!("/default/{AID}/.well-known/jwks.json")).await.expect(200).json();
    let said = Value::Object(jws::verify(&token, &VerifyingKey::from_jwk(&keys["keys"][0]).unwrap()).unwrap());
    assert_eq!(jws::decode_header(&token).unwrap().typ.as_deref(), Some("backchannel-request+jwt"));
    let now = server.app.domain.world.now_seconds();
    assert_eq!(said["iss"], json!(format!("{}/default/{AID}", server.url)));
    assert_eq!(said["aud"], json!(format!("https://localhost:{}{DEVICE}", bank.there.address.port())));
    assert_eq!((&said["iat"], &said["exp"]), (&json!(now), &json!(now + 120)));
    assert_eq!(said["body_sha256"], json!(BASE64URL_NOPAD.encode(&digest::sha256(asked.body.as_bytes()))));
    // It is no token of anybody.
    let refused = server.anonymous().with_token(&token).get(&format!("/default/{AID}/userinfo")).await;
    refused.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_counts() {
    let bank = Told::open().await;
    let (branch, server) = (&bank.branch, &bank.branch.shop.server);
    let (id, told) = bank.asks(1).await;
    let answer = says(&server.as_system(), &told, "reject", json!({})).await.expect(200).json();
    assert_eq!(answer["status"], "denied");
    accepts(server, &told, json!({})).await.expect(404);
    assert_eq!(branch.polled(&id).await, "access_denied");

    // The person was faster on their page, and the device on the other one.
    let mut ann = branch.shop.browser_of("ann").await;
    let (id, told) = bank.asks(2).await;
    branch.allows(&mut ann).await.expect(200);
    says(&server.as_system(), &told, "reject", json!({})).await.expect(404);
    branch.polls(&id).await.expect(200);
    let (id, told) = bank.asks(3).await;
    let page = branch.looks(&mut ann).await.expect(200);
    accepts(server, &told, json!({})).await.expect(200);
    assert_eq!(ann.send(&page, "/refuse", &[]).await.answer.status, 404);
    assert!(ann.open(PAGE).await.expect(200).text().contains("Nothing waits for you."));
    branch.polls(&id).await.expect(200);

    // Too late.
    let (id, told) = bank.asks(4).await;
    server.world.advance_seconds(120);
    accepts(server, &told, json!({})).await.expect(404);
    assert_eq!(branch.polled(&id).await, "expired_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_answers_for_a_device() {
    let bank = Told::open().await;
    let (branch, server) = (&bank.branch, &bank.branch.shop.server);
    let (first, other) = (bank.asks(1).await, bank.asks(2).await);
    let told = &first.1;
    says(&server.anonymous(), told, "accept", json!({})).await.expect(401);
    says(&server.as_admin(), told, "accept", json!({})).await.expect(403);
    // The state belongs to its request, and is no handle for anything else.
    for state in [other.1["request_state"].clone(), json!(first.0), json!("guessed")] {
        accepts(server, told, json!({ "request_state": state })).await.expect(403);
        says(&server.as_system(), told, "reject", json!({ "request_state": state })).await.expect(403);
    }
    let nowhere = json!({ "id": "of-nobody", "request_state": told["request_state"] });
    accepts(server, &nowhere, json!({})).await.expect(404);
    let now = server.app.domain.world.now_seconds();
    for (more, member) in [
        (json!({ "request_state": "" }), "/request_state"),
        (json!({ "id": other.1["id"] }), "/id"),
        (json!({ "granted_scopes": ["openid", "profile"] }), "/granted_scopes/1"),
        (json!({ "auth_time": now + 3600 }), "/auth_time"),
        (json!({ "auth_time": "soon" }), "/auth_time"),
    ] {
        let refused = accepts(server, told, more).await.expect(422);
        assert_eq!(wrong_members(&refused), [member]);
    }
    assert_eq!(branch.polled(&first.0).await, "authorization_pending", "nothing of all this has answered");
    // A server that tells no devices takes no answers of any.
    branch.shop.change(json!({ "security": {} })).await;
    accepts(server, told, json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_and_the_person_have_their_say() {
    let bank = Told::open().await;
    let (branch, server) = (&bank.branch, &bank.branch.shop.server);
    // Less than was asked for.
    let (id, told) = bank.asks(1).await;
    accepts(server, &told, json!({ "granted_scopes": [] })).await.expect(200);
    assert_eq!(branch.polls(&id).await.expect(200).json()["scope"], "openid");

    // A second factor is needed: the device says whether it was one.
    let mut rule = attribute("authn_ctx.amr", "contains", json!("mfa"));
    rule["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&branch.shop.admin, "strict", json!([rule])).await;
    branch.shop.change(json!({ "user_policy_id": "strict" })).await;
    let (id, told) = bank.asks(2).await;
    let refused = accepts(server, &told, json!({ "amr": ["pin"] })).await.expect(409);
    assert!(refused.text().contains("mfa"), "{}", refused.text());
    assert_eq!(branch.polled(&id).await, "authorization_pending", "it may do better");
    accepts(server, &told, json!({ "amr": ["pin", "hwk", "mfa"] })).await.expect(200);
    branch.polls(&id).await.expect(200);

    // A policy says no, whatever the person says.
    make_policy(&branch.shop.admin, "nobody", json!([no()])).await;
    branch.shop.change(json!({ "user_policy_id": "nobody" })).await;
    let (id, told) = bank.asks(3).await;
    let answer = accepts(server, &told, json!({ "amr": ["mfa"] })).await.expect(200).json();
    assert_eq!((&answer["status"], &answer["reason"]), (&json!("denied"), &json!("a policy says no")));
    assert_eq!(branch.polled(&id).await, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_given_by_the_person_themselves() {
    let bank = Told::open().await;
    let (branch, server) = (&bank.branch, &bank.branch.shop.server);
    make_consent(&branch.shop.admin, "terms", json!({})).await;
    let action = json!({ "id": "buy", "name": "buy", "consents": [{ "id": "terms", "required": true }] });
    branch.shop.admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    let path = format!("{ADMIN}/clients/bank");
    let mut body = branch.shop.admin.get(&path).await.expect(200).json();
    body["consent_action_id"] = json!("buy");
    branch.shop.admin.put(&path, &body).await.expect(200);
    let (id, told) = bank.asks(1).await;
    let refused = accepts(server, &told, json!({})).await.expect(409);
    assert!(refused.text().contains("terms"), "{}", refused.text());
    assert_eq!(branch.polled(&id).await, "authorization_pending");
    say(&server.as_system(), "ann", "terms", true, "explicit").await;
    accepts(server, &told, json!({})).await.expect(200);
    branch.polls(&id).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_again_until_it_hears() {
    let bank = Told::open().await;
    let world = &bank.branch.shop.server.world;
    bank.there.answers(DEVICE, Canned::Json(503, json!({})));
    bank.asks(1).await;
    world.advance_seconds(15);
    let first = bank.heard(2).await.pop().unwrap();
    bank.there.answers(DEVICE, Canned::Json(204, json!({})));
    world.advance_seconds(20);
    let asked = bank.heard(3).await.pop().unwrap();
    assert_eq!(asked.body, first.body, "the same request");
    assert_ne!(asked.authorization, first.authorization, "another token");
    while bank.unheard() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // What somebody has answered meanwhile is not told.
    bank.there.answers(DEVICE, Canned::Json(503, json!({})));
    let (_, told) = bank.asks(4).await;
    accepts(&bank.branch.shop.server, &told, json!({})).await.expect(200);
    world.advance_seconds(15);
    while bank.unheard() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(bank.there.asked(DEVICE).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_device() {
    let bank = Told::open().await;
    bank.there.answers(DEVICE, Canned::Json(503, json!({})));
    let (id, _) = bank.asks(1).await;
    let Told { there, branch } = bank;
    let Branch { shop, secret } = branch;
    let (folder, world) = shop.server.stop().await;
    there.answers(DEVICE, Canned::Json(200, json!({})));
    world.advance_seconds(15);
    let server = TestServer::on(folder, world, trusts(&there)).await;
    while there.asked(DEVICE).len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told: Value = serde_json::from_str(&there.asked(DEVICE).pop().unwrap().body).unwrap();
    accepts(&server, &told, json!({})).await.expect(200);
    let form = format!("grant_type={}&auth_req_id={id}", super::CIBA);
    ask_token(&server, AID, "bank", &secret, &form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_told_by_tls_only_and_where_there_is_one() {
    let branch = Branch::open().await;
    branch.asks_ann().await;
    let read = branch.shop.server.app.domain.store.read().unwrap();
    assert!(records::list_prefix::<Notice>(&read, &["default"]).unwrap().is_empty());
    let path = format!("{ADMIN}/servers/{AID}");
    let mut body = branch.shop.admin.get(&path).await.expect(200).json();
    for wrong in ["http://devices.example/", "https://user@devices.example/", "devices"] {
        body["security"] = json!({ "authentication_device_endpoint": wrong });
        let refused = branch.shop.admin.put(&path, &body).await.expect(422);
        assert_eq!(wrong_members(&refused), ["/security/authentication_device_endpoint"], "{wrong}");
    }
}
