//! Keys and secrets that are brought along, replaced and kept; and the tenants' own keys.

use std::sync::Arc;

use portcullis::{
    api::acp::servers::{self, Showing},
    crypto::{KeyType, SigningKey, VerifyingKey, jws},
    domain::{
        Failure, key_ring,
        key_ring::KeyRing,
        server::{self, ServerSecrets},
    },
    store::records,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, bearer_of, everything, make_client, make_server, wrong_members},
};

const SERVERS: &str = "/api/admin/default/servers";

fn private(kind: KeyType) -> Value {
    SigningKey::generate(kind).unwrap().private_jwk().unwrap()
}

fn public(private: &Value) -> Value {
    SigningKey::from_private_jwk(private).unwrap().public_jwk()
}

async fn published(server: &TestServer, id: &str) -> Value {
    server.anonymous().get(&format!("/default/{id}/.well-known/jwks.json")).await.expect(200).json()
}

async fn shown(admin: &Caller, id: &str) -> Value {
    admin.get(&format!("{SERVERS}/{id}")).await.expect(200).json()
}

/// Those keys of a set that sign; the one that opens what is encrypted for the server is another test's.
fn signing(set: &Value) -> Value {
    let keys: Vec<&Value> = set["keys"].as_array().unwrap().iter().filter(|key| key["use"] == "sig").collect();
    json!({ "keys": keys })
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_given_are_published_and_sign() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for kind in [KeyType::Rsa, KeyType::Ecdsa, KeyType::Eddsa] {
        let id = format!("{kind:?}").to_lowercase();
        let (mut first, second) = (private(kind), private(KeyType::Ecdsa));
        first["kid"] = json!("moved-from-elsewhere");
        let jwks = json!({ "keys": [first, second] });
        let made = make_server(&admin, &id, json!({ "jwks": jwks, "key_type": "ecdsa" })).await;
        let known = json!({ "keys": [public(&first), public(&second)] });
        assert_eq!(signing(&made["jwks"]), known, "public halves only, under their names");
        assert_eq!(signing(&published(&server, &id).await), known);
        let client = bearer_of(&server, &make_client(&admin, &id, &format!("client-{id}"), &[]).await);
        let token = client.token().await.unwrap();
        assert_eq!(jws::decode_header(&token).unwrap().kid.as_deref(), Some("moved-from-elsewhere"));
        let key = VerifyingKey::from_jwk(&known["keys"][0]).unwrap();
        assert_eq!(jws::verify(&token, &key).unwrap()["aid"], json!(id), "the first key signs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_the_keys_is_what_an_import_takes() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make_server(&admin, "shop", json!({})).await;
    let exported = key_ring::private_jwks(&server.app.domain, "default", "shop").unwrap();
    assert!(exported["keys"][0]["d"].is_string());
    admin.delete(&format!("{SERVERS}/shop")).await.expect(204);
    let again = make_server(&admin, "shop", json!({ "jwks": exported, "secret": made["secret"] })).await;
    assert_eq!(again, made);
    assert_eq!(key_ring::private_jwks(&server.app.domain, "default", "shop").unwrap(), exported);
}

/// A server as an export has it.
fn exported(server: &TestServer, id: &str) -> Value {
    let domain = &server.app.domain;
    let found = server::current(domain, "default", id).unwrap();
    let body = servers::show(domain, "default", id, found.value.clone(), Showing::Export).unwrap();
    serde_json::to_value(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_server_makes_the_same_server_elsewhere() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let user = json!({ "username": "ann", "password": "secret", "authentication_context": { "z": 1, "a": [true] } });
    let oidc = json!({ "issuer_url": "https://op.example.com", "client_id": "client", "client_secret": "foreign" });
    let methods = json!([
        { "id": "staff", "name": "Staff", "method": "static", "static": { "users": [user] } },
        { "id": "oidc", "name": "OIDC", "method": "oidc", "oidc": oidc },
    ]);
    let body = json!({ "authentications": { "methods": methods }, "rotated_secrets": ["r".repeat(32)] });
    let made = make_server(&admin, "shop", body).await;
    let dump = exported(&server, "shop");
    assert_eq!(dump["authentications"]["methods"][1]["oidc"]["client_secret"], "foreign");
    let tag = async || admin.get(&format!("{SERVERS}/shop")).await.expect(200).header("etag").unwrap().to_owned();
    let before = tag().await;
    admin.put(&format!("{SERVERS}/shop"), &dump).await.expect(200);
    assert_eq!(tag().await, before, "what is there already is not changed by itself");
    admin.delete(&format!("{SERVERS}/shop")).await.expect(204);
    assert_eq!(admin.post(SERVERS, &dump).await.expect(201).json(), made);
    assert_eq!(exported(&server, "shop").to_string(), dump.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_keeps_or_replaces_the_keys() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{SERVERS}/admin");
    let before = admin.get(&path).await.expect(200);
    let (tag, body) = (before.header("etag").unwrap().to_owned(), before.json());
    for jwks in [Value::Null, json!({ "keys": [] }), body["jwks"].clone()] {
        let mut same = body.clone();
        same["jwks"] = jwks;
        let answer = admin.put(&path, &same).await.expect(200);
        assert_eq!((answer.header("etag").unwrap(), answer.json()), (tag.as_str(), body.clone()));
    }
    let exported = key_ring::private_jwks(&server.app.domain, "default", "admin").unwrap();
    let answer = admin.put(&path, &json!({ "name": body["name"], "jwks": exported })).await.expect(200);
    assert_eq!(answer.header("etag").unwrap(), tag, "the keys it has");

    // Another key under the same name: whatever the old one signed is worth nothing at once, though it was remembered.
    let mut other = private(KeyType::Ecdsa);
    other["kid"] = body["jwks"]["keys"][0]["kid"].clone();
    let jwks = json!({ "keys": [other] });
    let answer = admin.put(&path, &json!({ "name": body["name"], "jwks": jwks })).await.expect(200);
    assert_ne!(answer.header("etag").unwrap(), tag, "a change of the keys is one of the server");
    assert_eq!(answer.json()["jwks"], json!({ "keys": [public(&other)] }));
    admin.get(&path).await.expect(401);
    let admin = server.as_admin();
    assert_eq!(shown(&admin, "admin").await, answer.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let before = everything(&admin, "default").await;
    let (good, other) = (private(KeyType::Ecdsa), private(KeyType::Ecdsa));
    let with = |jwk: &Value, member: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        jwk
    };
    let weak = with(&private(KeyType::Rsa), "n", json!(data_encoding::BASE64URL_NOPAD.encode(&[0xff; 128])));
    let refused = [
        (json!("keys"), "/jwks"),
        (json!({}), "/jwks/keys"),
        (json!({ "keys": {} }), "/jwks/keys"),
        (json!({ "keys": [public(&good)] }), "/jwks"),
        (json!({ "keys": [good, public(&other)] }), "/jwks/keys/1/d"),
        (json!({ "keys": [with(&good, "x", other["x"].clone())] }), "/jwks/keys/0/x"),
        (json!({ "keys": [with(&good, "d", other["d"].clone())] }), "/jwks/keys/0/d"),
        (json!({ "keys": [with(&good, "crv", json!("P-521"))] }), "/jwks/keys/0/crv"),
        (json!({ "keys": [with(&good, "kty", json!("oct"))] }), "/jwks/keys/0/kty"),
        (json!({ "keys": [with(&good, "use", json!("enc"))] }), "/jwks/keys/0/use"),
        (json!({ "keys": [with(&good, "kid", json!("a\nb"))] }), "/jwks/keys/0/kid"),
        (json!({ "keys": [good, with(&good, "kid", json!("again"))] }), "/jwks/keys/1"),
        (json!({ "keys": [weak] }), "/jwks/keys/0/n"),
        (json!({ "keys": vec![&good; 17] }), "/jwks/keys"),
    ];
    for (jwks, named) in refused {
        let body = json!({ "name": "Shop", "jwks": jwks });
        let created = admin.post(SERVERS, &body).await.expect(422);
        let updated = admin.put(&format!("{SERVERS}/shop"), &body).await.expect(422);
        for answer in [created, updated] {
            assert_eq!(wrong_members(&answer), [named], "{jwks}");
            let secret = good["d"].as_str().unwrap();
            assert!(!answer.text().contains(secret), "a private key in an error");
        }
    }
    assert_eq!(everything(&admin, "default").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_replaced_becomes_an_earlier_one() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{SERVERS}/shop");
    let made = make_server(&admin, "shop", json!({})).await;
    assert_eq!(made["secret"].as_str().unwrap().len(), 43, "256 bits are made when none is given");
    let (first, second, third) = (made["secret"].clone(), json!("2".repeat(32)), json!("3".repeat(32)));
    let put = async |body: Value| {
        let answer = admin.put(&path, &body).await.expect(200).json();
        assert_eq!(shown(&admin, "shop").await, answer);
        (answer["secret"].clone(), answer["rotated_secrets"].clone())
    };
    assert_eq!(put(json!({ "name": "Shop" })).await, (first.clone(), json!([])), "left out, it stays");
    assert_eq!(put(json!({ "name": "Shop", "secret": second })).await, (second.clone(), json!([first])));
    assert_eq!(put(json!({ "name": "Shop", "secret": second })).await, (second.clone(), json!([first])), "the same");
    assert_eq!(put(json!({ "name": "Shop", "secret": third })).await, (third.clone(), json!([second, first])));
    assert_eq!(put(json!({ "name": "Shop", "secret": first })).await, (first.clone(), json!([third, second])));
    let given = json!({ "name": "Shop", "secret": second, "rotated_secrets": [third] });
    assert_eq!(put(given).await, (second.clone(), json!([third])), "the list that is given");
    assert_eq!(put(json!({ "name": "Shop", "rotated_secrets": [] })).await, (second.clone(), json!([])));
    for number in 0..12 {
        put(json!({ "name": "Shop", "secret": format!("{number:040}") })).await;
    }
    let rotated = shown(&admin, "shop").await["rotated_secrets"].as_array().unwrap().clone();
    assert_eq!(rotated.len(), 10, "the oldest are forgotten");
    assert_eq!((&rotated[0], &rotated[9]), (&json!(format!("{:040}", 10)), &json!(format!("{:040}", 1))));

    // A refused change changes neither half.
    let wrong = json!({ "name": "Shop", "secret": "9".repeat(40), "user_policy_id": "nothing" });
    let before = shown(&admin, "shop").await;
    admin.put(&path, &wrong).await.expect(422);
    assert_eq!(shown(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_server_leaves_no_secret_behind() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make_server(&admin, "shop", json!({})).await;
    let domain = &server.app.domain;
    assert!(server::opened(domain, "default", "shop").unwrap().secret.same(made["secret"].as_str().unwrap()));
    admin.delete(&format!("{SERVERS}/shop")).await.expect(204);
    let gone = |failure: Failure| matches!(failure, Failure::NotFound { .. });
    assert!(server::opened(domain, "default", "shop").is_err_and(gone));
    assert!(key_ring::private_jwks(domain, "default", "shop").is_err_and(gone));
    let again = make_server(&admin, "shop", json!({})).await;
    assert_ne!(again["secret"], made["secret"]);
}

/// The tenant's keys as its administrator sees them.
async fn tenant_keys(admin: &Caller) -> Value {
    admin.get(&format!("{ADMIN}/tenant")).await.expect(200).json()["jwks"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_a_key_of_its_own() {
    let server = TestServer::start().await;
    let keys = tenant_keys(&server.as_admin()).await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert_eq!(keys["keys"][0].get("d"), None);
    let domain = &server.app.domain;
    let key = key_ring::tenant_signing(domain, "default").unwrap();
    let signature = key.sign(b"event").unwrap();
    assert!(VerifyingKey::from_jwk(&keys["keys"][0]).unwrap().verify(b"event", &signature));
    for tenant in ["system", "demo"] {
        assert_ne!(key_ring::tenant_jwks(domain, tenant).unwrap(), keys, "{tenant}");
    }
    let exported = key_ring::tenant_private_jwks(domain, "default").unwrap();
    assert_eq!(public(&exported["keys"][0]), keys["keys"][0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_store_gets_what_it_lacks_and_keeps_the_rest() {
    let server = TestServer::start().await;
    let (before, kept) = (shown(&server.as_admin(), "default").await, shown(&server.as_admin(), "system").await);
    let domain = Arc::clone(&server.app);
    let write = domain.domain.write(|write| {
        for tenant in ["default", "demo"] {
            assert!(records::delete::<KeyRing>(write, &[tenant])?);
            assert!(records::delete::<ServerSecrets>(write, &[tenant, "default", "secret"])?);
        }
        Ok::<(), Failure>(())
    });
    write.await.unwrap();
    drop(domain);
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let admin = server.as_admin();
    let keys = tenant_keys(&admin).await;
    let found = shown(&admin, "default").await;
    assert_ne!(found["secret"], before["secret"]);
    let ids = |server: &Value| (server["id"].clone(), server["jwks"]["keys"][0]["kid"].clone());
    assert_eq!(ids(&found), ids(&before));
    assert_eq!(shown(&admin, "system").await["secret"], kept["secret"]);
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    assert_eq!(tenant_keys(&server.as_admin()).await, keys, "made once");
    assert_eq!(shown(&server.as_admin(), "default").await["secret"], found["secret"]);
}
