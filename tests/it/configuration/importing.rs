//! Imports: the modes, all or nothing, and what is refused.

use serde_json::{Value, json};

use super::{CONFIGURATION, export, fill, parsed};
use crate::support::{
    Caller, SECRET, TestServer,
    made::{ADMIN, basic, make_policy, make_server, post_form, wrong_members, yes},
};

/// A policy of the tenant `default`, as a document has it.
fn policy(id: &str, name: &str) -> Value {
    json!({ "id": id, "tenant_id": "default", "policy_name": name, "validators": [yes()] })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_ends_the_import_or_stays_or_changes() {
    let server = TestServer::start().await;
    let (admin, setup) = (server.as_admin(), server.as_setup());
    make_policy(&admin, "old", json!([yes()])).await;
    make_policy(&admin, "other", json!([yes()])).await;
    let before = export(&server, None).await;
    let name = async |id: &str| admin.get(&format!("{ADMIN}/policies/{id}")).await.json()["policy_name"].clone();
    let document = json!({ "policies": [policy("new", "New"), policy("old", "Changed")] });

    for query in ["", "?mode=fail", "?mode="] {
        let answer = setup.put(&format!("{CONFIGURATION}{query}"), &document).await.expect(409);
        assert!(answer.json()["error"].as_str().unwrap().contains("`old`"), "{}", answer.text());
        assert_eq!(export(&server, None).await, before, "{query}");
    }
    setup.put(&format!("{CONFIGURATION}?mode=ignore"), &document).await.expect(204);
    assert_eq!((name("new").await, name("old").await), (json!("New"), json!("Policy old")));
    let answer = setup.put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    assert!(answer.body.is_empty());
    assert_eq!((name("new").await, name("old").await), (json!("New"), json!("Changed")));
    assert_eq!(name("other").await, "Policy other", "what the document does not name stays");
    for query in ["mode=overwrite", "mode=update&mode=fail", "magic=1"] {
        setup.put(&format!("{CONFIGURATION}?{query}"), &document).await.expect(400);
    }
    // An empty document is one, and changes nothing.
    let now = export(&server, None).await;
    setup.put(CONFIGURATION, &json!({})).await.expect(204);
    assert_eq!(export(&server, None).await, now);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_inside_a_document_does_not_matter() {
    let source = TestServer::start().await;
    super::filled_tenant(&source, "acme").await;
    let exported = export(&source, Some("acme")).await;
    let mut backwards = serde_json::Map::new();
    for (name, mut list) in parsed(&exported).as_object().unwrap().clone().into_iter().rev() {
        list.as_array_mut().unwrap().reverse();
        backwards.insert(name, list);
    }
    let target = TestServer::start().await;
    target.as_setup().put(CONFIGURATION, &Value::Object(backwards)).await.expect(204);
    assert_eq!(export(&target, Some("acme")).await, exported);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_record_keeps_everything_out() {
    let server = TestServer::start().await;
    fill(&server.as_admin(), "default").await;
    let before = export(&server, None).await;
    let good = parsed(&export(&server, Some("default")).await);
    let cases = [
        (
            "policies",
            json!({ "id": "x", "tenant_id": "nobody", "policy_name": "X", "validators": [yes()] }),
            "/tenant_id",
        ),
        ("policies", json!({ "id": "x", "policy_name": "X" }), "/tenant_id"),
        ("policies", json!({ "tenant_id": "default", "policy_name": "X" }), "/id"),
        (
            "policies",
            json!({ "id": "x", "tenant_id": "default", "policy_name": "X", "validators": [{ "name": "magic" }] }),
            "/validators/0/name",
        ),
        ("policies", policy("rule", "Twice"), "/id"),
        ("policies", policy("a b", "Bad id"), "/id"),
        ("policies", json!(7), "/tenant_id"),
        ("tenants", json!({ "id": "metrics", "name": "Reserved" }), "/id"),
        ("tenants", json!({ "id": "fine", "name": " " }), "/name"),
        (
            "tenants",
            json!({ "id": "fine", "name": "Fine", "jwks": { "keys": [{ "kty": "EC", "d": "x" }] } }),
            "/jwks/keys/0/crv",
        ),
        (
            "servers",
            json!({ "id": "x", "tenant_id": "default", "name": "X", "key_type": "ecdsa", "user_policy_id": "gone" }),
            "/user_policy_id",
        ),
        (
            "clients",
            json!({ "client_id": "x", "tenant_id": "default", "client_name": "X", "authorization_server_id": "gone" }),
            "/authorization_server_id",
        ),
        (
            "clients",
            json!({ "client_id": "x", "tenant_id": "default", "client_name": "X", "authorization_server_id": "shop",
            "redirect_uris": ["https://x.example/", "http://x.example/"] }),
            "/redirect_uris/1",
        ),
        (
            "clients",
            json!({ "client_id": "x", "tenant_id": "default", "client_name": "X", "authorization_server_id": "shop",
            "redirect_uris": ["https://x.example/"], "scopes": ["gone"] }),
            "/scopes/0",
        ),
        (
            "clients",
            json!({ "client_id": "x", "tenant_id": "default", "client_name": "X", "all_scopes": "yes" }),
            "/all_scopes",
        ),
        (
            "services",
            json!({ "id": "x", "tenant_id": "default", "name": "X", "authorization_server_id": "shop", "gateway_id": "gone" }),
            "/gateway_id",
        ),
        (
            "services",
            json!({ "id": "x", "tenant_id": "default", "name": "X", "authorization_server_id": "shop",
            "scopes": [{ "id": "y", "tenant_id": "default", "authorization_server_id": "shop" }] }),
            "/scopes/0/name",
        ),
        (
            "scopes_without_service",
            json!({ "id": "x", "tenant_id": "default", "name": "x", "authorization_server_id": "gone" }),
            "/authorization_server_id",
        ),
        (
            "apis",
            json!({ "id": "x", "tenant_id": "default", "service_id": "gone", "method": "GET", "path": "/" }),
            "/service_id",
        ),
        (
            "apis",
            json!({ "id": "x", "tenant_id": "default", "service_id": "docs", "method": "GET", "path": "x" }),
            "/path",
        ),
        (
            "claims",
            json!({ "id": "x", "tenant_id": "default", "authorization_server_id": "shop", "name": "x", "mapping": "x",
            "type": "access_token", "scopes": ["gone"] }),
            "/scopes/0",
        ),
        (
            "gateways",
            json!({ "id": "x", "tenant_id": "default", "authorization_server_id": "shop", "name": "X", "type": "magic",
            "client_id": "till" }),
            "/type",
        ),
        (
            "gateways",
            json!({ "id": "x", "tenant_id": "default", "authorization_server_id": "shop", "name": "X", "type": "envoy",
            "client_id": "till" }),
            "/client_id",
        ),
        ("consents", json!({ "id": "x", "tenant_id": "default", "name": "X" }), "/update_existing_grants"),
        (
            "consent_actions",
            json!({ "id": "x", "tenant_id": "default", "name": "X", "consents": [{ "id": "gone" }] }),
            "/consents/0/id",
        ),
    ];
    for (list, record, member) in cases {
        let mut document = good.clone();
        let records = document[list].as_array_mut().unwrap();
        let place = records.len();
        records.push(record.clone());
        // Something new, which must not stay.
        document["policies"].as_array_mut().unwrap().insert(0, policy("innocent", "Innocent"));
        let place = if list == "policies" { place + 1 } else { place };
        let answer = server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await;
        assert_eq!(answer.status, 422, "{list} {record}: {}", answer.text());
        assert_eq!(wrong_members(&answer).first().unwrap(), &format!("/{list}/{place}{member}"), "{}", answer.text());
        assert_eq!(export(&server, None).await, before, "{record} has changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_at_once() {
    let server = TestServer::start().await;
    let document = json!({
        "magic": [], "policies": [policy("a", ""), { "id": "b" }], "clients": {},
        "servers": [{ "id": "s", "tenant_id": "default", "name": "S", "access_token_ttl": "soon", "grant_types": ["magic"] }],
    });
    let answer = server.as_setup().put(CONFIGURATION, &document).await.expect(422);
    let mut members = wrong_members(&answer);
    members.sort_unstable();
    assert_eq!(
        members,
        ["/clients", "/magic", "/policies/1/tenant_id", "/servers/0/access_token_ttl", "/servers/0/grant_types/0"]
    );
    let document = json!({ "policies": [policy("a", ""), policy("b", "B"), policy("b", "B again")] });
    let answer = server.as_setup().put(CONFIGURATION, &document).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/policies/2/id", "/policies/0/policy_name"]);
    for body in [json!([]), json!("everything"), json!(null)] {
        server.as_setup().put(CONFIGURATION, &body).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_lock_everybody_out() {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    let before = export(&server, None).await;
    let mut document = parsed(&export(&server, Some("system")).await);
    document["servers"][0]["grant_types"] = json!(["authorization_code"]);
    document["clients"] = json!([]);
    setup.put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(422);
    assert_eq!(export(&server, None).await, before);
    // A secret of the importer's choice is no lock-out.
    let mut document = parsed(&before);
    let client =
        document["clients"].as_array_mut().unwrap().iter_mut().find(|one| one["client_id"] == "setup").unwrap();
    let client_object = client.as_object_mut().unwrap();
    client_object.remove("client_hashed_secret");
    client_object.insert("client_secret".to_owned(), json!("another secret of the client setup, long enough"));
    setup.put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    let old = server.anonymous().with_header("authorization", &basic("setup", SECRET));
    post_form(&old, "/system/system/oauth2/token", "grant_type=client_credentials").await.expect(401);
    let with_new = Caller::new(&server.url).with_credentials(
        "system",
        "system",
        "setup",
        "another secret of the client setup, long enough",
    );
    with_new.get(CONFIGURATION).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_that_sets_tenants_up_does_not_end() {
    let server = TestServer::start().await;
    let mut document = parsed(&export(&server, Some("system")).await);
    let import =
        async |document: &Value| server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), document).await;
    document["clients"][0]["client_secret_expires_at"] = json!(1);
    let answer = import(&document).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/clients/0/client_secret_expires_at"]);
    // Neither when it is no longer marked as the tenant's own.
    document["clients"][0]["client_secret_expires_at"] = json!(0);
    document["clients"][0]["system"] = json!(false);
    import(&document).await.expect(204);
    document["clients"][0]["client_secret_expires_at"] = json!(1);
    assert_eq!(wrong_members(&import(&document).await.expect(422)), ["/clients"]);
    server.as_setup().get(CONFIGURATION).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_no_client_that_is_anothers() {
    let server = TestServer::start().await;
    fill(&server.as_admin(), "default").await;
    let before = export(&server, None).await;
    let taken = parsed(&before)["gateways"][0]["client_id"].clone();
    for client in [json!("system"), taken] {
        let document = json!({ "gateways": [
            { "id": "x", "tenant_id": "default", "authorization_server_id": "shop", "name": "X", "type": "envoy",
              "client_id": client },
        ] });
        let answer = server.as_setup().put(CONFIGURATION, &document).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/gateways/0/client_id"], "{client}");
    }
    assert_eq!(export(&server, None).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_id_of_a_server_comes_in_again() {
    let source = TestServer::start().await;
    make_server(&source.as_admin(), &"x".repeat(96), json!({})).await;
    let exported = export(&source, Some("default")).await;
    let target = TestServer::start().await;
    target.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &parsed(&exported)).await.expect(204);
    assert_eq!(export(&target, Some("default")).await, exported);
    let long = json!({ "id": "x".repeat(97), "tenant_id": "default", "name": "X", "key_type": "ecdsa" });
    let answer = target.as_setup().put(CONFIGURATION, &json!({ "servers": [long] })).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/servers/0/id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_move_on_in_any_order_and_are_given_once() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let scope = |id: &str, name: &str| json!({ "id": id, "tenant_id": "default", "authorization_server_id": "default", "name": name });
    for (id, name) in [("a", "one"), ("b", "two"), ("c", "three")] {
        admin.post(&format!("{ADMIN}/scopes"), &scope(id, name)).await.expect(201);
    }
    let import = async |scopes: Value| {
        let document = json!({ "scopes_without_service": scopes });
        server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await
    };
    for moved in [
        json!([scope("a", "two"), scope("b", "three"), scope("c", "four")]),
        json!([scope("c", "three"), scope("b", "two"), scope("a", "one")]),
    ] {
        import(moved.clone()).await.expect(204);
        for one in moved.as_array().unwrap() {
            let path = format!("{ADMIN}/scopes/{}", one["id"].as_str().unwrap());
            assert_eq!(admin.get(&path).await.expect(200).json()["name"], one["name"]);
        }
    }
    let before = export(&server, None).await;
    let answer = import(json!([scope("a", "fine"), scope("b", "three")])).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/scopes_without_service/1/name"]);
    let answer = import(json!([scope("d", "fine"), scope("e", "fine")])).await.expect(409);
    assert!(answer.json()["error"].as_str().unwrap().contains("`fine`"), "{}", answer.text());
    assert_eq!(export(&server, None).await, before);
}

/// Imports over what is there.
async fn update(server: &TestServer, document: &Value) {
    server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), document).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_without_a_position_come_behind_the_others_in_the_order_of_the_document() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    fill(&admin, "default").await;
    let api = |id: &str, position: Value| json!({ "id": id, "tenant_id": "default", "service_id": "docs", "method": "GET", "path": format!("/{id}"), "position": position });
    let document =
        json!({ "apis": [api("z", json!(null)), api("given", json!(7)), api("a", json!(null)), api("m", json!(0))] });
    let positions = async || {
        let listed = admin.get(&format!("{ADMIN}/services/docs/apis")).await.expect(200).json();
        let one = |api: &Value| (api["id"].as_str().unwrap().to_owned(), api["position"].as_u64().unwrap());
        listed["apis"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let expected = [("list", 1), ("given", 7), ("z", 8), ("a", 9), ("m", 10)].map(|(id, at)| (id.to_owned(), at));
    // The second time they are there, and stay where they are.
    for _ in 0..2 {
        update(&server, &document).await;
        assert_eq!(positions().await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_can_take_a_specification_away() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    fill(&admin, "default").await;
    let exported = parsed(&export(&server, Some("default")).await);
    let place = exported["services"].as_array().unwrap().iter().position(|one| one["id"] == "pets").unwrap();
    let mut pets = exported["services"][place].clone();
    assert_eq!(pets["with_specification"], true);
    let before = export(&server, None).await;
    for (member, value) in [("with_specification", json!(false)), ("specification", json!(null))] {
        let mut halved = pets.clone();
        halved[member] = value;
        let document = json!({ "services": [halved] });
        let answer = server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/services/0/specification"]);
    }
    assert_eq!(export(&server, None).await, before);
    pets["with_specification"] = json!(false);
    pets.as_object_mut().unwrap().remove("specification");
    pets.as_object_mut().unwrap().remove("scopes");
    update(&server, &json!({ "services": [pets] })).await;
    let after = parsed(&export(&server, Some("default")).await);
    let pets = &after["services"][place];
    assert_eq!((&pets["with_specification"], &pets["specification"]), (&json!(false), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_narrows_a_client_to_the_scopes_that_it_names() {
    let server = TestServer::start().await;
    let clients = async || parsed(&export(&server, Some("default")).await)["clients"].as_array().unwrap().clone();
    let wide = clients().await.into_iter().find(|one| one["all_scopes"] == true).unwrap();
    let mut narrow = wide.clone();
    narrow["all_scopes"] = json!(false);
    update(&server, &json!({ "clients": [narrow] })).await;
    let found = clients().await.into_iter().find(|one| one["client_id"] == wide["client_id"]).unwrap();
    assert_eq!((&found["all_scopes"], &found["scopes"]), (&json!(false), &wide["scopes"]));
}
