//! Tokens that are bound to a key of their client, and what they are worth to whoever finds them.
//!
//! ```text
//! proofs   DPoP proofs at the token endpoint     bound   tokens with their proofs, wherever tokens are taken
//! refresh  codes and refresh tokens that are bound     certificates   clients and tokens by the certificate of a connection
//! pushed   keys that are proven when a request is pushed
//! ```

mod bound;
mod certificates;
mod proofs;
mod pushed;
mod refresh;

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Caller, TestServer,
    made::{ADMIN, basic, make_client, make_server},
    tills::PASSWORD,
};

/// Where tokens are asked for.
const TOKEN: &str = "/default/shop/oauth2/token";
/// The form of a machine.
const MACHINE: &str = "grant_type=client_credentials";

/// A server with a machine.
struct Works {
    server: TestServer,
    admin: Caller,
    /// The machine, for the token endpoint.
    machine: Caller,
    secret: String,
}

impl Works {
    /// A server that says this of its security.
    async fn open(security: Value) -> Works {
        Works::with(json!({ "security": security })).await
    }

    async fn with(members: Value) -> Works {
        Works::on(TestServer::start().await, members).await
    }

    async fn on(server: TestServer, members: Value) -> Works {
        let admin = server.as_admin();
        make_server(&admin, "shop", members).await;
        let made = make_client(&admin, "shop", "machine", &[]).await;
        let secret = made["client_secret"].as_str().unwrap().to_owned();
        let machine = machine(&server, &secret);
        Works { server, admin, machine, secret }
    }

    /// Changes members of the machine.
    async fn change_machine(&self, more: Value) -> Answer {
        let path = format!("{ADMIN}/clients/machine");
        let mut body = self.admin.get(&path).await.expect(200).json();
        if more.get("token_endpoint_auth_method").is_some() {
            body["client_secret"] = json!(""); // the one it had goes
        }
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.put(&path, &body).await
    }
}

/// The machine, for the token endpoint of a server.
fn machine(server: &TestServer, secret: &str) -> Caller {
    server.anonymous().with_header("authorization", &basic("machine", secret))
}

/// The code that ada's browser brings back from an authorization request of these parameters.
async fn code_for(server: &TestServer, parameters: &str) -> String {
    let mut browser = Browser::new(&server.url);
    let mut page = browser.open(&format!("/default/shop/oauth2/authorize?{parameters}")).await;
    page = browser.send(&page, "/password", &[("username", "ada"), ("password", PASSWORD)]).await;
    if page.url.starts_with('/') {
        page = browser.send(&page, "/consent", &[]).await;
    }
    page.parameter("code").unwrap_or_else(|| panic!("{}: {}", page.url, page.text()))
}

/// A refusal with the words of RFC 6749.
#[track_caller]
fn refused(answer: Answer, error: &str) -> Answer {
    let answer = answer.expect(400);
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert!(answer.json().get("access_token").is_none());
    answer
}
