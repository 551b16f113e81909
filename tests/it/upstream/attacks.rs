//! What must not let anybody in, and must not change anything.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::{
        jws,
        keys::{KeyType, SigningKey},
    },
    domain::Failure,
};

use super::*;

/// A token with this header and this code behind it.
fn forged(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", encode(header), encode(claims));
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&sign(signed.as_bytes())))
}

/// Comes back with a token made from good claims, and shows that it changes nothing; a good one works afterwards.
async fn refused(change: Value, make: impl Fn(&Provider, &Value) -> String) {
    let (server, _, provider) = with_provider(json!({})).await;
    refused_at(&server, &provider, change, make).await;
}

async fn refused_at(
    server: &TestServer,
    provider: &Provider,
    change: Value,
    make: impl Fn(&Provider, &Value) -> String,
) {
    let visitor = Visitor::new(server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let before = visitor.kept(&login);
    let token = make(provider, &claims(server, provider, &url, &change));
    let code = provider.logs_in(&url, token);
    let state = parameter(&url, "state");
    let answer = visitor.comes_back(&[("state", &state), ("code", &code)]).await;
    assert_eq!(answer.status.as_u16(), 403, "{change}: {}", answer.text());
    assert!(answer.header("set-cookie").is_none_or(|cookie| !cookie.contains("pc-s-")), "{change}");
    assert_eq!(visitor.kept(&login), before, "{change}");
    let answer = comes_back(server, provider, &visitor, &url, json!({})).await;
    visitor.let_in_by(&answer, &login);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_logins_times_and_audiences_are_refused() {
    let (server, _, provider) = with_provider(json!({})).await;
    let now = server.app.domain.world.now_seconds();
    for change in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "somebody else" }),
        json!({ "aud": [CLIENT, "somebody else"] }),
        json!({ "azp": "somebody else" }),
        json!({ "iss": "https://op.example" }),
        json!({ "iss": format!("{}/", provider.issuer) }),
        json!({ "exp": now - 61 }),
        json!({ "exp": null }),
        json!({ "iat": now + 61 }),
        json!({ "iat": now - 3600 }),
        json!({ "nbf": now + 61 }),
        json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
        json!({ "auth_time": now + 61 }),
        json!({ "auth_time": "yesterday" }),
        json!({ "story": "a".repeat(70_000) }),
    ] {
        refused_at(&server, &provider, change, |provider, claims| provider.signs(claims)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_without_a_signature_of_the_provider_are_refused() {
    // Unsigned.
    for alg in ["none", "None", "NONE"] {
        refused(json!({}), |_, claims| forged(&json!({ "alg": alg }), claims, |_| Vec::new())).await;
    }
    // Signed with the public key as if it were a secret.
    refused(json!({}), |provider, claims| {
        let jwk = provider.key.public_jwk();
        let secret = hmac::Key::new(hmac::HMAC_SHA256, jwk.to_string().as_bytes());
        let header = json!({ "alg": "HS256", "kid": provider.key.kid() });
        forged(&header, claims, |text| hmac::sign(&secret, text).as_ref().to_vec())
    })
    .await;
    // Signed by somebody else, under the provider's name of its key.
    refused(json!({}), |provider, claims| {
        let stranger = SigningKey::generate(KeyType::Ecdsa).unwrap().named(provider.key.kid()).unwrap();
        jws::sign(&stranger, "JWT", claims).unwrap()
    })
    .await;
    // Signed by somebody else who brings the key along.
    refused(json!({}), |_, claims| {
        let stranger = SigningKey::generate(KeyType::Ecdsa).unwrap();
        let header = json!({ "alg": "ES256", "jwk": stranger.public_jwk(), "jku": "http://127.0.0.1:1/keys" });
        forged(&header, claims, |text| stranger.sign(text).unwrap())
    })
    .await;
    // Changed after it was signed, and no token at all.
    refused(json!({}), |provider, claims| provider.signs(claims).replace('.', ".a")).await;
    refused(json!({}), |_, _| "token".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_once_and_only_from_the_browser_that_went() {
    let (server, _, provider) = with_provider(json!({})).await;
    let (ada, eve) = (Visitor::new(&server, "shop"), Visitor::new(&server, "shop"));
    let login = ada.asks(&[]).await;
    let url = ada.leaves(&login).await;
    let state = parameter(&url, "state");
    let before = ada.kept(&login);
    let token = provider.signs(&claims(&server, &provider, &url, &json!({})));
    let code = provider.logs_in(&url, token.clone());

    // In another browser, whichever: a code of one's own must not be slipped to anybody (login CSRF).
    eve.comes_back(&[("state", &state), ("code", &code)]).await.expect(404);
    server.anonymous().get(&format!("/default/shop/callback?state={state}&code=x")).await.expect(404);
    // With a state that was not given out, of no login, of another one, or for another server.
    let own = eve.asks(&[]).await;
    let own_url = eve.leaves(&own).await;
    let mixed = format!("{login}.{}", parameter(&own_url, "state").split_once('.').unwrap().1);
    for state in ["", "x", ".", "x.y", &login, &format!("{login}."), &format!("{state}x"), &mixed] {
        ada.comes_back(&[("state", state), ("code", &code)]).await.expect(404);
    }
    ada.comes_back(&[("code", &code)]).await.expect(404);
    ada.opens(&format!("/default/admin/callback?state={state}&code=x")).await.expect(404);
    assert!(provider.asked("/op/token").is_empty(), "nobody asked the provider for any of this");
    assert_eq!(ada.kept(&login), before);

    let answer = ada.comes_back(&[("state", &state), ("code", &code)]).await;
    ada.let_in_by(&answer, &login);
    // Once more, also with a code that is good.
    let after = ada.kept(&login);
    ada.comes_back(&[("state", &state), ("code", &code)]).await.expect(404);
    let code = provider.logs_in(&url, token);
    ada.comes_back(&[("state", &state), ("code", &code)]).await.expect(404);
    ada.comes_back(&[("state", &state), ("error", "access_denied")]).await.expect(404);
    assert_eq!(ada.kept(&login), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_answers_at_once_one_is_taken() {
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let codes: Vec<String> =
        (0..4).map(|_| provider.logs_in(&url, provider.signs(&claims(&server, &provider, &url, &json!({}))))).collect();
    let state = parameter(&url, "state");
    let query: Vec<[(&str, &str); 2]> = codes.iter().map(|code| [("state", state.as_str()), ("code", code)]).collect();
    let (a, b, c, d) = tokio::join!(
        visitor.comes_back(&query[0]),
        visitor.comes_back(&query[1]),
        visitor.comes_back(&query[2]),
        visitor.comes_back(&query[3])
    );
    let mut statuses = [a, b, c, d].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_again_makes_the_answer_to_the_time_before_worthless() {
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let (first, second) = (visitor.leaves(&login).await, visitor.leaves(&login).await);
    let answer = comes_back(&server, &provider, &visitor, &first, json!({})).await;
    assert_eq!(answer.status.as_u16(), 404);
    let answer = comes_back(&server, &provider, &visitor, &second, json!({})).await;
    visitor.let_in_by(&answer, &login);
    // A login has its time.
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    server.world.advance_seconds(1800);
    let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
    assert_eq!(answer.status.as_u16(), 404);
}

/// RFC 9207 §2.4, and the code of one provider taken to another.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_another_provider_are_refused() {
    let (server, admin, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let state = parameter(&url, "state");
    let token = provider.signs(&claims(&server, &provider, &url, &json!({})));
    let code = provider.logs_in(&url, token);
    for iss in ["https://evil.example", &format!("{}/", provider.issuer)] {
        visitor.comes_back(&[("state", &state), ("code", &code), ("iss", iss)]).await.expect(403);
        visitor.comes_back(&[("state", &state), ("error", "access_denied"), ("iss", iss)]).await.expect(403);
    }
    assert!(provider.asked("/op/token").is_empty());
    let right = provider.issuer.clone();
    let answer = visitor.comes_back(&[("state", &state), ("code", &code), ("iss", &right)]).await;
    visitor.let_in_by(&answer, &login);

    // One that always names itself must do so.
    let other = Provider::start().await;
    let issuer = &other.issuer;
    other.answers(
        "/op/.well-known/openid-configuration",
        Canned::Json(
            200,
            json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
                "authorization_response_iss_parameter_supported": true,
            }),
        ),
    );
    set_methods(&admin, "shop", &[other.method(json!({}))]).await;
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let token = other.signs(&claims(&server, &other, &url, &json!({})));
    let (state, code) = (parameter(&url, "state"), other.logs_in(&url, token));
    visitor.comes_back(&[("state", &state), ("code", &code)]).await.expect(403);
    let answer = visitor.comes_back(&[("state", &state), ("code", &code), ("iss", issuer)]).await;
    visitor.let_in_by(&answer, &login);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_off_or_another_one_lets_nobody_in() {
    let (server, admin, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let other =
        json!({ "id": "own", "name": "Own", "method": "custom", "custom": { "login_url": "https://a.example" } });
    let mut off = provider.method(json!({}));
    off["disabled"] = json!(true);
    let moved = provider.method(json!({ "client_id": "another account", "client_secret": "x" }));
    for methods in [vec![off, other.clone()], vec![other], vec![moved]] {
        set_methods(&admin, "shop", &[provider.method(json!({}))]).await;
        let login = visitor.asks(&[]).await;
        let url = visitor.leaves(&login).await;
        let before = visitor.kept(&login);
        set_methods(&admin, "shop", &methods).await;
        let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
        assert_eq!(answer.status.as_u16(), 404, "{methods:?}");
        assert_eq!(visitor.kept(&login), before);
    }
}

/// Two methods at one provider, or two providers with the same subject, are two people.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_taken_for_somebody_of_another_method() {
    let (server, admin, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let mut subjects = Vec::new();
    for id in ["one", "two"] {
        let mut method = provider.method(json!({}));
        method["id"] = json!(id);
        set_methods(&admin, "shop", &[method]).await;
        let login = visitor.asks(&[]).await;
        let url = visitor.leaves(&login).await;
        let answer = comes_back(&server, &provider, &visitor, &url, json!({ "sub": "two:ada" })).await;
        subjects.push(visitor.let_in_by(&answer, &login).subject);
    }
    assert_eq!(subjects, ["one:two:ada", "two:two:ada"]);
}

/// Answers that are too large, too slow, somewhere else or nonsense, at every place that is asked.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_answers_let_nobody_in() {
    let hostile = |port: u16| {
        vec![
            Canned::Bytes(vec![b'['; 2 * 1024 * 1024]),
            Canned::Bytes(b"[".repeat(100_000)),
            Canned::Bytes(b"\xff\xfe".to_vec()),
            Canned::Json(200, json!([])),
            Canned::Json(200, json!({ "keys": "none" })),
            Canned::Moved(format!("http://127.0.0.2:{port}/op/token")),
            Canned::Moved("http://169.254.169.254/latest/meta-data".to_owned()),
            Canned::Json(500, json!({})),
            Canned::Silence,
        ]
    };
    for place in ["/op/token", "/op/keys"] {
        let (server, _, provider) = with_provider(json!({})).await;
        let visitor = Visitor::new(&server, "shop");
        for canned in hostile(provider.address.port()) {
            // Past what is remembered of the keys, and of the last time that they could not be had.
            server.world.advance_seconds(3600);
            let login = visitor.asks(&[]).await;
            let url = visitor.leaves(&login).await;
            let before = visitor.kept(&login);
            provider.answers(place, canned);
            let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
            assert!([403, 503].contains(&answer.status.as_u16()), "{place} {}", answer.status);
            assert_eq!(visitor.kept(&login), before);
        }
    }
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    for canned in hostile(provider.address.port()) {
        server.world.advance_seconds(60);
        let login = visitor.asks(&[]).await;
        let before = visitor.kept(&login);
        provider.answers("/op/.well-known/openid-configuration", canned);
        assert!(matches!(visitor.tries_to_leave(&login).await, Err(Failure::Unavailable { .. })));
        assert_eq!(visitor.kept(&login), before);
    }
}

/// A provider is a URL of somebody's choice: it is asked under the same rules as any other.
#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let provider = Provider::start().await;
    let (server, _) = shop(TestServer::start().await, &[provider.method(json!({}))]).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    assert!(matches!(visitor.tries_to_leave(&login).await, Err(Failure::Unavailable { .. })));
    assert!(provider.asked("/op/.well-known/openid-configuration").is_empty());
}

/// A provider that is allowed must not send us to what is not.
#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_under_the_same_rules() {
    let (server, _, provider) = with_provider(json!({})).await;
    let issuer = &provider.issuer;
    provider.answers(
        "/op/.well-known/openid-configuration",
        Canned::Json(
            200,
            json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("http://127.0.0.2:{}/op/token", provider.address.port()),
                "jwks_uri": format!("{issuer}/keys"),
            }),
        ),
    );
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert!(provider.asked("/op/token").is_empty());
}
