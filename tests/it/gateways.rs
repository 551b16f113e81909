//! Gateways: made with a client of their own, told what to enforce, packed so that something starts, and gone with all of it.

use std::{io::Read, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    gateway::{Guarded, basic_of, make_gateway},
    made::{ADMIN, ask_token, below_server, everything, make_client, make_policy, make_server, no, wrong_members, yes},
};

covers!(
    "listGateways",
    "createGateway",
    "getGateway",
    "updateGateway",
    "deleteGateway",
    "getGatewayPackage",
    "readGatewayConfiguration",
);

const GATEWAYS: &str = "/api/admin/default/gateways";
const CONFIGURATION: &str = "/api/system/default/gateways/configuration";

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    (server, admin)
}

async fn all(admin: &Caller) -> Value {
    json!([everything(admin, "default").await, below_server(admin, "shop").await, listed(admin, "shop").await])
}

async fn listed(admin: &Caller, server: &str) -> Value {
    admin.get(&format!("{ADMIN}/servers/{server}/gateways")).await.expect(200).json()["gateways"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_made_with_a_client_that_works() {
    let (server, admin) = start().await;
    let body = json!({ "name": "Door", "description": "In front", "type": "pyron", "server_id": "shop" });
    let made = admin.post(GATEWAYS, &body).await.expect(201);
    assert!(made.header("etag").is_some());
    let made = made.json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["issuer_url"], format!("{}/default/system", server.url));
    assert_eq!(made["server_url"], server.url);
    assert_eq!(made.get("last_active"), None, "it was never heard of");
    for (member, value) in [
        ("tenant_id", "default"),
        ("authorization_server_id", "shop"),
        ("name", "Door"),
        ("description", "In front"),
        ("type", "pyron"),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    let client = &made["client"];
    assert_eq!(client["client_id"], made["client_id"]);
    assert_eq!(client["client_name"], "Gateway Door");
    assert_eq!(client["authorization_server_id"], "system");
    assert_eq!(client["grant_types"], json!(["client_credentials"]));
    assert_eq!(client["scopes"], json!(["read_gateway_configuration"]));

    let (client_id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let token = ask_token(&server, "system", client_id, secret, "grant_type=client_credentials").await.expect(200);
    assert_eq!(token.json()["scope"], "read_gateway_configuration");
    ask_token(&server, "system", client_id, &"x".repeat(40), "grant_type=client_credentials").await.expect(401);

    let shown = admin.get(&format!("{GATEWAYS}/{id}")).await.expect(200).json();
    assert_eq!(shown["client"]["client_id"], client_id);
    let of_list = listed(&admin, "shop").await;
    assert_eq!(of_list.as_array().unwrap().len(), 1);
    assert_eq!(of_list[0]["id"], id);
    assert_eq!(of_list[0].get("client"), None);
    assert_eq!(listed(&admin, "default").await, json!([]));
    server.as_other_admin().get(&format!("/api/admin/demo/gateways/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_type_is_taken_and_no_other() {
    let (_server, admin) = start().await;
    for kind in ["pyron", "aws", "azure", "istio", "envoy", "nginx", "standalone"] {
        assert_eq!(make_gateway(&admin, "shop", kind, kind).await["type"], kind);
    }
    let before = all(&admin).await;
    let refused = [
        (json!({ "name": "New", "type": "kong", "server_id": "shop" }), vec!["/type"]),
        (json!({ "name": "New", "type": "Nginx", "server_id": "shop" }), vec!["/type"]),
        (json!({ "name": "New", "server_id": "shop" }), vec!["/type"]),
        (json!({}), vec!["/name", "/server_id", "/type"]),
        (json!({ "name": " ", "type": "nginx", "server_id": "shop" }), vec!["/name"]),
        (json!({ "name": "x".repeat(257), "type": "nginx", "server_id": "shop" }), vec!["/name"]),
        (
            json!({ "name": "New", "description": "x".repeat(4097), "type": "nginx", "server_id": "shop" }),
            vec!["/description"],
        ),
        (json!({ "name": "New", "type": "nginx", "server_id": "nowhere" }), vec!["/server_id"]),
        (json!({ "name": 1, "type": "nginx", "server_id": "shop" }), vec!["/name"]),
        (json!({ "name": "New", "type": "nginx", "server_id": "shop", "magic": 1 }), vec!["/magic"]),
    ];
    for (body, members) in refused {
        let answer = admin.post(GATEWAYS, &body).await.expect(422);
        assert_eq!(wrong_members(&answer), members, "{body}");
    }
    admin.post(GATEWAYS, &json!({ "name": "nginx", "type": "envoy", "server_id": "shop" })).await.expect(409);
    assert_eq!(all(&admin).await, before, "a refusal leaves nothing, also no client");
    make_gateway(&admin, "default", "nginx", "nginx").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_name_and_description_only() {
    let (_server, admin) = start().await;
    let made = make_gateway(&admin, "shop", "Door", "nginx").await;
    make_gateway(&admin, "shop", "Window", "nginx").await;
    let path = format!("{GATEWAYS}/{}", made["id"].as_str().unwrap());
    let read = admin.get(&path).await.expect(200);
    let tag = read.header("etag").unwrap().to_owned();
    let same = admin.put(&path, &read.json()).await.expect(200);
    assert_eq!(same.header("etag"), Some(tag.as_str()), "what was read changes nothing");
    let changed = admin.put(&path, &json!({ "name": "Gate", "description": "New" })).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Gate"), &json!("New")));
    assert_eq!((&changed["type"], &changed["client_id"]), (&made["type"], &made["client_id"]));
    assert_eq!(changed.get("client"), None);
    let bare = admin.put(&path, &json!({ "name": "Gate" })).await.expect(200).json();
    assert_eq!(bare["description"], "", "PUT replaces");
    make_gateway(&admin, "shop", "Door", "nginx").await; // the old name is free again

    let before = all(&admin).await;
    for (body, members) in [
        (json!({}), vec!["/name"]),
        (json!({ "name": "Window" }), vec!["/name"]),
        (json!({ "name": "Gate", "type": "envoy" }), vec!["/type"]),
        (json!({ "name": "Gate", "id": "other", "client_id": "other" }), vec!["/id", "/client_id"]),
        (json!({ "name": "Gate", "tenant_id": "demo" }), vec!["/tenant_id"]),
        (json!({ "name": "Gate", "authorization_server_id": "default" }), vec!["/authorization_server_id"]),
    ] {
        assert_eq!(wrong_members(&admin.put(&path, &body).await.expect(422)), members, "{body}");
    }
    let stale = admin.clone().with_header("if-match", &tag);
    stale.put(&path, &json!({ "name": "Late" })).await.expect(412);
    admin.put(&format!("{GATEWAYS}/nothing"), &json!({ "name": "Nothing" })).await.expect(404);
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_goes_with_its_client_and_lets_its_services_go() {
    let guarded = Guarded::start("nginx").await;
    let (admin, id) = (&guarded.admin, guarded.id());
    let own = guarded.own_client();
    own.get(CONFIGURATION).await.expect(200);
    let client = format!("{ADMIN}/clients/{}", guarded.gateway["client_id"].as_str().unwrap());
    let refused = admin.delete(&client).await.expect(400).json();
    assert_eq!(
        refused["details"]["used_by"],
        json!([format!("gateway `{id}`")]),
        "the client stays while it is needed"
    );

    admin.delete(&format!("{GATEWAYS}/{id}")).await.expect(204);
    admin.get(&format!("{GATEWAYS}/{id}")).await.expect(404);
    admin.delete(&format!("{GATEWAYS}/{id}")).await.expect(404);
    admin.get(&client).await.expect(404);
    own.get(CONFIGURATION).await.expect(401);
    let service = admin.get(&format!("{ADMIN}/services/library")).await.expect(200).json();
    assert!(service.get("gateway_id").is_none_or(|gateway| gateway == "" || gateway.is_null()), "{service}");
    make_gateway(admin, "shop", "Front door", "nginx").await; // the name is free again
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_its_gateways_with_it() {
    let guarded = Guarded::start("nginx").await;
    let own = guarded.own_client();
    own.get(CONFIGURATION).await.expect(200);
    guarded.admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);
    guarded.admin.get(&format!("{GATEWAYS}/{}", guarded.id())).await.expect(404);
    own.get(CONFIGURATION).await.expect(401);
    let client = guarded.gateway["client_id"].as_str().unwrap();
    guarded.admin.get(&format!("{ADMIN}/clients/{client}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_holds_what_the_gateway_enforces_and_nothing_else() {
    let guarded = Guarded::start("nginx").await;
    let admin = &guarded.admin;
    for policy in ["embedded", "of-scope", "of-nobody"] {
        make_policy(admin, policy, json!([yes()])).await;
    }
    make_policy(admin, "between", json!([{ "not": { "policy": "embedded" } }])).await;
    make_policy(admin, "of-api", json!([{ "any": [yes(), { "policy": "between" }] }])).await;
    guarded.make_api("library", "GET", "/books", "of-api").await;
    guarded.make_api("library", "GET", "/authors", "").await;
    let scope = json!({ "id": "reading", "authorization_server_id": "shop", "name": "books.read", "service_id": "library", "user_policy_id": "of-scope" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let other = json!({ "id": "other", "authorization_server_id": "shop", "name": "Other" });
    admin.post(&format!("{ADMIN}/services"), &other).await.expect(201);
    let api = json!({ "service_id": "other", "method": "GET", "path": "/secret" });
    admin.post(&format!("{ADMIN}/apis"), &api).await.expect(201);

    let found =
        guarded.own_client().get(&format!("{CONFIGURATION}?authorizer_version=latest")).await.expect(200).json();
    let issuer = format!("{}/default/shop", guarded.server.url);
    assert_eq!((&found["tenant_id"], &found["server_id"]), (&json!("default"), &json!("shop")));
    assert_eq!(
        (&found["issuer_url"], &found["jwks_url"]),
        (&json!(issuer), &json!(format!("{issuer}/.well-known/jwks.json")))
    );
    let column = |list: &str, member: &str| {
        let items = found[list].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned());
        items.collect::<Vec<_>>()
    };
    assert_eq!(column("services", "id"), ["library"]);
    assert_eq!(column("services", "api_group_id"), ["library"]);
    assert_eq!(column("services", "gateway_id"), [guarded.id()]);
    assert_eq!(column("apis", "path"), ["/books", "/authors"], "in the order of the service");
    assert_eq!(column("scopes", "name"), ["books.read"]);
    assert_eq!(column("policies", "id"), ["between", "embedded", "of-api", "of-scope"], "with what they embed");

    // Only a gateway's own client is told, and every one of its own gateway.
    guarded.server.as_system().get(CONFIGURATION).await.expect(403);
    guarded.server.as_other_system().get(CONFIGURATION).await.expect(401);
    admin.get(CONFIGURATION).await.expect(403);
    guarded.server.anonymous().get(CONFIGURATION).await.expect(401);
    let second = make_gateway(admin, "shop", "Second", "envoy").await;
    let client = &second["client"];
    let own = Caller::new(&guarded.server.url).with_credentials(
        "default",
        "system",
        client["client_id"].as_str().unwrap(),
        client["client_secret"].as_str().unwrap(),
    );
    assert_eq!(own.get(CONFIGURATION).await.expect(200).json()["services"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_known_is_not_sent_again() {
    let guarded = Guarded::start("nginx").await;
    let own = guarded.own_client();
    let first = own.get(CONFIGURATION).await.expect(200);
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    let knowing = own.clone().with_header("if-none-match", &tag);
    let known = knowing.get(CONFIGURATION).await.expect(304);
    assert!(known.body.is_empty());
    assert_eq!(known.header("etag"), Some(tag.as_str()));
    // What is none of its business changes nothing.
    make_client(&guarded.admin, "shop", "till", &["openid"]).await;
    make_policy(&guarded.admin, "unused", json!([yes()])).await;
    knowing.get(CONFIGURATION).await.expect(304);
    guarded.make_api("library", "GET", "/books", "").await;
    let next = knowing.get(CONFIGURATION).await.expect(200);
    assert_ne!(next.header("etag"), Some(tag.as_str()));
    assert_eq!(next.header("preference-applied"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_can_wait_for_a_change() {
    let guarded = Guarded::start("nginx").await;
    let own = guarded.own_client();
    let tag = own.get(CONFIGURATION).await.expect(200).header("etag").unwrap().to_owned();
    let knowing = own.clone().with_header("if-none-match", &tag);
    let ended = knowing.clone().with_header("prefer", "wait=1").get(CONFIGURATION).await.expect(304);
    assert_eq!(ended.header("preference-applied"), Some("wait=1"));

    let waiting = knowing.clone().with_header("prefer", "wait=50");
    let waiting = tokio::spawn(async move { waiting.get(CONFIGURATION).await });
    // It waits whether the change comes before it or after it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "nothing has changed yet");
    guarded.make_api("library", "GET", "/books", "").await;
    let answer = waiting.await.unwrap().expect(200);
    assert_eq!(answer.header("preference-applied"), Some("wait=28"), "a request may take 30 seconds");
    assert_eq!(answer.json()["apis"][0]["path"], "/books");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_lets_nobody_wait() {
    let guarded = Guarded::with("nginx", |config| config.limits.drain_seconds = 3).await;
    let own = guarded.own_client();
    let tag = own.get(CONFIGURATION).await.expect(200).header("etag").unwrap().to_owned();
    let waiting = own.with_header("if-none-match", &tag).with_header("prefer", "wait=25");
    let waiting = tokio::spawn(async move { waiting.get(CONFIGURATION).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let Guarded { server, .. } = guarded;
    server.stop().await;
    // A wait that went on would be cut off with its connection, and not answered.
    waiting.await.unwrap().expect(304);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_was_heard_of_is_active_to_the_minute() {
    let guarded = Guarded::start("nginx").await;
    let (server, own) = (&guarded.server, guarded.own_client());
    let path = format!("{GATEWAYS}/{}", guarded.id());
    let last = async || guarded.admin.get(&path).await.expect(200).json()["last_active"].clone();
    assert_eq!(last().await, Value::Null);
    own.get(CONFIGURATION).await.expect(200);
    assert_eq!(becomes(&last, "2026-01-01T12:00:00Z").await, "2026-01-01T12:00:00Z");
    let commits = server.app.domain.store.commit_sequence();
    server.world.advance_seconds(59);
    for _ in 0..20 {
        own.get(CONFIGURATION).await.expect(200);
    }
    assert_eq!(server.app.domain.store.commit_sequence(), commits, "a request writes nothing");
    server.world.advance_seconds(1);
    guarded.ask(&server.anonymous(), "GET", "/").await.expect(403);
    assert_eq!(becomes(&last, "2026-01-01T12:01:00Z").await, "2026-01-01T12:01:00Z", "asking counts as well");
    assert_eq!(listed(&guarded.admin, "shop").await[0]["last_active"], "2026-01-01T12:01:00Z");
}

/// Waits for what is written in the background.
async fn becomes(read: &impl AsyncFn() -> Value, expected: &str) -> Value {
    for _ in 0..2000 {
        let value = read().await;
        if value == expected {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    read().await
}

/// A file of a package: its name, its permissions, its text.
type File = (String, u32, String);

/// The files of a package.
pub fn unpack(bytes: &[u8]) -> Vec<File> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.push((file.name().unwrap().into_owned(), file.unix_mode().unwrap() & 0o777, text));
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_holds_the_credentials_where_only_the_owner_reads_them() {
    let (server, admin) = start().await;
    for kind in ["nginx", "envoy", "istio", "standalone"] {
        let made = make_gateway(&admin, "shop", kind, kind).await;
        let (id, client) = (made["id"].as_str().unwrap(), &made["client"]);
        let path = format!("{GATEWAYS}/{id}/package");
        let package = admin.get(&path).await.expect(200);
        assert_eq!(package.header("content-type"), Some("application/zip"));
        let disposition = format!("attachment; filename=\"{kind}-gateway-{id}.zip\"");
        assert_eq!(package.header("content-disposition"), Some(disposition.as_str()));
        assert_eq!(admin.get(&path).await.expect(200).body, package.body, "the same bytes every time");

        let secret = client["client_secret"].as_str().unwrap();
        let basic = basic_of(&made);
        let holds = |text: &str| text.contains(secret) || text.contains(&basic);
        let files = unpack(&package.body);
        let holding: Vec<_> = files.iter().filter(|(_, _, text)| holds(text)).collect();
        assert_eq!(holding.len(), 1, "{kind}: one file holds the secret");
        for (name, mode, text) in &files {
            assert_eq!(*mode == 0o600, holds(text), "{kind}: {name} has {mode:o}");
            assert!(!text.contains("@GATEWAY@") && !text.contains("@BASIC@"), "{kind}: {name} is not filled in");
        }
        assert!(files.iter().any(|(_, _, text)| text.contains(&server.url) || text.contains(id)), "{kind}");
    }
    for kind in ["pyron", "aws", "azure"] {
        let made = make_gateway(&admin, "shop", kind, kind).await;
        let answer = admin.get(&format!("{GATEWAYS}/{}/package", made["id"].as_str().unwrap())).await.expect(400);
        assert_eq!(answer.json()["error"], "there is no package for this type of gateway");
    }
    admin.get(&format!("{GATEWAYS}/nothing/package")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_keeps_headers_from_the_upstream_that_name_another_request() {
    let (_server, admin) = start().await;
    for (kind, file) in [("nginx", "nginx.conf"), ("envoy", "envoy.yaml"), ("istio", "mesh-config.yaml")] {
        let made = make_gateway(&admin, "shop", kind, kind).await;
        let package = admin.get(&format!("{GATEWAYS}/{}/package", made["id"].as_str().unwrap())).await.expect(200);
        let (_, _, text) = unpack(&package.body).into_iter().find(|(name, _, _)| name == file).unwrap();
        for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"]
        {
            let line = match kind {
                "nginx" => format!("proxy_set_header {name} \"\";"),
                _ => format!("- {}", name.to_lowercase()),
            };
            assert!(text.lines().any(|there| there.trim() == line), "{kind}: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standalone_package_asks_for_one_decision() {
    let guarded = Guarded::start("standalone").await;
    make_policy(&guarded.admin, "never", json!([no()])).await;
    guarded.make_api("library", "GET", "/open", "").await;
    guarded.make_api("library", "GET", "/shut", "never").await;
    let package = guarded.admin.get(&format!("{GATEWAYS}/{}/package", guarded.id())).await.expect(200);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &unpack(&package.body));
    let script = folder.path().join("check.sh");
    let check = async |path: &str| {
        let output = tokio::process::Command::new(&script).args(["GET", path]).output().await.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = check("/open").await;
    assert!(text.contains("decision about GET /open: 200"), "{text}");
    assert!(text.contains(r#""path":"/open""#), "the configuration is shown: {text}");
    assert_eq!(code, Some(0));
    let (code, text) = check("/shut").await;
    assert!(text.contains("decision about GET /shut: 403"), "{text}");
    assert_eq!(code, Some(1));
}

/// Writes the files of a package into a folder, with their permissions.
pub fn write(folder: &std::path::Path, files: &[File]) {
    use std::os::unix::fs::PermissionsExt;
    for (name, mode, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
    }
}

/// One gateway cannot take the places of all others, and is told when there is none for it.
#[tokio::test(flavor = "multi_thread")]
async fn few_wait_for_one_gateway_and_the_others_still_can() {
    let guarded = Guarded::start("nginx").await;
    let own = guarded.own_client();
    let other = make_gateway(&guarded.admin, "shop", "Back door", "envoy").await;
    let tag = own.get(CONFIGURATION).await.expect(200).header("etag").unwrap().to_owned();
    let waiting = own.with_header("if-none-match", &tag).with_header("prefer", "wait=20");
    let waits: Vec<_> = (0..8)
        .map(|_| {
            let waiting = waiting.clone();
            tokio::spawn(async move { waiting.get(CONFIGURATION).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ninth = waiting.get(CONFIGURATION).await.expect(304);
    assert_eq!((ninth.header("preference-applied"), ninth.header("retry-after")), (None, Some("5")));
    let text = |name: &str| other["client"][name].as_str().unwrap().to_owned();
    let theirs = Caller::new(&guarded.server.url).with_credentials(
        "default",
        "system",
        &text("client_id"),
        &text("client_secret"),
    );
    let tag = theirs.get(CONFIGURATION).await.expect(200).header("etag").unwrap().to_owned();
    let theirs = theirs.with_header("if-none-match", &tag).with_header("prefer", "wait=1");
    assert_eq!(theirs.get(CONFIGURATION).await.expect(304).header("preference-applied"), Some("wait=1"));
    guarded.make_api("library", "GET", "/news", "").await;
    for wait in waits {
        wait.await.unwrap().expect(200);
    }
}
