//! A storm of malformed requests against every operation: never a 5xx, always the dialect's words, nothing changed.
//!
//! Requests are made from a seed, so a failure happens again; `PORTCULLIS_TEST_SEED` tries another storm.

use bytes::Bytes;
use http::Method;
use portcullis::{
    api::{DIALECTS, Router, Row, route::Dialect},
    domain::Needs,
};
use serde_json::{Value, json};

use crate::{
    support::{
        Answer, Caller, Random, TestServer,
        made::{bearer_of, make_client, make_server},
    },
    surface::Surface,
};

const REQUESTS: usize = 2000;

/// Operations that change nothing though they are no GET.
const HARMLESS: [&str; 4] = ["token", "testPolicy", "evaluate", "evaluateMany"];
/// Operations that take no body, so that odd headers and queries leave them in order: they would turn keys, or make a client.
const NEED_NO_BODY: [&str; 4] =
    ["addSigningKey", "rotateSigningKeys", "createOrganizationClient", "rotateOrganizationClientSecret"];
/// Characters for paths and queries.
const PATH: &str = "abcXYZ019-._~%{}:;@!$&'()*+,=%2e%2f%00%ff%c3%28";
/// Characters for header values.
const HEADER: &str = "abc 019 \t\"'{}[]();:,=<>?/\\|~!@#$%^&*";

/// A request to send.
#[derive(Debug)]
struct Malformed {
    row: &'static str,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    content_type: Option<String>,
    body: Bytes,
    with_token: bool,
}

/// A body that the operation takes; `None` for operations without one.
fn good_body(id: &str) -> Option<Value> {
    let rule = json!({
        "name": "header", "conf": { "fields": [{ "field": "x", "comparator": "exists" }] },
        "recovery": [{ "id": "a", "type": "mfa" }],
    });
    let server = json!({
        "name": "Storm", "key_type": "ecdsa", "grant_types": ["client_credentials"], "access_token_ttl": "1h",
        "decision_bindings": [{ "resource_type": "*", "action": "*", "policy_id": "allow" }], "decisions_open": false,
    });
    let question = json!({
        "subject": { "type": "user", "id": "anna", "properties": { "amr": ["pwd"] } },
        "action": { "name": "read" }, "resource": { "type": "policy", "id": "allow" }, "context": { "a": 1 },
    });
    let policy = json!({ "policy_name": "Storm", "validators": [rule] });
    let with = |mut body: Value, members: Value| {
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    Some(match id {
        "updateAdminTenant" => json!({
            "id": "default", "name": "Default",
            "authentication_context_settings": { "attributes": [{ "name": "scp", "description": "Scopes" }] },
        }),
        "createAuthorizationServer" => with(server, json!({ "id": "storm" })),
        "updateAuthorizationServer" => server,
        "createClient" => json!({
            "client_id": "storm", "authorization_server_id": "default", "client_name": "Storm",
            "grant_types": ["client_credentials"], "scopes": ["openid"],
        }),
        "createPolicy" => with(policy, json!({ "id": "storm" })),
        "updatePolicy" => policy,
        "testPolicy" => json!({ "server_id": "default", "policy": policy, "input": { "authn_ctx": {}, "now": 1 } }),
        "evaluate" => question,
        "evaluateMany" => with(question, json!({ "evaluations": [{ "action": { "name": "write" } }], "options": {} })),
        _ => return None,
    })
}

/// The row's path with names that exist.
fn good_path(row: &Row) -> String {
    let names = [
        ("{tid}", "default"),
        ("{aid}", "default"),
        ("{cid}", "admin"),
        ("{pid}", "allow"),
        ("{document}", "acp.json"),
    ];
    let path = names.iter().fold(row.path.to_owned(), |path, (name, value)| path.replace(name, value));
    path.replace("{did}", &"0".repeat(32))
}

/// The row's path with one name replaced by something nobody has, or with something behind it.
fn bad_path(random: &mut Random, row: &Row) -> String {
    let junk = format!("~{}", random.text(PATH, 20));
    let names: Vec<&str> = row.path.split('/').filter(|part| part.starts_with('{')).collect();
    match names.is_empty() {
        true => format!("{}/{junk}", row.path),
        false => {
            let name = *random.one(&names);
            let template = row.path.replace(name, &junk);
            let names =
                [("{tid}", "default"), ("{aid}", "default"), ("{cid}", "admin"), ("{pid}", "allow"), ("{did}", "0")];
            names
                .iter()
                .fold(template, |path, (name, value)| path.replace(name, value))
                .replace("{document}", "acp.json")
        }
    }
}

/// Every place in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, inner)| places(inner, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

/// A value of another type. `null` is left out, it may mean "left out"; so are lists for objects, see below.
fn other_type(random: &mut Random, value: &Value) -> Value {
    let kinds = [json!(true), json!(-7.5e300), json!("\u{0}text"), json!([[1]]), json!({ "zz": {} })];
    let same = |kind: &Value| std::mem::discriminant(kind) == std::mem::discriminant(value);
    let usable = |kind: &&Value| !(same(kind) || value.is_object() && kind.is_array());
    let kinds: Vec<&Value> = kinds.iter().filter(usable).collect();
    (*random.one(&kinds)).clone()
}

/// A good body, broken in one of many ways.
fn bad_body(random: &mut Random, good: &Value) -> Vec<u8> {
    let mut broken = good.clone();
    let text = good.to_string();
    let mut found = Vec::new();
    places(good, "", &mut found);
    match random.below(7) {
        0 => text.as_bytes()[..random.below(text.len())].to_vec(),
        1 | 2 => {
            let place = broken.pointer_mut(&found[random.below(found.len())]).unwrap();
            *place = other_type(random, place);
            broken.to_string().into_bytes()
        }
        3 => {
            broken.as_object_mut().unwrap().insert(format!("zz{}", random.text("abc", 5)), json!(1));
            // Decisions let unknown members pass (AuthZEN 1.0 §4), and change nothing.
            broken.to_string().into_bytes()
        }
        4 => {
            let mut bytes = text.into_bytes();
            let place = random.below(bytes.len());
            bytes[place] = [0, 0xff, b'\n', 0x80][random.below(4)];
            // A line feed is allowed between members; a second value is not.
            [bytes, b"}".to_vec()].concat()
        }
        5 => ["[", "{\"a\":"][random.below(2)].repeat(1 + random.below(5000)).into_bytes(),
        _ => (0..random.below(200)).map(|_| random.next() as u8).chain([0xfe]).collect(),
    }
}

fn malformed(random: &mut Random, row: &Row) -> Malformed {
    let good = good_body(row.id);
    let json = good.is_some().then(|| "application/json".to_owned());
    let body = good.as_ref().map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let mut request = Malformed {
        row: row.id,
        method: row.method.clone(),
        path: good_path(row),
        headers: Vec::new(),
        content_type: json,
        body,
        with_token: true,
    };
    match (random.below(6), &good) {
        (0 | 1, Some(good)) => request.body = bad_body(random, good).into(),
        (0 | 1, None) if row.id == "token" => {
            let grant = *random.one(&[
                "",
                "grant_type=client_credentials&",
                "grant_type=client_credentials&client_id=admin&client_secret=",
            ]);
            request.content_type = Some("application/x-www-form-urlencoded".to_owned());
            request.body = format!("{grant}{}", random.text(PATH, 60)).into();
        }
        (2, _) | (0 | 1, None) => request.path = bad_path(random, row),
        (3, _) => {
            request.with_token = false;
            let scheme = *random.one(&["", "Bearer ", "bearer  ", "Basic ", "Basic OnRydWU=", "Digest "]);
            request.headers.push(("authorization", format!("{scheme}{}", random.text(HEADER, 40)).trim().to_owned()));
        }
        (4, _) => {
            let methods = ["PATCH", "OPTIONS", "BREW", "get", "PROPFIND"];
            request.method = random.one(&methods).parse().unwrap();
        }
        _ => {
            request.content_type = Some(random.text(HEADER, 20).trim().to_owned());
            request.headers.push(("accept", random.text(HEADER, 30).trim().to_owned()));
            request.headers.push(("x-request-id", random.text(HEADER, 200).trim().to_owned()));
            request.headers.push(("x-forwarded-for", random.text(HEADER, 30).trim().to_owned()));
            if request.row == "deleteClient"
                || request.row == "deletePolicy"
                || request.row == "deleteAuthorizationServer"
            {
                request.path.push_str("~nobody");
            }
        }
    }
    if random.below(3) == 0 {
        let (name, value) = (random.text(PATH, 8), random.text(PATH, 12));
        request.path = format!("{}?{}={}", request.path, name, value).replace(['{', '}'], "");
    }
    // hyper's client refuses what is no URI at all; edge.rs sends such things by hand.
    if request.path.parse::<http::Uri>().is_err() {
        request.path = request.path.replace('%', "%25");
    }
    request
}

async fn send(bearer: &Caller, nobody: &Caller, request: &Malformed) -> Answer {
    let caller = if request.with_token { bearer } else { nobody };
    let caller = request.headers.iter().fold(caller.clone(), |caller, (name, value)| caller.with_header(name, value));
    caller.send(request.method.clone(), &request.path, request.content_type.as_deref(), request.body.clone()).await
}

/// Fails unless the answer is right for something malformed.
fn check(request: &Malformed, answer: &Answer, dialect: &Dialect, row: &Row) {
    let (status, what) = (answer.status.as_u16(), || format!("{request:?}\n{:?} {}", answer.status, answer.text()));
    assert!(status < 500, "{}", what());
    assert!(answer.header("x-request-id").is_some(), "{}", what());
    if status < 400 {
        let may_succeed = row.method == Method::GET || HARMLESS.contains(&row.id);
        // Nobody has a second factor or a session, so none was removed. Pages send browsers on.
        let asked = request.method == Method::OPTIONS && dialect.cross_origin;
        let empty = ["removeSecondFactor", "endSessionsOfPerson"].contains(&row.id);
        let nothing = (empty || asked) && status == 204;
        let nothing = nothing || (dialect.name == PEOPLE && status == 303);
        assert!((status == 200 && may_succeed) || nothing, "{}", what());
        return;
    }
    assert!(in_words_of(dialect, answer), "{}", what());
    if status == 401 {
        assert!(answer.header("www-authenticate").is_some(), "{}", what());
    }
    let open = row.needs == Needs::Nothing;
    assert!(request.with_token || open || [401, 404, 405].contains(&status), "without a token: {}", what());
}

/// The dialect that speaks HTML.
const PEOPLE: &str = "people";

/// Whether a failure has the dialect's form.
fn in_words_of(dialect: &Dialect, answer: &Answer) -> bool {
    let (status, content_type) = (answer.status.as_u16(), answer.header("content-type").unwrap_or_default());
    if dialect.name == PEOPLE {
        return content_type == "text/html; charset=utf-8" && answer.text().contains("<h1");
    }
    if dialect.name == "outbound" {
        return content_type == "text/plain; charset=utf-8" && !answer.body.is_empty();
    }
    let body = if content_type == "application/json" { answer.json() } else { return false };
    match dialect.name {
        "oauth" | "oauth-protected" => body["error"].is_string() && body["error_description"].is_string(),
        "apps" => body["error"].is_string(),
        "setups" => body["errorCode"].is_string() && body["errorText"].is_string(),
        "decide" => body["status"] == status && body["message"].is_string(),
        _ => body["status_code"] == status && body["error"].is_string() && body["details"].is_object(),
    }
}

/// Everything that the storm could change.
async fn everything(admin: &Caller) -> Value {
    let servers = admin.get("/api/admin/default/servers").await.expect(200).json();
    let mut all = vec![admin.get("/api/admin/default/tenant").await.expect(200).json()];
    for server in servers["servers"].as_array().unwrap() {
        let path = format!("/api/admin/default/servers/{}/clients", server["id"].as_str().unwrap());
        all.push(admin.get(&path).await.expect(200).json());
    }
    all.push(servers);
    all.push(admin.get("/api/admin/default/policies").await.expect(200).json());
    Value::Array(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_malformed_breaks_or_changes_anything() {
    let server = TestServer::start().await;
    let (admin, system, nobody) = (server.as_admin(), server.as_system(), server.anonymous());
    let router = Router::new().unwrap();
    let before = everything(&admin).await;
    let mut random = Random::seeded(1);
    let rows = DIALECTS.into_iter().flat_map(|dialect| dialect.rows());
    let rows: Vec<&'static Row> = rows.filter(|row| !NEED_NO_BODY.contains(&row.id)).collect();
    let mut answers = std::collections::BTreeMap::<u16, usize>::new();
    for place in 0..REQUESTS {
        let row = rows[place % rows.len()];
        let request = malformed(&mut random, row);
        let bearer = if row.needs == Needs::Evaluate { &system } else { &admin };
        let answer = send(bearer, &nobody, &request).await;
        let path = request.path.split('?').next().unwrap();
        check(&request, &answer, router.find(&request.method, path).dialect, row);
        *answers.entry(answer.status.as_u16()).or_default() += 1;
    }
    println!("{REQUESTS} malformed requests: {answers:?}");
    assert!(answers.len() >= 6, "a storm of one kind: {answers:?}");
    assert_eq!(everything(&admin).await, before, "something was changed");
    admin.get("/health/ready").await.expect(200);
    assert!(server.anonymous().get("/metrics").await.text().contains("portcullis_panics_total 0\n"));
}

/// What is broken above is good before, or the storm would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_bodies_are_good_before_they_are_broken() {
    let server = TestServer::start().await;
    for row in DIALECTS.into_iter().flat_map(|dialect| dialect.rows()) {
        let Some(body) = good_body(row.id) else { continue };
        let caller = if row.needs == Needs::Evaluate { server.as_system() } else { server.as_admin() };
        let body = Bytes::from(body.to_string());
        let answer = caller.send(row.method.clone(), &good_path(row), Some("application/json"), body).await;
        assert!(answer.status.is_success(), "{}: {}", row.id, answer.text());
    }
}

/// A member of almost every body may be another text and still make sense, so what succeeds here is not told apart: whatever
/// comes, the answer is no failure of ours, and in the dialect's words.
#[tokio::test(flavor = "multi_thread")]
async fn broken_bodies_of_every_operation_are_answered_in_its_words() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let developer = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let mut surface = Surface::make(&server, developer).await;
    let mut random = Random::seeded(2);
    let rows = || DIALECTS.into_iter().flat_map(|dialect| dialect.rows().map(move |row| (dialect, row)));
    let with_body: Vec<(&Dialect, &'static Row)> = rows().filter(|(_, row)| row.doc.body.is_some()).collect();
    for place in 0..REQUESTS {
        let (dialect, row) = with_body[place % with_body.len()];
        if place % with_body.len() == 0 {
            surface.restore().await;
        }
        let mut example = surface.example(row);
        example.body = match serde_json::from_slice(&example.body) {
            Ok(good @ Value::Object(_)) => bad_body(&mut random, &good).into(),
            _ => bad_bytes(&mut random, &example.body).into(),
        };
        let answer = example.of(&surface.caller(row), row).await;
        let what = || format!("{} {:?}\n{:?} {}", row.id, example.body, answer.status, answer.text());
        assert!(answer.status.as_u16() < 500, "{}", what());
        if answer.status.as_u16() >= 400 {
            assert!(in_words_of(dialect, &answer), "{}", what());
        }
    }
    assert!(server.anonymous().get("/metrics").await.text().contains("portcullis_panics_total 0\n"));
}

/// A body that is no JSON, with some of its bytes changed, left out or doubled.
fn bad_bytes(random: &mut Random, good: &[u8]) -> Vec<u8> {
    // Some operations do without a body.
    let mut bytes = if good.is_empty() { b"x=y".to_vec() } else { good.to_vec() };
    for _ in 0..1 + random.below(4) {
        let place = random.below(bytes.len());
        match random.below(3) {
            0 => bytes[place] = random.next() as u8,
            1 => drop(bytes.drain(place..(place + 20).min(bytes.len() - 1).max(place))),
            _ => {
                let piece = bytes[place..(place + 30).min(bytes.len())].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_no_object() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin).await;
    let settings = json!({ "name": "Default", "authentication_context_settings": [] });
    let policy = json!(["storm", "Storm", "default", [["true"]]]);
    let answers = [
        admin.put("/api/admin/default/tenant", &settings).await.status.as_u16(),
        admin.post("/api/admin/default/policies", &policy).await.status.as_u16(),
    ];
    assert_eq!(answers, [422, 422]);
    assert_eq!(everything(&admin).await, before);
}
