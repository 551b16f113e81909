//! What the first start makes, and nothing else.

use super::*;
use crate::support::made::BUILT_IN;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_exactly_what_it_says() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    let servers = admin.get("/api/admin/default/servers").await.expect(200).json();
    assert_eq!(members(&servers["servers"], "id"), ["admin", "default", "developer", "system"]);
    for (server, clients) in
        [("admin", vec!["admin"]), ("default", vec![]), ("developer", vec![]), ("system", vec!["system"])]
    {
        let found = admin.get(&format!("/api/admin/default/servers/{server}/clients")).await.expect(200).json();
        assert_eq!(members(&found["clients"], "client_id"), clients, "{server}");
    }
    let policies = admin.get("/api/admin/default/policies").await.expect(200).json();
    assert_eq!(members(&policies["policies"], "id"), BUILT_IN);
    let attributes = admin.get("/api/admin/default/tenant").await.expect(200).json();
    let attributes = members(&attributes["authentication_context_settings"]["attributes"], "name");
    assert!(
        ["scp", "groups", "sub", "amr"].iter().all(|name| attributes.iter().any(|known| known == name)),
        "{attributes:?}"
    );
    let mut people = Vec::new();
    for server in servers["servers"].as_array().unwrap() {
        for method in server["authentications"]["methods"].as_array().unwrap() {
            people.push((server["id"].clone(), method.clone()));
        }
    }
    let user = serde_json::json!({ "username": "admin", "authentication_context": { "name": "Administrator" } });
    let method = serde_json::json!({
        "id": "default", "name": "Default", "method": "static", "disabled": false, "attributes": [],
        "mappings": [{ "source": ".", "target": "." }], "static": { "hint": false, "users": [user] },
    });
    assert_eq!(people, [("admin".into(), method)], "one person");
    assert!(process.terminate().success());

    let tables = store::verify(&folder.path().join(STORE_FILE)).unwrap().tables;
    let credentials = tables.iter().find(|(table, _)| *table == "credential").unwrap().1;
    assert_eq!(credentials, 3, "three clients");
    let options = Options { path: folder.path().join(STORE_FILE), cache_items: 1, redb_cache_bytes: 1 << 20 };
    let store = Store::open(&options).unwrap();
    let admin = store.current::<Server>("default", "admin", i64::MAX).unwrap().unwrap();
    let Method::Static(people) = &admin.value.authentications[0].method else { panic!("not static") };
    assert!(people.users[0].password.starts_with("$argon2id$"), "a password is not kept as it is");
}

/// The scopes of a token, as the token endpoint says.
async fn scopes(url: &str, tenant: &str, server: &str, client: &str) -> Vec<String> {
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={}", SECRET.replace(' ', "+"));
    let path = format!("/{tenant}/{server}/oauth2/token");
    let form_type = Some("application/x-www-form-urlencoded");
    let answer = Caller::new(url).send(http::Method::POST, &path, form_type, form.into()).await.expect(200).json();
    let mut scopes: Vec<String> = answer["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    scopes.sort_unstable();
    scopes
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_tokens_have_the_scopes_of_a_system_server() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    assert_eq!(scopes(&process.url, "default", "system", "system").await, SYSTEM_SCOPES);
    assert_eq!(scopes(&process.url, "system", "system", "setup").await, SYSTEM_SCOPES);
    let client =
        process.token_of("default", "admin", "admin").get("/api/admin/default/clients/system").await.expect(200);
    assert_eq!(client.json()["scopes"], serde_json::json!(SYSTEM_SCOPES));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_tenant_comes_only_when_asked_for_at_the_first_start() {
    let (plain, sample) = (scratch(), scratch());
    let token = |url: String| async move {
        let basic = data_encoding::BASE64.encode(format!("admin:{SECRET}").as_bytes());
        let caller = Caller::new(&url).with_header("authorization", &format!("Basic {basic}"));
        let form = Some("application/x-www-form-urlencoded");
        let body = "grant_type=client_credentials".into();
        caller.send(http::Method::POST, "/demo/admin/oauth2/token", form, body).await
    };
    let process = Process::serve(plain.path());
    token(process.url.clone()).await.expect(404);
    assert!(process.terminate().success());
    let process = Process::spawn(serve(plain.path()).arg("--demo"));
    token(process.url.clone()).await.expect(404);
    process.kill();
    let process = Process::spawn(serve(sample.path()).arg("--demo"));
    token(process.url.clone()).await.expect(200);
    let tenant = process.token_of("demo", "admin", "admin").get("/api/admin/demo/tenant").await.expect(200).json();
    assert!(tenant["name"].as_str().unwrap().contains("not for production"), "{tenant}");
}
