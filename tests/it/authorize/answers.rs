//! What a client gets, where it travels, and what is written down for it.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::digest,
    domain::{
        authorize::Code,
        grant::{self, Grant},
        handle::{self, Purpose},
        key_ring::KeyRing,
    },
    store::records,
};
use serde_json::Value;

use super::shop::{AID, BACK, CHALLENGE, Shop, Told};

impl Shop {
    /// A code as it is kept, with its grant.
    fn kept(&self, told: &Told) -> (Code, Arc<Grant>) {
        let domain = &self.server.app.domain;
        let code = told.get("code").unwrap_or_else(|| panic!("{told:?}"));
        let name = handle::name(domain, Purpose::Code, "default", AID, code);
        let code = records::get::<Code>(&domain.store.read().unwrap(), &["default", AID, &name]).unwrap().unwrap();
        let grant = grant::current(domain, "default", &code.grant).unwrap().unwrap();
        (code, grant)
    }
}

/// The claims of a signed token.
fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(middle.as_bytes()).unwrap()).unwrap()
}

/// The left half of a SHA-256 digest (OpenID Connect Core §3.1.3.6).
fn half(text: &str) -> String {
    BASE64URL_NOPAD.encode(&digest::sha256(text.as_bytes())[..16])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_what_was_asked_for_in_the_right_place() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let code = &["code", "iss", "state"][..];
    let token = &["access_token", "expires_in", "iss", "scope", "state", "token_type"];
    let hybrid = &["access_token", "code", "expires_in", "id_token", "iss", "scope", "state", "token_type"];
    for (response_type, response_mode, mode, names) in [
        ("code", "", "?", code),
        ("code", "query", "?", code),
        ("code", "fragment", "#", code),
        ("code", "form_post", "form", code),
        ("token", "", "#", token),
        ("token", "form_post", "form", token),
        ("id_token", "", "#", &["id_token", "iss", "state"]),
        ("code id_token", "", "#", &["code", "id_token", "iss", "state"]),
        ("token id_token code", "fragment", "#", hybrid),
    ] {
        let more = [("response_type", response_type), ("response_mode", response_mode), ("nonce", "n-1")];
        let told = shop.answered(shop.ask(&browser, &more).await);
        assert_eq!((told.uri.as_str(), told.mode, told.names().as_slice()), (BACK, mode, names), "{more:?}");
        assert_eq!(told.get("state"), Some("a state & more"));
        assert_eq!(told.get("iss"), Some(shop.issuer().as_str()));
        let error = shop.answered(shop.ask(&browser, &[more[0], more[1], more[2], ("prompt", "x")]).await);
        assert_eq!((error.mode, shop.error_of(&error).as_str()), (mode, "invalid_request"), "{more:?}");
    }
    let without_state = shop.answered(shop.ask(&browser, &[("state", "")]).await);
    assert_eq!(without_state.names(), ["code", "iss"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_stands_for_what_was_granted() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let more = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("nonce", "n-1"),
        ("scope", "profile openid"),
    ];
    let now = portcullis::world::World::now_seconds(&shop.server.world.world());
    let told = shop.answered(shop.ask(&browser, &more).await);
    let (code, grant) = shop.kept(&told);
    assert_eq!((code.redirect_uri.as_deref(), code.challenge.as_deref()), (Some(BACK), Some(CHALLENGE)));
    assert_eq!((code.ends, code.used), (now + 600, false));
    assert_eq!(
        (grant.server.as_str(), grant.client_id.as_str(), grant.identity.subject.as_str()),
        (AID, "web", "alice")
    );
    assert_eq!(grant.nonce.as_deref(), Some("n-1"));
    assert_eq!((grant.scopes.join(" ").as_str(), grant.since), ("openid profile", now));
    assert!(grant.session.is_some(), "it ends with the session");
    assert_eq!(grant.ends, now + 30 * 24 * 3600, "the client gets refresh tokens");

    let (_, grant) = shop.kept(&shop.answered(shop.ask(&browser, &[("client_id", "plain")]).await));
    assert_eq!(grant.ends, now + 600 + 3600, "this one gets none");
    let (code, _) = shop.kept(&shop.answered(shop.ask(&browser, &[("redirect_uri", ""), ("scope", "profile")]).await));
    assert_eq!(code.redirect_uri, None, "what was not named need not be repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_front_channel_are_bound_to_their_answer() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let more = [("response_type", "code id_token token"), ("nonce", "n-1")];
    let told = shop.answered(shop.ask(&browser, &more).await);
    let (id, access) = (claims(told.get("id_token").unwrap()), told.get("access_token").unwrap());
    for (name, value) in [("iss", shop.issuer().as_str()), ("sub", "alice"), ("aud", "web"), ("nonce", "n-1")] {
        assert_eq!(id[name], value, "{id}");
    }
    assert_eq!(id["at_hash"], half(access).as_str(), "{id}");
    assert_eq!(id["c_hash"], half(told.get("code").unwrap()).as_str(), "{id}");
    let access = claims(access);
    assert_eq!((access["sub"].as_str(), access["client_id"].as_str()), (Some("alice"), Some("web")));
    let (code, _) = shop.kept(&told);
    assert_eq!(access["gid"], code.grant.as_str(), "code and token are of one grant");
    assert_eq!(told.get("expires_in"), Some("3600"));
    assert_eq!(told.get("token_type"), Some("Bearer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_finish_one_login_get_one_code() {
    let shop = Arc::new(Shop::open().await);
    let browser = shop.browser();
    for _ in 0..5 {
        let id = shop.waits(shop.ask(&browser, &[]).await);
        shop.lets_in(&id, "alice", None).await;
        let finishing = (0..8).map(|_| {
            let (shop, id, browser) = (Arc::clone(&shop), id.clone(), browser.clone());
            tokio::spawn(async move { shop.finish(&id, &browser).await })
        });
        let finishing: Vec<_> = finishing.collect();
        let mut codes = 0;
        for one in finishing {
            match one.await.unwrap() {
                Ok(told) => codes += usize::from(told.get("code").is_some()),
                Err(failure) => assert!(matches!(failure, portcullis::domain::Failure::NotFound { .. }), "{failure:?}"),
            }
        }
        assert_eq!(codes, 1);
    }
    let domain = &shop.server.app.domain;
    let codes = records::list_prefix::<Code>(&domain.store.read().unwrap(), &["default", AID]).unwrap();
    assert_eq!(codes.len(), 5, "no code is written down for those who came too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_cookies_do_not_show_in_debug_output() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let begun = shop.ask(&browser, &[]).await;
    let shown = format!("{begun:?} {browser:?}");
    assert!(!shown.contains("pc_code_") && !shown.contains("pc_session_") && !shown.contains("pc_browser_"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_our_own_fault_has_a_word_for_clients() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let keyless = KeyRing { keys: Vec::new() };
    let broken = shop.server.app.domain.write(move |write| Ok(records::put(write, &["default", AID], &keyless)?)).await;
    broken.unwrap();
    let told = shop.answered(shop.ask(&browser, &[("response_type", "code token")]).await);
    assert_eq!((told.mode, shop.error_of(&told).as_str()), ("#", "server_error"));
    assert!(shop.answered(shop.ask(&browser, &[]).await).get("code").is_some(), "a code needs no key");
}
