//! Consents that a client or a scope requires: asked for, given on the record, and decided about by a component whose fault
//! is a no.

use portcullis::{
    domain::{
        Failure,
        consent_grant::{ConsentGrant, GrantType, Shown},
        in_force::{consents, policies},
        server::{Checker, Server},
    },
    store::records,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, guests,
    made::{ADMIN, wrong_members},
    people::{events, held, make_consent, say},
    shop::{Shop, about, anna, claims, texts},
    world::START,
};

/// A shop with the consents `terms`, `mail`, `news` and the actions `buy` (terms, news if one likes) and `write` (mail).
async fn start() -> Shop {
    let shop = Shop::start(json!({})).await;
    for id in ["terms", "mail", "news"] {
        make_consent(&shop.admin, id, json!({})).await;
    }
    let asked = |id: &str, required: bool| json!({ "id": id, "required": required });
    for (id, consents) in
        [("buy", vec![asked("terms", true), asked("news", false)]), ("write", vec![asked("mail", true)])]
    {
        let body = json!({ "id": id, "name": id, "consents": consents });
        shop.admin.post(&format!("{ADMIN}/actions"), &body).await.expect(201);
    }
    shop
}

/// Makes the client need `buy` and the scope `email` need `write`.
async fn require(shop: &Shop) {
    shop.set("/clients/till", json!({ "consent_action_id": "buy" })).await.expect(200);
    let email = shop.scope("email").await;
    shop.set(&format!("/scopes/{email}"), json!({ "consent_action_id": "write" })).await.expect(200);
}

/// What is required of Anna and missing.
fn missing(shop: &Shop, scopes: &[&str]) -> Vec<String> {
    let (records, identity, scopes) = (shop.records(), anna(&["pwd"]), texts(scopes));
    let held = consents::missing(&shop.server.app.domain, about(&records, &identity, &scopes)).unwrap();
    held.into_iter().map(|held| held.id).collect()
}

/// Anna says yes on the consent page.
async fn grant(shop: &Shop, scopes: &[&str], ids: &[&str]) -> Result<(), Failure> {
    let (records, identity, scopes) = (shop.records(), anna(&["pwd"]), texts(scopes));
    let about = about(&records, &identity, &scopes);
    let shown: Vec<Shown> = ids.iter().map(|id| Shown { id: (*id).to_owned(), version: 1 }).collect();
    consents::grant(&shop.server.app.domain, about, &shown, "de-CH", Box::new(|_| Ok(()))).await
}

/// What a checker says about Anna.
async fn given(shop: &Shop, checker: Checker, scopes: &[&str]) -> bool {
    let (server, client) = shop.records();
    let server = Server { consent_checker: checker, ..server.value.clone() };
    let (identity, scopes) = (anna(&["pwd"]), texts(scopes));
    let about = policies::About {
        tenant: "default",
        server: ("shop", &server),
        client: ("till", &client.value),
        identity: &identity,
        scopes: &scopes,
        reach: policies::Reach::default(),
        request_id: "",
    };
    consents::given(&shop.server.app.domain, about).await.unwrap()
}

fn refused(answer: Answer) {
    let body = answer.expect(400).json();
    assert_eq!(body["error"], "invalid_grant", "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn required_consents_come_before_the_token() {
    let shop = start().await;
    shop.login("openid").await.expect(200);
    require(&shop).await;
    assert_eq!(missing(&shop, &["openid"]), ["terms"], "what is not required is not missing");
    assert_eq!(missing(&shop, &["openid", "email"]), ["terms", "mail"]);
    assert!(!given(&shop, Checker::default(), &["openid"]).await);
    refused(shop.login("openid").await);

    grant(&shop, &["openid"], &["terms"]).await.unwrap();
    assert_eq!(missing(&shop, &["openid"]), [""; 0]);
    assert!(given(&shop, Checker::default(), &["openid"]).await);
    shop.login("openid").await.expect(200);
    refused(shop.login("openid email").await);

    grant(&shop, &["email"], &["mail"]).await.unwrap();
    shop.login("openid email").await.expect(200);
    let tokens = shop.login("openid email").await.expect(200).json();
    let tokens = shop.refresh(&tokens).await.expect(200).json();
    // Taken back, it is missing again.
    say(&shop.server.as_system(), "anna", "terms", false, "explicit").await;
    refused(shop.refresh(&tokens).await);
    assert_eq!(missing(&shop, &["openid"]), ["terms"]);
    refused(shop.login("openid").await);
    // A client on its own behalf has no person to ask.
    shop.own_token().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_written_down_with_its_circumstances() {
    let shop = start().await;
    require(&shop).await;
    let stray = grant(&shop, &["openid"], &["terms", "mail"]).await;
    assert!(matches!(stray, Err(Failure::Invalid(_))), "nobody has asked for mail: {stray:?}");
    assert_eq!(missing(&shop, &["openid"]), ["terms"], "all of it or nothing");
    assert_eq!(events(&shop.admin, "").await.len(), 0);

    grant(&shop, &["openid", "email"], &["news", "terms"]).await.unwrap();
    grant(&shop, &["openid", "email"], &["mail", "terms"]).await.unwrap();
    let events = events(&shop.admin, "").await;
    assert_eq!(events.len(), 3, "what was granted already is not granted again: {events:?}");
    let kept = |id: &str| {
        let read = shop.server.app.domain.store.read().unwrap();
        records::get::<ConsentGrant>(&read, &["default", "anna", id]).unwrap().unwrap()
    };
    let terms = kept("terms");
    assert_eq!((terms.grant_type, terms.version, terms.revoked), (GrantType::Explicit, 1, false));
    assert_eq!(terms.circumstances.language.as_deref(), Some("de"));
    assert_eq!(terms.circumstances.collection_timestamp, Some(START * 1000));
    assert_eq!(terms.circumstances.triggered_by_action.as_deref(), Some("buy"));
    assert_eq!(kept("mail").circumstances.triggered_by_action, None, "no action asks for both");
    assert_eq!(held(&shop.server.as_system(), "anna", "?consent_id=news").await[0]["grant_type"], "explicit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_have_a_checker_of_its_own() {
    let shop = start().await;
    let own = json!({ "name": "required-consents", "conf": { "consents": [], "scopes": { "email": ["mail"] } } });
    shop.set("/servers/shop", json!({ "consent_checker": own })).await.expect(200);
    let read = shop.admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    assert_eq!(read["consent_checker"], own);
    shop.login("openid").await.expect(200);
    refused(shop.login("openid email").await);
    say(&shop.server.as_system(), "anna", "mail", true, "implicit").await;
    let answer = shop.login("openid email").await.expect(200);
    assert_eq!(claims(&answer, "access_token")["scp"], json!(["email", "openid"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fault_of_a_checker_is_a_no() {
    let shop = start().await;
    require(&shop).await;
    grant(&shop, &["openid"], &["terms"]).await.unwrap();
    assert!(given(&shop, Checker::default(), &["openid"]).await);
    for name in ["trap", "endless-validate", "lying-count", "invalid-details", "memory-hog", "deny", "refuse-configure"]
    {
        shop.server.sandbox.install("own", guests::checker(name)).unwrap();
        for conf in [None, Some("{}".to_owned())] {
            assert!(!given(&shop, Checker { name: "own".to_owned(), conf }, &["openid"]).await, "{name}");
        }
    }
    for name in ["nobody", "true"] {
        let checker = Checker { name: name.to_owned(), conf: Some("{}".to_owned()) };
        assert!(!given(&shop, checker, &["openid"]).await, "{name} is no consent checker");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checker_is_tried_before_it_is_saved() {
    let shop = start().await;
    let before = shop.admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    shop.server.sandbox.install("picky", guests::checker("refuse-configure")).unwrap();
    for (checker, member) in [
        (json!({ "name": "nobody" }), "/consent_checker/name"),
        (json!({ "name": "true", "conf": {} }), "/consent_checker/name"),
        (json!({ "name": "path" }), "/consent_checker/name"),
        (json!({ "name": "required-consents", "conf": {} }), "/consent_checker/conf"),
        (json!({ "name": "required-consents", "conf": { "consents": [1] } }), "/consent_checker/conf/consents/0"),
        (json!({ "name": "required-consents", "conf": "x" }), "/consent_checker/conf"),
        (json!({ "name": "picky" }), "/consent_checker/conf"),
    ] {
        let answer = shop.set("/servers/shop", json!({ "consent_checker": checker })).await.expect(422);
        assert_eq!(wrong_members(&answer), [member], "{checker}");
    }
    assert_eq!(shop.admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json(), before);
    // One that was saved stays when its component is gone; it denies.
    shop.server.sandbox.install("own", guests::checker("by-conf")).unwrap();
    shop.set("/servers/shop", json!({ "consent_checker": { "name": "own" } })).await.expect(200);
    shop.server.sandbox.uninstall("own");
    shop.set("/servers/shop", json!({ "name": "Renamed" })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_in_use_stays() {
    let shop = start().await;
    let wrong = json!({ "consent_action_id": "nothing" });
    let email = format!("/scopes/{}", shop.scope("email").await);
    for path in ["/clients/till", &email] {
        let answer = shop.set(path, wrong.clone()).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/consent_action_id"], "{path}");
    }
    require(&shop).await;
    let delete = async |id: &str| shop.admin.delete(&format!("{ADMIN}/actions/{id}")).await;
    let answer = delete("buy").await.expect(400);
    assert!(answer.text().contains("client `till`"), "{}", answer.text());
    let answer = delete("write").await.expect(400);
    assert!(answer.text().contains("scope `"), "{}", answer.text());

    shop.set("/clients/till", json!({ "consent_action_id": Value::Null })).await.expect(200);
    delete("buy").await.expect(204);
    delete("write").await.expect(400);
    // A consent leaves the actions that ask for it, so that nothing is required that nobody can give.
    shop.admin.delete(&format!("{ADMIN}/consents/mail")).await.expect(204);
    shop.login("openid email").await.expect(200);
    // Whatever goes with the server frees what it used.
    shop.admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);
    delete("write").await.expect(204);
}
