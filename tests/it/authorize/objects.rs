//! Request objects (RFC 9101): what is inside counts and nothing else, for whoever has signed it, once when it has a name.

use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::jwe,
    domain::{
        Failure,
        authorize::{Begun, Browser},
        encryption,
    },
};
use serde_json::{Value, json};

use super::shop::{AID, BACK, Shop, Told};
use crate::support::{
    Answer,
    elsewhere::Elsewhere,
    made::{ADMIN, basic, post_form, wrong_members},
    signer::Signer,
    world::START,
};

const NOW: i64 = START / 1_000_000;
const SECRET: &str = "a secret of the clients that sign";
const PAR: &str = "/default/shop/oauth2/par";

/// A shop with the client `till`, which signs with this key.
async fn with_till(signer: &Signer, more: Value) -> Shop {
    let shop = Shop::open().await;
    make_till(&shop, "till", signer, more).await;
    shop
}

async fn make_till(shop: &Shop, id: &str, signer: &Signer, more: Value) {
    let mut body = json!({ "trusted": true, "client_secret": SECRET, "jwks": { "keys": [signer.jwk()] } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.make_client(id, body).await;
}

impl Shop {
    /// What a good object of `till` says, with a name of its own.
    fn object(&self, more: Value) -> Value {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let mut claims = json!({
            "iss": "till", "aud": self.issuer(), "exp": NOW + 300, "nbf": NOW, "iat": NOW,
            "jti": format!("object {}", NAMES.fetch_add(1, Ordering::Relaxed)),
            "client_id": "till", "response_type": "code", "redirect_uri": BACK, "scope": "openid", "state": "inside",
        });
        for (member, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(member)),
                value => claims[member] = value.clone(),
            }
        }
        claims
    }

    /// Brings an object, with more parameters beside it.
    async fn shows(&self, browser: &Browser, object: &str, more: &[(&str, &str)]) -> Result<Begun, Failure> {
        self.ask_plainly(browser, &[&[("client_id", "till"), ("request", object)], more].concat()).await
    }

    async fn ask_plainly(&self, browser: &Browser, sent: &[(&str, &str)]) -> Result<Begun, Failure> {
        let sent: Vec<_> = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.ask_with(browser, &sent).await
    }

    /// What the client is told of an object that is brought alone.
    async fn told(&self, browser: &Browser, object: &str) -> Told {
        self.answered(self.shows(browser, object, &[]).await)
    }

    /// Pushes this form for `till`, which proves itself with its secret.
    async fn pushes(&self, form: &str) -> Answer {
        post_form(&self.server.anonymous().with_header("authorization", &basic("till", SECRET)), PAR, form).await
    }
}

/// Fails the test unless the client is told this error, and nothing else.
#[track_caller]
fn refuses(told: &Told, error: &str, what: &str) {
    assert_eq!(told.get("error"), Some(error), "{what}: {told:?}");
    assert_eq!((told.uri.as_str(), told.get("code")), (BACK, None), "{what}");
}

fn b64(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_signs_its_requests_with_a_key_of_every_kind() {
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let signer = Signer::new(alg, "one");
        let shop = with_till(&signer, json!({ "request_object_signing_alg": alg })).await;
        let browser = shop.browser_of("alice").await;
        let told = shop.told(&browser, &signer.sign(&shop.object(json!({})))).await;
        assert_eq!((told.uri.as_str(), told.get("state")), (BACK, Some("inside")));
        assert!(told.get("code").is_some(), "{alg}: {told:?}");
        let header = json!({ "alg": alg, "typ": "oauth-authz-req+jwt" });
        let told = shop.told(&browser, &signer.sign_as(&header, &shop.object(json!({ "max_age": 3600 })))).await;
        assert!(told.get("code").is_some(), "{alg}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_inside_counts() {
    let signer = Signer::new("ES256", "one");
    let shop = with_till(&signer, json!({})).await;
    let browser = shop.browser_of("alice").await;
    let object = signer.sign(&shop.object(json!({})));
    let outside = [
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("response_mode", "fragment"),
        ("scope", "openid email offline_access"),
        ("state", "outside"),
        ("nonce", "outside"),
        ("prompt", "login"),
        ("max_age", "nonsense"),
    ];
    let told = shop.answered(shop.shows(&browser, &object, &outside).await);
    assert_eq!((told.uri.as_str(), told.mode, told.get("state")), (BACK, "?", Some("inside")));
    assert!(told.get("code").is_some() && told.get("access_token").is_none(), "{told:?}");

    // What is missing inside is missing.
    let object = signer.sign(&shop.object(json!({ "response_type": null })));
    let told = shop.answered(shop.shows(&browser, &object, &[("response_type", "code")]).await);
    refuses(&told, "invalid_request", "no response type inside");
    let object = signer.sign(&shop.object(json!({ "redirect_uri": "https://evil.example/" })));
    let begun = shop.shows(&browser, &object, &[("redirect_uri", BACK)]).await;
    assert!(matches!(begun, Err(Failure::Malformed(_))), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_its_clients() {
    let (signer, foreign) = (Signer::new("RS256", "one"), Signer::new("RS256", "one"));
    let shop = with_till(&signer, json!({})).await;
    make_till(&shop, "desk", &foreign, json!({})).await;
    let browser = shop.browser_of("alice").await;
    let unsigned = |claims: &Value| format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(&claims.to_string()));
    let good = || shop.object(json!({}));
    let jwk = signer.jwk().to_string();
    let mut forged = signer.sign(&good());
    forged.truncate(forged.len() - 4);
    for (what, object) in [
        ("signed by another client", foreign.sign(&good())),
        ("of another client", foreign.sign(&shop.object(json!({ "client_id": "desk", "iss": "desk" })))),
        ("for another client", signer.sign(&shop.object(json!({ "client_id": "desk" })))),
        ("issued by another client", signer.sign(&shop.object(json!({ "iss": "desk" })))),
        ("without client_id", signer.sign(&shop.object(json!({ "client_id": null })))),
        ("unsigned", unsigned(&good())),
        ("with the public key as a secret", Signer::sharing(signer.public_der()).sign(&good())),
        ("with the public JWK as a secret", Signer::sharing(jwk.as_bytes()).sign(&good())),
        ("with the client's secret", Signer::sharing(SECRET).sign(&good())),
        ("for another server", signer.sign(&shop.object(json!({ "aud": "https://elsewhere.example" })))),
        ("for nobody", signer.sign(&shop.object(json!({ "aud": null })))),
        ("ended", signer.sign(&shop.object(json!({ "exp": NOW })))),
        ("not good yet", signer.sign(&shop.object(json!({ "nbf": NOW + 61 })))),
        ("a client assertion", signer.sign(&shop.object(json!({ "sub": "till" })))),
        ("another inside", signer.sign(&shop.object(json!({ "request": "e30.e30.e30" })))),
        ("another's address inside", signer.sign(&shop.object(json!({ "request_uri": "https://till.example/r" })))),
        ("an access token", signer.sign_as(&json!({ "alg": "RS256", "typ": "at+jwt" }), &good())),
        ("too large", signer.sign(&shop.object(json!({ "claims": "x".repeat(17 * 1024) })))),
        ("cut", forged),
        ("nonsense", "nonsense".to_owned()),
    ] {
        refuses(&shop.told(&browser, &object).await, "invalid_request_object", what);
    }
    assert!(shop.told(&browser, &signer.sign(&good())).await.get("code").is_some());
    let both = [("client_id", "till"), ("request", "x"), ("request_uri", "https://till.example/r")];
    refuses(&shop.answered(shop.ask_plainly(&browser, &both).await), "invalid_request", "both");
    let theirs = [("client_id", "desk"), ("request", &signer.sign(&good()))];
    refuses(&shop.answered(shop.ask_plainly(&browser, &theirs).await), "invalid_request_object", "brought for another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_algorithm_is_the_only_one_and_means_signed() {
    let signer = Signer::new("RS256", "one");
    let shop = with_till(&signer, json!({ "request_object_signing_alg": "PS256" })).await;
    let browser = shop.browser_of("alice").await;
    refuses(&shop.told(&browser, &signer.sign(&shop.object(json!({})))).await, "invalid_request_object", "RS256");
    assert_eq!(shop.refused(shop.ask(&browser, &[("client_id", "till")]).await), "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_with_a_name_is_good_once() {
    let signer = Signer::new("ES256", "one");
    let shop = with_till(&signer, json!({})).await;
    make_till(&shop, "desk", &signer, json!({})).await;
    let browser = shop.browser_of("alice").await;
    let object = signer.sign(&shop.object(json!({ "jti": "same" })));
    assert!(shop.told(&browser, &object).await.get("code").is_some());
    refuses(&shop.told(&browser, &object).await, "invalid_request_object", "a second time");
    let again = signer.sign(&shop.object(json!({ "jti": "same", "state": "another" })));
    refuses(&shop.told(&browser, &again).await, "invalid_request_object", "another of that name");
    let theirs = signer.sign(&shop.object(json!({ "jti": "same", "client_id": "desk", "iss": "desk" })));
    let told = shop.answered(shop.ask_plainly(&browser, &[("client_id", "desk"), ("request", &theirs)]).await);
    assert!(told.get("code").is_some(), "another client may call its own so");
    let standing = signer.sign(&shop.object(json!({ "jti": null, "exp": null, "nbf": null })));
    for _ in 0..2 {
        assert!(shop.told(&browser, &standing).await.get("code").is_some(), "it has no name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_and_client_may_insist() {
    let signer = Signer::new("ES256", "one");
    let shop = with_till(&signer, json!({ "security": { "require_signed_request_object": true } })).await;
    let browser = shop.browser_of("alice").await;
    let plain = "response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fweb.example%2Fback";
    let insists = async |what: &str| {
        let told = shop.answered(shop.ask(&browser, &[("client_id", "till")]).await);
        refuses(&told, "invalid_request", what);
        assert_eq!(shop.pushes(plain).await.expect(400).json()["error"], "invalid_request", "{what}, pushed");
        assert!(shop.told(&browser, &signer.sign(&shop.object(json!({})))).await.get("code").is_some());
    };
    insists("the client").await;
    assert!(shop.answered(shop.ask(&browser, &[]).await).get("code").is_some(), "others need not");
    let path = format!("{ADMIN}/clients/till");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body["security"] = json!({});
    shop.admin.put(&path, &body).await.expect(200);
    shop.pushes(plain).await.expect(201);
    shop.change(json!({ "security": { "require_signed_request_object": true } })).await;
    insists("the server").await;
    refuses(&shop.answered(shop.ask(&browser, &[]).await), "invalid_request", "every client");
    let document = shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.expect(200);
    assert_eq!(document.json()["require_signed_request_object"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_pushed() {
    let signer = Signer::new("ES256", "one");
    let shop = with_till(&signer, json!({ "security": { "require_signed_request_object": true } })).await;
    make_till(&shop, "desk", &signer, json!({})).await;
    let browser = shop.browser_of("alice").await;
    let object = signer.sign(&shop.object(json!({})));
    let form = format!("request={object}&state=outside&redirect_uri=https%3A%2F%2Fevil.example%2F");
    let reference = shop.pushes(&form).await.expect(201).json();
    assert_eq!(shop.pushes(&form).await.expect(400).json()["error"], "invalid_request_object", "it is good once");
    let reference = reference["request_uri"].as_str().unwrap();
    let told = shop.answered(shop.ask_plainly(&browser, &[("client_id", "till"), ("request_uri", reference)]).await);
    assert_eq!((told.uri.as_str(), told.get("state")), (BACK, Some("inside")));
    assert!(told.get("code").is_some());
    let theirs = signer.sign(&shop.object(json!({ "client_id": "desk", "iss": "desk" })));
    let refused = shop.pushes(&format!("request={theirs}")).await.expect(400).json();
    assert_eq!(refused["error"], "invalid_request_object", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_lies_at_a_registered_address_and_nothing_else_is_asked() {
    let (signer, elsewhere) = (Signer::new("ES256", "one"), Elsewhere::start().await);
    let shop = Shop::on(elsewhere.known_to_server().await, json!({})).await;
    let paths = ["/good", "/foreign", "/unsigned", "/large", "/missing"];
    let standing = shop.object(json!({ "jti": null, "exp": null }));
    elsewhere.serves("/good", signer.sign(&standing));
    elsewhere.serves("/foreign", Signer::new("ES256", "one").sign(&standing));
    elsewhere.serves("/unsigned", format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(&standing.to_string())));
    elsewhere.serves("/large", "x".repeat(33 * 1024));
    elsewhere.serves("/other", signer.sign(&standing));
    let mut registered: Vec<String> = paths.iter().map(|path| elsewhere.url(path)).collect();
    registered.push(format!("https://127.0.0.1:{}/other", elsewhere.port()));
    make_till(&shop, "till", &signer, json!({ "request_uris": registered })).await;
    let browser = shop.browser_of("alice").await;
    let bring = async |uri: &str| {
        shop.answered(shop.ask_plainly(&browser, &[("client_id", "till"), ("request_uri", uri)]).await)
    };
    for _ in 0..2 {
        assert!(bring(&elsewhere.url("/good")).await.get("code").is_some());
    }
    assert_eq!(elsewhere.asked("/good"), 2);
    refuses(&bring(&elsewhere.url("/foreign")).await, "invalid_request_object", "another's signature");
    refuses(&bring(&elsewhere.url("/unsigned")).await, "invalid_request_object", "unsigned");
    for (what, uri) in [
        ("too large", elsewhere.url("/large")),
        ("not there", elsewhere.url("/missing")),
        ("not registered", elsewhere.url("/other")),
        ("nearly registered", format!("{}?", elsewhere.url("/good"))),
        ("a private address", format!("https://127.0.0.1:{}/other", elsewhere.port())),
        ("inside the machine", "http://169.254.169.254/latest".to_owned()),
        ("a file", "file:///etc/passwd".to_owned()),
        ("too long", format!("{}{}", elsewhere.url("/good?"), "x".repeat(2048))),
    ] {
        let told = bring(&uri).await;
        let error = if what == "too long" { "invalid_request" } else { "invalid_request_uri" };
        refuses(&told, error, what);
    }
    assert_eq!(elsewhere.asked("/other"), 0, "nobody else's choice is asked");
    let plain = json!({ "request_uris": ["http://till.example/r"] });
    let mut body = json!({ "authorization_server_id": AID, "client_id": "odd", "client_name": "Odd" });
    body.as_object_mut().unwrap().extend(plain.as_object().unwrap().clone());
    let refused = shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(422);
    assert_eq!(wrong_members(&refused), ["/request_uris/0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_client_may_lie_at_an_address_of_its_own() {
    let (signer, elsewhere) = (Signer::new("ES256", "one"), Elsewhere::start().await);
    let shop = Shop::on(elsewhere.known_to_server().await, json!({})).await;
    let keys = elsewhere.serves("/keys", json!({ "keys": [signer.jwk()] }));
    make_till(&shop, "till", &signer, json!({ "jwks": null, "jwks_uri": keys })).await;
    let browser = shop.browser_of("alice").await;
    let bring = async |signer: &Signer| {
        let object = signer.sign(&shop.object(json!({ "exp": NOW + 3000 })));
        shop.told(&browser, &object).await
    };
    for _ in 0..2 {
        assert!(bring(&signer).await.get("code").is_some());
    }
    assert_eq!(elsewhere.asked("/keys"), 1, "they are remembered");
    // A key that is not there, by the name of one that is.
    refuses(&bring(&Signer::new("ES256", "one")).await, "invalid_request_object", "another's key");
    // The client takes another one: it is found once we may ask again, and the old one is good no more.
    let next = Signer::new("ES256", "two");
    elsewhere.serves("/keys", json!({ "keys": [next.jwk()] }));
    refuses(&bring(&next).await, "invalid_request_object", "not known yet");
    assert_eq!(elsewhere.asked("/keys"), 1, "nobody makes us ask all the time");
    shop.server.world.advance_seconds(31);
    assert!(bring(&next).await.get("code").is_some());
    refuses(&bring(&signer).await, "invalid_request_object", "the old key");
    // Nobody is believed whose keys cannot be had.
    elsewhere.serves("/keys", "nothing");
    shop.server.world.advance_seconds(601);
    refuses(&bring(&next).await, "invalid_request_object", "no keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_may_be_encrypted_for_the_server() {
    let signer = Signer::new("ES256", "one");
    let shop = with_till(&signer, json!({})).await;
    let browser = shop.browser_of("alice").await;
    let key = encryption::published(&shop.server.app.domain, "default", AID).unwrap();
    let encrypted =
        |inside: &str| jwe::encrypt(&key, "ECDH-ES", "A128CBC-HS256", Some("JWT"), inside.as_bytes()).unwrap();
    let told = shop.told(&browser, &encrypted(&signer.sign(&shop.object(json!({}))))).await;
    assert!(told.get("code").is_some(), "{told:?}");
    let foreign = Signer::new("ES256", "one").sign(&shop.object(json!({})));
    refuses(&shop.told(&browser, &encrypted(&foreign)).await, "invalid_request_object", "encrypted by anybody");
    let plain = encrypted(&shop.object(json!({})).to_string());
    refuses(&shop.told(&browser, &plain).await, "invalid_request_object", "encrypted and not signed");
    let twice = encrypted(&encrypted(&signer.sign(&shop.object(json!({})))));
    refuses(&shop.told(&browser, &twice).await, "invalid_request_object", "encrypted twice");
}
