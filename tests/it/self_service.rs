//! What people see and take back themselves with a token: clients with access, consents, ledger events, sessions. And that
//! nobody else sees or takes back anything of theirs.

use http::Method;
use portcullis::{
    api::{Row, acp},
    domain::{Domain, Needs, access, grant, server, session},
};
use serde_json::{Value, json};

use crate::{
    support::{
        Answer, Caller, TestServer,
        known_key::KnownKey,
        made::{ADMIN, bearer_of, make_client, make_server, wrong_members},
        people::{consent, events, held, make_consent, say},
        person::{Person, SELF_SERVICE},
    },
    surface::Surface,
};

covers!(
    "listClientsWithAccess",
    "revokeClientAccess",
    "listUserConsents",
    "listUserConsentsByAction",
    "grantConsent",
    "revokeConsent",
    "patchConsentGrants",
    "listPrivacyLedgerEvents",
    "listSessions",
    "endSession",
    "endOtherSessions",
    "endSessionsOfPerson",
);

const SHOP: &str = "/default/shop";

/// A server `shop` with a client `friend` that may do everything for people, and one `app`.
async fn shop() -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_client(&admin, "shop", "friend", &SELF_SERVICE).await;
    let app = json!({
        "authorization_server_id": "shop", "client_id": "app", "client_name": "The <App>", "client_uri": "https://app.example",
        "redirect_uris": ["https://app.example/back"], "scopes": ["openid", "profile", "list_clients_with_access"],
    });
    admin.post(&format!("{ADMIN}/clients"), &app).await.expect(201);
    server
}

/// The bearer of a token with which `subject` lets `friend` do everything.
async fn through_friend(server: &TestServer, subject: &str) -> Caller {
    let (person, domain) = (Person::new(server, "shop", subject), &server.app.domain);
    let grant = person.lets(domain, "friend", &SELF_SERVICE, None).await;
    person.bearer(domain, &grant).await
}

/// The ids and scopes of the clients that a person's list has.
async fn clients(person: &Caller) -> Vec<(String, Vec<String>)> {
    let listed = person.get(&format!("{SHOP}/clients")).await.expect(200).json();
    let scope = |scope: &Value| {
        assert_eq!((&scope["granted_scope_name"], &scope["is_dynamic"]), (&scope["scope_name"], &json!(false)));
        scope["scope_name"].as_str().unwrap().to_owned()
    };
    let client = |one: &Value| {
        let scopes = one["granted_scopes"].as_array().unwrap().iter().map(scope).collect();
        (one["client"]["id"].as_str().unwrap().to_owned(), scopes)
    };
    listed["clients"].as_array().unwrap().iter().map(client).collect()
}

fn named(client: &str, scopes: &[&str]) -> (String, Vec<String>) {
    (client.to_owned(), scopes.iter().map(|scope| (*scope).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_loses_everything_when_the_person_takes_it_back() {
    let server = shop().await;
    let domain = &server.app.domain;
    let [anna, bob] = ["anna", "bob"].map(|subject| Person::new(&server, "shop", subject));
    let (for_anna, for_bob) = (through_friend(&server, "anna").await, through_friend(&server, "bob").await);
    assert_eq!(clients(&for_anna).await, [named("friend", &SELF_SERVICE)]);

    // What was let once and what was granted meanwhile, outside of a session and in one.
    anna.remembers(domain, "app", &["openid"]).await;
    let (_, session) = anna.logs_in(domain, "Firefox").await;
    let mut tokens = Vec::new();
    for session in [None, Some(session.as_str())] {
        let grant = anna.lets(domain, "app", &["openid", "list_clients_with_access"], session).await;
        tokens.push(anna.bearer(domain, &grant).await);
    }
    let grant = bob.lets(domain, "app", &["list_clients_with_access"], None).await;
    let of_bob = bob.bearer(domain, &grant).await;
    let app = named("app", &["openid", "list_clients_with_access"]);
    assert_eq!(clients(&for_anna).await, [app, named("friend", &SELF_SERVICE)]);
    let listed = for_anna.get(&format!("{SHOP}/clients")).await.expect(200).json();
    let public = json!({ "id": "app", "name": "The <App>", "client_uri": "https://app.example" });
    assert_eq!(listed["clients"][0]["client"], public);
    let names: Vec<&Value> = listed["scopes"].as_array().unwrap().iter().map(|scope| &scope["name"]).collect();
    assert!(names.contains(&&json!("openid")) && !names.contains(&&json!("profile")), "{names:?}");
    assert_eq!(listed["scopes"][0]["service"]["name"], "OAuth2", "{}", listed["scopes"][0]);
    assert_eq!(listed["scopes"][0].get("developer_policy_id"), None);

    for_anna.delete(&format!("{SHOP}/clients/app")).await.expect(204);
    for token in &tokens {
        token.get(&format!("{SHOP}/clients")).await.expect(401);
    }
    assert_eq!(clients(&for_anna).await, [named("friend", &SELF_SERVICE)]);
    let remembered = access::of_subject(&domain.store.read().unwrap(), "default", "shop", "anna").unwrap();
    assert!(remembered.is_empty(), "it would get everything again without asking: {remembered:?}");
    // Again, and for a client that never had anything or is none at all.
    for client in ["app", "nobody"] {
        for_anna.delete(&format!("{SHOP}/clients/{client}")).await.expect(204);
    }
    // Nothing has happened to others.
    of_bob.get(&format!("{SHOP}/clients")).await.expect(200);
    assert_eq!(clients(&for_bob).await.len(), 2);

    // The client by way of which it is asked goes like any other.
    for_anna.delete(&format!("{SHOP}/clients/friend")).await.expect(204);
    for_anna.get(&format!("{SHOP}/clients")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_client_of_the_same_name_has_no_access() {
    let server = shop().await;
    let (anna, domain) = (Person::new(&server, "shop", "anna"), &server.app.domain);
    let for_anna = through_friend(&server, "anna").await;
    anna.remembers(domain, "app", &["openid"]).await;
    anna.lets(domain, "app", &["openid"], None).await;
    assert_eq!(clients(&for_anna).await.len(), 2);
    server.as_admin().delete(&format!("{ADMIN}/clients/app")).await.expect(204);
    assert_eq!(clients(&for_anna).await.len(), 1);
    make_client(&server.as_admin(), "shop", "app", &["openid"]).await;
    assert_eq!(clients(&for_anna).await.len(), 1);
    // A grant ends by itself; what a client was let have stays.
    anna.lets(domain, "app", &["openid"], None).await;
    assert_eq!(clients(&for_anna).await.len(), 2);
    server.world.advance_seconds(86_400);
    let again = through_friend(&server, "anna").await;
    assert_eq!(clients(&again).await, [named("friend", &SELF_SERVICE)]);
}

/// POST to grant or revoke.
async fn post(person: &Caller, what: &str, body: Value) -> Answer {
    person.post(&format!("{SHOP}/privacy/consents/{what}"), &body).await
}

async fn own(person: &Caller, path: &str) -> Vec<Value> {
    let answer = person.get(&format!("{SHOP}/privacy/consents{path}")).await.expect(200);
    answer.json()["consents"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_granted_and_taken_back_by_the_person() {
    let server = shop().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    for id in ["eula", "news"] {
        make_consent(&admin, id, json!({})).await;
    }
    make_consent(&admin, "forever", json!({ "can_be_withdrawn": false })).await;
    let action = json!({ "id": "a1", "name": "checkout", "consents": [{ "id": "eula", "required": true }] });
    admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    // Whoever the header names: the token says who it is.
    let anna = through_friend(&server, "anna").await.with_header("x-subject", "bob");

    let circumstances = json!({ "consent_id": "eula", "grant_type": "implicit", "language": "de",
        "context": { "ip": "192.0.2.1", "device": { "name": "phone" } }, "triggered_by_action": "checkout" });
    let granted = post(&anna, "grant", circumstances).await.expect(201).json();
    assert_eq!(granted["consent_id"], "eula");
    assert_eq!((&granted["subject"], &granted["tenant_id"]), (&json!("anna"), &json!("default")));
    assert_eq!((&granted["grant_type"], &granted["version"]), (&json!("implicit"), &json!(1)));
    assert!(granted["given_at"].as_str().unwrap().starts_with("2026-01-01T12:00:00."), "{granted}");
    // Granting again is skipped: the act is still the first.
    let again =
        post(&anna, "grant", json!({ "consent_id": "eula", "grant_type": "implicit" })).await.expect(201).json();
    assert_eq!(again, granted);

    assert_eq!(own(&anna, "").await.len(), 3);
    let one = own(&anna, "?consent_id=eula").await;
    assert_eq!((one.len(), &one[0]["granted"], &one[0]["subject"]), (1, &json!(true), &json!("anna")));
    assert_eq!(one[0]["consent_grant_id"], granted["consent_grant_act_id"]);
    for action in ["a1", "checkout"] {
        let of_action = own(&anna, &format!("/{action}")).await;
        assert_eq!((of_action.len(), &of_action[0]["required"]), (1, &json!(true)));
    }
    assert_eq!(one, held(&machine, "anna", "?consent_id=eula").await);
    assert_eq!(held(&machine, "bob", "?consent_id=eula").await[0]["granted"], false);

    let revoked = post(&anna, "revoke", json!({ "consent_id": "eula" })).await.expect(200).json();
    assert_ne!(revoked["consent_grant_act_id"], granted["consent_grant_act_id"]);
    assert_eq!(own(&anna, "?consent_id=eula").await[0]["granted"], false);
    post(&anna, "revoke", json!({ "consent_id": "eula" })).await.expect(200);

    let both = json!({ "consents": [
        { "consent_id": "eula", "granted": true }, { "consent_id": "news", "granted": true, "grant_type": "implicit" },
    ] });
    let path = format!("{SHOP}/privacy/consents");
    let patched = anna.send(Method::PATCH, &path, Some("application/json"), both.to_string().into()).await.expect(201);
    assert!(patched.json()["ConsentGrantActID"].is_string(), "{}", patched.text());
    let granted = own(&anna, "").await.iter().filter(|consent| consent["granted"] == true).count();
    assert_eq!(granted, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_may_be_to_the_version_that_was_shown_only() {
    let server = shop().await;
    let (admin, anna) = (server.as_admin(), through_friend(&server, "anna").await);
    make_consent(&admin, "eula", json!({})).await;
    let changed = consent("eula", json!({ "description": "Another one" }));
    admin.put(&format!("{ADMIN}/consents/eula"), &changed).await.expect(201);
    let yes = |version: u64| json!({ "consent_id": "eula", "granted": true, "version": version });
    let path = format!("{SHOP}/privacy/consents");
    for stale in [1, 3] {
        post(&anna, "grant", json!({ "consent_id": "eula", "version": stale })).await.expect(412);
        let body = json!({ "consents": [yes(stale)] }).to_string();
        anna.send(Method::PATCH, &path, Some("application/json"), body.into()).await.expect(412);
    }
    assert!(events(&admin, "").await.is_empty());
    let body = json!({ "consents": [yes(2)] }).to_string();
    anna.send(Method::PATCH, &path, Some("application/json"), body.into()).await.expect(201);
    post(&anna, "revoke", json!({ "consent_id": "eula", "version": 1 })).await.expect(200);
    post(&anna, "grant", json!({ "consent_id": "eula", "version": 2 })).await.expect(201);
    assert_eq!(own(&anna, "").await[0]["grant_version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_that_make_no_sense_are_refused() {
    let server = shop().await;
    let admin = server.as_admin();
    make_consent(&admin, "forever", json!({ "can_be_withdrawn": false })).await;
    make_consent(&admin, "news", json!({})).await;
    let anna = through_friend(&server, "anna").await;
    post(&anna, "grant", json!({ "consent_id": "forever" })).await.expect(201);
    let refused = post(&anna, "revoke", json!({ "consent_id": "forever" })).await.expect(422);
    assert_eq!(wrong_members(&refused), ["/consent_id"]);
    assert_eq!(own(&anna, "?consent_id=forever").await[0]["granted"], true);
    post(&anna, "revoke", json!({ "consent_id": "news" })).await.expect(404);
    for what in ["grant", "revoke"] {
        post(&anna, what, json!({ "consent_id": "nothing" })).await.expect(404);
        for body in [json!({}), json!({ "consent_id": "" })] {
            assert_eq!(wrong_members(&post(&anna, what, body).await.expect(422)), ["/consent_id"]);
        }
        let body = json!({ "consent_id": "news", "language": "english", "context": { "ip": "here" } });
        assert_eq!(wrong_members(&post(&anna, what, body).await.expect(422)), ["/language", "/context/ip"]);
        post(&anna, what, json!({ "consent_id": "news", "more": 1 })).await.expect(422);
        anna.send(Method::POST, &format!("{SHOP}/privacy/consents/{what}"), Some("text/plain"), "{}".into())
            .await
            .expect(415);
    }
    anna.get(&format!("{SHOP}/privacy/consents/nothing")).await.expect(404);
    anna.get(&format!("{SHOP}/privacy/consents?consent=news")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_their_own_part_of_the_ledger() {
    let server = shop().await;
    make_consent(&server.as_admin(), "eula", json!({})).await;
    let machine = server.as_system();
    say(&machine, "anna", "eula", true, "explicit").await;
    say(&machine, "bob", "eula", true, "explicit").await;
    server.world.advance_seconds(60);
    let anna = through_friend(&server, "anna").await;
    post(&anna, "revoke", json!({ "consent_id": "eula" })).await.expect(200);
    let events = async |query: &str| {
        let answer = anna.get(&format!("{SHOP}/privacy/events{query}")).await.expect(200).json();
        answer["events"].as_array().unwrap().clone()
    };
    let all = events("").await;
    assert!(all.iter().all(|event| event["subject"] == "anna"), "{all:?}");
    let kinds: Vec<&Value> = all.iter().map(|event| &event["payload"]["event_type"]).collect();
    assert_eq!(kinds, ["consent_granted", "consent_revoked"]);
    let start = crate::support::world::START / 1_000_000;
    assert_eq!(events(&format!("?from={}", start + 1)).await, all[1..]);
    assert_eq!(events(&format!("?to={start}")).await, all[..1]);
    // Nobody asks for others here.
    anna.get(&format!("{SHOP}/privacy/events?sub=bob")).await.expect(400);
    anna.get(&format!("{SHOP}/privacy/events?from=yesterday")).await.expect(400);
}

fn is_there(domain: &Domain, cookie: &str) -> bool {
    let server = server::current(domain, "default", "shop").unwrap();
    session::find(domain, "default", ("shop", &server.value), cookie).unwrap().is_some()
}

/// The browsers of a person's list, with a star where the token comes from.
async fn browsers(person: &Caller) -> Vec<String> {
    let listed = person.get(&format!("{SHOP}/sessions")).await.expect(200).json();
    let name = |session: &Value| {
        let star = if session["current"] == true { "*" } else { "" };
        format!("{}{star}", session["browser"].as_str().unwrap())
    };
    listed["sessions"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_end_their_own_sessions() {
    let server = shop().await;
    let domain = &server.app.domain;
    let [anna, bob] = ["anna", "bob"].map(|subject| Person::new(&server, "shop", subject));
    let (first, first_id) = anna.logs_in(domain, "Firefox").await;
    server.world.advance_seconds(1);
    let (second, second_id) = anna.logs_in(domain, "Chrome").await;
    server.world.advance_seconds(1);
    let (third, _) = anna.logs_in(domain, "Safari").await;
    let (other, other_id) = bob.logs_in(domain, "Edge").await;
    let grant = anna.lets(domain, "friend", &SELF_SERVICE, Some(&second_id)).await;
    let in_second = anna.bearer(domain, &grant).await;
    let grant = anna.lets(domain, "friend", &SELF_SERVICE, Some(&first_id)).await;
    let in_first = anna.bearer(domain, &grant).await;
    let offline = [&SELF_SERVICE[..], &["offline_access"]].concat();
    let admin = server.as_admin();
    make_client(&admin, "shop", "keeper", &offline).await;
    let grant = anna.lets(domain, "keeper", &offline, Some(&first_id)).await;
    let keeper = anna.bearer(domain, &grant).await;

    assert_eq!(browsers(&in_second).await, ["Safari", "Chrome*", "Firefox"]);
    let listed = in_second.get(&format!("{SHOP}/sessions")).await.expect(200).json();
    let chrome = &listed["sessions"][1];
    assert_eq!((&chrome["id"], &chrome["ip"]), (&json!(second_id), &json!("192.0.2.7")));
    assert_eq!(chrome["started_at"], "2026-01-01T12:00:01Z");
    assert_eq!((&chrome["amr"], &chrome["idp_id"]), (&json!(["pwd"]), &json!("static")));

    // Another's session is not there, and stays.
    in_second.delete(&format!("{SHOP}/sessions/{other_id}")).await.expect(404);
    in_second.delete(&format!("{SHOP}/sessions/nothing")).await.expect(404);
    assert!(is_there(domain, &other));

    // What was granted in a session ends with it, unless it is for offline use.
    in_second.delete(&format!("{SHOP}/sessions/{first_id}")).await.expect(204);
    in_second.delete(&format!("{SHOP}/sessions/{first_id}")).await.expect(404);
    assert!(!is_there(domain, &first) && is_there(domain, &second));
    in_first.get(&format!("{SHOP}/sessions")).await.expect(401);
    assert_eq!(browsers(&keeper).await, ["Safari", "Chrome"]);

    in_second.delete(&format!("{SHOP}/sessions")).await.expect(204);
    assert_eq!(browsers(&in_second).await, ["Chrome*"]);
    assert!(!is_there(domain, &third) && is_there(domain, &second) && is_there(domain, &other));
    // A token that comes from no session ends all.
    keeper.delete(&format!("{SHOP}/sessions")).await.expect(204);
    assert!(!is_there(domain, &second) && is_there(domain, &other));
    assert!(browsers(&keeper).await.is_empty());
    in_second.get(&format!("{SHOP}/sessions")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_not_listed() {
    let server = shop().await;
    let (anna, domain) = (Person::new(&server, "shop", "anna"), &server.app.domain);
    anna.logs_in(domain, "Firefox").await;
    server.world.advance_seconds(3599);
    let token = through_friend(&server, "anna").await;
    assert_eq!(browsers(&token).await, ["Firefox"]);
    server.world.advance_seconds(1);
    assert!(browsers(&token).await.is_empty());
}

fn of_people() -> impl Iterator<Item = (&'static Row, &'static str)> {
    acp::DIALECT.rows().filter_map(|row| match row.needs {
        Needs::Person(scope) => Some((row, scope)),
        _ => None,
    })
}

/// Only a token that a person has let a client have, of this server and with the scope, does anything for the person.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_for_people_without_their_token() {
    let server = TestServer::start().await;
    let (admin, domain, key) = (server.as_admin(), &server.app.domain, KnownKey::new());
    make_server(&admin, "shop", json!({ "jwks": key.jwks() })).await;
    make_server(&admin, "other", json!({})).await;
    let developer = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let surface = Surface::make(&server, developer).await;
    // A client that is called like the person, with its own token.
    let namesake = bearer_of(&server, &make_client(&admin, "shop", "anna", &SELF_SERVICE).await);
    // The same token with the person's name in it, as if signed by us, and no grant.
    let machine = namesake.token().await.unwrap();
    let grantless = key.imitate(&machine, |claims| claims["sub"] = json!("anna"));
    let grantless = Caller::new(&server.url).with_token(&grantless);
    let unknown = key.imitate(&machine, |claims| claims["gid"] = json!("00112233445566778899aabbccddeeff"));
    let unknown = Caller::new(&server.url).with_token(&unknown);
    make_client(&admin, "other", "foreign", &SELF_SERVICE).await;
    let elsewhere = Person::new(&server, "other", "anna");
    let grant = elsewhere.lets(domain, "foreign", &SELF_SERVICE, None).await;
    let elsewhere = elsewhere.bearer(domain, &grant).await;
    let anna = Person::new(&server, "shop", "anna");

    for (row, scope) in of_people() {
        let example = surface.example(row);
        for (who, caller) in [("client", &namesake), ("grantless", &grantless), ("other server", &elsewhere)] {
            assert_eq!(example.of(caller, row).await.status, 403, "{} for {who}", row.id);
        }
        for (who, caller) in [("anonymous", &server.anonymous()), ("unknown grant", &unknown)] {
            assert_eq!(example.of(caller, row).await.status, 401, "{} for {who}", row.id);
        }
        let rest: Vec<&str> = SELF_SERVICE.into_iter().filter(|other| *other != scope).collect();
        let grant = anna.lets(domain, "friend", &rest, None).await;
        let refused = example.of(&anna.bearer(domain, &grant).await, row).await.expect(403);
        assert!(refused.text().contains(scope), "{}", refused.text());
    }
    assert_eq!(of_people().count(), 11);
}

/// Somebody has left: what an administrator ends is over, and what others have is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_the_sessions_and_grants_of_a_person() {
    let server = shop().await;
    let domain = &server.app.domain;
    let [anna, bob] = ["anna", "bob"].map(|subject| Person::new(&server, "shop", subject));
    let (cookie, session) = anna.logs_in(domain, "Firefox").await;
    let (of_bob, _) = bob.logs_in(domain, "Edge").await;
    let offline = anna.lets(domain, "app", &["openid", "offline_access"], Some(&session)).await;
    anna.remembers(domain, "app", &["openid"]).await;
    let (token, theirs) = (through_friend(&server, "anna").await, through_friend(&server, "bob").await);
    let path = format!("{ADMIN}/servers/shop/people/anna/sessions");
    server.as_other_admin().delete(&path).await.expect(401);
    for nobody in [server.as_system(), token.clone()] {
        let status = nobody.delete(&path).await.status.as_u16();
        assert!([401, 403].contains(&status), "{status}");
    }
    server.as_admin().delete(&format!("{ADMIN}/servers/nowhere/people/anna/sessions")).await.expect(404);
    assert!(is_there(domain, &cookie) && grant::current(domain, "default", &offline).unwrap().is_some());
    token.get(&format!("{SHOP}/sessions")).await.expect(200);

    server.as_admin().delete(&path).await.expect(204);
    assert!(!is_there(domain, &cookie) && grant::current(domain, "default", &offline).unwrap().is_none());
    token.get(&format!("{SHOP}/sessions")).await.expect(401);
    assert!(is_there(domain, &of_bob), "another person");
    theirs.get(&format!("{SHOP}/sessions")).await.expect(200);
    assert_eq!(
        access::clients(domain, "default", "shop", "anna").unwrap().len(),
        1,
        "what she agreed to is remembered"
    );
    server.as_admin().delete(&path).await.expect(204);
}
