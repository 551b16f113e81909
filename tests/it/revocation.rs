//! Revocation: a client gives tokens back, its own or with a scope those of others, and what goes with them.

use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer,
    made::{ADMIN, basic, bearer_of, make_client, post_form},
    tills::{Shop, refresh, refused},
};

covers!("revoke", "introspect");

const PATH: &str = "/default/shop/oauth2/revoke";

fn client(server: &TestServer, id: &str, secret: &str) -> Caller {
    server.anonymous().with_header("authorization", &basic(id, secret))
}

async fn revoke(caller: &Caller, token: &Value) -> Answer {
    post_form(caller, PATH, &format!("token={}", token.as_str().unwrap())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_goes_alone() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    for form in ["jwt", "opaque"] {
        shop.change_till(json!({ "access_token_strategy": form })).await;
        let first = shop.tokens(&["openid"]).await;
        let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
        let answer = revoke(&till, &first["access_token"]).await.expect(200);
        assert!(answer.body.is_empty(), "{}", answer.text());
        assert!(!shop.is_good(&first["access_token"]).await, "{form}");
        assert!(shop.is_good(&second["access_token"]).await && shop.is_good(&second["refresh_token"]).await, "{form}");
        revoke(&till, &first["access_token"]).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_opens_nothing() {
    let shop = Shop::open(json!({})).await;
    let machine = shop.server.as_system();
    let token = machine.token().await.unwrap();
    let bearer = shop.server.anonymous().with_token(&token);
    let people = "/api/system/default/consents";
    let opens = async || bearer.clone().with_header("x-subject", "ada").get(people).await.status.as_u16();
    assert_eq!(opens().await, 200);
    let path = "/default/system/oauth2/revoke";
    post_form(&client(&shop.server, "system", SECRET), path, &format!("token={token}")).await.expect(200);
    assert_eq!(opens().await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_takes_everything_with_it() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    let first = shop.tokens(&["openid"]).await;
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    let other = shop.tokens(&["openid"]).await;
    revoke(&till, &second["refresh_token"]).await.expect(200);
    for token in [&first["access_token"], &second["access_token"], &second["refresh_token"]] {
        assert!(!shop.is_good(token).await);
    }
    refused(shop.ask(&refresh(&second["refresh_token"])).await, "invalid_grant");
    assert!(shop.is_good(&other["access_token"]).await, "another grant of the same person and client");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_good_is_revoked_already() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    for token in ["x", "a.b.c", "pc_access_x", "pc_refresh_x"] {
        revoke(&till, &json!(token)).await.expect(200);
    }
    let tokens = shop.tokens(&["openid"]).await;
    shop.server.world.advance_seconds(3600);
    revoke(&till, &tokens["access_token"]).await.expect(200);
    post_form(&till, PATH, "token=").await.expect(400);
    let hint = format!("token={}&token_type_hint=refresh_token", tokens["access_token"].as_str().unwrap());
    post_form(&till, PATH, &hint).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_others_take_a_scope() {
    let shop = Shop::open(json!({})).await;
    let scale = client(&shop.server, "scale", &shop.scale);
    let tokens = shop.tokens(&["openid"]).await;
    for token in ["access_token", "refresh_token"] {
        let answer = revoke(&scale, &tokens[token]).await.expect(400);
        assert_eq!(answer.json()["error"], "unauthorized_client");
        assert!(shop.is_good(&tokens[token]).await);
    }
    let reader = make_client(&shop.admin, "shop", "reader", &["introspect_tokens"]).await;
    revoke(&bearer_of(&shop.server, &reader), &tokens["access_token"]).await.expect(400);
    let warden = make_client(&shop.admin, "shop", "warden", &["revoke_tokens"]).await;
    let by_secret = client(&shop.server, "warden", warden["client_secret"].as_str().unwrap());
    for caller in [by_secret, bearer_of(&shop.server, &warden), shop.server.as_system()] {
        let tokens = shop.tokens(&["openid"]).await;
        revoke(&caller, &tokens["access_token"]).await.expect(200);
        assert!(!shop.is_good(&tokens["access_token"]).await);
        revoke(&caller, &tokens["refresh_token"]).await.expect(200);
        assert!(!shop.is_good(&tokens["refresh_token"]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_secret_gives_its_own_back() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let body = json!({
        "authorization_server_id": "shop", "client_id": "spa", "client_name": "App", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://spa.example/cb"], "scopes": ["openid", "revoke_tokens"],
    });
    shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    let form = |token: &Value, id: &str| format!("token={}&client_id={id}", token.as_str().unwrap());
    let anonymous = shop.server.anonymous();
    post_form(&anonymous, PATH, &form(&tokens["access_token"], "spa")).await.expect(400);
    post_form(&anonymous, PATH, &form(&tokens["access_token"], "till")).await.expect(401);
    post_form(&anonymous, PATH, &format!("token={}", tokens["access_token"].as_str().unwrap())).await.expect(401);
    assert!(shop.is_good(&tokens["access_token"]).await, "a name alone proves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_stays_so_after_a_restart() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    let (kept, signed) = (shop.tokens(&["openid"]).await, shop.tokens(&["openid"]).await);
    revoke(&till, &signed["access_token"]).await.expect(200);
    let Shop { server, till, scale, .. } = shop;
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let admin = server.as_admin();
    let shop = Shop { server, admin, till, scale };
    assert!(!shop.is_good(&signed["access_token"]).await);
    assert!(shop.is_good(&kept["access_token"]).await);
}
