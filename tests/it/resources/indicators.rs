//! Tokens for resources (RFC 8707): for those asked for and no others, with the scopes that mean something there, and never for
//! more than was granted.

use serde_json::{Value, json};

use super::{
    AID, BACK, ELSEWHERE, ORDERS, PLAIN, STOCK, agree, aimed, ask, machine, mall, own, redeem, refresh, request, texts,
};
use crate::support::{
    Caller,
    gateway::Guarded,
    made::{ADMIN, ask_token, attribute, make_client, make_policy, post_form, wrong_members},
    storefront::Storefront,
    tills::refused,
};

/// What a client of an answer's token learns of the person there.
async fn userinfo(shop: &Storefront, answer: &Value) -> u16 {
    let caller = Caller::new(&shop.server.url).with_token(answer["access_token"].as_str().unwrap());
    caller.get(&format!("/default/{AID}/userinfo")).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_the_resources_that_were_asked_for() {
    let shop = mall(json!({})).await;
    let mut browser = shop.browser();
    let all = "openid profile orders stock loose offline_access";
    let page = agree(&mut browser, &request(&shop, all, &[("resource", ORDERS)])).await;
    let tokens = redeem(&shop, &page, &[]).await.expect(200).json();
    let people = ["offline_access", "openid", "orders", "profile"];
    assert_eq!(aimed(&shop, &tokens), (texts(&[ORDERS, "us"]), texts(&people)));
    assert_eq!(userinfo(&shop, &tokens).await, 200, "userinfo is for whoever may know who it is");

    // Without resources a token is as it always was.
    let page = agree(&mut browser, &request(&shop, all, &[])).await;
    let tokens = redeem(&shop, &page, &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &tokens).0, texts(&["us"]));
    let narrowed = refresh(&shop, &tokens, &[("resource", STOCK)]).await.expect(200).json();
    assert_eq!(
        aimed(&shop, &narrowed),
        (texts(&[STOCK, "us"]), texts(&["offline_access", "openid", "profile", "stock"]))
    );

    // The slash of an empty path, the case of a host: one identifier, told as the service has it.
    let without_slash = own(&shop, &[("resource", "https://STOCK.example")]).await.expect(200).json();
    assert_eq!(aimed(&shop, &without_slash), (texts(&[STOCK]), texts(&["stock"])));
    assert_eq!(userinfo(&shop, &without_slash).await, 401, "it is not for us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_what_was_granted_can_be_asked_for_and_nothing_else() {
    let shop = mall(json!({})).await;
    let mut browser = shop.browser();
    let asked = request(&shop, "orders stock", &[("resource", ORDERS), ("resource", STOCK)]);
    let page = agree(&mut browser, &asked).await;
    refused(redeem(&shop, &page, &[("resource", PLAIN)]).await, "invalid_target");
    let first = redeem(&shop, &page, &[("resource", STOCK)]).await.expect(200).json();
    assert_eq!(aimed(&shop, &first), (texts(&[STOCK]), texts(&["stock"])));
    for wrong in
        [PLAIN, ELSEWHERE, "https://nothing.example/", "https://stock.example/#x", "stock", "https://stock.example/x"]
    {
        refused(refresh(&shop, &first, &[("resource", wrong)]).await, "invalid_target");
        refused(refresh(&shop, &first, &[("resource", STOCK), ("resource", wrong)]).await, "invalid_target");
    }
    let issuer = format!("{}/default/{AID}", shop.server.url);
    refused(refresh(&shop, &first, &[("resource", &issuer)]).await, "invalid_target");
    // A refusal uses nothing up, and the grant is still for both.
    let both = refresh(&shop, &first, &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &both), (texts(&[ORDERS, STOCK]), texts(&["orders", "stock"])));
    let only = refresh(&shop, &both, &[("resource", ORDERS)]).await.expect(200).json();
    assert_eq!(aimed(&shop, &only), (texts(&[ORDERS]), texts(&["orders"])));

    // A service that is a resource no more has no tokens; the other one goes on.
    let body = json!({ "name": "The orders-api" });
    shop.admin.put(&format!("{ADMIN}/services/orders-api"), &body).await.expect(200);
    let left = refresh(&shop, &only, &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &left), (texts(&[STOCK]), texts(&["stock"])));
    shop.admin.delete(&format!("{ADMIN}/services/stock-api")).await.expect(204);
    refused(refresh(&shop, &left, &[]).await, "invalid_target");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_resource_of_this_server_is_refused_at_both_endpoints() {
    let shop = mall(json!({ "scopes": ["openid", "orders"] })).await;
    let mut browser = shop.browser();
    for wrong in [
        ELSEWHERE,
        STOCK, // the client has no right there
        "https://nothing.example/",
        "https://orders.example/api#part",
        "https://orders.example/api/",
        "/api",
        "orders-api",
    ] {
        refused(own(&shop, &[("resource", wrong)]).await, "invalid_target");
        refused(own(&shop, &[("resource", ORDERS), ("resource", wrong)]).await, "invalid_target");
        let page = agree(&mut browser, &request(&shop, "openid orders", &[("resource", wrong)])).await;
        assert!(page.url.starts_with(BACK), "{}", page.url);
        assert_eq!(page.parameter("error").as_deref(), Some("invalid_target"), "{wrong}");
        assert!(page.parameter("code").is_none());
    }
    let many: Vec<String> = (0..17).map(|number| format!("{ORDERS}?{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|one| ("resource", one.as_str())).collect();
    refused(own(&shop, &many).await, "invalid_target");
    // The right to orders is not asked for here.
    let page = agree(&mut browser, &request(&shop, "openid", &[("resource", ORDERS)])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_target"));
    // A resource of the same name at another server and in another tenant is another one.
    let far = machine(&shop, "other", "far", &["openid"]).await;
    refused(
        ask_token(&shop.server, "other", "far", &far, &format!("grant_type=client_credentials&resource={ORDERS}"))
            .await,
        "invalid_target",
    );
    refused(ask(&shop, &[("grant_type", "client_credentials"), ("grant_type", "password")]).await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_a_resource_administrates_nothing() {
    let shop = mall(json!({})).await;
    let books = json!({ "authorization_server_id": "admin", "id": "books", "name": "Books", "resource": "https://books.example/" });
    shop.admin.post(&format!("{ADMIN}/services"), &books).await.expect(201);
    let read = json!({ "authorization_server_id": "admin", "id": "read", "name": "read", "service_id": "books" });
    shop.admin.post(&format!("{ADMIN}/scopes"), &read).await.expect(201);
    let secret = machine(&shop, "admin", "clerk", &["read", "introspect_tokens"]).await;
    let tenant = async |more: &str| {
        let form = format!("grant_type=client_credentials{more}");
        let answer = ask_token(&shop.server, "admin", "clerk", &secret, &form).await.expect(200).json();
        let caller = Caller::new(&shop.server.url).with_token(answer["access_token"].as_str().unwrap());
        (caller.get(&format!("{ADMIN}/tenant")).await.status.as_u16(), answer["scope"].clone())
    };
    assert_eq!(tenant("").await.0, 200);
    assert_eq!(tenant("&resource=https://books.example/").await, (401, json!("read")));
    // The server itself is a resource too: what it offers needs the scopes of its own services.
    let issuer = format!("{}/default/admin", shop.server.url);
    assert_eq!(tenant(&format!("&resource={issuer}")).await, (200, json!("introspect_tokens")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_what_a_token_is_worth_is_told_whom_it_is_for() {
    let shop = mall(json!({})).await;
    let token = own(&shop, &[("resource", ORDERS)]).await.expect(200).json();
    let form = format!("token={}", token["access_token"].as_str().unwrap());
    let caller =
        shop.server.anonymous().with_header("authorization", &crate::support::made::basic("web", shop.secret()));
    let told = post_form(&caller, &format!("/default/{AID}/oauth2/introspect"), &form).await.expect(200).json();
    assert_eq!((&told["active"], &told["aud"], &told["scope"]), (&json!(true), &json!([ORDERS]), &json!("orders")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_without_scopes_is_agreed_to_by_its_name() {
    let shop = mall(json!({})).await;
    let mut browser = shop.browser();
    // What she has agreed to elsewhere says nothing of it.
    agree(&mut browser, &request(&shop, "openid", &[])).await;
    let asked = request(&shop, "openid", &[("resource", PLAIN)]);
    let page = browser.open(&asked).await.expect(200);
    assert!(page.text().contains(&format!("Use {PLAIN} for you")), "{}", page.text());
    let silent = shop.browser_of("ann").await.open(&format!("{asked}&prompt=none")).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
    let back = browser.send(&page, "/consent", &[]).await;
    let tokens = redeem(&shop, &back, &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &tokens), (texts(&[PLAIN, "us"]), texts(&["openid"])));
    let again = browser.open(&asked).await;
    assert!(again.parameter("code").is_some(), "it is remembered: {}", again.url);
    let own = own(&shop, &[("resource", PLAIN)]).await.expect(200).json();
    assert_eq!(aimed(&shop, &own).0, texts(&[PLAIN]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_one_services_and_makes_sense() {
    let shop = mall(json!({})).await;
    let body = |server: &str, resource: &str| json!({ "authorization_server_id": server, "name": "New", "resource": resource });
    let path = format!("{ADMIN}/services");
    for wrong in [
        "https://new.example/#part",
        "http://new.example/",
        "new.example",
        "ftp://new.example/",
        "https://user@new.example/",
        ORDERS,
        "https://STOCK.example",
    ] {
        let answer = shop.admin.post(&path, &body(AID, wrong)).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/resource"], "{wrong}");
    }
    // Tokens for an authorization server would be good there, and whoever runs the service would have them.
    for server in [AID, "other", "admin"] {
        let issuer = format!("{}/default/{server}", shop.server.url);
        let answer = shop.admin.post(&path, &body(AID, &issuer)).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/resource"], "{issuer}");
        let changed = json!({ "name": "The orders-api", "resource": issuer.replacen("http:", "HTTP:", 1) });
        let answer = shop.admin.put(&format!("{path}/orders-api"), &changed).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/resource"], "{issuer}");
    }
    // Another server may have one of the same name.
    let made = shop.admin.post(&path, &body("other", ORDERS)).await.expect(201).json();
    assert_eq!(made["resource"], ORDERS);
    let same = shop.admin.get(&format!("{path}/orders-api")).await.expect(200).json();
    shop.admin.put(&format!("{path}/orders-api"), &same).await.expect(200);
    let taken = json!({ "name": "The orders-api", "resource": STOCK });
    let answer = shop.admin.put(&format!("{path}/orders-api"), &taken).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/resource"]);
    let own = json!({ "name": "Profile", "resource": "https://profile.example/" });
    let answer = shop.admin.put(&format!("{path}/{AID}-profile"), &own).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/resource"], "the server's own services are the server itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_lets_nobody_in_with_a_token_for_another_service() {
    let guarded = Guarded::start("nginx").await;
    let (admin, server) = (&guarded.admin, &guarded.server);
    guarded.make_service("archive").await;
    for (id, resource) in [("library", ORDERS), ("archive", STOCK)] {
        let body = json!({ "name": id, "resource": resource, "gateway_id": guarded.id() });
        admin.put(&format!("{ADMIN}/services/{id}"), &body).await.expect(200);
        let scope = json!({ "authorization_server_id": "shop", "id": id, "name": id, "service_id": id });
        admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    }
    make_policy(admin, "somebody", json!([attribute("subject.id", "exists", json!(true))])).await;
    guarded.make_api("library", "GET", "/books", "somebody").await;
    let client = make_client(admin, "shop", "reader", &["library", "archive"]).await;
    let token = async |more: &str| {
        let secret = client["client_secret"].as_str().unwrap();
        let form = format!("grant_type=client_credentials{more}");
        let answer = ask_token(server, "shop", "reader", secret, &form).await.expect(200).json();
        Caller::new(&server.url).with_token(answer["access_token"].as_str().unwrap())
    };
    let metadata =
        format!(r#"resource_metadata="{}/default/shop/.well-known/oauth-protected-resource/library""#, server.url);
    for good in ["", &format!("&resource={ORDERS}"), &format!("&resource={ORDERS}&resource={STOCK}")] {
        guarded.ask(&token(good).await, "GET", "/books").await.expect(200);
    }
    let other = guarded.ask(&token(&format!("&resource={STOCK}")).await, "GET", "/books").await.expect(401);
    assert_eq!(other.header("www-authenticate"), Some(format!(r#"Bearer error="invalid_token", {metadata}"#).as_str()));
    let nobody = guarded.ask(&server.anonymous(), "GET", "/books").await.expect(401);
    assert_eq!(nobody.header("www-authenticate"), Some(format!("Bearer {metadata}").as_str()));
    assert!(nobody.header("x-portcullis-decision").is_some());
}
