//! The edge with the whole server behind it, over real sockets: protocols, limits, headers, and paths nobody should send.

mod http1;
mod limits;
mod requests;
mod secure;
mod telling;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::support::{TestServer, Wire, certificates::Certificates, wire::Reply};

async fn wire(server: &TestServer) -> Wire<TcpStream> {
    Wire::to(&server.url).await
}

/// One request on a connection of its own.
async fn ask(server: &TestServer, line: &str) -> Reply {
    wire(server).await.ask(line, &[]).await
}

/// Saves a policy that allows and one that denies. Answers the token of the machine that asks them.
async fn yes_and_no(server: &TestServer) -> String {
    for (id, validator) in [("yes", "true"), ("no", "false")] {
        let body = json!({ "id": id, "policy_name": id, "validators": [{ "name": validator }] });
        server.as_admin().post("/api/admin/default/policies", &body).await.expect(201);
    }
    server.as_system().token().await.unwrap()
}
