//! How clients prove themselves: with nothing, with a secret, with a signed assertion. Each method is good for its own clients
//! only, and whatever is wrong is answered alike.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::support::{
    Answer, TestServer,
    elsewhere::Elsewhere,
    made::{ADMIN, ask_token, basic, make_server, post_form},
    signer::Signer,
    world::START,
};

covers!("token");

const TOKEN: &str = "/default/shop/oauth2/token";
const GRANT: &str = "grant_type=client_credentials";
const KIND: &str = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const NOW: i64 = START / 1_000_000;
const SECRET: &str = "a secret that the client shares with the server";

async fn shop(server: &TestServer) {
    make_server(&server.as_admin(), "shop", json!({})).await;
}

/// A machine client with more members.
async fn client(server: &TestServer, id: &str, more: Value) {
    let mut body = json!({
        "authorization_server_id": "shop", "client_id": id, "client_name": id, "grant_types": ["client_credentials"],
    });
    for (member, value) in more.as_object().unwrap() {
        body[member] = value.clone();
    }
    server.as_admin().post(&format!("{ADMIN}/clients"), &body).await.expect(201);
}

async fn client_with_key(server: &TestServer, id: &str, signer: &Signer) {
    let keys = json!({ "keys": [signer.jwk()] });
    client(server, id, json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys })).await;
}

/// What a good assertion says, with a name of its own.
fn claims(server: &TestServer, client: &str, now: i64) -> Value {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let jti = format!("assertion {}", NAMES.fetch_add(1, Ordering::Relaxed));
    let issuer = format!("{}/default/shop", server.url);
    json!({ "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + 300, "jti": jti })
}

async fn ask(server: &TestServer, assertion: &str) -> Answer {
    post_form(&server.anonymous(), TOKEN, &format!("{GRANT}&{KIND}&client_assertion={assertion}")).await
}

/// What an unknown client is told.
async fn unknown(server: &TestServer) -> String {
    let answer = ask_token(server, "shop", "nobody", SECRET, GRANT).await.expect(401);
    assert!(answer.header("www-authenticate").is_some());
    answer.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_proves_itself_with_a_key_of_every_kind() {
    let server = TestServer::start().await;
    shop(&server).await;
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let signer = Signer::new(alg, "one");
        client_with_key(&server, alg, &signer).await;
        let mut claims = self::claims(&server, alg, NOW);
        ask(&server, &signer.sign(&claims)).await.expect(200);
        claims["aud"] = json!([format!("{}{TOKEN}", server.url)]);
        claims["jti"] = json!("to the token endpoint");
        // Without the name of its key, without a type, and with its id beside it.
        let assertion = signer.sign_as(&json!({ "alg": alg }), &claims);
        let form = format!("{GRANT}&{KIND}&client_id={alg}&client_assertion={assertion}");
        post_form(&server.anonymous(), TOKEN, &form).await.expect(200);

        let other = Signer::new(alg, "one");
        ask(&server, &other.sign(&self::claims(&server, alg, NOW))).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_may_be_for_the_endpoint_that_it_is_shown_to() {
    let server = TestServer::start().await;
    let (device, elsewhere) = ("urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba");
    let grants = json!(["client_credentials", "authorization_code", device, elsewhere]);
    make_server(&server.as_admin(), "shop", json!({ "grant_types": grants })).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "till", &signer).await;
    let show = async |audience: &str, path: &str| {
        let mut claims = self::claims(&server, "till", NOW);
        claims["aud"] = json!(format!("{}/default/shop{audience}", server.url));
        let form = format!("{GRANT}&{KIND}&token=nothing&client_assertion={}", signer.sign(&claims));
        let path = format!("/default/shop{path}");
        let first = post_form(&server.anonymous(), &path, &form).await;
        (first.status.as_u16(), post_form(&server.anonymous(), &path, &form).await.status.as_u16())
    };
    // What they ask for is not always in order, but they are who they are; and an assertion is good once wherever it was shown.
    for (endpoint, status) in [
        ("/oauth2/token", 200),
        ("/oauth2/par", 400),
        ("/oauth2/device_authorization", 400),
        ("/oauth2/bc-authorize", 400),
        ("/oauth2/introspect", 200),
        ("/oauth2/revoke", 200),
    ] {
        assert_eq!(show(endpoint, endpoint).await, (status, 401), "{endpoint}");
        assert_eq!(show(endpoint, "/oauth2/token").await, (200, 401), "{endpoint}");
    }
    for other in ["/oauth2/authorize", "/userinfo", "/", "/oauth2/par/"] {
        assert_eq!(show(other, "/oauth2/token").await.0, 401, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_signs_with_its_secret() {
    let server = TestServer::start().await;
    shop(&server).await;
    let method = json!({ "token_endpoint_auth_method": "client_secret_jwt", "client_secret": SECRET });
    client(&server, "till", method).await;
    ask(&server, &Signer::sharing(SECRET).sign(&claims(&server, "till", NOW))).await.expect(200);
    let wrong = Signer::sharing("another secret that nobody shares with it");
    ask(&server, &wrong.sign(&claims(&server, "till", NOW))).await.expect(401);

    let ends = json!({ "token_endpoint_auth_method": "client_secret_jwt", "client_secret": SECRET, "client_secret_expires_at": NOW + 10 });
    client(&server, "brief", ends).await;
    ask(&server, &Signer::sharing(SECRET).sign(&claims(&server, "brief", NOW))).await.expect(200);
    server.world.advance_seconds(10);
    ask(&server, &Signer::sharing(SECRET).sign(&claims(&server, "brief", NOW))).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_for_its_own_clients() {
    let server = TestServer::start().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "keys", &signer).await;
    client(&server, "jwt", json!({ "token_endpoint_auth_method": "client_secret_jwt", "client_secret": SECRET })).await;
    client(&server, "basic", json!({ "client_secret": SECRET })).await;
    let code = json!({ "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://app.example/cb"] });
    client(&server, "public", code).await;

    ask_token(&server, "shop", "basic", SECRET, GRANT).await.expect(200);
    let same = unknown(&server).await;
    for id in ["keys", "jwt", "public"] {
        let answer = ask_token(&server, "shop", id, SECRET, GRANT).await.expect(401);
        assert_eq!(answer.text(), same, "{id} with a secret");
    }
    for id in ["keys", "basic", "public"] {
        let answer = ask(&server, &Signer::sharing(SECRET).sign(&claims(&server, id, NOW))).await.expect(401);
        assert_eq!(answer.text(), same, "{id} with a secret that signs");
    }
    for id in ["jwt", "basic", "public", "nobody"] {
        let answer = ask(&server, &signer.sign(&claims(&server, id, NOW))).await.expect(401);
        assert_eq!(answer.text(), same, "{id} with somebody's key");
    }
    for id in ["keys", "jwt", "basic", "nobody"] {
        let answer = post_form(&server.anonymous(), TOKEN, &format!("{GRANT}&client_id={id}")).await.expect(401);
        assert_eq!(answer.text(), same, "{id} with its id alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_has_its_id_and_no_tokens_of_its_own() {
    let server = TestServer::start().await;
    shop(&server).await;
    let code = json!({ "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://app.example/cb"] });
    client(&server, "public", code).await;
    let ask = async |form: &str| post_form(&server.anonymous(), TOKEN, &format!("{form}&client_id=public")).await;
    // It is believed to be who it says, and has to show a code or a refresh token.
    for form in ["grant_type=authorization_code&code=nothing", "grant_type=refresh_token&refresh_token=nothing"] {
        assert_eq!(ask(form).await.expect(400).json()["error"], "invalid_grant", "{form}");
    }
    assert_eq!(ask(GRANT).await.expect(400).json()["error"], "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_says_who_for_whom_and_how_long() {
    let server = TestServer::start().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "till", &signer).await;
    client_with_key(&server, "other", &signer).await;
    let same = unknown(&server).await;
    let issuer = format!("{}/default/shop", server.url);
    let removed = Value::Null;
    for (member, value) in [
        ("iss", json!("other")),
        ("iss", json!(issuer)),
        ("iss", removed.clone()),
        ("sub", json!("other")),
        ("sub", removed.clone()),
        ("aud", json!(format!("{}/default/default", server.url))),
        ("aud", json!([issuer, "https://elsewhere.example"])),
        ("aud", json!([])),
        ("aud", removed.clone()),
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 1)),
        ("exp", json!(NOW + 3661)),
        ("exp", json!("tomorrow")),
        ("exp", removed.clone()),
        ("nbf", json!(NOW + 61)),
        ("iat", json!(NOW + 61)),
        ("jti", json!("")),
        ("jti", json!("j".repeat(1025))),
        ("jti", removed.clone()),
    ] {
        let mut claims = self::claims(&server, "till", NOW);
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(member)),
            value => claims[member] = value,
        }
        let answer = ask(&server, &signer.sign(&claims)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (401, same.clone()), "{claims}");
    }
    for (member, value) in [("nbf", NOW + 60), ("iat", NOW + 60), ("exp", NOW + 3660), ("exp", NOW + 1)] {
        let mut claims = self::claims(&server, "till", NOW);
        claims[member] = json!(value);
        let answer = ask(&server, &signer.sign(&claims)).await;
        assert_eq!(answer.status, 200, "{claims}: {}", answer.text());
    }
    let late = signer.sign(&claims(&server, "till", NOW));
    server.world.advance_seconds(300);
    ask(&server, &late).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_once() {
    let server = TestServer::start().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "till", &signer).await;
    client_with_key(&server, "other", &signer).await;
    let mut claims = self::claims(&server, "till", NOW);
    let assertion: Arc<str> = signer.sign(&claims).into();
    let server = Arc::new(server);
    let asked = (0..20).map(|_| {
        let (server, assertion) = (Arc::clone(&server), Arc::clone(&assertion));
        tokio::spawn(async move { ask(&server, &assertion).await.status.as_u16() })
    });
    let mut answers = Vec::new();
    for one in asked.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    answers.sort_unstable();
    let mut expected = vec![401; 20];
    expected[0] = 200;
    assert_eq!(answers, expected, "one of many wins");

    // The name counts, not the text.
    claims["exp"] = json!(NOW + 301);
    ask(&server, &signer.sign(&claims)).await.expect(401);
    for member in ["iss", "sub"] {
        claims[member] = json!("other");
    }
    ask(&server, &signer.sign(&claims)).await.expect(200);

    let server = Arc::into_inner(server).unwrap();
    let url = server.url.clone();
    let (folder, world) = server.stop().await;
    let again = TestServer::on(folder, world, |config| {
        config.listen = url.trim_start_matches("http://").parse().unwrap();
    });
    ask(&again.await, &assertion).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_not_confused() {
    let server = TestServer::start().await;
    shop(&server).await;
    let rsa = Signer::new("RS256", "one");
    client_with_key(&server, "till", &rsa).await;
    client(&server, "jwt", json!({ "token_endpoint_auth_method": "client_secret_jwt", "client_secret": SECRET })).await;
    let fixed = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [rsa.jwk()] }, "token_endpoint_signing_alg": "PS256" });
    client(&server, "fixed", fixed).await;
    let claims = |id: &str| self::claims(&server, id, NOW);
    let b64 = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let unsigned = |alg: &str, id: &str| format!("{}.{}.", b64(&json!({ "alg": alg })), b64(&claims(id)));
    let shared = |secret: Vec<u8>| Signer::sharing(secret).sign(&claims("till"));
    let jwk = rsa.jwk();
    let der = rsa.public_der();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", data_encoding::BASE64.encode(&der));
    let own = Signer::new("ES256", "one");
    let with_key = |member: &str, value: Value| {
        own.sign_as(&json!({ "alg": "ES256", "kid": "one", member: value }), &claims("till"))
    };
    let mut attempts: Vec<String> = ["none", "None", "NONE", ""]
        .into_iter()
        .flat_map(|alg| [unsigned(alg, "till"), unsigned(alg, "jwt")])
        .collect();
    attempts.extend([
        shared(jwk.to_string().into_bytes()),
        shared(json!({ "keys": [jwk] }).to_string().into_bytes()),
        shared(BASE64URL_NOPAD.decode(jwk["n"].as_str().unwrap().as_bytes()).unwrap()),
        shared(der),
        shared(pem.into_bytes()),
        shared(Vec::new()),
        with_key("jwk", own.jwk()),
        with_key("jku", json!("https://evil.example/keys")),
        with_key("x5u", json!("https://evil.example/chain")),
        rsa.sign_as(&json!({ "alg": "HS256", "kid": "one" }), &claims("till")),
        rsa.sign_as(&json!({ "alg": "RS256", "kid": "two" }), &claims("till")),
        rsa.sign_as(&json!({ "alg": "RS256", "kid": "one", "crit": ["b64"], "b64": false }), &claims("till")),
        rsa.sign_as(&json!({ "alg": "RS256", "kid": "one", "typ": "at+jwt" }), &claims("till")),
        rsa.sign_as(&json!({ "alg": "PS256", "kid": "one" }), &claims("till")),
        rsa.sign(&claims("fixed")),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".to_owned(),
    ]);
    let same = unknown(&server).await;
    for attempt in attempts {
        let answer = ask(&server, &attempt).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (401, same.clone()), "{attempt}");
    }
    ask(&server, &rsa.sign(&claims("till"))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn assertions_are_not_giant() {
    let server = TestServer::start().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "till", &signer).await;
    let with = |bytes: usize| {
        let mut claims = claims(&server, "till", NOW);
        claims["padding"] = json!("x".repeat(bytes));
        signer.sign(&claims)
    };
    let (fits, giant) = (with(11_000), with(13_000));
    assert!(fits.len() < 16 * 1024 && giant.len() > 16 * 1024);
    ask(&server, &fits).await.expect(200);
    ask(&server, &giant).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_one_thing() {
    let server = TestServer::start().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    client_with_key(&server, "till", &signer).await;
    let assertion = || signer.sign(&claims(&server, "till", NOW));
    let anonymous = server.anonymous();
    let with_header = server.anonymous().with_header("authorization", &basic("till", SECRET));
    for (caller, form) in [
        (&anonymous, format!("{KIND}&client_assertion={}&client_id=till&client_secret=x", assertion())),
        (&with_header, format!("{KIND}&client_assertion={}", assertion())),
        (&anonymous, format!("client_assertion={}", assertion())),
        (&anonymous, format!("client_assertion_type=jwt&client_assertion={}", assertion())),
        (&anonymous, KIND.to_owned()),
    ] {
        let answer = post_form(caller, TOKEN, &format!("{GRANT}&{form}")).await.expect(400);
        assert_eq!(answer.json()["error"], "invalid_request", "{form}");
    }
    let other = format!("{GRANT}&{KIND}&client_assertion={}&client_id=other", assertion());
    post_form(&anonymous, TOKEN, &other).await.expect(401);
}

/// A client whose keys are behind a URL.
async fn client_with_url(server: &TestServer, id: &str, url: &str) {
    client(server, id, json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": url })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_behind_a_url_are_fetched_and_remembered() {
    let there = Elsewhere::start().await;
    let server = there.known_to_server().await;
    shop(&server).await;
    let (one, two) = (Signer::new("ES256", "one"), Signer::new("ES256", "two"));
    client_with_url(&server, "till", &there.serves("/keys", json!({ "keys": [one.jwk()] }))).await;
    let mut now = NOW;
    let ask = async |signer: &Signer, now: i64| {
        ask(&server, &signer.sign(&claims(&server, "till", now))).await.status.as_u16()
    };
    assert_eq!((ask(&one, now).await, ask(&one, now).await, there.asked("/keys")), (200, 200, 1));
    // A key that is not known is looked for, but not all the time.
    assert_eq!((ask(&two, now).await, there.asked("/keys")), (401, 1));
    there.serves("/keys", json!({ "keys": [one.jwk(), two.jwk()] }));
    server.world.advance_seconds(30);
    now += 30;
    assert_eq!((ask(&two, now).await, ask(&one, now).await, there.asked("/keys")), (200, 200, 2));
    // A key that was taken out is good until the set is old.
    there.serves("/keys", json!({ "keys": [two.jwk()] }));
    server.world.advance_seconds(599);
    now += 599;
    assert_eq!((ask(&one, now).await, there.asked("/keys")), (200, 2));
    server.world.advance_seconds(1);
    now += 1;
    assert_eq!((ask(&one, now).await, ask(&two, now).await, there.asked("/keys")), (401, 200, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_ask_for_keys_once() {
    let there = Elsewhere::start().await;
    let server = Arc::new(there.known_to_server().await);
    shop(&server).await;
    let signer = Arc::new(Signer::new("ES256", "one"));
    client_with_url(&server, "till", &there.serves("/keys", json!({ "keys": [signer.jwk()] }))).await;
    let asked = (0..10).map(|_| {
        let (server, signer) = (Arc::clone(&server), Arc::clone(&signer));
        tokio::spawn(async move { ask(&server, &signer.sign(&claims(&server, "till", NOW))).await.status.as_u16() })
    });
    for one in asked.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), 200);
    }
    assert_eq!(there.asked("/keys"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_sets_are_small_and_right() {
    let there = Elsewhere::start().await;
    let server = there.known_to_server().await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    let giant = json!({ "keys": [signer.jwk()], "padding": "x".repeat(70_000) });
    let many: Vec<Value> = std::iter::repeat_n(signer.jwk(), 21).collect();
    for (id, document) in [
        ("giant", giant.to_string()),
        ("many", json!({ "keys": many }).to_string()),
        ("html", "<html>".to_owned()),
        ("list", json!([signer.jwk()]).to_string()),
        ("encrypting", {
            let mut jwk = signer.jwk();
            jwk["use"] = json!("enc");
            json!({ "keys": [jwk] }).to_string()
        }),
    ] {
        client_with_url(&server, id, &there.serves(&format!("/{id}"), document)).await;
        ask(&server, &signer.sign(&claims(&server, id, NOW))).await.expect(401);
        assert_eq!(there.asked(&format!("/{id}")), 1, "{id}");
    }
    // Beside keys of other kinds, the right one is found.
    let mixed = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }, { "kty": "future" }, 7, signer.jwk()] });
    client_with_url(&server, "mixed", &there.serves("/mixed", mixed)).await;
    ask(&server, &signer.sign(&claims(&server, "mixed", NOW))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_not_fetched_from_private_networks() {
    let there = Elsewhere::start().await;
    let server = there.server_with(Vec::new()).await;
    shop(&server).await;
    let signer = Signer::new("ES256", "one");
    there.serves("/keys", json!({ "keys": [signer.jwk()] }));
    for (id, host) in [("name", "localhost"), ("v4", "127.0.0.1"), ("v6", "[::1]"), ("mapped", "[::ffff:127.0.0.1]")] {
        client_with_url(&server, id, &format!("https://{host}:{}/keys", there.port())).await;
        ask(&server, &signer.sign(&claims(&server, id, NOW))).await.expect(401);
    }
    assert_eq!(there.asked("/keys"), 0);
    let plain = json!({
        "authorization_server_id": "shop", "client_id": "plain", "client_name": "Plain",
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://example.com/keys",
    });
    server.as_admin().post(&format!("{ADMIN}/clients"), &plain).await.expect(422);
}
