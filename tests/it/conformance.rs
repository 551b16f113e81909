//! What the conformance suite of the OpenID Foundation asks of a server and no other test of ours shows; the whole list stands in
//! `tests/CONFORMANCE.md`.

use portcullis::crypto::{jws, keys::VerifyingKey};
use serde_json::{Value, json};

use crate::support::{
    Browser, Page,
    holder::{Holder, ask_with},
    made::basic,
    storefront::{AID, BACK, BYE, PASSWORD, Storefront},
    tills::{CALLBACK, Shop, claims, redeem, refused},
};

const ANN: [(&str, &str); 2] = [("username", "ann"), ("password", PASSWORD)];
const SCOPES: &str = "scope=openid%20profile%20orders";

/// Gives Ann's name and password on a page, and says yes where she is asked.
async fn goes_on(browser: &mut Browser, page: &Page) -> Page {
    let page = browser.send(page, "/password", &ANN).await;
    match page.has_form("/consent") {
        true => browser.send(&page, "/consent", &[]).await,
        false => page,
    }
}

/// What comes back for a request once Ann has logged in and said yes.
async fn agree(browser: &mut Browser, url: &str) -> Page {
    let page = browser.open(url).await.expect(200);
    goes_on(browser, &page).await
}

/// What an ID token says of the code that a browser has brought back.
async fn id_token(shop: &Storefront, page: &Page) -> Value {
    claims(&shop.redeem(page).await["id_token"])
}

/// What userinfo tells for the code that a browser has brought back.
async fn userinfo(shop: &Storefront, page: &Page) -> Value {
    let tokens = shop.redeem(page).await;
    let caller = shop.server.anonymous().with_token(tokens["access_token"].as_str().unwrap());
    caller.get(&format!("/default/{AID}/userinfo")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_come_in_any_order() {
    let shop = Storefront::open().await;
    let url = shop.request("").replace(SCOPES, "scope=orders%20profile%20openid");
    let page = agree(&mut shop.browser(), &url).await;
    let tokens = shop.redeem(&page).await;
    assert_eq!(tokens["scope"], "openid orders profile");
    assert_eq!(claims(&tokens["id_token"])["sub"], "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scope_of_openid_connect_tells_its_own() {
    let all = ["openid", "profile", "email", "address", "phone"];
    let shop = Storefront::with(|_| {}, json!({ "scopes": all })).await;
    let context = json!({
        "name": "Ann Adams", "given_name": "Ann", "email": "ann@example.com", "email_verified": true,
        "address": { "locality": "Bern", "country": "CH" }, "phone_number": "+41 44 000 00 00", "phone_number_verified": false,
    });
    let user = json!({ "username": "ann", "password": PASSWORD, "authentication_context": context });
    let method = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": [user] } });
    shop.lets_in_by(&[method]).await;
    for (scope, told) in [
        ("profile", &["name", "given_name"][..]),
        ("email", &["email", "email_verified"]),
        ("address", &["address"]),
        ("phone", &["phone_number", "phone_number_verified"]),
        (
            "profile%20email%20address%20phone",
            &["name", "given_name", "email", "email_verified", "address", "phone_number", "phone_number_verified"],
        ),
    ] {
        let url = shop.request("").replace(SCOPES, &format!("scope=openid%20{scope}"));
        let page = agree(&mut shop.browser(), &url).await;
        let mut expected = json!({ "sub": "ann" });
        for name in told {
            expected[*name] = context[*name].clone();
        }
        assert_eq!(userinfo(&shop, &page).await, expected, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_other_pages_would_heed_stops_nobody() {
    let shop = Storefront::open().await;
    for more in ["&display=page", "&display=popup", "&claims_locales=se", "&extra=foobar"] {
        let page = agree(&mut shop.browser(), &shop.request(more)).await;
        assert!(page.url.starts_with(BACK) && page.parameter("code").is_some(), "{more}: {}", page.url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_asked_for_anew_is_a_later_one() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("")).await;
    let first = id_token(&shop, &page).await["auth_time"].as_i64().unwrap();
    let mut last = first;
    for (more, asks) in
        [("&max_age=10000", false), ("&prompt=login", true), ("&prompt=none", false), ("&max_age=1", true)]
    {
        shop.server.world.advance_seconds(10);
        let mut page = browser.open(&shop.request(more)).await;
        assert_eq!(page.has_form("/password"), asks, "{more}: {}", page.url);
        if asks {
            page = goes_on(&mut browser, &page).await;
        }
        let said = id_token(&shop, &page).await;
        let at = said["auth_time"].as_i64().unwrap();
        assert_eq!((said["sub"].as_str(), at > last), (Some("ann"), asks), "{more}");
        last = at;
    }
    assert!(last >= first + 40, "{first} {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonce_and_state_may_be_missing_and_long_ones_come_back_whole() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("").replace("&state=a%20state", "")).await;
    assert_eq!(page.parameter("state"), None, "{}", page.url);
    let said = id_token(&shop, &page).await;
    assert!(said.get("nonce").is_none() && said.get("s_hash").is_none(), "{said}");

    let (nonce, state) = ("n".repeat(384), "s".repeat(1000));
    let url = shop.request(&format!("&nonce={nonce}")).replace("state=a%20state", &format!("state={state}"));
    let page = browser.open(&url).await;
    assert_eq!(page.parameter("state"), Some(state));
    assert_eq!(id_token(&shop, &page).await["nonce"], json!(nonce));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_essential_claim_is_told_without_its_scope() {
    let shop = Storefront::open().await;
    let named = "&claims=%7B%22userinfo%22%3A%7B%22name%22%3A%7B%22essential%22%3Atrue%7D%7D%7D";
    let url = shop.request(named).replace(SCOPES, "scope=openid");
    let page = agree(&mut shop.browser(), &url).await;
    assert_eq!(userinfo(&shop, &page).await["name"], "ANN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_counts_with_its_query() {
    const ENCODED: &str = "https%3A%2F%2Fweb.example%2Fback";
    let registered = json!({ "redirect_uris": [format!("{BACK}?shop=1")] });
    let shop = Storefront::with(|_| {}, registered).await;
    let asks = |query: &str| shop.request("").replace(ENCODED, &format!("{ENCODED}{query}"));
    let mut browser = shop.browser();
    for wrong in ["", "%3Fshop%3D2", "%3Fshop%3D1%26more%3D2", "%3Fmore%3D2%26shop%3D1"] {
        browser.open(&asks(wrong)).await.expect(400);
    }
    let page = agree(&mut browser, &asks("%3Fshop%3D1")).await;
    assert!(page.url.starts_with(&format!("{BACK}?shop=1&")) && page.parameter("code").is_some(), "{}", page.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_is_shown_with_logo_and_pages() {
    let shop = Storefront::open().await;
    let open = json!({ "enable_dynamic_client_registration": true, "open_dynamic_client_registration": true });
    shop.change(open).await;
    let body = json!({
        "client_name": "Newcomer", "redirect_uris": [BACK], "scope": "openid profile",
        "logo_uri": "https://web.example/logo.png", "policy_uri": "https://web.example/privacy",
        "tos_uri": "https://web.example/terms",
    });
    let path = format!("/default/{AID}/oauth2/register");
    let made = shop.server.anonymous().post(&path, &body).await.expect(201).json();
    for member in ["logo_uri", "policy_uri", "tos_uri"] {
        assert_eq!(made[member], body[member], "{member}");
    }
    let id = made["client_id"].as_str().unwrap();
    let url = shop.request("").replace("client_id=web", &format!("client_id={id}")).replace("%20orders", "");
    let mut browser = shop.browser();
    let page = browser.open(&url).await.expect(200);
    assert!(page.text().contains("src=\"https://web.example/logo.png\""), "{}", page.text());
    let page = browser.send(&page, "/password", &ANN).await.expect(200);
    for link in ["https://web.example/privacy", "https://web.example/terms"] {
        assert!(page.text().contains(&format!("href=\"{link}\"")), "{link}: {}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rsa_key_signs_id_tokens_with_rs256_under_a_published_name() {
    let open = json!({
        "key_type": "rsa", "enable_dynamic_client_registration": true, "open_dynamic_client_registration": true,
    });
    let shop = Shop::open(open).await;
    let body = json!({
        "client_name": "App", "redirect_uris": [CALLBACK], "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
    });
    let made = shop.server.anonymous().post("/default/shop/oauth2/register", &body).await.expect(201).json();
    for member in ["id_token_signed_response_alg", "userinfo_signed_response_alg"] {
        assert_eq!(made[member], "RS256", "{made}");
    }
    let tokens = shop.tokens(&["openid"]).await;
    let token = tokens["id_token"].as_str().unwrap();
    let keys = shop.server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    let signing = keys["keys"].as_array().unwrap().iter().find(|key| key["use"] == "sig").unwrap();
    assert_eq!((&signing["kty"], &signing["alg"]), (&json!("RSA"), &json!("RS256")));
    let head = data_encoding::BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    assert_eq!((&head["alg"], &head["kid"]), (&json!("RS256"), &signing["kid"]));
    let said = jws::verify(token, &VerifyingKey::from_jwk(signing).unwrap()).unwrap();
    assert_eq!(said["sub"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_up_half_a_minute_later_as_well() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let tokens = shop.ask(&redeem(&code)).await.expect(200).json();
    shop.server.world.advance_seconds(30);
    assert!(shop.is_good(&tokens["access_token"]).await);
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
    assert!(!shop.is_good(&tokens["access_token"]).await, "what came of it has ended with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_takes_as_little_as_there_is() {
    const LOGOUT: &str = "/default/shop/oauth2/logout";
    let shop = Storefront::open().await;
    let bye: String = form_urlencoded::byte_serialize(BYE.as_bytes()).collect();
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("")).await;
    let hint = shop.redeem(&page).await["id_token"].as_str().unwrap().to_owned();
    for more in ["", "?state=s"] {
        let page = browser.open(&format!("{LOGOUT}{more}")).await.expect(200);
        assert!(page.has_form("/oauth2/logout"), "{more}: {}", page.text());
    }
    // A hint that was changed is none.
    let changed = format!("{}.{}", hint.rsplit_once('.').unwrap().0, "A".repeat(86));
    let page = browser.open(&format!("{LOGOUT}?id_token_hint={changed}&post_logout_redirect_uri={bye}&state=s")).await;
    assert!(page.url.starts_with('/'), "nobody is sent on: {}", page.url);
    assert!(browser.session().is_some(), "nobody is logged out");

    let gone = browser.open(&format!("{LOGOUT}?id_token_hint={hint}&post_logout_redirect_uri={bye}")).await;
    assert_eq!(gone.url, BYE, "without a state there is none");
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("")).await;
    let hint = shop.redeem(&page).await["id_token"].as_str().unwrap().to_owned();
    let stays = browser.open(&format!("{LOGOUT}?id_token_hint={hint}&state=s")).await.expect(200);
    assert!(!stays.text().contains(BYE), "{}", stays.text());
    assert_eq!(browser.session(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_may_be_ten_seconds_off_and_dated() {
    const TOKEN: &str = "/default/shop/oauth2/token";
    let shop = Shop::open(json!({})).await;
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    let holder = Holder::new("ES256");
    shop.server.world.advance_seconds(60); // a proof of before its beginning is none
    let now = shop.server.app.domain.world.now_seconds();
    for more in [json!({ "iat": now - 10 }), json!({ "iat": now + 10 }), json!({ "nbf": now, "exp": now + 300 })] {
        let mut said = holder.claims(&shop.server, "POST", TOKEN);
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let form = "grant_type=client_credentials";
        let tokens = ask_with(&till, TOKEN, form, &holder.sign(&said)).await.expect(200).json();
        assert_eq!(tokens["token_type"], "DPoP", "{more}");
    }
}
