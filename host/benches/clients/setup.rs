//! The administrator of the measured server.

use serde_json::Value;

use crate::{
    line::{self, Line},
    server::Server,
};

/// The bootstrap secret of the measured server.
pub(crate) const SECRET: &str = "a bootstrap secret for benches only";

/// Who makes and reads clients.
pub(crate) struct Admin {
    /// Where the server listens.
    pub(crate) address: std::net::SocketAddr,
    /// The Authorization header.
    pub(crate) authorization: String,
}

impl Admin {
    /// With a token of the server.
    pub(crate) fn new(server: &Server) -> Admin {
        let form = format!("grant_type=client_credentials&client_id=admin&client_secret={}", SECRET.replace(' ', "+"));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = Line::new(server.address).json(200, "POST", "/default/admin/oauth2/token", &headers, &form);
        let token = answer.pointer("/access_token").and_then(Value::as_str).unwrap();
        Admin { address: server.address, authorization: format!("Bearer {token}") }
    }

    /// The bytes of a request with a JSON body.
    pub(crate) fn request(&self, server: &Server, method: &str, path: &str, body: &str) -> Vec<u8> {
        let headers = [("content-type", "application/json"), ("authorization", self.authorization.as_str())];
        line::request(server.address, method, path, &headers, body)
    }
}
