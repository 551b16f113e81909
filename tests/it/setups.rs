//! Setups as timelines of snapshots: made, shown, scheduled, switched, taken back, deleted, restored and found.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, bearer_of, make_client},
};

covers!(
    "listSetups",
    "createSetup",
    "showSetup",
    "updateSetup",
    "deleteSetup",
    "listSetupSnapshots",
    "showSetupSnapshot",
    "deleteSetupSnapshot",
    "listSetupClients",
    "createSetupClient",
    "showSetupClient",
    "updateSetupClient",
    "deleteSetupClient",
    "listSetupClientSnapshots",
    "showSetupClientSnapshot",
    "deleteSetupClientSnapshot",
    "translateClientId",
    "listSetupResourceServers",
    "createSetupResourceServer",
    "showResourceServer",
    "updateResourceServer",
    "deleteResourceServer",
    "listResourceServerSnapshots",
    "showResourceServerSnapshot",
    "deleteResourceServerSnapshot",
);

const ELSEWHERE: &str = "/nevismeta/rest/v2/modules/oauthv2";

fn setup(name: &str, more: Value) -> Value {
    with(json!({ "name": name, "client_defaults": { "grant_types": [] }, "resource_server_defaults": {} }), more)
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Makes an entity; answers its path.
async fn make(caller: &Caller, collection: &str, body: &Value) -> String {
    let made = caller.post(collection, body).await.expect(201).json();
    let (_, id) = made.as_object().unwrap().iter().next().unwrap();
    format!("{collection}/{}", id.as_str().unwrap())
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// The ids that a list answers.
async fn ids(caller: &Caller, path: &str) -> Vec<String> {
    let listed = caller.get(path).await.expect(200).json();
    let (_, ids) = listed.as_object().unwrap().iter().next().unwrap();
    ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn refused(answer: Answer, status: u16, code: &str, text: &str) {
    let body = answer.expect(status).json();
    assert_eq!(body["errorCode"], code, "{body}");
    assert!(body["errorText"].as_str().unwrap().starts_with(text), "{body}");
}

/// An instant so many seconds from now.
fn later(server: &TestServer, seconds: i64) -> String {
    portcullis::domain::moment::show_seconds(server.app.domain.world.now_seconds() + seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minimal_setup_is_filled_in() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = admin.post("/setups", &setup("First", json!({}))).await.expect(201).json();
    let id = made["setupId"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    let path = format!("/setups/{id}");
    let shown = admin.get(&path).await.expect(200).json();
    for (member, value) in
        [("name", json!("First")), ("owner", json!("admin")), ("comment", json!("")), ("metadata", json!([]))]
    {
        assert_eq!(shown[member], value, "{member}");
    }
    assert_eq!(shown["client_defaults"]["access_token_ttl"], 3600, "{shown}");
    assert_eq!(shown["resource_server_defaults"]["scope_policy_implicit_flow"], "consent_persisted");
    assert!(shown["valid_from"].is_string());
    assert_eq!(admin.get(&format!("{ELSEWHERE}{path}")).await.expect(200).json(), shown, "the other path form");

    // What was read can be written back, and a PUT answers the whole of it.
    let mut changed = shown.clone();
    changed["comment"] = json!("changed");
    let answer = admin.put(&path, &changed).await.expect(200).json();
    assert_eq!((&answer["comment"], &answer["name"]), (&json!("changed"), &json!("First")));
    assert_eq!(admin.get(&path).await.expect(200).json(), answer);

    // Made here, seen there.
    let seen = admin.get(&format!("{ADMIN}/servers/{id}")).await.expect(200).json();
    assert_eq!(seen["name"], "First");
    // curl names no media type of its own, and one of forms without being asked.
    let body = setup("Second", json!({})).to_string();
    for media_type in [None, Some("application/x-www-form-urlencoded")] {
        admin.send(Method::POST, "/setups?name=ignored", media_type, body.clone().into()).await.expect(201);
    }
    refused(admin.send(Method::POST, "/setups", Some("text/plain"), body.into()).await, 415, "MALFORMED_PAYLOAD", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_refused_in_the_documented_words() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let text = admin.send(Method::POST, "/setups", Some("application/json"), "{".into()).await;
    refused(text, 400, "MALFORMED_PAYLOAD", "Invalid JSON");
    for missing in ["name", "client_defaults", "resource_server_defaults"] {
        let mut body = setup("Wrong", json!({}));
        body.as_object_mut().unwrap().remove(missing);
        let text = format!("Missing attribute, /{missing}");
        refused(admin.post("/setups", &body).await, 400, "MALFORMED_PAYLOAD", &text);
    }
    let grants = setup("Wrong", json!({ "client_defaults": {} }));
    let text = "Missing attribute, /client_defaults/grant_types: is required";
    refused(admin.post("/setups", &grants).await, 400, "MALFORMED_PAYLOAD", text);
    for instant in ["2001-01-01T00:00:00Z", "tomorrow"] {
        let body = setup("Wrong", json!({ "valid_from": instant }));
        refused(admin.post("/setups", &body).await, 400, "MALFORMED_PAYLOAD", "Invalid validFrom attribute");
    }
    let policy = json!({ "resource_server_defaults": { "scope_policy_implicit_flow": "perhaps" } });
    let text = "Invalid attribute, /resource_server_defaults/scope_policy_implicit_flow";
    refused(admin.post("/setups", &setup("Wrong", policy)).await, 400, "MALFORMED_PAYLOAD", text);
    let unknown = setup("Wrong", json!({ "valid_form": "2100-01-01T00:00:00Z" }));
    refused(admin.post("/setups", &unknown).await, 400, "MALFORMED_PAYLOAD", "Invalid attribute, /valid_form");

    let path = make(&admin, "/setups", &setup("Right", json!({}))).await;
    refused(admin.put(&path, &json!({})).await, 400, "MALFORMED_PAYLOAD", "Missing attribute");
    let clients = format!("{path}/clients");
    refused(admin.post(&clients, &json!({})).await, 400, "MALFORMED_PAYLOAD", "Missing attribute, /name");
    let servers = format!("{path}/resource-servers");
    refused(admin.post(&servers, &json!({})).await, 400, "MALFORMED_PAYLOAD", "Missing attribute, /scopes");
    for query in ["validAt=yesterday", "validAt=2020-01-01"] {
        let text = "Invalid date format";
        refused(admin.get(&format!("/setups?{query}")).await, 400, "MALFORMED_QUERY_PARAMETER", text);
        refused(admin.get(&format!("{path}/snapshots?{query}")).await, 400, "MALFORMED_QUERY_PARAMETER", text);
    }
    let twice = admin.get("/setups?name=a&name=b").await;
    refused(twice, 400, "MALFORMED_QUERY_PARAMETER", "Invalid query parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_has_a_word_for_each_kind() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let (client, service) = (format!("{path}/clients/nobody"), format!("{path}/resource-servers/nothing"));
    let entities = [
        ("/setups/nothing", "SETUP_NOT_FOUND", "setup", setup("x", json!({}))),
        (client.as_str(), "CLIENT_NOT_FOUND", "client", json!({ "name": "x" })),
        (service.as_str(), "RESOURCE_SERVER_NOT_FOUND", "resource server", json!({ "scopes": [] })),
    ];
    for (entity, code, noun, body) in entities {
        let such = format!("No such {noun} available");
        let shown = admin.get(entity).await.expect(404).json();
        assert_eq!(shown["errorCode"], code, "{shown}");
        refused(admin.put(entity, &body).await, 404, code, &such);
        refused(admin.delete(entity).await, 404, code, &such);
        refused(admin.get(&format!("{entity}/snapshots")).await, 404, code, &such);
    }
    refused(admin.get("/setups/nothing").await, 404, "SETUP_NOT_FOUND", "No current setup available");
    refused(admin.get("/setups/nothing/clients").await, 404, "SETUP_NOT_FOUND", "No such setup available");
    let snapshot = format!("{path}/snapshots/{}", "0".repeat(32));
    refused(admin.get(&snapshot).await, 404, "SNAPSHOT_NOT_FOUND", "No such snapshot available");
    refused(admin.delete(&snapshot).await, 404, "SNAPSHOT_NOT_FOUND", "No such snapshot available");
    let translator = format!("{path}/client-id-translator");
    let unknown = admin.post(&format!("{translator}?oAuthClientId=nobody"), &json!({})).await;
    refused(unknown, 404, "CLIENT_NOT_FOUND", "No such client available");
    refused(admin.post(&translator, &json!({})).await, 400, "MALFORMED_QUERY_PARAMETER", "Invalid query parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_state_holds_from_its_instant_on_and_can_be_taken_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Now", json!({}))).await;
    let snapshots = format!("{path}/snapshots");
    let first = ids(&admin, &snapshots).await;
    let scheduled = setup("Soon", json!({ "valid_from": later(&server, 100) }));
    admin.put(&path, &scheduled).await.expect(200);
    refused(admin.put(&path, &scheduled).await, 400, "MALFORMED_PAYLOAD", "Invalid validFrom attribute");
    admin.put(&path, &setup("Late", json!({ "valid_from": later(&server, 200) }))).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "Now");
    let all = ids(&admin, &snapshots).await;
    assert_eq!((all.len(), &all[0]), (3, &first[0]));
    let shown = admin.get(&format!("{snapshots}/{}", all[1])).await.expect(200).json();
    assert_eq!((&shown["name"], &shown["valid_from"]), (&json!("Soon"), &scheduled["valid_from"]));
    let at = |seconds: i64| format!("{snapshots}?validAt={}", later(&server, seconds));
    assert_eq!(ids(&admin, &at(150)).await, all[1..2]);
    assert_eq!(ids(&admin, &at(-1_000_000)).await, [""; 0]);

    // The clock alone switches.
    server.world.advance_seconds(100);
    let admin = server.as_admin();
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "Soon");
    for past in &all[..2] {
        let answer = admin.delete(&format!("{snapshots}/{past}")).await;
        refused(answer, 403, "INVALID_SNAPSHOT", "Past snapshots cannot be deleted");
    }
    admin.delete(&format!("{snapshots}/{}", all[2])).await.expect(204);
    assert_eq!(ids(&admin, &snapshots).await, all[..2]);
    server.world.advance_seconds(200);
    assert_eq!(server.as_admin().get(&path).await.expect(200).json()["name"], "Soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_yet_to_begin_is_not_shown_and_its_only_snapshot_stays() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Soon", json!({ "valid_from": later(&server, 100) }))).await;
    refused(admin.get(&path).await, 404, "SETUP_NOT_FOUND", "No current setup available");
    assert!(!ids(&admin, "/setups?name=Soon").await.contains(&id_of(&path).to_owned()));
    let found = ids(&admin, "/setups?name=Soon&validAt=any").await;
    assert_eq!(found, [id_of(&path)]);
    let only = ids(&admin, &format!("{path}/snapshots")).await;
    let answer = admin.delete(&format!("{path}/snapshots/{}", only[0])).await;
    refused(answer, 403, "DELETE_FORBIDDEN", "Cannot delete last remaining snapshot");
    server.world.advance_seconds(100);
    let admin = server.as_admin();
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "Soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_setup_can_be_seen_and_restored() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Gone", json!({ "comment": "a" }))).await;
    admin.delete(&path).await.expect(204);
    refused(admin.get(&path).await, 404, "SETUP_NOT_FOUND", "No current setup available");
    refused(admin.delete(&path).await, 404, "SETUP_NOT_FOUND", "No such setup available");
    assert!(ids(&admin, "/setups?name=Gone").await.is_empty());
    for spelling in ["includeSoftDeletedStates", "includeSoftDeleteStates"] {
        assert_eq!(ids(&admin, &format!("/setups?name=Gone&{spelling}=true")).await, [id_of(&path)], "{spelling}");
        assert_eq!(ids(&admin, &format!("{path}/snapshots?{spelling}=true")).await.len(), 2, "{spelling}");
    }
    assert_eq!(ids(&admin, &format!("{path}/snapshots")).await.len(), 1);
    admin.put(&path, &setup("Back", json!({}))).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "Back");
    refused(admin.delete("/setups/admin").await, 403, "DELETE_FORBIDDEN", "Cannot delete");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_all_to_fit() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let note = |name: &str, value: &str| json!({ "name": name, "value": value });
    let path = make(&admin, "/setups", &setup("One", json!({ "owner": "ada" }))).await;
    let two = setup("Two", json!({ "metadata": [note("a", "1"), note("a", "2"), note("b", "1")] }));
    let two = make(&admin, "/setups", &two).await;
    let only = async |query: &str| ids(&admin, &format!("/setups?{query}")).await;
    assert_eq!(only("owner=ada&name=One").await, [id_of(&path)]);
    assert!(only("owner=ada&name=Two").await.is_empty());
    assert_eq!(only("metadata.a=1&metadata.a=2&metadata.b=1").await, [id_of(&two)]);
    assert!(only("metadata.a=1&metadata.a=3").await.is_empty() && only("metadata.c=1").await.is_empty());
    assert_eq!(only("name=One&unknown=1&unknown=2").await, [id_of(&path)], "what nobody knows is ignored");

    let scopes = json!({ "name": "Api", "scopes": [{ "name": "read" }, { "name": "write" }] });
    let api = make(&admin, &format!("{path}/resource-servers"), &scopes).await;
    let list = format!("{path}/resource-servers");
    assert_eq!(ids(&admin, &format!("{list}?scope=read&scope=write&name=Api")).await, [id_of(&api)]);
    assert!(ids(&admin, &format!("{list}?scope=read&scope=erase")).await.is_empty());
    let client =
        |name: &str, scopes: Value| json!({ "name": name, "grant_types": ["client_credentials"], "scopes": scopes });
    let clients = format!("{path}/clients");
    let both = make(&admin, &clients, &client("Both", json!(["read", "write"]))).await;
    make(&admin, &clients, &client("Reader", json!(["read"]))).await;
    assert_eq!(ids(&admin, &format!("{clients}?scope=read")).await.len(), 2);
    assert_eq!(ids(&admin, &format!("{clients}?scope=read&scope=write")).await, [id_of(&both)]);
    assert_eq!(ids(&admin, &format!("{ELSEWHERE}{clients}?name=Both")).await, [id_of(&both)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_goes_through_its_life() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let scope = json!({ "name": "read", "policy_refresh_token": "not_allowed", "custom_claims": "x" });
    let body = json!({ "name": "Api", "uri": "https://api.example/", "scopes": [scope] });
    let api = make(&admin, &format!("{path}/resource-servers"), &body).await;
    let shown = admin.get(&api).await.expect(200).json();
    assert_eq!((&shown["name"], &shown["uri"], &shown["owner"]), (&json!("Api"), &body["uri"], &json!("admin")));
    assert_eq!(shown["scopes"][0]["policy_refresh_token"], "not_allowed", "{shown}");
    assert_eq!(shown["scopes"][0]["metadata"], json!([]));
    let scheduled = json!({ "name": "Later", "scopes": [], "valid_from": later(&server, 100) });
    admin.put(&api, &scheduled).await.expect(200);
    let all = ids(&admin, &format!("{api}/snapshots")).await;
    let last = format!("{api}/snapshots/{}", all.last().unwrap());
    assert_eq!(admin.get(&last).await.expect(200).json()["name"], "Later");
    admin.delete(&last).await.expect(204);
    refused(admin.get(&last).await, 404, "SNAPSHOT_NOT_FOUND", "No such snapshot available");
    assert_eq!(admin.put(&api, &json!({ "name": "New", "scopes": [] })).await.expect(200).json()["name"], "New");
    admin.delete(&api).await.expect(204);
    refused(admin.get(&api).await, 404, "RESOURCE_SERVER_NOT_FOUND", "No current resource server available");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_through_its_life_and_gets_tokens() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let clients = format!("{path}/clients");
    let body = json!({ "name": "Robot", "client_id": "robot", "grant_types": ["client_credentials"] });
    let client = make(&admin, &clients, &body).await;
    let shown = admin.get(&client).await.expect(200).json();
    assert_eq!((&shown["confidentiality_type"], &shown["client_id"]), (&json!("confidential"), &json!("robot")));
    let secret = shown["client_secret"].as_str().unwrap().to_owned();
    let form = "grant_type=client_credentials";
    let ask = async || ask_token(&server, id_of(&path), "robot", &secret, form).await;
    ask().await.expect(200);
    let translator = format!("{path}/client-id-translator?oAuthClientId=robot");
    assert_eq!(admin.post(&translator, &json!({})).await.expect(200).json(), json!({ "clientId": id_of(&client) }));
    refused(admin.post(&clients, &body).await, 400, "MALFORMED_PAYLOAD", "Invalid attribute");

    let mut changed = with(shown.clone(), json!({ "comment": "busy", "valid_from": later(&server, 100) }));
    changed.as_object_mut().unwrap().remove("client_secret");
    admin.put(&client, &changed).await.expect(200);
    let all = ids(&admin, &format!("{client}/snapshots")).await;
    let last = format!("{client}/snapshots/{}", all.last().unwrap());
    let snapshot = admin.get(&last).await.expect(200).json();
    assert_eq!((&snapshot["comment"], snapshot.get("client_secret")), (&json!("busy"), None));
    admin.delete(&last).await.expect(204);
    admin.delete(&client).await.expect(204);
    refused(admin.get(&client).await, 404, "CLIENT_NOT_FOUND", "No current client available");
    ask().await.expect(401);
    // It comes back with another secret.
    changed.as_object_mut().unwrap().remove("valid_from");
    let back = admin.put(&client, &changed).await.expect(200).json();
    assert_ne!(back["client_secret"], json!(secret));
    ask().await.expect(401);
    // A public one has none.
    let public = json!({ "name": "App", "confidentiality_type": "public", "redirect_uris": ["https://app.example/"], "grant_types": ["authorization_code"] });
    let public = make(&admin, &clients, &public).await;
    assert_eq!(admin.get(&public).await.expect(200).json().get("client_secret"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_have_their_clients_and_nothing_else() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let clients = format!("{path}/clients");
    let ada = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let eve = bearer_of(&server, &make_client(&admin, "developer", "eve", &[]).await);
    let body = |name: &str, owner: &str| json!({ "name": name, "owner": owner, "grant_types": ["client_credentials"] });
    let own = make(&admin, &clients, &body("Hers", "ada")).await;
    let other = make(&admin, &clients, &body("Other", "admin")).await;
    assert_eq!(ids(&ada, &clients).await, [id_of(&own)]);
    assert!(ids(&ada, &format!("{clients}?owner=admin")).await.is_empty());
    assert!(ids(&eve, &clients).await.is_empty());
    assert_eq!(ids(&admin, &clients).await.len(), 2);

    let denied = |answer: Answer| refused(answer, 403, "AUTHORIZATION_FAILURE", "");
    for nobody in [&eve, &server.as_system()] {
        denied(nobody.get(&own).await);
        denied(nobody.put(&own, &body("Mine", "eve")).await);
        denied(nobody.delete(&own).await);
        denied(nobody.get(&format!("{own}/snapshots")).await);
    }
    denied(ada.get(&other).await);
    denied(ada.get(&format!("{clients}/nothing")).await);
    denied(ada.post(&clients, &body("New", "ada")).await);
    for path in ["/setups", path.as_str(), &format!("{path}/resource-servers")] {
        denied(ada.get(path).await);
    }
    denied(ada.put(&path, &setup("Mine", json!({}))).await);
    denied(ada.delete(&path).await);
    denied(server.as_system().get(&clients).await);
    refused(server.anonymous().get(&own).await, 401, "AUTHENTICATION_FAILURE", "");
    refused(server.as_other_admin().get(&own).await, 404, "CLIENT_NOT_FOUND", "");

    assert_eq!(ada.get(&own).await.expect(200).json()["name"], "Hers");
    assert_eq!(ada.put(&own, &body("Ours", "ada")).await.expect(200).json()["name"], "Ours");
    assert_eq!(ids(&ada, &format!("{own}/snapshots")).await.len(), 2);
    ada.delete(&own).await.expect(204);
    admin.get(&other).await.expect(200);
}

/// What developers change passes the policies that guard it, whichever way they come.
#[tokio::test(flavor = "multi_thread")]
async fn owners_pass_the_policies_of_developers() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let scope = json!({ "authorization_server_id": id_of(&path), "name": "guarded", "developer_policy_id": "block" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let ada = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let body = |scopes: Value| json!({ "name": "Hers", "owner": "ada", "grant_types": ["client_credentials"], "scopes": scopes });
    let own = make(&admin, &format!("{path}/clients"), &body(json!([]))).await;
    refused(ada.put(&own, &body(json!(["guarded"]))).await, 403, "AUTHORIZATION_FAILURE", "");
    assert_eq!(admin.get(&own).await.expect(200).json()["scopes"], json!([]));
    admin.put(&own, &body(json!(["guarded"]))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_owners_schedule_is_bounded_guarded_and_theirs() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let apis = format!("{path}/resource-servers");
    let api = make(&admin, &apis, &json!({ "name": "Api", "scopes": [] })).await;
    let guarded = json!({ "authorization_server_id": id_of(&path), "service_id": id_of(&api), "name": "hr", "developer_policy_id": "block" });
    admin.post(&format!("{ADMIN}/scopes"), &guarded).await.expect(201);
    let ada = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let body =
        |more: Value| with(json!({ "name": "Hers", "owner": "ada", "grant_types": ["client_credentials"] }), more);
    let own = make(&admin, &format!("{path}/clients"), &body(json!({}))).await;

    // The scope is not there now, and guarded again when the client is to have it.
    admin.put(&api, &json!({ "name": "Api", "scopes": [] })).await.expect(200);
    let again = json!({ "name": "Api", "scopes": [{ "name": "hr" }], "valid_from": later(&server, 100) });
    admin.put(&api, &again).await.expect(200);
    let with_scope = body(json!({ "scopes": ["hr"], "valid_from": later(&server, 200) }));
    refused(ada.put(&own, &with_scope).await, 403, "AUTHORIZATION_FAILURE", "");

    // What administrators have scheduled stays.
    admin.put(&own, &body(json!({ "comment": "1", "valid_from": later(&server, 300) }))).await.expect(200);
    let snapshots = format!("{own}/snapshots");
    let theirs = ids(&ada, &snapshots).await.pop().unwrap();
    refused(ada.delete(&format!("{snapshots}/{theirs}")).await, 403, "AUTHORIZATION_FAILURE", "");
    for number in 2..=20 {
        let more = json!({ "comment": number.to_string(), "valid_from": later(&server, 300 + number) });
        ada.put(&own, &body(more)).await.expect(200);
    }
    let more = body(json!({ "comment": "21", "valid_from": later(&server, 400) }));
    refused(ada.put(&own, &more).await, 400, "MALFORMED_PAYLOAD", "Invalid validFrom attribute");
    let hers = ids(&ada, &snapshots).await.pop().unwrap();
    ada.delete(&format!("{snapshots}/{hers}")).await.expect(204);
    ada.put(&own, &more).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_does_not_outlive_a_time_without_one() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = make(&admin, "/setups", &setup("Shop", json!({}))).await;
    let body =
        json!({ "name": "App", "grant_types": ["authorization_code"], "redirect_uris": ["https://app.example/"] });
    let client = make(&admin, &format!("{path}/clients"), &body).await;
    let secret = async || admin.get(&client).await.expect(200).json()["client_secret"].clone();
    let first = secret().await;
    let public = json!({ "confidentiality_type": "public", "valid_from": later(&server, 100) });
    admin.put(&client, &with(body.clone(), public)).await.expect(200);
    assert_eq!(secret().await, first, "it begins later");
    server.world.advance_seconds(100);
    admin.put(&client, &body).await.expect(200);
    let second = secret().await;
    assert!(second.is_string() && second != first, "{second}");
}
