//! The boot contract (DESIGN §8), with the real process: what scripts, service managers and operators rely on.

mod ending;
mod files;
mod first_start;
mod secret;
mod settings;

use std::{
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use portcullis::{
    domain::{authentication::Method, server::Server},
    server::STORE_FILE,
    store::{self, Options, Store},
};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::{
    Caller, Process, SECRET, TestServer, Wire,
    process::{command, complaint, ended, run, signal, until},
};

/// The scopes of a `system` server (DESIGN §8), sorted.
const SYSTEM_SCOPES: [&str; 10] = [
    "evaluate_decisions",
    "introspect_tokens",
    "manage_consents",
    "manage_logins",
    "manage_scope_grants",
    "push_gateway_requests",
    "read_gateway_configuration",
    "revoke_tokens",
    "view_consents",
    "write_gateway_configuration",
];

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// `serve` on port 0 and a folder, with the tests' secret.
fn serve(folder: &Path) -> Command {
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]);
    command.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET);
    command
}

/// Runs a command that must fail with exit code 2, and answers what it complained about.
fn refused(command: &mut Command) -> String {
    let output = ended(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is answered");
    complaint(&output)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The values of a member in a list, in the order of the answer.
fn members(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_server_is_ready_and_its_admin_sees_the_tenant() {
    let server = TestServer::start().await;
    server.anonymous().get("/health/ready").await.expect(200);
    let tenant = server.as_admin().get("/api/admin/default/tenant").await.expect(200).json();
    assert_eq!(tenant["id"], "default");
}
