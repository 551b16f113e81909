//! Who sees what of a configuration.

use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{Cast, at, genesys, plain},
};
use crate::support::{
    Caller,
    made::{ADMIN, attribute, policy, yes},
};

/// The entries that have a policy of their own, and another.
const ENTRIES: [&str; 4] = ["serviceParameters", "agentParameters", "customerParameters", "integrationId"];

/// The same with all entries.
fn full(mut body: Value) -> Value {
    for entry in ENTRIES {
        body["config"][entry] = json!({ "of": entry });
    }
    body
}

fn entries(application: &Value) -> Vec<&str> {
    let config = application["config"].as_object().unwrap();
    for (name, value) in config.iter().filter(|(name, _)| ENTRIES.contains(&name.as_str())) {
        assert_eq!(value, &json!({ "of": name }));
    }
    ENTRIES.into_iter().filter(|entry| config.contains_key(*entry)).collect()
}

fn expected(role: &str) -> Vec<&'static str> {
    match role {
        "GLOBAL_ADMIN" | "integrator" => ENTRIES.to_vec(),
        "SERVICE" | "CLIENT_SERVICE" | "ADMIN" => vec!["serviceParameters", "integrationId"],
        "AGENT" | "SUPERVISOR" => vec!["agentParameters", "integrationId"],
        "CUSTOMER" => vec!["customerParameters"],
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_what_is_theirs() {
    let cast = Cast::start().await;
    cast.make("default", "calls", full(genesys())).await;
    cast.make("default", "login", full(plain(json!({})))).await;
    for (role, caller) in cast.everybody() {
        for id in ["calls", "login"] {
            let shown = caller.get(&at(id)).await.expect(200).json();
            assert_eq!(entries(&shown), expected(role), "{role} {id}");
        }
        // A list shows the same.
        let listed = caller.get(APPLICATIONS).await.expect(200).json();
        let content = listed["content"].as_array().unwrap();
        assert_eq!(content.len(), 2, "{role}");
        for shown in content {
            assert_eq!(entries(shown), expected(role), "{role}");
        }
    }
    // What a customer sees holds nothing of the rest, not even its names.
    let shown = cast.customer.get(&at("calls")).await.expect(200).json();
    assert_eq!(shown["config"], json!({ "customerParameters": { "of": "customerParameters" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_a_part_replaces_the_whole_only_when_allowed_to() {
    let cast = Cast::start().await;
    cast.make("default", "calls", full(genesys())).await;
    let seen = cast.agent.get(&at("calls")).await.expect(200).json();
    cast.agent.put(&at("calls"), &json!({ "type": "GENESYS", "config": seen["config"] })).await.expect(403);
    assert_eq!(entries(&cast.global.get(&at("calls")).await.expect(200).json()), ENTRIES);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_does_not_see_stays_when_they_replace_the_rest() {
    let cast = Cast::start().await;
    cast.make("default", "login", full(plain(json!({ "a": 1, "b": 2 })))).await;
    let mut shown = cast.admin.get(&at("login")).await.expect(200).json();
    let config = shown["config"].as_object_mut().unwrap();
    config.remove("b");
    config.insert("a".to_owned(), json!(3));
    cast.admin.put(&at("login"), &shown).await.expect(204);
    let whole = cast.global.get(&at("login")).await.expect(200).json();
    assert_eq!(entries(&whole), ENTRIES);
    assert_eq!(
        (&whole["config"]["a"], whole["config"].get("b")),
        (&json!(3), None),
        "what they see is theirs to change"
    );
    // An entry that is named is replaced, seen or not.
    shown["version"] = whole["version"].clone();
    shown["config"]["agentParameters"] = json!("new");
    cast.admin.put(&at("login"), &shown).await.expect(204);
    let config = cast.global.get(&at("login")).await.expect(200).json()["config"].clone();
    assert_eq!(config["agentParameters"], "new");
    assert_eq!(config["customerParameters"], json!({ "of": "customerParameters" }));
    // Whoever sees all takes away what they leave out.
    cast.global.put(&at("login"), &plain(json!({ "a": 1 }))).await.expect(204);
    assert_eq!(cast.global.get(&at("login")).await.expect(200).json()["config"], json!({ "a": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_decides_who_sees_what() {
    let cast = Cast::start().await;
    cast.make("default", "calls", full(genesys())).await;
    cast.make("default", "login", full(plain(json!({})))).await;
    let seen = async |caller: &Caller, id: &str| {
        let shown = caller.get(&at(id)).await.expect(200).json();
        entries(&shown).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let replace = async |id: &str, validators: Value| {
        cast.admin.put(&format!("{ADMIN}/policies/{id}"), &policy(id, validators)).await.expect(201);
    };
    replace("applications-view-customer", json!([yes()])).await;
    assert_eq!(seen(&cast.agent, "calls").await, ["agentParameters", "customerParameters", "integrationId"]);
    // A policy may look at the application's type, too.
    let of_genesys = attribute("resource.properties.type", "equals", json!("GENESYS"));
    replace("applications-view-agent", json!([of_genesys])).await;
    assert_eq!(seen(&cast.customer, "calls").await, ["agentParameters", "customerParameters"]);
    assert_eq!(seen(&cast.customer, "login").await, ["customerParameters"]);
    cast.admin.delete(&format!("{ADMIN}/policies/applications-view-other")).await.expect(204);
    assert_eq!(seen(&cast.admin, "calls").await, ["serviceParameters", "agentParameters", "customerParameters"]);
    assert_eq!(seen(&cast.integrator, "login").await, ["serviceParameters", "customerParameters"]);
}
