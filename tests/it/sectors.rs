//! Names that people have for each sector (OpenID Connect Core §8.1): two clients cannot find out that they have the same person
//! before them, and whoever is named by such a name is found.

use portcullis::domain::{possession::Presented, token};
use serde_json::{Value, json};

use crate::support::{
    TestServer,
    made::{ADMIN, ask_token, basic, post_form, wrong_members},
    storefront::{AID, Storefront},
    tills::{PASSWORD, Shop, claims, refresh},
};

covers!("token", "userinfo", "introspect", "logout");

/// Changes members of a client, and nothing else of it.
async fn change(shop: &Shop, id: &str, more: Value) {
    let path = format!("{ADMIN}/clients/{id}");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.admin.put(&path, &body).await.expect(200);
}

/// A shop in which `till` and `scale` are of two sectors.
async fn shop() -> Shop {
    let shop = Shop::open(json!({})).await;
    change(&shop, "till", json!({ "security": { "subject_type": "pairwise" } })).await;
    let scale = json!({ "security": { "subject_type": "pairwise" }, "redirect_uris": ["https://scale.example/cb"] });
    change(&shop, "scale", scale).await;
    shop
}

fn form(user: &str) -> String {
    format!("grant_type=password&username={user}&password={}&scope=openid%20buy", PASSWORD.replace(' ', "+"))
}

fn sub(token: &Value) -> String {
    claims(token)["sub"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sectors_have_two_names_for_one_person() {
    let shop = shop().await;
    let till = shop.ask(&form("ada")).await.expect(200).json();
    let scale = shop.ask_as_scale(&form("ada")).await.expect(200).json();
    let (here, there) = (sub(&till["id_token"]), sub(&scale["id_token"]));
    assert_ne!(here, there);
    for (tokens, name) in [(&till, &here), (&scale, &there)] {
        assert_eq!(sub(&tokens["access_token"]), *name, "the access token says the same");
        assert_eq!(name.len(), 43, "a keyed hash");
        let bare = claims(&tokens["id_token"]).to_string() + &claims(&tokens["access_token"]).to_string();
        assert!(!bare.contains("\"sub\":\"ada\""), "{bare}");
    }
    let bob = shop.ask(&form("bob")).await.expect(200).json();
    assert_ne!(sub(&bob["id_token"]), here);
    let again = shop.ask(&form("ada")).await.expect(200).json();
    assert_eq!(sub(&again["id_token"]), here, "every time");
    // Of the same host is of the same sector.
    change(&shop, "scale", json!({ "redirect_uris": ["https://till.example/other"] })).await;
    let beside = shop.ask_as_scale(&form("ada")).await.expect(200).json();
    assert_eq!(sub(&beside["id_token"]), here);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_the_same_name_and_finds_the_person() {
    let shop = shop().await;
    let tokens = shop.ask(&form("ada")).await.expect(200).json();
    let name = sub(&tokens["id_token"]);
    let access = tokens["access_token"].as_str().unwrap();
    let userinfo = shop.server.anonymous().with_token(access).get("/default/shop/userinfo").await.expect(200).json();
    assert_eq!(userinfo["sub"], json!(name));
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    for token in [access, tokens["refresh_token"].as_str().unwrap()] {
        let said = post_form(&till, "/default/shop/oauth2/introspect", &format!("token={token}")).await.expect(200);
        assert_eq!((&said.json()["sub"], &said.json()["username"]), (&json!(name), &json!(name)));
    }
    let bearer = token::verify(shop.domain(), "default", &Presented::bare(access)).unwrap();
    assert_eq!(bearer.subject, "ada", "inside, people go by their own name");
    let (_, all) = token::claims(shop.domain(), "default", &Presented::bare(access)).unwrap();
    assert_eq!(all["sub"], "ada", "what policies see");
    let next = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    assert_eq!(sub(&next["id_token"]), name, "after a refresh");
    // A client's own token is about the client.
    let own = shop.ask("grant_type=client_credentials&scope=buy").await.expect(200).json();
    assert_eq!(sub(&own["access_token"]), "till");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_token_is_of_the_same_person() {
    let shop = shop().await;
    let name = sub(&shop.ask(&form("ada")).await.expect(200).json()["id_token"]);
    change(&shop, "till", json!({ "access_token_strategy": "opaque" })).await;
    let tokens = shop.ask(&form("ada")).await.expect(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    let userinfo = shop.server.anonymous().with_token(access).get("/default/shop/userinfo").await.expect(200).json();
    assert_eq!(userinfo["sub"], json!(name));
    assert_eq!(token::verify(shop.domain(), "default", &Presented::bare(access)).unwrap().subject, "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_survives_a_restart() {
    let shop = shop().await;
    let name = sub(&shop.ask(&form("ada")).await.expect(200).json()["id_token"]);
    let Shop { server, till, .. } = shop;
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let again = ask_token(&server, "shop", "till", &till, &form("ada")).await.expect(200).json();
    assert_eq!(sub(&again["id_token"]), name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sector_has_one_host() {
    let shop = shop().await;
    for (redirects, member) in [
        (json!(["https://till.example/cb", "https://scale.example/cb"]), "/security/subject_type"),
        (json!(["https://till.example/cb", "till:/cb"]), "/security/subject_type"),
        (json!(["http://127.0.0.1/cb"]), "/security/subject_type"),
    ] {
        let path = format!("{ADMIN}/clients/till");
        let mut body = shop.admin.get(&path).await.expect(200).json();
        body["redirect_uris"] = redirects;
        assert_eq!(wrong_members(&shop.admin.put(&path, &body).await.expect(422)), [member]);
        // Its document must list them, and nobody can be asked for this one.
        body["sector_identifier_uri"] = json!("https://localhost:1/sector");
        assert_eq!(wrong_members(&shop.admin.put(&path, &body).await.expect(422)), ["/sector_identifier_uri"]);
        body["security"] = json!({});
        shop.admin.put(&path, &body).await.expect(200);
        change(&shop, "till", json!({ "redirect_uris": ["https://till.example/cb"], "sector_identifier_uri": "" }))
            .await;
        change(&shop, "till", json!({ "security": { "subject_type": "pairwise" } })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_names_a_person_as_the_client_knows_them() {
    let shop = Storefront::with(|_| {}, json!({ "security": { "subject_type": "pairwise" } })).await;
    let (mut ann, mut bob) = (shop.browser_of("ann").await, shop.browser_of("bob").await);
    let page = ann.open(&shop.request("")).await;
    let tokens = shop.redeem(&page).await;
    let hint = tokens["id_token"].as_str().unwrap().to_owned();
    let name = sub(&tokens["id_token"]);
    let silent = format!("&prompt=none&id_token_hint={hint}");
    assert!(ann.open(&shop.request(&silent)).await.parameter("code").is_some());
    assert_eq!(bob.open(&shop.request(&silent)).await.parameter("error").as_deref(), Some("login_required"));
    let wanted = |name: &str| {
        let claims = json!({ "id_token": { "sub": { "value": name } } }).to_string();
        let encoded: String = form_urlencoded::byte_serialize(claims.as_bytes()).collect();
        shop.request(&format!("&prompt=none&claims={encoded}"))
    };
    assert!(ann.open(&wanted(&name)).await.parameter("code").is_some());
    let own = ann.open(&wanted("ann")).await;
    assert_eq!(own.parameter("error").as_deref(), Some("login_required"), "the client does not know her by that");
    // Logging out: for her it is enough, and for nobody else.
    let asked = bob.open(&format!("/default/{AID}/oauth2/logout?id_token_hint={hint}")).await.expect(200);
    assert!(asked.text().contains("BOB") && bob.session().is_some(), "{}", asked.text());
    ann.open(&format!("/default/{AID}/oauth2/logout?id_token_hint={hint}")).await.expect(200);
    assert_eq!(ann.session(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_session_tells_nothing_either() {
    let shop = Storefront::with(|_| {}, json!({})).await;
    let mut ann = shop.browser_of("ann").await;
    let page = ann.open(&shop.request("")).await;
    let public = claims(&shop.redeem(&page).await["id_token"])["sid"].clone();
    let path = format!("{ADMIN}/clients/web");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body["security"] = json!({ "subject_type": "pairwise" });
    shop.admin.put(&path, &body).await.expect(200);
    let page = ann.open(&shop.request("")).await;
    let pairwise = claims(&shop.redeem(&page).await["id_token"])["sid"].clone();
    assert!(public.is_string() && pairwise.is_string() && public != pairwise, "{public} {pairwise}");
}
