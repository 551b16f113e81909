//! Clients: what a new one is, what one may be, how its secret is kept, and what PUT replaces.

use portcullis::{
    crypto::{Secret, password},
    domain::client,
    store::{Options, Store, verify},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, bearer_of, make_client, make_server, wrong_members},
};

covers!("listClients", "createClient", "getClient", "updateClient", "deleteClient", "token");

const CLIENTS: &str = "/api/admin/default/clients";
const GRANT: &str = "grant_type=client_credentials";
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"one"}"#;

fn key() -> Value {
    serde_json::from_str(KEY).unwrap()
}

/// A body with the required members and these.
fn body(id: &str, more: Value) -> Value {
    let mut body = json!({ "client_id": id, "client_name": "Shop", "authorization_server_id": "default" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A machine client's body.
fn machine(id: &str, more: Value) -> Value {
    let mut body = body(id, json!({ "grant_types": ["client_credentials"] }));
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").expect("a tag").to_owned()
}

async fn token(server: &TestServer, id: &str, secret: &str) -> u16 {
    ask_token(server, "default", id, secret, GRANT).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_server_and_a_name_has_the_documented_defaults() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let sent = json!({ "authorization_server_id": "default", "client_name": "My app" });
    let made = admin.post(CLIENTS, &sent).await.expect(201);
    let (tagged, made) = (tag(&made), made.json());
    let id = text(&made, "client_id");
    assert!(id.len() >= 16, "an id is made: {id}");
    assert!(text(&made, "client_secret").len() >= 43, "a secret is made");
    for (member, value) in [
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("public", json!(false)),
        ("trusted", json!(false)),
        ("system", json!(false)),
        ("scope", json!("")),
        ("scopes", json!([])),
        ("redirect_uris", json!([])),
        ("request_uris", json!([])),
        ("audience", json!([])),
        ("userinfo_signed_response_alg", json!("none")),
        ("client_secret_expires_at", json!(0)),
        ("tls_client_certificate_bound_access_tokens", json!(false)),
        ("tenant_id", json!("default")),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert!(made["client_id_issued_at"].as_i64().unwrap() > 1_700_000_000, "{made}");
    assert!(made.get("developer_id").is_none() && made.get("client_hashed_secret").is_none(), "{made}");

    let path = format!("{CLIENTS}/{id}");
    let read = admin.get(&path).await.expect(200);
    assert_eq!((tag(&read), read.json()), (tagged.clone(), made.clone()));
    let listed = admin.get(&format!("{ADMIN}/servers/default/clients")).await.expect(200).json();
    assert!(listed["clients"].as_array().unwrap().contains(&made), "{listed}");
    // What was read can be written back, and changes nothing.
    let written = admin.put(&path, &made).await.expect(200);
    assert_eq!((tag(&written), written.json()), (tagged, made));
}

fn everything() -> Value {
    body(
        "full",
        json!({
            "description": "The shop itself", "audience": ["https://api.example"],
            "client_secret": "a secret of 32 characters or more", "client_secret_expires_at": 4_000_000_000_i64,
            "grant_types": ["authorization_code", "implicit", "client_credentials", "refresh_token"],
            "response_types": ["code", "id_token token", "code token"],
            "redirect_uris": ["https://shop.example/cb", "http://localhost:3000/cb", "com.example.shop:/cb"],
            "scope": "openid email", "scopes": ["email", "openid"],
            "token_endpoint_auth_method": "client_secret_post", "token_endpoint_signing_alg": "EdDSA", "public": false,
            "jwks": { "keys": [key()] }, "tls_client_certificate_bound_access_tokens": true,
            "client_uri": "https://shop.example", "logo_uri": "https://shop.example/logo.png",
            "policy_uri": "https://shop.example/privacy", "tos_uri": "https://shop.example/terms",
            "privacy": { "scopes": { "email": { "pii_categories": [{ "name": "HIPAA" }], "purpose": "To write to you" } } },
            "request_object_signing_alg": "none", "request_uris": ["https://shop.example/request"],
            "sector_identifier_uri": "https://shop.example/sector.json", "userinfo_signed_response_alg": "ES256",
            "trusted": true,
        }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_keeps_all_it_was_given_until_a_put_leaves_it_out() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let sent = everything();
    let made = admin.post(CLIENTS, &sent).await.expect(201).json();
    for (member, value) in sent.as_object().unwrap().iter().filter(|(member, _)| *member != "scope") {
        assert_eq!(&made[member], value, "{member}");
    }
    assert_eq!(made["scope"], "email openid", "as in `scopes`");
    let path = format!("{CLIENTS}/full");
    let read = admin.get(&path).await.expect(200);
    assert_eq!(read.json(), made);
    let written = admin.put(&path, &made).await.expect(200);
    assert_eq!((tag(&written), written.json()), (tag(&read), made.clone()));

    server.world.advance_seconds(60);
    let less = server.as_admin().put(&path, &json!({ "client_name": "Less" })).await.expect(200).json();
    for (member, value) in [
        ("client_name", json!("Less")),
        ("authorization_server_id", json!("default")),
        ("client_secret", made["client_secret"].clone()),
        ("client_id_issued_at", made["client_id_issued_at"].clone()),
        ("description", json!("")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("redirect_uris", json!([])),
        ("scopes", json!([])),
        ("trusted", json!(false)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("client_secret_expires_at", json!(0)),
    ] {
        assert_eq!(less[member], value, "{member}");
    }
    for member in ["jwks", "client_uri", "privacy", "sector_identifier_uri", "request_object_signing_alg"] {
        assert!(less.get(member).is_none(), "{member} is still there: {less}");
    }
}

/// What breaks a rule, and the members that are named.
fn broken() -> Vec<(Value, Vec<&'static str>)> {
    let private = json!({ "kty": "OKP", "crv": "Ed25519", "x": key()["x"], "d": key()["x"] });
    vec![
        (json!({ "client_name": "" }), vec!["/client_name"]),
        (json!({ "client_name": "x".repeat(257) }), vec!["/client_name"]),
        (json!({ "description": "x".repeat(4097) }), vec!["/description"]),
        (json!({ "authorization_server_id": "nothing" }), vec!["/authorization_server_id"]),
        (json!({ "tenant_id": "demo" }), vec!["/tenant_id"]),
        (json!({ "grant_types": ["password"] }), vec!["/grant_types/0"]),
        (json!({ "response_types": ["token"] }), vec!["/response_types/0"]),
        (json!({ "response_types": ["magic"] }), vec!["/response_types/0"]),
        (json!({ "grant_types": ["implicit"], "response_types": ["code"] }), vec!["/response_types/0"]),
        (json!({ "redirect_uris": ["https://a.example/", "http://a.example/"] }), vec!["/redirect_uris/1"]),
        (json!({ "redirect_uris": ["javascript:alert(1)", "/cb"] }), vec!["/redirect_uris/0", "/redirect_uris/1"]),
        (json!({ "redirect_uris": ["https://a.example/#x"] }), vec!["/redirect_uris/0"]),
        (json!({ "redirect_uris": ["https://u@a.example/"] }), vec!["/redirect_uris/0"]),
        (
            json!({ "redirect_uris": ["https://a.example/*", "https://*.a.example/"] }),
            vec!["/redirect_uris/0", "/redirect_uris/1"],
        ),
        (json!({ "client_name": "Bank\u{202e} evil" }), vec!["/client_name"]),
        (json!({ "redirect_uris": vec!["https://a.example/"; 1001] }), vec!["/redirect_uris"]),
        (json!({ "scopes": ["openid", "nothing"] }), vec!["/scopes/1"]),
        (json!({ "scope": "nothing openid" }), vec!["/scopes/0"]),
        (json!({ "scope": "openid", "scopes": ["openid", "email"] }), vec!["/scope"]),
        (json!({ "audience": ["", "ok", "a\u{0}b"] }), vec!["/audience/0", "/audience/2"]),
        (json!({ "token_endpoint_auth_method": "magic" }), vec!["/token_endpoint_auth_method"]),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), vec!["/token_endpoint_auth_method"]),
        (json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }), vec!["/token_endpoint_auth_method"]),
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), vec!["/token_endpoint_auth_method"]),
        (json!({ "tls_client_auth_san_dns": "a.example" }), vec!["/tls_client_auth_san_dns"]),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example",
                "tls_client_auth_san_ip": "10.0.0.1", "tls_client_auth_san_uri": "https://a.example" }),
            vec!["/tls_client_auth_san_ip", "/tls_client_auth_san_uri"],
        ),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a.example" }),
            vec!["/tls_client_auth_san_ip"],
        ),
        (json!({ "public": true, "token_endpoint_auth_method": "client_secret_basic" }), vec!["/public"]),
        (json!({ "public": false, "token_endpoint_auth_method": "none" }), vec!["/public"]),
        (json!({ "public": true, "grant_types": ["client_credentials"] }), vec!["/grant_types/0"]),
        (json!({ "public": true, "client_secret": "x".repeat(32) }), vec!["/client_secret"]),
        (json!({ "jwks": { "keys": [key()] }, "jwks_uri": "https://a.example/jwks" }), vec!["/jwks_uri"]),
        (json!({ "jwks": { "keys": [key(), private] } }), vec!["/jwks/keys/1"]),
        (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }), vec!["/jwks/keys/0"]),
        (json!({ "jwks": { "keys": vec![key(); 21] } }), vec!["/jwks/keys"]),
        (json!({ "jwks": { "keys": [key()] }, "token_endpoint_signing_alg": "ES256" }), vec!["/jwks/keys"]),
        (json!({ "jwks_uri": "http://a.example/jwks" }), vec!["/jwks_uri"]),
        (json!({ "request_uris": ["http://a.example/"] }), vec!["/request_uris/0"]),
        (json!({ "sector_identifier_uri": "http://a.example/" }), vec!["/sector_identifier_uri"]),
        (json!({ "client_uri": "javascript:alert(1)", "tos_uri": "x" }), vec!["/client_uri", "/tos_uri"]),
        (json!({ "request_object_signing_alg": "HS256" }), vec!["/request_object_signing_alg"]),
        (json!({ "userinfo_signed_response_alg": "magic" }), vec!["/userinfo_signed_response_alg"]),
        (json!({ "token_endpoint_signing_alg": "none" }), vec!["/token_endpoint_signing_alg"]),
        (json!({ "privacy": { "scopes": { "a/b": { "purpose": "x" } } } }), vec!["/privacy/scopes/a~1b"]),
        (json!({ "client_secret_expires_at": -1 }), vec!["/client_secret_expires_at"]),
        (json!({ "client_secret": "short" }), vec!["/client_secret"]),
        (json!({ "client_secret": "x".repeat(1025) }), vec!["/client_secret"]),
        (json!({ "client_hashed_secret": "not a hash" }), vec!["/client_hashed_secret"]),
        (json!({ "client_secret": "x".repeat(32), "client_hashed_secret": "x" }), vec!["/client_hashed_secret"]),
        (json!({ "scopes": "openid" }), vec!["/scopes"]),
        (json!({ "magic": 1 }), vec!["/magic"]),
        (
            json!({ "client_name": " ", "redirect_uris": ["x"], "scopes": ["nothing"], "client_secret": "x" }),
            vec!["/client_name", "/redirect_uris/0", "/client_secret", "/scopes/0"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_breaks_a_rule_is_neither_made_nor_changed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = admin.post(CLIENTS, &body("there", json!({}))).await.expect(201).json();
    for (wrong, members) in broken() {
        let made = admin.post(CLIENTS, &body("new", wrong.clone())).await.expect(422);
        assert_eq!(wrong_members(&made), members, "POST {wrong}: {}", made.text());
        let changed = admin.put(&format!("{CLIENTS}/there"), &body("there", wrong.clone())).await.expect(422);
        assert_eq!(wrong_members(&changed), members, "PUT {wrong}: {}", changed.text());
    }
    admin.get(&format!("{CLIENTS}/new")).await.expect(404);
    assert_eq!(admin.get(&format!("{CLIENTS}/there")).await.expect(200).json(), before);
    let nameless = admin.post(CLIENTS, &json!({})).await.expect(422);
    assert_eq!(wrong_members(&nameless), ["/client_name", "/authorization_server_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_can_be_seen_again_and_is_nowhere_in_the_file() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let chosen = "a chosen secret, long enough to be one";
    let made = admin.post(CLIENTS, &machine("made", json!({}))).await.expect(201).json();
    let made = text(&made, "client_secret").to_owned();
    admin.post(CLIENTS, &machine("chosen", json!({ "client_secret": chosen }))).await.expect(201);
    for (id, secret) in [("made", made.as_str()), ("chosen", chosen)] {
        let shown = admin.get(&format!("{CLIENTS}/{id}")).await.expect(200).json();
        assert_eq!(text(&shown, "client_secret"), secret, "{id}");
        assert_eq!(token(&server, id, secret).await, 200, "{id}");
        assert_eq!(token(&server, id, &format!("{secret}x")).await, 401, "{id}");
    }
    // The bootstrap secret opens more than one tenant, so no administrator of one gets to see it.
    let bootstrap = admin.get(&format!("{CLIENTS}/admin")).await.expect(200).json();
    assert_eq!(bootstrap["client_secret"], "");

    let (folder, _) = server.stop().await;
    let path = folder.path().join(portcullis::server::STORE_FILE);
    let file = std::fs::read(&path).unwrap();
    for secret in [made.as_bytes(), chosen.as_bytes()] {
        assert!(!file.windows(secret.len()).any(|found| found == secret), "a secret stands in the file");
    }
    assert!(file.windows(6).any(|found| found == b"chosen"), "names stand in the file, so this looks where it should");
    assert!(verify(&path).is_ok());
    drop(Store::open(&Options { path, cache_items: 1, redb_cache_bytes: 1 << 20 }).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_replaces_the_old_one_and_shows_in_the_tag() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{CLIENTS}/till");
    let made = admin.post(CLIENTS, &machine("till", json!({}))).await.expect(201);
    let (first, made) = (tag(&made), made.json());
    let old = text(&made, "client_secret");
    let new = "another secret, of 32 characters or more";

    let kept = admin.put(&path, &machine("till", json!({}))).await.expect(200);
    assert_eq!((tag(&kept), kept.json()), (first.clone(), made.clone()), "nothing was said about the secret");
    let same = admin.put(&path, &machine("till", json!({ "client_secret": old }))).await.expect(200);
    assert_eq!(tag(&same), first, "the same secret is no change");
    let changed = admin.put(&path, &machine("till", json!({ "client_secret": new }))).await.expect(200);
    assert_ne!(tag(&changed), first, "another secret is");
    assert_eq!(changed.json()["client_secret"], new);
    assert_eq!((token(&server, "till", old).await, token(&server, "till", new).await), (401, 200));

    let stale = admin.clone().with_header("if-match", &first).put(&path, &machine("till", json!({}))).await;
    stale.expect(412);
    let fresh = admin.clone().with_header("if-match", &tag(&changed));
    fresh.put(&path, &machine("till", json!({ "description": "x" }))).await.expect(200);
    assert_eq!(token(&server, "till", new).await, 200, "the secret was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hash_of_a_secret_does_instead_of_the_secret() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (old, new) = ("the secret that was hashed elsewhere", "a secret that is chosen here afterwards");
    let hash = password::hash(&server.world.world(), &Secret::new(old)).unwrap();
    let made = admin.post(CLIENTS, &machine("moved", json!({ "client_hashed_secret": hash }))).await.expect(201).json();
    assert_eq!(made["client_secret"], "");
    assert!(made.get("client_hashed_secret").is_none(), "{made}");
    assert_eq!((token(&server, "moved", old).await, token(&server, "moved", new).await), (200, 401));

    let path = format!("{CLIENTS}/moved");
    assert_eq!(admin.put(&path, &made).await.expect(200).json(), made, "what was read can be written back");
    assert_eq!(token(&server, "moved", old).await, 200);
    let signing = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
    let answer = admin.put(&path, &machine("moved", signing)).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/token_endpoint_auth_method"], "a hash cannot sign");
    admin.put(&path, &machine("moved", json!({ "client_secret": new }))).await.expect(200);
    assert_eq!((token(&server, "moved", old).await, token(&server, "moved", new).await), (401, 200));
    let costly = hash.replace("m=19456", "m=1048576");
    let answer = admin.put(&path, &machine("moved", json!({ "client_hashed_secret": costly }))).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/client_hashed_secret"], "a hash that would cost a gigabyte");
    admin.put(&path, &machine("moved", json!({ "client_hashed_secret": hash }))).await.expect(200);
    assert_eq!((token(&server, "moved", old).await, token(&server, "moved", new).await), (200, 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_good_for_methods_that_send_it_and_until_it_ends() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{CLIENTS}/till");
    let made = admin.post(CLIENTS, &machine("till", json!({}))).await.expect(201).json();
    let secret = text(&made, "client_secret");
    for method in ["client_secret_post", "client_secret_basic"] {
        admin.put(&path, &machine("till", json!({ "token_endpoint_auth_method": method }))).await.expect(200);
        assert_eq!(token(&server, "till", secret).await, 200, "{method} is taken from the header too");
    }
    let signing = machine("till", json!({ "token_endpoint_auth_method": "client_secret_jwt" }));
    assert_eq!(admin.put(&path, &signing).await.expect(200).json()["client_secret"], secret);
    assert_eq!(token(&server, "till", secret).await, 401, "this secret signs and is not sent");

    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key()] } });
    let without = admin.put(&path, &machine("till", keys)).await.expect(200).json();
    assert!(without.get("client_secret").is_none(), "{without}");
    assert_eq!(token(&server, "till", secret).await, 401);
    let again = admin.put(&path, &machine("till", json!({}))).await.expect(200).json();
    assert_ne!(text(&again, "client_secret"), secret, "the old secret does not come back");
    assert_eq!(token(&server, "till", secret).await, 401);
    let secret = text(&again, "client_secret");

    let now = portcullis::world::World::now_seconds(&server.world.world());
    let ending = machine("till", json!({ "client_secret_expires_at": now + 60 }));
    admin.put(&path, &ending).await.expect(200);
    assert_eq!(token(&server, "till", secret).await, 200);
    server.world.advance_seconds(60);
    assert_eq!(token(&server, "till", secret).await, 401, "it has ended");
    server.as_admin().put(&path, &machine("till", json!({}))).await.expect(200);
    assert_eq!(token(&server, "till", secret).await, 200, "and is good again without an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_has_no_secret() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for (id, more) in [("one", json!({ "public": true })), ("two", json!({ "token_endpoint_auth_method": "none" }))] {
        let made = admin.post(CLIENTS, &body(id, more)).await.expect(201).json();
        assert_eq!((&made["public"], &made["token_endpoint_auth_method"]), (&json!(true), &json!("none")));
        assert!(made.get("client_secret").is_none(), "{made}");
        assert_eq!(token(&server, id, "").await, 401);
        assert_eq!(admin.put(&format!("{CLIENTS}/{id}"), &made).await.expect(200).json(), made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_stays_where_and_what_it_is() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_client(&admin, "default", "till", &[]).await;
    let path = format!("{CLIENTS}/till");
    let refused = async |path: &str, body: Value, member: &str| {
        let answer = admin.put(path, &body).await.expect(422);
        assert_eq!(wrong_members(&answer), [member], "{body}: {}", answer.text());
    };
    refused(&path, machine("till", json!({ "authorization_server_id": "shop" })), "/authorization_server_id").await;
    refused(&path, machine("other", json!({})), "/client_id").await;
    admin.put(&format!("{CLIENTS}/nothing"), &machine("nothing", json!({}))).await.expect(404);
    server.as_other_admin().put("/api/admin/demo/clients/till", &json!({ "client_name": "x" })).await.expect(404);

    // What only the server says is left aside.
    let own = json!({ "system": true, "developer_id": "alice", "client_id_issued_at": 1 });
    for made in [admin.put(&path, &machine("till", own.clone())).await.expect(200), {
        admin.post(CLIENTS, &machine("new", own)).await.expect(201)
    }] {
        let made = made.json();
        assert_eq!(made["system"], false);
        assert!(made.get("developer_id").is_none() && made["client_id_issued_at"] != 1, "{made}");
    }
    // The tenant's own clients keep what the tenant needs them for; with that they are changed like any other.
    let system = admin.get(&format!("{CLIENTS}/system")).await.expect(200).json();
    let system_path = format!("{CLIENTS}/system");
    assert_eq!(admin.put(&system_path, &system).await.expect(200).json(), system);
    refused(&system_path, json!({ "client_name": "S" }), "/grant_types").await;
    let keys = json!({
        "client_name": "S", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key()] },
    });
    refused(&system_path, keys, "/token_endpoint_auth_method").await;
    let ends = json!({ "client_name": "S", "grant_types": ["client_credentials"], "client_secret_expires_at": 4_000_000_000_i64 });
    refused(&system_path, ends, "/client_secret_expires_at").await;
    admin.delete(&system_path).await.expect(400);
    server.as_system().token().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_clients_are_the_list_in_parts() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for number in 0..7 {
        make_client(&admin, "default", &format!("till-{number}"), &[]).await;
    }
    admin.delete(&format!("{CLIENTS}/till-3")).await.expect(204);
    let domain = &server.app.domain;
    let all = client::page(domain, "default", "default", None, 100).unwrap();
    let all: Vec<String> = all.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all.len(), 6);
    for size in [1, 2, 6, 7] {
        let mut paged: Vec<String> = Vec::new();
        loop {
            let page = client::page(domain, "default", "default", paged.last().map(String::as_str), size).unwrap();
            let ended = page.len() < size;
            paged.extend(page.into_iter().map(|(id, state)| {
                assert_eq!(state.value.server, "default");
                id
            }));
            if ended {
                break;
            }
        }
        assert_eq!(paged, all, "in pages of {size}");
    }
    assert!(client::page(domain, "default", "nothing", None, 10).is_err());
    assert!(client::page(domain, "default", "default", None, 0).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clients_with_one_id_there_is_one() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    admin.token().await;
    for round in 0..5 {
        let id = format!("twin-{round}");
        let (one, other) =
            (machine(&id, json!({ "description": "one" })), machine(&id, json!({ "description": "other" })));
        let (one, other) = tokio::join!(admin.post(CLIENTS, &one), admin.post(CLIENTS, &other));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", one.text(), other.text());
        let made = if one.status == 201 { one.json() } else { other.json() };
        assert_eq!(admin.get(&format!("{CLIENTS}/{id}")).await.expect(200).json(), made);
        assert_eq!(token(&server, &id, text(&made, "client_secret")).await, 200, "the secret is the winner's");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_leaves_nothing_for_the_next_of_its_name() {
    let server = TestServer::start().await;
    let admin: Caller = server.as_admin();
    let old = make_client(&admin, "default", "till", &["openid"]).await;
    admin.delete(&format!("{CLIENTS}/till")).await.expect(204);
    admin.delete(&format!("{CLIENTS}/till")).await.expect(404);
    assert_eq!(token(&server, "till", text(&old, "client_secret")).await, 401);
    let new = make_client(&admin, "default", "till", &[]).await;
    assert_ne!(new["client_secret"], old["client_secret"]);
    assert_eq!(new["scopes"], json!([]));
    assert_eq!(token(&server, "till", text(&old, "client_secret")).await, 401);
}

/// A list of many is sent page by page; where one page ends and the next begins nobody is lost or named twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_any_length_is_whole() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "crowd", json!({})).await;
    let mut made: Vec<String> = Vec::new();
    for length in [0, 1, 99, 100, 101, 200, 231] {
        while made.len() < length {
            let id = format!("client-{:04}", made.len());
            make_client(&admin, "crowd", &id, &[]).await;
            made.push(id);
        }
        let listed = admin.get(&format!("{ADMIN}/servers/crowd/clients")).await.expect(200).json();
        let ids: Vec<&str> =
            listed["clients"].as_array().unwrap().iter().map(|client| client["client_id"].as_str().unwrap()).collect();
        assert_eq!(ids, made, "{length} clients");
    }
}

/// A token is worth what its client may still have: a right that was taken away is gone at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_a_client_loses_is_lost_to_its_tokens() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let decider = make_client(&admin, "system", "decider", &["evaluate_decisions", "view_consents"]).await;
    let caller = bearer_of(&server, &decider);
    let ask = async || {
        let person = caller.clone().with_header("x-subject", "anna");
        person.get("/api/system/default/consents").await.status.as_u16()
    };
    assert_eq!(ask().await, 200);
    let mut body = decider.clone();
    for member in ["scope", "client_secret"] {
        body.as_object_mut().unwrap().remove(member);
    }
    body["scopes"] = json!(["view_consents"]);
    admin.put(&format!("{CLIENTS}/decider"), &body).await.expect(200);
    assert_eq!(ask().await, 401, "the token says more than its client may have now");
    let fresh = bearer_of(&server, &decider).with_header("x-subject", "anna");
    fresh.get("/api/system/default/consents").await.expect(200);
}
