//! Imports of OpenAPI documents: what they make of large ones, how they refuse broken ones, what a second one replaces,
//! and what their removal leaves.

mod by_url;
mod documents;

use bytes::Bytes;
use http::Method;
use portcullis::{
    domain::gateway::Gateway,
    store::{Index, index, timeline},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, below_server, make_policy, make_server, multipart, no, wrong_members, yes},
};
use documents::{Made, Style, made, yaml};

covers!(
    "importSpecificationFromFile",
    "importSpecificationFromText",
    "importSpecificationFromURL",
    "removeSpecification",
);

/// The APIs of the service under test.
const APIS: &str = "/api/admin/default/services/things/apis";
/// The extension that attaches policies.
const POLICY: &str = "x-portcullis-policy";

/// A server with a service that has nothing yet.
async fn start() -> (TestServer, Caller) {
    with_service(TestServer::start().await).await
}

async fn with_service(server: TestServer) -> (TestServer, Caller) {
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_service(&admin, "things").await;
    (server, admin)
}

async fn make_service(admin: &Caller, id: &str) {
    let body = json!({ "id": id, "authorization_server_id": "shop", "name": id });
    admin.post(&format!("{ADMIN}/services"), &body).await.expect(201);
}

async fn by_text(admin: &Caller, media_type: &str, text: &str) -> Answer {
    admin.send(Method::POST, &format!("{APIS}/import/text"), Some(media_type), Bytes::from(text.to_owned())).await
}

async fn by_json(admin: &Caller, document: &Value) -> Answer {
    by_text(admin, "application/json", &document.to_string()).await
}

async fn by_file(admin: &Caller, text: &str) -> Answer {
    let (media_type, form) = multipart("file", text);
    admin.send(Method::POST, &format!("{APIS}/import/file"), Some(&media_type), form).await
}

/// A small document around paths and more.
fn document(paths: Value, more: Value) -> Value {
    let mut document = json!({ "openapi": "3.1.0", "info": { "title": "T", "version": "1" }, "paths": paths });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

fn list<'a>(result: &'a Value, name: &str) -> &'a Vec<Value> {
    result[name].as_array().unwrap_or_else(|| panic!("no {name} in {result}"))
}

/// A member of every entry of a list.
fn each(result: &Value, name: &str, member: &str) -> Vec<String> {
    list(result, name).iter().map(|entry| entry[member].as_str().unwrap_or("-").to_owned()).collect()
}

/// Method and path of every API of a list.
fn apis(result: &Value, name: &str) -> Vec<(String, String)> {
    let text = |api: &Value, member: &str| api[member].as_str().unwrap().to_owned();
    list(result, name).iter().map(|api| (text(api, "method"), text(api, "path"))).collect()
}

async fn listed(admin: &Caller) -> Value {
    admin.get(APIS).await.expect(200).json()
}

/// Everything that an import could have changed.
async fn all(admin: &Caller) -> Value {
    json!([below_server(admin, "shop").await, admin.get(&format!("{ADMIN}/policies")).await.expect(200).json()])
}

#[tokio::test(flavor = "multi_thread")]
async fn large_documents_of_every_kind_become_apis_and_scopes() {
    let (_server, admin) = start().await;
    let mut scopes_known = false;
    for (style, in_yaml, in_a_file) in [
        (Style::Plain30, false, true),
        (Style::Referring31, true, false),
        (Style::Swagger, false, false),
        (Style::SwaggerShared, true, true),
        (Style::Secured31, true, false),
    ] {
        let Made { document, operations, scopes } = made(style, 5);
        assert!(operations.len() >= 480, "hundreds of operations");
        let text = if in_yaml { yaml(&document) } else { document.to_string() };
        let answer = match (in_a_file, in_yaml) {
            (true, _) => by_file(&admin, &text).await,
            (false, true) => by_text(&admin, "application/yaml; charset=utf-8", &text).await,
            (false, false) => by_text(&admin, "text/plain", &text).await,
        };
        let result = answer.expect(200).json();
        assert_eq!(apis(&result, "created_apis"), operations);
        let listed = listed(&admin).await;
        assert_eq!(list(&listed, "apis"), list(&result, "created_apis"), "what was created is there");
        let positions: Vec<u64> = list(&listed, "apis").iter().map(|api| api["position"].as_u64().unwrap()).collect();
        assert_eq!(positions, (1..=operations.len() as u64).collect::<Vec<_>>());
        let (fresh, known) = if scopes_known { (vec![], scopes) } else { (scopes, vec![]) };
        assert_eq!((each(&result, "created_scopes", "name"), each(&result, "ignored_scopes", "name")), (fresh, known));
        scopes_known = true;
        for list in ["created_policies", "ignored_policies", "removed_policies", "not_removed_policies", "ignored_apis"]
        {
            assert_eq!(result[list], json!([]), "{list}");
        }
    }
    let service = admin.get(&format!("{ADMIN}/services/things")).await.expect(200).json();
    assert_eq!(service["with_specification"], true);
    let scopes = admin.get(&format!("{ADMIN}/servers/shop/scopes?with_service=true")).await.expect(200).json();
    let read = list(&scopes, "scopes").iter().find(|scope| scope["name"] == "things:read").unwrap();
    assert_eq!((&read["description"], &read["service"]["id"]), (&json!("See things"), &json!("things")));
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_documents_are_refused_and_change_nothing() {
    let (_server, admin) = start().await;
    by_json(&admin, &document(json!({ "/kept": { "get": {} } }), json!({}))).await.expect(200);
    let before = all(&admin).await;
    let cyclic = json!({ "/a": { "$ref": "#/paths/~1b" }, "/b": { "$ref": "#/paths/~1a" } });
    let missing = json!({ "/a/{id}": { "get": {} } });
    let id = json!([{ "name": "id", "in": "path" }]);
    let twice = r#"{"openapi": "3.0.0", "paths": {"/a": {"get": {}}, "/a": {"put": {}}}}"#;
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    (1..10).for_each(|level| {
        let below = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    });
    let many: serde_json::Map<String, Value> = (0..10_001).map(|n| (format!("/a{n}"), json!({ "get": {} }))).collect();
    let requirement = json!({ "security": [{ "nothing": ["a"] }] });
    let policies = json!({ "/a": { "get": { POLICY: { "id": "one", "validators": [yes()] } }, "put": { POLICY: { "id": "one", "validators": [no()] } } } });
    for (text, status, place) in [
        (document(cyclic, json!({})).to_string(), 422, "/paths/~1a"),
        (document(json!({ "/a": { "$ref": "https://example.com/a" } }), json!({})).to_string(), 422, "/paths/~1a/$ref"),
        (document(json!({ "/a": { "$ref": "#/paths/~1c" } }), json!({})).to_string(), 422, "/paths/~1a/$ref"),
        (document(json!({ "/a/{id": { "get": {} } }), json!({})).to_string(), 422, "/paths/~1a~1{id/get/path"),
        (document(json!({ "a": { "get": {} } }), json!({})).to_string(), 422, "/paths/a/get/path"),
        (document(json!({ "/a/../b": { "get": {} } }), json!({})).to_string(), 422, "/paths/~1a~1..~1b/get/path"),
        (document(missing, json!({})).to_string(), 422, "/paths/~1a~1{id}/get"),
        (document(json!({ "/a": { "parameters": id } }), json!({})).to_string(), 422, "/paths/~1a/parameters/0"),
        (document(json!({ "/a": { "gett": {} } }), json!({})).to_string(), 422, "/paths/~1a/gett"),
        (document(json!({}), requirement).to_string(), 422, "/security/0/nothing"),
        (document(json!({}), json!({ "openapi": "4.0.0" })).to_string(), 422, "/openapi"),
        (
            document(json!({ "/a": { "get": { POLICY: "no-such" } } }), json!({})).to_string(),
            422,
            "/paths/~1a/get/x-portcullis-policy",
        ),
        (document(policies, json!({})).to_string(), 422, "/paths/~1a/put/x-portcullis-policy"),
        (document(Value::Object(many), json!({})).to_string(), 422, "/paths"),
        (json!({ "hello": "world" }).to_string(), 422, ""),
        ("just a text".to_owned(), 422, ""),
        (twice.to_owned(), 400, "/paths/~1a"),
        ("openapi: 3.0.0\npaths:\n  /a:\n    get: {}\n  /a:\n    put: {}\n".to_owned(), 400, ""),
        (laughs, 400, ""),
        ("{\"openapi\": \"3.0.0\"".to_owned(), 400, ""),
        ("openapi: [3.0.0".to_owned(), 400, ""),
        ("- ".repeat(10_000), 400, ""),
        ("\u{0}".to_owned(), 400, ""),
    ] {
        let start: String = text.chars().take(200).collect();
        for answer in [by_text(&admin, "text/plain", &text).await, by_file(&admin, &text).await] {
            assert_eq!(answer.status.as_u16(), status, "{start}: {}", answer.text());
            assert_eq!(wrong_members(&answer)[0], place, "{start}: {}", answer.text());
        }
    }
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_imports_are_refused() {
    let (_server, admin) = start().await;
    let good = document(json!({ "/a": { "get": {} } }), json!({})).to_string();
    let send = async |path: &str, media_type: &str, body: &str| {
        admin.send(Method::POST, path, Some(media_type), Bytes::from(body.to_owned())).await
    };
    let before = all(&admin).await;
    let text = format!("{APIS}/import/text");
    send(&text, "image/png", &good).await.expect(415);
    send(&format!("{APIS}/import/file"), "application/json", &good).await.expect(415);
    send(&format!("{APIS}/import/file"), "multipart/form-data", &good).await.expect(400);
    send(&format!("{APIS}/import/file"), "multipart/form-data; boundary=a", &good).await.expect(400);
    send(&format!("{APIS}/import/url"), "text/plain", "https://example.com").await.expect(415);
    let answer = send(&format!("{text}?gateway_type=toaster"), "text/plain", &good).await.expect(422);
    assert_eq!(wrong_members(&answer), ["query.gateway_type"]);
    send(&format!("{text}?gateway=aws"), "text/plain", &good).await.expect(400);
    send(&text.replace("things", "nothing"), "text/plain", &good).await.expect(404);
    send(&text, "text/plain", "").await.expect(422);
    admin.delete(APIS).await.expect(404);
    admin.delete(&APIS.replace("things", "nothing")).await.expect(404);
    assert_eq!(all(&admin).await, before);
    let stale = admin.clone().with_header("if-match", "\"99\"");
    by_text(&stale, "text/plain", &good).await.expect(412);
    assert_eq!(all(&admin).await, before);
    send(&format!("{text}?gateway_type=aws"), "text/plain", &good).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_policy_is_attached_and_the_sandbox_has_the_last_word() {
    let (_server, admin) = start().await;
    make_policy(&admin, "known", json!([yes()])).await;
    let paths = json!({
        "/a": { "get": {}, "put": { POLICY: "known" }, "post": { POLICY: null },
            "patch": { "operationId": "changeA", POLICY: { "validators": [no()] } } },
        "/b": { POLICY: { "$ref": "#/x-rules/shared" }, "get": {}, "put": { POLICY: { "id": "own", "policy_name": "Own", "validators": [yes()] } } },
        "/c": { "get": { POLICY: { "$ref": "#/x-rules/shared" } }, "delete": { POLICY: { "language": "cel", "definition": "true" } } },
    });
    let more = json!({ POLICY: { "id": "everywhere", "policy_name": "Everywhere", "validators": [no()] }, "x-rules": { "shared": { "validators": [yes()] } } });
    let bad = [
        (json!([{ "name": "no-such-validator" }]), "/validators/0/name"),
        (json!([yes(), { "name": "attributes", "conf": { "fields": 1 } }]), "/validators/1/conf"),
        (json!([{ "nam": "true" }]), "/validators/0"),
    ];
    let before = all(&admin).await;
    for (validators, place) in bad {
        let mut broken = more.clone();
        broken["x-rules"]["shared"]["validators"] = validators;
        let answer = by_json(&admin, &document(json!({ "/b": paths["/b"] }), broken)).await.expect(422);
        let members = wrong_members(&answer);
        assert!(members.iter().all(|member| member.starts_with(&format!("/x-rules/shared{place}"))), "{members:?}");
        assert!(!members.is_empty());
        assert_eq!(all(&admin).await, before);
    }
    let without_script = json!({ "/a": paths["/a"], "/b": paths["/b"], "/c": { "get": paths["/c"]["get"] } });
    let result = by_json(&admin, &document(without_script, more)).await.expect(200).json();
    let expected = ["everywhere", "known", "-", "things-changeA", "things-b", "own", "things-b"];
    assert_eq!(each(&result, "created_apis", "policy_id"), expected);
    assert_eq!(each(&result, "created_policies", "id"), ["everywhere", "things-changeA", "things-b", "own"]);
    assert_eq!(each(&result, "created_policies", "policy_name"), ["Everywhere", "changeA", "/b", "Own"]);
    for policy in list(&result, "created_policies") {
        let path = format!("{ADMIN}/policies/{}", policy["id"].as_str().unwrap());
        assert_eq!(admin.get(&path).await.expect(200).json(), *policy);
        admin.delete(&path).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_ignored_and_said() {
    let (_server, admin) = start().await;
    make_policy(&admin, "taken", json!([no()])).await;
    let scope = json!({ "authorization_server_id": "shop", "name": "things:read", "description": "Mine" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let id = |name: &str| json!([{ "name": name, "in": "path" }]);
    let paths = json!({
        "/a/{one}": { "parameters": id("one"), "get": {}, "put": {} },
        "/a/{two}": { "parameters": id("two"), "get": {}, "delete": { POLICY: { "id": "taken", "validators": [yes()] } } },
    });
    let flow = json!({ "scopes": { "things:read": "Theirs", "things:new": "New", "openid": "" } });
    let more =
        json!({ "components": { "securitySchemes": { "o": { "type": "oauth2", "flows": { "implicit": flow } } } } });
    let result = by_json(&admin, &document(paths, more)).await.expect(200).json();
    let pair = |method: &str, path: &str| (method.to_owned(), path.to_owned());
    let created = [pair("GET", "/a/{one}"), pair("PUT", "/a/{one}"), pair("DELETE", "/a/{two}")];
    assert_eq!(apis(&result, "created_apis"), created);
    assert_eq!(apis(&result, "ignored_apis"), [pair("GET", "/a/{two}")]);
    assert_eq!(apis(&listed(&admin).await, "apis"), created);
    assert_eq!(
        (each(&result, "ignored_policies", "id"), &result["created_policies"]),
        (vec!["taken".into()], &json!([]))
    );
    assert_eq!(list(&result, "created_apis")[2]["policy_id"], "taken");
    let taken = admin.get(&format!("{ADMIN}/policies/taken")).await.expect(200).json();
    assert_eq!(taken["validators"][0]["name"], "false", "not overwritten");
    assert_eq!(each(&result, "ignored_scopes", "name"), ["things:read", "openid"]);
    assert_eq!(list(&result, "ignored_scopes")[0]["description"], "Mine");
    assert_eq!(each(&result, "created_scopes", "name"), ["things:new"]);
    // What was not made by an import stays when the import goes.
    let removed = admin.delete(APIS).await.expect(200).json();
    assert_eq!((&removed["removed_policies"], &removed["not_removed_policies"]), (&json!([]), &json!([])));
    admin.get(&format!("{ADMIN}/policies/taken")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_replaces_the_first() {
    let (_server, admin) = start().await;
    let by_hand = json!({ "id": "mine", "service_id": "things", "method": "GET", "path": "/old", "data_classifications": ["PII"] });
    admin.post(&format!("{ADMIN}/apis"), &by_hand).await.expect(201);
    let rule = |id: &str, validator: Value| json!({ "id": id, "policy_name": id, "validators": [validator] });
    let first = document(
        json!({ "/old": { "get": { POLICY: rule("stays", yes()) } }, "/gone": { "get": { POLICY: rule("goes", yes()) } } }),
        json!({}),
    );
    let result = by_json(&admin, &first).await.expect(200).json();
    assert_eq!(each(&result, "removed_apis", "id"), ["mine"], "made by hand");
    let (old, gone) = (&list(&result, "created_apis")[0], &list(&result, "created_apis")[1]);
    assert_eq!((&old["id"], &old["data_classifications"]), (&json!("mine"), &json!(["PII"])), "it has come again");
    let more = json!({ "service_id": "things", "method": "GET", "path": "/more" });
    admin.post(&format!("{ADMIN}/apis"), &more).await.expect(400);
    admin.delete(&format!("{ADMIN}/apis/mine")).await.expect(403);
    let classified = json!({ "data_classifications": ["HIPAA"], "policy_id": "stays" });
    let gone_path = format!("{ADMIN}/apis/{}", gone["id"].as_str().unwrap());
    admin.put(&gone_path, &classified).await.expect(200);

    // Again as it was: everything is replaced by itself, what was classified stays so, the policy is the document's.
    let again = by_json(&admin, &first).await.expect(200).json();
    assert_eq!(each(&again, "created_apis", "id"), each(&result, "created_apis", "id"));
    assert_eq!(each(&again, "removed_apis", "id"), each(&result, "created_apis", "id"));
    assert_eq!(list(&again, "created_apis")[1]["data_classifications"], json!(["HIPAA"]));
    assert_eq!(each(&again, "created_apis", "policy_id"), ["stays", "goes"]);
    let before = all(&admin).await;
    let etag = admin.get(&gone_path).await.expect(200).header("etag").unwrap().to_owned();
    by_json(&admin, &first).await.expect(200);
    assert_eq!(all(&admin).await, before);
    assert_eq!(admin.get(&gone_path).await.expect(200).header("etag"), Some(etag.as_str()), "no new state");

    // Other operations, another text of a policy, and one policy less.
    let second = document(
        json!({ "/new": { "get": { POLICY: rule("stays", no()) }, "put": {} }, "/old": { "get": {} } }),
        json!({}),
    );
    let result = by_json(&admin, &second).await.expect(200).json();
    assert_eq!(apis(&result, "removed_apis").len(), 2);
    assert_eq!(each(&result, "created_apis", "id")[2], "mine");
    assert_eq!(each(&result, "removed_policies", "id"), ["stays", "goes"]);
    assert_eq!(list(&result, "removed_policies")[0]["validators"][0]["name"], "true", "as it was");
    assert_eq!(each(&result, "created_policies", "id"), ["stays"]);
    assert_eq!(list(&listed(&admin).await, "apis"), list(&result, "created_apis"));
    admin.get(&gone_path).await.expect(404);
    admin.get(&format!("{ADMIN}/policies/goes")).await.expect(404);
    let stays = admin.get(&format!("{ADMIN}/policies/stays")).await.expect(200).json();
    assert_eq!(stays["validators"][0]["name"], "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_others_use_stay() {
    let (server, admin) = start().await;
    make_service(&admin, "others").await;
    let rule = |id: &str| json!({ "id": id, "policy_name": id, "validators": [yes()] });
    let paths = json!({ "/a": { "get": { POLICY: rule("shared") }, "put": { POLICY: rule("own") }, "post": { POLICY: rule("kept") } } });
    by_json(&admin, &document(paths, json!({}))).await.expect(200);
    let user = json!({ "id": "user", "service_id": "others", "method": "GET", "path": "/u", "policy_id": "shared" });
    admin.post(&format!("{ADMIN}/apis"), &user).await.expect(201);

    // The second document no longer brings any of them, and names one.
    let paths = json!({ "/a": { "get": { POLICY: "kept" } } });
    let result = by_json(&admin, &document(paths, json!({}))).await.expect(200).json();
    assert_eq!(each(&result, "removed_policies", "id"), ["own"]);
    assert_eq!(each(&result, "not_removed_policies", "id"), ["shared", "kept"]);
    for (id, status) in [("shared", 200), ("kept", 200), ("own", 404)] {
        admin.get(&format!("{ADMIN}/policies/{id}")).await.expect(status);
    }

    // A gateway in front of the service, which removeSpecification disconnects.
    let gateway: Gateway = serde_json::from_value(json!({
        "server": "shop", "name": "Edge", "description": "", "kind": "envoy", "client_id": "edge", "created_at": 0,
    }))
    .unwrap();
    let now = server.app.domain.now();
    server
        .app
        .domain
        .write(move |write| {
            index::put(write, Index::ServerGateways, &["default", "shop"], "edge")?;
            timeline::append(write, "default", "edge", gateway.clone(), now, now, "a test")?;
            Ok(())
        })
        .await
        .unwrap();
    let service = format!("{ADMIN}/services/things");
    let mut body = admin.get(&service).await.expect(200).json();
    body["gateway_id"] = json!("edge");
    admin.put(&service, &body).await.expect(200);
    let removed = admin.delete(APIS).await.expect(200).json();
    assert_eq!(each(&removed, "removed_policies", "id"), ["kept"], "the document that named it is gone");
    assert_eq!(apis(&removed, "removed_apis"), [("GET".to_owned(), "/a".to_owned())]);
    let body = admin.get(&service).await.expect(200).json();
    assert_eq!((body["gateway_id"].as_str().unwrap_or(""), &body["with_specification"]), ("", &json!(false)));
    assert_eq!(listed(&admin).await, json!({ "apis": [] }));
    admin.delete(APIS).await.expect(404);
    let by_hand = json!({ "service_id": "things", "method": "GET", "path": "/a" });
    admin.post(&format!("{ADMIN}/apis"), &by_hand).await.expect(201);

    // The removal of a service takes the policies of its import along, except those in use.
    let paths = json!({ "/a": { "get": { POLICY: rule("last") }, "put": { POLICY: rule("lent") } } });
    by_json(&admin, &document(paths, json!({}))).await.expect(200);
    admin.put(&format!("{ADMIN}/apis/user"), &json!({ "policy_id": "lent" })).await.expect(200);
    admin.delete(&service).await.expect(204);
    for (id, status) in [("last", 404), ("lent", 200), ("shared", 200)] {
        admin.get(&format!("{ADMIN}/policies/{id}")).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_document_is_imported() {
    let (_server, admin) = start().await;
    let paths: serde_json::Map<String, Value> = (0..10_000).map(|n| (format!("/a{n}"), json!({ "get": {} }))).collect();
    let result = by_json(&admin, &document(Value::Object(paths), json!({}))).await.expect(200).json();
    assert_eq!(list(&result, "created_apis").len(), 10_000);
    let removed = admin.delete(APIS).await.expect(200).json();
    assert_eq!(list(&removed, "removed_apis").len(), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_imports_at_once_one_is_whole() {
    let (_server, admin) = start().await;
    let documents = [made(Style::Plain30, 1), made(Style::Swagger, 2)];
    for _ in 0..3 {
        let (one, other) =
            tokio::join!(by_json(&admin, &documents[0].document), by_json(&admin, &documents[1].document));
        one.expect(200);
        other.expect(200);
        let found = apis(&listed(&admin).await, "apis");
        assert!(documents.iter().any(|made| made.operations == found), "{} APIs", found.len());
    }
}

/// One policy at many operations: the same object again, or its id alone as text or as an object.
#[tokio::test(flavor = "multi_thread")]
async fn one_policy_may_stand_at_many_operations() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_policy(&admin, "office", json!([yes()])).await;
    let service = json!({ "id": "books", "name": "Books", "authorization_server_id": "shop" });
    admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    let keepers = json!({ "id": "keepers", "policy_name": "Keepers", "validators": [yes()] });
    let document = |last: Value| {
        json!({ "openapi": "3.1.0", "paths": { "/a": {
            "get": { "x-portcullis-policy": "office" }, "put": { "x-portcullis-policy": { "id": "office" } },
            "post": { "x-portcullis-policy": keepers }, "delete": { "x-portcullis-policy": last } } } })
    };
    let import = async |document: Value| {
        let path = format!("{ADMIN}/services/books/apis/import/text");
        admin.send(Method::POST, &path, Some("application/json"), document.to_string().into()).await
    };
    let result = import(document(keepers.clone())).await.expect(200).json();
    let policies: Vec<&str> =
        result["created_apis"].as_array().unwrap().iter().map(|api| api["policy_id"].as_str().unwrap()).collect();
    assert_eq!(policies, ["office", "office", "keepers", "keepers"]);
    assert_eq!(result["created_policies"].as_array().unwrap().len(), 1);
    assert_eq!(result["ignored_policies"], json!([]));
    // A misspelt id is no new policy.
    import(document(json!({ "id": "kepers" }))).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_with_the_id_of_one_that_was_removed_is_somebody_elses() {
    let (_server, admin) = start().await;
    let with_policy = |validator: Value| {
        let policy = json!({ "id": "ours", "policy_name": "Ours", "validators": [validator] });
        document(json!({ "/a": { "get": { POLICY: policy } } }), json!({}))
    };
    let result = by_json(&admin, &with_policy(yes())).await.expect(200).json();
    let api = format!("{ADMIN}/apis/{}", list(&result, "created_apis")[0]["id"].as_str().unwrap());
    admin.put(&api, &json!({})).await.expect(200);
    admin.delete(&format!("{ADMIN}/policies/ours")).await.expect(204);
    make_policy(&admin, "ours", json!([no()])).await;

    let result = by_json(&admin, &with_policy(yes())).await.expect(200).json();
    assert_eq!(
        (each(&result, "ignored_policies", "id"), &result["created_policies"]),
        (vec!["ours".into()], &json!([]))
    );
    by_json(&admin, &document(json!({ "/b": { "get": {} } }), json!({}))).await.expect(200);
    admin.delete(APIS).await.expect(200);
    let policy = admin.get(&format!("{ADMIN}/policies/ours")).await.expect(200).json();
    assert_eq!(policy["validators"][0]["name"], "false", "neither replaced nor removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_refers_to_itself_over_and_over_is_refused_with_one_problem() {
    let (_server, admin) = start().await;
    let list: Vec<Value> = (0..199).map(|n| json!({ "$ref": format!("#/components/parameters/p{n}") })).collect();
    let parameter = |n: usize| (format!("p{n}"), json!({ "name": format!("p{n}"), "in": "query" }));
    let parameters: serde_json::Map<String, Value> = (0..199).map(parameter).collect();
    let path = |n: usize| (format!("/{n}"), json!({ "$ref": "#/components/pathItems/all" }));
    let paths: serde_json::Map<String, Value> = (0..3000).map(path).collect();
    let all_of_them = json!({ "get": { "parameters": list } });
    let components = json!({ "parameters": parameters, "pathItems": { "all": all_of_them } });
    let document = document(Value::Object(paths), json!({ "components": components }));
    let before = all(&admin).await;
    let answer = by_json(&admin, &document).await.expect(422);
    assert_eq!(wrong_members(&answer), [""]);
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_are_not_sent_back() {
    let (_server, admin) = start().await;
    let long = format!("/{}{}", "x".repeat(300_000), "{a}".repeat(200));
    let answer = by_json(&admin, &document(json!({ long: { "get": {} } }), json!({}))).await.expect(400);
    assert!(answer.body.len() < 1000, "{}", answer.text());
    let long = format!("/{}{}", "x".repeat(3000), "{a}".repeat(200));
    let answer = by_json(&admin, &document(json!({ long: { "get": {} } }), json!({}))).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/paths"]);
}
