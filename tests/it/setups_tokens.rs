//! The live tokens and consents of setups: who sees them, who deletes them, and what a deleted one is worth.

use portcullis::domain::setup::client::entity_id;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller,
    made::{bearer_of, make_client},
    storefront::{AID, Storefront},
};

covers!("listSetupTokens", "deleteUserSetupTokens", "showSetupToken", "deleteSetupToken", "listSetupConsents");

const TOKENS: &str = "/setups/shop/tokens";
const CONSENTS: &str = "/setups/shop/consents";

/// The tokens that the client gets when somebody logs in.
async fn logs_in(shop: &Storefront, user: &str) -> Value {
    let mut browser = shop.browser_of(user).await;
    let page = browser.open(&shop.request("")).await;
    shop.redeem(&page).await
}

/// The bearer of the access token among these.
fn person(shop: &Storefront, tokens: &Value) -> Caller {
    shop.server.anonymous().with_token(tokens["access_token"].as_str().unwrap())
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

/// Who is on a page of a list.
async fn users(caller: &Caller, path: &str) -> Vec<String> {
    let answer = caller.get(path).await;
    match answer.status.as_u16() {
        204 => Vec::new(),
        _ => answer.expect(200).json().as_array().unwrap().iter().map(|one| text(one, "user")).collect(),
    }
}

fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("no {member} in {body}")).to_owned()
}

#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) {
    let body = answer.expect(status).json();
    assert_eq!(body["errorCode"], code, "{body}");
}

/// The developer of this name.
async fn developer(shop: &Storefront, name: &str) -> Caller {
    bearer_of(&shop.server, &make_client(&shop.admin, "developer", name, &[]).await)
}

/// Makes a developer the owner of the client.
async fn gives_to(shop: &Storefront, owner: &str) {
    let path = format!("/setups/shop/clients/{}", entity_id("default", "web"));
    let mut client = shop.admin.get(&path).await.expect(200).json();
    client["owner"] = json!(owner);
    client.as_object_mut().unwrap().remove("valid_from");
    shop.admin.put(&path, &client).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_all_live_tokens_in_pages() {
    let shop = Storefront::open().await;
    let none = shop.admin.get(TOKENS).await.expect(204);
    assert_eq!((none.header("x-total-count"), none.body.len()), (Some("0"), 0));
    let tokens = logs_in(&shop, "ann").await;
    logs_in(&shop, "bob").await;

    let all = shop.admin.get(TOKENS).await.expect(200);
    assert_eq!(all.header("x-total-count"), Some("2"));
    let first = all.json()[0].clone();
    assert_eq!((text(&first, "user"), text(&first, "client_id")), ("ann".to_owned(), "web".to_owned()));
    assert_eq!(first["scopes"], json!(["openid", "orders", "profile"]));
    assert_eq!(first["client_entity_id"], entity_id("default", "web"));
    assert!(text(&first, "issue_date") < text(&first, "expiration"), "{first}");
    assert!(!all.text().contains(refresh_token(&tokens)), "only hashes are kept");

    assert_eq!(users(&shop.admin, &format!("{TOKENS}?size=1")).await, ["ann"]);
    assert_eq!(users(&shop.admin, &format!("{TOKENS}?size=1&page=1")).await, ["bob"]);
    let beyond = shop.admin.get(&format!("{TOKENS}?size=1&page=2")).await.expect(204);
    assert_eq!(beyond.header("x-total-count"), Some("2"));
    assert_eq!(users(&shop.admin, &format!("{TOKENS}?user=bob")).await, ["bob"]);
    assert!(users(&shop.admin, &format!("{TOKENS}?user=nobody")).await.is_empty());
    let of = |client: &str| format!("{TOKENS}?client-entity-id={}", entity_id("default", client));
    assert_eq!(users(&shop.admin, &of("web")).await, ["ann", "bob"]);
    assert!(users(&shop.admin, &of("nothing")).await.is_empty());
    assert!(users(&shop.admin, &format!("{}&user=carl", of("web"))).await.is_empty());
    for wrong in ["page=x", "page=-1", "size=0", "size=1001", "user=ann&user=bob"] {
        refused(shop.admin.get(&format!("{TOKENS}?{wrong}")).await, 400, "MALFORMED_QUERY_PARAMETER");
    }
    refused(shop.admin.get("/setups/nothing/tokens").await, 404, "SETUP_NOT_FOUND");
    let elsewhere = format!("/nevismeta/rest/v2/modules/oauthv2{TOKENS}");
    assert_eq!(users(&shop.admin, &elsewhere).await, ["ann", "bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_their_own_and_no_others() {
    let shop = Storefront::open().await;
    let ann = person(&shop, &logs_in(&shop, "ann").await);
    let bob = person(&shop, &logs_in(&shop, "bob").await);
    assert_eq!(users(&ann, TOKENS).await, ["ann"]);
    assert_eq!(users(&ann, &format!("{TOKENS}?user=ann")).await, ["ann"]);
    refused(ann.get(&format!("{TOKENS}?user=bob")).await, 403, "AUTHORIZATION_FAILURE");
    let of_bob = text(&bob.get(TOKENS).await.expect(200).json()[0], "value");
    let path = format!("{TOKENS}/{of_bob}");
    assert_eq!(bob.get(&path).await.expect(200).json()["user"], "bob");
    refused(ann.get(&path).await, 403, "AUTHORIZATION_FAILURE");
    refused(ann.delete(&path).await, 403, "AUTHORIZATION_FAILURE");
    refused(ann.delete(&format!("{TOKENS}?user=bob")).await, 403, "AUTHORIZATION_FAILURE");
    refused(ann.delete(&format!("{TOKENS}?user=*")).await, 403, "AUTHORIZATION_FAILURE");
    assert_eq!(users(&shop.admin, TOKENS).await, ["ann", "bob"], "nothing has gone");

    // A machine of the setup that is called like a person is not that person, nor is a person of another server.
    let machine = bearer_of(&shop.server, &make_client(&shop.admin, AID, "ann", &[]).await);
    refused(machine.get(TOKENS).await, 403, "AUTHORIZATION_FAILURE");
    refused(machine.delete(TOKENS).await, 403, "AUTHORIZATION_FAILURE");
    let developer = developer(&shop, "bob").await;
    refused(developer.get(TOKENS).await, 403, "AUTHORIZATION_FAILURE");
    refused(developer.get(&path).await, 403, "AUTHORIZATION_FAILURE");
    refused(shop.server.anonymous().get(TOKENS).await, 401, "AUTHENTICATION_FAILURE");
    // Another tenant has no such setup.
    refused(shop.server.as_other_admin().get(TOKENS).await, 404, "SETUP_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_token_is_refused_with_everything_made_from_it() {
    let shop = Storefront::open().await;
    let tokens = logs_in(&shop, "ann").await;
    let (ann, before) = (person(&shop, &tokens), refresh_token(&tokens).to_owned());
    let first = text(&ann.get(TOKENS).await.expect(200).json()[0], "value");
    // A token that was used gives way to the next one.
    let tokens = shop.refresh(&before).await.expect(200).json();
    let listed = ann.get(TOKENS).await.expect(200).json();
    let second = text(&listed[0], "value");
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_ne!(first, second);
    refused(ann.get(&format!("{TOKENS}/{first}")).await, 404, "TOKEN_NOT_FOUND");
    refused(ann.delete(&format!("{TOKENS}/{before}")).await, 404, "TOKEN_NOT_FOUND");

    // By its name or by itself.
    let itself = format!("{TOKENS}/{}", refresh_token(&tokens));
    assert_eq!(text(&ann.get(&itself).await.expect(200).json(), "value"), second);
    ann.delete(&format!("{TOKENS}/{second}")).await.expect(204);
    let answer = shop.refresh(refresh_token(&tokens)).await.expect(400).json();
    assert_eq!(answer["error"], "invalid_grant");
    ann.get("/default/shop/userinfo").await.expect(401);
    let gone = shop.admin.delete(&itself).await;
    assert!(!gone.text().contains(refresh_token(&tokens)), "a failure does not say the token");
    refused(gone, 404, "TOKEN_NOT_FOUND");

    let again = logs_in(&shop, "ann").await;
    shop.admin.delete(&format!("{TOKENS}/{}", refresh_token(&again))).await.expect(204);
    shop.refresh(refresh_token(&again)).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_go_by_user_or_all_at_once() {
    let shop = Storefront::open().await;
    let (of_ann, of_bob) = (logs_in(&shop, "ann").await, logs_in(&shop, "bob").await);
    person(&shop, &of_ann).delete(TOKENS).await.expect(204);
    assert_eq!(users(&shop.admin, TOKENS).await, ["bob"], "whoever names nobody means themselves");
    shop.refresh(refresh_token(&of_ann)).await.expect(400);
    let of_ann = logs_in(&shop, "ann").await;
    shop.admin.delete(&format!("{TOKENS}?user=bob")).await.expect(204);
    assert_eq!(users(&shop.admin, TOKENS).await, ["ann"]);
    shop.refresh(refresh_token(&of_bob)).await.expect(400);
    // Whoever administrates has no tokens here.
    shop.admin.delete(TOKENS).await.expect(204);
    let of_ann = shop.refresh(refresh_token(&of_ann)).await.expect(200).json();
    shop.admin.delete(&format!("{TOKENS}?user=*")).await.expect(204);
    shop.admin.get(TOKENS).await.expect(204);
    shop.refresh(refresh_token(&of_ann)).await.expect(400);
    refused(shop.admin.delete("/setups/nothing/tokens?user=*").await, 404, "SETUP_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_client_has_its_tokens_and_consents() {
    let shop = Storefront::open().await;
    let tokens = logs_in(&shop, "ann").await;
    let (ada, eve) = (developer(&shop, "ada").await, developer(&shop, "eve").await);
    let of_web = format!("client-entity-id={}", entity_id("default", "web"));
    let (list, consents) = (format!("{TOKENS}?{of_web}"), format!("{CONSENTS}?{of_web}"));
    refused(ada.get(&list).await, 403, "AUTHORIZATION_FAILURE");
    gives_to(&shop, "ada").await;
    assert_eq!(users(&ada, &list).await, ["ann"]);
    assert_eq!(users(&ada, &format!("{list}&user=ann")).await, ["ann"]);
    assert_eq!(users(&ada, &consents).await, ["ann"]);
    refused(ada.get(TOKENS).await, 403, "AUTHORIZATION_FAILURE");
    refused(eve.get(&list).await, 403, "AUTHORIZATION_FAILURE");
    refused(eve.get(&consents).await, 403, "AUTHORIZATION_FAILURE");
    let one = format!("{TOKENS}/{}", text(&ada.get(&list).await.expect(200).json()[0], "value"));
    refused(eve.get(&one).await, 403, "AUTHORIZATION_FAILURE");
    ada.get(&one).await.expect(200);
    // By user they are the person's and the administrators'.
    refused(ada.delete(&format!("{TOKENS}?user=ann")).await, 403, "AUTHORIZATION_FAILURE");
    ada.delete(&one).await.expect(204);
    shop.refresh(refresh_token(&tokens)).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_listed_until_they_end() {
    let shop = Storefront::open().await;
    shop.admin.get(CONSENTS).await.expect(204);
    let ann = person(&shop, &logs_in(&shop, "ann").await);
    let bob = person(&shop, &logs_in(&shop, "bob").await);
    let all = shop.admin.get(CONSENTS).await.expect(200);
    assert_eq!(all.header("x-total-count"), Some("2"));
    let first = all.json()[0].clone();
    assert_eq!((text(&first, "user"), text(&first, "client_id")), ("ann".to_owned(), "web".to_owned()));
    assert_eq!(first["entity_id"], entity_id("default", "web"));
    assert_eq!(first["scopes"], json!(["openid", "orders", "profile"]));
    assert_eq!(first.get("expiration"), None, "they count until they are taken back");
    for parameter in ["client-id", "client-entity-id"] {
        let of = |client: &str| format!("{CONSENTS}?{parameter}={}", entity_id("default", client));
        assert_eq!(users(&shop.admin, &of("web")).await, ["ann", "bob"]);
        assert!(users(&shop.admin, &of("nothing")).await.is_empty());
    }
    assert_eq!(users(&shop.admin, &format!("{CONSENTS}?size=1&page=1")).await, ["bob"]);
    assert_eq!(users(&shop.admin, &format!("{CONSENTS}?user=bob")).await, ["bob"]);
    assert_eq!((users(&ann, CONSENTS).await, users(&bob, CONSENTS).await), (vec!["ann".into()], vec!["bob".into()]));
    refused(ann.get(&format!("{CONSENTS}?user=bob")).await, 403, "AUTHORIZATION_FAILURE");
    refused(shop.server.as_system().get(CONSENTS).await, 403, "AUTHORIZATION_FAILURE");
    refused(shop.admin.get("/setups/nothing/consents").await, 404, "SETUP_NOT_FOUND");

    // The setup bounds how long one counts. Afterwards people are asked again.
    let mut setup = shop.admin.get("/setups/shop").await.expect(200).json();
    setup["client_defaults"]["persisted_consent_ttl"] = json!(600);
    setup.as_object_mut().unwrap().remove("valid_from");
    shop.admin.put("/setups/shop", &setup).await.expect(200);
    let first = shop.admin.get(CONSENTS).await.expect(200).json()[0].clone();
    assert!(text(&first, "expiration") > text(&first, "issue_date"), "{first}");
    let mut browser = shop.browser_of("ann").await;
    assert!(browser.open(&shop.request("")).await.parameter("code").is_some(), "nobody is asked twice");
    shop.server.world.advance_seconds(601);
    shop.admin.get(CONSENTS).await.expect(204);
    assert!(browser.open(&shop.request("")).await.has_form("/consent"), "it was too long ago");
}
