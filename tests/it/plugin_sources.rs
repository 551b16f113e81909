//! Plugins from a real OCI registry and from the operator's folder.
//!
//! What needs the registry is skipped, and loudly so, where docker-registry is not installed (`.ci/run` installs it).

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use http::Method;
use portcullis::{
    crypto::digest::sha256_hex,
    domain::{
        Failure,
        plugin::source::{self, Taken},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::support::{Answer, Caller, TestServer, made::basic};

covers!("listPluginSources");

/// Debian's package.
const PROGRAM: &str = "/usr/bin/docker-registry";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const WASM: &str = "application/wasm";
/// `pull:secret` for the registry, hashed with bcrypt.
const HTPASSWD: &str = "pull:$2b$04$FFcDhNss1Qnh7JzsSh5jRubFafeM1o76NlagqLbtwvPOAKsFCqV1m\n";

/// A running registry, stopped by its process id.
struct Registry {
    process: Child,
    folder: TempDir,
    host: String,
    /// Who pushes.
    pusher: Caller,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    /// Starts one; none where it is not installed.
    async fn start(protected: bool) -> Option<Registry> {
        if !Path::new(PROGRAM).exists() {
            eprintln!("SKIPPED: {PROGRAM} is not installed (apt-get install docker-registry)");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let users = folder.path().join("htpasswd");
        std::fs::write(&users, HTPASSWD).unwrap();
        let auth = json!({ "htpasswd": { "realm": "registry", "path": users } });
        let mut config = json!({
            "version": "0.1",
            "log": { "level": "error" },
            "storage": { "filesystem": { "rootdirectory": folder.path().join("data") } },
            "http": { "addr": host },
        });
        if protected {
            config["auth"] = auth;
        }
        // JSON is YAML.
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config.to_string()).unwrap();
        let quiet = || Stdio::null();
        let process = Command::new(PROGRAM).arg("serve").arg(&file).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        let pusher = Caller::new(&format!("http://{host}"));
        let pusher = if protected { pusher.with_header("authorization", &basic("pull", "secret")) } else { pusher };
        let mut registry = Registry { process, folder, host, pusher };
        for _ in 0..1000 {
            if TcpStream::connect(&registry.host).await.is_ok() {
                return Some(registry);
            }
            assert!(registry.process.try_wait().unwrap().is_none(), "the registry did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the registry does not listen on {}", registry.host);
    }

    /// Pushes bytes, by PUTs. Answers their digest.
    async fn push_blob(&self, bytes: &[u8]) -> String {
        let digest = format!("sha256:{}", sha256_hex(bytes));
        let started = self.pusher.post("/v2/team/limit/blobs/uploads/", &Value::Null).await.expect(202);
        let location = started.header("location").unwrap();
        let path = location.strip_prefix(&format!("http://{}", self.host)).unwrap_or(location);
        let path = format!("{path}&digest={digest}");
        let octets = Some("application/octet-stream");
        self.pusher.send(Method::PUT, &path, octets, bytes.to_vec().into()).await.expect(201);
        digest
    }

    /// Pushes a component under a tag. Answers the digest of its manifest.
    async fn push(&self, tag: &str, kind: &str, component: &[u8]) -> String {
        let (config, layer) = (self.push_blob(b"{}").await, self.push_blob(component).await);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.wasm.config.v0+json", "digest": config, "size": 2 },
            "layers": [{ "mediaType": kind, "digest": layer, "size": component.len() }],
        });
        let path = format!("/v2/team/limit/manifests/{tag}");
        let body = manifest.to_string();
        self.pusher.send(Method::PUT, &path, Some(MANIFEST), body.clone().into()).await.expect(201);
        format!("sha256:{}", sha256_hex(body.as_bytes()))
    }

    /// A server of ours that may ask it.
    async fn known_to_server(&self, auth: Option<&str>) -> TestServer {
        let file = self.folder.path().join("config.json");
        if let Some(auth) = auth {
            let auth = auth.strip_prefix("Basic ").unwrap();
            std::fs::write(&file, json!({ "auths": { &self.host: { "auth": auth } } }).to_string()).unwrap();
        }
        TestServer::with(|config| {
            config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()];
            config.plugins.insecure_registries = vec![self.host.clone()];
            config.plugins.registry_auth = auth.map(|_| file);
        })
        .await
    }

    fn reference(&self, wanted: &str) -> String {
        format!("oci://{}/team/limit{wanted}", self.host)
    }
}

async fn take(server: &TestServer, source: &str) -> Result<Taken, Failure> {
    source::take(&server.app.domain, source).await
}

fn fixture() -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/v1/checker.wasm", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[track_caller]
fn reason(taken: Result<Taken, Failure>) -> String {
    match taken {
        Ok(taken) => panic!("took {}", taken.source),
        Err(failure) => format!("{failure:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn components_are_pulled_by_tag_and_by_digest() {
    let Some(registry) = Registry::start(false).await else { return };
    let server = registry.known_to_server(None).await;
    let (first, second) = (fixture(), b"\0asm\x0d\0\x01\0 another".to_vec());
    let digest = registry.push("1.0", WASM, &first).await;
    let taken = take(&server, &registry.reference(":1.0")).await.unwrap();
    assert_eq!(taken.source, registry.reference(&format!(":1.0@{digest}")), "what the tag meant is kept");
    assert_eq!(taken.wasm, first);

    // The tag moves; the digest does not.
    let moved = registry.push("1.0", "application/vnd.wasm.content.layer.v1+wasm", &second).await;
    assert_ne!(moved, digest);
    assert_eq!(take(&server, &registry.reference(":1.0")).await.unwrap().wasm, second);
    assert_eq!(take(&server, &registry.reference(&format!("@{digest}"))).await.unwrap().wasm, first);
    assert_eq!(take(&server, &registry.reference(&format!(":1.0@{digest}"))).await.unwrap().wasm, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_registry_does_not_have_or_has_damaged_is_not_taken() {
    let Some(registry) = Registry::start(false).await else { return };
    let server = registry.known_to_server(None).await;
    let component = fixture();
    registry.push("1.0", WASM, &component).await;
    registry.push("text", "text/plain", b"no component").await;
    assert!(reason(take(&server, &registry.reference(":2.0")).await).contains("has no such component"));
    assert!(reason(take(&server, &registry.reference(":text")).await).contains("no layer of WebAssembly"));
    let unknown = registry.reference(&format!("@sha256:{}", "0".repeat(64)));
    assert!(reason(take(&server, &unknown).await).contains("has no such component"));

    // Somebody changes the bytes behind the registry's back: same length, so that only the digest tells.
    let digest = sha256_hex(&component);
    let blobs = registry.folder.path().join("data/docker/registry/v2/blobs/sha256");
    let file = blobs.join(&digest[..2]).join(&digest).join("data");
    let mut damaged = component.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(file, damaged).unwrap();
    assert!(reason(take(&server, &registry.reference(":1.0")).await).contains("not the one that the manifest names"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_with_a_password_is_asked_with_it() {
    let Some(registry) = Registry::start(true).await else { return };
    registry.push("1.0", WASM, &fixture()).await;
    let anonymous = registry.known_to_server(None).await;
    assert!(reason(take(&anonymous, &registry.reference(":1.0")).await).contains("plugins.registry_auth"));
    let wrong = registry.known_to_server(Some(&basic("pull", "wrong"))).await;
    assert!(reason(take(&wrong, &registry.reference(":1.0")).await).contains("does not let this server"));
    let right = registry.known_to_server(Some(&basic("pull", "secret"))).await;
    assert_eq!(take(&right, &registry.reference(":1.0")).await.unwrap().wasm, fixture());
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_are_asked_under_the_operators_rules() {
    let Some(registry) = Registry::start(false).await else { return };
    registry.push("1.0", WASM, &fixture()).await;
    let server = TestServer::with(|config| config.plugins.insecure_registries = vec![registry.host.clone()]).await;
    assert!(reason(take(&server, &registry.reference(":1.0")).await).contains("may not be"), "a private address");
    let server = TestServer::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()]).await;
    assert!(take(&server, &registry.reference(":1.0")).await.is_err(), "https is expected");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_folder_is_offered_and_nothing_beside_it() {
    let above = TempDir::new().unwrap();
    let folder = above.path().join("offered");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("checker.wasm"), fixture()).unwrap();
    std::fs::write(folder.join("notes.txt"), "not offered").unwrap();
    std::fs::write(above.path().join("secret.wasm"), "not offered").unwrap();
    let server = TestServer::with(|config| config.plugins.folder = Some(folder)).await;
    let offered: Answer = server.as_admin().get("/api/admin/default/plugin_sources").await.expect(200);
    assert_eq!(offered.json(), json!({ "sources": [{ "source": "file:checker.wasm", "size": fixture().len() }] }));
    assert_eq!(take(&server, "file:checker.wasm").await.unwrap().wasm, fixture());
    let plugins = "/api/admin/default/plugins";
    let made = server.as_admin().post(plugins, &json!({ "source": "file:checker.wasm" })).await.expect(201).json();
    assert_eq!(
        (&made["name"], &made["versions"][0]["source"]),
        (&json!("frozen-checker"), &json!("file:checker.wasm"))
    );
    server.as_admin().post(plugins, &json!({ "source": "file:../secret.wasm" })).await.expect(422);
    for source in ["file:../secret.wasm", "file:notes.txt", "file:/etc/passwd", "file:none.wasm", "http://a/b", ""] {
        assert!(take(&server, source).await.is_err(), "{source}");
    }
    let none = TestServer::start().await;
    assert!(reason(take(&none, "file:checker.wasm").await).contains("no folder"));
}
