//! APIs: a method and a path template once in a service, in order, with policies and data classifications.

use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, below_server, make_policy, make_server, wrong_members, yes},
};

covers!("listAPIsByServer", "listAPIsByService", "createAPI", "getAPI", "updateAPI", "deleteAPI");

const APIS: &str = "/api/admin/default/apis";

fn api(method: &str, path: &str) -> Value {
    json!({ "service_id": "library", "method": method, "path": path })
}

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    for (id, server) in [("library", "shop"), ("archive", "shop"), ("elsewhere", "default")] {
        let service = json!({ "id": id, "authorization_server_id": server, "name": id });
        admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    }
    (server, admin)
}

async fn make(admin: &Caller, id: &str, mut body: Value) -> Value {
    body["id"] = json!(id);
    admin.post(APIS, &body).await.expect(201).json()
}

/// The ids of the APIs of `library` that a query finds.
async fn ids(admin: &Caller, query: &str) -> Vec<String> {
    let listed = admin.get(&format!("{ADMIN}/services/library/apis{query}")).await.expect(200).json();
    listed["apis"].as_array().unwrap().iter().map(|api| api["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn names(answer: &Answer, members: &[&str]) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(wrong_members(answer), members, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_saved_shown_changed_and_removed() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([yes()])).await;
    let body = json!({ "id": "book", "tenant_id": "default", "server_id": "shop", "service_id": "library",
        "method": "get", "path": "/books/{id}", "policy_id": "rule", "can_have_policy": true,
        "data_classifications": [" PII ", "HIPAA", "PII"], "position": 7 });
    let made = admin.post(APIS, &body).await.expect(201);
    assert!(made.header("etag").is_some());
    let mut expected = body.clone();
    expected["method"] = json!("GET");
    expected["data_classifications"] = json!(["PII", "HIPAA"]);
    assert_eq!(made.json(), expected);

    let path = format!("{APIS}/book");
    let shown = admin.get(&path).await.expect(200);
    let tag = shown.header("etag").unwrap().to_owned();
    assert_eq!(shown.json(), expected);
    let same = json!({ "policy_id": "rule", "data_classifications": ["PII", "HIPAA"] });
    assert_eq!(admin.put(&path, &same).await.expect(200).header("etag"), Some(tag.as_str()), "nothing has changed");

    let changed = admin.put(&path, &json!({ "data_classifications": ["PII"] })).await.expect(200).json();
    assert_eq!((changed.get("policy_id"), &changed["data_classifications"]), (None, &json!(["PII"])), "PUT replaces");
    for kept in ["method", "path", "position", "service_id", "server_id", "can_have_policy"] {
        assert_eq!(changed[kept], expected[kept], "{kept}");
    }
    let cleared = admin.put(&path, &json!({ "policy_id": "" })).await.expect(200).json();
    assert_eq!((cleared.get("policy_id"), &cleared["data_classifications"]), (None, &json!([])));
    let stale = admin.clone().with_header("if-match", &tag);
    stale.put(&path, &same).await.expect(412);
    stale.delete(&path).await.expect(412);

    let generated = admin.post(APIS, &api("PUT", "/books/{id}")).await.expect(201).json();
    assert!(generated["id"].as_str().unwrap().len() >= 16, "{generated}");
    assert_eq!((&generated["server_id"], &generated["can_have_policy"]), (&json!("shop"), &json!(true)));
    assert!(admin.delete(&path).await.expect(204).body.is_empty());
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin.put(&path, &same).await.expect(404);
    make(&admin, "book", api("GET", "/books/{id}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_listed_in_their_order() {
    let (_server, admin) = start().await;
    let mut first = api("GET", "/first");
    first["position"] = json!(5);
    make(&admin, "z", first).await;
    assert_eq!(make(&admin, "b", api("GET", "/b")).await["position"], 6, "the next one comes last");
    assert_eq!(make(&admin, "a", api("GET", "/a")).await["position"], 7);
    for (id, position) in [("y", 5), ("x", 1)] {
        let mut body = api("GET", &format!("/{id}"));
        body["position"] = json!(position);
        make(&admin, id, body).await;
    }
    assert_eq!(ids(&admin, "").await, ["x", "y", "z", "b", "a"]);
    let other = json!({ "id": "other", "service_id": "archive", "method": "GET", "path": "/" });
    assert_eq!(admin.post(APIS, &other).await.expect(201).json()["position"], 1);

    let by_server = admin.get(&format!("{ADMIN}/servers/shop/apis")).await.expect(200).json();
    let by_services = by_server["apis_by_services"].as_object().unwrap();
    let of_library: Vec<&str> =
        by_services["library"].as_array().unwrap().iter().map(|api| api["id"].as_str().unwrap()).collect();
    assert_eq!(of_library, ["x", "y", "z", "b", "a"]);
    assert_eq!(by_services["archive"][0]["id"], "other");
    assert_eq!(by_services["shop-profile"], json!([]), "services without APIs are there");
    assert!(!by_services.contains_key("elsewhere"), "another server's service");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_data_classification() {
    let (_server, admin) = start().await;
    for (id, classifications) in
        [("a", json!([])), ("b", json!(["PII"])), ("c", json!(["PII", "HIPAA"])), ("d", json!(["PCI"]))]
    {
        let mut body = api("GET", &format!("/{id}"));
        body["data_classifications"] = classifications;
        make(&admin, id, body).await;
    }
    for (query, expected) in [
        ("?without_data_classifications=true", vec!["a"]),
        ("?without_data_classifications=false", vec!["a", "b", "c", "d"]),
        ("?data_classification=PII", vec!["b", "c"]),
        ("?data_classification=PCI&data_classification=HIPAA", vec!["c", "d"]),
        ("?data_classification=pii", vec![]),
        ("?data_classification=", vec!["a", "b", "c", "d"]),
        ("?without_data_classifications=false&data_classification=PCI", vec!["d"]),
    ] {
        assert_eq!(ids(&admin, query).await, expected, "{query}");
        let by_server = admin.get(&format!("{ADMIN}/servers/shop/apis{query}")).await.expect(200).json();
        let of_library = by_server["apis_by_services"]["library"].as_array().unwrap().len();
        assert_eq!(of_library, expected.len(), "{query}");
    }
    for query in [
        "?without_data_classifications=true&data_classification=PII",
        "?without_data_classifications=yes",
        "?without_data_classifications=true&without_data_classifications=true",
        "?data_classifications=PII",
    ] {
        for list in ["services/library", "servers/shop"] {
            admin.get(&format!("{ADMIN}/{list}/apis{query}")).await.expect(400);
        }
    }
    let nothing = async |list: &str| admin.get(&format!("{ADMIN}/{list}/nothing/apis")).await.expect(200).json();
    assert_eq!(nothing("services").await, json!({ "apis": [] }));
    assert_eq!(nothing("servers").await, json!({ "apis_by_services": {} }));
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_that_make_no_sense_are_refused_and_change_nothing() {
    let (_server, admin) = start().await;
    let before = below_server(&admin, "shop").await;
    for (member, value, named) in [
        ("service_id", json!(null), "/service_id"),
        ("service_id", json!("nothing"), "/service_id"),
        ("server_id", json!("default"), "/server_id"),
        ("tenant_id", json!("demo"), "/tenant_id"),
        ("method", json!(null), "/method"),
        ("method", json!("FETCH"), "/method"),
        ("method", json!("CONNECT"), "/method"),
        ("method", json!(1), "/method"),
        ("path", json!(null), "/path"),
        ("path", json!("books"), "/path"),
        ("path", json!("/books?all=1"), "/path"),
        ("path", json!("/books/{id"), "/path"),
        ("path", json!("/books/id}"), "/path"),
        ("path", json!("/books/{}"), "/path"),
        ("path", json!("/books/{id}/pages/{id}"), "/path"),
        ("path", json!("/books/../users"), "/path"),
        ("path", json!("/two words"), "/path"),
        ("path", json!("/books\u{0}"), "/path"),
        ("path", json!(format!("/{}", "x".repeat(2048))), "/path"),
        ("policy_id", json!("nothing"), "/policy_id"),
        ("position", json!(-1), "/position"),
        ("position", json!("1"), "/position"),
        ("position", json!(4_294_967_296_u64), "/position"),
        ("can_have_policy", json!("no"), "/can_have_policy"),
        ("data_classifications", json!("PII"), "/data_classifications"),
        ("data_classifications", json!(["PII", " "]), "/data_classifications/1"),
        ("data_classifications", json!(["x".repeat(257)]), "/data_classifications/0"),
        ("id", json!("a/b"), "/id"),
        ("magic", json!(1), "/magic"),
    ] {
        let mut body = api("GET", "/books");
        body[member] = value;
        names(&admin.post(APIS, &body).await, &[named]);
    }
    names(&admin.post(APIS, &json!({})).await, &["/service_id", "/method", "/path"]);
    // So many that comparing each with each would take minutes.
    let many: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let mut body = api("GET", "/books");
    body["data_classifications"] = json!(many);
    names(&admin.post(APIS, &body).await, &["/data_classifications"]);
    assert_eq!(below_server(&admin, "shop").await, before);

    make(&admin, "books", api("GET", "/books")).await;
    let before = below_server(&admin, "shop").await;
    let path = format!("{APIS}/books");
    for (body, member) in [
        (json!({ "policy_id": "nothing" }), "/policy_id"),
        (json!({ "path": "/other" }), "/path"),
        (json!({ "data_classifications": [""] }), "/data_classifications/0"),
    ] {
        names(&admin.put(&path, &body).await, &[member]);
    }
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_and_a_path_are_given_once_whatever_the_parameters_are_called() {
    let (_server, admin) = start().await;
    make(&admin, "book", api("GET", "/books/{id}")).await;
    let before = below_server(&admin, "shop").await;
    // createAPI documents no conflict.
    names(&admin.post(APIS, &api("GET", "/books/{id}")).await, &["/path"]);
    names(&admin.post(APIS, &api("get", "/books/{name}")).await, &["/path"]);
    let mut same_id = api("GET", "/other");
    same_id["id"] = json!("book");
    names(&admin.post(APIS, &same_id).await, &["/id"]);
    assert_eq!(below_server(&admin, "shop").await, before);

    make(&admin, "put-book", api("PUT", "/books/{id}")).await;
    make(&admin, "new-book", api("GET", "/books/new")).await;
    let archived = json!({ "id": "archived", "service_id": "archive", "method": "GET", "path": "/books/{id}" });
    admin.post(APIS, &archived).await.expect(201);
    admin.delete(&format!("{APIS}/book")).await.expect(204);
    make(&admin, "again", api("GET", "/books/{name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_cannot_have_a_policy_gets_none() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([yes()])).await;
    let mut body = api("GET", "/health");
    body["can_have_policy"] = json!(false);
    body["policy_id"] = json!("rule");
    names(&admin.post(APIS, &body).await, &["/policy_id"]);
    body["policy_id"] = json!(null);
    assert_eq!(make(&admin, "health", body).await["can_have_policy"], false);
    names(&admin.put(&format!("{APIS}/health"), &json!({ "policy_id": "rule" })).await, &["/policy_id"]);
    admin.put(&format!("{APIS}/health"), &json!({ "data_classifications": ["none"] })).await.expect(200);
    admin.delete(&format!("{ADMIN}/policies/rule")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_an_api_stays_until_the_api_lets_go() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([yes()])).await;
    for (id, path) in [("books", "/books"), ("pages", "/pages")] {
        let mut body = api("GET", path);
        body["policy_id"] = json!("rule");
        make(&admin, id, body).await;
    }
    let delete = async || admin.delete(&format!("{ADMIN}/policies/rule")).await;
    assert_eq!(delete().await.expect(400).json()["details"]["used_by"], json!(["API `books`", "API `pages`"]));
    admin.put(&format!("{APIS}/books"), &json!({})).await.expect(200);
    assert_eq!(delete().await.expect(400).json()["details"]["used_by"], json!(["API `pages`"]));
    admin.delete(&format!("{APIS}/pages")).await.expect(204);
    delete().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_the_apis_of_another_tenant() {
    let (server, admin) = start().await;
    make(&admin, "books", api("GET", "/books")).await;
    let other = server.as_other_admin();
    other.get("/api/admin/demo/apis/books").await.expect(404);
    other.put("/api/admin/demo/apis/books", &json!({})).await.expect(404);
    other.delete("/api/admin/demo/apis/books").await.expect(404);
    let listed = other.get("/api/admin/demo/servers/shop/apis").await.expect(200).json();
    assert_eq!(listed, json!({ "apis_by_services": {} }));
    names(&other.post("/api/admin/demo/apis", &api("GET", "/x")).await, &["/service_id"]);
}
