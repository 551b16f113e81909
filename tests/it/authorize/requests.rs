//! What a request must be like, and who is told when it is not: the person until client and redirect URI are certain, the
//! client afterwards.

use portcullis::domain::{
    Failure,
    authorize::{self, Begun},
};
use serde_json::json;

use super::shop::{AID, BACK, CHALLENGE, Shop, parameters};
use crate::support::made::{ADMIN, make_server};

/// Fails the test if anything was sent to the client, or anybody was asked.
#[track_caller]
fn untrusted(begun: Result<Begun, Failure>, what: &str) -> Failure {
    match begun {
        Err(failure) => failure,
        Ok(begun) => panic!("{what}: {begun:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_place_that_is_not_the_clients() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    for uri in [
        "https://web.example/back/",
        "https://web.example/back?more=1",
        "https://web.example/back#x",
        "https://web.example/BACK",
        "https://web.example:443/back",
        "https://web.example/%62ack",
        "https://web.example@evil.example/back",
        "https://web.example.evil.example/back",
        "https://evil.example/?https://web.example/back",
        "https://evil.example\\@web.example/back",
        "http://127.0.0.1/back",
        "javascript:alert(1)",
    ] {
        for more in [("response_type", "code"), ("response_type", "nonsense"), ("prompt", "none"), ("request", "x")] {
            untrusted(shop.ask(&browser, &[("redirect_uri", uri), more]).await, uri);
        }
    }
    assert_eq!(shop.answered(shop.ask(&browser, &[]).await).uri, BACK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_chooses_its_port_and_nothing_else() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let ask = async |client: &'static str, uri: &'static str| {
        shop.ask(&browser, &[("client_id", client), ("redirect_uri", uri), pkce[0], pkce[1]]).await
    };
    for uri in ["http://127.0.0.1/back", "http://127.0.0.1:50000/back"] {
        assert_eq!(shop.answered(ask("app", uri).await).uri, uri);
    }
    for uri in [
        "http://127.0.0.1:50000/other",
        "http://localhost:50000/back",
        "http://127.0.0.1:50000@evil.example/back",
        "https://127.0.0.1:50000/back",
    ] {
        untrusted(ask("app", uri).await, uri);
    }
    shop.make_client("desk", json!({ "redirect_uris": ["http://127.0.0.1/back"] })).await;
    untrusted(ask("desk", "http://127.0.0.1:50000/back").await, "a client with a secret is no app");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_one_of_this_very_server() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    make_server(&shop.admin, "other", json!({})).await;
    let body = json!({
        "authorization_server_id": "other", "client_id": "theirs", "client_name": "Theirs", "redirect_uris": [BACK],
    });
    shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    for id in ["theirs", "nobody", "admin", "", "we\0b", "../web", "WEB", "web ", &"x".repeat(300)] {
        untrusted(shop.ask(&browser, &[("client_id", id)]).await, id);
    }
    shop.delete_client("web").await;
    untrusted(shop.ask(&browser, &[]).await, "a client that is gone");

    let domain = &shop.server.app.domain;
    for (tenant, server) in [("default", "nothing"), ("nothing", AID), ("demo", AID)] {
        let begun = authorize::begin(domain, tenant, server, &parameters(&[]), &browser).await;
        assert!(matches!(untrusted(begun, server), Failure::NotFound { .. }));
    }
    let system = [("client_id", "system"), ("redirect_uri", BACK)];
    let begun = authorize::begin(domain, "default", "system", &parameters(&system), &browser).await;
    assert!(matches!(untrusted(begun, "system"), Failure::Unsupported { .. }), "nobody logs in at machines");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_several_places_names_one() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    shop.make_client("two", json!({ "trusted": true, "redirect_uris": ["https://a.example/", "https://b.example/"] }))
        .await;
    untrusted(shop.ask(&browser, &[("client_id", "two"), ("redirect_uri", "")]).await, "which one?");
    let named = [("client_id", "two"), ("redirect_uri", "https://b.example/")];
    assert_eq!(shop.answered(shop.ask(&browser, &named).await).uri, "https://b.example/");

    let only = shop.answered(shop.ask(&browser, &[("redirect_uri", ""), ("scope", "profile")]).await);
    assert_eq!((only.uri.as_str(), only.get("error")), (BACK, None), "there is no other");
    assert_eq!(shop.refused(shop.ask(&browser, &[("redirect_uri", "")]).await), "invalid_request", "with openid");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_that_is_wrong_is_told_to_the_client() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let long = "x".repeat(9000);
    for (more, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "nonsense")], "unsupported_response_type"),
        (&[("response_type", "code nonsense")], "unsupported_response_type"),
        (&[("response_type", "none")], "unsupported_response_type"),
        (&[("response_type", "code code")], "unsupported_response_type"),
        (&[("client_id", "plain"), ("response_type", "token")], "unauthorized_client"),
        (&[("client_id", "plain"), ("response_type", "code token")], "unauthorized_client"),
        (&[("response_mode", "web_message")], "invalid_request"),
        (&[("response_type", "token"), ("response_mode", "query")], "invalid_request"),
        (&[("response_type", "code id_token"), ("response_mode", "query"), ("nonce", "n")], "invalid_request"),
        (&[("scope", "openid orders")], "invalid_scope"),
        (&[("scope", "openid introspect_tokens")], "invalid_scope"),
        (&[("response_type", "id_token")], "invalid_request"),
        (&[("response_type", "code id_token")], "invalid_request"),
        (&[("response_type", "id_token"), ("nonce", "n"), ("scope", "profile")], "invalid_request"),
        (&[("code_challenge", CHALLENGE)], "invalid_request"),
        (&[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", CHALLENGE), ("code_challenge_method", "s256")], "invalid_request"),
        (&[("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request"),
        (&[("code_challenge_method", "S256")], "invalid_request"),
        (&[("client_id", "app"), ("redirect_uri", "http://127.0.0.1/back")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "nonsense")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "+1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("max_age", "9999999999999")], "invalid_request"),
        (&[("request", "e30.e30.")], "invalid_request_object"),
        (&[("request_uri", "https://web.example/r")], "invalid_request_uri"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("claims", "nonsense")], "invalid_request"),
        (&[("claims", "[]")], "invalid_request"),
        (&[("claims", r#"{"id_token":[]}"#)], "invalid_request"),
        (&[("claims", r#"{"userinfo":{"email":true}}"#)], "invalid_request"),
        (&[("claims", &long)], "invalid_request"),
        (&[("nonce", &long)], "invalid_request"),
        (&[("scope", &long)], "invalid_request"),
        (&[("id_token_hint", "nonsense")], "invalid_request"),
    ] {
        let told = shop.answered(shop.ask(&browser, more).await);
        assert_eq!(shop.error_of(&told), error, "{more:?}");
        let tokens = more.iter().any(|(name, value)| *name == "response_type" && value.contains("token"));
        assert_eq!(told.mode, if tokens { "#" } else { "?" }, "{more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_there_once() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let twice = |name: &str, value: &str| {
        let mut sent = parameters(&[]);
        sent.push((name.to_owned(), value.to_owned()));
        sent
    };
    for (name, value) in [("scope", "openid"), ("scope", ""), ("response_type", "token"), ("response_type", "code")] {
        let told = shop.answered(shop.ask_with(&browser, &twice(name, value)).await);
        assert_eq!(shop.error_of(&told), "invalid_request", "{name}={value}");
        assert_eq!((told.uri.as_str(), told.mode), (BACK, "?"));
    }
    let told = shop.answered(shop.ask_with(&browser, &twice("state", "another")).await);
    assert_eq!((told.get("error"), told.get("state")), (Some("invalid_request"), None), "which state is not known");
    for (name, value) in [("client_id", "web"), ("client_id", "shy"), ("redirect_uri", BACK), ("redirect_uri", "")] {
        untrusted(shop.ask_with(&browser, &twice(name, value)).await, name);
    }
    let mut unknown = twice("vendor", "https://one.example");
    unknown.push(("vendor".to_owned(), "https://two.example".to_owned()));
    assert!(shop.answered(shop.ask_with(&browser, &unknown).await).get("code").is_some(), "what is unknown is ignored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_not_do_it_does_for_nobody() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let implicit = [("response_type", "token")];
    assert!(shop.answered(shop.ask(&browser, &implicit).await).get("access_token").is_some());
    shop.change(json!({ "grant_types": ["authorization_code"] })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &implicit).await), "unsupported_response_type");
    shop.change(json!({ "grant_types": ["implicit"] })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &[]).await), "unsupported_response_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_the_response_types_it_is_registered_with() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let grants = json!(["authorization_code", "implicit"]);
    shop.make_client("hybrid", json!({ "trusted": true, "grant_types": grants, "response_types": ["code id_token"] }))
        .await;
    for (asked, error) in [
        ("code id_token", None),
        ("id_token code", None),
        ("code", Some("unauthorized_client")),
        ("id_token", Some("unauthorized_client")),
        ("code id_token token", Some("unauthorized_client")),
    ] {
        let more = [("client_id", "hybrid"), ("response_type", asked), ("nonce", "n")];
        assert_eq!(shop.answered(shop.ask(&browser, &more).await).get("error"), error, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_insist_on_pkce_and_public_clients_always_need_it() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let app = [("client_id", "app"), ("redirect_uri", "http://127.0.0.1/back")];
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    assert_eq!(shop.refused(shop.ask(&browser, &app).await), "invalid_request");
    assert!(shop.answered(shop.ask(&browser, &[app[0], app[1], pkce[0], pkce[1]]).await).get("code").is_some());
    assert!(shop.answered(shop.ask(&browser, &[]).await).get("code").is_some());
    shop.change(json!({ "enforce_pkce": true })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &[]).await), "invalid_request");
    assert!(shop.answered(shop.ask(&browser, &pkce).await).get("code").is_some());
    let without_code = shop.answered(shop.ask(&browser, &[("response_type", "token")]).await);
    assert!(without_code.get("access_token").is_some(), "there is no code to protect");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_hint_is_ours_and_for_this_client() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let token = async |client: &str, response_type: &str, name: &str| {
        let more = [("client_id", client), ("response_type", response_type), ("nonce", "n")];
        let told = shop.answered(shop.ask(&browser, &more).await);
        told.get(name).unwrap_or_else(|| panic!("{told:?}")).to_owned()
    };
    shop.make_client("else", json!({ "trusted": true, "grant_types": ["implicit"] })).await;
    let hint = token("web", "id_token", "id_token").await;
    let more = [("id_token_hint", hint.as_str())];
    assert!(shop.answered(shop.ask(&browser, &more).await).get("code").is_some());

    let bob = shop.browser_of("bob").await;
    assert_eq!(shop.refused(shop.ask(&bob, &[more[0], ("prompt", "none")]).await), "login_required", "it is of alice");
    shop.waits(shop.ask(&bob, &more).await);

    shop.server.world.advance_seconds(3601);
    let browser_later = shop.browser_of("alice").await;
    assert!(shop.answered(shop.ask(&browser_later, &more).await).get("code").is_some(), "it may have expired");

    let foreign = [("client_id", "else"), ("response_type", "token"), more[0]];
    assert_eq!(shop.refused(shop.ask(&browser_later, &foreign).await), "invalid_request", "another client's");

    let browser = browser_later;
    let access = shop.answered(shop.ask(&browser, &[("response_type", "token")]).await);
    let access = access.get("access_token").unwrap().to_owned();
    let mut forged = hint.clone().into_bytes();
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let (_, rest) = hint.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split_once('.').unwrap().0);
    for (what, wrong) in [("an access token", &access), ("a forged one", &forged), ("an unsigned one", &unsigned)] {
        assert_eq!(shop.refused(shop.ask(&browser, &[("id_token_hint", wrong)]).await), "invalid_request", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_scopes_gets_the_clients_own() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let scope = async |more: &[(&str, &str)]| {
        let told = shop.answered(shop.ask(&browser, more).await);
        told.get("scope").unwrap_or_else(|| panic!("{told:?}")).to_owned()
    };
    assert_eq!(scope(&[("response_type", "token"), ("scope", "")]).await, "profile email");
    assert_eq!(scope(&[("response_type", "token"), ("scope", "profile")]).await, "profile");
    assert_eq!(scope(&[("response_type", "token"), ("scope", "openid offline_access")]).await, "openid", "no code");
    assert_eq!(
        scope(&[("response_type", "code token"), ("scope", "openid offline_access")]).await,
        "offline_access openid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_begins_only_so_many_logins() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    browser.address = "192.0.2.77".to_owned();
    for _ in 0..2000 {
        shop.waits(shop.ask(&browser, &[]).await);
    }
    let refused = untrusted(shop.ask(&browser, &[]).await, "one more");
    assert!(matches!(refused, Failure::Conflict { noun: "login", .. }), "{refused:?}");
    browser.address = "192.0.2.78".to_owned();
    shop.waits(shop.ask(&browser, &[]).await);
    browser.address = "192.0.2.77".to_owned();
    shop.server.world.advance_seconds(3600);
    shop.waits(shop.ask(&browser, &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_by_an_endless_name() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let claims = json!({ "id_token": { "sub": { "value": "x".repeat(1025) } } }).to_string();
    assert_eq!(shop.refused(shop.ask(&browser, &[("claims", &claims)]).await), "invalid_request");
}
