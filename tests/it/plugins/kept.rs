//! What becomes of the bytes: kept once for all who have them, there after a crash, gone with the last who has them, and good
//! for replays until then.

use portcullis::{
    crypto::digest::sha256_hex,
    decision::Library,
    domain::{plugin::Shelf, replay},
};
use serde_json::{Value, json};

use super::{ADMIN, COMPONENT, PLUGINS, acme, allows, ask, bring, enable};
use crate::support::{Process, TestServer, TestWorld, made::make_policy};

/// Whether the store has a component's bytes.
fn has(server: &TestServer, component: &[u8]) -> bool {
    let shelf = Shelf::over(&server.app.domain.store);
    let found = shelf.wasm(&sha256_hex(component)).unwrap();
    assert!(found.as_deref().is_none_or(|found| found == component));
    found.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_stay_until_the_last_tenant_has_let_go_of_them() {
    let server = TestServer::start().await;
    let (admin, setup, component) = (server.as_admin(), server.as_setup(), acme("1.0.0", ""));
    bring(&admin, component.clone()).await.expect(201);
    let path = format!("{PLUGINS}?name=another");
    admin.send(http::Method::POST, &path, Some(COMPONENT), component.clone().into()).await.expect(201);
    let other = server.as_other_admin();
    let path = "/api/admin/demo/plugins";
    other.send(http::Method::POST, path, Some(COMPONENT), component.clone().into()).await.expect(201);
    for name in ["acmes", "another"] {
        admin.delete(&format!("{PLUGINS}/{name}")).await.expect(204);
        assert!(has(&server, &component), "others have it");
    }
    setup.delete("/api/system/tenants/demo").await.expect(204);
    assert!(!has(&server, &component), "the tenant has gone with its plugins");
    bring(&admin, component.clone()).await.expect(201);
    admin.delete(&format!("{PLUGINS}/acmes/versions/1.0.0")).await.expect(204);
    assert!(!has(&server, &component));
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_race_make_one_version() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (one, other) = (acme("1.0.0", ""), acme("1.0.0", "deny"));
    let answers = tokio::join!(
        bring(&admin, one.clone()),
        bring(&admin, other.clone()),
        bring(&admin, one.clone()),
        bring(&admin, other.clone()),
    );
    let mut statuses = [answers.0, answers.1, answers.2, answers.3].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201, 409, 409]);
    let plugin = admin.get(&format!("{PLUGINS}/acmes")).await.expect(200).json();
    assert_eq!(plugin["versions"].as_array().unwrap().len(), 1);
    assert_ne!(has(&server, &one), has(&server, &other), "who lost has left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_replayed_with_the_bytes_that_made_it() {
    let server = TestServer::start().await;
    let (admin, system) = (server.as_admin(), server.as_system());
    bring(&admin, acme("1.0.0", "")).await.expect(201);
    bring(&admin, acme("2.0.0", "deny")).await.expect(201);
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    make_policy(&admin, "p", json!([{ "name": "acmes" }])).await;
    let decided = ask(&system, "p").await;
    assert_eq!(decided["decision"], true);
    let id = decided["context"]["id"].as_str().unwrap().to_owned();
    enable(&admin, "acmes", "2.0.0").await.expect(200);
    assert!(!allows(&server, "p").await);

    // The log is written by a thread of its own.
    while admin.get(&format!("{ADMIN}/decisions/{id}")).await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let id = portcullis::domain::decision_log::parse_id(&id).unwrap();
    let domain = &server.app.domain;
    let again = replay::replay(&domain.store, &server.sandbox, &id).await.unwrap();
    assert_eq!(again.outcome(), replay::Outcome::Agrees);
    assert!(again.now.allow && again.changed.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_there_after_a_restart() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    bring(&admin, acme("1.0.0", "deny")).await.expect(201);
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    make_policy(&admin, "p", json!([{ "name": "acmes" }])).await;
    let (folder, world): (_, TestWorld) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let decision = ask(&server.as_system(), "p").await;
    assert_eq!(decision["context"]["reasons"][0]["code"], "denied", "{decision}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_answered_survives_a_kill_and_works() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    for (number, behaviour) in ["", "deny", "trap"].iter().enumerate() {
        bring(&admin, acme(&format!("{number}.0.0"), behaviour)).await.expect(201);
    }
    enable(&admin, "acmes", "1.0.0").await.expect(200);
    // One more is under way when the process dies.
    let last = tokio::spawn({
        let admin = admin.clone();
        async move { admin.send(http::Method::POST, PLUGINS, Some(COMPONENT), acme("9.0.0", "").into()).await.status }
    });
    process.kill();
    drop(last.await);

    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    let plugin = admin.get(&format!("{PLUGINS}/acmes")).await.expect(200).json();
    let versions: Vec<_> =
        plugin["versions"].as_array().unwrap().iter().map(|version| version["version"].as_str().unwrap()).collect();
    assert!(versions.starts_with(&["0.0.0", "1.0.0", "2.0.0"]), "{versions:?}");
    assert_eq!(plugin["enabled_version"], "1.0.0");
    for version in versions {
        // Whatever is told is whole: it can be asked.
        make_policy(&admin, &format!("v{}", &version[..1]), json!([{ "name": format!("acmes@{version}") }])).await;
    }
    let decision: Value = ask(&process.token_of("default", "system", "system"), "v1").await;
    assert_eq!(decision["context"]["reasons"][0]["code"], "denied", "{decision}");
}
