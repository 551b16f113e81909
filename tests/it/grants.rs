//! The grants of the token endpoint that are about people: codes, refresh tokens, names and passwords, and the ID tokens that
//! come with them. Who gets tokens, for how long, and what ends them.

mod code;
mod families;
mod flow;
mod id_token;
mod password;
mod refresh;

covers!("token");

use serde_json::json;

use crate::support::{
    made::ADMIN,
    tills::{Shop, redeem, refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_the_servers_and_the_clients() {
    let shop = Shop::open(json!({})).await;
    let members = json!({ "name": "Shop", "grant_types": ["authorization_code", "client_credentials"] });
    shop.admin.put(&format!("{ADMIN}/servers/shop"), &members).await.expect(200);
    for unknown in ["password&username=ada&password=x", "refresh_token&refresh_token=x", "implicit", "made-up"] {
        refused(shop.ask(&format!("grant_type={unknown}")).await, "unsupported_grant_type");
    }
    shop.change_till(json!({ "grant_types": ["client_credentials"], "response_types": [] })).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    refused(shop.ask(&redeem(&code)).await, "unauthorized_client");
    shop.ask("grant_type=client_credentials").await.expect(200);
    shop.change_till(json!({ "grant_types": ["authorization_code"] })).await;
    refused(shop.ask("grant_type=client_credentials").await, "unauthorized_client");
    shop.ask(&redeem(&code)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_grant_needs_is_asked_for() {
    let shop = Shop::open(json!({})).await;
    for (form, missing) in [
        ("grant_type=authorization_code", "form.code"),
        ("grant_type=refresh_token", "form.refresh_token"),
        ("grant_type=password&password=x", "form.username"),
        ("grant_type=password&username=ada", "form.password"),
    ] {
        let reason = refused(shop.ask(form).await, "invalid_request");
        assert!(reason.contains(missing), "{form}: {reason}");
    }
}
