//! What many tests need first: policies, servers, clients and tokens, made through the API like anybody else does.

use bytes::Bytes;
use data_encoding::BASE64;
use http::Method;
use serde_json::{Value, json};

use super::{Answer, Caller, SECRET, TestServer};

/// Where the tenant `default` is administrated.
pub const ADMIN: &str = "/api/admin/default";
/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The policies that every tenant has from the start.
pub const BUILT_IN: [&str; 15] = [
    "allow",
    "applications-add",
    "applications-delete",
    "applications-edit",
    "applications-genesys-add",
    "applications-genesys-delete",
    "applications-genesys-edit",
    "applications-view-agent",
    "applications-view-customer",
    "applications-view-other",
    "applications-view-service",
    "block",
    "nist-aal-1",
    "nist-aal-2",
    "nist-aal-3",
];

/// A policy of validators.
pub fn policy(id: &str, validators: Value) -> Value {
    json!({ "id": id, "policy_name": format!("Policy {id}"), "validators": validators })
}

/// A validator that says yes.
pub fn yes() -> Value {
    json!({ "name": "true" })
}

/// A validator that says no.
pub fn no() -> Value {
    json!({ "name": "false" })
}

/// A validator `attributes` with one field.
pub fn attribute(field: &str, comparator: &str, value: Value) -> Value {
    json!({ "name": "attributes", "conf": { "fields": [{ "field": field, "comparator": comparator, "value": value }] } })
}

/// Saves a policy of the tenant `default`.
pub async fn make_policy(admin: &Caller, id: &str, validators: Value) {
    admin.post(&format!("{ADMIN}/policies"), &policy(id, validators)).await.expect(201);
}

/// Makes an authorization server of the tenant `default` with an elliptic key: RSA keys take long to make.
pub async fn make_server(admin: &Caller, id: &str, mut more: Value) -> Value {
    let body = more.as_object_mut().unwrap();
    body.insert("id".to_owned(), json!(id));
    body.entry("name").or_insert(json!(format!("Server {id}")));
    body.entry("key_type").or_insert(json!("ecdsa"));
    admin.post(&format!("{ADMIN}/servers"), &more).await.expect(201).json()
}

/// Makes a machine client of a server of the tenant `default`; answers what the server answered, with the secret.
pub async fn make_client(admin: &Caller, server: &str, id: &str, scopes: &[&str]) -> Value {
    let body = json!({
        "authorization_server_id": server, "client_id": id, "client_name": id, "scopes": scopes,
        "grant_types": ["client_credentials"],
    });
    admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201).json()
}

/// A caller with the credentials that `make_client` answered.
pub fn bearer_of(server: &TestServer, client: &Value) -> Caller {
    let text = |name: &str| client[name].as_str().unwrap_or_else(|| panic!("no {name} in {client}")).to_owned();
    Caller::new(&server.url).with_credentials(
        &text("tenant_id"),
        &text("authorization_server_id"),
        &text("client_id"),
        &text("client_secret"),
    )
}

/// The header of client_secret_basic.
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{id}:{secret}").as_bytes()))
}

/// Asks the token endpoint of `default/{server}` with client_secret_basic.
pub async fn ask_token(server: &TestServer, aid: &str, id: &str, secret: &str, form: &str) -> Answer {
    let caller = server.anonymous().with_header("authorization", &basic(id, secret));
    post_form(&caller, &format!("/default/{aid}/oauth2/token"), form).await
}

/// Posts a form.
pub async fn post_form(caller: &Caller, path: &str, form: &str) -> Answer {
    caller.send(Method::POST, path, Some(FORM), Bytes::from(form.to_owned())).await
}

/// A token of a bootstrap client, as text.
pub async fn bootstrap_token(server: &TestServer, tenant: &str, aid: &str, id: &str) -> String {
    let caller = Caller::new(&server.url).with_credentials(tenant, aid, id, SECRET);
    caller.token().await.unwrap()
}

/// The members that a failed administration request names.
pub fn wrong_members(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let problems = body["details"]["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|problem| problem["member"].as_str().unwrap().to_owned()).collect()
}

/// Everything an administrator of a tenant can see, for showing that nothing has changed.
pub async fn everything(admin: &Caller, tenant: &str) -> Value {
    let base = format!("/api/admin/{tenant}");
    let get = async |path: &str| admin.get(&format!("{base}{path}")).await.expect(200).json();
    let servers = get("/servers").await;
    let mut clients = Vec::new();
    for server in servers["servers"].as_array().unwrap() {
        clients.push(get(&format!("/servers/{}/clients", server["id"].as_str().unwrap())).await);
    }
    json!({ "tenant": get("/tenant").await, "servers": servers, "clients": clients, "policies": get("/policies").await })
}

/// Everything below an authorization server of the tenant `default`, for showing that nothing has changed.
pub async fn below_server(admin: &Caller, server: &str) -> Value {
    let get = async |list: &str| admin.get(&format!("{ADMIN}/servers/{server}/{list}")).await.expect(200).json();
    json!([get("clients").await, get("scopes").await, get("services").await, get("apis").await, get("claims").await])
}

/// A multipart form of one field, with its media type.
pub fn multipart(name: &str, content: &str) -> (String, Bytes) {
    let head = format!("content-disposition: form-data; name=\"{name}\"; filename=\"api.yaml\"");
    let body = format!("--edge\r\n{head}\r\ncontent-type: application/octet-stream\r\n\r\n{content}\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), Bytes::from(body))
}
