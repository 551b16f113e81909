//! What is read from documents, and how what is wrong in them is named.

use serde_json::json;

use super::*;

fn document(more: Value) -> Value {
    let mut document = json!({ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "paths": {} });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

fn places(document: &Value) -> Vec<String> {
    read(document).unwrap_err().into_iter().map(|problem| problem.place).collect()
}

fn names(document: &Value) -> Vec<String> {
    let found = read(document).unwrap();
    found.operations.iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect()
}

#[test]
fn operations_come_in_the_order_of_the_document() {
    let paths =
        json!({ "/b": { "post": {}, "get": {} }, "/a": { "trace": {}, "x-more": 1, "summary": "A" }, "x-other": 2 });
    assert_eq!(names(&document(json!({ "paths": paths }))), ["POST /b", "GET /b", "TRACE /a"]);
    assert_eq!(names(&json!({ "swagger": 2.0, "paths": { "/a": { "head": {} } } })), ["HEAD /a"]);
    assert_eq!(names(&json!({ "openapi": "3.1.1", "webhooks": { "/a": { "head": {} } } })), Vec::<String>::new());
}

#[test]
fn other_documents_are_refused() {
    for (document, place) in [
        (json!([]), ""),
        (json!({}), ""),
        (json!({ "openapi": "3.0.0", "swagger": "2.0" }), ""),
        (json!({ "openapi": "2.0", "paths": {} }), "/openapi"),
        (json!({ "openapi": "3.2.0", "paths": {} }), "/openapi"),
        (json!({ "openapi": "3.01", "paths": {} }), "/openapi"),
        (json!({ "swagger": "1.2", "paths": {} }), "/swagger"),
        (json!({ "openapi": "3.0.3" }), "/paths"),
        (json!({ "swagger": "2.0" }), "/paths"),
        (json!({ "openapi": "3.1.0", "paths": [] }), "/paths"),
    ] {
        assert_eq!(places(&document), [place], "{document}");
    }
}

#[test]
fn path_items_may_refer_and_add() {
    let found = read(&document(json!({
        "paths": { "/a": { "$ref": "#/components/pathItems/All", "get": {} }, "/b": { "$ref": "#/paths/~1a" } },
        "components": { "pathItems": { "All": { "put": {}, "post": { "operationId": "make" } } } },
    })));
    let found = found.unwrap();
    let names: Vec<_> = found.operations.iter().map(|found| (found.method, found.path.as_str())).collect();
    let expected = [("GET", "/a"), ("PUT", "/a"), ("POST", "/a"), ("GET", "/b"), ("PUT", "/b"), ("POST", "/b")];
    assert_eq!(names, expected);
    assert_eq!(found.operations[1].place, "/components/pathItems/All/put");
}

#[test]
fn references_that_lead_nowhere_are_named() {
    for (reference, place) in [
        ("#/paths/~1b", "/paths/~1b/$ref"),
        ("#/paths/~1a", "/paths/~1a"),
        ("#/nothing", "/paths/~1a/$ref"),
        ("other.yaml#/paths/~1a", "/paths/~1a/$ref"),
        ("https://example.com/a", "/paths/~1a/$ref"),
        ("#nothing", "/paths/~1a/$ref"),
        ("#/%ff", "/paths/~1a/$ref"),
        ("#/openapi", "/openapi"),
    ] {
        let paths = json!({ "/a": { "$ref": reference }, "/b": { "$ref": "#/c" } });
        assert_eq!(places(&document(json!({ "paths": paths })))[0], place, "{reference}");
    }
    let cycle = json!({ "/a": { "$ref": "#/paths/~1b" }, "/b": { "$ref": "#/paths/~1a" } });
    assert_eq!(places(&document(json!({ "paths": cycle }))), ["/paths/~1a", "/paths/~1b"]);
    let chain: Map<String, Value> =
        (0..40).map(|step| (format!("/{step}"), json!({ "$ref": format!("#/paths/~1{}", step + 1) }))).collect();
    assert!(!places(&document(json!({ "paths": chain }))).is_empty());
    let twice = json!({ "/a": { "$ref": "#/paths/~1b", "get": {} }, "/b": { "get": {} } });
    assert_eq!(places(&document(json!({ "paths": twice }))), ["/paths/~1b/get"]);
}

#[test]
fn variables_and_parameters_must_agree() {
    let id = json!({ "name": "id", "in": "path", "required": true });
    let items = json!({
        "/a/{id}": { "parameters": [{ "$ref": "#/components/parameters/Id" }], "get": {} },
        "/b/{id}": { "get": { "parameters": [id] } },
        "/c/{id}": { "parameters": [id], "get": { "parameters": [id, { "name": "id", "in": "query" }] } },
    });
    let components = json!({ "parameters": { "Id": id, "Loop": { "$ref": "#/components/parameters/Loop" } } });
    assert_eq!(names(&document(json!({ "paths": items, "components": components }))).len(), 3);
    for (item, place) in [
        (json!({ "get": {} }), "/paths/~1a~1{id}/get"),
        (json!({ "parameters": [id, id], "get": {} }), "/paths/~1a~1{id}/parameters/1"),
        (json!({ "parameters": [id, { "name": "no", "in": "path" }], "get": {} }), "/paths/~1a~1{id}/parameters/1"),
        (json!({ "parameters": [id, { "name": "no", "in": "body" }], "get": {} }), "/paths/~1a~1{id}/parameters/1/in"),
        (json!({ "parameters": [id, { "in": "path" }], "get": {} }), "/paths/~1a~1{id}/parameters/1/name"),
        (json!({ "parameters": [id, { "$ref": "#/components/parameters/Loop" }] }), "/components/parameters/Loop"),
        (json!({ "parameters": [id, 1], "get": {} }), "/paths/~1a~1{id}/parameters/1"),
        (json!({ "parameters": {} }), "/paths/~1a~1{id}/parameters"),
        (json!({ "parameters": [id], "gett": {} }), "/paths/~1a~1{id}/gett"),
        (json!({ "parameters": [id], "get": [] }), "/paths/~1a~1{id}/get"),
        (json!({ "parameters": [id], "get": { "operationId": 1 } }), "/paths/~1a~1{id}/get/operationId"),
        (json!(1), "/paths/~1a~1{id}"),
    ] {
        let broken = document(json!({ "paths": { "/a/{id}": item }, "components": components }));
        assert_eq!(places(&broken), [place], "{item}");
    }
    let twice = json!({ "/a": { "get": { "operationId": "a" }, "put": { "operationId": "a" } } });
    assert_eq!(places(&document(json!({ "paths": twice }))), ["/paths/~1a/put/operationId"]);
}

#[test]
fn the_nearest_policy_wins() {
    let found = read(&document(json!({
        POLICY: { "validators": [] },
        "x-policies": { "shared": { "id": "shared", "validators": [] } },
        "paths": {
            "/a": { "get": {}, "put": { POLICY: "known" }, "post": { POLICY: null } },
            "/b": { POLICY: { "$ref": "#/x-policies/shared" }, "get": {}, "put": { POLICY: { "id": "own", "validators": [] } },
                "head": { POLICY: { "id": "own", "validators": [] } },
                "patch": { POLICY: { "id": "known" } } },
            "/c": { "get": { "operationId": "c", POLICY: { "$ref": "#/x-policies/shared" } }, "put": { "operationId": "d", POLICY: {} } },
        },
    })))
    .unwrap();
    let own = |number| Some(Attached::Own(number));
    let known = Some(Attached::Known { place: format!("/paths/~1a/put/{POLICY}"), id: "known".to_owned() });
    let attached: Vec<_> = found.operations.into_iter().map(|operation| operation.policy).collect();
    let by_id = Some(Attached::Known { place: format!("/paths/~1b/patch/{POLICY}/id"), id: "known".to_owned() });
    assert_eq!(attached, [own(0), known, None, own(1), own(2), own(2), by_id, own(1), own(3)]);
    let policies: Vec<_> = found.policies.iter().map(|policy| (policy.place.as_str(), policy.name.as_str())).collect();
    let expected = [
        (format!("/{POLICY}"), ""),
        ("/x-policies/shared".to_owned(), "/b"),
        (format!("/paths/~1b/put/{POLICY}"), "PUT /b"),
        (format!("/paths/~1c/put/{POLICY}"), "d"),
    ];
    assert_eq!(policies, expected.each_ref().map(|(place, name)| (place.as_str(), *name)));
    assert_eq!(places(&document(json!({ POLICY: 1 }))), [format!("/{POLICY}")]);
}

#[test]
fn scopes_come_from_schemes_and_requirements() {
    let flow = |scopes: Value| json!({ "tokenUrl": "https://example.com/t", "scopes": scopes });
    let schemes = json!({
        "oauth": { "type": "oauth2", "flows": {
            "clientCredentials": flow(json!({ "read": "", "write": "Writes" })),
            "authorizationCode": flow(json!({ "read": "Reads", "write": "Other" })),
        } },
        "oidc": { "type": "openIdConnect" },
        "key": { "type": "apiKey" },
    });
    let found = read(&document(json!({
        "components": { "securitySchemes": schemes },
        "security": [{ "oidc": ["openid", "read"] }, {}],
        "paths": { "/a": { "get": { "security": [{ "oauth": ["admin"], "key": ["role"] }] }, "put": { "security": [] } } },
    })));
    let scope = |scope: Scope| (scope.place, scope.name, scope.description);
    let found: Vec<_> = found.unwrap().scopes.into_iter().map(scope).collect();
    let flows = "/components/securitySchemes/oauth/flows/clientCredentials/scopes";
    let expected = [
        (format!("{flows}/read"), "read", "Reads"),
        (format!("{flows}/write"), "write", "Writes"),
        ("/security/0/oidc/0".to_owned(), "openid", ""),
        ("/paths/~1a/get/security/0/oauth/0".to_owned(), "admin", ""),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(p, n, d)| (p, n.to_owned(), d.to_owned())).collect();
    assert_eq!(found, expected);

    let schemes = json!({ "oauth": { "type": "oauth2", "scopes": { "read": "Reads", "x-more": { "a": 1 } } } });
    let found = read(&json!({ "swagger": "2.0", "securityDefinitions": schemes, "paths": {} })).unwrap();
    assert_eq!(found.scopes.len(), 1);
}

#[test]
fn broken_security_is_named() {
    let flows = |flows: Value| json!({ "a": { "type": "oauth2", "flows": flows } });
    let base = "/components/securitySchemes/a";
    for (schemes, security, place) in [
        (json!({}), json!([{ "a": [] }]), "/security/0/a".to_owned()),
        (json!([]), json!([]), "/components/securitySchemes".to_owned()),
        (json!({ "a": { "$ref": base.replacen('/', "#/", 1) } }), json!([]), base.to_owned()),
        (json!({ "a": { "type": "oauth2" } }), json!([]), format!("{base}/flows")),
        (flows(json!({ "implicit": {} })), json!([]), format!("{base}/flows/implicit/scopes")),
        (flows(json!({ "implicit": 1 })), json!([]), format!("{base}/flows/implicit")),
        (
            flows(json!({ "implicit": { "scopes": { "a b": "" } } })),
            json!([]),
            format!("{base}/flows/implicit/scopes/a b"),
        ),
        (flows(json!({})), json!({}), "/security".to_owned()),
        (flows(json!({})), json!([1]), "/security/0".to_owned()),
        (flows(json!({})), json!([{ "a": 1 }]), "/security/0/a".to_owned()),
        (flows(json!({})), json!([{ "a": [1] }]), "/security/0/a/0".to_owned()),
        (flows(json!({})), json!([{ "a": [""] }]), "/security/0/a/0".to_owned()),
    ] {
        let broken = document(json!({ "components": { "securitySchemes": schemes }, "security": security }));
        assert_eq!(places(&broken), [place], "{broken}");
    }
}

#[test]
fn the_size_of_a_document_is_bounded() {
    let paths = |count: usize| -> Map<String, Value> {
        (0..count).map(|number| (format!("/a{number}"), json!({ "get": {} }))).collect()
    };
    assert_eq!(read(&document(json!({ "paths": paths(OPERATIONS) }))).unwrap().operations.len(), OPERATIONS);
    assert_eq!(places(&document(json!({ "paths": paths(OPERATIONS + 1) }))), ["/paths"]);
    let mut more = paths(OPERATIONS - 1);
    more["/a1"] = json!({ "get": {}, "put": {}, "post": {} });
    assert_eq!(places(&document(json!({ "paths": more }))), ["/paths/~1a9998/get"]);
}

#[test]
fn a_short_document_that_says_the_same_over_and_over_is_left_early() {
    let parameters: Map<_, _> =
        (0..199).map(|n| (n.to_string(), json!({ "name": n.to_string(), "in": "query" }))).collect();
    let list: Vec<Value> = parameters.keys().map(|n| json!({ "$ref": format!("#/parameters/{n}") })).collect();
    let of_paths = |count: usize, place: &str| {
        let path = |n: usize| (format!("/{n}"), json!({ "$ref": "#/item" }));
        let paths: Map<_, _> = (0..count).map(path).collect();
        let mut item = json!({ "get": {} });
        item.pointer_mut(place).unwrap()["parameters"] = json!(list);
        document(json!({ "paths": paths, "item": item, "parameters": parameters }))
    };
    for place in ["", "/get"] {
        assert_eq!(read(&of_paths(100, place)).unwrap().operations.len(), 100);
        let ended = problem("", "refers to its own parts more often than a document may");
        assert_eq!(read(&of_paths(3000, place)), Err(vec![ended]));
    }
}

#[test]
fn every_entry_of_what_is_read_again_is_a_step() {
    let shared = |operation: Value| {
        let item = json!({ "get": operation });
        let paths: Map<_, _> = (0..3000).map(|n| (format!("/{n}"), json!({ "$ref": "#/components/i" }))).collect();
        let schemes = json!({ "key": { "type": "oauth2", "flows": { "implicit": { "scopes": { "s": "" } } } } });
        document(json!({ "paths": paths, "components": { "i": item, "securitySchemes": schemes } }))
    };
    let ended = problem("", "refers to its own parts more often than a document may");
    let many = |value: Value| vec![value; 1000];
    assert_eq!(read(&shared(json!({ "security": many(json!({})) }))), Err(vec![ended.clone()]));
    assert_eq!(read(&shared(json!({ "security": [{ "key": many(json!("s")) }] }))), Err(vec![ended]));
    assert!(read(&shared(json!({ "security": [{ "key": ["s"] }] }))).is_ok());
}

#[test]
fn what_is_told_is_not_many_times_what_was_sent() {
    let sizes = |document: &Value| -> usize {
        read(document).unwrap_err().iter().map(|problem| problem.place.len() + problem.reason.len()).sum()
    };
    let long = format!("/{}{}", "x".repeat(2_000_000), "{a}".repeat(200));
    assert!(sizes(&document(json!({ "paths": { long: { "get": {} } } }))) < 200);
    let wrong = format!("/{}", "{a}".repeat(600));
    let answer = read(&document(json!({ "paths": { wrong: { "get": {}, "put": {} } } }))).unwrap_err();
    assert_eq!(answer.len(), TOLD);
    let reference = format!("#/{}", "x".repeat(5000));
    assert_eq!(places(&document(json!({ "paths": { "/a": { "$ref": reference } } }))), ["/paths/~1a/$ref"]);
    let name = "x".repeat(1_000_000);
    let parameters: Vec<Value> = (0..150).map(|_| json!({ "name": name, "in": "path" })).collect();
    assert!(sizes(&document(json!({ "paths": { "/a": { "get": { "parameters": parameters } } } }))) < 20_000);
    let policy = json!({ "x-portcullis-policy": name, "paths": { "/a": { "get": {} } } });
    assert_eq!(places(&document(policy)), ["/x-portcullis-policy"]);
}

#[test]
fn paths_without_operations_are_counted_as_well() {
    let paths = |count: usize| (0..count).map(|n| (format!("/{n}"), json!({}))).collect::<Map<_, _>>();
    assert!(read(&document(json!({ "paths": paths(OPERATIONS) }))).is_ok());
    assert_eq!(places(&document(json!({ "paths": paths(OPERATIONS + 1) }))), ["/paths"]);
}
