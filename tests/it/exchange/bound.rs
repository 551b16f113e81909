//! Bound tokens and their exchange over the wire: the new one is bound to the same key, or to one of whoever gets it, and is good with
//! that key only (RFC 9449, RFC 8693).

use serde_json::{Value, json};

use super::{exchange, shop};
use crate::support::{
    Answer, Caller,
    holder::Holder,
    made::basic,
    tills::{Shop, claims, redeem, refused},
};

const TOKEN: &str = "/default/shop/oauth2/token";
const USERINFO: &str = "/default/shop/userinfo";

fn caller(shop: &Shop, id: &str, secret: &str) -> Caller {
    shop.server.anonymous().with_header("authorization", &basic(id, secret))
}

/// The access token of an answer, bound to a holder's key.
#[track_caller]
fn bound(answer: Answer, holder: &Holder) -> Value {
    let tokens = answer.expect(200).json();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(&tokens["access_token"])["cnf"], json!({ "jkt": holder.thumbprint() }));
    tokens["access_token"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_keeps_the_key_of_its_token() {
    let shop = shop().await;
    let (till, holder, thief) = (caller(&shop, "till", &shop.till), Holder::new("ES256"), Holder::new("ES256"));
    let code = shop.code(&shop.grant(&["openid", "buy"], None).await, None).await;
    let token = bound(holder.ask(&shop.server, &till, TOKEN, &redeem(&code)).await, &holder);
    let form = exchange(&token, "access_token", "&scope=openid");
    let why = refused(shop.ask(&form).await, "invalid_request");
    assert!(why.contains("bound to a key"), "{why}");
    let why = refused(thief.ask(&shop.server, &till, TOKEN, &form).await, "invalid_request");
    assert!(why.contains("another key"), "{why}");

    let new = bound(holder.ask(&shop.server, &till, TOKEN, &form).await, &holder);
    let text = new.as_str().unwrap();
    holder.caller(&shop.server, "GET", USERINFO, text).get(USERINFO).await.expect(200);
    Caller::new(&shop.server.url).with_token(text).get(USERINFO).await.expect(401);
    thief.caller(&shop.server, "GET", USERINFO, text).get(USERINFO).await.expect(401);
    // What it is exchanged for again is bound as well.
    let again = exchange(&new, "access_token", "");
    refused(shop.ask(&again).await, "invalid_request");
    bound(holder.ask(&shop.server, &till, TOKEN, &again).await, &holder);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_binds_it_to_a_key_of_its_own() {
    let shop = shop().await;
    let (till, scale) = (caller(&shop, "till", &shop.till), caller(&shop, "scale", &shop.scale));
    let (tills, scales) = (Holder::new("ES256"), Holder::new("ES256"));
    let code = shop.code(&shop.grant(&["openid", "buy"], None).await, None).await;
    let token = bound(tills.ask(&shop.server, &till, TOKEN, &redeem(&code)).await, &tills);
    let form = exchange(&token, "access_token", "");
    refused(shop.ask_as_scale(&form).await, "invalid_request");
    let new = bound(scales.ask(&shop.server, &scale, TOKEN, &form).await, &scales);
    assert_eq!(claims(&new)["client_id"], "scale");
    // It is the key of its own now, and no longer that of the client before.
    let again = exchange(&new, "access_token", "");
    refused(tills.ask(&shop.server, &scale, TOKEN, &again).await, "invalid_request");
    bound(scales.ask(&shop.server, &scale, TOKEN, &again).await, &scales);
}
