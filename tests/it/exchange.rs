//! Token exchange (RFC 8693): what is exchanged for what, by whom, in whose name, and what every other try is told.

mod actors;
mod audiences;
mod bound;
mod policies;
mod revoked;
mod subjects;

use serde_json::{Value, json};

use crate::support::{
    Answer,
    made::{ADMIN, ask_token},
    tills::{CALLBACK, Shop},
};

/// The grant.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// What the names of token types begin with.
const KIND: &str = "urn:ietf:params:oauth:token-type:";

/// A shop whose server and clients exchange tokens. Tokens of `till` are for `scale` as well.
async fn shop() -> Shop {
    let grants = json!(["authorization_code", "refresh_token", "client_credentials", "password", GRANT]);
    let shop = Shop::open(json!({ "grant_types": grants })).await;
    shop.change_till(json!({ "grant_types": grants, "audience": ["scale"] })).await;
    set(&shop, "/clients/scale", json!({ "grant_types": grants })).await;
    shop
}

/// Sets members of a record.
async fn set(shop: &Shop, path: &str, members: Value) {
    let path = format!("{ADMIN}{path}");
    let mut record = shop.admin.get(&path).await.expect(200).json();
    // The same in other words, which would have to agree.
    record.as_object_mut().unwrap().remove("scope");
    record.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    shop.admin.put(&path, &record).await.expect(200);
}

/// One more client like the others, which nothing is for; answers its secret.
async fn crane(shop: &Shop) -> String {
    let body = json!({
        "authorization_server_id": "shop", "client_id": "crane", "client_name": "Crane", "redirect_uris": [CALLBACK],
        "grant_types": ["client_credentials", GRANT], "scopes": ["openid", "buy", "sell"],
    });
    let made = shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201).json();
    made["client_secret"].as_str().unwrap().to_owned()
}

/// Asks as `crane`.
async fn ask_as_crane(shop: &Shop, secret: &str, form: &str) -> Answer {
    ask_token(&shop.server, "shop", "crane", secret, form).await
}

/// The form that exchanges a token.
fn exchange(token: &Value, kind: &str, more: &str) -> String {
    let token = token.as_str().unwrap();
    format!("grant_type={GRANT}&subject_token={token}&subject_token_type={KIND}{kind}{more}")
}

/// The form that exchanges an access token in the name of an actor.
fn acting(token: &Value, actor: &Value) -> String {
    let actor = actor.as_str().unwrap();
    exchange(token, "access_token", &format!("&actor_token={actor}&actor_token_type={KIND}access_token"))
}

/// An access token that a client has on its own behalf.
async fn own_token(shop: &Shop, as_scale: bool) -> Value {
    const FORM: &str = "grant_type=client_credentials";
    let answer = if as_scale { shop.ask_as_scale(FORM).await } else { shop.ask(FORM).await };
    answer.expect(200).json()["access_token"].clone()
}
