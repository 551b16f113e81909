//! Who adds, edits and deletes: what the built-in policies say, and that they are policies like any other.

use std::time::Duration;

use portcullis::{domain::policy::Policy, store::timeline};
use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{Cast, at, genesys, genesys_config, plain},
};
use crate::support::{
    Caller, TestServer, guests,
    made::{ADMIN, attribute, no, policy, yes},
};

/// Makes a policy of the tenant `default` another one.
async fn replace(admin: &Caller, id: &str, validators: Value) {
    admin.put(&format!("{ADMIN}/policies/{id}"), &policy(id, validators)).await.expect(201);
}

fn denied(answer: crate::support::Answer) -> String {
    answer.expect(403).json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_genesys_needs_permissions_and_the_others_an_administrator() {
    let cast = Cast::start().await;
    for (role, caller) in cast.everybody() {
        let of_genesys = matches!(role, "GLOBAL_ADMIN" | "SERVICE" | "integrator");
        let of_others = matches!(role, "GLOBAL_ADMIN" | "SERVICE" | "ADMIN");
        for (body, allowed) in [(genesys(), of_genesys), (plain(json!({ "a": 1 })), of_others)] {
            let expected = |status: u16| if allowed { status } else { 403 };
            cast.make("default", "theirs", body.clone()).await;
            caller.post(APPLICATIONS, &body).await.expect(expected(200));
            let mut changed = body.clone();
            changed["disabled"] = json!(true);
            caller.put(&at("theirs"), &changed).await.expect(expected(204));
            let shown = cast.global.get(&at("theirs")).await.expect(200).json();
            assert_eq!(shown["disabled"], allowed, "{role}");
            caller.delete(&at("theirs")).await.expect(expected(204));
            cast.global.get(&at("theirs")).await.expect(if allowed { 404 } else { 200 });
            if !allowed {
                cast.global.delete(&at("theirs")).await.expect(204);
            }
        }
    }
    let told = denied(cast.admin.post(APPLICATIONS, &genesys()).await);
    assert_eq!(told, "a policy denies adding an application of the type GENESYS");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_genesys_names_its_organization_and_its_environment() {
    let cast = Cast::start().await;
    cast.make("default", "app", genesys()).await;
    for member in ["organizationId", "pcEnvironment"] {
        let without = |value: Option<Value>| {
            let mut body = genesys();
            let config = body["config"].as_object_mut().unwrap();
            match value {
                Some(value) => drop(config.insert(member.to_owned(), value)),
                None => drop(config.remove(member)),
            }
            body
        };
        for body in [without(None), without(Some(json!(""))), without(Some(json!(null)))] {
            for caller in [&cast.integrator, &cast.service, &cast.global] {
                denied(caller.post(APPLICATIONS, &body).await);
                denied(caller.put(&at("app"), &body).await);
            }
        }
    }
    assert_eq!(cast.global.get(&at("app")).await.expect(200).json()["config"], genesys_config());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_changes_its_type_is_decided_about_by_both() {
    let cast = Cast::start().await;
    cast.make("default", "app", genesys()).await;
    // Neither may make it what the other looks after, and so nobody gets at it by way of another type.
    denied(cast.admin.put(&at("app"), &plain(json!({}))).await);
    denied(cast.integrator.put(&at("app"), &plain(json!({}))).await);
    cast.make("default", "other", plain(json!({}))).await;
    denied(cast.admin.put(&at("other"), &genesys()).await);
    denied(cast.integrator.put(&at("other"), &genesys()).await);
    cast.service.put(&at("app"), &plain(json!({}))).await.expect(204);
    cast.service.put(&at("app"), &genesys()).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_changes_its_policies_and_the_rules_change_at_once() {
    let cast = Cast::start().await;
    denied(cast.supervisor.post(APPLICATIONS, &genesys()).await);
    let supervisors = attribute("authn_ctx.authorities", "contains", json!("SUPERVISOR"));
    replace(&cast.admin, "applications-genesys-add", json!([supervisors])).await;
    let mut body = genesys();
    body["config"] = json!({ "region": "eu" });
    cast.supervisor.post(APPLICATIONS, &body).await.expect(200);
    denied(cast.integrator.post(APPLICATIONS, &genesys()).await);
    // The rule is the organization's own, also for services of the platform, and nobody else's.
    body["organizationId"] = json!("default");
    denied(cast.service.post(APPLICATIONS, &body).await);
    let mut theirs = genesys();
    theirs["organizationId"] = json!("demo");
    cast.service.post(APPLICATIONS, &theirs).await.expect(200);

    replace(&cast.admin, "applications-edit", json!([no()])).await;
    cast.make("default", "app", plain(json!({}))).await;
    denied(cast.admin.put(&at("app"), &plain(json!({ "a": 1 }))).await);
    replace(&cast.admin, "applications-edit", json!([yes()])).await;
    cast.customer.put(&at("app"), &plain(json!({ "a": 1 }))).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_answer_or_is_gone_is_a_no() {
    let cast = Cast::start().await;
    cast.make("default", "app", plain(json!({ "a": 1 }))).await;
    cast.server.sandbox.install("steady", guests::component("trap")).unwrap();
    replace(&cast.admin, "applications-add", json!([{ "name": "steady" }])).await;
    replace(&cast.admin, "applications-view-other", json!([{ "name": "steady" }])).await;
    denied(cast.admin.post(APPLICATIONS, &plain(json!({}))).await);
    assert_eq!(cast.admin.get(&at("app")).await.expect(200).json()["config"], json!({}));
    cast.admin.delete(&format!("{ADMIN}/policies/applications-delete")).await.expect(204);
    denied(cast.admin.delete(&at("app")).await);
    denied(cast.global.delete(&at("app")).await);
}

/// A reader who were shown less, for a moment only, would send the rest away with the next change.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_has_had_no_time_is_no_answer() {
    let cast = Cast::start().await;
    cast.make("default", "app", plain(json!({ "a": 1 }))).await;
    cast.server.sandbox.install("endless", guests::component("endless-validate")).unwrap();
    let endless = json!([{ "name": "endless", "timeout_ms": 20 }]);
    replace(&cast.admin, "applications-add", endless.clone()).await;
    replace(&cast.admin, "applications-view-other", endless).await;
    cast.admin.post(APPLICATIONS, &plain(json!({}))).await.expect(503);
    cast.admin.get(&at("app")).await.expect(503);
    cast.admin.get(APPLICATIONS).await.expect(503);
    cast.admin.put(&at("app"), &plain(json!({}))).await.expect(503);
    replace(&cast.admin, "applications-view-other", json!([yes()])).await;
    assert_eq!(cast.admin.get(&at("app")).await.expect(200).json()["config"], json!({ "a": 1 }));
}

/// The decisions about applications in the log, once there are so many.
async fn logged(admin: &Caller, policy: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for _ in 0..2000 {
        let answer = admin.get(&format!("{ADMIN}/decisions?limit=1000")).await.expect(200).json();
        found = answer["decisions"].as_array().unwrap().clone();
        found.retain(|one| one["policy_id"] == policy);
        if found.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(found.len(), count, "{policy}: {found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_in_the_log_without_what_is_configured() {
    let cast = Cast::start().await;
    let mut body = genesys();
    body["config"]["serviceParameters"] = json!({ "client_secret": "s3cr3t" });
    body["config"]["pcEnvironment"] = json!("not.for.logs.example");
    let caller = cast.integrator.clone().with_header("x-request-id", "my-request-1");
    let id = caller.post(APPLICATIONS, &body).await.expect(200).json()["id"].clone();
    denied(cast.agent.post(APPLICATIONS, &body).await);
    cast.agent.get(&at(id.as_str().unwrap())).await.expect(200);

    let decided = logged(&cast.admin, "applications-genesys-add", 2).await;
    let (no, yes) = (&decided[0], &decided[1]);
    assert_eq!((&yes["result"], &no["result"]), (&json!("allow"), &json!("deny")));
    assert_eq!((&yes["request_id"], &yes["caller"]), (&json!("my-request-1"), &json!("default/default/integrator")));
    let input = &yes["input"];
    assert_eq!(input["action"], json!({ "name": "add_application" }));
    assert_eq!(input["subject"], json!({ "type": "user", "id": "integrator" }));
    assert_eq!(input["authn_ctx"]["organization_id"], "default");
    let authorities = input["authn_ctx"]["authorities"].as_array().unwrap();
    assert!(authorities.contains(&json!("AGENT")) && authorities.contains(&json!("integrations:integration:add")));
    assert_eq!((&input["resource"]["type"], &input["resource"]["id"]), (&json!("application"), &id));
    let names = &input["resource"]["properties"]["config"];
    assert_eq!(names, &json!(["organizationId", "pcEnvironment", "serviceParameters"]));
    let views = logged(&cast.admin, "applications-view-service", 1).await;
    assert_eq!(
        (&views[0]["result"], &views[0]["input"]["action"]),
        (&json!("deny"), &json!({ "name": "view_config" }))
    );
    let all = cast.admin.get(&format!("{ADMIN}/decisions?limit=1000")).await.expect(200).text();
    assert!(!all.contains("s3cr3t") && !all.contains("not.for.logs"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_store_gets_the_policies_it_has_never_had_and_no_others() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    admin.delete(&format!("{ADMIN}/policies/applications-edit")).await.expect(204);
    replace(&admin, "applications-delete", json!([yes()])).await;
    let erased = server.app.domain.write(|write| {
        for tenant in ["default", "demo", "system"] {
            timeline::erase::<Policy>(write, tenant, "applications-add")?;
        }
        Ok(())
    });
    erased.await.unwrap();
    denied(admin.post(APPLICATIONS, &plain(json!({}))).await);

    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let admin = server.as_admin();
    for caller in [&admin, &server.as_other_admin(), &server.as_setup()] {
        caller.post(APPLICATIONS, &plain(json!({}))).await.expect(200);
    }
    admin.get(&format!("{ADMIN}/policies/applications-edit")).await.expect(404);
    let kept = admin.get(&format!("{ADMIN}/policies/applications-delete")).await.expect(200).json();
    assert_eq!(kept["validators"][0]["name"], "true");
}
