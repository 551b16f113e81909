//! Scopes: named once in a server, in a service or in none, decided about by policies, known to clients by name.

use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, below_server, make_client, make_policy, make_server, no, wrong_members, yes},
};

covers!("listScopes", "createScope", "getScope", "updateScope", "deleteScope");

const SCOPES: &str = "/api/admin/default/scopes";

fn scope(name: &str) -> Value {
    json!({ "authorization_server_id": "shop", "name": name })
}

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    (server, admin)
}

async fn make(admin: &Caller, id: &str, mut body: Value) -> Value {
    body["id"] = json!(id);
    admin.post(SCOPES, &body).await.expect(201).json()
}

async fn list(admin: &Caller, server: &str) -> Vec<Value> {
    let listed = admin.get(&format!("{ADMIN}/servers/{server}/scopes")).await.expect(200).json();
    listed["scopes"].as_array().unwrap().clone()
}

fn texts<'a>(bodies: &'a [Value], member: &str) -> Vec<&'a str> {
    bodies.iter().map(|body| body[member].as_str().unwrap_or("")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_the_documented_scopes_in_their_services() {
    let (_server, admin) = start().await;
    let scopes = list(&admin, "shop").await;
    let service = |name: &str| {
        let mut names: Vec<&str> = scopes
            .iter()
            .filter(|scope| scope["service"]["name"] == name)
            .map(|scope| scope["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(service("Profile"), ["address", "email", "offline_access", "openid", "phone", "profile"]);
    assert_eq!(service("User Privacy & Consent"), ["manage_consents", "view_consents"]);
    assert_eq!(
        service("OAuth2"),
        [
            "dcr_register",
            "introspect_tokens",
            "list_clients_with_access",
            "manage_sessions",
            "revoke_client_access",
            "revoke_tokens",
            "view_sessions"
        ]
    );
    assert_eq!(service("Decisions"), ["evaluate_decisions"]);
    assert_eq!(scopes.len(), 16);
    for scope in &scopes {
        assert_eq!((&scope["with_service"], &scope["system"]), (&json!(true), &json!(true)), "{scope}");
        let open = scope["service"]["name"] == "Profile";
        assert_eq!(scope["developer_policy_id"] == "block", !open, "developers help themselves to {scope}");
    }
    let of_system = list(&admin, "system").await;
    let mut names = texts(&of_system, "name");
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "evaluate_decisions",
            "introspect_tokens",
            "manage_consents",
            "manage_logins",
            "manage_scope_grants",
            "push_gateway_requests",
            "read_gateway_configuration",
            "revoke_tokens",
            "view_consents",
            "write_gateway_configuration"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_saved_shown_replaced_and_removed() {
    let (_server, admin) = start().await;
    make_policy(&admin, "adults", json!([yes()])).await;
    let body = json!({
        "id": "reading", "tenant_id": "default", "authorization_server_id": "shop", "name": "books.read",
        "display_name": "Read books", "description": "Lets an app read", "user_policy_id": "adults",
        "developer_policy_id": "block", "service_id": "",
    });
    let made = admin.post(SCOPES, &body).await.expect(201);
    assert!(made.header("etag").is_some());
    let made = made.json();
    let mut expected = body.clone();
    expected.as_object_mut().unwrap().remove("service_id");
    expected["system"] = json!(false);
    assert_eq!(made, expected);

    let path = format!("{SCOPES}/reading");
    let shown = admin.get(&path).await.expect(200);
    let tag = shown.header("etag").unwrap().to_owned();
    let shown = shown.json();
    assert_eq!((&shown["with_service"], shown.get("service")), (&json!(false), None));
    assert!(list(&admin, "shop").await.contains(&shown));

    // What was read can be written back: nothing changes, not even the version.
    let same = admin.put(&path, &shown).await.expect(200);
    assert_eq!((same.header("etag"), same.json()), (Some(tag.as_str()), expected));

    let replaced = admin.put(&path, &json!({ "name": "books.read", "display_name": "Read" })).await.expect(200).json();
    assert_eq!((&replaced["display_name"], &replaced["description"]), (&json!("Read"), &json!("")), "PUT replaces");
    assert_eq!((replaced.get("user_policy_id"), replaced.get("developer_policy_id")), (None, None));
    assert_eq!(replaced["authorization_server_id"], "shop");
    let stale = admin.clone().with_header("if-match", &tag);
    stale.put(&path, &scope("books.read")).await.expect(412);
    stale.delete(&path).await.expect(412);

    let generated = admin.post(SCOPES, &scope("books.write")).await.expect(201).json();
    assert!(generated["id"].as_str().unwrap().len() >= 16, "{generated}");

    assert!(admin.delete(&path).await.expect(204).body.is_empty());
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin.put(&path, &scope("books.read")).await.expect(404);
    assert!(!texts(&list(&admin, "shop").await, "id").contains(&"reading"));
    // Its name and its id are free again.
    make(&admin, "reading", scope("books.read")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_belongs_to_a_service_of_its_server() {
    let (_server, admin) = start().await;
    for (id, server) in [("library", "shop"), ("archive", "shop"), ("elsewhere", "default")] {
        let service = json!({ "id": id, "authorization_server_id": server, "name": id });
        admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    }
    let mut body = scope("books.read");
    body["service_id"] = json!("library");
    make(&admin, "reading", body.clone()).await;
    let path = format!("{SCOPES}/reading");
    let service_of = async || admin.get(&path).await.expect(200).json()["service"]["id"].clone();
    assert_eq!(service_of().await, "library");
    let of_library = async || {
        let shown = admin.get(&format!("{ADMIN}/services/library")).await.expect(200).json();
        texts(shown["scopes"].as_array().unwrap(), "id").join(" ")
    };
    assert_eq!(of_library().await, "reading");

    admin.put(&path, &scope("books.read")).await.expect(200);
    assert_eq!(service_of().await, "library", "an update that names no service leaves it there");
    body["service_id"] = json!("archive");
    admin.put(&path, &body).await.expect(200);
    assert_eq!((service_of().await, of_library().await), (json!("archive"), String::new()));

    for service in ["elsewhere", "nothing"] {
        let before = below_server(&admin, "shop").await;
        body["service_id"] = json!(service);
        let refused = [
            admin.put(&path, &body).await,
            admin
                .post(SCOPES, &json!({ "authorization_server_id": "shop", "name": "new", "service_id": service }))
                .await,
        ];
        for answer in refused {
            assert_eq!(wrong_members(&answer.expect(422)), ["/service_id"], "{service}");
        }
        assert_eq!(below_server(&admin, "shop").await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_make_no_sense_are_refused_and_change_nothing() {
    let (server, admin) = start().await;
    make(&admin, "reading", scope("books.read")).await;
    let theirs = json!({ "id": "theirs", "policy_name": "Theirs", "validators": [yes()] });
    server.as_other_admin().post("/api/admin/demo/policies", &theirs).await.expect(201);
    let before = below_server(&admin, "shop").await;
    let path = format!("{SCOPES}/reading");
    let long = "x".repeat(4097);
    for (member, value) in [
        ("name", json!(null)),
        ("name", json!("")),
        ("name", json!("two words")),
        ("name", json!("a\"b")),
        ("name", json!("ä")),
        ("name", json!("x".repeat(257))),
        ("name", json!(1)),
        ("tenant_id", json!("demo")),
        ("display_name", json!(long)),
        ("description", json!(long)),
        ("user_policy_id", json!("nothing")),
        ("user_policy_id", json!("theirs")),
        ("developer_policy_id", json!("nothing")),
        ("magic", json!(1)),
    ] {
        let mut body = scope("books.write");
        body[member] = value;
        for answer in [admin.post(SCOPES, &body).await, admin.put(&path, &body).await] {
            assert_eq!(answer.status, 422, "{body}: {}", answer.text());
            assert_eq!(wrong_members(&answer), [format!("/{member}")], "{body}");
        }
    }
    let refused = async |answer: Answer, members: &[&str]| assert_eq!(wrong_members(&answer.expect(422)), members);
    refused(admin.post(SCOPES, &json!({})).await, &["/authorization_server_id", "/name"]).await;
    let nowhere = json!({ "authorization_server_id": "nothing", "name": "new" });
    refused(admin.post(SCOPES, &nowhere).await, &["/authorization_server_id"]).await;
    let moved = json!({ "authorization_server_id": "default", "name": "books.read" });
    refused(admin.put(&path, &moved).await, &["/authorization_server_id"]).await;
    refused(admin.put(&path, &json!({ "id": "other", "name": "books.read" })).await, &["/id"]).await;
    for id in ["with blank", "a/b", &"x".repeat(129)] {
        let mut body = scope("new");
        body["id"] = json!(id);
        refused(admin.post(SCOPES, &body).await, &["/id"]).await;
    }
    assert_eq!(list(&admin, "nothing").await, Vec::<Value>::new());
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_ids_are_given_once() {
    let (_server, admin) = start().await;
    make(&admin, "reading", scope("books.read")).await;
    make(&admin, "writing", scope("books.write")).await;
    let before = below_server(&admin, "shop").await;
    admin.post(SCOPES, &scope("books.read")).await.expect(409);
    admin.post(SCOPES, &scope("openid")).await.expect(409);
    let mut same_id = scope("new");
    same_id["id"] = json!("reading");
    admin.post(SCOPES, &same_id).await.expect(409);
    // An update documents no conflict.
    let answer = admin.put(&format!("{SCOPES}/writing"), &scope("books.read")).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/name"]);
    assert_eq!(below_server(&admin, "shop").await, before);

    // Another server may have the name; a name that was given up is free.
    admin.post(SCOPES, &json!({ "authorization_server_id": "default", "name": "books.read" })).await.expect(201);
    admin.put(&format!("{SCOPES}/reading"), &scope("books.see")).await.expect(200);
    admin.put(&format!("{SCOPES}/writing"), &scope("books.read")).await.expect(200);
    // A server cannot take over what has the ids of its defaults.
    make(&admin, "till-openid", scope("taken")).await;
    admin
        .post(&format!("{ADMIN}/servers"), &json!({ "id": "till", "name": "Till", "key_type": "ecdsa" }))
        .await
        .expect(409);
    admin.get(&format!("{ADMIN}/servers/till")).await.expect(404);
    assert_eq!(admin.get(&format!("{SCOPES}/till-openid")).await.expect(200).json()["name"], "taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_a_name_at_once_one_succeeds() {
    let (_server, admin) = start().await;
    admin.token().await;
    let running: Vec<_> = (0..16)
        .map(|_| {
            let admin = admin.clone();
            tokio::spawn(async move { admin.post(SCOPES, &scope("race")).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in running {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 15][..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_made_takes_policies_and_keeps_its_name() {
    let (_server, admin) = start().await;
    make_policy(&admin, "adults", json!([yes()])).await;
    let path = format!("{SCOPES}/shop-email");
    let mut body = admin.get(&path).await.expect(200).json();
    body["user_policy_id"] = json!("adults");
    body["display_name"] = json!("E-mail");
    let changed = admin.put(&path, &body).await.expect(200).json();
    assert_eq!((&changed["user_policy_id"], &changed["system"]), (&json!("adults"), &json!(true)));
    assert_eq!(admin.get(&path).await.expect(200).json()["service"]["name"], "Profile");

    let before = below_server(&admin, "shop").await;
    let answer = admin.delete(&path).await.expect(403).json();
    assert!(answer["error"].as_str().unwrap().contains("scope"), "{answer}");
    for (member, value) in [("name", "mail"), ("service_id", "shop-oauth2")] {
        let mut body = scope("email");
        body[member] = json!(value);
        assert_eq!(wrong_members(&admin.put(&path, &body).await.expect(422)), [format!("/{member}")]);
    }
    assert_eq!(below_server(&admin, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_written_through_to_clients_and_claims() {
    let (server, admin) = start().await;
    make(&admin, "reading", scope("books.read")).await;
    let client = make_client(&admin, "shop", "till", &["books.read", "openid"]).await;
    let claim = json!({ "id": "shelf", "authorization_server_id": "shop", "name": "shelf", "mapping": "shelf",
        "type": "access_token", "scopes": ["openid", "books.read"] });
    admin.post(&format!("{ADMIN}/claims"), &claim).await.expect(201);
    admin.put(&format!("{SCOPES}/reading"), &scope("books.see")).await.expect(200);

    let scopes = admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json()["scopes"].clone();
    assert_eq!(scopes, json!(["books.see", "openid"]));
    assert_eq!(claims(&admin).await["shelf"], json!(["openid", "books.see"]));
    let secret = client["client_secret"].as_str().unwrap();
    let ask = async |scope: &str| {
        ask_token(&server, "shop", "till", secret, &format!("grant_type=client_credentials&scope={scope}")).await
    };
    assert_eq!(ask("books.see").await.expect(200).json()["scope"], "books.see");
    assert_eq!(ask("books.read").await.expect(400).json()["error"], "invalid_scope");
}

/// The scopes of the claims of `shop`, by the claims' ids.
async fn claims(admin: &Caller) -> Value {
    let listed = admin.get(&format!("{ADMIN}/servers/shop/claims")).await.expect(200).json();
    let claims = listed["claims"].as_array().unwrap().iter();
    claims.map(|claim| (claim["id"].as_str().unwrap().to_owned(), claim["scopes"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_goes_is_taken_from_everybody_who_had_it() {
    let (server, admin) = start().await;
    make(&admin, "reading", scope("books.read")).await;
    let client = make_client(&admin, "shop", "till", &["books.read", "openid"]).await;
    for (id, scopes) in
        [("both", json!(["books.read", "openid"])), ("only", json!(["books.read"])), ("none", json!([]))]
    {
        let claim = json!({ "id": id, "authorization_server_id": "shop", "name": id, "mapping": "sub", "type": "access_token", "scopes": scopes });
        admin.post(&format!("{ADMIN}/claims"), &claim).await.expect(201);
    }
    admin.delete(&format!("{SCOPES}/reading")).await.expect(204);

    let scopes = async || admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json()["scopes"].clone();
    assert_eq!(scopes().await, json!(["openid"]));
    let claims = claims(&admin).await;
    assert_eq!((&claims["both"], &claims["none"]), (&json!(["openid"]), &json!([])));
    assert_eq!(claims.get("only"), None, "a claim that was only for this scope would be in every token without it");
    let secret = client["client_secret"].as_str().unwrap();
    let granted = async || {
        ask_token(&server, "shop", "till", secret, "grant_type=client_credentials").await.expect(200).json()["scope"]
            .clone()
    };
    assert_eq!(granted().await, "openid");
    // A later scope of this name is given to nobody.
    make(&admin, "reading", scope("books.read")).await;
    assert_eq!((scopes().await, granted().await), (json!(["openid"]), json!("openid")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_a_scope_stays_until_the_scope_lets_go() {
    let (_server, admin) = start().await;
    make_policy(&admin, "rule", json!([no()])).await;
    let mut body = scope("books.read");
    body["user_policy_id"] = json!("rule");
    body["developer_policy_id"] = json!("rule");
    make(&admin, "reading", body).await;
    let delete = async || admin.delete(&format!("{ADMIN}/policies/rule")).await;
    assert_eq!(delete().await.expect(400).json()["details"]["used_by"], json!(["scope `reading`"]));
    let mut body = scope("books.read");
    body["developer_policy_id"] = json!("rule");
    admin.put(&format!("{SCOPES}/reading"), &body).await.expect(200);
    delete().await.expect(400);
    admin.delete(&format!("{SCOPES}/reading")).await.expect(204);
    delete().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_the_scopes_of_another_tenant() {
    let (server, admin) = start().await;
    make(&admin, "reading", scope("books.read")).await;
    let other = server.as_other_admin();
    other.get("/api/admin/demo/scopes/reading").await.expect(404);
    other.put("/api/admin/demo/scopes/reading", &scope("x")).await.expect(404);
    other.delete("/api/admin/demo/scopes/reading").await.expect(404);
    let listed = other.get("/api/admin/demo/servers/shop/scopes").await.expect(200).json();
    assert_eq!(listed, json!({ "scopes": [] }));
    let answer = other.post("/api/admin/demo/scopes", &scope("x")).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/authorization_server_id"]);
}
