//! The token endpoint and what its tokens are worth: who gets one, what stands in it, how long and where it is good.
//! Signatures are checked here with the published keys alone, independently of the host's code.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer,
    made::{ADMIN, ask_token, basic, bearer_of, bootstrap_token, make_client, make_server, post_form, wrong_members},
    world::START,
};

covers!("token", "jwks", "createClient", "getClient", "listClients", "deleteClient");

const TOKEN: &str = "/default/admin/oauth2/token";
const GRANT: &str = "grant_type=client_credentials";
const TENANT: &str = "/api/admin/default/tenant";

/// The secret as it stands in a form.
fn form_secret() -> String {
    SECRET.replace(' ', "+")
}

/// A refusal of the token endpoint: status, error word, and the headers that every answer of it carries.
#[track_caller]
fn refused(answer: Answer, status: u16, error: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.json().get("access_token").is_none());
    if error == "invalid_client" {
        let challenge = answer.header("www-authenticate").expect("RFC 6749 §5.2 asks for a challenge");
        assert!(challenge.starts_with("Basic"), "{challenge}");
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_by_header_or_by_form() {
    let server = TestServer::start().await;
    let by_header = ask_token(&server, "admin", "admin", SECRET, GRANT).await.expect(200);
    let form = format!("{GRANT}&client_id=admin&client_secret={}", form_secret());
    let by_form = post_form(&server.anonymous(), TOKEN, &form).await.expect(200);
    for answer in [by_header, by_form] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let body = answer.json();
        assert!(body["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"), "{body}");
        assert_eq!(body["expires_in"], 3600);
        let token = body["access_token"].as_str().unwrap();
        Caller::new(&server.url).with_token(token).get(TENANT).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_refused_alike() {
    let server = TestServer::start().await;
    let wrong = "another secret that is long enough";
    let mut words = Vec::new();
    for (who, id, secret) in [
        ("a wrong secret", "admin", wrong),
        ("an unknown client", "nobody", SECRET),
        ("a client of another server of the tenant", "system", SECRET),
        ("a client of another tenant", "setup", SECRET),
        ("an empty secret", "admin", ""),
        ("a secret with a blank more", "admin", &format!("{SECRET} ")),
    ] {
        let answer = refused(ask_token(&server, "admin", id, secret, GRANT).await, 401, "invalid_client");
        words.push((who, answer.text()));
    }
    for (who, text) in &words {
        assert_eq!(*text, words[0].1, "{who} can be told from a wrong secret");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_header_may_be_sent_as_it_is_or_encoded() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let chosen = "50%25+1 is not 51%, and this is a long secret";
    let body = json!({ "authorization_server_id": "admin", "client_id": "odd", "client_name": "Odd", "client_secret": chosen, "grant_types": ["client_credentials"] });
    admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    let ask = async |sent: &str| {
        let header = format!("Basic {}", data_encoding::BASE64.encode(format!("odd:{sent}").as_bytes()));
        post_form(&server.anonymous().with_header("authorization", &header), TOKEN, GRANT).await
    };
    let encode = |text: &str| text.replace('%', "%25").replace('+', "%2B").replace(' ', "+");
    let encoded = encode(chosen);
    for sent in [chosen, &encoded, chosen, &encoded] {
        ask(sent).await.expect(200);
    }
    let twice = encode(&encoded);
    for sent in [twice.as_str(), &chosen.replace('+', " "), &chosen.replace("%25", "%"), "+", "%"] {
        refused(ask(sent).await, 401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_secret_is_not_longer_than_what_can_be_checked() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let with = |length: usize| json!({ "authorization_server_id": "admin", "client_id": "long", "client_name": "Long", "client_secret": "x".repeat(length), "grant_types": ["client_credentials"] });
    let answer = admin.post(&format!("{ADMIN}/clients"), &with(1025)).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/client_secret"]);
    admin.post(&format!("{ADMIN}/clients"), &with(1024)).await.expect(201);
    ask_token(&server, "admin", "long", &"x".repeat(1024), GRANT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_or_tenant_that_does_not_exist_issues_nothing() {
    let server = TestServer::start().await;
    let caller = server.anonymous().with_header("authorization", &basic("admin", SECRET));
    for path in ["/default/nothing/oauth2/token", "/nothing/admin/oauth2/token"] {
        let answer = post_form(&caller, path, GRANT).await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.text());
        assert!(answer.json()["error"].is_string());
    }
    server.anonymous().get("/default/nothing/.well-known/jwks.json").await.expect(404);
    server.anonymous().get("/nothing/admin/.well-known/jwks.json").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused_with_the_standards_words() {
    let server = TestServer::start().await;
    let ask = async |form: &str| ask_token(&server, "admin", "admin", SECRET, form).await;
    refused(ask("").await, 400, "invalid_request");
    refused(ask("scope=openid").await, 400, "invalid_request");
    refused(ask("grant_type=").await, 400, "invalid_request");
    refused(ask("grant_type=password&username=admin&password=x").await, 400, "unsupported_grant_type");
    refused(ask("grant_type=Client_Credentials").await, 400, "unsupported_grant_type");
    refused(ask(&format!("{GRANT}&{GRANT}")).await, 400, "invalid_request");
    refused(ask(&format!("{GRANT}&scope=openid&scope=profile")).await, 400, "invalid_request");
    refused(ask(&format!("{GRANT}&client_id=admin&client_secret={}", form_secret())).await, 400, "invalid_request");
    refused(ask(&format!("{GRANT}&client_id=somebody-else")).await, 400, "invalid_request");

    let anonymous = server.anonymous();
    refused(post_form(&anonymous, TOKEN, GRANT).await, 401, "invalid_client");
    refused(post_form(&anonymous, TOKEN, &format!("{GRANT}&client_id=admin")).await, 401, "invalid_client");
    refused(
        post_form(&anonymous, TOKEN, &format!("{GRANT}&client_secret={}", form_secret())).await,
        400,
        "invalid_request",
    );
    let json = json!({ "grant_type": "client_credentials", "client_id": "admin", "client_secret": SECRET });
    refused(anonymous.post(TOKEN, &json).await, 400, "invalid_request");
    refused(
        anonymous.send(Method::POST, TOKEN, None, Bytes::from_static(GRANT.as_bytes())).await,
        400,
        "invalid_request",
    );
    for header in ["Basic", "Basic !!!", "Basic bm8gY29sb24=", "Basic /w=="] {
        let caller = server.anonymous().with_header("authorization", header);
        refused(post_form(&caller, TOKEN, GRANT).await, 401, "invalid_client");
    }
    let answer = anonymous.get(TOKEN).await.expect(405);
    assert_eq!(answer.header("allow"), Some("POST"));
}

/// A token in parts.
struct Jwt {
    header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

fn read(token: &str) -> Jwt {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let part = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let json = |text: &str| serde_json::from_slice(&part(text)).unwrap();
    Jwt {
        header: json(parts[0]),
        claims: json(parts[1]),
        signed: format!("{}.{}", parts[0], parts[1]),
        signature: part(parts[2]),
    }
}

/// Checks a signature with a published key.
fn verify(jwt: &Jwt, jwks: &Value) -> bool {
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == jwt.header["kid"]);
    let key = key.unwrap_or_else(|| panic!("{} is not in {jwks}", jwt.header));
    let member = |name: &str| {
        BASE64URL_NOPAD.decode(key[name].as_str().unwrap_or_else(|| panic!("{name} in {key}")).as_bytes()).unwrap()
    };
    let message = jwt.signed.as_bytes();
    assert_eq!(key["alg"], jwt.header["alg"], "the key is published for another algorithm");
    assert_eq!(key["use"], "sig");
    assert!(key.get("d").is_none() && key.get("p").is_none(), "a private key is published");
    let verified = match (key["kty"].as_str().unwrap(), jwt.header["alg"].as_str().unwrap()) {
        ("EC", "ES256") => {
            let point = [vec![4], member("x"), member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &jwt.signature)
        }
        ("OKP", "EdDSA") => UnparsedPublicKey::new(&ED25519, member("x")).verify(message, &jwt.signature),
        ("RSA", "RS256") => RsaPublicKeyComponents { n: member("n"), e: member("e") }.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            message,
            &jwt.signature,
        ),
        other => panic!("a key for an algorithm that nobody asked for: {other:?}"),
    };
    verified.is_ok()
}

async fn published(server: &TestServer, aid: &str) -> Value {
    server.anonymous().get(&format!("/default/{aid}/.well-known/jwks.json")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_server_signs_with_its_own_algorithm() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for (id, body) in [
        ("plain", json!({ "id": "plain", "name": "Plain" })),
        ("rsa", json!({ "id": "rsa", "name": "RSA", "key_type": "rsa" })),
        ("ecdsa", json!({ "id": "ecdsa", "name": "ECDSA", "key_type": "ecdsa" })),
        ("eddsa", json!({ "id": "eddsa", "name": "EdDSA", "key_type": "eddsa" })),
    ] {
        admin.post(&format!("{ADMIN}/servers"), &body).await.expect(201);
        make_client(&admin, id, &format!("of-{id}"), &["openid"]).await;
    }
    for (id, algorithm) in
        [("admin", "ES256"), ("plain", "RS256"), ("rsa", "RS256"), ("ecdsa", "ES256"), ("eddsa", "EdDSA")]
    {
        let caller = match id {
            "admin" => server.as_admin(),
            _ => {
                let secret = "a secret that was chosen, 32 or more";
                let body = json!({ "authorization_server_id": id, "client_id": format!("for-{id}"), "client_name": id, "client_secret": secret, "grant_types": ["client_credentials"] });
                admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
                Caller::new(&server.url).with_credentials("default", id, &format!("for-{id}"), secret)
            }
        };
        let jwt = read(&caller.token().await.unwrap());
        assert_eq!(jwt.header["alg"], algorithm, "{id}");
        assert_eq!(jwt.header["typ"], "at+jwt", "{id}");
        let jwks = published(&server, id).await;
        assert!(verify(&jwt, &jwks), "{id}: the published key does not verify the signature");
        let forged = Jwt { signed: jwt.signed.replacen('.', "A.", 1), ..jwt };
        assert!(!verify(&forged, &jwks), "{id}: the published key verifies anything");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claims_say_who_for_whom_and_until_when() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let client = make_client(&admin, "default", "till", &["profile", "openid"]).await;
    let jwt = read(&bearer_of(&server, &client).token().await.unwrap());
    let now = START / 1_000_000;
    let issuer = format!("{}/default/default", server.url);
    for (name, value) in [
        ("iss", json!(issuer)),
        ("sub", json!("till")),
        ("client_id", json!("till")),
        ("iat", json!(now)),
        ("exp", json!(now + 3600)),
        ("tid", json!("default")),
        ("aid", json!("default")),
    ] {
        assert_eq!(jwt.claims[name], value, "{name} in {}", jwt.claims);
    }
    let mut scopes: Vec<&str> = jwt.claims["scope"].as_str().unwrap().split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["openid", "profile"]);
    assert!(jwt.claims["aud"] == json!(issuer) || jwt.claims["aud"] == json!([issuer]), "{}", jwt.claims["aud"]);
    let again = read(&bearer_of(&server, &client).token().await.unwrap());
    assert_ne!(jwt.claims["jti"], again.claims["jti"], "two tokens share a jti");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_ask_for_less_and_never_for_more() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let client = make_client(&admin, "default", "till", &["openid", "profile"]).await;
    let secret = client["client_secret"].as_str().unwrap();
    let ask = async |form: &str| ask_token(&server, "default", "till", secret, form).await;
    let less = ask(&format!("{GRANT}&scope=profile")).await.expect(200).json();
    assert_eq!(less["scope"], "profile");
    assert_eq!(read(less["access_token"].as_str().unwrap()).claims["scope"], "profile");
    let all = ask(GRANT).await.expect(200).json();
    assert_eq!(all["scope"], "openid profile");
    refused(ask(&format!("{GRANT}&scope=email")).await, 400, "invalid_scope");
    refused(ask(&format!("{GRANT}&scope=openid+email")).await, 400, "invalid_scope");
    refused(ask(&format!("{GRANT}&scope=evaluate_decisions")).await, 400, "invalid_scope");
    refused(ask(&format!("{GRANT}&scope=OPENID")).await, 400, "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_to_the_second() {
    let server = TestServer::start().await;
    make_server(&server.as_admin(), "short", json!({ "access_token_ttl": "1m30s" })).await;
    let client = make_client(&server.as_admin(), "short", "till", &["evaluate_decisions"]).await;
    let (hour, short) = (server.as_admin(), bearer_of(&server, &client));
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" }, "resource": { "type": "c", "id": "d" } });
    let evaluate = "/default/short/access/v1/evaluation";
    hour.get(TENANT).await.expect(200);
    short.post(evaluate, &question).await.expect(200);

    server.world.advance_seconds(89);
    short.post(evaluate, &question).await.expect(200);
    server.world.advance_seconds(1);
    let answer = short.post(evaluate, &question).await.expect(401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("invalid_token") && challenge.contains("expired"), "{challenge}");

    server.world.advance_seconds(3600 - 91);
    hour.get(TENANT).await.expect(200);
    server.world.advance_seconds(1);
    hour.get(TENANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_and_a_deleted_server_take_their_tokens_with_them() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" }, "resource": { "type": "c", "id": "d" } });
    let evaluate = "/default/shop/access/v1/evaluation";
    let one = bearer_of(&server, &make_client(&admin, "shop", "one", &["evaluate_decisions"]).await);
    let two = bearer_of(&server, &make_client(&admin, "shop", "two", &["evaluate_decisions"]).await);
    for caller in [&one, &two] {
        caller.post(evaluate, &question).await.expect(200);
    }

    admin.delete(&format!("{ADMIN}/clients/one")).await.expect(204);
    one.post(evaluate, &question).await.expect(401);
    two.post(evaluate, &question).await.expect(200);
    admin.get(&format!("{ADMIN}/clients/one")).await.expect(404);
    admin.delete(&format!("{ADMIN}/clients/one")).await.expect(404);

    admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);
    two.post(evaluate, &question).await.expect(401);
    // The same names again are other things: old tokens stay dead.
    make_server(&admin, "shop", json!({})).await;
    let again = bearer_of(&server, &make_client(&admin, "shop", "two", &["evaluate_decisions"]).await);
    two.post(evaluate, &question).await.expect(401);
    again.post(evaluate, &question).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_with_an_old_name_does_not_revive_old_tokens() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" }, "resource": { "type": "c", "id": "d" } });
    let evaluate = "/default/default/access/v1/evaluation";
    let old = bearer_of(&server, &make_client(&admin, "default", "till", &["evaluate_decisions"]).await);
    old.post(evaluate, &question).await.expect(200);
    admin.delete(&format!("{ADMIN}/clients/till")).await.expect(204);
    old.post(evaluate, &question).await.expect(401);

    server.world.advance_seconds(60);
    let new = bearer_of(&server, &make_client(&admin, "default", "till", &["openid"]).await);
    new.post(evaluate, &question).await.expect(403);
    let answer = old.post(evaluate, &question).await;
    assert_eq!(answer.status, 401, "the token of a deleted client is good again: {}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let (admin, clients) = (server.as_admin(), format!("{ADMIN}/clients"));
    make_client(&admin, "default", "taken", &[]).await;
    let before = admin.get(&format!("{ADMIN}/servers/default/clients")).await.expect(200).json();
    let base = json!({ "client_id": "new", "client_name": "New", "authorization_server_id": "default" });
    for (member, value, named) in [
        ("client_name", Value::Null, "/client_name"),
        ("client_name", json!("  "), "/client_name"),
        ("client_name", json!(1), "/client_name"),
        ("authorization_server_id", Value::Null, "/authorization_server_id"),
        ("authorization_server_id", json!("nothing"), "/authorization_server_id"),
        ("client_id", json!("with blank"), "/client_id"),
        ("client_id", json!("a/b"), "/client_id"),
        ("client_id", json!(".."), "/client_id"),
        ("client_id", json!("x".repeat(129)), "/client_id"),
        ("tenant_id", json!("demo"), "/tenant_id"),
        ("grant_types", json!(["password"]), "/grant_types/0"),
        ("grant_types", json!(["client_credentials", "magic"]), "/grant_types/1"),
        ("grant_types", json!("client_credentials"), "/grant_types"),
        ("scopes", json!(["openid", "nothing"]), "/scopes/1"),
        ("scopes", json!("openid"), "/scopes"),
        ("magic", json!(true), "/magic"),
    ] {
        let mut body = base.clone();
        body[member] = value;
        let answer = admin.post(&clients, &body).await.expect(422);
        let named_members = wrong_members(&answer);
        assert!(
            named_members == [named],
            "{body} is refused with {named_members:?} instead of {named}: {}",
            answer.text()
        );
    }
    let taken = json!({ "client_id": "taken", "client_name": "Again", "authorization_server_id": "default" });
    admin.post(&clients, &taken).await.expect(409);
    let after = admin.get(&format!("{ADMIN}/servers/default/clients")).await.expect(200).json();
    assert_eq!(before, after, "a refused client has changed something");
    admin.delete(&format!("{clients}/admin")).await.expect(400);
    admin.get(&format!("{clients}/admin")).await.expect(200);
    admin.get(&format!("{ADMIN}/servers/nothing/clients")).await.expect(404);
}

/// A token with other parts and the old signature.
fn forge(token: &str, header: impl Fn(&mut Value), claims: impl Fn(&mut Value)) -> String {
    let mut jwt = read(token);
    header(&mut jwt.header);
    claims(&mut jwt.claims);
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.{}", part(&jwt.header), part(&jwt.claims), BASE64URL_NOPAD.encode(&jwt.signature))
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_were_not_issued_are_refused() {
    let server = TestServer::start().await;
    let good = bootstrap_token(&server, "default", "admin", "admin").await;
    let system = bootstrap_token(&server, "default", "system", "system").await;
    let demo = bootstrap_token(&server, "demo", "admin", "admin").await;
    let nothing = |_: &mut Value| {};
    let parts: Vec<&str> = good.split('.').collect();
    let kid = published(&server, "admin").await["keys"][0]["kid"].clone();
    let forged = [
        ("another expiry", forge(&good, nothing, |claims| claims["exp"] = json!(9_999_999_999_i64))),
        ("another server", forge(&system, nothing, |claims| claims["aid"] = json!("admin"))),
        ("another tenant", forge(&demo, nothing, |claims| claims["tid"] = json!("default"))),
        (
            "another server's key",
            forge(&system, |header| header["kid"] = kid.clone(), |claims| claims["aid"] = json!("admin")),
        ),
        ("no algorithm", forge(&good, |header| header["alg"] = json!("none"), nothing)),
        ("no algorithm, no signature", {
            let header =
                BASE64URL_NOPAD.encode(json!({ "alg": "none", "typ": "at+jwt", "kid": kid }).to_string().as_bytes());
            format!("{header}.{}.", parts[1])
        }),
        ("a symmetric algorithm", forge(&good, |header| header["alg"] = json!("HS256"), nothing)),
        ("another algorithm", forge(&good, |header| header["alg"] = json!("RS256"), nothing)),
        ("another type", forge(&good, |header| header["typ"] = json!("JWT"), nothing)),
        ("an unknown key", forge(&good, |header| header["kid"] = json!("nothing"), nothing)),
        ("a key in the header", forge(&good, |header| header["jwk"] = json!({ "kty": "oct", "k": "AA" }), nothing)),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("a short signature", good[..good.len() - 4].to_owned()),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.AA")),
        ("padding", format!("{good}=")),
        ("the other tenant's administrator", demo.clone()),
        ("text", "admin".to_owned()),
    ];
    for (what, token) in forged {
        let answer = Caller::new(&server.url).with_token(&token).get(TENANT).await;
        assert_eq!(answer.status, 401, "{what} was let through: {token}: {}", answer.text());
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("invalid_token"), "{what}: {challenge}");
    }
    let answer = server.anonymous().get(TENANT).await.expect(401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer resource_metadata=") && !challenge.contains("error"),
        "no error word when nothing was presented (RFC 6750 §3.1): {challenge}"
    );
    Caller::new(&server.url).with_token(&good).get(TENANT).await.expect(200);
    Caller::new(&server.url).with_token(&demo).get("/api/admin/demo/tenant").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_in_the_header_only() {
    let server = TestServer::start().await;
    let good = bootstrap_token(&server, "default", "admin", "admin").await;
    server.anonymous().get(&format!("{TENANT}?access_token={good}")).await.expect(401);
    server.anonymous().with_header("authorization", &good).get(TENANT).await.expect(401);
    server.anonymous().with_header("authorization", &format!("Token {good}")).get(TENANT).await.expect(401);
    server.anonymous().with_header("authorization", &basic("admin", SECRET)).get(TENANT).await.expect(401);
    server.anonymous().with_header("authorization", &format!("bearer {good}")).get(TENANT).await.expect(200);
}
