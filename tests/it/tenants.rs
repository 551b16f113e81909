//! Tenants: seen by themselves, made usable at once, and gone with everything they hold.

use portcullis::store::{Table, View};
use serde_json::{Value, json};

use crate::support::{
    Caller, SECRET, TestServer,
    made::{BUILT_IN, basic, bearer_of, everything, make_client, make_policy, post_form, wrong_members, yes},
};

covers!(
    "getAdminTenant",
    "updateAdminTenant",
    "listTenants",
    "createTenant",
    "getTenant",
    "updateTenant",
    "deleteTenant",
);

const TENANTS: &str = "/api/system/tenants";
const OWN: &str = "/api/admin/default/tenant";

/// Makes a tenant; answers what the server answered.
async fn make_tenant(setup: &Caller, id: &str) -> Value {
    setup.post(TENANTS, &json!({ "id": id, "name": id })).await.expect(201).json()
}

/// The client of a new tenant.
fn client_of<'a>(made: &'a Value, id: &str) -> &'a Value {
    made["clients"].as_array().unwrap().iter().find(|client| client["client_id"] == id).unwrap()
}

fn ids(list: &Value, member: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_and_changes_itself() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let answer = admin.get(OWN).await.expect(200);
    let (tag, seen) = (answer.header("etag").unwrap().to_owned(), answer.json());
    assert_eq!((&seen["id"], &seen["name"]), (&json!("default"), &json!("Default")));
    assert_eq!(seen["url"], format!("{}/default", server.url));
    assert_eq!(seen["jwks"]["keys"][0]["kty"], "EC");
    assert!(seen["jwks"]["keys"][0].get("d").is_none());
    // What was read can be written back, and changes nothing.
    let answer = admin.clone().with_header("if-match", &tag).put(OWN, &seen).await.expect(200);
    assert_eq!((answer.header("etag"), answer.json()), (Some(tag.as_str()), seen.clone()));

    let attributes = json!([{ "name": "email", "description": "" }, { "name": "address.city", "description": "City" }]);
    let body = json!({ "name": "Shop", "authentication_context_settings": { "attributes": attributes } });
    let changed = admin.put(OWN, &body).await.expect(200).json();
    assert_eq!(changed["name"], "Shop");
    assert_eq!(changed["authentication_context_settings"]["attributes"], attributes);
    assert_eq!(changed["jwks"], seen["jwks"]);
    assert_eq!(admin.get(OWN).await.expect(200).json(), changed);
    admin.clone().with_header("if-match", &tag).put(OWN, &seen).await.expect(412);
    // PUT replaces.
    let bare = admin.put(OWN, &json!({ "name": "Shop" })).await.expect(200).json();
    assert_eq!(bare["authentication_context_settings"]["attributes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_make_no_sense_are_refused_with_every_reason() {
    let server = TestServer::start().await;
    let (admin, setup) = (server.as_admin(), server.as_setup());
    let before = (setup.get(TENANTS).await.expect(200).json(), everything(&admin, "default").await);
    const ATTRIBUTES: &str = "/authentication_context_settings/attributes";
    let attributes = json!({ "attributes": [{ "name": "a" }, { "name": " " }, { "name": "a" }] });
    let cases = [
        (json!({}), vec!["/name".to_owned()]),
        (json!({ "name": "" }), vec!["/name".to_owned()]),
        (json!({ "name": "x".repeat(257) }), vec!["/name".to_owned()]),
        (json!({ "name": 1 }), vec!["/name".to_owned()]),
        (json!({ "name": "Shop", "magic": 1 }), vec!["/magic".to_owned()]),
        (
            json!({ "name": "", "authentication_context_settings": attributes }),
            vec!["/name".to_owned(), format!("{ATTRIBUTES}/1/name"), format!("{ATTRIBUTES}/2/name")],
        ),
    ];
    for (body, members) in cases {
        for (what, answer) in [
            ("own", admin.put(OWN, &body).await),
            ("create", setup.post(TENANTS, &body).await),
            ("update", setup.put(&format!("{TENANTS}/default"), &body).await),
        ] {
            assert_eq!(wrong_members(&answer.expect(422)), members, "{what} {body}");
        }
    }
    for id in ["with blank", "a/b", "..", "api", "metrics", &"x".repeat(129)] {
        let answer = setup.post(TENANTS, &json!({ "id": id, "name": "" })).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/name", "/id"], "{id}");
    }
    for (path, id) in [(OWN.to_owned(), "demo"), (format!("{TENANTS}/default"), "demo")] {
        let caller = if path == OWN { &admin } else { &setup };
        let answer = caller.put(&path, &json!({ "id": id, "name": "Shop" })).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/id"]);
    }
    for query in ["with_default_workspaces=perhaps", "magic=1"] {
        setup.post(&format!("{TENANTS}?{query}"), &json!({ "name": "Shop" })).await.expect(400);
    }
    setup.post(TENANTS, &json!({ "id": "default", "name": "Again" })).await.expect(409);
    setup.get(&format!("{TENANTS}/nobody")).await.expect(404);
    setup.put(&format!("{TENANTS}/nobody"), &json!({ "name": "Nobody" })).await.expect(404);
    setup.delete(&format!("{TENANTS}/nobody")).await.expect(404);
    setup.delete(&format!("{TENANTS}/system")).await.expect(400);
    // An administrator of a tenant is none of the installation.
    for caller in [&admin, &server.as_system(), &server.as_other_admin()] {
        caller.get(TENANTS).await.expect(401);
        caller.delete(&format!("{TENANTS}/demo")).await.expect(401);
    }
    let after = (setup.get(TENANTS).await.expect(200).json(), everything(&admin, "default").await);
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_is_usable_at_once() {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    let answer = setup.post(TENANTS, &json!({ "id": "acme", "name": "Acme" })).await.expect(201);
    assert!(answer.header("etag").is_some());
    let made = answer.json();
    assert_eq!((&made["tenant"]["id"], &made["tenant"]["name"]), (&json!("acme"), &json!("Acme")));
    assert_eq!(made["tenant"]["url"], format!("{}/acme", server.url));
    assert_eq!(ids(&made["servers"], "id"), ["admin", "default", "developer", "system"]);
    assert_eq!(ids(&made["clients"], "client_id"), ["admin", "system"]);
    assert_eq!(made["idps"], json!([]));
    let seen = setup.get(&format!("{TENANTS}/acme")).await.expect(200).json();
    assert_eq!(seen, made["tenant"]);
    let listed = setup.get(TENANTS).await.expect(200).json();
    assert_eq!(ids(&listed["tenants"], "id"), ["acme", "default", "demo", "system"]);
    assert!(listed["tenants"].as_array().unwrap().contains(&seen));

    let (admin, system) =
        (bearer_of(&server, client_of(&made, "admin")), bearer_of(&server, client_of(&made, "system")));
    assert_eq!(admin.get("/api/admin/acme/tenant").await.expect(200).json(), seen);
    let listed = admin.get("/api/admin/acme/servers").await.expect(200).json();
    assert_eq!(listed["servers"], made["servers"]);
    let policies = admin.get("/api/admin/acme/policies").await.expect(200).json();
    assert_eq!(ids(&policies["policies"], "id"), BUILT_IN);
    let scopes = admin.get("/api/admin/acme/servers/default/scopes").await.expect(200).json();
    assert!(ids(&scopes["scopes"], "name").contains(&"openid".to_owned()));
    let claims = admin.get("/api/admin/acme/servers/default/claims").await.expect(200).json();
    assert!(ids(&claims["claims"], "name").contains(&"email".to_owned()));
    let body = json!({ "client_id": "till", "authorization_server_id": "default", "client_name": "Till",
                       "grant_types": ["client_credentials"], "scopes": ["evaluate_decisions"] });
    let till = admin.post("/api/admin/acme/clients", &body).await.expect(201).json();
    bearer_of(&server, &till).token().await.unwrap();
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" },
                           "resource": { "type": "policy", "id": "allow" } });
    let decided = system.post("/acme/default/access/v1/evaluation", &question).await.expect(200).json();
    assert_eq!(decided["decision"], true);
    // The walls stand.
    admin.get("/api/admin/default/tenant").await.expect(401);
    server.as_admin().get("/api/admin/acme/tenant").await.expect(401);
    admin.get(TENANTS).await.expect(401);

    // An id is made when none is given, and servers only when they are wanted.
    let path = format!("{TENANTS}?with_default_workspaces=false");
    let bare = setup.post(&path, &json!({ "name": "Bare", "url": "https://ignored.example" })).await.expect(201).json();
    let id = bare["tenant"]["id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert_eq!((&bare["servers"], &bare["clients"]), (&json!([]), &json!([])));
    let changed = setup.put(&format!("{TENANTS}/{id}"), &json!({ "name": "Less bare" })).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["id"]), (&json!("Less bare"), &json!(id)));
    setup.delete(&format!("{TENANTS}/{id}")).await.expect(204);
    setup.get(&format!("{TENANTS}/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_make_one_tenant_one_is_told_no() {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    setup.token().await.unwrap();
    let body = json!({ "id": "acme", "name": "Acme" });
    let (one, other) = tokio::join!(setup.post(TENANTS, &body), setup.post(TENANTS, &body));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let winner = if one.status == 201 { one } else { other };
    bearer_of(&server, client_of(&winner.json(), "admin")).get("/api/admin/acme/tenant").await.expect(200);
}

/// The client `admin` of a tenant gets no token with a secret.
async fn refuses_a_token(server: &TestServer, secret: &str, tenant: &str) {
    let caller = server.anonymous().with_header("authorization", &basic("admin", secret));
    let answer = post_form(&caller, &format!("/{tenant}/admin/oauth2/token"), "grant_type=client_credentials").await;
    assert!([401, 404].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());
}

/// How many entries of each table belong to a tenant.
fn entries(server: &TestServer, tenant: &str) -> Vec<(&'static str, usize)> {
    let read = server.app.domain.store.read().unwrap();
    let needle = [tenant.as_bytes(), &[0]].concat();
    let mut found = Vec::new();
    for table in Table::ALL {
        let mut count = 0;
        let all = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
        read.scan(table, all.0, all.1, false, &mut |key, _| {
            let key = if table == Table::Index { &key[2..] } else { key };
            count += usize::from(key.starts_with(&needle));
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
        found.push((table.name(), count));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_goes_with_everything_and_comes_back_as_another() {
    let server = TestServer::start().await;
    let (setup, other) = (server.as_setup(), server.as_admin());
    make_policy(&other, "rule", json!([yes()])).await;
    make_client(&other, "default", "bystander", &["openid"]).await;
    let (bystanders, others) = (everything(&other, "default").await, entries(&server, "default"));
    let made = make_tenant(&setup, "acme").await;
    let admin = bearer_of(&server, client_of(&made, "admin"));
    let old_token = admin.token().await.unwrap();
    let policy = json!({ "id": "rule", "policy_name": "Rule", "validators": [yes()] });
    admin.post("/api/admin/acme/policies", &policy).await.expect(201);
    let consent = json!({ "id": "mail", "name": "Mail", "update_existing_grants": "keepCurrent" });
    admin.post("/api/admin/acme/consents", &consent).await.expect(201);
    let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" },
                           "resource": { "type": "policy", "id": "rule" } });
    let system = bearer_of(&server, client_of(&made, "system"));
    system.post("/acme/default/access/v1/evaluation", &question).await.expect(200);

    assert!(setup.delete(&format!("{TENANTS}/acme")).await.expect(204).body.is_empty());
    for (caller, path) in [(&admin, "/api/admin/acme/tenant"), (&admin, "/api/admin/acme/policies")] {
        caller.get(path).await.expect(401);
    }
    system.post("/acme/default/access/v1/evaluation", &question).await.expect(401);
    refuses_a_token(&server, client_of(&made, "admin")["client_secret"].as_str().unwrap(), "acme").await;
    setup.get(&format!("{TENANTS}/acme")).await.expect(404);
    setup.delete(&format!("{TENANTS}/acme")).await.expect(404);
    let listed = setup.get(TENANTS).await.expect(200).json();
    assert_eq!(ids(&listed["tenants"], "id"), ["default", "demo", "system"]);
    let left: Vec<_> = entries(&server, "acme").into_iter().filter(|(_, count)| *count > 0).collect();
    let [("states", 2), ("identities", _)] = left[..] else { panic!("{left:?} is left") };
    assert_eq!(everything(&other, "default").await, bystanders);
    assert_eq!(entries(&server, "default"), others);

    // A tenant of the same name is another one.
    let again = make_tenant(&setup, "acme").await;
    assert_ne!(made["tenant"]["jwks"], again["tenant"]["jwks"]);
    Caller::new(&server.url).with_token(&old_token).get("/api/admin/acme/tenant").await.expect(401);
    refuses_a_token(&server, client_of(&made, "admin")["client_secret"].as_str().unwrap(), "acme").await;
    let admin = bearer_of(&server, client_of(&again, "admin"));
    admin.get("/api/admin/acme/policies/rule").await.expect(404);
    assert_eq!(admin.get("/api/admin/acme/consents").await.expect(200).json(), json!({ "consents": [] }));
    assert_eq!(admin.get("/api/admin/acme/decisions").await.expect(200).json()["decisions"], json!([]));
    // No entity tag of the first names a state of the second.
    let tag = admin.get("/api/admin/acme/tenant").await.expect(200).header("etag").unwrap().to_owned();
    assert_ne!(tag, "\"1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_tenant_can_go_and_stays_away() {
    let server = TestServer::start().await;
    server.as_setup().delete(&format!("{TENANTS}/default")).await.expect(204);
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let listed = server.as_setup().get(TENANTS).await.expect(200).json();
    assert_eq!(ids(&listed["tenants"], "id"), ["demo", "system"]);
    refuses_a_token(&server, SECRET, "default").await;
    // It can be made like any other.
    let made = make_tenant(&server.as_setup(), "default").await;
    bearer_of(&server, client_of(&made, "admin")).get("/api/admin/default/tenant").await.expect(200);
}
