//! The end of a session, as clients hear of it: logout tokens behind the browser's back (OpenID Connect Back-Channel Logout
//! 1.0), and their pages in the browser (Front-Channel Logout 1.0).

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::{
        jws,
        keys::{KeyType, SigningKey, VerifyingKey},
    },
    domain::{expiry, session},
};
use serde_json::{Value, json};

use crate::support::{
    Browser, TestServer,
    made::{ADMIN, wrong_members},
    provider::{Canned, Provider},
    storefront::{AID, BYE, PASSWORD, Storefront, web},
    tills::claims,
    visitor::parameter,
};

covers!("logout", "logoutOnPage", "endSession", "updateClient");

/// Where the client hears of it.
const OUT: &str = "/out";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A client's own server.
async fn client_server() -> Provider {
    let there = Provider::named(json!({ "issuer": "https://web.example" }), &["localhost"]).await;
    there.answers(OUT, Canned::Json(200, json!({})));
    there
}

/// A storefront whose client hears of logouts there.
async fn storefront(there: &Provider) -> Storefront {
    let (authority, uri) = (there.authority(), format!("https://localhost:{}{OUT}", there.address.port()));
    let security = json!({ "backchannel_logout_uri": uri, "backchannel_logout_session_required": true });
    let change = |config: &mut portcullis::config::Config| {
        config.outbound.ca = Some(authority);
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
    };
    Storefront::with(change, json!({ "security": security })).await
}

/// An ID token about whoever is logged in.
async fn id_token(shop: &Storefront, browser: &mut Browser) -> Value {
    let page = browser.open(&shop.request("")).await;
    shop.redeem(&page).await["id_token"].clone()
}

/// The logout tokens that came, once there are so many.
async fn heard(there: &Provider, count: usize) -> Vec<String> {
    for _ in 0..400 {
        let asked = there.asked(OUT);
        if asked.len() >= count {
            let token = |form: &str| form.strip_prefix("logout_token=").unwrap().to_owned();
            return asked.iter().map(|asked| token(&asked.body)).collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the client has heard {} times, not {count}", there.asked(OUT).len());
}

/// What a client does with a logout token before it believes it (Back-Channel Logout §2.6).
fn believes(token: &str, key: &VerifyingKey, issuer: &str, now: i64) -> Result<Value, &'static str> {
    let header: Value = token
        .split('.')
        .next()
        .and_then(|head| BASE64URL_NOPAD.decode(head.as_bytes()).ok())
        .and_then(|head| serde_json::from_slice(&head).ok())
        .ok_or("no header")?;
    let claims = Value::Object(jws::verify(token, key).map_err(|_| "not signed by the server")?);
    let rules = [
        (header["typ"] == "logout+jwt", "not a logout token"),
        (claims["iss"] == issuer, "of another issuer"),
        (claims["aud"] == "web", "for somebody else"),
        (claims["iat"].as_i64().is_some_and(|iat| iat <= now), "issued in the future"),
        (claims["exp"].as_i64().is_some_and(|exp| exp > now), "over"),
        (claims["sub"].is_string() || claims["sid"].is_string(), "about nobody"),
        (claims["events"][EVENT].is_object(), "of no logout"),
        (claims.get("nonce").is_none(), "an ID token"),
        (claims["jti"].as_str().is_some_and(|jti| jti.len() >= 16), "without a name"),
    ];
    rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(claims), |(_, reason)| Err(reason))
}

async fn key(shop: &Storefront) -> VerifyingKey {
    let keys = shop.server.anonymous().get(&format!("/default/{AID}/.well-known/jwks.json")).await.expect(200).json();
    VerifyingKey::from_jwk(&keys["keys"][0]).unwrap()
}

fn issuer(shop: &Storefront) -> String {
    format!("{}/default/{AID}", shop.server.app.domain.public_url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_names_person_and_session() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    let mut ann = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut ann).await;
    let sid = claims(&hint)["sid"].clone();
    assert!(sid.is_string());
    ann.open(&format!("/default/{AID}/oauth2/logout?id_token_hint={}", hint.as_str().unwrap())).await.expect(200);
    let tokens = heard(&there, 1).await;
    let (key, issuer, now) = (key(&shop).await, issuer(&shop), shop.server.app.domain.world.now_seconds());
    let said = believes(&tokens[0], &key, &issuer, now).unwrap();
    assert_eq!((&said["sub"], &said["sid"]), (&json!("ann"), &sid));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 120);
    // What a client must not believe.
    assert_eq!(believes(hint.as_str().unwrap(), &key, &issuer, now), Err("not a logout token"));
    let forger = SigningKey::generate(KeyType::Rsa).unwrap();
    let forged = jws::sign(&forger, "logout+jwt", &said).unwrap();
    assert_eq!(believes(&forged, &key, &issuer, now), Err("not signed by the server"));
    let mut other = said.clone();
    other["aud"] = json!("other");
    let for_other = jws::sign(&forger, "logout+jwt", &other).unwrap();
    assert_eq!(believes(&for_other, &forger.verifier(), &issuer, now), Err("for somebody else"));
    assert_eq!(believes(&tokens[0], &key, &issuer, now + 121), Err("over"));
    // And what we do not: it is neither an access token nor a hint.
    shop.server.anonymous().with_token(&tokens[0]).get(&format!("/default/{AID}/userinfo")).await.expect(401);
    let mut bob = shop.browser_of("bob").await;
    let asked = bob.open(&format!("/default/{AID}/oauth2/logout?id_token_hint={}", tokens[0])).await.expect(200);
    assert!(bob.session().is_some() && asked.has_form("/oauth2/logout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_end_a_session_is_heard() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    let domain = &shop.server.app.domain;
    let name = |shop: &Storefront| session::list(&shop.server.app.domain, "default", AID, "ann").unwrap()[0].0.clone();
    // On the account page.
    let mut ann = shop.browser_of("ann").await;
    let account = ann.open(&format!("/default/{AID}/account")).await.expect(200);
    ann.send(&account, "/account/logout", &[]).await;
    heard(&there, 1).await;
    // One by one, all but one, everything.
    shop.browser_of("ann").await;
    session::end_one(domain, "default", AID, "ann", &name(&shop)).await.unwrap();
    heard(&there, 2).await;
    shop.browser_of("ann").await;
    session::end_others(domain, "default", AID, "ann", None).await.unwrap();
    heard(&there, 3).await;
    shop.browser_of("ann").await;
    session::end_everything(domain, "default", AID, "ann").await.unwrap();
    heard(&there, 4).await;
    // Somebody else logs in in the same browser.
    let mut shared = shop.browser_of("ann").await;
    let page = shared.login(&shop.request("&prompt=login"), "bob", PASSWORD).await;
    if page.has_form("/consent") {
        shared.send(&page, "/consent", &[]).await;
    }
    let tokens = heard(&there, 5).await;
    let subs: Vec<Value> = tokens.iter().map(|token| claims(&json!(token))["sub"].clone()).collect();
    assert_eq!(subs, vec![json!("ann"); 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_login_of_the_same_person_is_the_same_session() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    let mut ann = shop.browser_of("ann").await;
    let before = claims(&id_token(&shop, &mut ann).await)["sid"].clone();
    ann.login(&shop.request("&prompt=login"), "ann", PASSWORD).await;
    let hint = id_token(&shop, &mut ann).await;
    assert_eq!(claims(&hint)["sid"], before);
    ann.open(&format!("/default/{AID}/oauth2/logout?id_token_hint={}", hint.as_str().unwrap())).await.expect(200);
    let tokens = heard(&there, 1).await;
    assert_eq!(claims(&json!(tokens[0]))["sid"], before);
    assert_eq!(there.asked(OUT).len(), 1, "and the first one has not ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_runs_out_is_no_logout() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    shop.browser_of("ann").await;
    shop.server.world.advance_seconds(2 * 24 * 3600);
    expiry::purge(&shop.server.app.domain).await.unwrap();
    assert!(session::list(&shop.server.app.domain, "default", AID, "ann").unwrap().is_empty());
    // Somebody who logs out after it is heard, and nobody before.
    shop.browser_of("bob").await;
    session::end_everything(&shop.server.app.domain, "default", AID, "bob").await.unwrap();
    let tokens = heard(&there, 1).await;
    assert_eq!(claims(&json!(tokens[0]))["sub"], "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_heard_is_kept_and_said_again() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    there.answers(OUT, Canned::Json(503, json!({})));
    shop.browser_of("ann").await;
    session::end_everything(&shop.server.app.domain, "default", AID, "ann").await.unwrap();
    let first = heard(&there, 1).await;
    let Storefront { server, .. } = shop;
    let (folder, world) = server.stop().await;
    there.answers(OUT, Canned::Json(200, json!({})));
    world.advance_seconds(11);
    let authority = there.authority();
    let server = TestServer::on(folder, world, |config| {
        config.outbound.ca = Some(authority);
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
    })
    .await;
    let tokens = heard(&there, 2).await;
    assert_eq!(claims(&json!(tokens[1]))["sub"], "ann");
    assert_ne!(claims(&json!(tokens[1]))["jti"], claims(&json!(first[0]))["jti"], "each token has a name of its own");
    server.world.advance_seconds(24 * 3600);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(there.asked(OUT).len(), 2, "whoever has heard it is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_refuses_or_has_gone_is_left_alone() {
    let there = client_server().await;
    let shop = storefront(&there).await;
    there.answers(OUT, Canned::Json(400, json!({ "error": "invalid_request" })));
    shop.browser_of("ann").await;
    session::end_everything(&shop.server.app.domain, "default", AID, "ann").await.unwrap();
    heard(&there, 1).await;
    shop.browser_of("bob").await;
    shop.admin.delete(&format!("{ADMIN}/clients/web")).await.expect(204);
    shop.server.world.advance_seconds(1);
    shop.admin.post(&format!("{ADMIN}/clients"), &web(json!({}))).await.expect(201);
    session::end_everything(&shop.server.app.domain, "default", AID, "bob").await.unwrap();
    shop.server.world.advance_seconds(24 * 3600);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(there.asked(OUT).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_clients_are_shown_on_the_way_out() {
    let security = json!({ "frontchannel_logout_uri": "https://web.example/gone?a=1" });
    let shop = Storefront::with(|_| {}, json!({ "security": security })).await;
    let mut ann = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut ann).await;
    let encoded: String = form_urlencoded::byte_serialize(BYE.as_bytes()).collect();
    let url = format!(
        "/default/{AID}/oauth2/logout?id_token_hint={}&post_logout_redirect_uri={encoded}&state=s",
        hint.as_str().unwrap()
    );
    let page = ann.open(&url).await.expect(200);
    assert_eq!(ann.session(), None);
    let text = page.text();
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.ends_with("; frame-src https://web.example"),
        "{policy}"
    );
    let frame = text.split("<iframe").nth(1).unwrap().split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    let frame = frame.replace("&amp;", "&");
    assert!(frame.starts_with("https://web.example/gone?a=1&"), "{frame}");
    assert_eq!(parameter(&frame, "iss"), issuer(&shop));
    assert_eq!(json!(parameter(&frame, "sid")), claims(&hint)["sid"]);
    assert!(text.contains(&format!("3;url={BYE}?state=s")), "{text}");
    assert_eq!(text.matches("<iframe").count(), 1);
    // Nobody is logged in any more: the way back is as always.
    assert_eq!(ann.open(&url).await.url, format!("{BYE}?state=s"));
    // On the account page as well.
    let mut bob = shop.browser_of("bob").await;
    let account = bob.open(&format!("/default/{AID}/account")).await.expect(200);
    let page = bob.send(&account, "/account/logout", &[]).await.expect(200);
    assert!(page.text().contains("<iframe"), "{}", page.text());
    assert_eq!(bob.session(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_a_stranger_is_framed() {
    let shop = Storefront::open().await;
    for (member, uri) in [
        ("frontchannel_logout_uri", "https://evil.example/gone"),
        ("frontchannel_logout_uri", "http://web.example/gone"),
        ("frontchannel_logout_uri", "https://web.example:444/gone"),
        ("frontchannel_logout_uri", "https://web.example/gone#x"),
        ("frontchannel_logout_uri", "https://web.example/gone; script-src *"),
        ("frontchannel_logout_uri", "https://web.example@evil.example/"),
        ("frontchannel_logout_uri", "javascript:alert(1)"),
        ("backchannel_logout_uri", "http://web.example/out"),
        ("backchannel_logout_uri", "https://web.example/out#x"),
    ] {
        let body = web(json!({ "security": { member: uri } }));
        let answer = shop.admin.put(&format!("{ADMIN}/clients/web"), &body).await.expect(422);
        let wrong = wrong_members(&answer);
        assert!(
            wrong.iter().all(|name| *name == format!("/security/{member}")) && !wrong.is_empty(),
            "{uri}: {wrong:?}"
        );
    }
    let sly = web(json!({ "security": { "frontchannel_logout_uri": "https://web.example/gone;script-src,x'y" } }));
    shop.admin.put(&format!("{ADMIN}/clients/web"), &sly).await.expect(200);
    let mut ann = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut ann).await;
    let url = format!("/default/{AID}/oauth2/logout?id_token_hint={}", hint.as_str().unwrap());
    let page = ann.open(&url).await.expect(200);
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; frame-src https://web.example") && !policy.contains("script-src"), "{policy}");
}
