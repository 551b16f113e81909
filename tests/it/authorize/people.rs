//! What a person has to do before a client gets an answer, and which browser may go on with it.

use portcullis::{
    domain::{
        Failure,
        authorize::{self, Begun, Next},
        grant::Grant,
    },
    store::records,
};
use serde_json::json;

use super::shop::{AID, Shop, another, staff};
use crate::support::made::{ADMIN, make_server};

#[track_caller]
fn not_found<T: std::fmt::Debug>(result: Result<T, Failure>, what: &str) {
    assert!(matches!(result, Err(Failure::NotFound { noun: "login", .. })), "{what}: {result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_logged_in_is_not_asked_again() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    assert!(shop.answered(shop.ask(&browser, &[]).await).get("code").is_some());
    assert!(shop.answered(shop.ask(&browser, &[("prompt", "none")]).await).get("code").is_some());

    let stranger = shop.browser();
    let id = shop.waits(shop.ask(&stranger, &[]).await);
    assert!(matches!(shop.next(&id, &stranger).await, Ok(Next::Password(method)) if method.id == "staff"));
    assert!(matches!(shop.finish(&id, &stranger).await, Err(Failure::Conflict { .. })), "nobody has logged in");
    assert_eq!(shop.refused(shop.ask(&stranger, &[("prompt", "none")]).await), "login_required");

    shop.server.world.advance_seconds(3601);
    shop.waits(shop.ask(&browser, &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_to_do_for_the_request() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    shop.server.world.advance_seconds(100);
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#;
    let bob = r#"{"id_token":{"sub":{"value":"bob"}}}"#;
    for more in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "99"),
        ("max_age", "0"),
        ("acr_values", "silver gold"),
        ("claims", essential),
        ("claims", bob),
    ] {
        let id = shop.waits(shop.ask(&browser, &[more]).await);
        assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Password(_))), "{more:?}");
    }
    for more in [("max_age", "100"), ("claims", r#"{"id_token":{"acr":null},"userinfo":null}"#)] {
        assert!(shop.answered(shop.ask(&browser, &[more]).await).get("code").is_some(), "{more:?}");
    }
    for more in [("max_age", "99"), ("max_age", "0"), ("claims", essential), ("claims", bob)] {
        assert_eq!(shop.refused(shop.ask(&browser, &[more, ("prompt", "none")]).await), "login_required", "{more:?}");
    }
    let voluntary = shop.answered(shop.ask(&browser, &[("acr_values", "gold"), ("prompt", "none")]).await);
    assert!(voluntary.get("code").is_some(), "a voluntary class is no reason to refuse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_between_is_enough_for_its_own_request() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    for more in [("prompt", "login"), ("max_age", "0"), ("acr_values", "gold")] {
        let id = shop.waits(shop.ask(&browser, &[more]).await);
        shop.lets_in(&id, "bob", None).await;
        assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)), "{more:?}");
        assert!(shop.finish(&id, &browser).await.unwrap().get("code").is_some(), "{more:?}");
        not_found(shop.finish(&id, &browser).await, "it is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_than_who_was_meant_is_not_told_about() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let told = async |claims: &'static str, subject: &str, acr: Option<&str>| {
        let id = shop.waits(shop.ask(&browser, &[("claims", claims)]).await);
        shop.lets_in(&id, subject, acr).await;
        assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
        shop.finish(&id, &browser).await.unwrap()
    };
    let bob = r#"{"id_token":{"sub":{"value":"bob"}}}"#;
    assert_eq!(shop.error_of(&told(bob, "alice", None).await), "login_required");
    assert!(told(bob, "bob", None).await.get("code").is_some());
    let gold = r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#;
    for acr in [None, Some("silver")] {
        assert_eq!(shop.error_of(&told(gold, "bob", acr).await), "unmet_authentication_requirements");
    }
    assert!(told(gold, "bob", Some("gold")).await.get("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_ways_to_log_in_are_a_choice_and_none_is_said_plainly() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let of_one = |id: &str, off: bool| {
        let mut method = staff(id, off);
        method["static"]["users"][0]["username"] = json!(format!("{id}'s"));
        method
    };
    shop.lets_in_by(&[of_one("one", false), of_one("off", true), of_one("two", false)]).await;
    let id = shop.waits(shop.ask(&browser, &[]).await);
    match shop.next(&id, &browser).await {
        Ok(Next::Choose(methods)) => {
            assert_eq!(methods.iter().map(|method| method.id.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        }
        other => panic!("{other:?}"),
    }
    shop.change_login(&id, |login| login.method = Some("two".to_owned())).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Password(method)) if method.id == "two"));
    shop.change_login(&id, |login| login.method = Some("off".to_owned())).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Choose(_))), "what is off cannot be chosen");

    shop.lets_in_by(&[staff("off", true)]).await;
    assert!(matches!(shop.ask(&browser, &[]).await, Err(Failure::Unsupported { .. })));
    assert!(matches!(shop.next(&id, &browser).await, Err(Failure::Unsupported { .. })));
    assert_eq!(shop.refused(shop.ask(&browser, &[("prompt", "none")]).await), "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_of_each_kind_leads_to_its_page() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let own =
        json!({ "id": "own", "name": "Own", "method": "custom", "custom": { "login_url": "https://own.example/" } });
    let oidc = json!({
        "id": "op", "name": "OP", "method": "oidc",
        "oidc": { "issuer_url": "https://op.example", "client_id": "client", "client_secret": "a foreign secret" },
    });
    let id = shop.waits(shop.ask(&browser, &[]).await);
    shop.lets_in_by(&[own]).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Custom(method)) if method.id == "own"));
    shop.lets_in_by(&[oidc]).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Provider(method)) if method.id == "op"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_belongs_to_the_browser_that_began_it() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy")]).await);
    shop.lets_in(&id, "alice", None).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })));
    let other = another(&browser);
    let domain = &shop.server.app.domain;
    not_found(shop.next(&id, &other).await, "next");
    not_found(shop.finish(&id, &other).await, "finish");
    not_found(authorize::refuse(domain, "default", AID, &id, &other).await, "refuse");
    let said = authorize::Said { scopes: &["openid".to_owned()], consents: &[], texts: "", language: "en" };
    not_found(authorize::consent(domain, "default", AID, &id, &other, said).await, "consent");
    not_found(shop.next("0123456789abcdef0123456789abcdef", &browser).await, "no login at all");
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })), "nothing has changed by that");

    make_server(&shop.admin, "other", json!({})).await;
    not_found(authorize::next(domain, "default", "other", &id, &browser).await, "another server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_with_its_time_its_client_and_its_server() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let begin = async || {
        let id = shop.waits(shop.ask(&browser, &[]).await);
        shop.lets_in(&id, "alice", None).await;
        assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
        id
    };
    let id = begin().await;
    shop.server.world.advance_seconds(1799);
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
    shop.server.world.advance_seconds(1);
    not_found(shop.finish(&id, &browser).await, "after half an hour");

    let id = begin().await;
    shop.delete_client("web").await;
    not_found(shop.finish(&id, &browser).await, "the client is gone");
    shop.server.world.advance_seconds(1);
    shop.make_client("web", json!({ "trusted": true })).await;
    not_found(shop.finish(&id, &browser).await, "this is another client of that name");

    let id = begin().await;
    shop.admin.delete(&format!("{ADMIN}/servers/{AID}")).await.expect(204);
    assert!(shop.finish(&id, &browser).await.is_err(), "the server is gone");
    shop.server.world.advance_seconds(1);
    make_server(&shop.admin, AID, json!({})).await;
    shop.make_client("web", json!({ "trusted": true })).await;
    not_found(shop.finish(&id, &browser).await, "this is another server of that name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_meanwhile_says_nothing_any_more() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy")]).await);
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })));
    shop.server.world.advance_seconds(1799);
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })));
    shop.change_login(&id, |login| login.session = Some("no session of this name".to_owned())).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Password(_))));
    assert!(matches!(shop.finish(&id, &browser).await, Err(Failure::Conflict { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_account_takes_a_login_and_no_client() {
    let shop = Shop::open().await;
    let domain = &shop.server.app.domain;
    let account = format!("{}/account", shop.issuer());
    let begin = async |browser| authorize::begin_account(domain, ("default", AID), "/account", browser).await;

    let known = shop.browser_of("alice").await;
    assert_eq!(shop.answered(begin(&known).await).uri, account);

    let browser = shop.browser();
    let id = shop.waits(begin(&browser).await);
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Password(_))));
    shop.lets_in(&id, "alice", None).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
    assert_eq!(shop.finish(&id, &browser).await.unwrap().uri, account);
    not_found(shop.next(&id, &browser).await, "it is over");

    let system: Result<Begun, Failure> =
        authorize::begin_account(domain, ("default", "system"), "/account", &browser).await;
    assert!(matches!(system, Err(Failure::Unsupported { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_asks_silently_without_end_has_a_bounded_number_of_grants() {
    let shop = Shop::open().await;
    let (browser, other) = (shop.browser_of("alice").await, shop.browser_of("alice").await);
    let domain = &shop.server.app.domain;
    let grants = || {
        let found =
            domain.store.read().map(|read| records::list_prefix::<Grant>(&read, &["default"]).unwrap()).unwrap();
        found.into_iter().map(|(mut key, grant)| (key.pop().unwrap(), grant)).collect::<Vec<_>>()
    };
    let silently = [("prompt", "none")];
    for client in [("client_id", "web"), ("client_id", "plain")] {
        shop.answered(shop.ask(&other, &[client, silently[0]]).await);
    }
    shop.answered(shop.ask(&browser, &[("client_id", "plain"), silently[0]]).await);
    let elsewhere = grants();
    assert_eq!(elsewhere.len(), 3);
    for _ in 0..30 {
        shop.server.world.advance_seconds(1);
        assert!(shop.answered(shop.ask(&browser, &silently).await).get("code").is_some());
    }
    let left = grants();
    assert_eq!(left.len(), elsewhere.len() + 20);
    for kept in &elsewhere {
        assert!(left.contains(kept), "other sessions and other clients lose nothing: {kept:?}");
    }
    let now = domain.world.now_seconds();
    let mut ages: Vec<i64> = left.iter().map(|(_, grant)| now - grant.since).filter(|age| *age < 30).collect();
    ages.sort_unstable();
    assert_eq!(ages, (0..20).collect::<Vec<i64>>(), "the oldest have gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_forgets_somebody_whom_the_server_knows_no_more() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let id = shop.waits(shop.ask(&browser, &[("client_id", "shy")]).await);
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })));
    let mut method = staff("staff", false);
    method["static"]["users"][0]["username"] = json!("bob");
    shop.lets_in_by(&[method]).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Password(_))), "alice was removed");
    let said = authorize::Said { scopes: &["openid".to_owned()], consents: &[], texts: "", language: "en" };
    let said = authorize::consent(&shop.server.app.domain, "default", AID, &id, &browser, said).await;
    assert!(matches!(said, Err(Failure::Conflict { .. })), "{said:?}");
    shop.lets_in_by(&[staff("staff", false)]).await;
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Consent { .. })), "alice is there again");
}
