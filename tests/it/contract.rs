//! The administration dialect against the documented contract (shared/contract/acp.openapi.json, which lives beside the
//! repository), and our own OpenAPI documents against our tables.

use bytes::Bytes;
use portcullis::{
    api::{DIALECTS, Dialect, Row, acp},
    domain::Needs,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    documented::{Documented, conforms, contract, documented},
    made::{ADMIN, make_client, make_policy, make_server, multipart, no, yes},
};

covers!("openapi", "docs", "docsStyle", "healthLive", "healthReady", "metrics");

/// A path with every parameter named alike.
fn anonymous_parameters(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_row_that_the_contract_has_is_the_contracts() {
    let Some(contract) = contract() else { return };
    let documented = documented(contract);
    let mut ours_only = Vec::new();
    let mut shared = 0;
    for row in acp::DIALECT.rows() {
        let Some(found) = documented.iter().find(|operation| operation.id() == row.id) else {
            ours_only.push(row.id);
            continue;
        };
        shared += 1;
        assert_eq!(row.method.as_str(), found.method, "{}: method", row.id);
        assert_eq!(anonymous_parameters(row.path), anonymous_parameters(found.path), "{}: path", row.id);
        for (status, _) in found.successes() {
            let has = row.doc.answers.iter().any(|(code, _)| code.as_u16() == status);
            assert!(has, "{}: the contract answers {status}, the row does not", row.id);
        }
        for (code, _) in row.doc.answers {
            let has = found.successes().iter().any(|(status, _)| *status == code.as_u16());
            assert!(has, "{}: the row answers {code}, the contract does not", row.id);
        }
    }
    for row in acp::DIALECT.rows().filter(|row| ours_only.contains(&row.id)) {
        let same = |found: &&Documented<'_>| {
            found.method == row.method.as_str() && anonymous_parameters(found.path) == anonymous_parameters(row.path)
        };
        let same = documented.iter().find(same).map(Documented::id);
        assert_eq!(same, None, "{} stands where the contract has another operation", row.id);
    }
    println!(
        "contract: {shared} of {} documented operations have a row, {} are missing; rows of our own: {}",
        documented.len(),
        documented.len() - shared,
        ours_only.join(", ")
    );
    assert!(shared > 0, "no operation of the contract has a row");
}

/// A document with what an import can make: an API, a scope, a policy, and each of them again.
fn specification() -> Value {
    let get = json!({ "x-portcullis-policy": { "id": "by-import", "validators": [yes()] } });
    let put = json!({ "x-portcullis-policy": { "id": "rule", "policy_name": "Taken", "validators": [yes()] } });
    let scopes = json!({ "by-import": "New", "openid": "Known" });
    json!({
        "openapi": "3.0.3",
        "paths": { "/a/{b}": { "parameters": [{ "name": "b", "in": "path" }], "get": get, "put": put },
            "/a/{c}": { "parameters": [{ "name": "c", "in": "path" }], "get": {} } },
        "components": { "securitySchemes": { "a": { "type": "oauth2", "flows": { "implicit": { "scopes": scopes } } } } },
    })
}

/// One method of each kind of settings.
fn authentications() -> Value {
    let user = json!({ "username": "ann", "password": "secret", "authentication_context": { "groups": ["a"] } });
    let account =
        json!({ "client_id": "a", "client_secret": "b", "redirect_url": "https://example.com", "scopes": ["c"] });
    let with = |mut account: Value, members: Value| {
        account.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        account
    };
    let oidc = with(account.clone(), json!({ "issuer_url": "https://example.com" }));
    let azure = with(account.clone(), json!({ "tenant": "d" }));
    let cognito = with(account, json!({ "pool_id": "d", "region": "e" }));
    json!({ "methods": [
        { "name": "Static", "method": "static", "static": { "users": [user] } },
        { "name": "Custom", "method": "custom", "custom": { "login_url": "https://example.com" },
          "attributes": [{ "name": "a" }], "mappings": [{ "source": ".", "target": "b" }] },
        { "name": "OIDC", "method": "oidc", "oidc": oidc },
        { "name": "Azure", "method": "azure", "azure": azure },
        { "name": "Cognito", "method": "cognito", "cognito": cognito },
    ] })
}

/// A call of a row that succeeds.
fn call_of(row: &Row) -> (&'static str, Value) {
    let bindings = json!([{ "resource_type": "record", "action": "*", "policy_id": "rule" }]);
    match row.id {
        "getAdminTenant" => ("/tenant", Value::Null),
        "updateAdminTenant" => ("/tenant", json!({ "name": "Default" })),
        "listAuthorizationServers" => ("/servers", Value::Null),
        "createAuthorizationServer" => {
            ("/servers", json!({ "id": "made", "name": "Made", "key_type": "ecdsa", "decision_bindings": bindings }))
        }
        "getAuthorizationServer" => ("/servers/shop", Value::Null),
        "updateAuthorizationServer" => ("/servers/shop", json!({ "name": "Shop", "decision_bindings": bindings })),
        "updateAuthentications" => ("/servers/shop/authentications", authentications()),
        "listDashboards" => ("/servers/shop/dashboards", Value::Null),
        "deleteAuthorizationServer" => ("/servers/made", Value::Null),
        "listClients" => ("/servers/shop/clients", Value::Null),
        "createClient" => {
            ("/clients", json!({ "client_id": "made", "client_name": "Made", "authorization_server_id": "shop" }))
        }
        "getClient" => ("/clients/till", Value::Null),
        "updateClient" => ("/clients/till", json!({ "client_name": "Till" })),
        "deleteClient" => ("/clients/made", Value::Null),
        "listScopes" => ("/servers/shop/scopes", Value::Null),
        "createScope" => {
            let body = json!({ "id": "made", "authorization_server_id": "shop", "name": "made", "service_id": "shop-profile" });
            ("/scopes", body)
        }
        "getScope" => ("/scopes/made", Value::Null),
        "updateScope" => {
            ("/scopes/made", json!({ "name": "made", "user_policy_id": "rule", "developer_policy_id": "rule" }))
        }
        "deleteScope" => ("/scopes/made", Value::Null),
        "listServices" => ("/servers/shop/services", Value::Null),
        "createService" => ("/services", json!({ "id": "made", "authorization_server_id": "shop", "name": "Made" })),
        "getService" => ("/services/shop-profile", Value::Null),
        "updateService" => ("/services/made", json!({ "name": "Made" })),
        "deleteService" => ("/services/made", Value::Null),
        "listAPIsByServer" => ("/servers/shop/apis", Value::Null),
        "listAPIsByService" => ("/services/shop-profile/apis", Value::Null),
        "createAPI" => {
            let body = json!({ "id": "made", "service_id": "shop-profile", "method": "GET", "path": "/me", "policy_id": "rule" });
            ("/apis", body)
        }
        "getAPI" => ("/apis/made", Value::Null),
        "updateAPI" => ("/apis/made", json!({ "policy_id": "rule", "data_classifications": ["PII"] })),
        "deleteAPI" => ("/apis/made", Value::Null),
        "importSpecificationFromFile" => ("/services/shop-profile/apis/import/file", specification()),
        "importSpecificationFromText" => ("/services/shop-profile/apis/import/text", specification()),
        // The URL is the test server's own and filled in later.
        "importSpecificationFromURL" => {
            ("/services/shop-profile/apis/import/url", json!({ "url": "/openapi/acp.json" }))
        }
        "removeSpecification" => ("/services/shop-profile/apis", Value::Null),
        "listClaims" => ("/servers/shop/claims", Value::Null),
        "createClaim" => {
            let body = json!({ "id": "made", "authorization_server_id": "shop", "name": "made", "mapping": "made", "type": "id_token" });
            ("/claims", body)
        }
        "updateClaim" => {
            ("/claims/made", json!({ "name": "made", "mapping": "a.b", "type": "access_token", "scopes": ["openid"] }))
        }
        "deleteClaim" => ("/claims/made", Value::Null),
        "listGateways" => ("/servers/shop/gateways", Value::Null),
        "createGateway" => ("/gateways", json!({ "name": "Door", "type": "standalone", "server_id": "shop" })),
        "getGateway" => ("/gateways/{gw}", Value::Null),
        "updateGateway" => ("/gateways/{gw}", json!({ "name": "Gate" })),
        "getGatewayPackage" => ("/gateways/{gw}/package", Value::Null),
        "deleteGateway" => ("/gateways/{gw}", Value::Null),
        "listPolicies" => ("/policies", Value::Null),
        "createPolicy" => {
            let recovery = json!([{ "id": "second factor", "type": "mfa" }]);
            let conf = json!({ "fields": [{ "field": "sub", "comparator": "exists" }] });
            let validator = json!({ "name": "identity-context", "conf": conf, "recovery": recovery });
            ("/policies", json!({ "id": "made", "policy_name": "Made", "validators": [validator] }))
        }
        "getPolicy" => ("/policies/rule", Value::Null),
        "updatePolicy" => ("/policies/rule", json!({ "policy_name": "Rule", "validators": [yes()] })),
        "deletePolicy" => ("/policies/made", Value::Null),
        "testPolicy" => ("/policies/test", json!({ "policy": { "validators": [no()] } })),
        "listDecisions" => ("/decisions", Value::Null),
        other => panic!("{other}: write a call that succeeds into contract.rs"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_answers_have_the_documented_shape() {
    let Some(contract) = contract() else { return };
    let documented = documented(contract);
    let server = talking_to_itself().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_client(&admin, "shop", "till", &["openid"]).await;
    make_policy(&admin, "rule", json!([yes()])).await;

    let mut wrong = Vec::new();
    for row in acp::DIALECT.rows().filter(|row| row.needs == Needs::Admin) {
        let Some(found) = documented.iter().find(|operation| operation.id() == row.id) else { continue };
        check_live(&admin, row, found, contract, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A server that may import its own description.
async fn talking_to_itself() -> TestServer {
    TestServer::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()]).await
}

/// Makes a call that succeeds and compares its answer with the description.
async fn check_live(admin: &Caller, row: &Row, found: &Documented<'_>, document: &Value, wrong: &mut Vec<String>) {
    if row.path.starts_with("/api/system/") {
        return; // no admin's business; shown in files of their own
    }
    let (path, body) = call_of(row);
    let path = path.replace("{gw}", &a_gateway(admin).await);
    let (content_type, bytes) = match (&body, row.id) {
        (Value::Null, _) => (None, Bytes::new()),
        (body, "importSpecificationFromFile") => {
            let (content_type, form) = multipart("file", &body.to_string());
            (Some(content_type), form)
        }
        (body, "importSpecificationFromURL") => {
            let url = format!("{}{}", admin.base(), body["url"].as_str().unwrap());
            (Some("application/json".to_owned()), Bytes::from(json!({ "url": url }).to_string()))
        }
        (body, _) => (Some("application/json".to_owned()), Bytes::from(body.to_string())),
    };
    let path = format!("{ADMIN}{path}");
    let answer = admin.send(row.method.clone(), &path, content_type.as_deref(), bytes).await;
    let successes = found.successes();
    match successes.iter().find(|(status, _)| *status == answer.status.as_u16()) {
        None => wrong.push(format!("{} answered {}: {}", row.id, answer.status, answer.text())),
        Some((_, Some(schema))) => conforms(&answer.json(), schema, document, row.id, wrong),
        Some((_, None)) if answer.body.is_empty() || row.id == "getGatewayPackage" => {}
        Some((_, None)) => wrong.push(format!("{} has a body that is not documented", row.id)),
    }
}

/// The id of a gateway of `shop`; empty when it has none.
async fn a_gateway(admin: &Caller) -> String {
    let listed = admin.get(&format!("{ADMIN}/servers/shop/gateways")).await.expect(200).json();
    listed["gateways"][0]["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn live_answers_have_the_shape_of_our_own_document() {
    let server = talking_to_itself().await;
    let admin = server.as_admin();
    let document = server.anonymous().get("/openapi/acp.json").await.expect(200).json();
    let documented = documented(&document);
    make_server(&admin, "shop", json!({})).await;
    make_client(&admin, "shop", "till", &["openid"]).await;
    make_policy(&admin, "rule", json!([yes()])).await;
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" }, "resource": { "type": "c", "id": "d" } });
    let decided = server.as_system().post("/default/shop/access/v1/evaluation", &question).await.expect(200).json();
    let id = decided["context"]["id"].as_str().unwrap().to_owned();

    let mut wrong = Vec::new();
    for row in acp::DIALECT.rows().filter(|row| row.needs == Needs::Admin) {
        let found = documented.iter().find(|operation| operation.id() == row.id).unwrap();
        if row.id == "getDecision" {
            let answer = written(&admin, &id).await;
            conforms(&answer, found.successes()[0].1.unwrap(), &document, row.id, &mut wrong);
        } else {
            check_live(&admin, row, found, &document, &mut wrong).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A decision as the log shows it, a moment after it was made.
async fn written(admin: &Caller, id: &str) -> Value {
    for _ in 0..2000 {
        let answer = admin.get(&format!("{ADMIN}/decisions/{id}")).await;
        if answer.status == 200 {
            return answer.json();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("decision {id} never came to the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_the_documented_shape() {
    let Some(contract) = contract() else { return };
    let server = TestServer::start().await;
    let (admin, policies) = (server.as_admin(), format!("{ADMIN}/policies"));
    let failures: [(u16, Answer); 6] = [
        (401, server.anonymous().get(&policies).await),
        (403, server.as_system().get(&policies).await),
        (404, admin.get(&format!("{policies}/nothing")).await),
        (404, admin.get(&format!("{ADMIN}/nothing")).await),
        (409, admin.post(&policies, &json!({ "id": "allow", "policy_name": "Again", "validators": [yes()] })).await),
        (422, admin.post(&policies, &json!({ "id": "new" })).await),
    ];
    for (status, answer) in failures {
        let (body, mut wrong) = (answer.expect(status).json(), Vec::new());
        conforms(&body, &contract["components"]["schemas"]["Error"], contract, "Error", &mut wrong);
        assert!(wrong.is_empty(), "{status}: {}", wrong.join("\n"));
        assert_eq!(body["status_code"], status, "{body}");
    }
}

/// Fails for every `$ref` that points nowhere; counts the others.
fn resolve_references(value: &Value, document: &Value) -> usize {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(reference) = reference {
                let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                assert!(target.is_some(), "{reference} points nowhere");
            }
            usize::from(reference.is_some())
                + members.values().map(|value| resolve_references(value, document)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|item| resolve_references(item, document)).sum(),
        _ => 0,
    }
}

fn describes(dialect: &Dialect, document: &Value) {
    let mut described = 0;
    for row in dialect.rows() {
        let operation = &document["paths"][row.path][row.method.as_str().to_lowercase()];
        assert_eq!(operation["operationId"], row.id, "{} is not in the document of {}", row.id, dialect.name);
        for (status, shape) in row.doc.answers {
            let answer = &operation["responses"][status.as_str()];
            assert!(answer.is_object(), "{} says nothing about {status}", row.id);
            assert_eq!(answer.get("content").is_some(), shape.is_some(), "{}: content of {status}", row.id);
        }
        assert_eq!(operation.get("requestBody").is_some(), row.doc.body.is_some(), "{}: body", row.id);
        for name in row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == name && one["in"] == "path"), "{}: {name}", row.id);
        }
        described += 1;
    }
    let methods = document["paths"].as_object().unwrap().values().map(|methods| methods.as_object().unwrap().len());
    assert_eq!(methods.sum::<usize>(), described, "{} describes more than it has", dialect.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_documents_describe_every_row() {
    let server = TestServer::start().await;
    for dialect in DIALECTS {
        let answer = server.anonymous().get(&format!("/openapi/{}.json", dialect.name)).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        assert_eq!(document["servers"][0]["url"], server.url, "the document names another server");
        describes(dialect, &document);
        let references = resolve_references(&document, &document);
        assert!(references > 0, "{}: no schema is shared, which is hardly right", dialect.name);
    }
    for unknown in ["nothing.json", "acp", "acp.yaml", "..%2Facp.json"] {
        server.anonymous().get(&format!("/openapi/{unknown}")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_people_lists_every_operation() {
    let server = TestServer::start().await;
    let page = server.anonymous().get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for row in DIALECTS.iter().flat_map(|dialect| dialect.rows()) {
        assert!(page.text().contains(&format!("<td>{}</td>", row.id)), "{} is not on the page", row.id);
    }
    assert!(!page.text().contains("<script"), "the page runs no scripts");
    let style = server.anonymous().get("/docs/style.css").await.expect(200);
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_open_and_name_no_trouble() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(
            server.anonymous().get(path).await.expect(200).json(),
            json!({ "status": "ok", "trouble": [] }),
            "{path}"
        );
    }
    let metrics = server.anonymous().get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").unwrap().contains("text"), "{:?}", metrics.headers);
    assert!(metrics.text().contains("healthLive"), "operations are counted by name:\n{}", metrics.text());
    assert!(metrics.text().trim_end().ends_with("# EOF"), "OpenMetrics text ends with # EOF");
}
