//! Logging in at a provider: what is asked there, what comes of the answer, and all that changes nothing.

mod attacks;
mod clouds;
mod ours;

use portcullis::domain::{
    Failure,
    authorize::{self, Next},
    login,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, attribute, make_policy, make_server},
    provider::{CLIENT, Canned, Provider, path_of},
    visitor::{BACK, Visitor, find_parameter, make_app, parameter, set_methods},
};

covers!("returnFromProvider");

/// A server whose authorization server `shop` has these methods, and the client `app`.
async fn shop(server: TestServer, methods: &[Value]) -> (TestServer, Caller) {
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_app(&admin, "shop").await;
    set_methods(&admin, "shop", methods).await;
    (server, admin)
}

/// A server with a provider on loopback as its only way to log in.
async fn with_provider(more: Value) -> (TestServer, Caller, Provider) {
    let provider = Provider::start().await;
    let server = TestServer::with(|config| {
        config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()];
        config.outbound.seconds = 2;
    });
    let (server, admin) = shop(server.await, &[provider.method(more)]).await;
    (server, admin, provider)
}

/// The claims of a good ID token, changed.
fn claims(server: &TestServer, provider: &Provider, url: &str, change: &Value) -> Value {
    let mut claims = provider.claims(url, server.app.domain.world.now_seconds());
    let members = claims.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

/// Somebody logs in at the provider and comes back, with changes to the ID token.
async fn comes_back(
    server: &TestServer,
    provider: &Provider,
    visitor: &Visitor<'_>,
    url: &str,
    change: Value,
) -> Answer {
    let token = provider.signs(&claims(server, provider, url, &change));
    let code = provider.logs_in(url, token);
    visitor.comes_back(&[("state", &parameter(url, "state")), ("code", &code)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_at_a_provider() {
    let (server, _, provider) = with_provider(json!({ "scopes": ["email", "openid"] })).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[("login_hint", "ada@example.com"), ("ui_locales", "de en")]).await;
    let url = visitor.leaves(&login).await;
    assert!(url.starts_with(&format!("{}/authorize?", provider.issuer)), "{url}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &format!("{}/default/shop/callback", server.url)),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
        ("login_hint", "ada@example.com"),
        ("ui_locales", "de en"),
    ] {
        assert_eq!(parameter(&url, name), value, "{name}");
    }
    assert_eq!((find_parameter(&url, "prompt"), find_parameter(&url, "max_age")), (None, None));

    let now = server.app.domain.world.now_seconds();
    let change = json!({ "auth_time": now - 30, "amr": ["pwd"], "acr": "silver", "name": "Ada", "groups": ["a"] });
    let answer = comes_back(&server, &provider, &visitor, &url, change).await;
    let identity = visitor.let_in_by(&answer, &login);
    assert_eq!((identity.subject.as_str(), identity.method.as_str()), ("op:ada", "op"));
    assert_eq!((identity.auth_time, identity.acr.as_deref()), (now - 30, Some("silver")));
    assert_eq!(identity.amr, ["pwd", "fed"]);
    let context: Value = serde_json::from_str(&identity.context).unwrap();
    assert_eq!((&context["name"], &context["groups"]), (&json!("Ada"), &json!(["a"])));
    assert_eq!((context.get("nonce"), context.get("iss"), context.get("exp")), (None, None, None));
    // The secret went into the header, as a provider expects that says nothing else.
    let asked = provider.asked(&path_of(&format!("{}/token", provider.issuer)));
    assert!(asked[0].authorization.is_some() && !asked[0].body.contains("client_secret"), "{asked:?}");
    assert!(matches!(visitor.next(&login).await, Next::Consent { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_and_mappings_make_the_context() {
    let (server, admin, provider) = with_provider(json!({ "get_user_info": true })).await;
    let mut method = provider.method(json!({ "get_user_info": true }));
    method["mappings"] = json!([
        { "source": "email", "target": "contact.email" }, { "source": "name", "target": "name" },
        { "source": "role", "target": "role" },
    ]);
    set_methods(&admin, "shop", &[method]).await;
    let userinfo = format!("{}/userinfo", path_of(&provider.issuer));
    let known = json!({ "sub": "ada", "email": "ada@example.com", "name": "Userinfo" });
    provider.answers(&userinfo, Canned::Json(200, known.clone()));
    // An access token that is a token of the same issuer about the same person says something as well.
    let token = json!({ "iss": provider.issuer, "sub": "ada", "role": "admin" });
    provider.gives_access_token(&provider.signs(&token));

    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({ "name": "Signed" })).await;
    let context: Value = serde_json::from_str(&visitor.let_in_by(&answer, &login).context).unwrap();
    assert_eq!(context, json!({ "contact": { "email": "ada@example.com" }, "name": "Signed", "role": "admin" }));
    assert!(provider.asked(&userinfo)[0].authorization.as_ref().unwrap().starts_with("Bearer ey"));

    // Signed, for us.
    let mut signed = known.clone();
    signed
        .as_object_mut()
        .unwrap()
        .extend([("iss".to_owned(), json!(provider.issuer)), ("aud".to_owned(), json!(CLIENT))]);
    provider.answers(&userinfo, Canned::Bytes(provider.signs(&signed).into_bytes()));
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
    let context: Value = serde_json::from_str(&visitor.let_in_by(&answer, &login).context).unwrap();
    assert_eq!(context["name"], json!("Userinfo"));

    // About somebody else, for somebody else, or nothing of use.
    signed["aud"] = json!("others");
    for canned in [
        Canned::Json(200, json!({ "sub": "eve", "email": "ada@example.com" })),
        Canned::Json(200, json!({ "email": "ada@example.com" })),
        Canned::Bytes(provider.signs(&signed).into_bytes()),
        Canned::Bytes(b"{".to_vec()),
        Canned::Json(401, json!({})),
    ] {
        provider.answers(&userinfo, canned);
        let login = visitor.asks(&[]).await;
        let url = visitor.leaves(&login).await;
        let before = visitor.kept(&login);
        let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
        assert!([403, 503].contains(&answer.status.as_u16()), "{}", answer.status);
        assert_eq!(visitor.kept(&login), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_to_log_in_anew_does_so_at_the_provider() {
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let long_ago = server.app.domain.world.now_seconds() - 3600;
    for more in [[("prompt", "login")], [("max_age", "60")]] {
        let login = visitor.asks(&more).await;
        let url = visitor.leaves(&login).await;
        assert_eq!(parameter(&url, "prompt"), "login");
        assert_eq!(find_parameter(&url, "max_age").as_deref(), (more[0].0 == "max_age").then_some("60"));
        let answer = comes_back(&server, &provider, &visitor, &url, json!({ "auth_time": long_ago })).await;
        assert_eq!(answer.status.as_u16(), 403, "it did not ask: {}", answer.text());
        let url = visitor.leaves(&login).await;
        let now = server.app.domain.world.now_seconds();
        let answer = comes_back(&server, &provider, &visitor, &url, json!({ "auth_time": now })).await;
        assert_eq!(visitor.let_in_by(&answer, &login).auth_time, now);
    }
    // Nobody has asked for that: a login of an hour ago is one.
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({ "auth_time": long_ago })).await;
    assert_eq!(visitor.let_in_by(&answer, &login).auth_time, long_ago);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_at_the_provider_reaches_the_client() {
    let (server, _, _) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    for (said, told) in [("access_denied", "access_denied"), ("interaction_required", "login_required")] {
        let login = visitor.asks(&[]).await;
        let url = visitor.leaves(&login).await;
        let answer = visitor.comes_back(&[("state", &parameter(&url, "state")), ("error", said)]).await.expect(303);
        assert!(answer.header("set-cookie").is_none_or(|cookie| !cookie.contains("pc-s-")));
        let place = visitor.finishes(&login).await;
        assert!(place.starts_with(BACK), "{place}");
        assert_eq!(
            (parameter(&place, "error"), parameter(&place, "state")),
            (told.to_owned(), "the client's".to_owned())
        );
    }
    // What is between the provider and us is no business of the client's, and the person may try again.
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let before = visitor.kept(&login);
    let state = parameter(&url, "state");
    let page = visitor.comes_back(&[("state", &state), ("error", "invalid_request")]).await.expect(403).text();
    assert!(page.contains("Logging in this way did not work") && page.contains("Try again"), "{page}");
    assert!(page.contains(&format!("action=\"{}/default/shop/login/{login}\"", server.url)), "{page}");
    visitor.comes_back(&[("state", &state)]).await.expect(403);
    assert_eq!(visitor.kept(&login), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_into_the_form_where_the_provider_wants_it_there() {
    let (server, _, provider) = with_provider(json!({})).await;
    let discovery = format!("{}/.well-known/openid-configuration", path_of(&provider.issuer));
    let issuer = &provider.issuer;
    provider.answers(
        &discovery,
        Canned::Json(
            200,
            json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?tenant=a"),
                "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }),
        ),
    );
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    assert!(url.starts_with(&format!("{issuer}/authorize?tenant=a&response_type=code")), "{url}");
    let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
    visitor.let_in_by(&answer, &login);
    let asked = provider.asked(&path_of(&format!("{issuer}/token")));
    assert!(asked[0].authorization.is_none() && asked[0].body.contains("client_secret="), "{asked:?}");
}

/// A document that is of no use is asked for again after a pause, and a good one only after a while.
#[tokio::test(flavor = "multi_thread")]
async fn documents_are_remembered() {
    let (server, _, provider) = with_provider(json!({})).await;
    let discovery = format!("{}/.well-known/openid-configuration", path_of(&provider.issuer));
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    provider.answers(&discovery, Canned::Json(500, json!({})));
    for _ in 0..3 {
        assert!(matches!(visitor.tries_to_leave(&login).await, Err(Failure::Unavailable { .. })));
    }
    assert_eq!(provider.asked(&discovery).len(), 1, "a provider in trouble is left alone for a while");
    let issuer = &provider.issuer;
    let good = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
    });
    provider.answers(&discovery, Canned::Json(200, good));
    server.world.advance_seconds(10);
    for _ in 0..3 {
        visitor.leaves(&login).await;
    }
    assert_eq!(provider.asked(&discovery).len(), 2);
    server.world.advance_seconds(3600);
    let login = visitor.asks(&[]).await;
    visitor.leaves(&login).await;
    assert_eq!(provider.asked(&discovery).len(), 3);
}

/// The errand is in the store: a restart between going and coming back loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_between_loses_nothing() {
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let browser = visitor.browser.clone();
    let (folder, world) = server.stop().await;
    let allowed = |config: &mut portcullis::config::Config| {
        config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()];
    };
    let server = TestServer::on(folder, world, allowed).await;
    let mut visitor = Visitor::new(&server, "shop");
    visitor.browser = browser;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({})).await;
    visitor.let_in_by(&answer, &login);
}

/// A policy wants more than a provider's login, and the provider remembers the person: they are sent there once more to prove it,
/// and not for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_remembers_people_is_asked_once_more_and_not_for_ever() {
    let (server, admin, provider) = with_provider(json!({})).await;
    let mut rule = attribute("authn_ctx.amr", "contains", json!("mfa"));
    rule["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&admin, "strong", json!([rule])).await;
    let path = format!("{ADMIN}/servers/shop");
    let mut shop = admin.get(&path).await.expect(200).json();
    shop["user_policy_id"] = json!("strong");
    admin.put(&path, &shop).await.expect(200);

    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    assert_eq!(find_parameter(&url, "prompt"), None);
    let now = server.app.domain.world.now_seconds();
    let long_ago = json!({ "auth_time": now - 3600 });
    let answer = comes_back(&server, &provider, &visitor, &url, long_ago.clone()).await;
    visitor.let_in_by(&answer, &login);
    let url = visitor.leaves(&login).await;
    assert_eq!(parameter(&url, "prompt"), "login", "they have to prove it now");
    let answer = comes_back(&server, &provider, &visitor, &url, long_ago).await;
    assert!(!answer.status.is_redirection() && !answer.status.is_success(), "{:?}", answer.status);

    let url = visitor.leaves(&login).await;
    let answer = comes_back(&server, &provider, &visitor, &url, json!({ "auth_time": now })).await;
    visitor.let_in_by(&answer, &login);
    assert!(matches!(visitor.next(&login).await, Next::SecondFactor { enrolled: false }), "and may set one up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_no_session_is_sent_on_by_a_click_only() {
    let (server, _, provider) = with_provider(json!({})).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    comes_back(&server, &provider, &visitor, &url, json!({})).await.expect(303);
    assert!(matches!(visitor.next(&login).await, Next::Consent { .. }), "with the session's cookie it goes on");
    let domain = &server.app.domain;
    let next = authorize::next(domain, "default", "shop", &login, &visitor.browser).await.unwrap();
    assert!(matches!(&next, Next::Choose(methods) if methods.len() == 1 && methods[0].id == "op"), "{next:?}");
    login::choose(domain, ("default", "shop"), &login, &visitor.browser, Some("op")).await.unwrap();
    let next = authorize::next(domain, "default", "shop", &login, &visitor.browser).await.unwrap();
    assert!(matches!(next, Next::Provider(_)), "{next:?}");
}
