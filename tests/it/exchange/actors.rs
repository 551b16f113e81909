//! Who acts for whom: actors are named in the token, one after another up to a few, and nobody acts whom the token does not let.

use serde_json::{Value, json};

use super::{acting, ask_as_crane, crane, exchange, own_token, shop};
use crate::support::{
    made::{ADMIN, basic, post_form},
    tills::{Shop, claims, refused},
};

/// Says in tokens of the shop who may act.
async fn may_act(shop: &Shop, expression: &str) {
    let claim = json!({
        "authorization_server_id": "shop", "name": "may_act", "mapping": format!("cel:{expression}"), "type": "access_token",
    });
    shop.admin.post(&format!("{ADMIN}/claims"), &claim).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actor_stands_in_the_token() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let actor = own_token(&shop, true).await;
    let got = shop.ask_as_scale(&acting(&tokens["access_token"], &actor)).await.expect(200).json();
    let new = claims(&got["access_token"]);
    let scale = json!({ "sub": "scale", "client_id": "scale" });
    assert_eq!((&new["sub"], &new["act"]), (&json!("ada"), &scale));
    let caller = shop.server.anonymous().with_header("authorization", &basic("scale", &shop.scale));
    let form = format!("token={}", got["access_token"].as_str().unwrap());
    let seen = post_form(&caller, "/default/shop/oauth2/introspect", &form).await.expect(200).json();
    assert_eq!((&seen["act"], &seen["active"]), (&scale, &json!(true)));
    // Without another actor whoever acted before still stands there.
    let again = shop.ask_as_scale(&exchange(&got["access_token"], "access_token", "")).await.expect(200).json();
    assert_eq!(claims(&again["access_token"])["act"], scale);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_actors_has_an_end() {
    let shop = shop().await;
    let mut token = shop.tokens(&["openid", "buy"]).await["access_token"].clone();
    let actor = own_token(&shop, true).await;
    for length in 1..=4 {
        token = shop.ask_as_scale(&acting(&token, &actor)).await.expect(200).json()["access_token"].clone();
        let mut acted = &claims(&token)["act"];
        let mut count = 0;
        while acted.is_object() {
            (acted, count) = (&acted["act"], count + 1);
        }
        assert_eq!(count, length);
    }
    let why = refused(shop.ask_as_scale(&acting(&token, &actor)).await, "invalid_request");
    assert!(why.contains("act one after another"), "{why}");
    // Nobody gets rid of the chain by leaving the actor out.
    let kept = shop.ask_as_scale(&exchange(&token, "access_token", "")).await.expect(200).json();
    assert_eq!(claims(&kept["access_token"])["act"], claims(&token)["act"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_acts_by_a_token_of_its_own() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let (of_till, of_scale) = (own_token(&shop, false).await, own_token(&shop, true).await);
    let subject = &tokens["access_token"];
    for (why, form) in [
        ("another client's", acting(subject, &of_till)),
        ("no access token", acting(subject, &tokens["id_token"])),
        ("not there", acting(subject, &json!("x"))),
        (
            "without its type",
            exchange(subject, "access_token", &format!("&actor_token={}", of_scale.as_str().unwrap())),
        ),
        ("a type without it", exchange(subject, "access_token", &format!("&actor_token_type={}jwt", super::KIND))),
        ("of a wrong type", acting(subject, &of_scale).replace("actor_token_type=urn:", "actor_token_type=urm:")),
    ] {
        let answer = shop.ask_as_scale(&form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_request")), "{why}");
    }
    // One that is itself in somebody's name is no actor.
    let acted = shop.ask_as_scale(&acting(subject, &of_scale)).await.expect(200).json();
    refused(shop.ask_as_scale(&acting(subject, &acted["access_token"])).await, "invalid_request");
    // Nor is one that has ended.
    let form = acting(subject, &of_scale);
    shop.ask_as_scale(&form).await.expect(200);
    shop.admin.delete(&format!("{ADMIN}/clients/scale")).await.expect(204);
    shop.ask_as_scale(&form).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_act_is_said_by_the_token() {
    let shop = shop().await;
    let secret = crane(&shop).await;
    super::set(&shop, "/clients/till", json!({ "audience": ["scale", "crane"] })).await;
    may_act(&shop, r#"{"sub": "scale"}"#).await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let subject = &tokens["access_token"];
    assert_eq!(claims(subject)["may_act"], json!({ "sub": "scale" }));
    let form = exchange(subject, "access_token", "");
    // Whoever it was issued to has it anyway.
    let own = shop.ask(&form).await.expect(200).json();
    let by_scale = shop.ask_as_scale(&form).await.expect(200).json();
    for kept in [own, by_scale] {
        assert_eq!(claims(&kept["access_token"])["may_act"], json!({ "sub": "scale" }));
    }
    let why = refused(ask_as_crane(&shop, &secret, &form).await, "invalid_request");
    assert!(why.contains("somebody else"), "{why}");
    let actor: Value = ask_as_crane(&shop, &secret, "grant_type=client_credentials").await.expect(200).json();
    let form = acting(subject, &actor["access_token"]);
    refused(ask_as_crane(&shop, &secret, &form).await, "invalid_request");
    let (of_till, of_scale) = (own_token(&shop, false).await, own_token(&shop, true).await);
    refused(shop.ask(&acting(subject, &of_till)).await, "invalid_request");
    shop.ask_as_scale(&acting(subject, &of_scale)).await.expect(200);
}
