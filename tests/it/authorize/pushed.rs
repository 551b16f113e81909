//! Pushed authorization requests (RFC 9126): who may leave one, what it is worth to whom, and how often.

use std::sync::Arc;

use portcullis::domain::{
    Failure,
    authorize::{self, Begun, Browser, Left, Unpushed},
    client, expiry,
    possession::Evidence,
    proof::Proven,
    server,
};
use serde_json::{Value, json};

use super::shop::{AID, BACK, CHALLENGE, Shop, parameters};
use crate::support::{
    Answer,
    made::{ADMIN, basic, post_form},
};

covers!("pushAuthorizationRequest");

const PATH: &str = "/default/shop/oauth2/par";
/// The secret of the clients that push.
const SECRET: &str = "a secret of the clients that push";

impl Shop {
    /// A shop with the client `till`, which has a secret.
    async fn with_till() -> Shop {
        let shop = Shop::open().await;
        shop.make_client("till", json!({ "trusted": true, "client_secret": SECRET })).await;
        shop
    }

    /// Pushes a request for a code for `till`, with more or other parameters.
    async fn push_as(&self, secret: &str, more: &[(&str, &str)]) -> Answer {
        let mut sent = parameters(&[("client_id", "till")]);
        sent.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        sent.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&sent).finish();
        let caller = self.server.anonymous().with_header("authorization", &basic("till", secret));
        post_form(&caller, PATH, &form).await
    }

    /// The reference to a pushed request.
    async fn pushed(&self, more: &[(&str, &str)]) -> String {
        let answer = self.push_as(SECRET, more).await.expect(201).json();
        answer["request_uri"].as_str().unwrap().to_owned()
    }

    /// Brings a reference, with more parameters.
    async fn bring(&self, browser: &Browser, reference: &str, more: &[(&str, &str)]) -> Result<Begun, Failure> {
        let mut sent = vec![("client_id", "till"), ("request_uri", reference)];
        sent.extend_from_slice(more);
        let sent: Vec<_> = sent.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.ask_with(browser, &sent).await
    }

    /// Fails the test unless a reference is worth nothing. What the client is told has no code, and goes to its only place.
    async fn is_nothing(&self, browser: &Browser, reference: &str, what: &str) {
        let told = self.answered(self.bring(browser, reference, &[]).await);
        assert_eq!((told.uri.as_str(), told.get("error")), (BACK, Some("invalid_request_uri")), "{what}");
        assert_eq!(told.get("code"), None, "{what}");
    }

    async fn secure(&self, client: &str, security: Value) {
        let path = format!("{ADMIN}/clients/{client}");
        let mut body = self.admin.get(&path).await.expect(200).json();
        body["security"] = security;
        self.admin.put(&path, &body).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_request_is_answered_once() {
    let shop = Shop::with_till().await;
    let browser = shop.browser_of("alice").await;
    let answer = shop.push_as(SECRET, &[]).await.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(body["expires_in"], 60);
    let reference = body["request_uri"].as_str().unwrap();
    assert!(reference.starts_with("urn:ietf:params:oauth:request_uri:pc_request_"), "{reference}");
    let told = shop.answered(shop.bring(&browser, reference, &[]).await);
    assert_eq!((told.uri.as_str(), told.get("state")), (BACK, Some("a state & more")));
    assert!(told.get("code").is_some());
    shop.is_nothing(&browser, reference, "a second time").await;
    shop.is_nothing(&browser, "urn:ietf:params:oauth:request_uri:pc_request_nothing", "never given out").await;
    shop.is_nothing(&browser, &format!("{reference}x"), "another one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_of_a_login_may_come_again_and_nobody_else() {
    let shop = Shop::with_till().await;
    let (browser, other) = (shop.browser(), shop.browser());
    let reference = shop.pushed(&[]).await;
    let login = shop.waits(shop.bring(&browser, &reference, &[]).await);
    assert_eq!(shop.waits(shop.bring(&browser, &reference, &[]).await), login, "reloaded");
    shop.is_nothing(&other, &reference, "another browser").await;
    shop.is_nothing(&shop.browser_of("alice").await, &reference, "somebody who is logged in").await;
    shop.lets_in(&login, "alice", None).await;
    assert!(shop.finish(&login, &browser).await.unwrap().get("code").is_some());
    shop.is_nothing(&browser, &reference, "the login is over").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_pushed_counts() {
    let shop = Shop::with_till().await;
    let browser = shop.browser_of("alice").await;
    let reference = shop.pushed(&[]).await;
    let more = [
        ("redirect_uri", "https://evil.example/"),
        ("state", "another"),
        ("scope", "openid email offline_access"),
        ("response_type", "token"),
        ("response_mode", "fragment"),
        ("prompt", "login"),
    ];
    let told = shop.answered(shop.bring(&browser, &reference, &more).await);
    assert_eq!((told.uri.as_str(), told.mode, told.get("state")), (BACK, "?", Some("a state & more")));
    assert!(told.get("code").is_some() && told.get("access_token").is_none());
    // A reference that is worth nothing does not make the rest of the request count.
    let told = shop.bring(&browser, &reference, &more[..1]).await;
    assert!(matches!(told, Err(Failure::Malformed(_))), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_its_clients_and_its_servers() {
    let shop = Shop::with_till().await;
    let browser = shop.browser_of("alice").await;
    let reference = shop.pushed(&[]).await;
    let theirs = [("client_id", "plain"), ("request_uri", reference.as_str()), ("redirect_uri", BACK)];
    let told = shop.answered(shop.ask(&browser, &theirs).await);
    assert_eq!(told.get("error"), Some("invalid_request_uri"), "another client's");
    shop.delete_client("till").await;
    shop.make_client("till", json!({ "trusted": true, "client_secret": SECRET })).await;
    shop.is_nothing(&browser, &reference, "of an earlier client of that name").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_ends_to_the_second_and_is_taken_out() {
    let shop = Shop::with_till().await;
    shop.change(json!({ "security": { "pushed_authorization_request_ttl": "2m" } })).await;
    let browser = shop.browser_of("alice").await;
    let (first, second) = (shop.pushed(&[]).await, shop.pushed(&[]).await);
    shop.server.world.advance_seconds(119);
    assert!(shop.answered(shop.bring(&browser, &first, &[]).await).get("code").is_some());
    let domain = &shop.server.app.domain;
    let before = expiry::purge(domain).await.unwrap();
    shop.server.world.advance_seconds(1);
    shop.is_nothing(&browser, &second, "it has ended").await;
    assert_eq!((before, expiry::purge(domain).await.unwrap()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_not_kept() {
    let shop = Shop::with_till().await;
    let reference = shop.pushed(&[]).await;
    for (more, error) in [
        (&[("request_uri", reference.as_str())][..], "invalid_request"),
        (&[("response_type", "nonsense")], "unsupported_response_type"),
        (&[("response_type", "token")], "unauthorized_client"),
        (&[("scope", "openid introspect_tokens")], "invalid_scope"),
        (&[("redirect_uri", "https://evil.example/")], "invalid_request"),
        (&[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("client_id", "web")], "invalid_request"),
        (&[("state", &"x".repeat(5000))], "invalid_request"),
        (&[("state", "one"), ("state", "two")], "invalid_request"),
    ] {
        let body = shop.push_as(SECRET, more).await.expect(400).json();
        assert_eq!(body["error"], error, "{more:?}: {body}");
        assert!(body.get("request_uri").is_none());
    }
    let body = shop.push_as("wrong", &[]).await.expect(401).json();
    assert_eq!(body["error"], "invalid_client");
    let alone = post_form(&shop.server.anonymous(), PATH, "client_id=till&response_type=code").await;
    assert_eq!(alone.expect(401).json()["error"], "invalid_client", "its id proves nothing");
    let nobody = post_form(&shop.server.anonymous(), PATH, "response_type=code").await;
    assert_eq!(nobody.expect(401).json()["error"], "invalid_client");
    let machines = post_form(&shop.server.anonymous(), "/default/system/oauth2/par", "client_id=till").await;
    machines.expect(401);
    shop.server.anonymous().get(PATH).await.expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_before_the_browser_comes_counts() {
    let shop = Shop::with_till().await;
    let browser = shop.browser_of("alice").await;
    let reference = shop.pushed(&[("scope", "openid email")]).await;
    let path = format!("{ADMIN}/clients/till");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    (body["scopes"], body["scope"]) = (json!(["openid"]), json!("openid"));
    shop.admin.put(&path, &body).await.expect(200);
    let told = shop.answered(shop.bring(&browser, &reference, &[]).await);
    assert_eq!(shop.error_of(&told), "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_and_client_may_insist() {
    let shop = Shop::with_till().await;
    let browser = shop.browser_of("alice").await;
    let plain = [("client_id", "till")];
    let pushed = async || shop.answered(shop.bring(&browser, &shop.pushed(&[]).await, &[]).await).get("code").is_some();
    assert!(shop.answered(shop.ask(&browser, &plain).await).get("code").is_some());

    shop.secure("till", json!({ "require_pushed_authorization_requests": true })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &plain).await), "invalid_request");
    assert!(pushed().await && shop.answered(shop.ask(&browser, &[]).await).get("code").is_some(), "others need not");

    shop.secure("till", json!({})).await;
    shop.change(json!({ "security": { "require_pushed_authorization_requests": true } })).await;
    for client in ["till", "web"] {
        assert_eq!(shop.refused(shop.ask(&browser, &[("client_id", client)]).await), "invalid_request");
    }
    assert!(pushed().await);
    let document = shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.expect(200);
    assert_eq!(document.json()["require_pushed_authorization_requests"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_bring_a_reference_at_once_one_gets_something() {
    let shop = Arc::new(Shop::with_till().await);
    let reference: Arc<str> = shop.pushed(&[]).await.into();
    let mut asked = Vec::new();
    for place in 0..20 {
        let browser = if place % 2 == 0 { shop.browser_of("alice").await } else { shop.browser() };
        let (shop, reference) = (Arc::clone(&shop), Arc::clone(&reference));
        asked.push(tokio::spawn(async move { shop.bring(&browser, &reference, &[]).await }));
    }
    let mut won = 0;
    for one in asked {
        match one.await.unwrap() {
            Ok(Begun::Login(_)) => won += 1,
            Ok(Begun::Answer(answer) | Begun::Offer(answer)) => {
                let told = super::shop::Told::of(answer);
                won += usize::from(told.get("code").is_some());
            }
            Err(failure) => assert!(matches!(failure, Failure::Conflict { .. }), "{failure:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_pushes_by_its_id_and_a_network_only_so_often() {
    let shop = Shop::open().await;

    let form = format!(
        "client_id=app&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Fback\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let answer = post_form(&shop.server.anonymous(), PATH, &form).await.expect(201).json();
    let sent = [("client_id", "app"), ("request_uri", answer["request_uri"].as_str().unwrap())];
    let sent: Vec<_> = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let told = shop.answered(shop.ask_with(&shop.browser_of("alice").await, &sent).await);
    assert_eq!(told.uri, "http://127.0.0.1:5000/back");
    assert!(told.get("code").is_some());

    let domain = &shop.server.app.domain;
    let server = server::current(domain, "default", AID).unwrap();
    let proven = Proven { id: "app".to_owned(), client: client::current(domain, "default", "app").unwrap() };
    let sent: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let (proofs, certificates) = (Vec::new(), &[][..]);
    let evidence = Evidence { origin: None, method: "POST", path: PATH, proofs, certificates, ahead: false };
    let push = async |address: &str| {
        let left = Left { sent: &sent, evidence: &evidence, address };
        authorize::push(domain, "default", (AID, &server.value), &proven, left).await
    };
    for _ in 0..2000 {
        push("192.0.2.9").await.unwrap();
    }
    let refused = push("192.0.2.9").await;
    assert!(matches!(refused, Err(Unpushed::Failure(Failure::TooMany { .. }))), "{refused:?}");
    push("192.0.2.10").await.unwrap();
}
