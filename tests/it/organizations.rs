//! Clients of an organization: who administrates them, what they are, and that they are clients like all others besides.
//! Their tokens are in `tokens`, their secrets in `rotation`.

mod applications;
mod lasting;
mod rotation;
mod tokens;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer,
    made::{ADMIN, ask_token, basic, bearer_of, make_client, post_form},
    person::Person,
};

covers!(
    "listOrganizationClients",
    "createOrganizationClient",
    "updateOrganizationClient",
    "deleteOrganizationClient",
    "rotateOrganizationClientSecret",
    "organizationToken",
);

const CLIENTS: &str = "/security/clients";
const GRANT: &str = "grant_type=client_credentials";

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

fn path_of(client: &Value) -> String {
    format!("{CLIENTS}/{}", text(client, "clientId"))
}

/// Makes a client of the caller's organization; answers it with its secret.
async fn make(caller: &Caller, body: Value) -> Value {
    caller.post(CLIENTS, &body).await.expect(200).json()
}

async fn rotate(caller: &Caller, client: &Value) -> Answer {
    caller.send(Method::POST, &format!("{}/rotate", path_of(client)), None, Bytes::new()).await
}

async fn listed(caller: &Caller) -> Vec<Value> {
    caller.get(CLIENTS).await.expect(200).json().as_array().unwrap().clone()
}

/// Asks the endpoint of all organizations, with the secret in the header.
async fn ask(server: &TestServer, client: &Value, form: &str) -> Answer {
    let caller = server
        .anonymous()
        .with_header("authorization", &basic(&text(client, "clientId"), &text(client, "clientSecret")));
    post_form(&caller, "/oauth/token", form).await
}

/// A caller with a new token of a client.
async fn bearer(server: &TestServer, client: &Value) -> Caller {
    let tokens = ask(server, client, GRANT).await.expect(200).json();
    server.anonymous().with_token(&text(&tokens, "access_token"))
}

/// A person of the server `default`, by way of a client.
async fn person(server: &TestServer, name: &str, context: Value) -> Caller {
    let (domain, anna) = (&server.app.domain, Person::new(server, "default", name).knowing(context));
    let grant = anna.lets(domain, "desk", &["openid"], None).await;
    anna.bearer(domain, &grant).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_made_changed_and_removed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    assert_eq!(listed(&admin).await, Vec::<Value>::new());
    let made = make(&admin, json!({ "description": "Calls back", "roles": ["Agent", "ClientService", "Agent"] })).await;
    assert_eq!((&made["description"], &made["roles"]), (&json!("Calls back"), &json!(["Agent", "ClientService"])));
    assert_eq!(text(&made, "clientId").len(), 32);

    let mut shown = made.clone();
    assert!(
        shown
            .as_object_mut()
            .unwrap()
            .remove("clientSecret")
            .is_some_and(|secret| secret.as_str().unwrap().len() >= 32)
    );
    assert_eq!(listed(&admin).await, [shown.clone()], "everything but the secret");

    let path = path_of(&made);
    for nothing in [json!({}), json!({ "description": null, "roles": null, "applicationId": null })] {
        assert_eq!(admin.put(&path, &nothing).await.expect(200).json(), shown, "what is left out stays: {nothing}");
    }
    let changed = admin.put(&path, &json!({ "roles": ["Supervisor"] })).await.expect(200).json();
    assert_eq!((&changed["description"], &changed["roles"]), (&json!("Calls back"), &json!(["Supervisor"])));
    let changed = admin.put(&path, &json!({ "description": "", "roles": [] })).await.expect(200).json();
    assert_eq!((&changed["description"], &changed["roles"]), (&json!(""), &json!([])));

    // A body may be left out.
    let plain = admin.send(Method::POST, CLIENTS, None, Bytes::new()).await.expect(200).json();
    assert_eq!((&plain["description"], &plain["roles"]), (&json!(""), &json!([])));
    assert_eq!(listed(&admin).await.len(), 2);

    let bearer = bearer(&server, &made).await;
    bearer.get(CLIENTS).await.expect(403);
    admin.delete(&path).await.expect(204);
    bearer.get(CLIENTS).await.expect(401);
    ask(&server, &made, GRANT).await.expect(401);
    for answer in [admin.delete(&path).await, admin.put(&path, &json!({})).await, rotate(&admin, &made).await] {
        answer.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_of_what_was_seen() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let answer = admin.post(CLIENTS, &json!({ "description": "One" })).await.expect(200);
    let (seen, path) = (answer.header("etag").unwrap().to_owned(), path_of(&answer.json()));
    let careful = admin.clone().with_header("if-match", &seen);
    careful.put(&path, &json!({ "description": "Two" })).await.expect(200);
    careful.put(&path, &json!({ "description": "Three" })).await.expect(412);
    careful.delete(&path).await.expect(412);
    assert_eq!(listed(&admin).await[0]["description"], json!("Two"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_more_than_the_documented_roles() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({ "roles": ["Admin"] })).await;
    let itself = bearer(&server, &made).await;
    for role in ["GlobalAdmin", "GLOBAL_ADMIN", "Service", "SERVICE", "Customer", "admin", "ADMIN", "", "root"] {
        let body = json!({ "roles": ["Agent", role] });
        let answers = [
            admin.post(CLIENTS, &body).await,
            admin.put(&path_of(&made), &body).await,
            itself.put(&path_of(&made), &body).await,
        ];
        for answer in answers {
            let answer = answer.expect(400);
            assert!(answer.text().contains("/roles/1"), "{role}: {}", answer.text());
        }
    }
    assert_eq!(listed(&admin).await.len(), 1);
    assert_eq!(listed(&admin).await[0]["roles"], json!(["Admin"]));
    for body in [json!({ "roles": "Agent" }), json!({ "description": 7 }), json!([])] {
        admin.post(CLIENTS, &body).await.expect(400);
    }
    let long = "x".repeat(100_000);
    let answer = admin.post(CLIENTS, &json!({ "description": long })).await.expect(400);
    assert!(answer.text().contains("/description"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_the_organization_may_and_nobody_else() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_client(&admin, "default", "desk", &["openid"]).await;
    let machine = make_client(&admin, "default", "machine", &["openid"]).await;
    let client = async |roles: Value| bearer(&server, &make(&admin, json!({ "roles": roles })).await).await;
    let by_name = server.anonymous().with_header("authorization", &basic("admin", SECRET));
    let by_wrong_name = server.anonymous().with_header("authorization", &basic("admin", "wrong"));
    for (who, caller, status) in [
        ("the administrators' client", admin.clone(), 200),
        ("the same by name and password", by_name, 200),
        ("a person with the role", person(&server, "ann", json!({ "roles": ["AGENT", "ADMIN"] })).await, 200),
        ("a client with the role", client(json!(["Agent", "Admin"])).await, 200),
        ("nobody", server.anonymous(), 401),
        ("somebody with a wrong password", by_wrong_name, 401),
        ("a machine of the tenant", server.as_system(), 403),
        ("a person without roles", person(&server, "bob", json!({})).await, 403),
        ("an agent", person(&server, "cyd", json!({ "roles": ["AGENT", "SUPERVISOR"] })).await, 403),
        ("who says to be more", person(&server, "dan", json!({ "roles": ["GLOBAL_ADMIN", "SERVICE"] })).await, 403),
        ("who has it as a permission", person(&server, "eve", json!({ "permissions": ["ADMIN"] })).await, 403),
        ("a client with the other roles", client(json!(["ClientService", "Agent", "Supervisor"])).await, 403),
        ("a client without roles", client(json!([])).await, 403),
        ("another client of the server", bearer_of(&server, &machine), 403),
        ("the platform, whose tenant has no clients", server.as_setup(), 404),
    ] {
        let answer = caller.get(CLIENTS).await;
        assert_eq!(answer.status, status, "{who}: {}", answer.text());
        let answer = caller.post(CLIENTS, &json!({})).await;
        assert_eq!(answer.status, status, "{who}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_from_a_client_is_taken_from_its_tokens() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({ "roles": ["Admin"] })).await;
    let itself = bearer(&server, &made).await;
    itself.get(CLIENTS).await.expect(200);
    admin.put(&path_of(&made), &json!({ "roles": ["Agent"] })).await.expect(200);
    itself.get(CLIENTS).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_sees_its_own_clients_only() {
    let server = TestServer::start().await;
    let (admin, other) = (server.as_admin(), server.as_other_admin());
    let ours = make(&admin, json!({ "description": "Ours" })).await;
    let theirs = make(&other, json!({ "description": "Theirs" })).await;
    assert_eq!(listed(&admin).await.len(), 1);
    assert_eq!(listed(&other).await[0]["clientId"], theirs["clientId"]);
    make_client(&admin, "default", "plain", &[]).await;
    let plain = json!({ "clientId": "plain" });
    let unknown = json!({ "clientId": "nobody" });
    for client in [&theirs, &plain, &unknown] {
        let path = path_of(client);
        let answers = [
            admin.put(&path, &json!({ "roles": ["Admin"] })).await,
            admin.delete(&path).await,
            rotate(&admin, client).await,
        ];
        for answer in answers {
            let answer = answer.expect(404);
            let as_unknown = answer.text().replace(&text(client, "clientId"), "nobody");
            assert_eq!(as_unknown, r#"{"error":"there is no client `nobody`"}"#);
        }
    }
    ask(&server, &ours, GRANT).await.expect(200);
    ask(&server, &theirs, GRANT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn made_here_seen_and_removed_there() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({ "description": "Ours", "roles": ["Agent"] })).await;
    let (id, secret) = (text(&made, "clientId"), text(&made, "clientSecret"));
    let seen = admin.get(&format!("{ADMIN}/servers/default/clients")).await.expect(200).json();
    let seen =
        seen["clients"].as_array().unwrap().iter().find(|client| client["client_id"] == json!(id)).cloned().unwrap();
    assert_eq!(seen["grant_types"], json!(["client_credentials", "refresh_token"]));
    assert_eq!((&seen["scopes"], &seen["description"]), (&json!([]), &json!("Ours")));
    assert!(seen.get("organization").is_none() && seen.get("roles").is_none(), "{seen}");

    // What is changed there leaves it what it is here.
    let mut body = seen.clone();
    body["description"] = json!("Theirs");
    body["scopes"] = json!(["email"]);
    body["scope"] = json!("email");
    admin.put(&format!("{ADMIN}/clients/{id}"), &body).await.expect(200);
    let listed = listed(&admin).await;
    assert_eq!((&listed[0]["description"], &listed[0]["roles"]), (&json!("Theirs"), &json!(["Agent"])));
    let tokens = ask(&server, &made, GRANT).await.expect(200).json();
    assert_eq!(tokens["scope"], json!("email"));
    ask_token(&server, "default", &id, &secret, GRANT).await.expect(200);

    admin.delete(&format!("{ADMIN}/clients/{id}")).await.expect(204);
    let answer = ask(&server, &made, GRANT).await.expect(401);
    assert_eq!(answer.json()["error"], json!("invalid_client"));
    assert_eq!(admin.get(CLIENTS).await.expect(200).json(), json!([]));
    // A later client of that name is none of the organization's.
    let body = json!({ "authorization_server_id": "default", "client_id": id, "client_name": "Later",
        "client_secret": secret, "grant_types": ["client_credentials"] });
    admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    assert_eq!(admin.get(CLIENTS).await.expect(200).json(), json!([]));
    ask(&server, &made, GRANT).await.expect(401);
    ask_token(&server, "default", &id, &secret, GRANT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_server_an_organization_has_no_clients() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({})).await;
    admin.delete(&format!("{ADMIN}/servers/default")).await.expect(204);
    for answer in [admin.get(CLIENTS).await, admin.post(CLIENTS, &json!({})).await] {
        assert_eq!(answer.expect(404).json()["error"], json!("there is no authorization server `default`"));
    }
    rotate(&admin, &made).await.expect(404);
    ask(&server, &made, GRANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_carries_what_they_are() {
    let server = TestServer::start().await;
    let (admin, setup) = (server.as_admin(), server.as_setup());
    let made = make(&admin, json!({ "roles": ["Supervisor", "Admin"] })).await;
    let exported = setup.get("/api/system/configuration").await.expect(200).json();
    admin.delete(&path_of(&made)).await.expect(204);
    setup.put("/api/system/configuration?mode=update", &exported).await.expect(204);
    assert_eq!(listed(&admin).await[0]["roles"], json!(["Supervisor", "Admin"]));
    bearer(&server, &made).await.get(CLIENTS).await.expect(200);

    let mut wrong = exported.clone();
    let clients = wrong["clients"].as_array_mut().unwrap();
    let client = clients.iter_mut().find(|client| client["client_id"] == made["clientId"]).unwrap();
    client["organization"]["roles"] = json!(["ADMIN", "GLOBAL_ADMIN"]);
    let answer = setup.put("/api/system/configuration?mode=update", &wrong).await.expect(422);
    assert!(answer.text().contains("/organization/roles/1"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_goes_takes_the_names_of_its_clients_along() {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    let made = make(&server.as_other_admin(), json!({})).await;
    ask(&server, &made, GRANT).await.expect(200);
    setup.delete("/api/system/tenants/demo").await.expect(204);
    ask(&server, &made, GRANT).await.expect(401);
    let kept = portcullis::domain::organization::of_client(&server.app.domain, &text(&made, "clientId")).unwrap();
    assert_eq!(kept, None);
}
