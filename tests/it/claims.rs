//! Claims: one of a name in each kind of token, for scopes of the server, and never in the place of the server's own.

use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, below_server, make_server, wrong_members},
};

covers!("listClaims", "createClaim", "updateClaim", "deleteClaim");

const CLAIMS: &str = "/api/admin/default/claims";

fn claim(name: &str) -> Value {
    json!({ "authorization_server_id": "shop", "name": name, "mapping": name, "type": "id_token", "scopes": [] })
}

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    (server, admin)
}

async fn make(admin: &Caller, id: &str, mut body: Value) -> Value {
    body["id"] = json!(id);
    admin.post(CLAIMS, &body).await.expect(201).json()
}

async fn list(admin: &Caller, server: &str) -> Vec<Value> {
    let listed = admin.get(&format!("{ADMIN}/servers/{server}/claims")).await.expect(200).json();
    listed["claims"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_the_claims_of_openid_connect() {
    let (_server, admin) = start().await;
    let claims = list(&admin, "shop").await;
    assert_eq!(claims.len(), 24);
    let of = |scope: &str| claims.iter().filter(|claim| claim["scopes"] == json!([scope])).count();
    assert_eq!((of("profile"), of("email"), of("phone"), of("address")), (14, 2, 2, 6));
    for claim in &claims {
        assert_eq!((&claim["type"], &claim["mapping"]), (&json!("id_token"), &claim["name"]), "{claim}");
        // What was read can be written back.
        let path = format!("{CLAIMS}/{}", claim["id"].as_str().unwrap());
        assert_eq!(admin.put(&path, claim).await.expect(200).json(), *claim);
    }
    assert_eq!(list(&admin, "system").await, Vec::<Value>::new(), "nobody logs in there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_saved_listed_replaced_and_removed() {
    let (_server, admin) = start().await;
    let body = json!({ "id": "level", "tenant_id": "default", "authorization_server_id": "shop", "name": "loyalty.level",
        "mapping": "customer.level", "type": "access_token", "scopes": ["profile", "email"] });
    let made = admin.post(CLAIMS, &body).await.expect(201);
    let tag = made.header("etag").unwrap().to_owned();
    assert_eq!(made.json(), body);
    assert!(list(&admin, "shop").await.contains(&body));

    let path = format!("{CLAIMS}/level");
    assert_eq!(admin.put(&path, &body).await.expect(200).header("etag"), Some(tag.as_str()), "nothing has changed");
    let change = json!({ "name": "level", "mapping": "customer.level", "type": "id_token" });
    let replaced = admin.put(&path, &change).await.expect(200).json();
    assert_eq!((&replaced["scopes"], &replaced["type"]), (&json!([]), &json!("id_token")), "PUT replaces");
    assert_eq!(replaced["authorization_server_id"], "shop");
    assert!(list(&admin, "shop").await.contains(&replaced));
    let stale = admin.clone().with_header("if-match", &tag);
    stale.put(&path, &body).await.expect(412);
    stale.delete(&path).await.expect(412);

    let generated = admin.post(CLAIMS, &claim("other")).await.expect(201).json();
    assert!(generated["id"].as_str().unwrap().len() >= 16, "{generated}");
    assert!(admin.delete(&path).await.expect(204).body.is_empty());
    admin.delete(&path).await.expect(404);
    admin.put(&path, &body).await.expect(404);
    assert!(!list(&admin, "shop").await.contains(&replaced));
    make(&admin, "level", claim("level")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_make_no_sense_are_refused_and_change_nothing() {
    let (_server, admin) = start().await;
    make(&admin, "level", claim("level")).await;
    let before = below_server(&admin, "shop").await;
    let path = format!("{CLAIMS}/level");
    for (member, value, named) in [
        ("name", json!(null), "/name"),
        ("name", json!(""), "/name"),
        ("name", json!("a..b"), "/name"),
        ("name", json!("x".repeat(513)), "/name"),
        ("name", json!("sub"), "/name"),
        ("name", json!("iss.x"), "/name"),
        ("name", json!("gid"), "/name"),
        ("mapping", json!(null), "/mapping"),
        ("mapping", json!("cel:nobody.email"), "/mapping"),
        ("mapping", json!("a\\b"), "/mapping"),
        ("type", json!(null), "/type"),
        ("type", json!("string"), "/type"),
        ("type", json!("refresh_token"), "/type"),
        ("tenant_id", json!("demo"), "/tenant_id"),
        ("scopes", json!("email"), "/scopes"),
        ("scopes", json!(["email", "nothing"]), "/scopes/1"),
        ("scopes", json!(["email", "email"]), "/scopes/1"),
        ("scopes", json!(vec!["email"; 1001]), "/scopes"),
        ("magic", json!(1), "/magic"),
    ] {
        let mut body = claim("new");
        body[member] = value;
        for answer in [admin.post(CLAIMS, &body).await, admin.put(&path, &body).await] {
            assert_eq!(answer.status, 422, "{member} of {named}: {}", answer.text());
            assert_eq!(wrong_members(&answer), [named], "{}", answer.text());
        }
    }
    let all = admin.post(CLAIMS, &json!({ "type": "id_token" })).await.expect(422);
    assert_eq!(wrong_members(&all), ["/authorization_server_id", "/name", "/mapping"]);
    let mut elsewhere = claim("level");
    elsewhere["authorization_server_id"] = json!("default");
    let answer = admin.put(&path, &elsewhere).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/authorization_server_id"]);
    elsewhere["authorization_server_id"] = json!("nothing");
    let answer = admin.post(CLAIMS, &elsewhere).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/authorization_server_id"]);
    assert_eq!(list(&admin, "nothing").await, Vec::<Value>::new());
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once_for_each_kind_of_token() {
    let (_server, admin) = start().await;
    make(&admin, "level", claim("level")).await;
    let mut other_token = claim("level");
    other_token["type"] = json!("access_token");
    make(&admin, "level-at", other_token.clone()).await;
    let before = below_server(&admin, "shop").await;
    admin.post(CLAIMS, &claim("level")).await.expect(409);
    admin.post(CLAIMS, &claim("email")).await.expect(409);
    let mut same_id = claim("new");
    same_id["id"] = json!("level");
    admin.post(CLAIMS, &same_id).await.expect(409);
    // An update documents no conflict.
    let answer = admin.put(&format!("{CLAIMS}/level"), &other_token).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/name"]);
    assert_eq!(below_server(&admin, "shop").await, before);
    let mut other_server = claim("level");
    other_server["authorization_server_id"] = json!("default");
    admin.post(CLAIMS, &other_server).await.expect(201);
    // A kind that was given up is free.
    admin.delete(&format!("{CLAIMS}/level-at")).await.expect(204);
    admin.put(&format!("{CLAIMS}/level"), &other_token).await.expect(200);
    make(&admin, "again", claim("level")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_touches_the_claims_of_another_tenant() {
    let (server, admin) = start().await;
    make(&admin, "level", claim("level")).await;
    let other = server.as_other_admin();
    other.put("/api/admin/demo/claims/level", &claim("level")).await.expect(404);
    other.delete("/api/admin/demo/claims/level").await.expect(404);
    let listed = other.get("/api/admin/demo/servers/shop/claims").await.expect(200).json();
    assert_eq!(listed, json!({ "claims": [] }));
}
