//! Who sees which applications at all, and what only services of the platform may say.

use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{Cast, at, ids, plain},
};
use crate::support::{
    Caller,
    made::{basic, bearer_of, make_client, post_form},
};

/// Two applications of `default` and one of `demo`; `quiet` is not visible.
async fn with_three() -> Cast {
    let cast = Cast::start().await;
    cast.make("default", "loud", plain(json!({}))).await;
    let mut quiet = plain(json!({}));
    quiet["visible"] = json!(false);
    cast.make("default", "quiet", quiet).await;
    cast.make("demo", "elsewhere", plain(json!({}))).await;
    cast
}

async fn listed(caller: &Caller, path: &str) -> Vec<String> {
    ids(&caller.get(&format!("{path}?sort=id")).await.expect(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_somebody_administrates_or_what_is_visible() {
    let cast = with_three().await;
    for (role, caller) in cast.everybody() {
        let expected: &[&str] = match role {
            "GLOBAL_ADMIN" => &["elsewhere", "loud", "quiet"],
            "SERVICE" => &["elsewhere", "loud"],
            "ADMIN" => &["loud", "quiet"],
            _ => &["loud"],
        };
        assert_eq!(listed(caller, APPLICATIONS).await, expected, "{role}");
    }
    assert_eq!(listed(&cast.stranger, APPLICATIONS).await, ["elsewhere"]);
    cast.server.anonymous().get(APPLICATIONS).await.expect(401);
    cast.server.anonymous().with_token("garbage").get(APPLICATIONS).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_an_organization_is_for_the_platform() {
    let cast = with_three().await;
    for (role, caller) in cast.everybody() {
        let path = format!("{APPLICATIONS}/organizations/default");
        match role {
            "GLOBAL_ADMIN" | "SERVICE" => {
                assert_eq!(listed(caller, &path).await, ["loud", "quiet"], "{role}");
                assert_eq!(listed(caller, &format!("{APPLICATIONS}/organizations/demo")).await, ["elsewhere"]);
                assert!(listed(caller, &format!("{APPLICATIONS}/organizations/nobodys")).await.is_empty());
            }
            _ => {
                let refused = caller.get(&path).await.expect(403).json();
                assert_eq!(refused, json!({ "error": "this needs the authority SERVICE or GLOBAL_ADMIN" }), "{role}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_another_organization_is_not_there() {
    let cast = with_three().await;
    for (role, caller) in cast.everybody() {
        let expected = if matches!(role, "GLOBAL_ADMIN" | "SERVICE") { 200 } else { 404 };
        caller.get(&at("elsewhere")).await.expect(expected);
    }
    for caller in [&cast.admin, &cast.integrator] {
        caller.put(&at("elsewhere"), &plain(json!({ "a": 1 }))).await.expect(404);
        caller.delete(&at("elsewhere")).await.expect(404);
    }
    cast.stranger.get(&at("loud")).await.expect(404);
    // What is not visible is only not listed.
    cast.agent.get(&at("quiet")).await.expect(200);
    assert_eq!(cast.global.get(&at("elsewhere")).await.expect(200).json()["version"], 1);
    cast.global.put(&at("elsewhere"), &plain(json!({ "a": 1 }))).await.expect(204);
    cast.service.delete(&at("elsewhere")).await.expect(204);
    assert!(listed(&cast.stranger, APPLICATIONS).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_free_everywhere_or_in_the_own_organization() {
    let cast = with_three().await;
    let free = async |caller: &Caller, id: &str| {
        caller.get(&at(&format!("{id}/availability"))).await.expect(200).json()["available"].as_bool().unwrap()
    };
    for (role, caller) in cast.everybody() {
        match role {
            "GLOBAL_ADMIN" | "SERVICE" => {
                assert!(!free(caller, "loud").await && !free(caller, "elsewhere").await && free(caller, "new").await);
            }
            "CLIENT_SERVICE" => {
                assert!(!free(caller, "loud").await && free(caller, "elsewhere").await && free(caller, "new").await);
            }
            _ => drop(caller.get(&at("new/availability")).await.expect(403)),
        }
    }
    cast.admin.delete(&at("loud")).await.expect(204);
    assert!(free(&cast.machine, "loud").await, "it is free again");
    // An id that no application can have is not free.
    cast.global.get(&at("a%20b/availability")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_organizations_are_named_by_the_platform_only() {
    let cast = with_three().await;
    let with = |member: &str, value: &str| {
        let mut body = plain(json!({}));
        body[member] = json!(value);
        body
    };
    for (role, caller) in cast.everybody() {
        if matches!(role, "GLOBAL_ADMIN" | "SERVICE") {
            continue;
        }
        for body in [with("id", "mine"), with("organizationId", "demo")] {
            let refused = caller.post(APPLICATIONS, &body).await.expect(403).json();
            let told = refused["error"].as_str().unwrap();
            assert!(told.starts_with("this needs the authority SERVICE or GLOBAL_ADMIN, for `/"), "{role}: {told}");
        }
        caller.put(&at("loud"), &with("organizationId", "demo")).await.expect(403);
    }
    assert_eq!(listed(&cast.global, APPLICATIONS).await, ["elsewhere", "loud", "quiet"]);

    // The own one may be named, and so may everything that is shown.
    cast.admin.post(APPLICATIONS, &with("organizationId", "default")).await.expect(200);
    let mut shown = cast.admin.get(&at("loud")).await.expect(200).json();
    cast.admin.put(&at("loud"), &shown).await.expect(204);
    shown["id"] = json!("other");
    cast.admin.put(&at("loud"), &shown).await.expect(400);

    let make = async |id: &str, organization: &str| {
        let mut body = with("id", id);
        body["organizationId"] = json!(organization);
        cast.service.post(APPLICATIONS, &body).await
    };
    make("made", "demo").await.expect(200);
    assert_eq!(cast.stranger.get(&at("made")).await.expect(200).json()["organizationId"], "demo");
    // An id is one application's in the whole installation.
    make("made", "demo").await.expect(409);
    make("made", "default").await.expect(409);
    let refused = make("new", "nobodys").await.expect(400).json();
    assert_eq!(refused["error"], "/organizationId: there is no organization `nobodys`");
    for id in ["organizations", "a/b", "..", "a b"] {
        make(id, "demo").await.expect(400);
    }
    // Without one it is the own organization's.
    let made = cast.service.post(APPLICATIONS, &plain(json!({}))).await.expect(200).json();
    let own = cast.service.get(&at(made["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(own["organizationId"], "system");
    // An application stays in its organization.
    cast.service.put(&at("made"), &with("organizationId", "demo")).await.expect(204);
    cast.service.put(&at("made"), &with("organizationId", "default")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_goes_takes_its_applications_along_and_gives_their_ids_back() {
    let cast = with_three().await;
    cast.global.delete("/api/system/tenants/demo").await.expect(204);
    cast.global.get(&at("elsewhere")).await.expect(404);
    assert_eq!(listed(&cast.global, APPLICATIONS).await, ["loud", "quiet"]);
    cast.make("default", "elsewhere", plain(json!({}))).await;
    assert_eq!(cast.admin.get(&at("elsewhere")).await.expect(200).json()["organizationId"], "default");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_may_come_with_name_and_password() {
    let cast = with_three().await;
    let named = |name: &str, secret: &str| cast.server.anonymous().with_header("authorization", &basic(name, secret));
    let secret = crate::support::SECRET;
    assert_eq!(listed(&named("admin", secret), APPLICATIONS).await, ["loud", "quiet"]);
    assert_eq!(listed(&named("demo/admin", secret), APPLICATIONS).await, ["elsewhere"]);
    named("admin", "not the secret of anybody at all").get(APPLICATIONS).await.expect(401);
    let made: Value = named("admin", secret).post(APPLICATIONS, &plain(json!({}))).await.expect(200).json();
    assert!(made["id"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_bound_to_an_application_acts_for_that_one_only() {
    let cast = with_three().await;
    let admin = &cast.admin;
    let body = json!({ "roles": ["Admin"], "applicationId": "loud" });
    let client = admin.post("/security/clients", &body).await.expect(200).json();
    let [id, secret] = ["clientId", "clientSecret"].map(|member| client[member].as_str().unwrap());
    let proven = cast.server.anonymous().with_header("authorization", &basic(id, secret));
    let tokens = post_form(&proven, "/oauth/token", "grant_type=client_credentials").await.expect(200).json();
    let bound = cast.server.anonymous().with_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(listed(&bound, APPLICATIONS).await, ["loud"]);
    bound.get(&at("loud")).await.expect(200);
    bound.put(&at("loud"), &plain(json!({ "a": 1 }))).await.expect(204);
    bound.get(&at("quiet")).await.expect(404);
    bound.put(&at("quiet"), &plain(json!({ "a": 1 }))).await.expect(404);
    bound.delete(&at("quiet")).await.expect(404);
    bound.post(APPLICATIONS, &plain(json!({}))).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_runs_with_is_no_service_of_the_organization() {
    let cast = with_three().await;
    let client = make_client(&cast.admin, "system", "edge", &["read_gateway_configuration"]).await;
    let edge = bearer_of(&cast.server, &client);
    let config = json!({ "serviceParameters": { "key": "theirs" }, "other": 1 });
    cast.admin.put(&at("loud"), &plain(config)).await.expect(204);
    assert_eq!(edge.get(&at("loud")).await.expect(200).json()["config"], json!({}));
    edge.get(&at("new/availability")).await.expect(403);
    let shown = cast.machine.get(&at("loud")).await.expect(200).json();
    assert_eq!(shown["config"]["serviceParameters"], json!({ "key": "theirs" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_say_no_version_all_get_their_turn() {
    let cast = with_three().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let admin = cast.admin.clone();
        writers.spawn(async move { admin.put(&at("loud"), &plain(json!({ "by": number }))).await.status });
    }
    while let Some(status) = writers.join_next().await {
        assert_eq!(status.unwrap().as_u16(), 204);
    }
}
