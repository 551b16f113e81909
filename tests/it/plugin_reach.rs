//! What plugins reach beyond the log: exactly what their tenant grants them, with a guest that asks for everything.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    log::logged,
    support::{
        Caller, TestServer,
        elsewhere::Elsewhere,
        made::{policy, wrong_members},
    },
};

covers!("getPluginGrants", "setPluginGrants", "deletePluginGrants", "listData", "getDatum", "setDatum", "deleteDatum",);

/// The guest.
const GUEST: &str = "frozen-outside";
const TENANTS: [&str; 2] = ["default", "demo"];

fn fixture() -> Bytes {
    let path = format!("{}/fixtures/v1/outside.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap().into()
}

fn grants(tenant: &str) -> String {
    format!("/api/admin/{tenant}/plugins/{GUEST}/grants")
}

fn admin_of(server: &TestServer, tenant: &str) -> Caller {
    if tenant == "default" { server.as_admin() } else { server.as_other_admin() }
}

/// Brings the guest to a tenant, with a policy for each of these questions.
async fn bring(server: &TestServer, tenant: &str, questions: &[(&str, Value)]) {
    let admin = admin_of(server, tenant);
    let plugins = format!("/api/admin/{tenant}/plugins");
    admin.send(Method::POST, &plugins, Some("application/octet-stream"), fixture()).await.expect(201);
    admin.post(&format!("{plugins}/{GUEST}/enable"), &json!({ "version": "1.0.0" })).await.expect(200);
    for (id, conf) in questions {
        let body = policy(id, json!([{ "name": GUEST, "conf": conf }]));
        admin.post(&format!("/api/admin/{tenant}/policies"), &body).await.expect(201);
    }
}

/// What came of a question: the output of the guest, or the word of its refusal.
async fn ask(server: &TestServer, tenant: &str, question: &str) -> Value {
    let system = if tenant == "default" { server.as_system() } else { server.as_other_system() };
    let body = json!({
        "subject": { "type": "user", "id": "anna" }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": question },
    });
    let answer = system.post(&format!("/{tenant}/system/access/v1/evaluation"), &body).await.expect(200).json();
    match answer["decision"].as_bool().unwrap() {
        true => answer["context"]["outputs"][0]["value"].clone(),
        false => answer["context"]["reasons"][0]["code"].clone(),
    }
}

async fn grant(server: &TestServer, tenant: &str, granted: Value) {
    admin_of(server, tenant).put(&grants(tenant), &granted).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_are_kept_paged_and_taken_away() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let at = |key: &str| format!("/api/admin/default/data/limits/{key}");
    let made = admin.put(&at("b"), &json!({ "value": { "a": [1, null] } })).await.expect(201).json();
    assert_eq!((&made["key"], &made["value"]), (&json!("b"), &json!({ "a": [1, null] })));
    assert_eq!(admin.get(&at("b")).await.expect(200).json(), made);
    admin.put(&at("b"), &json!({ "value": 2 })).await.expect(200);
    for key in ["a", "c"] {
        admin.put(&at(key), &json!({ "value": key })).await.expect(201);
    }
    admin.put("/api/admin/default/data/others/z", &json!({ "value": 1 })).await.expect(201);
    server.as_other_admin().put("/api/admin/demo/data/limits/z", &json!({ "value": 1 })).await.expect(201);

    let keys = |page: &Value| page["data"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect::<Vec<_>>();
    let first = admin.get("/api/admin/default/data/limits?limit=2").await.expect(200).json();
    assert_eq!((keys(&first), &first["next"]), (vec![json!("a"), json!("b")], &json!("b")));
    let second = admin.get("/api/admin/default/data/limits?limit=2&after=b").await.expect(200).json();
    assert_eq!((keys(&second), &second["next"]), (vec![json!("c")], &Value::Null));

    admin.delete(&at("b")).await.expect(204);
    admin.delete(&at("b")).await.expect(404);
    admin.get(&at("b")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let at = "/api/admin/default/data/limits/a";
    assert_eq!(wrong_members(&admin.put(at, &json!({ "value": "x".repeat(65_536) })).await.expect(422)), ["/value"]);
    assert_eq!(wrong_members(&admin.put(at, &json!({ "key": "b", "value": 1 })).await.expect(422)), ["/key"]);
    admin.put(at, &json!({})).await.expect(422);
    let long = format!("/api/admin/default/data/limits/{}", "k".repeat(257));
    assert_eq!(wrong_members(&admin.put(&long, &json!({ "value": 1 })).await.expect(422)), ["/key"]);
    admin.put("/api/admin/nobody/data/limits/a", &json!({ "value": 1 })).await.expect(401);
    admin.get("/api/admin/default/data/limits?after=%00").await.expect(400);
    assert_eq!(admin.get("/api/admin/default/data/limits").await.expect(200).json()["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_reads_one_namespace_of_its_own_tenant() {
    let server = TestServer::start().await;
    for (tenant, value) in TENANTS.into_iter().zip([7, 9]) {
        bring(&server, tenant, &[("read", json!({ "key": "limit" }))]).await;
        let admin = admin_of(&server, tenant);
        for (namespace, value) in [("granted", json!(value)), ("other", json!("nobody's business"))] {
            let path = format!("/api/admin/{tenant}/data/{namespace}/limit");
            admin.put(&path, &json!({ "value": value })).await.expect(201);
        }
    }
    assert_eq!(ask(&server, "default", "read").await, "not_granted");

    grant(&server, "default", json!({ "key_value": { "namespace": "granted" } })).await;
    assert_eq!(ask(&server, "default", "read").await["value"], "7");
    assert_eq!(ask(&server, "demo", "read").await, "not_granted", "a grant is its tenant's own");
    grant(&server, "demo", json!({ "key_value": { "namespace": "granted" } })).await;
    assert_eq!(ask(&server, "demo", "read").await["value"], "9", "and so are the data");

    let admin = server.as_admin();
    admin.put("/api/admin/default/data/granted/limit", &json!({ "value": 8 })).await.expect(200);
    assert_eq!(ask(&server, "default", "read").await["value"], "8", "what is written is seen at once");
    grant(&server, "default", json!({ "key_value": { "namespace": "empty" } })).await;
    assert_eq!(ask(&server, "default", "read").await["value"], Value::Null);
    admin.delete(&grants("default")).await.expect(204);
    assert_eq!(ask(&server, "default", "read").await, "not_granted");

    let spent = logged(&admin, "", 5).await;
    let asked = |one: &Value| one["usage"]["outside_calls"].as_u64().unwrap();
    let asked: Vec<u64> = spent.iter().map(asked).collect();
    assert_eq!(asked, [0, 1, 1, 1, 0], "newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_to_granted_hosts_only() {
    let there = Elsewhere::start().await;
    let server = there.server_with(vec!["localhost".to_owned()]).await;
    let (url, large) = (there.serves("/open", "yes"), there.serves("/large", "x".repeat(300_000)));
    let private = url.replace("localhost", "127.0.0.1");
    let questions = [
        ("open", json!({ "url": url })),
        ("large", json!({ "url": large })),
        ("port", json!({ "url": "https://localhost:1/" })),
        ("other", json!({ "url": "https://other.example/" })),
        ("private", json!({ "url": private })),
        ("method", json!({ "url": url, "method": "CONNECT" })),
        ("header", json!({ "url": url, "header": ["Host", "other.example"] })),
        ("user", json!({ "url": url.replace("localhost", "localhost@other.example") })),
    ];
    bring(&server, "default", &questions).await;
    assert_eq!(ask(&server, "default", "open").await, "not_granted");
    assert_eq!(there.asked("/open"), 0);

    let hosts = [format!("localhost:{}", there.port()), format!("127.0.0.1:{}", there.port())];
    grant(&server, "default", json!({ "http": { "hosts": hosts, "deadline_ms": 5000 } })).await;
    let open = ask(&server, "default", "open").await;
    assert_eq!((&open["status"], &open["body"], &open["probe"]), (&json!(200), &json!("yes"), &json!("not_granted")));
    assert_eq!(there.asked("/open"), 1);
    assert_eq!(ask(&server, "default", "large").await, "too_large");
    for question in ["port", "other", "method", "header", "user"] {
        assert_eq!(ask(&server, "default", question).await, "denied", "{question}");
    }
    assert_eq!(ask(&server, "default", "private").await, "failed", "the operator's rules hold for grants, too");
    assert_eq!(there.asked("/open"), 1);
}

/// A server that says one thing, or nothing at all, to everybody.
async fn saying(answer: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(answer) = &answer else {
                silent.push(stream);
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_hosts_and_redirects_lead_nowhere() {
    let server = TestServer::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()]).await;
    let silent = saying(None).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://{silent}/\r\ncontent-length: 0\r\n\r\n");
    let elsewhere = saying(Some(redirect)).await;
    let url = |host: &str| json!({ "url": format!("http://{host}/") });
    bring(&server, "default", &[("slow", url(&silent)), ("redirect", url(&elsewhere))]).await;

    grant(&server, "default", json!({ "http": { "hosts": [silent], "deadline_ms": 50 } })).await;
    assert_eq!(ask(&server, "default", "slow").await, "timeout");
    assert_eq!(ask(&server, "default", "redirect").await, "denied");
    grant(&server, "default", json!({ "http": { "hosts": [elsewhere], "deadline_ms": 5000 } })).await;
    assert_eq!(ask(&server, "default", "redirect").await["status"], 302, "told, not followed");
    assert_eq!(ask(&server, "default", "slow").await, "denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_shown_checked_and_taken_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    admin.get(&grants("default")).await.expect(404);
    bring(&server, "default", &[]).await;
    assert_eq!(admin.get(&grants("default")).await.expect(200).json(), json!({}));
    let granted =
        json!({ "http": { "hosts": ["api.example"], "deadline_ms": 100 }, "key_value": { "namespace": "n" } });
    let etag = admin.put(&grants("default"), &granted).await.expect(200).header("etag").unwrap().to_owned();
    assert_eq!(admin.get(&grants("default")).await.expect(200).json(), granted);

    let wrong = json!({ "http": { "hosts": ["*.example"], "deadline_ms": 60_000 }, "key_value": { "namespace": "" } });
    let refused = admin.put(&grants("default"), &wrong).await.expect(422);
    assert_eq!(wrong_members(&refused), ["/key_value/namespace", "/http/hosts/0", "/http/deadline_ms"]);
    admin.put(&grants("default"), &json!({ "files": {} })).await.expect(422);
    admin.clone().with_header("if-match", "\"1\"").delete(&grants("default")).await.expect(412);
    admin.with_header("if-match", &etag).delete(&grants("default")).await.expect(204);
    assert_eq!(server.as_admin().get(&grants("default")).await.expect(200).json(), json!({}));
}
