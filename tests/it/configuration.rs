//! The whole configuration: out, and in again as it was.

mod command;
mod importing;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, bearer_of, make_policy, make_server, yes},
};

covers!("exportConfiguration", "importConfiguration");

const CONFIGURATION: &str = "/api/system/configuration";

/// The document of everything, or of one tenant, as bytes.
async fn export(server: &TestServer, tenant: Option<&str>) -> Bytes {
    let path = tenant.map_or_else(|| CONFIGURATION.to_owned(), |tenant| format!("{CONFIGURATION}?tid={tenant}"));
    server.as_setup().get(&path).await.expect(200).body
}

fn parsed(document: &Bytes) -> Value {
    serde_json::from_slice(document).unwrap()
}

/// Fills a tenant with something of everything, through the API.
async fn fill(admin: &Caller, tenant: &str) {
    let base = format!("/api/admin/{tenant}");
    let post = async |path: &str, body: Value| admin.post(&format!("{base}{path}"), &body).await.expect(201).json();
    post(
        "/policies",
        json!({ "id": "rule", "policy_name": "Rule", "validators": [
        { "name": "attributes", "conf": { "fields": [{ "field": "amr", "comparator": "contains", "value": "mfa" }] },
          "recovery": [{ "id": "otp", "type": "mfa" }] }] }),
    )
    .await;
    // It stands before what it embeds in the document.
    post(
        "/policies",
        json!({ "id": "around", "policy_name": "Around", "mode": "monitor", "validators": [
            { "any": [{ "policy": "rule" }, { "not": { "name": "true", "timeout_ms": 30 } }], "recovery": [{ "type": "ask" }] }] }),
    )
    .await;
    post(
        "/servers",
        json!({
            "id": "shop", "name": "Shop", "key_type": "ecdsa", "access_token_ttl": "5m", "user_policy_id": "rule",
            "decision_bindings": [{ "resource_type": "record", "action": "*", "policy_id": "rule" }],
            "secret": "the first secret of the server shop",
        }),
    )
    .await;
    let path = format!("{base}/servers/shop");
    let mut shop = admin.get(&path).await.expect(200).json();
    shop["secret"] = json!("the second secret of the server shop");
    shop["consent_checker"] = json!({ "name": "required-consents", "conf": { "consents": ["mail"] } });
    shop.as_object_mut().unwrap().remove("rotated_secrets");
    admin.put(&path, &shop).await.expect(200);
    let methods = json!([
        { "id": "staff", "name": "Staff", "method": "static", "mappings": [{ "source": ".", "target": "." }],
          "static": { "hint": true, "users": [{ "username": "peter", "password": "a password",
                                                "authentication_context": { "name": "Peter", "z": 1, "a": [2] } }] } },
        { "id": "google", "name": "Google", "method": "oidc",
          "oidc": { "issuer_url": "https://accounts.example.com", "client_id": "we", "client_secret": "their secret",
                    "redirect_url": "https://we.example/cb", "scopes": ["openid"] } },
    ]);
    admin.put(&format!("{path}/authentications"), &json!({ "methods": methods })).await.expect(200);

    let gateway = post(
        "/gateways",
        json!({ "name": "Edge", "type": "envoy", "server_id": "shop", "description": "At the door" }),
    )
    .await;
    let service =
        json!({ "id": "pets", "name": "Pets", "authorization_server_id": "shop", "gateway_id": gateway["id"] });
    post("/services", service).await;
    post("/services", json!({ "id": "docs", "name": "Docs", "authorization_server_id": "shop" })).await;
    post(
        "/scopes",
        json!({ "id": "read", "name": "pets.read", "authorization_server_id": "shop", "service_id": "pets",
                            "user_policy_id": "rule", "developer_policy_id": "block" }),
    )
    .await;
    post("/scopes", json!({ "id": "loose", "name": "loose", "authorization_server_id": "shop" })).await;
    post(
        "/claims",
        json!({ "id": "level", "name": "level", "mapping": "customer.level", "type": "access_token",
                            "authorization_server_id": "shop", "scopes": ["pets.read"] }),
    )
    .await;
    post(
        "/apis",
        json!({ "id": "list", "service_id": "docs", "method": "GET", "path": "/docs/{id}",
                          "policy_id": "rule", "data_classifications": ["pii"] }),
    )
    .await;
    let openapi = "openapi: 3.0.3\ninfo: { title: Pets, version: '1' }\npaths:\n  /pets/{id}:\n    parameters:\n      - { name: id, in: path, required: true, schema: { type: string } }\n    get:\n      \
                   responses: { '200': { description: A pet } }\n    delete:\n      \
                   responses: { '204': { description: Gone } }\n";
    let path = format!("{base}/services/pets/apis/import/text");
    admin.send(Method::POST, &path, Some("text/plain"), Bytes::from(openapi)).await.expect(200);

    post("/clients", json!({
        "client_id": "till", "client_name": "Till", "authorization_server_id": "shop", "audience": ["https://api.example"],
        "grant_types": ["client_credentials", "authorization_code"], "redirect_uris": ["https://till.example/cb"],
        "scopes": ["pets.read"], "client_uri": "https://till.example",
        "privacy": { "scopes": { "pets.read": { "purpose": "To feed", "pii_categories": [{ "name": "Pets" }] } } },
    })).await;
    post("/consents", json!({
        "id": "mail", "name": "Mail", "update_existing_grants": "implicitAll", "can_be_withdrawn": true,
        "pii_categories": [{ "name": "Address" }],
        "internal_services": [{ "name": "News", "purposes": [{ "name": "Ads", "primary": true }, { "name": "Stats" }] }],
    })).await;
    let changed =
        json!({ "name": "E-mail", "update_existing_grants": "keepCurrent", "valid_from": "2020-01-02T03:04:05Z" });
    admin.put(&format!("{base}/consents/mail"), &changed).await.expect(201);
    post("/actions", json!({ "id": "order", "name": "Order", "consents": [{ "id": "mail", "required": true }] })).await;
    post(
        "/scopes",
        json!({
            "id": "mail", "name": "mail", "authorization_server_id": "shop", "consent_action_id": "order",
        }),
    )
    .await;

    post("/clients", json!({
        "client_id": "page", "client_name": "Page", "authorization_server_id": "shop", "redirect_uris": ["https://p.example/"],
        "consent_action_id": "order",
        "token_endpoint_auth_method": "none",
    })).await;
}

/// Makes a tenant and fills it; answers its administrator.
async fn filled_tenant(server: &TestServer, id: &str) -> Caller {
    let made = server.as_setup().post("/api/system/tenants", &json!({ "id": id, "name": id })).await.expect(201).json();
    let admin = made["clients"].as_array().unwrap().iter().find(|client| client["client_id"] == "admin").unwrap();
    let admin = bearer_of(server, admin);
    fill(&admin, id).await;
    admin
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_out_comes_in_and_goes_out_the_same_to_the_byte() {
    let source = TestServer::start().await;
    fill(&source.as_admin(), "default").await;
    filled_tenant(&source, "acme").await;
    // Something of everything, in every list.
    let everything = export(&source, None).await;
    let document = parsed(&everything);
    for (list, records) in document.as_object().unwrap() {
        assert!(!records.as_array().unwrap().is_empty(), "{list} is empty");
    }
    assert_eq!(everything, export(&source, None).await, "an export of nothing new is the same");

    // A tenant that the other store does not have.
    let acme = export(&source, Some("acme")).await;
    let target = TestServer::start().await;
    target.as_setup().put(CONFIGURATION, &parsed(&acme)).await.expect(204);
    assert_eq!(export(&target, Some("acme")).await, acme);
    // And the other way round: keys, secrets and passwords are those of the source.
    let admin = document["clients"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["tenant_id"] == "acme" && one["client_id"] == "admin");
    let admin = bearer_of(&target, admin.unwrap());
    let tenant = admin.get("/api/admin/acme/tenant").await.expect(200).json();
    assert_eq!(tenant["jwks"]["keys"][0]["kid"], document["tenants"][0]["jwks"]["keys"][0]["kid"]);

    // Everything, into a store with nothing but what nobody can do without.
    for tenant in ["acme", "default", "demo"] {
        target.as_setup().delete(&format!("/api/system/tenants/{tenant}")).await.expect(204);
    }
    target.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    assert_eq!(export(&target, None).await, everything);
    // It is in use: the bootstrap secret is as good as before.
    target.as_admin().get(&format!("{ADMIN}/services/pets")).await.expect(200);
    // Once more changes nothing, not even a version.
    let tag =
        target.as_admin().get(&format!("{ADMIN}/servers/shop")).await.expect(200).header("etag").unwrap().to_owned();
    target.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    assert_eq!(export(&target, None).await, everything);
    assert_eq!(target.as_admin().get(&format!("{ADMIN}/servers/shop")).await.expect(200).header("etag").unwrap(), tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_an_import_needs_and_one_tenant_only_when_asked() {
    let server = TestServer::start().await;
    fill(&server.as_admin(), "default").await;
    let document = parsed(&export(&server, Some("default")).await);
    for list in document.as_object().unwrap().values() {
        for record in list.as_array().unwrap() {
            assert_eq!(record.get("tenant_id").unwrap_or(&record["id"]), "default", "{record}");
        }
    }
    let find = |list: &str, member: &str, id: &str| {
        document[list].as_array().unwrap().iter().find(|one| one[member] == id).unwrap().clone()
    };
    let shop = find("servers", "id", "shop");
    assert!(shop["jwks"]["keys"][0]["d"].is_string());
    assert_eq!(shop["secret"], "the second secret of the server shop");
    assert_eq!(shop["rotated_secrets"], json!(["the first secret of the server shop"]));
    let methods = &shop["authentications"]["methods"];
    assert!(methods[0]["static"]["users"][0]["hashed_password"].as_str().unwrap().starts_with("$argon2id$"));
    assert_eq!(methods[1]["oidc"]["client_secret"], "their secret");
    assert!(shop.get("issuer_url").is_none(), "where it is reached is not configured");
    assert!(find("clients", "client_id", "till")["client_secret"].is_string());
    assert!(find("clients", "client_id", "admin")["client_hashed_secret"].is_string());
    assert_eq!(find("clients", "client_id", "admin")["all_scopes"], true);
    assert_eq!(find("services", "id", "pets")["scopes"][0]["name"], "pets.read");
    assert_eq!(find("services", "id", "pets")["with_specification"], true);
    assert_eq!(find("scopes_without_service", "id", "loose")["name"], "loose");
    assert_eq!(find("consents", "id", "mail")["version"], 2);
    assert_eq!(find("tenants", "id", "default").get("url"), None);
    let imported: Vec<_> = document["apis"].as_array().unwrap().iter().map(|api| &api["imported"]).collect();
    assert_eq!(imported.iter().filter(|imported| **imported == &json!(true)).count(), 2);
    // Sorted, so that two exports can be compared as files.
    for (list, id) in [("servers", "id"), ("clients", "client_id"), ("policies", "id")] {
        assert!(
            document[list].as_array().unwrap().is_sorted_by_key(|one| one[id].as_str().unwrap().to_owned()),
            "{list}"
        );
    }
    server.as_setup().get(&format!("{CONFIGURATION}?tid=nobody")).await.expect(400);
    server.as_setup().get(&format!("{CONFIGURATION}?magic=1")).await.expect(400);
    server.as_admin().get(CONFIGURATION).await.expect(401);
    server.as_system().put(CONFIGURATION, &json!({})).await.expect(401);
    server.anonymous().get(CONFIGURATION).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_an_earlier_version_gets_the_scopes_that_came_later() {
    let source = TestServer::start().await;
    filled_tenant(&source, "acme").await;
    let mut document = parsed(&export(&source, Some("acme")).await);
    // As it was before there were such scopes; one name had been given to something else on the other server.
    let later = ["view_sessions", "manage_sessions"];
    for service in document["services"].as_array_mut().unwrap() {
        let server = service["authorization_server_id"].clone();
        let scopes = service["scopes"].as_array_mut().unwrap();
        if server == "shop" {
            scopes.retain(|scope| !later.iter().any(|name| scope["name"] == *name));
        } else if server == "default" {
            scopes.retain(|scope| scope["name"] != "manage_sessions");
            for scope in scopes.iter_mut().filter(|scope| scope["name"] == "view_sessions") {
                (scope["id"], scope["system"], scope["description"]) = (json!("own"), json!(false), json!("Ours"));
            }
        }
    }
    let target = TestServer::start().await;
    target.as_setup().put(CONFIGURATION, &document).await.expect(204);
    let find = async |target: &TestServer, id: &str| {
        let all = parsed(&export(target, Some("acme")).await);
        let services = all["services"].as_array().unwrap().clone();
        let mut scopes = services.iter().flat_map(|service| service["scopes"].as_array().unwrap());
        scopes.find(|scope| scope["id"] == id).cloned()
    };
    assert_eq!(find(&target, "shop-view_sessions").await, None, "the import makes what the document says");
    let (folder, world) = target.stop().await;
    let target = TestServer::on(folder, world, |_| {}).await;
    for name in later {
        let id = format!("shop-{name}");
        assert_eq!(find(&target, &id).await, find(&source, &id).await, "{id}");
    }
    assert_eq!(find(&target, "own").await.unwrap()["description"], "Ours");
    assert_eq!(find(&target, "default-view_sessions").await, None, "the name is taken");
    assert!(find(&target, "default-manage_sessions").await.is_some());
    // Once is enough.
    let after = export(&target, None).await;
    let version = |target: &TestServer| {
        let found = portcullis::domain::scope::current(&target.app.domain, "acme", "shop-view_sessions").unwrap();
        (found.version, found.author.clone())
    };
    let made = version(&target);
    assert_eq!(made.1, "upgrade");
    let (folder, world) = target.stop().await;
    let target = TestServer::on(folder, world, |_| {}).await;
    assert_eq!((export(&target, None).await, version(&target)), (after, made));
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_with_the_same_ids_keep_out_of_each_others_way() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "rule", json!([yes()])).await;
    make_server(&admin, "shop", json!({ "secret": "the secret of the tenant default's own shop" })).await;
    let before = export(&server, Some("default")).await;
    let source = TestServer::start().await;
    filled_tenant(&source, "acme").await;
    server.as_setup().put(CONFIGURATION, &parsed(&export(&source, Some("acme")).await)).await.expect(204);
    assert_eq!(export(&server, Some("default")).await, before);
    assert_eq!(export(&server, Some("acme")).await, export(&source, Some("acme")).await);
}
