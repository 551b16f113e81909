//! One version in place of another while decisions are made: none is dropped, none is made by two versions, none is slow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use portcullis::crypto::digest::sha256_hex;
use serde_json::{Value, json};

use super::{ADMIN, PLUGINS, acme, allows, ask, bring, enable};
use crate::support::{
    Caller, TestServer, guests,
    made::{make_policy, wrong_members},
};

const ASKERS: usize = 4;
const SWAPS: usize = 12;

/// A decision of the log, once it is there.
async fn logged(admin: &Caller, id: &str) -> Value {
    for _ in 0..2000 {
        let found = admin.get(&format!("{ADMIN}/decisions/{id}")).await;
        if found.status == 200 {
            return found.json();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the log never had {id}");
}

async fn asks(system: Caller, stop: Arc<AtomicBool>) -> Vec<(String, bool)> {
    let mut seen = Vec::new();
    while !stop.load(Relaxed) {
        let answer = ask(&system, "live").await;
        seen.push((answer["context"]["id"].as_str().unwrap().to_owned(), answer["decision"].as_bool().unwrap()));
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_swapped_under_load_without_a_mixed_or_cold_decision() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 5000).await;
    let (admin, system) = (server.as_admin(), server.as_system());
    let versions = [acme("1.0.0", ""), acme("2.0.0", "deny")];
    for component in &versions {
        bring(&admin, component.clone()).await.expect(201);
    }
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    // Two rules of the plugin: the versions differ, so a mixed decision would show two digests or one reason.
    make_policy(&admin, "live", json!([{ "name": "acmes" }, { "name": "true" }, { "name": "acmes" }])).await;
    // From here on the policy is warm: enabling makes it so.
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    enable(&admin, "acmes", "1.0.0").await.expect(200);

    let stop = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..ASKERS).map(|_| tokio::spawn(asks(system.clone(), Arc::clone(&stop)))).collect();
    for swap in 0..SWAPS {
        let path = if swap % 3 == 0 { "enable" } else { "rollback" };
        let now = admin.get(&format!("{PLUGINS}/acmes")).await.expect(200).json();
        let other = if now["enabled_version"] == "1.0.0" { "2.0.0" } else { "1.0.0" };
        let body = if path == "enable" { json!({ "version": other }) } else { json!({}) };
        let done = admin.post(&format!("{PLUGINS}/acmes/{path}"), &body).await.expect(200).json();
        assert_eq!(done["enabled_version"], other);
        // What was answered holds for whoever asks afterwards.
        assert_eq!(allows(&server, "live").await, other == "1.0.0");
    }
    stop.store(true, Relaxed);
    let mut seen = Vec::new();
    for asker in askers {
        seen.extend(asker.await.unwrap());
    }
    let digests = versions.map(|component| sha256_hex(&component));
    let mut by_version = [0, 0];
    for (id, allowed) in &seen {
        let decision = logged(&admin, id).await;
        let components = decision["components"].as_array().unwrap();
        let of_plugin: Vec<_> = components.iter().filter(|component| component["name"] == "acmes").collect();
        assert_eq!(of_plugin.len(), 1, "{decision}");
        let version = digests.iter().position(|digest| of_plugin[0]["digest"] == *digest).unwrap();
        assert_eq!(*allowed, version == 0, "{decision}");
        assert_eq!(decision["failures"].as_array().unwrap().len(), if *allowed { 0 } else { 2 }, "{decision}");
        assert_eq!(decision["usage"]["cold"], false, "{decision}");
        by_version[version] += 1;
    }
    println!("{} decisions during {SWAPS} swaps, by version {by_version:?}", seen.len());
    assert!(by_version.iter().all(|made| *made > 0), "{by_version:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_refuses_a_configuration_is_not_enabled() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, acme("1.0.0", "")).await.expect(201);
    bring(&admin, acme("2.0.0", "refuse-configure")).await.expect(201);
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    make_policy(&admin, "first", json!([{ "name": "true" }, { "name": "acmes" }])).await;
    make_policy(&admin, "exact", json!([{ "name": "acmes@1.0.0" }])).await;
    let refused = enable(&admin, "acmes", "2.0.0").await.expect(422);
    let members = wrong_members(&refused);
    assert!(members.iter().all(|member| member.starts_with("policies/first/validators/1/conf")), "{members:?}");
    assert_eq!(admin.get(&format!("{PLUGINS}/acmes")).await.json()["enabled_version"], "1.0.0");
    assert!(allows(&server, "first").await);
    for (body, member) in [
        (json!({ "version": "3.0.0" }), "/version"),
        (json!({ "digest": "00" }), "/digest"),
        (json!({}), "/version"),
        (json!({ "version": "1.0.0", "digest": "00" }), "/version"),
    ] {
        let refused = admin.post(&format!("{PLUGINS}/acmes/enable"), &body).await.expect(422);
        assert_eq!(wrong_members(&refused), [member]);
    }
    // Nobody uses the name any more, so nobody is refused.
    admin.delete(&format!("{ADMIN}/policies/first")).await.expect(204);
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    admin.post(&format!("{PLUGINS}/acmes/rollback"), &json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_embeds_a_user_is_tried_as_a_whole() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, acme("1.0.0", "")).await.expect(201);
    bring(&admin, acme("2.0.0", "refuse-two")).await.expect(201);
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    make_policy(&admin, "inner", json!([{ "name": "acmes" }])).await;
    make_policy(&admin, "outer", json!([{ "policy": "inner" }, { "name": "acmes" }])).await;
    let refused = enable(&admin, "acmes", "2.0.0").await.expect(422);
    assert_eq!(wrong_members(&refused), ["policies/outer/validators"]);
    assert!(allows(&server, "outer").await);
    admin.delete(&format!("{ADMIN}/policies/outer")).await.expect(204);
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    assert!(allows(&server, "inner").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_another_world_does_not_take_a_validators_place() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, guests::plugin("check", "1.0.0", "")).await.expect(201);
    bring(&admin, guests::plugin_checker("check", "2.0.0")).await.expect(201);
    enable(&admin, "check", "1.0.0").await.expect(200);
    make_policy(&admin, "p", json!([{ "name": "check" }])).await;
    let refused = enable(&admin, "check", "2.0.0").await.expect(422);
    assert_eq!(wrong_members(&refused), ["policies/p/validators/0/name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_plugin_can_be_gone_back_to() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, acme("1.0.0", "")).await.expect(201);
    bring(&admin, acme("2.0.0", "deny")).await.expect(201);
    let first = enable(&admin, "acmes", "1.0.0").await.expect(200);
    let version: u64 = first.header("etag").unwrap().trim_matches(|one: char| !one.is_ascii_digit()).parse().unwrap();
    make_policy(&admin, "p", json!([{ "name": "acmes" }])).await;
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    assert!(!allows(&server, "p").await);
    let path = format!("{ADMIN}/history/plugins/acmes");
    let told = admin.get(&path).await.expect(200).text();
    assert!(told.contains("enabled"), "{told}");
    admin.post(&format!("{path}/rollback"), &json!({ "version": version })).await.expect(200);
    assert!(allows(&server, "p").await);
    // Version 1 is from before anything answered, which somebody relies on now.
    admin.post(&format!("{path}/rollback"), &json!({ "version": 1 })).await.expect(400);
}
