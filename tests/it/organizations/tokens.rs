//! The token endpoint of all organizations: what it takes, what its tokens say, and what ends them.

use serde_json::{Value, json};

use super::{GRANT, ask, listed, make, path_of, text};
use crate::support::{
    Answer, SECRET, TestServer,
    made::{ADMIN, ask_token, basic, make_client, post_form},
};

fn refused(answer: Answer, status: u16, error: &str) -> String {
    let body = answer.expect(status).json();
    assert_eq!(body["error"], json!(error), "{body}");
    text(&body, "error_description")
}

/// What a signed token says, unchecked.
fn claims(tokens: &Value) -> Value {
    let token = text(tokens, "access_token");
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

fn refresh(tokens: &Value) -> String {
    format!("grant_type=refresh_token&refresh_token={}", text(tokens, "refresh_token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_say_which_organization_and_which_roles() {
    let server = TestServer::start().await;
    for (admin, tenant) in [(server.as_admin(), "default"), (server.as_other_admin(), "demo")] {
        let made = make(&admin, json!({ "roles": ["ClientService", "Supervisor"] })).await;
        let (id, secret) = (text(&made, "clientId"), text(&made, "clientSecret"));
        let form = format!("{GRANT}&client_id={id}&client_secret={secret}");
        let own = server.anonymous().with_header("authorization", &basic(&id, &secret));
        let answers = [
            ask(&server, &made, GRANT).await,
            post_form(&server.anonymous(), "/oauth/token", &form).await,
            post_form(&own, &format!("/{tenant}/default/oauth2/token"), GRANT).await,
        ];
        for (number, answer) in answers.into_iter().enumerate() {
            let tokens = answer.expect(200).json();
            let claims = claims(&tokens);
            assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(3600)));
            assert_eq!((&claims["organization_id"], &claims["tid"]), (&json!(tenant), &json!(tenant)));
            assert_eq!(claims["roles"], json!(["CLIENT_SERVICE", "SUPERVISOR"]));
            assert_eq!(claims["authorities"], json!(["CLIENT_SERVICE", "SUPERVISOR"]));
            assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(id), &json!(id)));
            assert!(claims.get("application_id").is_none() && claims.get("gid").is_none(), "{claims}");
            // A refresh token is given where it is usual only.
            assert_eq!((tokens.get("refresh_token").is_some(), claims.get("cgid").is_some()), (number < 2, number < 2));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tokens_say_nothing_of_it() {
    let server = TestServer::start().await;
    let plain = make_client(&server.as_admin(), "default", "plain", &[]).await;
    let answer = ask_token(&server, "default", "plain", &text(&plain, "client_secret"), GRANT).await;
    let claims = claims(&answer.expect(200).json());
    assert!(["organization_id", "roles", "authorities"].iter().all(|name| claims.get(*name).is_none()), "{claims}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_authorities_and_never_roles() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for scope in ["global", "GLOBAL_ADMIN", "integrations:integration:add"] {
        let body = json!({ "authorization_server_id": "default", "name": scope });
        admin.post(&format!("{ADMIN}/scopes"), &body).await.expect(201);
    }
    let made = make(&admin, json!({ "roles": ["Agent"] })).await;
    assert_eq!(ask(&server, &made, GRANT).await.expect(200).json()["scope"], json!("global"), "where there is one");
    refused(ask(&server, &made, &format!("{GRANT}&scope=openid")).await, 400, "invalid_scope");
    let id = text(&made, "clientId");
    let mut body = admin.get(&format!("{ADMIN}/clients/{id}")).await.expect(200).json();
    body["scopes"] = json!(["GLOBAL_ADMIN", "integrations:integration:add"]);
    body["scope"] = json!("GLOBAL_ADMIN integrations:integration:add");
    admin.put(&format!("{ADMIN}/clients/{id}"), &body).await.expect(200);
    let tokens = ask(&server, &made, GRANT).await.expect(200).json();
    assert_eq!(claims(&tokens)["authorities"], json!(["AGENT", "integrations:integration:add"]));
    let itself = server.anonymous().with_token(&text(&tokens, "access_token"));
    itself.get("/security/clients").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_none_of_them_is_told_the_same() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({})).await;
    let plain = make_client(&admin, "default", "plain", &[]).await;
    let wrong = json!({ "clientId": made["clientId"], "clientSecret": "a secret that is long enough to be one" });
    let mut words = Vec::new();
    for (id, secret) in [
        (text(&made, "clientId"), text(&wrong, "clientSecret")),
        ("nobody".to_owned(), SECRET.to_owned()),
        ("admin".to_owned(), SECRET.to_owned()),
        ("plain".to_owned(), text(&plain, "client_secret")),
        (text(&made, "clientId"), String::new()),
    ] {
        let answer = ask(&server, &json!({ "clientId": id, "clientSecret": secret }), GRANT).await;
        assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic")));
        words.push((refused(answer, 401, "invalid_client"), id));
    }
    for (text, who) in &words {
        assert_eq!(*text, words[0].0, "{who} can be told from a wrong secret");
    }
    // A client that is not the organization's has its own endpoint.
    ask_token(&server, "default", "plain", &text(&plain, "client_secret"), GRANT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_worded_as_oauth_has_them() {
    let server = TestServer::start().await;
    let made = make(&server.as_admin(), json!({})).await;
    for (form, error) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=authorization_code&code=a", "unsupported_grant_type"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=made-up", "invalid_grant"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&client_secret=twice", "invalid_request"),
        ("grant_type=client_credentials&scope=nothing", "invalid_scope"),
    ] {
        refused(ask(&server, &made, form).await, 400, error);
    }
    refused(post_form(&server.anonymous(), "/oauth/token", GRANT).await, 401, "invalid_client");
    refused(server.anonymous().get("/oauth/token").await, 405, "invalid_request");
    refused(server.anonymous().post("/oauth/token", &json!({})).await, 400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_are_good_once() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({ "roles": ["Admin"] })).await;
    let first = ask(&server, &made, GRANT).await.expect(200).json();
    let second = ask(&server, &made, &refresh(&first)).await.expect(200).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(claims(&second)["roles"], json!(["ADMIN"]));
    // The endpoint of the tenant's own server takes it as well.
    let (id, secret) = (text(&made, "clientId"), text(&made, "clientSecret"));
    let third = ask_token(&server, "default", &id, &secret, &refresh(&second)).await.expect(200).json();
    let bearers = [&first, &second, &third].map(|tokens| server.anonymous().with_token(&text(tokens, "access_token")));
    for bearer in &bearers {
        bearer.get("/security/clients").await.expect(200);
    }
    let apart = ask(&server, &made, GRANT).await.expect(200).json();
    // A second use is a theft: everything goes that was made from it, and nothing else.
    refused(ask(&server, &made, &refresh(&first)).await, 400, "invalid_grant");
    refused(ask(&server, &made, &refresh(&third)).await, 400, "invalid_grant");
    for bearer in &bearers {
        bearer.get("/security/clients").await.expect(401);
    }
    server.anonymous().with_token(&text(&apart, "access_token")).get("/security/clients").await.expect(200);
    ask(&server, &made, &refresh(&apart)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_are_the_clients_own_and_end_with_it() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (one, other) = (make(&admin, json!({})).await, make(&admin, json!({})).await);
    let tokens = ask(&server, &one, GRANT).await.expect(200).json();
    refused(ask(&server, &other, &refresh(&tokens)).await, 400, "invalid_grant");
    let tokens = ask(&server, &one, &refresh(&tokens)).await.expect(200).json();
    // It is a client's, not a person's of the same name.
    let caller =
        server.anonymous().with_header("authorization", &basic(&text(&one, "clientId"), &text(&one, "clientSecret")));
    let form = format!("token={}", text(&tokens, "refresh_token"));
    let shown = post_form(&caller, "/default/default/oauth2/introspect", &form).await.expect(200).json();
    assert_eq!((&shown["active"], &shown["sub"]), (&json!(true), &one["clientId"]));
    assert!(shown.get("username").is_none() && shown.get("auth_time").is_none(), "{shown}");
    let form = format!("token={}", text(&tokens, "access_token"));
    let shown = post_form(&caller, "/default/default/oauth2/introspect", &form).await.expect(200).json();
    assert_eq!(shown["ext"]["organization_id"], json!("default"));
    assert!(shown.get("username").is_none(), "{shown}");

    server.world.advance_seconds(30 * 24 * 3600);
    refused(ask(&server, &one, &refresh(&tokens)).await, 400, "invalid_grant");
    let tokens = ask(&server, &one, GRANT).await.expect(200).json();
    server.as_admin().delete(&path_of(&one)).await.expect(204);
    refused(ask(&server, &one, &refresh(&tokens)).await, 401, "invalid_client");
    assert_eq!(listed(&server.as_admin()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_grant_there_is_no_refresh_token() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({})).await;
    let tokens = ask(&server, &made, GRANT).await.expect(200).json();
    let members = json!({ "name": "Default", "grant_types": ["authorization_code", "client_credentials"] });
    admin.put(&format!("{ADMIN}/servers/default"), &members).await.expect(200);
    refused(ask(&server, &made, &refresh(&tokens)).await, 400, "unsupported_grant_type");
    assert!(ask(&server, &made, GRANT).await.expect(200).json().get("refresh_token").is_none());
    let later = make(&admin, json!({})).await;
    assert!(ask(&server, &later, GRANT).await.expect(200).json().get("refresh_token").is_none());
    let members = json!({ "name": "Default", "grant_types": ["authorization_code"] });
    admin.put(&format!("{ADMIN}/servers/default"), &members).await.expect(200);
    refused(ask(&server, &made, GRANT).await, 400, "unsupported_grant_type");
    admin.post("/security/clients", &json!({})).await.expect(400);
}
