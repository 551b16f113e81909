//! Clients that act for an application: how they name it, and that they get no tokens while it bars them.

use serde_json::{Value, json};

use super::{GRANT, ask, make, path_of, text};
use crate::support::{
    Answer, Caller, TestServer,
    made::{ask_token, basic, post_form},
};

const APPLICATIONS: &str = "/api/applications";
const BARRED: &str = "the application is disabled, has expired, or is none of the organization's";

async fn make_application(admin: &Caller) -> String {
    text(&admin.post(APPLICATIONS, &json!({ "type": "TEST", "config": {} })).await.expect(200).json(), "id")
}

async fn change(admin: &Caller, id: &str, member: &str, value: Value) {
    let mut body = json!({ "type": "TEST", "config": {} });
    body[member] = value;
    admin.put(&format!("{APPLICATIONS}/{id}"), &body).await.expect(204);
}

fn refused(answer: Answer, error: &str) -> String {
    let body = answer.expect(400).json();
    assert_eq!(body["error"], json!(error), "{body}");
    text(&body, "error_description")
}

/// The application that the tokens of an answer are for.
fn application(answer: Answer) -> Value {
    let tokens = answer.expect(200).json();
    let token = text(&tokens, "access_token");
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["application_id"].clone()
}

fn refresh(tokens: &Value) -> String {
    format!("grant_type=refresh_token&refresh_token={}", text(tokens, "refresh_token"))
}

/// Asks with the application in the header.
async fn ask_with_header(server: &TestServer, client: &Value, id: &str, form: &str) -> Answer {
    let caller = server
        .anonymous()
        .with_header("authorization", &basic(&text(client, "clientId"), &text(client, "clientSecret")))
        .with_header("x-applicationid", id);
    post_form(&caller, "/oauth/token", form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_disabled_has_expired_or_is_gone_bars_both_grants() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let id = make_application(&admin).await;
    let bound = make(&admin, json!({ "applicationId": id })).await;
    let free = make(&admin, json!({})).await;
    let named = format!("{GRANT}&application_id={id}");
    let tokens =
        [ask(&server, &bound, GRANT).await.expect(200).json(), ask(&server, &free, &named).await.expect(200).json()];
    let other = ask(&server, &free, GRANT).await.expect(200).json();
    let (client_id, secret) = (text(&bound, "clientId"), text(&bound, "clientSecret"));
    let barred = async || {
        for (client, form, tokens) in [(&bound, GRANT, &tokens[0]), (&free, &*named, &tokens[1])] {
            assert_eq!(refused(ask(&server, client, form).await, "unauthorized_client"), BARRED);
            assert_eq!(refused(ask(&server, client, &refresh(tokens)).await, "invalid_grant"), BARRED);
        }
        let there = ask_token(&server, "default", &client_id, &secret, GRANT).await;
        assert_eq!(refused(there, "unauthorized_client"), BARRED, "the tenant's own endpoint knows it as well");
        assert_eq!(application(ask(&server, &free, GRANT).await), Value::Null, "others are not barred");
    };
    change(&admin, &id, "disabled", json!(true)).await;
    barred().await;
    // What was refused was not used up.
    change(&admin, &id, "disabled", json!(false)).await;
    assert_eq!(application(ask(&server, &bound, GRANT).await), json!(id));
    let tokens = [
        ask(&server, &bound, &refresh(&tokens[0])).await.expect(200).json(),
        ask(&server, &free, &refresh(&tokens[1])).await.expect(200).json(),
    ];
    let barred = async || {
        for (client, form, tokens) in [(&bound, GRANT, &tokens[0]), (&free, &*named, &tokens[1])] {
            assert_eq!(refused(ask(&server, client, form).await, "unauthorized_client"), BARRED);
            assert_eq!(refused(ask(&server, client, &refresh(tokens)).await, "invalid_grant"), BARRED);
        }
    };
    let end = portcullis::domain::moment::show(server.app.domain.world.now() + 60_000_000);
    change(&admin, &id, "expiresAt", json!(end)).await;
    server.world.advance_seconds(59);
    assert_eq!(application(ask(&server, &bound, GRANT).await), json!(id));
    server.world.advance_seconds(1);
    barred().await;
    change(&admin, &id, "expiresAt", Value::Null).await;
    assert_eq!(application(ask(&server, &free, &named).await), json!(id));
    admin.delete(&format!("{APPLICATIONS}/{id}")).await.expect(204);
    barred().await;
    ask(&server, &free, &refresh(&other)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_another_organization_is_none() {
    let server = TestServer::start().await;
    let (admin, stranger) = (server.as_admin(), server.as_other_admin());
    let theirs = make_application(&stranger).await;
    let ours = make(&admin, json!({})).await;
    for id in [theirs.as_str(), "made-up"] {
        let form = format!("{GRANT}&application_id={id}");
        assert_eq!(refused(ask(&server, &ours, &form).await, "unauthorized_client"), BARRED);
        admin.post("/security/clients", &json!({ "applicationId": id })).await.expect(400);
        admin.put(&path_of(&ours), &json!({ "applicationId": id })).await.expect(400);
    }
    let client = make(&stranger, json!({ "applicationId": theirs })).await;
    assert_eq!(application(ask(&server, &client, GRANT).await), json!(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn form_and_header_name_the_same_application() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (one, other) = (make_application(&admin).await, make_application(&admin).await);
    let free = make(&admin, json!({})).await;
    let in_form = format!("{GRANT}&application_id={one}");
    for answer in [
        ask(&server, &free, &in_form).await,
        ask_with_header(&server, &free, &one, GRANT).await,
        ask_with_header(&server, &free, &one, &in_form).await,
    ] {
        assert_eq!(application(answer), json!(one));
    }
    let differs = refused(ask_with_header(&server, &free, &other, &in_form).await, "invalid_request");
    assert!(differs.contains("form.application_id"), "{differs}");
    assert_eq!(application(ask_with_header(&server, &free, "", GRANT).await), Value::Null);

    // Neither is heard by a client that is bound to another, nor does a refresh token change sides.
    let bound = make(&admin, json!({ "applicationId": one })).await;
    let another = "the client is bound to another application";
    assert_eq!(refused(ask_with_header(&server, &bound, &other, GRANT).await, "unauthorized_client"), another);
    assert_eq!(application(ask_with_header(&server, &bound, &one, GRANT).await), json!(one));
    let tokens = ask(&server, &bound, GRANT).await.expect(200).json();
    assert_eq!(refused(ask_with_header(&server, &bound, &other, &refresh(&tokens)).await, "invalid_grant"), another);
    let tokens = ask(&server, &free, &in_form).await.expect(200).json();
    let moved = refused(ask_with_header(&server, &free, &other, &refresh(&tokens)).await, "invalid_grant");
    assert_eq!(moved, "the refresh token was given for another application");
    assert_eq!(application(ask(&server, &free, &refresh(&tokens)).await), json!(one));
}
