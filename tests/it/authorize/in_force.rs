//! Policies, required consents and their checker, where a person lets a client in.

use portcullis::domain::{
    Failure,
    authorize::{self, Browser, Next, Said},
    consent_grant::Shown,
    login,
};
use serde_json::{Value, json};

use super::shop::{AID, Shop, staff};
use crate::support::{
    made::{ADMIN, attribute, make_policy, no},
    people::{consent, events, held, make_consent, say},
};

impl Shop {
    /// Gives a scope more members.
    async fn change_scope(&self, name: &str, more: Value) {
        let path = format!("{ADMIN}/servers/{AID}/scopes");
        let scopes = self.admin.get(&path).await.expect(200).json();
        let found = scopes["scopes"].as_array().unwrap().iter().find(|scope| scope["name"] == name);
        let mut body = found.unwrap_or_else(|| panic!("no {name} in {scopes}")).clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("{ADMIN}/scopes/{}", body["id"].as_str().unwrap());
        self.admin.put(&path, &body).await.expect(200);
    }

    /// Gives a client more members.
    async fn change_client(&self, id: &str, more: Value) {
        let path = format!("{ADMIN}/clients/{id}");
        let mut body = self.admin.get(&path).await.expect(200).json();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.put(&path, &body).await.expect(200);
    }

    /// What a login's consent page shows: scopes and consents.
    async fn page(&self, id: &str, browser: &Browser) -> (Vec<String>, Vec<String>) {
        match self.next(id, browser).await {
            Ok(Next::Consent { scopes, consents, .. }) => {
                (scopes.into_iter().map(|(name, _)| name).collect(), consents.into_iter().map(|held| held.id).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    async fn agree(&self, id: &str, browser: &Browser, consents: &[&str]) -> Result<(), Failure> {
        let consents: Vec<Shown> = consents.iter().map(|id| Shown { id: (*id).to_owned(), version: 1 }).collect();
        let texts = self.texts(id, browser).await;
        let said = Said { scopes: &[], consents: &consents, texts: &texts, language: "en" };
        authorize::consent(&self.server.app.domain, "default", AID, id, &self.holding(id, browser), said).await
    }
}

const TOKENS: [(&str, &str); 2] = [("response_type", "code token"), ("scope", "openid profile email")];

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_whose_policy_says_no_is_left_out() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    make_policy(&shop.admin, "bob", json!([attribute("authn_ctx.sub", "equals", json!("bob"))])).await;
    shop.change_scope("email", json!({ "user_policy_id": "bob" })).await;

    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy"), TOKENS[0], TOKENS[1]]).await);
    assert_eq!(shop.page(&id, &browser).await.0, ["openid", "profile"]);
    let trusted = shop.answered(shop.ask(&browser, &TOKENS).await);
    assert_eq!(trusted.get("scope"), Some("openid profile"));
    let bob = shop.browser_of("bob").await;
    assert_eq!(shop.answered(shop.ask(&bob, &TOKENS).await).get("scope"), Some("email openid profile"));

    shop.change_scope("openid", json!({ "user_policy_id": "bob" })).await;
    let id_token = [("response_type", "id_token"), ("nonce", "n")];
    assert_eq!(shop.refused(shop.ask(&browser, &id_token).await), "access_denied", "there is nothing left to answer");
    assert!(shop.answered(shop.ask(&bob, &id_token).await).get("id_token").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_named_does_not_go_round_its_scope() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let named = ("claims", r#"{"userinfo":{"email":null},"id_token":{"email":{"essential":true}}}"#);
    let little = [TOKENS[0], ("scope", "openid"), named];
    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy"), little[1], named]).await);
    assert_eq!(shop.page(&id, &browser).await.0, ["email", "openid"], "the person sees what is asked for");
    assert_eq!(shop.answered(shop.ask(&browser, &little).await).get("scope"), Some("openid email"));

    make_policy(&shop.admin, "bob", json!([attribute("authn_ctx.sub", "equals", json!("bob"))])).await;
    shop.change_scope("email", json!({ "user_policy_id": "bob" })).await;
    assert_eq!(shop.answered(shop.ask(&browser, &little).await).get("scope"), Some("openid"));
    shop.change_scope("email", json!({ "user_policy_id": null })).await;
    shop.change_client("web", json!({ "scope": "openid", "scopes": ["openid"] })).await;
    assert_eq!(shop.answered(shop.ask(&browser, &little).await).get("scope"), Some("openid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_the_servers_policy_refuses_gets_no_client_anything() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    make_policy(&shop.admin, "bob", json!([attribute("authn_ctx.sub", "equals", json!("bob"))])).await;
    let waiting = shop.waits(shop.ask(&browser, &[("client_id", "shy")]).await);
    shop.change(json!({ "user_policy_id": "bob" })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &[]).await), "access_denied");
    assert_eq!(shop.refused(shop.ask(&browser, &[("prompt", "none")]).await), "access_denied");
    assert!(matches!(shop.next(&waiting, &browser).await, Ok(Next::Finish)), "it is asked at every step");
    assert_eq!(shop.error_of(&shop.finish(&waiting, &browser).await.unwrap()), "access_denied");
    let bob = shop.browser_of("bob").await;
    assert!(shop.answered(shop.ask(&bob, &[]).await).get("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_where_it_helps_and_the_policy_asked_again() {
    let shop = Shop::open().await;
    let mut rule = attribute("authn_ctx.amr", "contains", json!("mfa"));
    rule["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&shop.admin, "strong", json!([rule])).await;
    shop.change(json!({ "user_policy_id": "strong" })).await;
    let browser = shop.browser();
    let id = shop.waits(shop.ask(&browser, &[]).await);
    shop.lets_in(&id, "alice", None).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::SecondFactor { enrolled: false })));
    assert!(matches!(shop.finish(&id, &browser).await, Err(Failure::Conflict { .. })), "not without it");
    let known = shop.browser_of("alice").await;
    assert_eq!(shop.refused(shop.ask(&known, &[("prompt", "none")]).await), "interaction_required");

    shop.change_login(&id, |login| login.identity.as_mut().unwrap().amr.push("mfa".to_owned())).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
    assert!(shop.finish(&id, &browser).await.unwrap().get("code").is_some());

    let mut hopeless = no();
    hopeless["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&shop.admin, "hopeless", json!([hopeless])).await;
    shop.change(json!({ "user_policy_id": "hopeless" })).await;
    let id = shop.waits(shop.ask(&browser, &[]).await);
    shop.lets_in(&id, "alice", None).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::SecondFactor { .. })));
    shop.change_login(&id, |login| login.identity.as_mut().unwrap().amr.push("mfa".to_owned())).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)), "not round in circles");
    assert_eq!(shop.error_of(&shop.finish(&id, &browser).await.unwrap()), "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_that_are_required_are_asked_for_whoever_is_trusted() {
    let shop = Shop::open().await;
    for id in ["terms", "news"] {
        make_consent(&shop.admin, id, json!({})).await;
    }
    let consents = json!([{ "id": "terms", "required": true }, { "id": "news", "required": false }]);
    let action = json!({ "id": "enter", "name": "Enter", "consents": consents });
    shop.admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    shop.change_client("web", json!({ "consent_action_id": "enter" })).await;
    let browser = shop.browser_of("alice").await;
    assert_eq!(shop.refused(shop.ask(&browser, &[("prompt", "none")]).await), "consent_required");

    let id = shop.waits(shop.ask(&browser, &TOKENS).await);
    assert_eq!(shop.page(&id, &browser).await, (vec![], vec!["terms".to_owned()]), "no scopes: it is trusted");
    assert!(matches!(shop.finish(&id, &browser).await, Err(Failure::Conflict { .. })), "not without");
    shop.agree(&id, &browser, &["news"]).await.unwrap();
    assert_eq!(shop.page(&id, &browser).await.1, ["terms"], "what was not shown is not given");
    shop.agree(&id, &browser, &["terms"]).await.unwrap();
    assert_eq!(shop.finish(&id, &browser).await.unwrap().get("scope"), Some("email openid profile"));

    let machine = shop.server.as_system();
    let given = held(&machine, "alice", "").await;
    let granted = |id: &str| given.iter().any(|held| held["id"] == id && held["granted"] == true);
    assert!(granted("terms") && !granted("news"), "{given:?}");
    assert!(shop.answered(shop.ask(&browser, &[("prompt", "none")]).await).get("code").is_some());
    say(&machine, "alice", "terms", false, "explicit").await;
    assert_eq!(shop.refused(shop.ask(&browser, &[("prompt", "none")]).await), "consent_required", "taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_on_the_consent_page_is_written_at_once_or_not_at_all() {
    let shop = Shop::open().await;
    for id in ["terms", "mail"] {
        make_consent(&shop.admin, id, json!({})).await;
    }
    let asked = |id: &str| json!({ "id": id, "required": true });
    let action = json!({ "id": "enter", "name": "Enter", "consents": [asked("terms"), asked("mail")] });
    shop.admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    shop.change_client("shy", json!({ "consent_action_id": "enter" })).await;
    let browser = shop.browser_of("alice").await;
    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy"), ("scope", "openid")]).await);
    assert_eq!(shop.page(&id, &browser).await.1, ["terms", "mail"]);
    let changed = consent("mail", json!({ "description": "Every day." }));
    shop.admin.put(&format!("{ADMIN}/consents/mail"), &changed).await.expect(201);

    let domain = &shop.server.app.domain;
    let seen = login::current(domain, "default", AID, &id).unwrap();
    let refused = shop.agree(&id, &browser, &["terms", "mail"]).await;
    assert!(matches!(refused, Err(Failure::Outdated { noun: "consent" })), "{refused:?}");
    assert!(events(&shop.admin, "").await.is_empty(), "the consent that has not changed is not given either");
    assert_eq!(login::current(domain, "default", AID, &id).unwrap(), seen);

    let before = domain.store.stats().batched_writes;
    shop.agree(&id, &browser, &["terms"]).await.unwrap();
    assert_eq!(domain.store.stats().batched_writes, before + 1, "one transaction");
    assert_eq!(events(&shop.admin, "").await.len(), 1);
    assert_eq!(shop.page(&id, &browser).await, (vec![], vec!["mail".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_checker_has_the_last_word() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    make_consent(&shop.admin, "terms", json!({})).await;
    shop.change(json!({ "consent_checker": { "name": "required-consents", "conf": { "consents": ["terms"] } } })).await;
    assert_eq!(shop.refused(shop.ask(&browser, &[]).await), "access_denied", "nobody asks for it, and it is not given");
    say(&shop.server.as_system(), "alice", "terms", true, "explicit").await;
    assert!(shop.answered(shop.ask(&browser, &[]).await).get("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_the_server_no_longer_knows_the_person() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let silently = [("prompt", "none")];
    assert!(shop.answered(shop.ask(&browser, &silently).await).get("code").is_some());
    for methods in [vec![staff("another", false)], vec![staff("staff", true)], vec![]] {
        shop.lets_in_by(&methods).await;
        assert_eq!(shop.refused(shop.ask(&browser, &silently).await), "login_required", "{methods:?}");
    }
    shop.lets_in_by(&[staff("staff", false)]).await;
    assert!(shop.answered(shop.ask(&browser, &silently).await).get("code").is_some());
}
