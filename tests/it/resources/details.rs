//! Authorization details (RFC 9396): of types that server and client have, shown to people in words, agreed to as they are, kept in
//! tokens, and never more than was granted.

use serde_json::{Value, json};

use super::{AID, BACK, ORDERS, STOCK, agree, ask, change_web, mall, own, redeem, refresh, request};
use crate::support::{
    Page,
    made::{ADMIN, basic, make_policy, post_form, wrong_members},
    storefront::{PASSWORD, Storefront, is_calm},
    tills::{claims, refused},
};

fn types() -> Value {
    let payment = json!({
        "required": ["amount"], "properties": { "amount": { "type": "string", "pattern": "^[0-9]+\\.[0-9]{2} EUR$" } },
    });
    json!({
        "payment": { "description": "Pay for <you>", "schema": payment },
        "account": { "description": "" },
        "vault": { "description": "Open the vault" },
    })
}

/// A mall with types, of which the client may ask for two.
async fn bank() -> Storefront {
    let shop = mall(json!({})).await;
    shop.change(json!({ "security": { "authorization_details_types": types() } })).await;
    change_web(&shop, json!({ "security": { "authorization_details_types": ["payment", "account"] } })).await;
    shop
}

fn payment(amount: &str) -> Value {
    json!({ "type": "payment", "actions": ["pay"], "amount": amount })
}

fn asking(shop: &Storefront, details: &Value) -> String {
    request(shop, "openid", &[("authorization_details", &details.to_string())])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_in_words_what_they_agree_to() {
    let shop = bank().await;
    let details = json!([
        payment("10.00 EUR"),
        { "type": "account", "to": "<script>alert(1)</script>", "<b>": { "deep_er": [1, true, null, "x\u{202e}y"] } },
    ]);
    let mut browser = shop.browser();
    let page = browser.login(&asking(&shop, &details), "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    let text = page.text();
    for shown in [
        "Pay for &lt;you&gt;",
        "actions: pay",
        "amount: 10.00 EUR",
        "to: &lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;b&gt;: (deep er: 1, true, -, x\u{fffd}y)",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let back = browser.send(&page, "/consent", &[]).await;
    let tokens = redeem(&shop, &back, &[]).await.expect(200).json();
    assert_eq!(tokens["authorization_details"], details);
    assert_eq!(claims(&tokens["access_token"])["authorization_details"], details);
    assert!(claims(&tokens["id_token"])["authorization_details"].is_null());
    for token in ["access_token", "refresh_token"] {
        let caller = shop.server.anonymous().with_header("authorization", &basic("web", shop.secret()));
        let form = format!("token={}", tokens[token].as_str().unwrap());
        let told = post_form(&caller, &format!("/default/{AID}/oauth2/introspect"), &form).await.expect(200).json();
        assert_eq!(told["authorization_details"], details, "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_detail_asks_again_and_the_same_does_not() {
    let shop = bank().await;
    let mut browser = shop.browser();
    let came_back = |page: &Page| page.url.starts_with(BACK) && page.parameter("code").is_some();
    assert!(came_back(&agree(&mut browser, &asking(&shop, &json!([payment("10.00 EUR")]))).await));
    let same = json!([{ "amount": "10.00 EUR", "type": "payment", "actions": ["pay"] }]);
    assert!(came_back(&browser.open(&asking(&shop, &same)).await), "the order of members is nothing");
    assert!(came_back(&browser.open(&request(&shop, "openid", &[])).await), "less is nothing new");
    for more in [json!([payment("99.00 EUR")]), json!([payment("10.00 EUR"), { "type": "account" }])] {
        let silent = browser.open(&format!("{}&prompt=none", asking(&shop, &more))).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"), "{more}");
        let page = browser.open(&asking(&shop, &more)).await.expect(200);
        assert!(page.has_form("/consent"), "{more}: {}", page.text());
        let no = browser.send(&page, "/refuse", &[]).await;
        assert_eq!(no.parameter("error").as_deref(), Some("access_denied"));
    }
    // What the page says of a type is part of what is agreed to.
    let page = browser.open(&asking(&shop, &json!([payment("99.00 EUR")]))).await.expect(200);
    let mut changed = types();
    changed["payment"]["description"] = json!("Pay twice");
    shop.change(json!({ "security": { "authorization_details_types": changed } })).await;
    let again = browser.send(&page, "/consent", &[]).await.expect(200);
    assert!(again.text().contains("Pay twice") && again.has_form("/consent"), "{}", again.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_asked_for_is_refused_at_both_endpoints() {
    let shop = bank().await;
    let mut browser = shop.browser_of("ann").await;
    let deep = format!(r#"[{{"type":"account","x":{}{}}}]"#, "[".repeat(1000), "]".repeat(1000));
    let wrong = [
        json!([{ "type": "vault" }]).to_string(),
        json!([{ "type": "magic" }]).to_string(),
        json!([payment("1 EUR")]).to_string(),
        json!([{ "type": "payment" }]).to_string(),
        json!([payment("1.00 EUR"), { "type": "vault" }]).to_string(),
        json!([{ "type": "account", "locations": ["https://elsewhere.example/"] }]).to_string(),
        json!([{ "type": "account", "locations": [ORDERS, "https://nothing.example/"] }]).to_string(),
        json!([{ "type": "account", "x": vec![1; 500] }]).to_string(),
        json!({ "type": "account" }).to_string(),
        deep,
        "not JSON".to_owned(),
    ];
    for text in &wrong {
        refused(own(&shop, &[("authorization_details", text)]).await, "invalid_authorization_details");
        let page = browser.open(&request(&shop, "openid", &[("authorization_details", text)])).await;
        assert!(page.url.starts_with(BACK), "{}", page.url);
        assert_eq!(page.parameter("error").as_deref(), Some("invalid_authorization_details"), "{text}");
    }
    let giant = json!([{ "type": "account", "x": "x".repeat(9000) }]).to_string();
    refused(own(&shop, &[("authorization_details", &giant)]).await, "invalid_authorization_details");
    let page = browser.open(&request(&shop, "openid", &[("authorization_details", &giant)])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_what_was_granted_goes_into_a_token_and_nothing_else() {
    let shop = bank().await;
    let mut browser = shop.browser();
    let granted = json!([payment("10.00 EUR"), { "type": "account", "locations": [STOCK] }]);
    let asked = [
        ("authorization_details", granted.to_string()),
        ("resource", ORDERS.to_owned()),
        ("resource", STOCK.to_owned()),
    ];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = agree(&mut browser, &request(&shop, "orders stock", &asked)).await;
    let with = |details: Value| details.to_string();
    let more = with(json!([payment("11.00 EUR")]));
    refused(redeem(&shop, &page, &[("authorization_details", &more)]).await, "invalid_authorization_details");
    let part = with(json!([payment("10.00 EUR")]));
    let first = redeem(&shop, &page, &[("authorization_details", &part)]).await.expect(200).json();
    assert_eq!(first["authorization_details"], json!([payment("10.00 EUR")]));
    for wrong in [more, with(json!([{ "type": "account" }])), with(json!([])), "x".to_owned()] {
        let answer = refresh(&shop, &first, &[("authorization_details", &wrong)]).await;
        refused(answer, "invalid_authorization_details");
    }
    // The grant has kept all of them. What is for another place is not for this token.
    let all = refresh(&shop, &first, &[]).await.expect(200).json();
    assert_eq!(all["authorization_details"], granted);
    let here = refresh(&shop, &all, &[("resource", ORDERS)]).await.expect(200).json();
    assert_eq!(here["authorization_details"], json!([payment("10.00 EUR")]));
    // A type that the client has lost is lost to what was granted, too.
    change_web(&shop, json!({ "security": { "authorization_details_types": ["account"] } })).await;
    let less = refresh(&shop, &here, &[]).await.expect(200).json();
    assert_eq!(less["authorization_details"], json!([{ "type": "account", "locations": [STOCK] }]));
    let password =
        ask(&shop, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("authorization_details", "[]")]);
    refused(password.await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_on_its_own_behalf_has_details_too() {
    let shop = bank().await;
    let text = json!([payment("10.00 EUR")]).to_string();
    let tokens = own(&shop, &[("authorization_details", &text)]).await.expect(200).json();
    assert_eq!(claims(&tokens["access_token"])["authorization_details"], json!([payment("10.00 EUR")]));
    let plain = own(&shop, &[]).await.expect(200).json();
    assert!(
        plain["authorization_details"].is_null() && claims(&plain["access_token"])["authorization_details"].is_null()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_see_details_and_resources() {
    let shop = bank().await;
    let source = "contexts.authorization_details.all(d, d.type == 'payment' && d.amount == '10.00 EUR') \
                  && contexts.resources.all(r, r == 'https://orders.example/api')";
    make_policy(&shop.admin, "small", json!([{ "name": "cel", "conf": { "source": source } }])).await;
    shop.change(json!({ "user_policy_id": "small", "security": {
        "authorization_details_types": types(), "client_policy_id": "small",
    } }))
    .await;
    for (amount, resource, allowed) in
        [("10.00 EUR", ORDERS, true), ("99.00 EUR", ORDERS, false), ("10.00 EUR", STOCK, false)]
    {
        let text = json!([payment(amount)]).to_string();
        let asked = [("authorization_details", text.as_str()), ("resource", resource)];
        let page = agree(&mut shop.browser(), &request(&shop, "orders stock", &asked)).await;
        assert_eq!(page.parameter("code").is_some(), allowed, "{amount} {resource}: {}", page.url);
        assert_eq!(own(&shop, &asked).await.status == 200, allowed, "{amount} {resource}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn types_are_saved_shown_and_told_and_make_sense() {
    let shop = bank().await;
    let path = format!("{ADMIN}/servers/{AID}");
    let shown = shop.admin.get(&path).await.expect(200).json();
    assert_eq!(shown["security"]["authorization_details_types"], types());
    for place in ["openid-configuration", "oauth-protected-resource/orders-api"] {
        let found =
            shop.server.anonymous().get(&format!("/default/{AID}/.well-known/{place}")).await.expect(200).json();
        assert_eq!(found["authorization_details_types_supported"], json!(["account", "payment", "vault"]), "{place}");
    }
    let refuse = async |types: Value, member: &str| {
        let mut body = shown.clone();
        body["security"]["authorization_details_types"] = types;
        let answer = shop.admin.put(&path, &body).await.expect(422);
        assert_eq!(wrong_members(&answer), [format!("/security/authorization_details_types{member}")]);
    };
    refuse(json!({ "a/b": { "schema": { "type": 7 } } }), "/a~1b/schema").await;
    refuse(json!({ "a": { "schema": { "$ref": "https://example.org/x" } } }), "/a/schema").await;
    refuse(json!({ "a": { "schema": { "title": "x".repeat(20_000) } } }), "/a/schema").await;
    refuse(json!({ "a": { "description": "x".repeat(5000) } }), "/a/description").await;
    let many: serde_json::Map<String, Value> = (0..101).map(|number| (format!("t{number}"), json!({}))).collect();
    refuse(json!(many), "").await;
}

/// RFC 9396 §7: with every access token what was granted with it, also where it travels through the browser.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_front_channel_comes_with_its_details() {
    let shop = bank().await;
    let grants = json!(["authorization_code", "implicit", "refresh_token", "client_credentials"]);
    shop.change(json!({ "grant_types": grants })).await;
    let path = format!("{ADMIN}/clients/web");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body.as_object_mut().unwrap().retain(|name, _| !["client_secret", "scope"].contains(&name.as_str()));
    (body["grant_types"], body["response_types"]) = (grants, json!(["code", "id_token", "token"]));
    shop.admin.put(&path, &body).await.expect(200);
    let details = json!([payment("10.00 EUR"), { "type": "account" }]);
    let asking = |kind: &str, details: Option<&Value>| {
        let text = details.map(Value::to_string);
        let more: Vec<(&str, &str)> = text.iter().map(|text| ("authorization_details", text.as_str())).collect();
        let url = request(&shop, "openid", &[&[("nonce", "n")][..], &more].concat());
        url.replace("response_type=code&", &format!("response_type={}&", kind.replace(' ', "%20")))
    };
    let mut browser = shop.browser();
    for kind in ["token", "id_token token", "code token"] {
        let page = agree(&mut browser, &asking(kind, Some(&details))).await;
        let told = page.parameter("authorization_details").unwrap_or_else(|| panic!("{kind}: {}", page.url));
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), details, "{kind}");
        let token = json!(page.parameter("access_token").unwrap());
        assert_eq!(claims(&token)["authorization_details"], details, "{kind}");
        assert!(page.url.contains("#"), "never in a query: {}", page.url);
    }
    // Where there is no token, or nothing was asked for, nothing is told.
    let page = agree(&mut browser, &asking("code", Some(&details))).await;
    assert!(page.parameter("code").is_some() && page.parameter("authorization_details").is_none(), "{}", page.url);
    let page = agree(&mut browser, &asking("token", None)).await;
    assert!(
        page.parameter("access_token").is_some() && page.parameter("authorization_details").is_none(),
        "{}",
        page.url
    );
}
