//! The provider is another server of ours: two real servers, one person, two browsers' worth of cookies.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::support::{
    Browser,
    made::ADMIN,
    storefront::{AID, PASSWORD, Storefront, web},
};

/// A shop whose people log in at `house`, another server.
async fn shop_of(house: &Storefront) -> Storefront {
    let shop = Storefront::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()], json!({})).await;
    let back = format!("{}/default/{AID}/callback", shop.server.url);
    let mut client = web(json!({ "client_id": "shop", "client_name": "The shop", "redirect_uris": [back] }));
    client["scopes"] = json!(["openid", "profile"]);
    let made = house.admin.post(&format!("{ADMIN}/clients"), &client).await.expect(201).json();
    shop.lets_in_by(&[json!({
        "id": "house", "name": "The house", "method": "oidc",
        "oidc": {
            "issuer_url": format!("{}/default/{AID}", house.server.url), "client_id": "shop",
            "client_secret": made["client_secret"], "scopes": ["openid", "profile"], "get_user_info": true,
        },
    })])
    .await;
    shop
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// Ann goes to the shop, is sent to the house, says there who she is and yes, and comes back to the shop.
async fn arrives(shop: &Storefront, house: &Storefront, here: &mut Browser) -> crate::support::Page {
    let away = here.open(&shop.request("")).await;
    assert!(away.url.starts_with(&format!("{}/default/{AID}/oauth2/authorize?", house.server.url)), "{}", away.url);
    let mut there = house.browser();
    let page = there.login(&away.url, "ann", PASSWORD).await;
    let page = there.send(&page, "/consent", &[]).await;
    assert!(page.url.starts_with(&format!("{}/default/{AID}/callback?", shop.server.url)), "{}", page.url);
    here.open(&page.url).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_another_server_of_ours_log_in() {
    let house = Storefront::open().await;
    let shop = shop_of(&house).await;
    let mut here = shop.browser();
    let page = arrives(&shop, &house, &mut here).await;
    let page = here.send(&page, "/consent", &[]).await;
    let tokens = shop.redeem(&page).await;
    let id_token = claims(&tokens["id_token"]);
    assert_eq!((&id_token["sub"], &id_token["name"]), (&json!("house:ann"), &json!("ANN")));
    assert_eq!(id_token["amr"], json!(["pwd", "fed"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_there_is_refused_here() {
    let house = Storefront::open().await;
    let shop = shop_of(&house).await;
    let mut here = shop.browser();
    let away = here.open(&shop.request("")).await;
    let mut there = house.browser();
    let page = there.login(&away.url, "ann", PASSWORD).await;
    let page = there.send(&page, "/refuse", &[]).await;
    let page = here.open(&page.url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{}", page.url);
    assert_eq!(here.session(), None);
}
