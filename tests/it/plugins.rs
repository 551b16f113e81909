//! Plugins of tenants: components come in, stand side by side, answer by name, version or digest, and go when nobody uses them.

mod commands;
mod kept;
mod signed;
mod swaps;

use http::Method;
use portcullis::crypto::digest::sha256_hex;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer, guests,
    made::{ADMIN, make_policy, wrong_members},
};

covers!(
    "listPlugins",
    "uploadPlugin",
    "getPlugin",
    "deletePlugin",
    "getPluginVersion",
    "deletePluginVersion",
    "enablePlugin",
    "disablePlugin",
    "rollBackPlugin",
);

/// Where the plugins of the tenant `default` are.
const PLUGINS: &str = "/api/admin/default/plugins";
const COMPONENT: &str = "application/octet-stream";

/// Uploads a component to the tenant `default`.
async fn bring(admin: &Caller, component: Vec<u8>) -> Answer {
    admin.send(Method::POST, PLUGINS, Some(COMPONENT), component.into()).await
}

async fn enable(admin: &Caller, name: &str, version: &str) -> Answer {
    admin.post(&format!("{PLUGINS}/{name}/enable"), &json!({ "version": version })).await
}

/// Asks a policy of the tenant `default`.
async fn ask(system: &Caller, policy: &str) -> Value {
    let question = json!({
        "subject": { "type": "user", "id": "anna" }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": policy },
    });
    system.post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

async fn allows(server: &TestServer, policy: &str) -> bool {
    ask(&server.as_system(), policy).await["decision"].as_bool().unwrap()
}

fn acme(version: &str, behaviour: &str) -> Vec<u8> {
    guests::plugin("acmes", version, behaviour)
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_stand_side_by_side_and_are_described() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let component = acme("1.0.0", "");
    let made = bring(&admin, component.clone()).await.expect(201);
    let etag = made.header("etag").unwrap().to_owned();
    assert_eq!(made.json()["enabled_version"], Value::Null, "an upload changes nothing that answers");
    let same = bring(&admin, component.clone()).await.expect(200);
    assert_eq!(same.header("etag"), Some(etag.as_str()), "the same bytes once more change nothing");

    let refused = bring(&admin, acme("1.0.0", "deny")).await.expect(409).text();
    assert!(refused.contains("another digest"), "{refused}");
    let outdated = admin.clone().with_header("if-match", &etag);
    bring(&outdated, acme("2.0.0", "deny")).await.expect(201);
    bring(&outdated, acme("3.0.0", "trap")).await.expect(412);

    let plugin = admin.get(&format!("{PLUGINS}/acmes")).await.expect(200).json();
    let versions = plugin["versions"].as_array().unwrap();
    assert_eq!(versions.iter().map(|version| &version["version"]).collect::<Vec<_>>(), ["1.0.0", "2.0.0"]);
    let digest = sha256_hex(&component);
    for which in ["1.0.0", digest.as_str(), &format!("sha256:{digest}")] {
        let version = admin.get(&format!("{PLUGINS}/acmes/versions/{which}")).await.expect(200).json();
        assert_eq!(version, versions[0]);
    }
    let about = &versions[0]["component"];
    assert_eq!((&about["world"], &about["size"]), (&json!("validator"), &json!(component.len())));
    assert_eq!((&about["conf_schema"], &about["imports"]), (&json!({}), &json!(["portcullis:policy/types@1.0.0"])));
    admin.get(&format!("{PLUGINS}/acmes/versions/9.9.9")).await.expect(404);
    admin.get(&format!("{PLUGINS}/nobodys")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn components_that_come_with_the_server_are_listed_and_their_names_taken() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, acme("1.0.0", "")).await.expect(201);
    let listed = admin.get(PLUGINS).await.expect(200).json();
    let of = |name: &str| listed["plugins"].as_array().unwrap().iter().find(|plugin| plugin["name"] == name).cloned();
    assert_eq!(of("acmes").unwrap()["bundled"], false);
    let header = of("header").unwrap();
    assert_eq!((&header["bundled"], header["enabled_digest"].as_str().unwrap().len()), (&json!(true), 64));
    let shown = admin.get(&format!("{PLUGINS}/header")).await.expect(200).json();
    assert_eq!(shown["enabled_digest"], header["enabled_digest"]);
    assert!(shown["versions"][0]["component"]["conf_schema"]["properties"].is_object(), "{shown}");

    let path = format!("{PLUGINS}?name=header");
    let refused = admin.send(Method::POST, &path, Some(COMPONENT), acme("1.0.0", "").into()).await.expect(409);
    assert!(refused.text().contains("comes with the server"));
    admin.delete(&format!("{PLUGINS}/header")).await.expect(404);
    let path = format!("{PLUGINS}?name=Our%20own");
    let bad = admin.send(Method::POST, &path, Some(COMPONENT), acme("1.0.0", "").into()).await.expect(422);
    assert_eq!(wrong_members(&bad), ["query.name"]);
    let path = format!("{PLUGINS}?name=our-own");
    admin.send(Method::POST, &path, Some(COMPONENT), acme("1.0.0", "").into()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_component_for_policies_is_refused_in_words() {
    let server = TestServer::with(|config| config.plugins.component_bytes = 16 << 10).await;
    let admin = server.as_admin();
    let core = b"\0asm\x01\0\0\0".to_vec();
    for (component, words) in [
        (b"(component)".to_vec(), "not WebAssembly"),
        (core, "wasm-tools component new"),
        (guests::whole("foreign-import"), "there is no WASI here"),
        (guests::whole("no-world"), "exports none of the worlds"),
        (guests::damaged(), "cannot be loaded"),
        (acme("1.0.0", "endless-describe"), "did not answer in time"),
        (acme("1 0/0", ""), "says that its version is"),
        (guests::plugin("Acme!", "1.0.0", ""), "no component name"),
        (vec![0; (16 << 10) + 1], "at most 16384"),
    ] {
        let refused = bring(&admin, component).await.expect(422).text();
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert_eq!(admin.send(Method::POST, PLUGINS, Some("text/plain"), "x".into()).await.status, 415);
    let listed = admin.get(PLUGINS).await.expect(200).json();
    assert!(listed["plugins"].as_array().unwrap().iter().all(|plugin| plugin["bundled"] == true), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_name_a_plugin_by_name_version_or_digest() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (allowing, denying) = (acme("1.0.0", ""), acme("2.0.0", "deny"));
    for component in [&allowing, &denying] {
        bring(&admin, component.clone()).await.expect(201);
    }
    let exact = format!("acmes@sha256:{}", sha256_hex(&allowing));
    let refused =
        |name: &str| json!({ "id": "p", "policy_name": "P", "validators": [{ "name": "true" }, { "name": name }] });
    for (name, words) in [
        ("acmes", "enable one of its versions (1.0.0, 2.0.0)"),
        ("acmes@3.0.0", "it has 1.0.0, 2.0.0"),
        (&format!("acmes@sha256:{}", "0".repeat(64)), "no version with the digest"),
        ("other@1.0.0", "upload it first"),
        ("other", "no component of this name"),
    ] {
        let answer = admin.post(&format!("{ADMIN}/policies"), &refused(name)).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/validators/1/name"], "{name}");
        assert!(answer.text().contains(words), "{name}: {}", answer.text());
    }
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    for (id, name) in [("bare", "acmes"), ("version", "acmes@1.0.0"), ("digest", exact.as_str())] {
        make_policy(&admin, id, json!([{ "name": name }])).await;
    }
    for (id, allowed) in [("bare", false), ("version", true), ("digest", true)] {
        assert_eq!(allows(&server, id).await, allowed, "{id}");
    }
    let tested = json!({ "policy": { "validators": [{ "name": "acmes@2.0.0" }] } });
    let tested = admin.post(&format!("{ADMIN}/policies/test"), &tested).await.expect(200).json();
    assert_eq!(tested["result"], "deny");

    let plugin = admin.get(&format!("{PLUGINS}/acmes")).await.expect(200).json();
    assert_eq!(plugin["versions"][0]["used_by"], json!(["policies/digest", "policies/version"]));
    assert_eq!(plugin["versions"][1]["used_by"], json!(["policies/bare"]));

    // A policy of another tenant cannot reach them, not even by digest.
    let other = server.as_other_admin();
    let foreign = json!({ "id": "p", "policy_name": "P", "validators": [{ "name": exact }] });
    other.post("/api/admin/demo/policies", &foreign).await.expect(422);
    other.get("/api/admin/demo/plugins/acmes").await.expect(404);
    other.get(&format!("{PLUGINS}/acmes")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_stays() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (allowing, denying) = (acme("1.0.0", ""), acme("2.0.0", "deny"));
    for component in [&allowing, &denying] {
        bring(&admin, component.clone()).await.expect(201);
    }
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    let version = format!("{PLUGINS}/acmes/versions");
    let used = |answer: Answer| answer.json()["details"]["used_by"].clone();

    make_policy(&admin, "bare", json!([{ "name": "acmes" }])).await;
    let refused = admin.delete(&format!("{version}/1.0.0")).await.expect(400);
    assert_eq!(used(refused), json!(["policies/bare"]));
    assert_eq!(
        used(admin.post(&format!("{PLUGINS}/acmes/disable"), &json!({})).await.expect(400)),
        json!(["policies/bare"])
    );
    make_policy(&admin, "exact", json!([{ "name": format!("acmes@sha256:{}", sha256_hex(&denying)) }])).await;
    let refused = admin.delete(&format!("{version}/2.0.0")).await.expect(400);
    assert_eq!(used(refused), json!(["policies/exact"]));
    assert_eq!(
        used(admin.delete(&format!("{PLUGINS}/acmes")).await.expect(400)),
        json!(["policies/bare", "policies/exact"])
    );

    admin.delete(&format!("{ADMIN}/policies/bare")).await.expect(204);
    let disabled = admin.post(&format!("{PLUGINS}/acmes/disable"), &json!({})).await.expect(200).json();
    assert_eq!((&disabled["enabled_version"], &disabled["previous_version"]), (&Value::Null, &json!("1.0.0")));
    assert!(!allows(&server, "exact").await, "who names a version is still answered by it");
    assert_eq!(ask(&server.as_system(), "exact").await["context"]["reasons"][0]["code"], "denied");
    admin.delete(&format!("{version}/1.0.0")).await.expect(204);
    admin.post(&format!("{PLUGINS}/acmes/rollback"), &json!({})).await.expect(409);
    admin.delete(&format!("{ADMIN}/policies/exact")).await.expect(204);
    admin.delete(&format!("{PLUGINS}/acmes")).await.expect(204);
    admin.get(&format!("{PLUGINS}/acmes")).await.expect(404);
    bring(&admin, acme("1.0.0", "deny")).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_checker_of_a_server_is_a_user_too() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (checker, validator) = (guests::plugin_checker("check", "1.0.0"), guests::plugin("check", "2.0.0", ""));
    bring(&admin, checker).await.expect(201);
    bring(&admin, validator).await.expect(201);
    enable(&admin, "check", "1.0.0").await.expect(200);
    let body = json!({ "id": "strict", "name": "Strict", "key_type": "ecdsa", "consent_checker": { "name": "check", "conf": {} } });
    admin.post(&format!("{ADMIN}/servers"), &body).await.expect(201);
    let plugin = admin.get(&format!("{PLUGINS}/check")).await.expect(200).json();
    assert_eq!(plugin["versions"][0]["used_by"], json!(["servers/strict"]));
    admin.delete(&format!("{PLUGINS}/check")).await.expect(400);
    let refused = enable(&admin, "check", "2.0.0").await.expect(422);
    assert_eq!(wrong_members(&refused), ["servers/strict/consent_checker/name"]);
    admin.delete(&format!("{ADMIN}/servers/strict")).await.expect(204);
    admin.delete(&format!("{PLUGINS}/check")).await.expect(204);
}
