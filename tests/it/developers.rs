//! The developer group: clients of their own, the servers and scopes they may use, and the policies that say no.

use portcullis::{
    domain::server::Server,
    store::{Write, timeline},
};
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, ask_token, attribute, bearer_of, make_client, make_policy, make_server, wrong_members, yes},
};

covers!(
    "listClientsForDeveloper",
    "createClientForDeveloper",
    "getClientForDeveloper",
    "updateClientForDeveloper",
    "deleteClientForDeveloper",
    "listServersForDeveloper",
    "getServerForDeveloper",
);

const CLIENTS: &str = "/api/developer/default/clients";
const SERVERS: &str = "/api/developer/default/servers";

/// A developer.
async fn developer(server: &TestServer, name: &str) -> Caller {
    bearer_of(server, &make_client(&server.as_admin(), "developer", name, &[]).await)
}

fn body(more: Value) -> Value {
    let mut body = json!({
        "authorization_server_id": "default", "client_name": "Mine", "grant_types": ["client_credentials"],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The same without the server, as PUT takes it.
fn whole(more: Value) -> Value {
    let mut body = body(more);
    body.as_object_mut().unwrap().remove("authorization_server_id");
    body
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

fn path(client: &Value) -> String {
    format!("{CLIENTS}/{}", text(client, "client_id"))
}

/// Has a server of the tenant `default` name a policy that is not there, as no operation can.
async fn lose_policy(server: &TestServer, id: &'static str) {
    let world = server.app.domain.world.clone();
    let work = move |write: &mut Write<'_>| {
        let now = write.instant(world.now())?;
        let mut value = timeline::current::<Server>(write, "default", id, now)?.unwrap().value;
        value.developer_policy = Some("missing".to_owned());
        timeline::append(write, "default", id, value, now, now, "test")?;
        Ok(())
    };
    server.app.domain.write(work).await.unwrap();
}

/// Has a policy guard a server or a scope.
async fn guard(server: &TestServer, thing: &str, policy: &str) {
    let (admin, path) = (server.as_admin(), format!("{ADMIN}/{thing}"));
    let mut body = admin.get(&path).await.expect(200).json();
    body["developer_policy_id"] = json!(policy);
    admin.put(&path, &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn developers_have_clients_of_their_own() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let (alice, bob) = (developer(&server, "alice").await, developer(&server, "bob").await);
    let made = alice.post(CLIENTS, &body(json!({ "scopes": ["openid"] }))).await.expect(201);
    let (etag, made) = (made.header("etag").unwrap().to_owned(), made.json());
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    assert!(id.len() >= 16 && secret.len() >= 43, "{made}");
    for member in ["tenant_id", "developer_id", "trusted", "system", "client_hashed_secret"] {
        assert!(made.get(member).is_none(), "{member} is not for developers");
    }
    let grant = "grant_type=client_credentials";
    ask_token(&server, "default", id, secret, grant).await.expect(200);
    let read = alice.get(&path(&made)).await.expect(200);
    assert_eq!((read.header("etag"), read.json()), (Some(etag.as_str()), made.clone()));
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [made] }));

    // For others it does not exist; neither do others' clients for its developer.
    assert_eq!(bob.get(CLIENTS).await.expect(200).json(), json!({ "clients": [] }));
    bob.get(&path(&made)).await.expect(404);
    bob.put(&path(&made), &whole(json!({}))).await.expect(404);
    bob.delete(&path(&made)).await.expect(404);
    bob.clone().with_header("if-match", "\"99\"").delete(&path(&made)).await.expect(404);
    make_client(&admin, "default", "admins", &[]).await;
    for (client, words) in [("admins", "there is no client `admins`"), ("nobody", "there is no client `nobody`")] {
        let answer = alice.get(&format!("{CLIENTS}/{client}")).await.expect(404);
        assert_eq!(answer.json()["error"], words, "what exists cannot be told from what does not");
        alice.put(&format!("{CLIENTS}/{client}"), &whole(json!({}))).await.expect(404);
        alice.delete(&format!("{CLIENTS}/{client}")).await.expect(404);
    }

    // An administrator sees whose it is, and no secret; writing that back takes nothing away.
    let path_of_admin = format!("{ADMIN}/clients/{id}");
    let seen = admin.get(&path_of_admin).await.expect(200).json();
    assert_eq!((&seen["developer_id"], &seen["client_secret"]), (&json!("alice"), &json!("")));
    let listed = admin.get(&format!("{ADMIN}/servers/default/clients")).await.expect(200);
    assert!(listed.text().contains(id) && !listed.text().contains(secret), "{}", listed.text());
    assert_eq!(admin.put(&path_of_admin, &seen).await.expect(200).json(), seen);
    assert_eq!(alice.get(&path(&made)).await.expect(200).json(), made);
    ask_token(&server, "default", id, secret, grant).await.expect(200);

    alice.delete(&path(&made)).await.expect(204);
    alice.get(&path(&made)).await.expect(404);
    admin.get(&path_of_admin).await.expect(404);
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_removes_is_gone_for_its_developer() {
    let server = TestServer::start().await;
    let (admin, alice) = (server.as_admin(), developer(&server, "alice").await);
    make_server(&admin, "shop", json!({})).await;
    let one = alice.post(CLIENTS, &body(json!({}))).await.expect(201).json();
    let other = alice.post(CLIENTS, &body(json!({ "authorization_server_id": "shop" }))).await.expect(201).json();
    admin.delete(&format!("{ADMIN}/clients/{}", text(&one, "client_id"))).await.expect(204);
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [other] }));
    admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn developers_choose_no_ids_and_no_rights() {
    let server = TestServer::start().await;
    let alice = developer(&server, "alice").await;
    let made = alice.post(CLIENTS, &body(json!({}))).await.expect(201).json();
    let others = [
        ("tenant_id", json!("default")),
        ("client_hashed_secret", json!("x")),
        ("developer_id", json!("bob")),
        ("system", json!(true)),
        ("trusted", json!(true)),
        ("magic", json!(1)),
    ];
    let new = [("client_id", json!("mine")), ("client_secret", json!("x".repeat(32)))];
    for (member, value) in others.iter().chain(&new) {
        let answer = alice.post(CLIENTS, &body(json!({ *member: value }))).await.expect(422);
        assert_eq!(wrong_members(&answer), [format!("/{member}")], "{}", answer.text());
    }
    let known = [("client_id", json!("mine")), ("authorization_server_id", json!("developer"))];
    for (member, value) in others.iter().chain(&known) {
        let mut sent = whole(json!({}));
        sent[*member] = value.clone();
        let answer = alice.put(&path(&made), &sent).await.expect(422);
        assert_eq!(wrong_members(&answer), [format!("/{member}")], "{}", answer.text());
    }
    for place in ["admin", "developer", "system", "nothing"] {
        let answer = alice.post(CLIENTS, &body(json!({ "authorization_server_id": place }))).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/authorization_server_id"], "{place}");
    }
    let answer = alice.post(CLIENTS, &json!({})).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/client_name", "/authorization_server_id"]);
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [made] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developers_put_takes_the_whole_client() {
    let server = TestServer::start().await;
    let (admin, alice) = (server.as_admin(), developer(&server, "alice").await);
    let more = json!({ "description": "x", "redirect_uris": ["https://a.example"], "scope": "openid email" });
    let made = alice.post(CLIENTS, &body(more)).await.expect(201).json();
    let same = alice.put(&path(&made), &made).await.expect(200);
    assert_eq!(same.json(), made, "what was read can be written back");

    // Trust is the administrator's to give, and stays when the developer changes the client.
    let path_of_admin = format!("{ADMIN}/clients/{}", text(&made, "client_id"));
    let mut trusted = admin.get(&path_of_admin).await.expect(200).json();
    trusted["trusted"] = json!(true);
    admin.put(&path_of_admin, &trusted).await.expect(200);
    let changed = alice.put(&path(&made), &whole(json!({ "client_name": "New" }))).await.expect(200).json();
    assert_eq!(changed["client_name"], "New");
    assert_eq!((&changed["description"], &changed["redirect_uris"]), (&json!(""), &json!([])));
    assert_eq!((&changed["scopes"], &changed["scope"]), (&json!([]), &json!("")));
    assert_eq!(changed["client_secret"], made["client_secret"], "the secret stays when it is left out");
    assert_eq!(admin.get(&path_of_admin).await.expect(200).json()["trusted"], true);

    let secret = "a secret of the developer's choice, long";
    let short = alice.put(&path(&made), &whole(json!({ "client_secret": "short" }))).await.expect(422);
    assert_eq!(wrong_members(&short), ["/client_secret"]);
    alice.put(&path(&made), &whole(json!({ "client_secret": secret }))).await.expect(200);
    let id = text(&made, "client_id");
    ask_token(&server, "default", id, secret, "grant_type=client_credentials").await.expect(200);
    let stale = alice.clone().with_header("if-match", "\"1\"");
    stale.put(&path(&made), &whole(json!({}))).await.expect(412);
    stale.delete(&path(&made)).await.expect(412);
}

#[tokio::test(flavor = "multi_thread")]
async fn developers_see_servers_that_are_not_the_tenants_own() {
    let server = TestServer::start().await;
    let (admin, alice) = (server.as_admin(), developer(&server, "alice").await);
    make_server(&admin, "shop", json!({ "name": "Shop", "grant_types": ["client_credentials"] })).await;
    let listed = alice.get(SERVERS).await.expect(200).json();
    let ids: Vec<&str> = listed["servers"].as_array().unwrap().iter().map(|one| text(one, "id")).collect();
    assert_eq!(ids, ["default", "shop"]);
    let shop = alice.get(&format!("{SERVERS}/shop")).await.expect(200).json();
    let issuer = format!("{}/default/shop", server.url);
    for shown in [&shop, &listed["servers"][1]] {
        assert_eq!((text(shown, "id"), text(shown, "name")), ("shop", "Shop"));
        assert_eq!(
            (text(shown, "issuer_url"), &shown["grant_types"]),
            (issuer.as_str(), &json!(["client_credentials"]))
        );
    }
    let scopes = shop["scopes"].as_array().unwrap();
    let openid = scopes.iter().find(|scope| scope["scope_name"] == "openid").expect("the default scopes");
    assert_eq!(text(openid, "scope_display_name"), "OpenID");
    assert!(openid["with_service"].is_boolean() && openid["scope_id"].is_string(), "{openid}");
    for hidden in ["admin", "developer", "system", "nothing"] {
        alice.get(&format!("{SERVERS}/{hidden}")).await.expect(404);
    }
    server.as_admin().get(SERVERS).await.expect(403);
    server.anonymous().get(SERVERS).await.expect(401);
    alice.get("/api/developer/demo/servers").await.expect(401);
    alice.get(&format!("{ADMIN}/servers")).await.expect(403);
}

/// The tenant's own servers are known by their ids, whatever a document or an old store says of them.
#[tokio::test(flavor = "multi_thread")]
async fn no_developer_has_clients_where_administrators_get_their_tokens() {
    let server = TestServer::start().await;
    let secret = "a secret of the importer's choice, long";
    let own = |id: &str| json!({ "id": id, "tenant_id": "acme", "name": id, "key_type": "ecdsa", "system": false });
    let client = |id: &str, place: &str| {
        json!({ "client_id": id, "tenant_id": "acme", "client_name": id, "authorization_server_id": place,
                "grant_types": ["client_credentials"], "client_secret": secret })
    };
    let document = json!({
        "tenants": [{ "id": "acme", "name": "Acme" }], "servers": [own("admin"), own("developer"), own("system")],
        "clients": [client("alice", "developer"), client("boss", "admin")],
    });
    server.as_setup().put("/api/system/configuration", &document).await.expect(204);
    server.app.domain.write(forget_system).await.unwrap();

    let alice = Caller::new(&server.url).with_credentials("acme", "developer", "alice", secret);
    let boss = Caller::new(&server.url).with_credentials("acme", "admin", "boss", secret);
    for (tenant, alice, admin) in
        [("acme", alice, boss), ("default", developer(&server, "alice").await, server.as_admin())]
    {
        let (clients, servers) =
            (format!("/api/developer/{tenant}/clients"), format!("/api/developer/{tenant}/servers"));
        assert!(!alice.get(&servers).await.expect(200).text().contains("\"admin\""), "{tenant}");
        alice.get(&format!("{servers}/admin")).await.expect(404);
        for place in ["admin", "developer", "system"] {
            let answer = alice.post(&clients, &body(json!({ "authorization_server_id": place }))).await.expect(422);
            assert_eq!(wrong_members(&answer), ["/authorization_server_id"], "{tenant} {place}");
        }
        admin.delete(&format!("/api/admin/{tenant}/servers/admin")).await.expect(400);
        let path = format!("/api/admin/{tenant}/servers/admin");
        let shown = admin.get(&path).await.expect(200).json();
        assert_eq!(admin.put(&path, &shown).await.expect(200).json()["system"], true, "{tenant}");
    }
}

/// Takes the mark of the tenant's own from the server `admin`, as an earlier version could.
fn forget_system(write: &mut Write<'_>) -> Result<(), portcullis::domain::Failure> {
    let now = write.instant(0)?;
    let value = timeline::current::<Server>(write, "default", "admin", now)?.unwrap().value;
    timeline::append(write, "default", "admin", Server { system: false, ..value }, now, now, "test")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_made_again_is_somebody_else() {
    let server = TestServer::start().await;
    let (admin, first) = (server.as_admin(), developer(&server, "devx").await);
    let made = first.post(CLIENTS, &body(json!({}))).await.expect(201).json();
    admin.delete(&format!("{ADMIN}/clients/devx")).await.expect(204);
    let second = developer(&server, "devx").await;
    assert_eq!(second.get(CLIENTS).await.expect(200).json(), json!({ "clients": [] }));
    second.get(&path(&made)).await.expect(404);
    second.delete(&path(&made)).await.expect(404);
    // It is the administrators' from now on, and works as before.
    let id = text(&made, "client_id");
    let kept = admin.get(&format!("{ADMIN}/clients/{id}")).await.expect(200).json();
    assert!(kept.get("developer_id").is_none(), "{kept}");
    ask_token(&server, "default", id, text(&made, "client_secret"), "grant_type=client_credentials").await.expect(200);
    admin.delete(&format!("{ADMIN}/clients/{id}")).await.expect(204);
}

/// A policy with one rule that says no and a way out.
fn denying() -> Value {
    json!([{ "name": "false", "recovery": [{ "id": "ask the administrator", "type": "approval" }] }])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_a_server_decides_who_registers_clients() {
    let server = TestServer::start().await;
    let (admin, alice, bob) = (server.as_admin(), developer(&server, "alice").await, developer(&server, "bob").await);
    make_policy(&admin, "nobody", denying()).await;
    let rules = json!([
        attribute("authn_ctx.sub", "equals", json!("alice")),
        attribute("contexts.developer.id", "equals", json!("alice")),
        attribute("contexts.client.client_name", "equals", json!("Mine")),
        attribute("action.name", "equals", json!("create_client")),
        attribute("resource.type", "equals", json!("client")),
    ]);
    make_policy(&admin, "alice-only", rules).await;
    let made = alice.post(CLIENTS, &body(json!({}))).await.expect(201).json();

    guard(&server, "servers/default", "nobody").await;
    let denied = alice.post(CLIENTS, &body(json!({}))).await.expect(403).json();
    assert_eq!(denied["details"]["failures"][0]["validator"], "false", "{denied}");
    assert_eq!(denied["details"]["recovery"], json!([{ "id": "ask the administrator", "type": "approval" }]));
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [made] }), "nothing was registered");
    alice.put(&path(&made), &whole(json!({ "description": "x" }))).await.expect(403);
    assert_eq!(
        alice.put(&path(&made), &whole(json!({}))).await.expect(200).json(),
        made,
        "what changes nothing may be"
    );
    make_client(&admin, "default", "admins", &[]).await;
    make_policy(&admin, "changes", json!([attribute("action.name", "equals", json!("update_client"))])).await;
    guard(&server, "servers/default", "changes").await;
    alice.post(CLIENTS, &body(json!({}))).await.expect(403);
    alice.put(&path(&made), &whole(json!({ "description": "x" }))).await.expect(200);

    guard(&server, "servers/default", "alice-only").await;
    bob.post(CLIENTS, &body(json!({}))).await.expect(403);
    let renamed = alice.post(CLIENTS, &body(json!({ "client_name": "Other" }))).await.expect(403);
    assert_eq!(renamed.json()["details"]["failures"].as_array().unwrap().len(), 1, "{}", renamed.text());
    alice.post(CLIENTS, &body(json!({}))).await.expect(201);

    // A policy in use cannot be removed. If one is missing all the same, nobody is let through.
    lose_policy(&server, "default").await;
    alice.post(CLIENTS, &body(json!({}))).await.expect(403);
    // A client that breaks a rule is told so; no policy is asked about it.
    alice.post(CLIENTS, &body(json!({ "client_name": "" }))).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_a_scope_decides_who_is_given_it() {
    let server = TestServer::start().await;
    let (admin, alice) = (server.as_admin(), developer(&server, "alice").await);
    make_policy(&admin, "nobody", denying()).await;
    make_policy(&admin, "anybody", json!([yes()])).await;
    let made = alice.post(CLIENTS, &body(json!({ "scopes": ["openid", "email"] }))).await.expect(201).json();
    let id_of = async |name: &str| {
        let shown = alice.get(&format!("{SERVERS}/default")).await.expect(200).json();
        let scopes = shown["scopes"].as_array().unwrap();
        text(scopes.iter().find(|scope| scope["scope_name"] == name).unwrap(), "scope_id").to_owned()
    };
    let (email, phone) = (id_of("email").await, id_of("phone").await);
    guard(&server, &format!("scopes/{email}"), "nobody").await;
    guard(&server, &format!("scopes/{phone}"), "anybody").await;

    let denied = alice.post(CLIENTS, &body(json!({ "scope": "openid email" }))).await.expect(403).json();
    assert!(text(&denied, "error").contains("`email`"), "{denied}");
    assert_eq!(denied["details"]["recovery"][0]["type"], "approval");
    assert_eq!(alice.get(CLIENTS).await.expect(200).json(), json!({ "clients": [made] }));
    alice.post(CLIENTS, &body(json!({ "scope": "openid phone" }))).await.expect(201);

    // A scope that a client has already is not asked about again; one that comes back is.
    alice.put(&path(&made), &whole(json!({ "scope": "email phone" }))).await.expect(200);
    alice.put(&path(&made), &whole(json!({ "scope": "phone" }))).await.expect(200);
    let denied = alice.put(&path(&made), &whole(json!({ "scope": "email phone" }))).await.expect(403);
    assert_eq!(denied.json()["details"]["failures"][0]["validator"], "false");
    assert_eq!(alice.get(&path(&made)).await.expect(200).json()["scope"], "phone");
    // Administrators give what they want.
    let path_of_admin = format!("{ADMIN}/clients/{}", text(&made, "client_id"));
    let mut given = admin.get(&path_of_admin).await.expect(200).json();
    given["scopes"] = json!(["email"]);
    given["scope"] = json!("email");
    admin.put(&path_of_admin, &given).await.expect(200);
    // A client that becomes another one is asked about with all that it has.
    alice.put(&path(&made), &whole(json!({ "scope": "email" }))).await.expect(200);
    let denied = alice.put(&path(&made), &whole(json!({ "scope": "email", "client_name": "Other" }))).await.expect(403);
    assert!(text(&denied.json(), "error").contains("`email`"), "{}", denied.text());
    alice.put(&path(&made), &whole(json!({ "scope": "", "client_name": "Other" }))).await.expect(200);

    let asked = json!([
        attribute("action.name", "equals", json!("assign_scope")),
        attribute("resource.id", "equals", json!(phone)),
        attribute("contexts.scopes.phone.name", "equals", json!("phone")),
        attribute("contexts.client.scope", "contains", json!("phone")),
    ]);
    make_policy(&admin, "asked", asked).await;
    guard(&server, &format!("scopes/{phone}"), "asked").await;
    alice.post(CLIENTS, &body(json!({ "scope": "openid phone" }))).await.expect(201);
}
