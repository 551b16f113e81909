//! An authorization server `shop` of the tenant `default` with a person, `anna`, and a client, `till`, that gets tokens for her
//! password: for tests of what goes into tokens and who gets them.

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    config::Config,
    domain::{
        client::{self, Client},
        identity::Identity,
        in_force::policies::{About, Reach},
        server::{self, Server},
    },
    store::State,
};
use serde_json::{Value, json};
use std::sync::Arc;

use super::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, make_server},
};

/// A running shop.
pub struct Shop {
    /// The server it is on.
    pub server: TestServer,
    /// Its administrator.
    pub admin: Caller,
    secret: String,
}

/// Anna's password.
const PASSWORD: &str = "correct horse battery";
/// The grants of the server and of its client.
const GRANTS: [&str; 3] = ["password", "client_credentials", "refresh_token"];

impl Shop {
    /// A shop where Anna is known by `context`.
    pub async fn start(context: Value) -> Shop {
        Shop::with(context, |_| {}).await
    }

    /// The same on a server whose configuration was changed.
    pub async fn with(context: Value, change: impl FnOnce(&mut Config)) -> Shop {
        let server = TestServer::with(change).await;
        let admin = server.as_admin();
        let anna = json!({ "username": "anna", "password": PASSWORD, "authentication_context": context });
        let method = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": [anna] } });
        make_server(&admin, "shop", json!({ "grant_types": GRANTS, "authentications": { "methods": [method] } })).await;
        let till = json!({
            "authorization_server_id": "shop", "client_id": "till", "client_name": "Till", "grant_types": GRANTS,
            "scopes": ["openid", "profile", "email", "address"],
        });
        let made = admin.post(&format!("{ADMIN}/clients"), &till).await.expect(201).json();
        let secret = made["client_secret"].as_str().unwrap().to_owned();
        Shop { server, admin, secret }
    }

    /// Asks for tokens for Anna with these scopes.
    pub async fn login(&self, scopes: &str) -> Answer {
        let password = PASSWORD.replace(' ', "+");
        let scopes = scopes.replace(' ', "+");
        let form = format!("grant_type=password&username=anna&password={password}&scope={scopes}");
        ask_token(&self.server, "shop", "till", &self.secret, &form).await
    }

    /// Exchanges the refresh token that came with these tokens.
    pub async fn refresh(&self, tokens: &Value) -> Answer {
        let form = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
        ask_token(&self.server, "shop", "till", &self.secret, &form).await
    }

    /// Asks for a token for the client itself.
    pub async fn own_token(&self) -> Answer {
        ask_token(&self.server, "shop", "till", &self.secret, "grant_type=client_credentials").await
    }

    /// Makes a claim of the shop.
    pub async fn claim(&self, token: &str, name: &str, mapping: &str, scopes: &[&str]) {
        let claim = json!({
            "authorization_server_id": "shop", "name": name, "mapping": mapping, "type": token, "scopes": scopes,
        });
        self.admin.post(&format!("{ADMIN}/claims"), &claim).await.expect(201);
    }

    /// Sets members of a record that is at a path behind [`ADMIN`].
    pub async fn set(&self, path: &str, members: Value) -> Answer {
        let path = format!("{ADMIN}{path}");
        let mut record = self.admin.get(&path).await.expect(200).json();
        for (member, value) in members.as_object().unwrap() {
            record[member] = value.clone();
        }
        self.admin.put(&path, &record).await
    }

    /// The id of a scope of the shop.
    pub async fn scope(&self, name: &str) -> String {
        let listed = self.admin.get(&format!("{ADMIN}/servers/shop/scopes")).await.expect(200).json();
        let found = listed["scopes"].as_array().unwrap().iter().find(|scope| scope["name"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The shop and its client as the domain has them.
    pub fn records(&self) -> (Arc<State<Server>>, Arc<State<Client>>) {
        let domain = &self.server.app.domain;
        (server::current(domain, "default", "shop").unwrap(), client::current(domain, "default", "till").unwrap())
    }
}

/// Anna, who has proven herself in these ways.
pub fn anna(amr: &[&str]) -> Identity {
    Identity {
        subject: "anna".to_owned(),
        method: "staff".to_owned(),
        amr: amr.iter().map(|method| (*method).to_owned()).collect(),
        context: "{}".to_owned(),
        ..Identity::default()
    }
}

/// The question whether somebody may have a token of the shop.
pub fn about<'a>(
    (server, client): &'a (Arc<State<Server>>, Arc<State<Client>>),
    identity: &'a Identity,
    scopes: &'a [String],
) -> About<'a> {
    About {
        tenant: "default",
        server: ("shop", &server.value),
        client: ("till", &client.value),
        identity,
        scopes,
        reach: Reach::default(),
        request_id: "a request",
    }
}

/// Names as texts of their own.
pub fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The claims of a signed token that an answer of the token endpoint holds. Its signature is checked elsewhere.
pub fn claims(answer: &Answer, token: &str) -> Value {
    let body = answer.json();
    let text = body[token].as_str().unwrap_or_else(|| panic!("no {token} in {body}"));
    let payload = BASE64URL_NOPAD.decode(text.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}
