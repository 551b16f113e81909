//! Clients that nobody here wrote against the real program: `openid-client` of npm, Authlib in a Flask application, and the
//! `openidconnect` crate.
//!
//! What they do stands in `tests/interop`, one line a step. Here the program is started and set up over its API.

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    Process,
    made::{make_client, make_server},
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
            "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
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
