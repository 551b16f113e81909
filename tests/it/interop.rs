//! Clients that nobody here wrote against the real program: `openid-client`, `oauth4webapi` and the MCP SDK of npm, Authlib in a Flask
//! application, and the `openidconnect` crate.
//!
//! What they do stands in `tests/interop`, one line a step. Here the program is started and set up over its API.

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    Process, SECRET,
    certificates::Certificates,
    made::{ADMIN, make_client, make_server},
    process::command,
    scripts::Script,
};

/// A running program with the server `shop`, where alice can log in and a registrar may register clients.
struct Shop {
    process: Process,
    registrar: String,
    _folder: TempDir,
}

/// The person who can log in.
const ALICE: (&str, &str) = ("alice", "correct horse battery staple");

impl Shop {
    /// Starts it with keys of this type.
    async fn open(key_type: &str) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::serve(folder.path());
        let admin = process.token_of("default", "admin", "admin");
        let alice = json!({
            "username": ALICE.0, "password": ALICE.1,
            "authentication_context": { "name": "Alice Adams", "email": "alice@example.com" },
        });
        let server = json!({
            "key_type": key_type, "enable_dynamic_client_registration": true,
            "grant_types": [
                "authorization_code", "implicit", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
            ],
            "security": { "poll_interval": "1s" },
            "authentications": { "methods": [{ "name": "Staff", "method": "static", "static": { "users": [alice] } }] },
        });
        make_server(&admin, "shop", server).await;
        let registrar = make_client(&admin, "shop", "registrar", &["dcr_register"]).await;
        let registrar = registrar["client_secret"].as_str().unwrap().to_owned();
        Shop { process, registrar, _folder: folder }
    }

    /// Lets a script do its steps against it.
    async fn visit(&self, script: Script) {
        let issuer = format!("{}/default/shop", self.process.url);
        let script = script.with("ISSUER", issuer).with("USERNAME", ALICE.0).with("PASSWORD", ALICE.1);
        script.with("REGISTRAR_ID", "registrar").with("REGISTRAR_SECRET", &self.registrar).run(None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_of_npm_gets_along_with_us() {
    let Some(script) = Script::node("openid-client.mjs") else { return };
    Shop::open("ecdsa").await.visit(script).await;
}

/// It makes what it needs by itself: servers that are held to a profile need TLS, which only it speaks here.
#[tokio::test(flavor = "multi_thread")]
async fn oauth4webapi_of_npm_gets_along_with_us() {
    let Some(script) = Script::node("oauth4webapi.mjs") else { return };
    let (folder, certificates) = (tempfile::tempdir().unwrap(), Certificates::new());
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()]);
    serve.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET);
    for (setting, file) in [("CERTIFICATE", "server.pem"), ("KEY", "server.key"), ("CLIENT_CA", "ca.pem")] {
        serve.env(format!("PORTCULLIS_TLS_{setting}"), certificates.file(file));
    }
    let process = Process::spawn(&mut serve);
    let script = script.with("NODE_EXTRA_CA_CERTS", certificates.file("ca.pem"));
    let script =
        script.with("CERTIFICATE", certificates.file("client.pem")).with("KEY", certificates.file("client.key"));
    let script = script.with("BASE", &process.url).with("ADMIN_SECRET", SECRET);
    script.with("USERNAME", ALICE.0).with("PASSWORD", ALICE.1).run(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mcp_sdks_client_gets_along_with_us() {
    let Some(script) = Script::node("mcp-client.mjs") else { return };
    let shop = Shop::open("ecdsa").await;
    // The script listens there a moment later.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let resource = format!("http://127.0.0.1:{port}/mcp");
    let admin = shop.process.token_of("default", "admin", "admin");
    let mut server = admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    server["open_dynamic_client_registration"] = json!(true);
    admin.put(&format!("{ADMIN}/servers/shop"), &server).await.expect(200);
    let service =
        json!({ "authorization_server_id": "shop", "id": "greeter", "name": "Greeter", "resource": resource });
    admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    let scope = json!({ "authorization_server_id": "shop", "name": "greet", "service_id": "greeter",
        "developer_policy_id": "allow" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let metadata = format!("{}/default/shop/.well-known/oauth-protected-resource/greeter", shop.process.url);
    shop.visit(script.with("MCP_URL", &resource).with("METADATA", metadata).with("SCOPE", "greet")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authlib_in_a_flask_application_gets_along_with_us() {
    let Some(script) = Script::python("authlib_client.py") else { return };
    Shop::open("rsa").await.visit(script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openidconnect_crate_gets_along_with_us() {
    let Some(script) = Script::rust("openidconnect") else { return };
    Shop::open("ecdsa").await.visit(script).await;
}
