//! One application from its making to its end.

use portcullis::{
    domain::application::{Application, bars},
    store::timeline,
};
use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{Cast, at, ids, plain},
};
use crate::support::{Caller, TestServer};

async fn make(admin: &Caller, body: &Value) -> String {
    let made = admin.post(APPLICATIONS, body).await.expect(200).json();
    assert_eq!(made.as_object().unwrap().len(), 1, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

fn error(answer: &crate::support::Answer) -> String {
    answer.json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_shown_replaced_and_removed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let id =
        make(&admin, &plain(json!({ "issuer": "https://idp.example", "deep": { "list": [1, { "a": null }] } }))).await;
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let path = at(&id);
    let answer = admin.get(&path).await.expect(200);
    let shown = answer.json();
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(shown["config"], json!({ "issuer": "https://idp.example", "deep": { "list": [1, { "a": null }] } }));
    for (member, value) in [
        ("version", json!(1)),
        ("id", json!(id)),
        ("organizationId", json!("default")),
        ("type", json!("STANDALONE_OPENID")),
        ("visible", json!(true)),
        ("disabled", json!(false)),
        ("expiresAt", json!(null)),
        ("anonymousRegistrationEnabled", json!(false)),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    assert_eq!(shown["createdAt"], shown["modifiedAt"]);

    server.world.advance_seconds(60);
    let mut body = plain(json!({ "issuer": "https://other.example" }));
    body["type"] = json!("TALKDESK_OPENID");
    body["disabled"] = json!(true);
    assert!(admin.put(&path, &body).await.expect(204).body.is_empty());
    let changed = admin.get(&path).await.expect(200).json();
    assert_eq!(
        (&changed["version"], &changed["type"], &changed["disabled"]),
        (&json!(2), &json!("TALKDESK_OPENID"), &json!(true))
    );
    assert_eq!(
        changed["config"],
        json!({ "issuer": "https://other.example" }),
        "the configuration is replaced as a whole"
    );
    assert_eq!(changed["createdAt"], shown["createdAt"]);
    assert!(changed["modifiedAt"].as_str() > changed["createdAt"].as_str());

    admin.delete(&path).await.expect(204);
    for gone in [admin.get(&path).await, admin.put(&path, &body).await, admin.delete(&path).await] {
        assert_eq!(error(&gone.expect(404)), format!("there is no application `{id}`"));
    }
    assert!(ids(&admin.get(APPLICATIONS).await.expect(200)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_update_leaves_out_stays_and_what_is_the_same_leaves_no_mark() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let mut body = plain(json!({ "a": 1 }));
    let more = json!({
        "disabled": true, "visible": false, "expiresAt": "2030-01-01T01:00:00+01:00", "anonymousRegistrationEnabled": true,
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = at(&make(&admin, &body).await);
    let members = ["disabled", "visible", "expiresAt", "anonymousRegistrationEnabled", "version"];
    let shown = async || {
        let shown = admin.get(&path).await.expect(200).json();
        members.map(|member| shown[member].clone())
    };
    let as_made = [json!(true), json!(false), json!("2030-01-01T00:00:00Z"), json!(true), json!(1)];
    assert_eq!(shown().await, as_made);
    admin.put(&path, &plain(json!({ "a": 1 }))).await.expect(204);
    assert_eq!(shown().await, as_made, "nothing has changed");

    let mut body = plain(json!({ "a": 1 }));
    body["expiresAt"] = json!(null);
    body["disabled"] = json!(false);
    admin.put(&path, &body).await.expect(204);
    assert_eq!(shown().await, [json!(false), json!(false), json!(null), json!(true), json!(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_have_seen_one_version_the_second_is_refused() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = at(&make(&admin, &plain(json!({ "a": 1 }))).await);
    let with = |value: u64, version: u64| {
        let mut body = plain(json!({ "a": value }));
        body["version"] = json!(version);
        body
    };
    admin.put(&path, &with(2, 1)).await.expect(204);
    let stale = admin.put(&path, &with(3, 1)).await.expect(409);
    assert_eq!(error(&stale), "the application cannot be saved: version 1 was given, it has version 2");
    admin.put(&path, &with(3, 3)).await.expect(409);
    // The same by the entity tag, in the words of HTTP.
    let seen = admin.clone().with_header("if-match", "\"1\"");
    seen.put(&path, &plain(json!({ "a": 4 }))).await.expect(412);
    seen.delete(&path).await.expect(412);
    assert_eq!(admin.get(&path).await.expect(200).json()["config"], json!({ "a": 2 }));
    admin.clone().with_header("if-match", "\"2\"").delete(&path).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = at(&make(&admin, &plain(json!({ "a": 1 }))).await);
    let nested = (0..16).fold(json!(1), |inner, _| json!({ "a": inner }));
    for (change, named) in [
        (json!({ "type": null }), "/type"),
        (json!({ "type": "PUREENGAGE" }), "/type"),
        (json!({ "type": "genesys" }), "/type"),
        (json!({ "config": null }), "/config"),
        (json!({ "config": [] }), "/config"),
        (json!({ "config": "{}" }), "/config"),
        (json!({ "config": { "a": nested } }), "/config"),
        (json!({ "config": { "a": "x".repeat(65_536) } }), "/config"),
        (json!({ "config": { "": 1 } }), "/config"),
        (json!({ "disabled": "no" }), "/disabled"),
        (json!({ "expiresAt": "tomorrow" }), "/expiresAt"),
        (json!({ "expiresAt": 1 }), "/expiresAt"),
        (json!({ "vissible": true }), "/vissible"),
    ] {
        let mut body = plain(json!({}));
        for (member, value) in change.as_object().unwrap() {
            body[member] = value.clone();
        }
        for answer in [admin.post(APPLICATIONS, &body).await, admin.put(&path, &body).await] {
            let told = error(&answer.expect(400));
            assert!(told.starts_with(named), "{change}: {told}");
        }
    }
    for body in [
        json!({ "type": "TEST" }),
        json!({ "config": {} }),
        json!([]),
        json!({ "version": -1, "type": "TEST", "config": {} }),
    ] {
        admin.put(&path, &body).await.expect(400);
    }
    let page = admin.get(APPLICATIONS).await.expect(200);
    assert_eq!(page.json()["totalElements"], 1);
    assert_eq!(page.json()["content"][0]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_barred_while_an_application_is_disabled_has_ended_or_is_gone() {
    let server = TestServer::start().await;
    let (admin, domain) = (server.as_admin(), &server.app.domain);
    let id = make(&admin, &plain(json!({}))).await;
    assert!(bars(domain, "default", &id).is_ok());
    assert!(bars(domain, "demo", &id).is_err(), "it is the organization's own");
    let set = async |member: &str, value: Value| {
        let mut body = plain(json!({}));
        body[member] = value;
        admin.put(&at(&id), &body).await.expect(204);
    };
    set("disabled", json!(true)).await;
    assert!(bars(domain, "default", &id).is_err());
    set("disabled", json!(false)).await;
    assert!(bars(domain, "default", &id).is_ok());
    let end = portcullis::domain::moment::show(domain.world.now() + 60_000_000);
    set("expiresAt", json!(end)).await;
    assert!(bars(domain, "default", &id).is_ok());
    server.world.advance_seconds(59);
    assert!(bars(domain, "default", &id).is_ok());
    server.world.advance_seconds(1);
    assert!(bars(domain, "default", &id).is_err(), "an end is exact");
    set("expiresAt", json!(null)).await;
    assert!(bars(domain, "default", &id).is_ok());
    admin.delete(&at(&id)).await.expect(204);
    assert!(bars(domain, "default", &id).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn history_says_who_changed_it_in_which_tongue() {
    let cast = Cast::start().await;
    cast.make("default", "app", plain(json!({ "a": 1 }))).await;
    cast.admin.put(&at("app"), &plain(json!({ "a": 2 }))).await.expect(204);
    let read = cast.server.app.domain.store.read().unwrap();
    let history = timeline::history::<Application>(&read, "default", "app").unwrap();
    let told: Vec<_> =
        history.iter().map(|state| (state.version, state.author.as_str(), state.tongue.as_str())).collect();
    assert_eq!(told, [(1, "system/system/setup", "apps"), (2, "default/admin/admin", "apps")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_its_history_and_goes_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let id = make(&admin, &plain(json!({ "a": "s3cr3t" }))).await;
    admin.put(&at(&id), &plain(json!({ "a": 2 }))).await.expect(204);
    let mut body = plain(json!({ "a": 2 }));
    body["disabled"] = json!(true);
    admin.put(&at(&id), &body).await.expect(204);
    admin.delete(&at(&id)).await.expect(204);
    let history = format!("/api/admin/default/history/applications/{id}");
    let shown = admin.get(&history).await.expect(200).json();
    let states = shown["states"].as_array().unwrap();
    assert_eq!(
        states.iter().map(|state| state["deleted"] == json!(true)).collect::<Vec<_>>(),
        [false, false, false, true]
    );
    // That a configuration has changed is told, not what it was.
    assert_eq!(states[1]["changes"], json!([{ "member": "config" }]));
    assert_eq!(states[2]["changes"], json!([{ "member": "disabled", "before": false, "after": true }]));
    server.as_other_admin().get(&history).await.expect(401);
    admin.post(&format!("{history}/rollback"), &json!({ "version": 1 })).await.expect(200);
    assert_eq!(admin.get(&at(&id)).await.expect(200).json()["config"], json!({ "a": "s3cr3t" }));
    admin.put(&at(&id), &plain(json!({ "a": 3 }))).await.expect(204);
    admin.post(&format!("{history}/rollback"), &json!({ "version": 2 })).await.expect(200);
    assert_eq!(admin.get(&at(&id)).await.expect(200).json()["config"], json!({ "a": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_nowhere_in_clear() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let secret = "a-secret-that-nobody-else-has";
    let id = make(&admin, &plain(json!({ "serviceParameters": { "client_secret": secret } }))).await;
    admin.get(&at(&id)).await.expect(200);
    let (folder, _) = server.stop().await;
    let mut looked_at = 0;
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            looked_at += bytes.len();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} has it", entry.path().display());
        }
    }
    assert!(looked_at > 10_000, "the store is in that folder");
}
