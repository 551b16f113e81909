//! Login and consent pages of a tenant's own: what their machines may see and say, and that only the browser which was sent
//! there goes on.

use portcullis::{
    crypto::Secret,
    domain::{authorize::Next, let_in::Tried, login, password_login, session},
};
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{bearer_of, make_client, make_server, wrong_members},
    visitor::{BACK, Visitor, make_app, parameter, set_methods},
};

covers!(
    "getLogin",
    "acceptLogin",
    "rejectLogin",
    "returnFromLoginPage",
    "getScopeGrant",
    "acceptScopeGrant",
    "rejectScopeGrant",
);

const PAGE: &str = "https://login.example/start?brand=a#form";
const LOGINS: &str = "/api/system/default/logins";
const GRANTS: &str = "/api/system/default/scope-grants";

fn custom() -> Value {
    json!({ "id": "own", "name": "Own", "method": "custom", "custom": { "login_url": PAGE } })
}

/// A server whose only way to log in is a page, with a consent page.
async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "consent_url": "https://login.example/consent" })).await;
    make_app(&admin, "shop").await;
    set_methods(&admin, "shop", &[custom()]).await;
    (server, admin)
}

/// Says at the page who the person is; answers where the browser is sent.
async fn accept(system: &Caller, login: &str, state: &str, subject: &str) -> String {
    let body = json!({ "id": login, "login_state": state, "subject": subject });
    let answer = system.post(&format!("{LOGINS}/{login}/accept"), &body).await.expect(200).json();
    answer["redirect_to"].as_str().unwrap().to_owned()
}

/// A login whose person was let in by the page, and asks for scopes next.
async fn known(server: &TestServer, visitor: &Visitor<'_>, subject: &str) -> String {
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let back = accept(&server.as_system(), &login, &parameter(&url, "login_state"), subject).await;
    let answer = visitor.opens(&back).await;
    visitor.let_in_by(&answer, &login);
    login
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_who_the_person_is() {
    let (server, _) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let login = visitor.asks(&[("max_age", "600"), ("acr_values", "gold")]).await;
    let url = visitor.leaves(&login).await;
    assert!(url.starts_with("https://login.example/start?brand=a&login_id=") && url.ends_with("#form"), "{url}");
    assert_eq!(parameter(&url, "login_id"), login);
    let state = parameter(&url, "login_state");

    let seen = system.get(&format!("{LOGINS}/{login}?login_state={state}")).await.expect(200).json();
    for (member, value) in [
        ("id", json!(login)),
        ("tenant_id", json!("default")),
        ("server_id", json!("shop")),
        ("client_id", json!("app")),
        ("subject", json!("")),
        ("idp_id", json!("own")),
        ("login_approved", json!(false)),
        ("login_rejected", json!(false)),
        ("scope_grant_approved", json!(false)),
        ("requested_acr", json!(["gold"])),
        ("requested_grant_type", json!("authorization_code")),
        ("max_age", json!(600)),
        ("error", json!("")),
        ("allowed_scopes", json!({ "openid": true, "profile": true })),
    ] {
        assert_eq!(seen[member], value, "{member}");
    }
    let names: Vec<&Value> =
        seen["requested_scopes"].as_array().unwrap().iter().map(|scope| &scope["requested_name"]).collect();
    assert!(names.contains(&&json!("openid")) && names.contains(&&json!("profile")) && names.len() == 2, "{names:?}");
    assert_eq!(seen["request_query_params"]["redirect_uri"], json!([BACK]));
    assert!(
        seen["request_url"].as_str().unwrap().starts_with(&format!("{}/default/shop/oauth2/authorize?", server.url))
    );

    let now = server.app.domain.world.now_seconds();
    let body = json!({
        "id": login, "login_state": state, "subject": "ada", "auth_time": now - 5, "acr": "gold",
        "amr": ["pwd", "hwk"], "authentication_context": { "name": "Ada", "groups": ["a"] },
    });
    let said = system.post(&format!("{LOGINS}/{login}/accept"), &body).await.expect(200).json();
    let seen = system.get(&format!("{LOGINS}/{login}")).await.expect(200).json();
    assert_eq!((&seen["login_approved"], &seen["subject"]), (&json!(true), &json!("")));
    let answer = visitor.opens(said["redirect_to"].as_str().unwrap()).await;
    let identity = visitor.let_in_by(&answer, &login);
    assert_eq!((identity.subject.as_str(), identity.method.as_str(), identity.auth_time), ("ada", "own", now - 5));
    assert_eq!(
        (identity.acr.as_deref(), identity.amr.as_slice()),
        (Some("gold"), ["pwd".to_owned(), "hwk".to_owned()].as_slice())
    );
    let context: Value = serde_json::from_str(&identity.context).unwrap();
    assert_eq!(context, json!({ "name": "Ada", "groups": ["a"] }));
    let seen = system.get(&format!("{LOGINS}/{login}")).await.expect(200).json();
    assert_eq!((&seen["subject"], &seen["authentication_context"]["name"]), (&json!("ada"), &json!("Ada")));
}

#[tokio::test(flavor = "multi_thread")]
async fn mappings_make_the_context_and_times_may_be_texts() {
    let (server, admin) = start().await;
    let mut method = custom();
    method["mappings"] = json!([{ "source": "name", "target": "person.name" }]);
    set_methods(&admin, "shop", &[method]).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let body = json!({
        "login_state": parameter(&url, "login_state"), "subject": "ada", "auth_time": "2020-01-01T00:00:00Z",
        "authentication_context": { "name": "Ada", "age": 36 },
    });
    let said = server.as_system().post(&format!("{LOGINS}/{login}/accept"), &body).await.expect(200).json();
    let answer = visitor.opens(said["redirect_to"].as_str().unwrap()).await;
    let identity = visitor.let_in_by(&answer, &login);
    assert_eq!((identity.context.as_str(), identity.auth_time), (r#"{"person":{"name":"Ada"}}"#, 1_577_836_800));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_state_is_good_once_and_for_its_login() {
    let (server, _) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let (login, other) = (visitor.asks(&[]).await, visitor.asks(&[]).await);
    let (url, elsewhere) = (visitor.leaves(&login).await, visitor.leaves(&other).await);
    let state = parameter(&url, "login_state");
    let before = visitor.kept(&login);
    let path = format!("{LOGINS}/{login}/accept");
    let says = |state: &str| json!({ "login_state": state, "subject": "eve" });
    for wrong in ["x", &format!("{state}x"), &parameter(&elsewhere, "login_state")] {
        system.post(&path, &says(wrong)).await.expect(403);
        system.post(&format!("{LOGINS}/{login}/reject"), &json!({ "login_state": wrong })).await.expect(403);
        system.get(&format!("{LOGINS}/{login}?login_state={wrong}")).await.expect(403);
    }
    for (body, member) in [
        (json!({ "subject": "eve" }), "/login_state"),
        (json!({ "login_state": state }), "/subject"),
        (json!({ "login_state": state, "subject": "eve", "id": other }), "/id"),
        (json!({ "login_state": state, "subject": "eve", "auth_time": "soon" }), "/auth_time"),
        (json!({ "login_state": state, "subject": "eve", "auth_time": 9_999_999_999_i64 }), "/auth_time"),
        (json!({ "login_state": state, "subject": "eve", "amr": ["", "a"] }), "/amr/0"),
        (json!({ "login_state": state, "subject": "e\nve" }), "/subject"),
        (
            json!({ "login_state": state, "subject": "eve", "authentication_context": { "a": "a".repeat(70_000) } }),
            "/authentication_context",
        ),
    ] {
        let answer = system.post(&path, &body).await.expect(422);
        assert_eq!(wrong_members(&answer), [member]);
    }
    assert_eq!(visitor.kept(&login), before);

    let back = accept(&system, &login, &state, "ada").await;
    system.post(&path, &says(&state)).await.expect(403);
    system.post(&format!("{LOGINS}/{login}/reject"), &json!({ "login_state": state })).await.expect(403);
    let answer = visitor.opens(&back).await;
    assert_eq!(visitor.let_in_by(&answer, &login).subject, "ada");
    // Going again makes the state before worthless.
    let first = parameter(&visitor.leaves(&other).await, "login_state");
    visitor.leaves(&other).await;
    system.post(&format!("{LOGINS}/{other}/accept"), &says(&first)).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_was_sent_to_the_page_is_let_in_and_once() {
    let (server, _) = start().await;
    let system = server.as_system();
    let (ada, eve) = (Visitor::new(&server, "shop"), Visitor::new(&server, "shop"));
    let login = ada.asks(&[]).await;
    let url = ada.leaves(&login).await;
    let back = accept(&system, &login, &parameter(&url, "login_state"), "ada").await;
    let before = ada.kept(&login);
    // Somebody who has the address, in another browser; and the browser without what the page was told.
    eve.opens(&back).await.expect(404);
    server.anonymous().get(back.strip_prefix(&server.url).unwrap()).await.expect(404);
    let page = back.split('?').next().unwrap();
    ada.opens(page).await.expect(400);
    for ticket in ["x", &parameter(&url, "login_state")] {
        ada.opens(&format!("{page}?ticket={ticket}")).await.expect(404);
    }
    let own = eve.asks(&[]).await;
    let elsewhere = back.replace(&login, &own);
    eve.opens(&elsewhere).await.expect(404);
    assert_eq!(ada.kept(&login), before);

    let answer = ada.opens(&back).await;
    ada.let_in_by(&answer, &login);
    let after = ada.kept(&login);
    ada.opens(&back).await.expect(404);
    assert_eq!(ada.kept(&login), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_no() {
    let (server, _) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let login = visitor.asks(&[]).await;
    let state = parameter(&visitor.leaves(&login).await, "login_state");
    let path = format!("{LOGINS}/{login}/reject");
    for error in ["say \"no\"", "nö", &"a".repeat(101)] {
        let answer = system.post(&path, &json!({ "login_state": state, "error": error })).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/error"]);
    }
    let body = json!({
        "id": login, "login_state": state, "error": "access_denied", "error_description": "blocked", "status_code": 403,
    });
    let said = system.post(&path, &body).await.expect(200).json();
    assert_eq!(said["redirect_to"], json!(format!("{}/default/shop/login/{login}", server.url)));
    let seen = system.get(&format!("{LOGINS}/{login}")).await.expect(200).json();
    assert_eq!((&seen["login_rejected"], &seen["error"]), (&json!(true), &json!("access_denied")));
    system.post(&path, &body).await.expect(403);
    let place = visitor.finishes(&login).await;
    assert!(place.starts_with(BACK), "{place}");
    assert_eq!(parameter(&place, "error"), "access_denied");
    assert_eq!(parameter(&place, "error_description"), "blocked");
    system.get(&format!("{LOGINS}/{login}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_of_others_see_and_say_nothing() {
    let (server, admin) = start().await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let state = parameter(&visitor.leaves(&login).await, "login_state");
    let before = visitor.kept(&login);
    let body = json!({ "login_state": state, "subject": "eve" });
    let get = format!("{LOGINS}/{login}");
    // Of another tenant, on both tenants' paths.
    let foreign = server.as_other_system();
    foreign.get(&get).await.expect(401);
    foreign.post(&format!("{get}/accept"), &body).await.expect(401);
    foreign.get(&get.replace("default", "demo")).await.expect(404);
    foreign.post(&format!("{}/accept", get.replace("default", "demo")), &body).await.expect(404);
    foreign
        .post(&format!("{}/reject", get.replace("default", "demo")), &json!({ "login_state": state }))
        .await
        .expect(404);
    // Of this tenant, for other things.
    let poor = make_client(&admin, "system", "poor", &["manage_scope_grants", "manage_consents"]).await;
    let poor = bearer_of(&server, &poor);
    poor.get(&get).await.expect(403);
    poor.post(&format!("{get}/accept"), &body).await.expect(403);
    let consents = make_client(&admin, "system", "consents", &["manage_consents"]).await;
    let consents = bearer_of(&server, &consents);
    let grant = format!("{GRANTS}/{login}");
    consents.get(&grant).await.expect(404); // the person is not known yet
    consents.post(&format!("{grant}/accept"), &json!({ "login_state": state })).await.expect(403);
    assert_eq!(visitor.kept(&login), before);
    server.as_system().get(&format!("{LOGINS}/nothing")).await.expect(404);
    // A login ends.
    server.world.advance_seconds(1800);
    server.as_system().get(&get).await.expect(404);
    server.as_system().post(&format!("{get}/accept"), &body).await.expect(404);
}

/// OpenID Connect Core §3.1.2.1: `max_age` and `prompt=login` hold for pages as well.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_to_log_in_anew_does_so_at_the_page() {
    let (server, _) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let now = server.app.domain.world.now_seconds();
    for (asked, right, wrong) in [(("prompt", "login"), now - 5, now - 61), (("max_age", "600"), now - 600, now - 661)]
    {
        let login = visitor.asks(&[asked]).await;
        let state = parameter(&visitor.leaves(&login).await, "login_state");
        let path = format!("{LOGINS}/{login}/accept");
        let body = |at: i64| json!({ "login_state": state, "subject": "ada", "auth_time": at });
        let answer = system.post(&path, &body(wrong)).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/auth_time"]);
        system.post(&path, &body(right)).await.expect(200);
    }
}

/// A policy may trust one page more than another: what one was given must not count for the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_state_is_good_for_the_page_it_was_given_to() {
    let (server, admin) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let page = |id: &str| json!({ "id": id, "name": id, "method": "custom", "custom": { "login_url": PAGE } });
    set_methods(&admin, "shop", &[page("weak"), page("strong")]).await;
    let domain = &server.app.domain;
    let choose = async |login: &str, method: &str| {
        login::choose(domain, ("default", "shop"), login, &visitor.browser, Some(method)).await.unwrap();
    };
    // Chosen again before the page has its say, and after that.
    let (early, late) = (visitor.asks(&[]).await, visitor.asks(&[]).await);
    choose(&early, "weak").await;
    let state = parameter(&visitor.leaves(&early).await, "login_state");
    choose(&early, "strong").await;
    let body = json!({ "login_state": state, "subject": "ada" });
    system.post(&format!("{LOGINS}/{early}/accept"), &body).await.expect(403);
    choose(&late, "weak").await;
    let back = accept(&system, &late, &parameter(&visitor.leaves(&late).await, "login_state"), "ada").await;
    choose(&late, "strong").await;
    visitor.opens(&back).await.expect(404);
    // Nobody was let in, and the right page still may.
    let back = accept(&system, &early, &parameter(&visitor.leaves(&early).await, "login_state"), "ada").await;
    let answer = visitor.opens(&back).await;
    assert_eq!(visitor.let_in_by(&answer, &early).method, "strong");
}

/// What a page says about one person does not count for the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_page_speaks_for_the_person_it_was_told_of() {
    let (server, admin) = start().await;
    let (domain, system, visitor) = (&server.app.domain, server.as_system(), Visitor::new(&server, "shop"));
    let login = known(&server, &visitor, "ada").await;
    let state = parameter(&visitor.leaves(&login).await, "login_state");
    // She logs out elsewhere in this browser, and somebody else logs in on the page that is still open.
    for (name, _) in session::list(domain, "default", "shop", "ada").unwrap() {
        session::end_one(domain, "default", "shop", "ada", &name).await.unwrap();
    }
    let bob = json!({ "username": "bob", "password": "bob's password", "authentication_context": {} });
    let staff = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": [bob] } });
    set_methods(&admin, "shop", &[staff]).await;
    let password = Secret::new("bob's password");
    let place = ("default", "shop");
    let tried = password_login::log_in(domain, place, &login, &visitor.browser, "bob", &password).await;
    assert!(matches!(tried, Ok(Tried::In(_))), "{tried:?}");
    let body = json!({ "login_state": state, "granted_scopes": ["openid", "profile"] });
    system.post(&format!("{GRANTS}/{login}/accept"), &body).await.expect(403);
    system.get(&format!("{GRANTS}/{login}?login_state={state}")).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_off_lets_nobody_in() {
    let (server, admin) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let other = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": [] } });
    let mut off = custom();
    off["disabled"] = json!(true);
    // Before the page has its say, and between that and the browser's return.
    let (early, late) = (visitor.asks(&[]).await, visitor.asks(&[]).await);
    let early_state = parameter(&visitor.leaves(&early).await, "login_state");
    let back = accept(&system, &late, &parameter(&visitor.leaves(&late).await, "login_state"), "ada").await;
    set_methods(&admin, "shop", &[off, other]).await;
    let body = json!({ "login_state": early_state, "subject": "ada" });
    system.post(&format!("{LOGINS}/{early}/accept"), &body).await.expect(404);
    visitor.opens(&back).await.expect(404);
    assert!(matches!(visitor.next(&late).await, Next::Password(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_page_grants_scopes() {
    let (server, admin) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let login = known(&server, &visitor, "ada").await;
    let answer = visitor.opens(&format!("/default/shop/login/{login}")).await.expect(303);
    let url = answer.header("location").unwrap();
    assert!(url.starts_with("https://login.example/consent?login_id="), "{url}");
    let state = parameter(url, "login_state");
    let reader = make_client(&admin, "system", "reader", &["manage_consents"]).await;
    for machine in [&system, &bearer_of(&server, &reader)] {
        let seen = machine.get(&format!("{GRANTS}/{login}?login_state={state}")).await.expect(200).json();
        assert_eq!((&seen["subject"], &seen["scope_grant_approved"]), (&json!("ada"), &json!(false)));
        assert_eq!(seen["allowed_scopes"], json!({ "openid": true, "profile": true }));
    }
    let before = visitor.kept(&login);
    let path = format!("{GRANTS}/{login}/accept");
    let body = |scopes: Value| json!({ "id": login, "login_state": state, "granted_scopes": scopes });
    let answer = system.post(&path, &body(json!(["openid", "email"]))).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/granted_scopes/1"]);
    system.post(&path, &json!({ "login_state": "x", "granted_scopes": [] })).await.expect(403);
    // The two kinds of pages do not speak for each other.
    system
        .post(&format!("{LOGINS}/{login}/accept"), &json!({ "login_state": state, "subject": "eve" }))
        .await
        .expect(403);
    assert_eq!(visitor.kept(&login), before);

    let said = system.post(&path, &body(json!(["openid"]))).await.expect(200).json();
    assert_eq!(said["redirect_to"], json!(format!("{}/default/shop/login/{login}", server.url)));
    system.post(&path, &body(json!(["openid", "profile"]))).await.expect(403);
    assert!(matches!(visitor.next(&login).await, Next::Finish));
    let place = visitor.finishes(&login).await;
    assert!(place.starts_with(BACK) && !parameter(&place, "code").is_empty(), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_page_says_no() {
    let (server, _) = start().await;
    let (system, visitor) = (server.as_system(), Visitor::new(&server, "shop"));
    let login = known(&server, &visitor, "ada").await;
    let state = parameter(&visitor.leaves(&login).await, "login_state");
    let path = format!("{GRANTS}/{login}/reject");
    system.post(&path, &json!({ "login_state": "x" })).await.expect(403);
    system.post(&path, &json!({ "login_state": state, "error_cause": "a", "status_code": 401 })).await.expect(200);
    system.post(&path, &json!({ "login_state": state })).await.expect(403);
    let seen = system.get(&format!("{GRANTS}/{login}")).await.expect(200).json();
    assert_eq!((&seen["scope_grant_rejected"], &seen["login_rejected"]), (&json!(true), &json!(false)));
    let place = visitor.finishes(&login).await;
    assert_eq!(parameter(&place, "error"), "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_consent_page_is_checked_and_kept() {
    let (server, admin) = start().await;
    let path = "/api/admin/default/servers/shop";
    let shown = admin.get(path).await.expect(200).json();
    assert_eq!(shown["consent_url"], json!("https://login.example/consent"));
    let answer = admin.put(path, &json!({ "name": "Shop", "consent_url": "javascript:alert(1)" })).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/consent_url"]);
    let shown = admin.put(path, &json!({ "name": "Shop" })).await.expect(200).json();
    assert_eq!(shown.get("consent_url"), None);
    drop(server);
}
