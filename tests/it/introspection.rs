//! Introspection: what tokens of every kind are worth, and whose business that is.

use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer,
    made::{ADMIN, FORM, ask_token, basic, bearer_of, make_client, make_server, post_form},
    tills::{PASSWORD, Shop, claims, refresh},
    world::START,
};

covers!("introspect", "token");

const PATH: &str = "/default/shop/oauth2/introspect";

/// A caller with client_secret_basic.
fn client(server: &TestServer, id: &str, secret: &str) -> Caller {
    server.anonymous().with_header("authorization", &basic(id, secret))
}

async fn ask(caller: &Caller, token: &Value) -> Value {
    post_form(caller, PATH, &format!("token={}", token.as_str().unwrap())).await.expect(200).json()
}

/// Nothing but that it is not good is told.
#[track_caller]
fn inactive(answer: &Value) {
    assert_eq!(*answer, json!({ "active": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_token_says_the_same_signed_or_opaque() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    for form in ["jwt", "opaque"] {
        shop.change_till(json!({ "access_token_strategy": form })).await;
        let tokens = shop.tokens(&["openid", "buy"]).await;
        let said = ask(&till, &tokens["access_token"]).await;
        let (now, issuer) = (START / 1_000_000, format!("{}/default/shop", shop.domain().public_url));
        let jti = said["jti"].as_str().unwrap().to_owned();
        let wanted = json!({
            "active": true, "sub": "ada", "username": "ada", "client_id": "till", "scope": "openid buy", "aud": [issuer],
            "iss": issuer, "iat": now, "nbf": now, "exp": now + 3600, "jti": jti, "token_type": "bearer", "auth_time": now,
            "amr": ["pwd"], "tenant_id": "default", "server_id": "shop",
        });
        assert_eq!(said, wanted, "{form}");
        assert_eq!(ask(&till, &tokens["access_token"]).await, wanted, "{form}, remembered");
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(token.starts_with("pc_access_"), form == "opaque");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_is_nobodys() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.ask("grant_type=client_credentials&scope=buy").await.expect(200).json();
    let said = ask(&client(&shop.server, "till", &shop.till), &tokens["access_token"]).await;
    assert_eq!((&said["active"], &said["sub"]), (&json!(true), &json!("till")));
    for absent in ["username", "amr", "auth_time", "acr", "ext"] {
        assert!(said.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_until_it_is_used() {
    let shop = Shop::open(json!({ "refresh_token_idle_ttl": "1h0m0s" })).await;
    let till = client(&shop.server, "till", &shop.till);
    let first = shop.tokens(&["openid"]).await;
    let said = ask(&till, &first["refresh_token"]).await;
    let wanted = json!({
        "active": true, "sub": "ada", "username": "ada", "client_id": "till", "scope": "openid",
        "exp": START / 1_000_000 + 3600, "token_type": "refresh_token", "auth_time": START / 1_000_000, "amr": ["pwd"],
        "tenant_id": "default", "server_id": "shop",
    });
    assert_eq!(said, wanted);
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    inactive(&ask(&till, &first["refresh_token"]).await);
    shop.server.world.advance_seconds(3599);
    assert_eq!(ask(&till, &second["refresh_token"]).await["active"], true);
    shop.server.world.advance_seconds(1);
    inactive(&ask(&till, &second["refresh_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_good_is_merely_inactive() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    let tokens = shop.tokens(&["openid"]).await;
    let opaque = {
        shop.change_till(json!({ "access_token_strategy": "opaque" })).await;
        shop.tokens(&["openid"]).await
    };
    for garbage in ["x", "a.b.c", "pc_access_", "pc_refresh_x", "pc_code_x"] {
        inactive(&ask(&till, &json!(garbage)).await);
    }
    inactive(&ask(&till, &tokens["id_token"]).await);
    let mut forged = tokens["access_token"].as_str().unwrap().to_owned();
    forged.truncate(forged.len() - 4);
    inactive(&ask(&till, &json!(forged + "AAAA")).await);
    for good in [&tokens["access_token"], &opaque["access_token"]] {
        assert_eq!(ask(&till, good).await["active"], true);
    }
    shop.server.world.advance_seconds(3600);
    for ended in [&tokens["access_token"], &opaque["access_token"]] {
        inactive(&ask(&till, ended).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_others_take_a_scope() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let scale = client(&shop.server, "scale", &shop.scale);
    for token in ["access_token", "refresh_token"] {
        inactive(&ask(&scale, &tokens[token]).await);
    }
    let auditor = make_client(&shop.admin, "shop", "auditor", &["introspect_tokens"]).await;
    let by_secret = client(&shop.server, "auditor", auditor["client_secret"].as_str().unwrap());
    let by_token = bearer_of(&shop.server, &auditor);
    let machine = shop.server.as_system();
    let system = client(&shop.server, "system", SECRET);
    for caller in [by_secret, by_token, machine, system] {
        for token in ["access_token", "refresh_token"] {
            assert_eq!(ask(&caller, &tokens[token]).await["client_id"], "till");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_server_is_nobodys_business_here() {
    let shop = Shop::open(json!({})).await;
    make_server(&shop.admin, "bank", json!({})).await;
    let teller = make_client(&shop.admin, "bank", "teller", &["introspect_tokens"]).await;
    let secret = teller["client_secret"].as_str().unwrap();
    let form = "grant_type=client_credentials";
    let token =
        ask_token(&shop.server, "bank", "teller", secret, form).await.expect(200).json()["access_token"].clone();
    inactive(&ask(&shop.server.as_system(), &token).await);
    // Nor may the bank's client ask here, by its secret or by its token.
    let shops = shop.tokens(&["openid"]).await["access_token"].clone();
    let form = format!("token={}", shops.as_str().unwrap());
    let refused: Answer = post_form(&client(&shop.server, "teller", secret), PATH, &form).await.expect(401);
    assert_eq!(refused.json()["error"], "invalid_client");
    post_form(&bearer_of(&shop.server, &teller), PATH, &form).await.expect(403);
    post_form(&shop.server.as_admin(), PATH, &form).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_proves_who_it_is() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let form = format!("token={}", tokens["access_token"].as_str().unwrap());
    let anonymous = shop.server.anonymous();
    let answer = post_form(&anonymous, PATH, &form).await.expect(401);
    assert_eq!(answer.json()["error"], "invalid_client");
    let wrong = client(&shop.server, "till", "another secret that is long enough");
    post_form(&wrong, PATH, &form).await.expect(401);
    let expired = anonymous.clone().with_token("garbage");
    let answer = post_form(&expired, PATH, &form).await.expect(401);
    assert_eq!(answer.json()["error"], "invalid_token");
    assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    let body = json!({
        "authorization_server_id": "shop", "client_id": "spa", "client_name": "App", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://spa.example/cb"], "scopes": ["introspect_tokens"],
    });
    shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    post_form(&anonymous, PATH, &format!("{form}&client_id=spa")).await.expect(401);
    let answer = post_form(&client(&shop.server, "till", &shop.till), PATH, "").await.expect(400);
    assert_eq!(answer.json()["error"], "invalid_request");
    let answer = client(&shop.server, "till", &shop.till).send(http::Method::GET, PATH, Some(FORM), form.into()).await;
    answer.expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_inactive_at_once() {
    let shop = Shop::open(json!({})).await;
    let (machine, tokens) = (shop.server.as_system(), shop.tokens(&["openid", "buy"]).await);
    shop.change_till(json!({ "access_token_strategy": "opaque" })).await;
    let opaque = shop.tokens(&["openid", "buy"]).await;
    let all = [&tokens["access_token"], &opaque["access_token"], &opaque["refresh_token"]];
    for token in all {
        assert_eq!(ask(&machine, token).await["active"], true);
    }
    assert_eq!(claims(&tokens["access_token"])["client_id"], "till");
    shop.make_till_again().await;
    for token in all {
        inactive(&ask(&machine, token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opaque_tokens_survive_a_restart() {
    let shop = Shop::open(json!({ "access_token_strategy": "opaque" })).await;
    let tokens = shop.tokens(&["openid"]).await;
    let (folder, world) = shop.server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    assert_eq!(ask(&server.as_system(), &tokens["access_token"]).await["sub"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_scope_takes_the_tokens_of_clients_with_all_scopes_along() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let body = json!({ "authorization_server_id": "system", "name": "passing" });
    let made = admin.post(&format!("{ADMIN}/scopes"), &body).await.expect(201).json();
    let form = "grant_type=client_credentials&scope=passing";
    let token = ask_token(&server, "system", "system", SECRET, form).await.expect(200).json()["access_token"].clone();
    let system = client(&server, "system", SECRET);
    let asked = format!("token={}", token.as_str().unwrap());
    let path = "/default/system/oauth2/introspect";
    assert_eq!(post_form(&system, path, &asked).await.expect(200).json()["active"], true);
    admin.delete(&format!("{ADMIN}/scopes/{}", made["id"].as_str().unwrap())).await.expect(204);
    inactive(&post_form(&system, path, &asked).await.expect(200).json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_found_cannot_be_tried_out_with_itself() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let found = shop.server.anonymous().with_token(tokens["access_token"].as_str().unwrap());
    for token in ["access_token", "refresh_token"] {
        let form = format!("token={}", tokens[token].as_str().unwrap());
        assert_eq!(post_form(&found, PATH, &form).await.expect(401).json()["error"], "invalid_client");
    }
}

/// Whoever is removed takes along what they have let clients have, at introspection and at userinfo.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_no_longer_than_the_server_knows_its_person() {
    let shop = Shop::open(json!({})).await;
    let till = client(&shop.server, "till", &shop.till);
    let path = format!("{ADMIN}/servers/shop/authentications");
    let shown = shop.admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    let mut methods = shown["authentications"].clone();
    let mut changed = [methods.clone(), methods.clone(), json!({ "methods": [] })];
    changed[0]["methods"][0]["static"]["users"].as_array_mut().unwrap().retain(|user| user["username"] != "ada");
    changed[1]["methods"][0]["disabled"] = json!(true);
    for user in methods["methods"][0]["static"]["users"].as_array_mut().unwrap() {
        user["password"] = json!(PASSWORD);
    }
    for form in ["jwt", "opaque"] {
        shop.change_till(json!({ "access_token_strategy": form })).await;
        let ada = shop.tokens(&["openid"]).await;
        let password = "grant_type=password&username=bob&scope=openid&password=correct+horse+battery+staple";
        let bob = shop.ask(password).await.expect(200).json();
        let own = shop.ask("grant_type=client_credentials&scope=buy").await.expect(200).json();
        let userinfo = async |tokens: &Value| {
            let bearer = shop.server.anonymous().with_token(tokens["access_token"].as_str().unwrap());
            bearer.get("/default/shop/userinfo").await
        };
        for (place, less) in changed.iter().enumerate() {
            userinfo(&ada).await.expect(200);
            shop.admin.put(&path, less).await.expect(200);
            inactive(&ask(&till, &ada["access_token"]).await);
            inactive(&ask(&till, &ada["refresh_token"]).await);
            let refused = userinfo(&ada).await.expect(401);
            assert_eq!(refused.json()["error"], "invalid_token", "{}", refused.text());
            assert!(shop.is_good(&own["access_token"]).await, "a client's own token has no person");
            assert_eq!(shop.is_good(&bob["access_token"]).await, place == 0, "bob was not removed: {less}");
            shop.admin.put(&path, &methods).await.expect(200);
            assert!(shop.is_good(&ada["access_token"]).await, "she is there again");
            assert_eq!(shop.is_good(&bob["access_token"]).await, place < 2, "his password has a new hash: {less}");
        }
    }
}
