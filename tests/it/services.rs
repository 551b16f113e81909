//! Services: named once in a server, with scopes and APIs; what the server made stays.

use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, below_server, make_client, make_policy, make_server, wrong_members, yes},
};

covers!("listServices", "createService", "getService", "updateService", "deleteService");

const SERVICES: &str = "/api/admin/default/services";

fn service(name: &str) -> Value {
    json!({ "authorization_server_id": "shop", "name": name })
}

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    (server, admin)
}

async fn make(admin: &Caller, id: &str, mut body: Value) -> Value {
    body["id"] = json!(id);
    admin.post(SERVICES, &body).await.expect(201).json()
}

async fn names(admin: &Caller, server: &str) -> Vec<String> {
    let listed = admin.get(&format!("{ADMIN}/servers/{server}/services")).await.expect(200).json();
    let services = listed["services"].as_array().unwrap().iter();
    services.map(|service| service["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_the_documented_services() {
    let (_server, admin) = start().await;
    assert_eq!(names(&admin, "shop").await, ["Decisions", "OAuth2", "User Privacy & Consent", "Profile"]);
    assert_eq!(
        names(&admin, "system").await,
        ["Decisions", "Gateway", "Login and Scope Grant", "OAuth2", "User Privacy & Consent"]
    );
    let listed = admin.get(&format!("{ADMIN}/servers/shop/services")).await.expect(200).json();
    for service in listed["services"].as_array().unwrap() {
        assert_eq!((&service["system"], &service["with_specification"]), (&json!(true), &json!(false)), "{service}");
        assert_eq!(service["protected_by_lambda_authorizer"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_saved_shown_replaced_and_removed() {
    let (_server, admin) = start().await;
    let body = json!({ "id": "library", "tenant_id": "default", "authorization_server_id": "shop", "name": "Library",
        "description": "Books", "gateway_id": "", "with_specification": true });
    let made = admin.post(SERVICES, &body).await.expect(201);
    assert!(made.header("etag").is_some());
    let mut expected = body.clone();
    expected.as_object_mut().unwrap().remove("gateway_id");
    // Only an import can say so.
    expected["with_specification"] = json!(false);
    expected["system"] = json!(false);
    assert_eq!(made.json(), expected);

    let path = format!("{SERVICES}/library");
    let shown = admin.get(&path).await.expect(200);
    let tag = shown.header("etag").unwrap().to_owned();
    let shown = shown.json();
    assert_eq!((&shown["scopes"], &shown["protected_by_lambda_authorizer"]), (&json!([]), &json!(false)));
    let same = admin.put(&path, &shown).await.expect(200);
    assert_eq!((same.header("etag"), same.json()), (Some(tag.as_str()), expected), "what was read can be written back");

    let replaced = admin.put(&path, &json!({ "name": "Books" })).await.expect(200).json();
    assert_eq!((&replaced["name"], &replaced["description"]), (&json!("Books"), &json!("")), "PUT replaces");
    assert_eq!(replaced["authorization_server_id"], "shop");
    let stale = admin.clone().with_header("if-match", &tag);
    stale.put(&path, &service("Library")).await.expect(412);
    stale.delete(&path).await.expect(412);

    let generated = admin.post(SERVICES, &service("Archive")).await.expect(201).json();
    assert!(generated["id"].as_str().unwrap().len() >= 16, "{generated}");
    assert!(admin.delete(&path).await.expect(204).body.is_empty());
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin.put(&path, &service("Books")).await.expect(404);
    assert!(!names(&admin, "shop").await.contains(&"Books".to_owned()));
    make(&admin, "library", service("Books")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_make_no_sense_are_refused_and_change_nothing() {
    let (_server, admin) = start().await;
    make(&admin, "library", service("Library")).await;
    let before = below_server(&admin, "shop").await;
    let path = format!("{SERVICES}/library");
    for (member, value) in [
        ("name", json!(null)),
        ("name", json!(" ")),
        ("name", json!("x".repeat(257))),
        ("name", json!("a\nb")),
        ("tenant_id", json!("demo")),
        ("description", json!("x".repeat(4097))),
        ("gateway_id", json!("nothing")),
        ("gateway_id", json!(1)),
        ("magic", json!(1)),
    ] {
        let mut body = service("New");
        body[member] = value;
        for answer in [admin.post(SERVICES, &body).await, admin.put(&path, &body).await] {
            assert_eq!(answer.status, 422, "{body}: {}", answer.text());
            assert_eq!(wrong_members(&answer), [format!("/{member}")], "{body}");
        }
    }
    for (body, member) in [
        (json!({ "name": "New" }), "/authorization_server_id"),
        (json!({ "authorization_server_id": "nothing", "name": "New" }), "/authorization_server_id"),
        (json!({ "id": "a/b", "authorization_server_id": "shop", "name": "New" }), "/id"),
    ] {
        assert_eq!(wrong_members(&admin.post(SERVICES, &body).await.expect(422)), [member]);
    }
    for (body, member) in [
        (json!({ "authorization_server_id": "default", "name": "Library" }), "/authorization_server_id"),
        (json!({ "id": "other", "name": "Library" }), "/id"),
    ] {
        assert_eq!(wrong_members(&admin.put(&path, &body).await.expect(422)), [member]);
    }
    admin.get(&format!("{ADMIN}/servers/nothing/services")).await.expect(404);
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_ids_are_given_once() {
    let (_server, admin) = start().await;
    // Names may be long and have any letters.
    let name = "ä".repeat(256);
    make(&admin, "library", service(&name)).await;
    make(&admin, "archive", service("Archive")).await;
    let before = below_server(&admin, "shop").await;
    admin.post(SERVICES, &service(&name)).await.expect(409);
    admin.post(SERVICES, &service("Profile")).await.expect(409);
    admin
        .post(SERVICES, &json!({ "id": "library", "authorization_server_id": "shop", "name": "New" }))
        .await
        .expect(409);
    let answer = admin.put(&format!("{SERVICES}/archive"), &service(&name)).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/name"]);
    assert_eq!(below_server(&admin, "shop").await, before);
    admin.post(SERVICES, &json!({ "authorization_server_id": "default", "name": name })).await.expect(201);
    admin.put(&format!("{SERVICES}/library"), &service("Library")).await.expect(200);
    admin.put(&format!("{SERVICES}/archive"), &service(&name)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_made_keeps_its_name_and_stays() {
    let (_server, admin) = start().await;
    let path = format!("{SERVICES}/shop-profile");
    let mut body = admin.get(&path).await.expect(200).json();
    assert_eq!(body["scopes"].as_array().unwrap().len(), 6);
    body["description"] = json!("Who somebody is");
    let changed = admin.put(&path, &body).await.expect(200).json();
    assert_eq!((&changed["description"], &changed["system"]), (&json!("Who somebody is"), &json!(true)));
    let before = below_server(&admin, "shop").await;
    admin.delete(&path).await.expect(400);
    assert_eq!(wrong_members(&admin.put(&path, &service("Person")).await.expect(422)), ["/name"]);
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_takes_its_apis_with_it_and_leaves_its_scopes() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([yes()])).await;
    make(&admin, "library", service("Library")).await;
    let api = json!({ "id": "books", "service_id": "library", "method": "GET", "path": "/books", "policy_id": "rule" });
    admin.post(&format!("{ADMIN}/apis"), &api).await.expect(201);
    let scope =
        json!({ "id": "reading", "authorization_server_id": "shop", "name": "books.read", "service_id": "library" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    make_client(&admin, "shop", "till", &["books.read"]).await;
    admin.delete(&format!("{SERVICES}/library")).await.expect(204);

    admin.get(&format!("{ADMIN}/apis/books")).await.expect(404);
    admin.delete(&format!("{ADMIN}/policies/rule")).await.expect(204);
    let scope = admin.get(&format!("{ADMIN}/scopes/reading")).await.expect(200).json();
    assert_eq!((&scope["with_service"], scope.get("service")), (&json!(false), None));
    let client = admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json();
    assert_eq!(client["scopes"], json!(["books.read"]), "deleting a service takes no rights from clients");
    // A later service of this id starts without any of it.
    make(&admin, "library", service("Library")).await;
    let again = admin.get(&format!("{SERVICES}/library")).await.expect(200).json();
    assert_eq!(again["scopes"], json!([]));
    assert_eq!(admin.get(&format!("{SERVICES}/library/apis")).await.expect(200).json(), json!({ "apis": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_the_server_protects_a_service() {
    let (_server, admin) = start().await;
    let gateway = async |server: &str, kind: &str| {
        let body = json!({ "name": kind, "type": kind, "server_id": server });
        let made = admin.post(&format!("{ADMIN}/gateways"), &body).await.expect(201).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let (aws, envoy) = (gateway("shop", "aws").await, gateway("shop", "envoy").await);
    let elsewhere = gateway("default", "nginx").await;
    let mut body = service("Library");
    body["gateway_id"] = json!(aws);
    assert_eq!(make(&admin, "library", body.clone()).await["gateway_id"], json!(aws));
    let path = format!("{SERVICES}/library");
    let lambda = async || admin.get(&path).await.expect(200).json()["protected_by_lambda_authorizer"].clone();
    assert_eq!(lambda().await, true);
    let listed = admin.get(&format!("{ADMIN}/servers/shop/services")).await.expect(200).json();
    let listed = listed["services"].as_array().unwrap().iter().find(|service| service["id"] == "library").unwrap();
    assert_eq!(listed["protected_by_lambda_authorizer"], true);

    body["gateway_id"] = json!(elsewhere);
    let before = below_server(&admin, "shop").await;
    assert_eq!(wrong_members(&admin.put(&path, &body).await.expect(422)), ["/gateway_id"]);
    body["name"] = json!("New");
    assert_eq!(wrong_members(&admin.post(SERVICES, &body).await.expect(422)), ["/gateway_id"]);
    assert_eq!(below_server(&admin, "shop").await, before);

    body["gateway_id"] = json!(envoy);
    admin.put(&path, &body).await.expect(200);
    assert_eq!(lambda().await, false);
    // The gateway it has left can go without it, the one it has does not take it along.
    admin.delete(&format!("{ADMIN}/gateways/{aws}")).await.expect(204);
    assert_eq!(admin.get(&path).await.expect(200).json()["gateway_id"], json!(envoy));
    admin.delete(&format!("{ADMIN}/gateways/{envoy}")).await.expect(204);
    assert_eq!(admin.get(&path).await.expect(200).json().get("gateway_id"), None);
    // A service that goes leaves nothing behind at its gateway.
    let again = gateway("shop", "aws").await;
    body["gateway_id"] = json!(again);
    admin.put(&path, &body).await.expect(200);
    admin.delete(&path).await.expect(204);
    admin.delete(&format!("{ADMIN}/gateways/{again}")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_its_services_scopes_and_claims_with_it() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([yes()])).await;
    make(&admin, "library", service("Library")).await;
    let api = json!({ "id": "books", "service_id": "library", "method": "GET", "path": "/books", "policy_id": "rule" });
    admin.post(&format!("{ADMIN}/apis"), &api).await.expect(201);
    let scope = json!({ "id": "reading", "authorization_server_id": "shop", "name": "books.read", "service_id": "library",
        "user_policy_id": "rule" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let fresh = below_server(&admin, "default").await;
    admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);

    for gone in ["services/library", "services/shop-profile", "apis/books", "scopes/reading", "scopes/shop-openid"] {
        admin.get(&format!("{ADMIN}/{gone}")).await.expect(404);
    }
    admin.delete(&format!("{ADMIN}/policies/rule")).await.expect(204);
    assert_eq!(below_server(&admin, "default").await, fresh, "another server lost something");
    // A new server of that name starts with the defaults, and every name is free.
    make_server(&admin, "shop", json!({})).await;
    assert_eq!(names(&admin, "shop").await.len(), 4);
    make(&admin, "library", service("Library")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_the_services_of_another_tenant() {
    let (server, admin) = start().await;
    make(&admin, "library", service("Library")).await;
    let other = server.as_other_admin();
    other.get("/api/admin/demo/services/library").await.expect(404);
    other.put("/api/admin/demo/services/library", &service("X")).await.expect(404);
    other.delete("/api/admin/demo/services/library").await.expect(404);
    let apis = other.get("/api/admin/demo/services/library/apis").await.expect(200).json();
    assert_eq!(apis, json!({ "apis": [] }));
    other.get("/api/admin/demo/servers/shop/services").await.expect(404);
}
