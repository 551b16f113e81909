//! Who may do what: every row of the tables × every role → status, as one table that a reviewer reads.
//!
//! Everything is asked of the tenant `default` and, where a path has one, of its authorization server `shop`.

use std::fmt::Write;

use bytes::Bytes;
use portcullis::{
    api::{DIALECTS, Row},
    domain::Needs,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, SECRET, TestServer, golden,
    made::{ADMIN, FORM, bearer_of, below_server, everything, make_client, make_policy, make_server, multipart, yes},
};

/// The columns: a heading and who it is.
const ROLES: [&str; 10] =
    ["anonymous", "admin", "system", "shop", "setup", "demo/admin", "demo/system", "garbage", "expired", "deleted"];

/// The roles that belong to another tenant or to nobody: a row that needs anything must refuse them all.
const STRANGERS: [&str; 7] = ["anonymous", "setup", "demo/admin", "demo/system", "garbage", "expired", "deleted"];

/// One caller for each role. Moves the clock, so that one of them has expired.
async fn callers(server: &TestServer) -> Vec<(&'static str, Caller)> {
    let expired = Caller::new(&server.url).with_token(&server.as_admin().token().await.unwrap());
    server.world.advance_seconds(3600);
    let admin = server.as_admin();
    // A client of the admin server, so that its token would open everything if it were still good.
    let gone = make_client(&admin, "admin", "gone", &["evaluate_decisions"]).await;
    let deleted = bearer_of(server, &gone);
    deleted.get(&format!("{ADMIN}/tenant")).await.expect(200);
    admin.delete(&format!("{ADMIN}/clients/gone")).await.expect(204);
    let shop = make_client(&admin, "shop", "till", &["evaluate_decisions"]).await;
    ROLES
        .iter()
        .map(|role| {
            let caller = match *role {
                "anonymous" => server.anonymous(),
                "admin" => server.as_admin(),
                "system" => server.as_system(),
                "shop" => bearer_of(server, &shop),
                "setup" => server.as_setup(),
                "demo/admin" => server.as_other_admin(),
                "demo/system" => server.as_other_system(),
                "garbage" => Caller::new(&server.url).with_token("garbage"),
                "expired" => expired.clone(),
                "deleted" => deleted.clone(),
                other => panic!("a role without a caller: {other}"),
            };
            (*role, caller)
        })
        .collect()
}

/// Makes what the paths name, as far as it is not there (409).
async fn restore(admin: &Caller) {
    let server = json!({ "id": "closing", "name": "Closing", "key_type": "ecdsa" });
    let client = json!({ "client_id": "clerk", "authorization_server_id": "shop", "client_name": "Clerk" });
    let policy = json!({ "id": "rule", "policy_name": "Rule", "validators": [yes()] });
    let scope = json!({ "id": "reading", "authorization_server_id": "shop", "name": "books.read" });
    let service = json!({ "id": "library", "authorization_server_id": "shop", "name": "Library" });
    let claim = json!({ "id": "level", "authorization_server_id": "shop", "name": "level", "mapping": "level", "type": "id_token" });
    let gateway = json!({ "name": "Door", "type": "standalone", "server_id": "shop" });
    let made = [
        ("servers", server),
        ("clients", client),
        ("policies", policy),
        ("scopes", scope),
        ("services", service),
        ("claims", claim),
        ("gateways", gateway),
    ];
    for (path, body) in made {
        let answer = admin.post(&format!("{ADMIN}/{path}"), &body).await;
        assert!([201, 409].contains(&answer.status.as_u16()), "{path}: {}", answer.text());
    }
    let described = json!({ "id": "described", "authorization_server_id": "shop", "name": "Described" });
    admin.post(&format!("{ADMIN}/services"), &described).await;
    let described = format!("{ADMIN}/services/described");
    if admin.get(&described).await.expect(200).json()["with_specification"] == false {
        admin.post(&format!("{described}/apis/import/text"), &specification()).await.expect(200);
    }
    let api = json!({ "id": "books", "service_id": "library", "method": "GET", "path": "/books" });
    if admin.get(&format!("{ADMIN}/apis/books")).await.status == 404 {
        admin.post(&format!("{ADMIN}/apis"), &api).await.expect(201);
    }
}

/// The id of a gateway of `shop`; empty when there is none of this name.
async fn gateway_of(admin: &Caller, name: &str) -> String {
    let listed = admin.get(&format!("{ADMIN}/servers/shop/gateways")).await.expect(200).json();
    let found = listed["gateways"].as_array().unwrap().iter().find(|gateway| gateway["name"] == name);
    found.and_then(|gateway| gateway["id"].as_str()).unwrap_or_default().to_owned()
}

/// A small document to import.
fn specification() -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": "Books", "version": "1" }, "paths": { "/books": { "get": {} } } })
}

/// The path of a row with existing things in it.
fn path_of(row: &Row, decision: &str, gateway: &str) -> String {
    // The caller `shop` would die with its server, so another one is deleted.
    let aid = match row.id {
        "deleteAuthorizationServer" => "closing",
        "token" => "admin",
        _ => "shop",
    };
    let values = [
        ("{tid}", "default"),
        ("{aid}", aid),
        ("{cid}", "clerk"),
        ("{pid}", "rule"),
        ("{did}", decision),
        ("{scp}", "reading"),
        ("{sid}", if row.id.contains("Specification") { "described" } else { "library" }),
        ("{api}", "books"),
        ("{claim}", "level"),
        ("{gw}", gateway),
        ("{*path}", "books"),
        ("{document}", "acp.json"),
    ];
    let path = values.iter().fold(row.path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{}: give the parameters of {} values in authority.rs", row.id, row.path);
    path
}

/// A small valid body.
fn body_of(row: &Row) -> Value {
    match row.id {
        "updateAdminTenant" => json!({ "name": "Default" }),
        "createAuthorizationServer" => json!({ "id": "new-server", "name": "New", "key_type": "ecdsa" }),
        "updateAuthorizationServer" => json!({ "name": "Shop" }),
        "updateAuthentications" => json!({ "methods": [] }),
        "createClient" => json!({ "client_id": "new-client", "authorization_server_id": "shop", "client_name": "New" }),
        "updateClient" => json!({ "client_name": "Clerk" }),
        "createScope" => json!({ "id": "new-scope", "authorization_server_id": "shop", "name": "new" }),
        "updateScope" => json!({ "name": "books.read" }),
        "createService" => json!({ "id": "new-service", "authorization_server_id": "shop", "name": "New" }),
        "updateService" => json!({ "name": "Library" }),
        "createAPI" => json!({ "id": "new-api", "service_id": "library", "method": "GET", "path": "/new" }),
        "importSpecificationFromFile" | "importSpecificationFromText" => specification(),
        // Nobody may have this machine asked.
        "importSpecificationFromURL" => json!({ "url": "http://127.0.0.1/openapi.json" }),
        "updateAPI" => json!({ "data_classifications": [] }),
        "createGateway" => json!({ "name": "New", "type": "standalone", "server_id": "shop" }),
        "updateGateway" => json!({ "name": "Door" }),
        "createClaim" => json!({
            "id": "new-claim", "authorization_server_id": "shop", "name": "new", "mapping": "new", "type": "id_token",
        }),
        "updateClaim" => json!({ "name": "level", "mapping": "level", "type": "id_token" }),
        "createPolicy" => json!({ "id": "new-policy", "policy_name": "New", "validators": [yes()] }),
        "updatePolicy" => json!({ "policy_name": "Rule", "validators": [yes()] }),
        "testPolicy" => json!({ "policy": { "validators": [yes()] } }),
        "evaluate" | "evaluateMany" => json!({
            "subject": { "type": "user", "id": "alice" },
            "action": { "name": "read" },
            "resource": { "type": "policy", "id": "rule" },
        }),
        _ => json!({}),
    }
}

async fn ask(caller: &Caller, row: &Row, path: &str) -> u16 {
    let answer = match row.doc.body {
        None => caller.send(row.method.clone(), path, None, Bytes::new()).await,
        Some((FORM, _)) => {
            let form =
                format!("grant_type=client_credentials&client_id=admin&client_secret={}", SECRET.replace(' ', "+"));
            caller.send(row.method.clone(), path, Some(FORM), form.into()).await
        }
        Some(("multipart/form-data", _)) => {
            let (media_type, form) = multipart("file", &body_of(row).to_string());
            caller.send(row.method.clone(), path, Some(&media_type), form).await
        }
        Some((media_type, _)) => {
            caller.send(row.method.clone(), path, Some(media_type), body_of(row).to_string().into()).await
        }
    };
    answer.status.as_u16()
}

/// Undoes what a successful call has made; the rest is restored by [`restore`].
async fn undo(admin: &Caller, row: &Row) {
    let gateway = format!("gateways/{}", gateway_of(admin, "New").await);
    let made = match row.id {
        "createGateway" => gateway.as_str(),
        "createAuthorizationServer" => "servers/new-server",
        "createClient" => "clients/new-client",
        "createPolicy" => "policies/new-policy",
        "createScope" => "scopes/new-scope",
        "createService" => "services/new-service",
        "createAPI" => "apis/new-api",
        "createClaim" => "claims/new-claim",
        _ => return restore(admin).await,
    };
    admin.delete(&format!("{ADMIN}/{made}")).await.expect(204);
}

/// A decision in the log, for the row that shows one.
async fn decision(server: &TestServer) -> String {
    let body = json!({ "subject": { "type": "user", "id": "alice" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": "rule" } });
    let answer = server.as_system().post("/default/shop/access/v1/evaluation", &body).await.expect(200).json();
    let id = answer["context"]["id"].as_str().unwrap().to_owned();
    written(server, &id).await;
    id
}

/// Waits until the log's writer has written a decision, and with it everything decided before.
async fn written(server: &TestServer, id: &str) {
    for _ in 0..2000 {
        if server.as_admin().get(&format!("{ADMIN}/decisions/{id}")).await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("decision {id} never came to the log");
}

/// Everything an administrator can see of what the rows act on.
async fn seen(admin: &Caller) -> Value {
    json!([everything(admin, "default").await, below_server(admin, "shop").await])
}

struct Line {
    row: &'static Row,
    statuses: Vec<(&'static str, u16)>,
}

/// Asks every row by every role.
async fn matrix(server: &TestServer) -> Vec<Line> {
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_policy(&admin, "rule", json!([yes()])).await;
    make_client(&admin, "shop", "clerk", &[]).await;
    restore(&admin).await;
    let decision = decision(server).await;
    let callers = callers(server).await;
    let admin = server.as_admin();
    let mut lines = Vec::new();
    for row in DIALECTS.iter().flat_map(|dialect| dialect.rows()) {
        let path = path_of(row, &decision, &gateway_of(&admin, "Door").await);
        let mut statuses = Vec::new();
        let mut before = seen(&admin).await;
        for (role, caller) in &callers {
            let status = ask(caller, row, &path).await;
            if (200..300).contains(&status) && row.needs != Needs::Nothing {
                undo(&admin, row).await;
                before = seen(&admin).await;
            } else {
                let now = seen(&admin).await;
                assert_eq!(before, now, "{} answered {status} to {role} and has changed something", row.id);
            }
            statuses.push((*role, status));
        }
        lines.push(Line { row, statuses });
    }
    lines
}

fn table(lines: &[Line]) -> String {
    let operation = lines.iter().map(|line| line.row.id.len()).max().unwrap_or(0);
    let path = lines.iter().map(|line| line.row.path.len() + 1 + line.row.method.as_str().len()).max().unwrap_or(0);
    let mut text = String::from(
        "Operation × role → status. Asked of the tenant `default` and its server `shop`; a token is asked of its server `admin`\n\
         with the right secret in the form, whoever else the caller says to be.\n\n\
         admin, system, shop: tokens of the servers of that name of the tenant. setup: a token of the system tenant.\n\
         demo/…: tokens of another tenant. deleted: a token of the admin server whose client is gone.\n\n",
    );
    let heading: Vec<String> = ROLES.iter().map(|role| format!("{role:>width$}", width = role.len().max(4))).collect();
    writeln!(text, "{:operation$}  {:path$}  {:8}  {}", "operation", "request", "needs", heading.join("  ")).unwrap();
    for Line { row, statuses } in lines {
        let request = format!("{} {}", row.method, row.path);
        let cells: Vec<String> =
            statuses.iter().map(|(role, status)| format!("{status:>width$}", width = role.len().max(4))).collect();
        let needs = format!("{:?}", row.needs);
        writeln!(text, "{:operation$}  {request:path$}  {needs:8}  {}", row.id, cells.join("  ")).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_by_every_role() {
    let server = TestServer::start().await;
    let lines = matrix(&server).await;

    for Line { row, statuses } in lines.iter().filter(|line| line.row.needs != Needs::Nothing) {
        for (role, status) in statuses.iter().filter(|(role, _)| STRANGERS.contains(role)) {
            assert!(
                [401, 403].contains(status),
                "{} answers {status} to {role}, who has no business in this tenant",
                row.id
            );
        }
    }
    golden::check("authority.txt", &table(&lines));
}

/// Refused evaluations leave no trace in the log: nobody decided anything.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_was_not_decided() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_policy(&admin, "rule", json!([yes()])).await;
    let row = DIALECTS.iter().flat_map(|dialect| dialect.rows()).find(|row| row.id == "evaluate").unwrap();
    for (role, caller) in callers(&server).await {
        let status = ask(&caller, row, "/default/shop/access/v1/evaluation").await;
        assert_eq!(status == 200, ["system", "shop"].contains(&role), "{role} got {status}");
    }
    decision(&server).await;
    let decisions = server.as_admin().get(&format!("{ADMIN}/decisions")).await.expect(200).json();
    let mut callers: Vec<&str> =
        decisions["decisions"].as_array().unwrap().iter().map(|one| one["caller"].as_str().unwrap()).collect();
    callers.sort_unstable();
    assert_eq!(callers, ["default/shop/till", "default/system/system", "default/system/system"]);
}
