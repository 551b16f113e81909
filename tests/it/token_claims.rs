//! Claims in tokens: by scope and kind, nested and typed, in one call of one snapshot, and no token where the mapper fails.

use std::time::Duration;

use portcullis::bundled;
use serde_json::{Value, json};

use crate::support::{
    Answer, guests,
    made::{ADMIN, wrong_members},
    shop::{Shop, claims},
};

fn context() -> Value {
    json!({
        "email": "anna@example.com", "email_verified": true, "name": "Anna", "level": 7, "groups": ["a", "b"],
        "address": { "country": "CH", "locality": "Bern" }, "nothing": null,
        "odd.name": { "x": 1.5 },
    })
}

/// A refusal of the token endpoint that is our own fault, without any token.
fn no_token(answer: Answer) {
    let body = answer.expect(500).json();
    assert_eq!(body["error"], "server_error", "{body}");
    assert!(body.get("access_token").is_none() && body.get("id_token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_go_where_their_kind_and_scopes_say() {
    let shop = Shop::start(context()).await;
    shop.claim("access_token", "shop.level", "level", &[]).await;
    shop.claim("access_token", "shop.groups", "groups", &["profile"]).await;
    shop.claim("access_token", "land", "address.country", &[]).await;
    shop.claim("access_token", "first", "groups.0", &[]).await;
    shop.claim("access_token", r"https://example\.com/odd", r"odd\.name", &[]).await;
    shop.claim("access_token", "nothing", "nothing", &[]).await;
    shop.claim("access_token", "missing", "not.there", &[]).await;

    let answer = shop.login("openid email").await.expect(200);
    let access = claims(&answer, "access_token");
    assert_eq!(access["shop"], json!({ "level": 7 }), "the scope of the groups was not asked for");
    assert_eq!((&access["land"], &access["first"]), (&json!("CH"), &json!("a")));
    assert_eq!(access["https://example.com/odd"], json!({ "x": 1.5 }));
    for absent in ["nothing", "missing", "email", "groups"] {
        assert_eq!(access.get(absent), None, "{absent}");
    }
    let id = claims(&answer, "id_token");
    assert_eq!((&id["email"], &id["email_verified"]), (&json!("anna@example.com"), &json!(true)));
    for absent in ["name", "address", "shop", "land"] {
        assert_eq!(id.get(absent), None, "{absent}");
    }

    let answer = shop.login("openid profile address").await.expect(200);
    assert_eq!(claims(&answer, "access_token")["shop"], json!({ "level": 7, "groups": ["a", "b"] }));
    let id = claims(&answer, "id_token");
    assert_eq!((&id["name"], id.get("email")), (&json!("Anna"), None));
    assert_eq!(id["address"], json!({ "country": "CH", "locality": "Bern" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_context_is_a_claim_and_a_change_counts_at_once() {
    let shop = Shop::start(context()).await;
    assert_eq!(claims(&shop.login("openid").await.expect(200), "access_token").get("who"), None);
    shop.claim("access_token", "who", ".", &[]).await;
    let who = claims(&shop.login("openid").await.expect(200), "access_token")["who"].clone();
    for (member, value) in context().as_object().unwrap() {
        assert_eq!(&who[member], value, "{member}");
    }
    assert_eq!((&who["sub"], &who["amr"], &who["idp"]), (&json!("anna"), &json!(["pwd"]), &json!("staff")));
    assert!(!who.to_string().contains("password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_claims_asks_nobody() {
    let shop = Shop::start(context()).await;
    shop.own_token().await.expect(200);
    shop.login("openid").await.expect(200);
    assert_eq!(shop.server.sandbox.report().calls, 0, "the shop's claims all need scopes");
    shop.login("openid email profile address").await.expect(200);
    assert_eq!(shop.server.sandbox.report().calls, 1, "one call for the ID token, whatever the number of its claims");
    // About itself a client has no more to tell than its name.
    shop.claim("access_token", "caller", "sub", &[]).await;
    shop.claim("access_token", "email", "email", &[]).await;
    let access = claims(&shop.own_token().await.expect(200), "access_token");
    assert_eq!((&access["caller"], access.get("email")), (&json!("till"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_maps_what_a_configured_mapper_maps() {
    let warm = Shop::start(context()).await;
    let cold = Shop::with(context(), |config| config.sandbox.images = 0).await;
    for shop in [&warm, &cold] {
        shop.claim("access_token", "who", ".", &[]).await;
        shop.claim("access_token", "shop.level", "level", &[]).await;
    }
    let mapped = async |shop: &Shop| {
        let answer = shop.login("openid email profile address").await.expect(200);
        let (access, mut id) = (claims(&answer, "access_token"), claims(&answer, "id_token"));
        for own in ["iss", "at_hash", "iat", "exp", "auth_time", "gid"] {
            id.as_object_mut().unwrap().remove(own);
        }
        let who = access["who"].as_object().unwrap().iter().filter(|(member, _)| *member != "auth_time");
        (who.map(|(member, value)| (member.clone(), value.clone())).collect::<Vec<_>>(), access["shop"].clone(), id)
    };
    let first = mapped(&warm).await;
    let built = async {
        while warm.server.sandbox.report().builds == 0 && warm.server.sandbox.report().images == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), built).await.expect("the snapshot is made");
    let cold_calls = warm.server.sandbox.report().cold_calls;
    assert_eq!(mapped(&warm).await, first);
    assert_eq!(warm.server.sandbox.report().cold_calls, cold_calls, "both tokens come from the one snapshot");
    assert_eq!(warm.server.sandbox.report().images, 1);
    assert_eq!(mapped(&cold).await, first);
    assert_eq!((cold.server.sandbox.report().images, cold.server.sandbox.report().cold_calls), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_mapper_means_no_token() {
    let shop = Shop::with(context(), |config| config.sandbox.deadline_ms = 500).await;
    shop.claim("access_token", "all", ".", &[]).await;
    shop.login("openid").await.expect(200);
    let hostile = ["map-trap", "map-endless", "map-reserved", "map-invalid-json", "map-refuse", "map-lying-count"];
    for name in hostile {
        shop.server.sandbox.install("path", guests::mapper(name)).unwrap();
        // The first call may be without a snapshot, a later one with it.
        for _ in 0..2 {
            no_token(shop.login("openid").await);
            no_token(shop.own_token().await);
        }
    }
    // A validator of this name is no mapper, and without any there is no token either.
    shop.server.sandbox.install("path", guests::component("trap")).unwrap();
    no_token(shop.login("openid").await);
    shop.server.sandbox.uninstall("path");
    no_token(shop.login("openid").await);

    let bundled = bundled::COMPONENTS.iter().find(|component| component.name == "path").unwrap();
    shop.server.sandbox.install_packed(bundled).unwrap();
    let access = claims(&shop.login("openid").await.expect(200), "access_token");
    assert_eq!((&access["sub"], &access["all"]["level"]), (&json!("anna"), &json!(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_are_in_each_others_way_are_told() {
    let shop = Shop::start(context()).await;
    shop.claim("access_token", "shop", "level", &[]).await;
    shop.claim("access_token", "shop.land", "address.country", &["profile"]).await;
    assert_eq!(claims(&shop.login("openid").await.expect(200), "access_token")["shop"], 7);
    no_token(shop.login("openid profile").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_would_read_is_not_given_out() {
    let shop = Shop::start(json!({ "much": "m".repeat(4000) })).await;
    for name in ["a", "b"] {
        shop.claim("access_token", name, "much", &[]).await;
    }
    shop.login("openid").await.expect(200);
    for name in ["c", "d", "e"] {
        shop.claim("access_token", name, "much", &[]).await;
    }
    no_token(shop.login("openid").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_makes_a_claim_of_its_type() {
    let shop = Shop::start(context()).await;
    shop.claim("access_token", "shop.many", "cel:authn_ctx.groups.size()", &[]).await;
    shop.claim("access_token", "shop.groups", "cel:authn_ctx.groups.filter(g, g != 'a')", &[]).await;
    shop.claim("access_token", "level", "level", &[]).await;
    shop.claim("access_token", "fax", "cel:authn_ctx.?fax", &[]).await;
    shop.claim("access_token", "phone", "cel:authn_ctx.?phone.orValue('none')", &["profile"]).await;
    shop.claim("id_token", "home", "cel:{'in': authn_ctx.address.country, 'known': has(authn_ctx.email)}", &[]).await;
    let answer = shop.login("openid").await.expect(200);
    let access = claims(&answer, "access_token");
    assert_eq!(access["shop"], json!({ "many": 2, "groups": ["b"] }));
    assert_eq!((&access["level"], access.get("fax"), access.get("phone")), (&json!(7), None, None));
    assert_eq!(claims(&answer, "id_token")["home"], json!({ "in": "CH", "known": true }));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let told = shop.server.anonymous().with_token(&token).get("/default/shop/userinfo").await.expect(200).json();
    assert_eq!(told["home"], json!({ "in": "CH", "known": true }), "userinfo tells what the ID token tells");
    assert_eq!(claims(&shop.login("openid profile").await.expect(200), "access_token")["phone"], "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_that_fails_means_no_token_for_those_who_want_it() {
    let shop = Shop::start(context()).await;
    shop.claim("access_token", "fax", "cel:authn_ctx.fax", &["profile"]).await;
    shop.login("openid").await.expect(200);
    no_token(shop.login("openid profile").await);
    // A path that is asked in the same breath is not to blame.
    shop.claim("access_token", "level", "level", &[]).await;
    assert_eq!(claims(&shop.login("openid").await.expect(200), "access_token")["level"], 7);
    shop.server.sandbox.uninstall("cel-claims");
    no_token(shop.login("openid profile").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_is_checked_when_it_is_saved() {
    let shop = Shop::start(context()).await;
    let claim = |mapping: &str| json!({ "authorization_server_id": "shop", "name": "c", "mapping": mapping, "type": "access_token", "scopes": [] });
    for (mapping, reason) in [
        ("cel:authn_ctx.groups.\n+", "line 2, column 1: "),
        ("cel:request.method", "line 1, column 1: there is no variable `request`"),
        ("cel:authn_ctx.groups.count()", "line 1, column 18: there is no function `count`"),
        ("cel:", "needs an expression"),
    ] {
        let answer = shop.admin.post(&format!("{ADMIN}/claims"), &claim(mapping)).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/mapping"], "{}", answer.text());
        assert!(answer.text().contains(reason), "{mapping}: {}", answer.text());
    }
    let made = shop.admin.post(&format!("{ADMIN}/claims"), &claim("cel:authn_ctx.level > 1")).await.expect(201).json();
    let path = format!("{ADMIN}/claims/{}", made["id"].as_str().unwrap());
    shop.admin.put(&path, &claim("cel:nobody")).await.expect(422);
    assert_eq!(claims(&shop.login("openid").await.expect(200), "access_token")["c"], true);
}
