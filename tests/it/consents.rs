//! Consents in versions, the actions that ask for them, and what people have granted through machines.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, bearer_of, make_client, wrong_members},
    people::{PEOPLE, consent, events, held, make_consent, patch, say},
};

covers!(
    "listConsents",
    "createConsent",
    "getConsent",
    "updateConsent",
    "deleteConsent",
    "listConsentActions",
    "createConsentAction",
    "getConsentAction",
    "updateConsentAction",
    "deleteConsentAction",
    "listConsentsOfUser",
    "listConsentsOfUserByAction",
    "patchUserConsents",
);

const CONSENTS: &str = "/api/admin/default/consents";
const ACTIONS: &str = "/api/admin/default/actions";

/// All consents and actions, for showing that nothing has changed.
async fn all(admin: &Caller) -> Value {
    let mut actions = Vec::new();
    let listed = admin.get(ACTIONS).await.expect(200).json();
    for action in listed["consent_actions"].as_array().unwrap() {
        let path = format!("{ACTIONS}/{}", action["id"].as_str().unwrap());
        actions.push(admin.get(&path).await.expect(200).json());
    }
    json!({ "consents": admin.get(CONSENTS).await.expect(200).json(), "listed": listed, "actions": actions })
}

fn whole(id: &str) -> Value {
    json!({
        "id": id, "tenant_id": "default", "name": format!("Name of {id}"), "description": "End User License Agreement",
        "can_be_withdrawn": true,
        "internal_services": [{ "name": "Shop", "purposes": [
            { "name": "Core Function", "primary": true }, { "name": "Statistics", "primary": false },
        ] }],
        "third_party_services": [{ "name": "Ads", "purposes": [] }],
        "pii_categories": [{ "name": "HIPAA" }],
        "update_existing_grants": "keepCurrent", "valid_from": "2019-12-11T13:44:28.772101Z",
    })
}

async fn make_action(admin: &Caller, id: &str, consents: Value) -> Value {
    let body = json!({ "id": id, "name": format!("name of {id}"), "consents": consents });
    admin.post(ACTIONS, &body).await.expect(201).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_kept_in_versions() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    assert_eq!(admin.get(CONSENTS).await.expect(200).json(), json!({ "consents": [] }));
    let mut body = whole("eula");
    body["version"] = json!(41);
    let made = admin.post(CONSENTS, &body).await.expect(201).json();
    body["version"] = json!(1);
    assert_eq!(made, body, "the version is the server's own");
    assert_eq!(admin.get(CONSENTS).await.expect(200).json(), json!({ "consents": [made] }));

    let path = format!("{CONSENTS}/eula");
    let read = admin.get(&path).await.expect(200);
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(admin.put(&path, &read.json()).await.expect(201).json(), made, "what was read changes nothing");
    let mut unsaid = made.clone();
    ["valid_from", "version", "id", "tenant_id"].iter().for_each(|member| unsaid[*member] = Value::Null);
    let same = admin.put(&path, &unsaid).await.expect(201);
    assert_eq!((same.json(), same.header("etag")), (made.clone(), Some(tag.as_str())), "nor does leaving out defaults");

    server.world.advance_seconds(60);
    let small = json!({ "name": "EULA", "update_existing_grants": "explicitAll" });
    let changed = admin.put(&path, &small).await.expect(201).json();
    let now = "2026-01-01T12:01:00Z";
    assert_eq!(
        changed,
        json!({
            "id": "eula", "tenant_id": "default", "name": "EULA", "description": "", "can_be_withdrawn": false,
            "internal_services": [], "third_party_services": [], "pii_categories": [],
            "update_existing_grants": "explicitAll", "valid_from": now, "version": 2,
        }),
        "PUT replaces everything"
    );
    assert_eq!(admin.put(&path, &changed).await.expect(201).json(), changed, "valid_from is not in the future");
    let late = admin.clone().with_header("if-match", &tag);
    late.put(&path, &made).await.expect(412);
    late.delete(&path).await.expect(412);
    assert_eq!(admin.get(&path).await.expect(200).json(), changed);
    server.as_other_admin().get("/api/admin/demo/consents/eula").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_go_on_when_a_consent_is_made_again() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({ "update_existing_grants": "implicitAll" })).await;
    say(&machine, "peter", "eula", true, "implicit").await;
    assert_eq!(held(&machine, "peter", "").await[0]["granted"], true);
    let gone = admin.delete(&format!("{CONSENTS}/eula")).await.expect(204);
    assert!(gone.body.is_empty());
    admin.get(&format!("{CONSENTS}/eula")).await.expect(404);
    admin.delete(&format!("{CONSENTS}/eula")).await.expect(404);
    admin.put(&format!("{CONSENTS}/eula"), &consent("eula", json!({}))).await.expect(404);
    assert!(held(&machine, "peter", "").await.is_empty());
    let again = make_consent(&admin, "eula", json!({ "update_existing_grants": "implicitAll" })).await;
    assert_eq!(again["version"], 2);
    assert_eq!(held(&machine, "peter", "").await[0]["granted"], false, "a grant of the deleted consent revived");
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    admin.post(CONSENTS, &whole("eula")).await.expect(201);
    make_consent(&admin, "other", json!({ "name": "Taken" })).await;
    let before = all(&admin).await;
    let service = |purposes: Value| json!([{ "name": "Shop", "purposes": purposes }]);
    let purpose = |primary: bool| json!({ "name": "Core", "primary": primary });
    let refused = [
        ("name", json!(null), "/name"),
        ("name", json!(" "), "/name"),
        ("name", json!("ä".repeat(257)), "/name"),
        ("name", json!(1), "/name"),
        ("tenant_id", json!("demo"), "/tenant_id"),
        ("description", json!("x".repeat(4097)), "/description"),
        ("can_be_withdrawn", json!("yes"), "/can_be_withdrawn"),
        ("update_existing_grants", json!(null), "/update_existing_grants"),
        ("update_existing_grants", json!("explicit"), "/update_existing_grants"),
        ("valid_from", json!("2026-01-01T12:00:01Z"), "/valid_from"),
        ("valid_from", json!("yesterday"), "/valid_from"),
        ("valid_from", json!(1), "/valid_from"),
        ("version", json!(-1), "/version"),
        ("magic", json!(1), "/magic"),
        ("internal_services", json!({}), "/internal_services"),
        ("internal_services", json!([{ "purposes": [] }]), "/internal_services/0/name"),
        ("internal_services", json!([{ "name": "a", "magic": 1 }]), "/internal_services/0/magic"),
        ("third_party_services", service(json!([{ "primary": true }])), "/third_party_services/0/purposes/0/name"),
        ("third_party_services", service(json!([purpose(false), purpose(false)])), "/third_party_services/0/purposes"),
        ("internal_services", service(json!([purpose(true), purpose(true)])), "/internal_services/0/purposes"),
        ("pii_categories", json!([{ "name": "" }]), "/pii_categories/0/name"),
        ("pii_categories", json!(["HIPAA"]), "/pii_categories/0"),
        ("pii_categories", json!(vec![json!({ "name": "x".repeat(200) }); 400]), ""),
    ];
    let mut wrong = Vec::new();
    for (member, value, named) in refused {
        let mut body = whole("eula");
        body[member] = value;
        let update = admin.put(&format!("{CONSENTS}/eula"), &body).await;
        body["id"] = json!("new");
        for (operation, answer) in [("create", admin.post(CONSENTS, &body).await), ("update", update)] {
            let members = if answer.status == 422 { wrong_members(&answer) } else { Vec::new() };
            if members != [named] {
                wrong.push(format!("{operation} {member}: {named} expected, {} {}", answer.status, answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for id in [json!(null), json!(""), json!("a/b"), json!("x".repeat(129))] {
        let answer = admin.post(CONSENTS, &consent("", json!({ "id": id, "name": "" }))).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/id", "/name"], "everything at once");
    }
    let answer = admin.put(&format!("{CONSENTS}/eula"), &whole("other")).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/id"]);
    admin.post(CONSENTS, &consent("eula", json!({ "name": "New" }))).await.expect(409);
    admin.post(CONSENTS, &consent("new", json!({ "name": "Taken" }))).await.expect(409);
    admin.put(&format!("{CONSENTS}/eula"), &consent("eula", json!({ "name": "Taken" }))).await.expect(409);
    admin.send(Method::POST, CONSENTS, Some("application/json"), "{".into()).await.expect(400);
    assert_eq!(all(&admin).await, before);

    // A name that is given up can be taken.
    admin.put(&format!("{CONSENTS}/other"), &consent("other", json!({ "name": "Free" }))).await.expect(201);
    make_consent(&admin, "new", json!({ "name": "Taken" })).await;
    admin.delete(&format!("{CONSENTS}/new")).await.expect(204);
    make_consent(&admin, "newer", json!({ "name": "Taken" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_shows_its_consents_as_they_are() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let eula = admin.post(CONSENTS, &whole("eula")).await.expect(201).json();
    let ads = make_consent(&admin, "ads", json!({})).await;
    let made = make_action(&admin, "shop", json!([{ "id": "eula", "required": true }, { "id": "ads" }])).await;
    let with = |consent: &Value, required: bool| {
        let mut consent = consent.clone();
        consent["required"] = json!(required);
        consent
    };
    let bare = json!({ "id": "shop", "tenant_id": "default", "name": "name of shop", "description": "" });
    assert_eq!(admin.get(ACTIONS).await.expect(200).json(), json!({ "consent_actions": [bare] }));
    assert_eq!(made["consents"], json!([with(&eula, true), with(&ads, false)]));
    let path = format!("{ACTIONS}/shop");
    let read = admin.get(&path).await.expect(200);
    assert_eq!(read.json(), made);
    let same = admin.put(&path, &made).await.expect(201);
    assert_eq!(
        (same.json(), same.header("etag")),
        (made.clone(), read.header("etag")),
        "what was read changes nothing"
    );

    let changed = admin.put(&format!("{CONSENTS}/ads"), &consent("ads", json!({ "name": "Adverts" }))).await;
    let changed = changed.expect(201).json();
    let body = json!({ "name": "Shop", "description": "Both", "consents": [{ "id": "ads", "required": true }, { "id": "eula" }] });
    let updated = admin.put(&path, &body).await.expect(201).json();
    assert_eq!(updated["consents"], json!([with(&changed, true), with(&eula, false)]), "in order, and current");
    assert_eq!((&updated["name"], &updated["description"]), (&json!("Shop"), &json!("Both")));
    admin.clone().with_header("if-match", read.header("etag").unwrap()).put(&path, &made).await.expect(412);

    // A consent that goes leaves the actions that ask for it.
    make_action(&admin, "till", json!([{ "id": "eula" }])).await;
    admin.delete(&format!("{CONSENTS}/eula")).await.expect(204);
    assert_eq!(admin.get(&path).await.expect(200).json()["consents"], json!([with(&changed, true)]));
    assert_eq!(admin.get(&format!("{ACTIONS}/till")).await.expect(200).json()["consents"], json!([]));
    admin.post(CONSENTS, &whole("eula")).await.expect(201);
    assert_eq!(admin.get(&format!("{ACTIONS}/till")).await.expect(200).json()["consents"], json!([]));
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin.get(&format!("{CONSENTS}/ads")).await.expect(200);
    make_action(&admin, "shop", json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_consent(&admin, "eula", json!({})).await;
    make_action(&admin, "shop", json!([{ "id": "eula" }])).await;
    make_action(&admin, "till", json!([])).await;
    let before = all(&admin).await;
    let refused = [
        ("name", json!(null), vec!["/name"]),
        ("tenant_id", json!("demo"), vec!["/tenant_id"]),
        ("magic", json!(1), vec!["/magic"]),
        ("consents", json!({}), vec!["/consents"]),
        ("consents", json!([{ "required": true }]), vec!["/consents/0/id"]),
        ("consents", json!([{ "id": "eula", "magic": 1 }]), vec!["/consents/0/magic"]),
        ("consents", json!([{ "id": "eula", "required": "yes" }]), vec!["/consents/0/required"]),
        ("consents", json!([{ "id": "eula" }, { "id": "eula" }]), vec!["/consents/1/id"]),
        (
            "consents",
            json!([{ "id": "no" }, { "id": "eula" }, { "id": "nor" }]),
            vec!["/consents/0/id", "/consents/2/id"],
        ),
    ];
    for (member, value, named) in refused {
        let mut body = json!({ "id": "new", "name": "New", "consents": [] });
        body[member] = value;
        assert_eq!(wrong_members(&admin.post(ACTIONS, &body).await.expect(422)), named, "{body}");
        body["id"] = json!("shop");
        assert_eq!(wrong_members(&admin.put(&format!("{ACTIONS}/shop"), &body).await.expect(422)), named, "{body}");
    }
    assert_eq!(wrong_members(&admin.post(ACTIONS, &json!({})).await.expect(422)), ["/id", "/name"]);
    admin.post(ACTIONS, &json!({ "id": "shop", "name": "New" })).await.expect(409);
    admin.post(ACTIONS, &json!({ "id": "new", "name": "name of shop" })).await.expect(409);
    admin.put(&format!("{ACTIONS}/till"), &json!({ "name": "name of shop" })).await.expect(409);
    admin.put(&format!("{ACTIONS}/nothing"), &json!({ "name": "New" })).await.expect(404);
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_grant_and_take_back_for_people() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({})).await;
    make_consent(&admin, "ads", json!({})).await;
    make_action(&admin, "checkout", json!([{ "id": "eula", "required": true }, { "id": "ads" }])).await;
    let request = json!({
        "consents": [{ "consent_id": "eula", "granted": true }, { "consent_id": "ads", "granted": false }],
        "collection_timestamp": 1_257_894_000_000_000_000_i64,
        "context": { "ip": "52.14.142.76", "location": [25.2084, 55.2719], "device": { "model": { "name": "x" } } },
        "language": "en", "triggered_by_action": "checkout",
    });
    let answer = patch(&machine, "peter", &request).await.expect(201).json();
    let act = answer["ConsentGrantActID"].as_str().unwrap().to_owned();
    assert_eq!((act.len(), act.as_bytes()[14]), (36, b'4'), "a UUID of version 4");
    let mut expected = request.clone();
    expected["ConsentGrantActID"] = json!(act);
    assert_eq!(answer, expected);

    let of_peter = held(&machine, "peter", "").await;
    assert_eq!(of_peter[0]["granted"], false, "ads");
    let eula = &of_peter[1];
    let expected = json!([true, "explicit", "2026-01-01T12:00:00", 1, act, "peter", "Consent eula", 1]);
    let mut seen = json!([
        eula["granted"],
        eula["grant_type"],
        eula["given_at"],
        eula["grant_version"],
        eula["consent_grant_id"],
        eula["subject"],
        eula["name"],
        eula["version"],
    ]);
    seen[2] = json!(seen[2].as_str().unwrap()[..19]);
    assert_eq!(seen, expected);
    assert!(eula.get("required").is_none());
    assert!(held(&machine, "paula", "").await.iter().all(|one| one["granted"] == false), "another person");

    let ids = |held: &[Value]| held.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&held(&machine, "peter", "?consent_id=eula").await), ["eula"]);
    assert_eq!(ids(&held(&machine, "peter", "?consent_id=eula&consent_id=ads&consent_id=no").await), ["ads", "eula"]);
    for action in ["checkout", "name%20of%20checkout"] {
        let asked = held(&machine, "peter", &format!("/{action}")).await;
        assert_eq!(ids(&asked), ["eula", "ads"], "in the action's order");
        assert_eq!((&asked[0]["required"], &asked[0]["granted"]), (&json!(true), &json!(true)));
        assert_eq!((&asked[1]["required"], &asked[1]["granted"]), (&json!(false), &json!(false)));
    }
    machine.clone().with_header("x-subject", "peter").get(&format!("{PEOPLE}/nothing")).await.expect(404);
    machine.clone().with_header("x-subject", "peter").get(&format!("{PEOPLE}?magic=1")).await.expect(400);

    // What is as it is already leaves no trace; an implicit yes becomes an explicit one and not the other way round.
    say(&machine, "peter", "eula", true, "explicit").await;
    say(&machine, "peter", "eula", true, "implicit").await;
    say(&machine, "peter", "ads", false, "explicit").await;
    assert_eq!(held(&machine, "peter", "?consent_id=eula").await[0], *eula);
    assert_eq!(events(&admin, "").await.len(), 1);
    say(&machine, "peter", "ads", true, "implicit").await;
    say(&machine, "peter", "ads", true, "explicit").await;
    assert_eq!(held(&machine, "peter", "?consent_id=ads").await[0]["grant_type"], "explicit");
    say(&machine, "peter", "eula", false, "explicit").await;
    let taken_back = &held(&machine, "peter", "?consent_id=eula").await[0];
    assert_eq!(taken_back["granted"], false);
    assert!(taken_back.get("grant_version").is_none() && taken_back.get("given_at").is_none(), "{taken_back}");
    say(&machine, "peter", "eula", true, "explicit").await;
    assert_eq!(held(&machine, "peter", "?consent_id=eula").await[0]["granted"], true);
    assert_eq!(events(&admin, "").await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_says_what_becomes_of_grants() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    for (strategy, implicit, explicit) in [
        ("explicitAll", None, None),
        ("implicitAll", Some("implicit"), Some("implicit")),
        ("keepCurrent", Some("implicit"), None),
    ] {
        make_consent(&admin, strategy, json!({})).await;
        say(&machine, "implicit", strategy, true, "implicit").await;
        say(&machine, "explicit", strategy, true, "explicit").await;
        let path = format!("{CONSENTS}/{strategy}");
        let update = consent(strategy, json!({ "description": "new", "update_existing_grants": strategy }));
        assert_eq!(admin.put(&path, &update).await.expect(201).json()["version"], 2);
        for (person, expected) in [("implicit", implicit), ("explicit", explicit)] {
            let seen = held(&machine, person, &format!("?consent_id={strategy}")).await.remove(0);
            assert_eq!(seen["granted"], expected.is_some(), "{strategy} {person}");
            let version = if expected.is_some() { 2 } else { 1 };
            assert_eq!((&seen["grant_version"], &seen["version"]), (&json!(version), &json!(2)), "{strategy} {person}");
            assert_eq!(seen["grant_type"], expected.unwrap_or(person), "{strategy} {person}");
        }
        // Whoever is asked again can agree again.
        say(&machine, "explicit", strategy, true, "explicit").await;
        let seen = held(&machine, "explicit", &format!("?consent_id={strategy}")).await.remove(0);
        assert_eq!((&seen["granted"], &seen["grant_version"]), (&json!(true), &json!(2)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({})).await;
    make_consent(&admin, "fixed", json!({ "can_be_withdrawn": false })).await;
    say(&machine, "peter", "fixed", true, "explicit").await;
    let before = (held(&machine, "peter", "").await, events(&admin, "").await);
    let yes = json!({ "consent_id": "eula", "granted": true });
    let refused = [
        ("consents", json!(null), vec!["/consents"]),
        ("consents", json!([]), vec!["/consents"]),
        ("consents", json!([yes, { "consent_id": "fixed", "granted": false }]), vec!["/consents/1/granted"]),
        ("consents", json!([yes, { "consent_id": "no", "granted": true }]), vec!["/consents/1/consent_id"]),
        ("consents", json!([yes, yes]), vec!["/consents/1/consent_id"]),
        ("consents", json!([{ "granted": true }]), vec!["/consents/0/consent_id"]),
        ("consents", json!([{ "consent_id": "eula" }]), vec!["/consents/0/granted"]),
        (
            "consents",
            json!([{ "consent_id": "eula", "granted": true, "grant_type": "loud" }]),
            vec!["/consents/0/grant_type"],
        ),
        ("collection_timestamp", json!(-1), vec!["/collection_timestamp"]),
        ("collection_timestamp", json!(1_867_268_800_000_000_000_i64), vec!["/collection_timestamp"]),
        ("collection_timestamp", json!(1.5), vec!["/collection_timestamp"]),
        ("language", json!("english"), vec!["/language"]),
        ("language", json!("e1"), vec!["/language"]),
        ("triggered_by_action", json!("x".repeat(257)), vec!["/triggered_by_action"]),
        ("context", json!({ "ip": "52.14.142" }), vec!["/context/ip"]),
        ("context", json!({ "location": [1] }), vec!["/context/location"]),
        ("context", json!({ "location": [91, 0] }), vec!["/context/location"]),
        ("context", json!({ "location": [0, "1"] }), vec!["/context/location/1"]),
        ("context", json!({ "device": [] }), vec!["/context/device"]),
        ("context", json!({ "device": { "a": "x".repeat(4096) } }), vec!["/context/device"]),
        ("magic", json!(1), vec!["/magic"]),
    ];
    for (member, value, named) in refused {
        let mut body = json!({ "consents": [yes] });
        body[member] = value;
        let answer = patch(&machine, "peter", &body).await.expect(422);
        assert_eq!(wrong_members(&answer), named, "{body}");
    }
    let many: Vec<Value> = (0..101).map(|n| json!({ "consent_id": format!("c{n}"), "granted": true })).collect();
    let answer = patch(&machine, "peter", &json!({ "consents": many })).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/consents"]);
    let body = json!({ "consents": [yes] });
    let without = machine.send(Method::PATCH, PEOPLE, Some("application/json"), body.to_string().into()).await;
    assert_eq!(wrong_members(&without.expect(422)), ["header.x-subject"]);
    assert_eq!(wrong_members(&machine.get(PEOPLE).await.expect(422)), ["header.x-subject"]);
    assert_eq!(wrong_members(&patch(&machine, &"x".repeat(256), &body).await.expect(422)), ["header.x-subject"]);
    assert_eq!((held(&machine, "peter", "").await, events(&admin, "").await), before);

    // Saying no to what was never granted takes nothing back.
    patch(&machine, "paula", &json!({ "consents": [{ "consent_id": "fixed", "granted": false }] })).await.expect(201);
    patch(&machine, &"x".repeat(255), &body).await.expect(201);
    patch(&machine, "b@example.com", &json!({ "consents": [yes], "context": { "ip": "2001:db8::1" } }))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_changing_grants_are_rights_of_their_own() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_consent(&admin, "eula", json!({})).await;
    let reader = bearer_of(&server, &make_client(&admin, "system", "reader", &["view_consents"]).await);
    let writer = bearer_of(&server, &make_client(&admin, "system", "writer", &["manage_consents"]).await);
    let body = json!({ "consents": [{ "consent_id": "eula", "granted": true }] });
    patch(&reader, "peter", &body).await.expect(403);
    assert_eq!(held(&reader, "peter", "").await[0]["granted"], false);
    patch(&writer, "peter", &body).await.expect(201);
    writer.clone().with_header("x-subject", "peter").get(PEOPLE).await.expect(403);
    // A token of another tenant is none here.
    for (stranger, status) in [(server.as_admin(), 403), (server.as_other_system(), 401), (server.as_setup(), 401)] {
        patch(&stranger, "peter", &body).await.expect(status);
        stranger.with_header("x-subject", "peter").get(PEOPLE).await.expect(status);
    }
    server.anonymous().get(PEOPLE).await.expect(401);
    reader.get(&format!("{ADMIN}/events")).await.expect(403);
    let other = server.as_other_system().with_header("x-subject", "peter");
    assert_eq!(other.get("/api/system/demo/consents").await.expect(200).json(), json!({ "consents": [] }));
}
