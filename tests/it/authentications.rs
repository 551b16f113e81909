//! How people log in to a server: every method with exactly its settings, passwords that are written and never read.

use std::{fs, path::Path};

use portcullis::{
    crypto::{Secret, password},
    domain::{
        authentication::{Method, StaticUser},
        server,
    },
    world::World,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, Process, SECRET, TestServer,
    made::{everything, make_server, wrong_members},
    process::command,
};

covers!("updateAuthentications");

const SERVERS: &str = "/api/admin/default/servers";
const CONFIGURATION: &str = "/api/system/configuration";
const PATH: &str = "/api/admin/default/servers/shop/authentications";

fn person(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password, "authentication_context": { "name": username } })
}

fn people(users: &[Value]) -> Value {
    json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "hint": true, "users": users } })
}

fn oidc() -> Value {
    json!({
        "id": "oidc", "name": "OIDC", "method": "oidc",
        "oidc": {
            "issuer_url": "https://op.example.com", "client_id": "client", "client_secret": "a foreign secret",
            "redirect_url": "https://example.com/callback", "scopes": ["email", "openid"], "get_user_info": true,
        },
    })
}

fn azure() -> Value {
    json!({
        "id": "azure", "name": "Azure", "method": "azure",
        "azure": { "tenant": "123-312-123", "client_id": "client", "client_secret": "a foreign secret" },
    })
}

fn cognito() -> Value {
    json!({
        "id": "cognito", "name": "Cognito", "method": "cognito",
        "cognito": { "pool_id": "us-east-1_Q8WSOH11B", "region": "us-east-1", "client_id": "client" },
    })
}

fn custom() -> Value {
    json!({ "id": "own", "name": "Own", "method": "custom", "custom": { "login_url": "https://example.com/login" } })
}

fn list(methods: &[Value]) -> Value {
    json!({ "methods": methods })
}

async fn start() -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    (server, admin)
}

/// The people of the method `staff`, as they are kept.
fn kept(server: &TestServer) -> Vec<StaticUser> {
    let found = server::current(&server.app.domain, "default", "shop").unwrap();
    let staff = found.value.authentications.iter().find(|one| one.id == "staff").unwrap();
    match &staff.method {
        Method::Static(people) => people.users.clone(),
        other => panic!("not static: {other:?}"),
    }
}

fn opens(user: &StaticUser, password: &str) -> bool {
    password::verify(&Secret::new(password), &user.password)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_kept_and_shown_without_its_secrets() {
    let (server, admin) = start().await;
    let full = json!({
        "id": "staff", "name": "Staff", "method": "static", "disabled": true,
        "attributes": [{ "name": "address.city", "description": "Where" }],
        "mappings": [{ "source": ".", "target": "." }, { "source": "a.b", "target": "c" }],
        "static": { "hint": true, "users": [person("peter", "secret"), { "username": "paul", "password": "p" }] },
    });
    let sent = list(&[full, oidc(), azure(), cognito(), custom()]);
    let answer = admin.put(PATH, &sent).await.expect(200);
    let shown = answer.json();
    let mut staff = sent["methods"][0].clone();
    staff["static"]["users"] = json!([
        { "username": "peter", "authentication_context": { "name": "peter" } },
        { "username": "paul", "authentication_context": {} },
    ]);
    assert_eq!(shown["methods"][0], staff);
    let mut provider = oidc()["oidc"].clone();
    provider.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(shown["methods"][1]["oidc"], provider);
    assert_eq!(shown["methods"][1]["mappings"], json!([]));
    assert_eq!(shown["methods"][1]["disabled"], false);
    let directory = json!({
        "tenant": "123-312-123", "client_id": "client", "fetch_groups": false, "get_user": false,
        "group_name_format": "id", "only_security_groups": false, "scopes": [],
    });
    assert_eq!(shown["methods"][2]["azure"], directory);
    assert_eq!(shown["methods"][3]["cognito"]["get_user_info"], false);
    assert_eq!(shown["methods"][4]["custom"], custom()["custom"]);
    let found = admin.get(&format!("{SERVERS}/shop")).await.expect(200);
    assert_eq!(found.json()["authentications"], shown, "the server shows the same");
    assert_eq!(found.header("etag"), answer.header("etag"), "under the tag of the server");

    // What was read can be written back, in both places, and changes nothing.
    let again = admin.put(PATH, &shown).await.expect(200);
    assert_eq!((again.json(), again.header("etag")), (shown.clone(), answer.header("etag")));
    let again = admin.put(&format!("{SERVERS}/shop"), &found.json()).await.expect(200);
    assert_eq!((again.json(), again.header("etag")), (found.json(), answer.header("etag")));
    let again = admin.put(PATH, &sent).await.expect(200);
    assert_eq!(again.header("etag"), answer.header("etag"), "the same passwords and secrets are no change");
    assert!(opens(&kept(&server)[0], "secret") && opens(&kept(&server)[1], "p"));

    // The list is replaced as a whole; a server that says nothing of it keeps it.
    admin.put(PATH, &list(&[custom()])).await.expect(200);
    let updated = admin.put(&format!("{SERVERS}/shop"), &json!({ "name": "Other" })).await.expect(200).json();
    assert_eq!(updated["authentications"]["methods"].as_array().unwrap().len(), 1);
    let body = json!({ "name": "Other", "authentications": { "methods": [] } });
    let updated = admin.put(&format!("{SERVERS}/shop"), &body).await.expect(200).json();
    assert_eq!(updated["authentications"], list(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_made_and_a_server_can_be_made_with_its_methods() {
    let (_server, admin) = start().await;
    let mut nameless = custom();
    nameless.as_object_mut().unwrap().remove("id");
    let shown = admin.put(PATH, &list(&[nameless.clone(), nameless.clone()])).await.expect(200).json();
    let id = |place: usize| shown["methods"][place]["id"].as_str().unwrap().to_owned();
    assert!(id(0).len() >= 16 && id(0) != id(1), "{shown}");
    let made = make_server(&admin, "till", json!({ "authentications": list(&[people(&[person("a", "b")])]) })).await;
    assert_eq!(made["authentications"]["methods"][0]["static"]["users"][0]["username"], "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_left_out_stays_and_another_replaces_it() {
    let (server, admin) = start().await;
    admin.put(PATH, &list(&[people(&[person("ann", "one"), person("bob", "two")])])).await.expect(200);
    let bob = json!({ "username": "bob" });
    admin.put(PATH, &list(&[people(&[bob, person("ann", "three")])])).await.expect(200);
    let users = kept(&server);
    assert!(users[0].username == "bob" && opens(&users[0], "two"), "kept, whatever its place");
    assert!(opens(&users[1], "three") && !opens(&users[1], "one"), "replaced");

    // It is found by the id of the method and the name of the user, and by nothing else.
    let stranger = json!({ "username": "eve" });
    let mut elsewhere = people(&[json!({ "username": "ann" })]);
    elsewhere["id"] = json!("others");
    for (body, named) in [
        (list(&[people(&[stranger])]), "/methods/0/static/users/0/password"),
        (list(&[custom(), elsewhere]), "/methods/1/static/users/0/password"),
    ] {
        assert_eq!(wrong_members(&admin.put(PATH, &body).await.expect(422)), [named]);
    }
    let in_server = json!({ "name": "Shop", "authentications": list(&[people(&[json!({ "username": "eve" })])]) });
    let answer = admin.put(&format!("{SERVERS}/shop"), &in_server).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/authentications/methods/0/static/users/0/password"]);
    assert!(opens(&kept(&server)[1], "three"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_may_stand_for_a_password() {
    let (server, admin) = start().await;
    let hash = password::hash(&World::system(), &Secret::new("moved")).unwrap();
    let user = json!({ "username": "ann", "hashed_password": hash });
    let answer = admin.put(PATH, &list(&[people(std::slice::from_ref(&user))])).await.expect(200);
    assert!(!answer.text().contains("argon2"), "a hash is not shown");
    assert_eq!(kept(&server)[0].password, hash);
    let mut both = user.clone();
    both["password"] = json!("secret");
    for (user, named) in [
        (both, "hashed_password"),
        (json!({ "username": "ann", "hashed_password": "secret" }), "hashed_password"),
        (json!({ "username": "ann", "hashed_password": hash.replace("m=19456", "m=999999") }), "hashed_password"),
        (json!({ "username": "ann", "password": "" }), "password"),
        (json!({ "username": "ann", "password": "x".repeat(1025) }), "password"),
    ] {
        let answer = admin.put(PATH, &list(&[people(&[user])])).await.expect(422);
        assert_eq!(wrong_members(&answer), [format!("/methods/0/static/users/0/{named}")]);
    }
    assert_eq!(kept(&server)[0].password, hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_persons_among_all_methods_and_may_move() {
    let (server, admin) = start().await;
    let mut others = people(&[person("bob", "two")]);
    others["id"] = json!("others");
    admin.put(PATH, &list(&[people(&[person("ann", "one")]), others.clone()])).await.expect(200);
    others["static"]["users"] = json!([person("bob", "two"), person("ann", "three")]);
    let twice = list(&[people(&[person("ann", "one")]), others.clone()]);
    let answer = admin.put(PATH, &twice).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/methods/1/static/users/1/username"]);
    assert!(answer.text().contains("`ann`"), "{}", answer.text());
    assert!(opens(&kept(&server)[0], "one"));

    // Neither by an import. Moved as a whole, it is one person's again.
    let mut document = server.as_setup().get(CONFIGURATION).await.expect(200).json();
    let servers = document["servers"].as_array_mut().unwrap();
    let place = servers.iter().position(|one| one["id"] == "shop").unwrap();
    let methods = servers[place]["authentications"]["methods"].as_array_mut().unwrap();
    let copy = methods[0]["static"]["users"][0].clone();
    methods[1]["static"]["users"].as_array_mut().unwrap().push(copy);
    let import =
        async |document: &Value| server.as_setup().put(&format!("{CONFIGURATION}?mode=update"), document).await;
    let answer = import(&document).await.expect(422);
    let member = format!("/servers/{place}/authentications/methods/1/static/users/1/username");
    assert_eq!(wrong_members(&answer), [member]);
    document["servers"][place]["authentications"]["methods"][0]["static"]["users"] = json!([]);
    import(&document).await.expect(204);
    assert!(kept(&server).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_may_cost_what_they_do_elsewhere_but_not_everything_at_once() {
    let (server, admin) = start().await;
    let hash = |memory: u32| format!("$argon2id$v=19$m={memory},t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8");
    let with_costs = |count: u32| {
        let user = |number| json!({ "username": format!("u{number}"), "hashed_password": hash(8 + number % count) });
        list(&[people(&(0..20).map(user).chain([person("own", "secret")]).collect::<Vec<_>>())])
    };
    admin.put(PATH, &with_costs(4)).await.expect(200);
    let before = kept(&server);
    let answer = admin.put(PATH, &with_costs(5)).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/methods/0/static/users"]);
    assert_eq!(kept(&server), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_secret_stays_only_where_it_was_sent_before() {
    let (server, admin) = start().await;
    admin.put(PATH, &list(&[oidc()])).await.expect(200);
    let secret = || {
        let found = server::current(&server.app.domain, "default", "shop").unwrap();
        let owner = portcullis::domain::authentication::Owner { tenant: "default", server: "shop" };
        let method = &found.value.authentications[0];
        let Method::Foreign { account, .. } = &method.method else { panic!("not foreign") };
        let secret = owner.secret(&server.app.domain, &method.id, account).unwrap();
        secret.map(|secret| secret.expose().to_owned())
    };
    let mut silent = oidc();
    silent["oidc"].as_object_mut().unwrap().remove("client_secret");
    silent["oidc"]["scopes"] = json!(["openid"]);
    admin.put(PATH, &list(&[silent.clone()])).await.expect(200);
    assert_eq!(secret().as_deref(), Some("a foreign secret"));
    for (member, value) in [("issuer_url", "https://elsewhere.example.com"), ("client_id", "another")] {
        let mut moved = silent.clone();
        moved["oidc"][member] = json!(value);
        let answer = admin.put(PATH, &list(&[moved.clone()])).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/methods/0/oidc/client_secret"], "{member}");
        moved["id"] = json!("new");
        admin.put(PATH, &list(&[moved])).await.expect(200);
        assert_eq!(secret(), None, "another method has no secret");
        admin.put(PATH, &list(&[oidc()])).await.expect(200);
    }
    let mut other = oidc();
    other["oidc"]["client_secret"] = json!("another secret");
    admin.put(PATH, &list(&[other])).await.expect(200);
    assert_eq!(secret().as_deref(), Some("another secret"));
}

/// A method with one member changed; `place` is a JSON Pointer.
fn with(method: Value, place: &str, value: Value) -> Value {
    let mut method = method;
    let (parent, member) = place.rsplit_once('/').unwrap();
    method.pointer_mut(parent).unwrap()[member] = value;
    method
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_make_no_sense_are_refused_and_change_nothing() {
    let (_server, admin) = start().await;
    admin.put(PATH, &list(&[people(&[person("ann", "one")])])).await.expect(200);
    let before = everything(&admin, "default").await;
    let named = |users: &[&str]| people(&users.iter().map(|name| person(name, "p")).collect::<Vec<_>>());
    let mapping =
        |source: &str, target: &str| with(custom(), "/mappings", json!([{ "source": source, "target": target }]));
    let refused = [
        (with(custom(), "/name", json!("")), "name"),
        (with(custom(), "/method", json!("magic")), "method"),
        (with(custom(), "/method", json!(null)), "method"),
        (with(custom(), "/id", json!("a/b")), "id"),
        (with(custom(), "/magic", json!(1)), "magic"),
        (with(custom(), "/disabled", json!("no")), "disabled"),
        (with(custom(), "/oidc", oidc()["oidc"].clone()), "oidc"),
        (with(oidc(), "/static", json!({ "users": [] })), "static"),
        (with(custom(), "/custom", json!(null)), "custom"),
        (with(custom(), "/custom/login_url", json!(null)), "custom/login_url"),
        (with(custom(), "/custom/login_url", json!("javascript:alert(1)")), "custom/login_url"),
        (with(oidc(), "/oidc/issuer_url", json!("op.example.com")), "oidc/issuer_url"),
        (with(oidc(), "/oidc/client_id", json!("")), "oidc/client_id"),
        (with(oidc(), "/oidc/redirect_url", json!("/callback")), "oidc/redirect_url"),
        (with(oidc(), "/oidc/scopes", json!(["email", "two words"])), "oidc/scopes/1"),
        (with(azure(), "/azure/tenant", json!("a/../b")), "azure/tenant"),
        (with(azure(), "/azure/client_id", json!(null)), "azure/client_id"),
        (with(cognito(), "/cognito/pool_id", json!("")), "cognito/pool_id"),
        (with(cognito(), "/cognito/region", json!("evil.example.com/")), "cognito/region"),
        (mapping("", "."), "mappings/0/source"),
        (mapping(".", "a..b"), "mappings/0/target"),
        (with(custom(), "/mappings", json!([{ "source": "." }])), "mappings/0/target"),
        (with(custom(), "/attributes", json!([{ "name": "" }])), "attributes/0/name"),
        (with(custom(), "/attributes", json!([{ "name": "a" }, { "name": "a" }])), "attributes/1/name"),
        (named(&["amy", "bob", "amy"]), "static/users/2/username"),
        (named(&["amy", "ann"]), "static/users/1/username"),
        (with(named(&["ann"]), "/disabled", json!(true)), "static/users/0/username"),
        (named(&[""]), "static/users/0/username"),
        (
            with(named(&["a"]), "/static/users/0/authentication_context", json!([])),
            "static/users/0/authentication_context",
        ),
        (
            with(named(&["a"]), "/static/users/0/authentication_context", json!({ "a": "x".repeat(5000) })),
            "static/users/0/authentication_context",
        ),
    ];
    let mut wrong = Vec::new();
    for (method, named) in refused {
        let mut method = method;
        if method["id"] == "staff" {
            method["id"] = json!("others");
        }
        let methods = list(&[people(&[json!({ "username": "ann" })]), method]);
        let server = json!({ "name": "Shop", "authentications": methods });
        for (answer, at) in [
            (admin.put(PATH, &methods).await, "/methods"),
            (admin.put(&format!("{SERVERS}/shop"), &server).await, "/authentications/methods"),
        ] {
            let members = if answer.status == 422 { wrong_members(&answer) } else { Vec::new() };
            if members != [format!("{at}/1/{named}")] {
                wrong.push(format!("{at}/1/{named}: {} {}", answer.status, answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let answer = admin.put(PATH, &list(&[custom(), custom()])).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/methods/1/id"]);
    for body in [json!({}), json!({ "methods": null })] {
        assert_eq!(wrong_members(&admin.put(PATH, &body).await.expect(422)), ["/methods"]);
    }
    let crowd: Vec<Value> = (0..101).map(|number| person(&format!("p{number}"), "p")).collect();
    assert_eq!(wrong_members(&admin.put(PATH, &list(&[people(&crowd)])).await.expect(422)), ["/methods"]);
    admin.put(&format!("{SERVERS}/nothing/authentications"), &list(&[])).await.expect(404);
    admin.send(http::Method::PUT, PATH, Some("application/json"), "{".into()).await.expect(400);
    assert_eq!(everything(&admin, "default").await, before);
}

/// Every file below a folder, as bytes.
fn files(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => all.extend(files(&entry.path())),
            kind if kind.is_file() => all.extend(fs::read(entry.path()).unwrap()),
            _ => {}
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_in_an_answer_a_log_or_the_store() {
    const PASSWORD: &str = "tiger-in-the-tank";
    const FOREIGN: &str = "wolf-at-the-door";
    const SERVER: &str = "a-server-secret-of-a-good-length";
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("stderr");
    let data = folder.path().join("data");
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    serve.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET).env("PORTCULLIS_LOG_LEVEL", "trace");
    let process = Process::spawn(serve.stderr(fs::File::create(&log).unwrap()));
    let admin = process.token_of("default", "admin", "admin");
    let made = make_server(&admin, "shop", json!({ "secret": SERVER })).await;
    let private = portcullis::crypto::SigningKey::generate(portcullis::crypto::KeyType::Ecdsa).unwrap();
    let jwk = private.private_jwk().unwrap();
    let half = jwk["d"].as_str().unwrap();
    let body = list(&[people(&[person("ann", PASSWORD)]), with(oidc(), "/oidc/client_secret", json!(FOREIGN))]);
    let with_keys = json!({ "name": "Shop", "authentications": body, "jwks": { "keys": [jwk] } });
    let broken = with(with_keys.clone(), "/name", json!(""));
    let answers = [
        admin.put(PATH, &body).await.expect(200),
        admin.put(&format!("{SERVERS}/shop"), &with_keys).await.expect(200),
        admin.put(&format!("{SERVERS}/shop"), &broken).await.expect(422),
        admin.put(PATH, &with(body.clone(), "/methods/0/name", json!(""))).await.expect(422),
        admin.get(&format!("{SERVERS}/shop")).await.expect(200),
        admin.get(SERVERS).await.expect(200),
    ];
    for answer in &answers {
        for secret in [PASSWORD, FOREIGN, half, SECRET, "$argon2"] {
            assert!(!answer.text().contains(secret), "{secret} in {}", answer.text());
        }
    }
    assert_eq!(made["secret"], SERVER, "the server's own secret is shown, as documented");
    assert!(process.terminate().success());
    let (log, store) = (fs::read(&log).unwrap(), files(&data));
    assert!(holds(&store, "$argon2id$"), "the store was looked at");
    for secret in [PASSWORD, FOREIGN, half, SECRET, SERVER] {
        assert!(!holds(&log, secret), "{secret} in the log");
        assert!(!holds(&store, secret), "{secret} in the store");
    }
}
