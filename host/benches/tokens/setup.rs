//! What the measured server needs first: authorization servers with keys of two kinds, clients, people.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    folder::Scratch,
    line::{self, Line},
    server::Server,
};

/// The bootstrap secret of the measured server.
pub(crate) const SECRET: &str = "a bootstrap secret for benches only";
/// The secret of the bench's own clients.
pub(crate) const CLIENT_SECRET: &str = "a-client-secret-of-the-bench-0123456789";
/// The person who grants.
pub(crate) const PERSON: (&str, &str) = ("ada", "correct horse battery staple");

/// Servers by the algorithm of their key: `es` with ES256, `rs` with RS256.
pub(crate) const ES: &str = "es";
/// See [`ES`].
pub(crate) const RS: &str = "rs";
/// Its client of every grant.
pub(crate) const CLIENT: &str = "bench";

/// An administrator's line to a server.
pub(crate) struct Admin {
    line: Line,
    bearer: String,
    address: SocketAddr,
}

impl Admin {
    /// Logs in with the bootstrap client.
    pub(crate) fn new(server: &Server) -> Admin {
        let mut line = Line::new(server.address);
        let form = format!("grant_type=client_credentials&client_id=admin&client_secret={}", SECRET.replace(' ', "+"));
        let answer = line.json(200, "POST", "/default/admin/oauth2/token", &[FORM], &form);
        let bearer = format!("Bearer {}", answer.get("access_token").and_then(Value::as_str).unwrap());
        Admin { line, bearer, address: server.address }
    }

    /// Makes something.
    pub(crate) fn make(&mut self, collection: &str, body: &Value) -> Value {
        let path = format!("/api/admin/default/{collection}");
        let headers = [("content-type", "application/json"), ("authorization", self.bearer.as_str())];
        self.line.json(201, "POST", &path, &headers, &body.to_string())
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The media type of forms.
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// An authorization server `id` with a client that may do everything.
pub(crate) fn make_server(admin: &mut Admin, id: &str, key_type: &str) {
    let (name, password) = PERSON;
    let people = json!([{ "id": "people", "name": "People", "method": "static", "static": {
        "users": [{ "username": name, "password": password, "authentication_context": { "name": "Ada", "email": "ada@example.org" } }],
    }}]);
    let grants = ["authorization_code", "client_credentials", "refresh_token", "password"];
    admin.make(
        "servers",
        &json!({ "id": id, "name": id, "key_type": key_type, "grant_types": grants, "authentications": { "methods": people } }),
    );
    make_client(admin, id, &client_of(id));
}

/// A data folder with the server `es` in it.
pub(crate) fn with_server(name: &str) -> Scratch {
    let folder = Scratch::new(name);
    let server = Server::portcullis(folder.path());
    make_server(&mut Admin::new(&server), ES, "ecdsa");
    server.stop();
    folder
}

/// The id of the client of a server.
pub(crate) fn client_of(server: &str) -> String {
    format!("{CLIENT}-{server}")
}

/// A client of a server with the bench's secret.
pub(crate) fn make_client(admin: &mut Admin, server: &str, id: &str) {
    admin.make("clients", &client(server, id));
}

/// What such a client is made of.
pub(crate) fn client(server: &str, id: &str) -> Value {
    json!({
        "client_id": id, "client_name": id, "authorization_server_id": server, "client_secret": CLIENT_SECRET,
        "grant_types": ["authorization_code", "client_credentials", "refresh_token", "password"],
        "response_types": ["code"], "redirect_uris": ["https://client.example/back"], "token_endpoint_auth_method": "client_secret_post",
        "scopes": ["openid", "profile", "offline_access", "introspect_tokens"],
    })
}

/// A request of a form.
pub(crate) fn post(address: SocketAddr, server: &str, endpoint: &str, form: &str) -> Vec<u8> {
    line::request(address, "POST", &format!("/default/{server}/oauth2/{endpoint}"), &[FORM], form)
}

/// The client's part of a form.
pub(crate) fn proof(client: &str) -> String {
    format!("client_id={client}&client_secret={CLIENT_SECRET}")
}

/// The request for a token of the client itself.
pub(crate) fn client_credentials(address: SocketAddr, server: &str, client: &str) -> Vec<u8> {
    post(address, server, "token", &format!("grant_type=client_credentials&scope=openid&{}", proof(client)))
}
