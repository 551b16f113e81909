//! The harness: the real server on port 0 with a store of its own, and callers by role.
//!
//! ```ignore
//! let server = TestServer::start().await;
//! let answer = server.as_admin().get("/api/admin/default/tenant").await;
//! assert_eq!(answer.status, 200);
//! ```

pub mod browser;
pub mod certificates;
pub mod client;
pub mod documented;
pub mod elsewhere;
pub mod gateway;
pub mod golden;
pub mod guests;
pub mod holder;
pub mod known_key;
pub mod made;
pub mod people;
pub mod person;
pub mod process;
pub mod provider;
pub mod random;
pub mod scripts;
pub mod shop;
pub mod signer;
pub mod storefront;
pub mod tills;
pub mod visitor;
pub mod wire;
pub mod world;

use std::{path::PathBuf, sync::Arc};

use portcullis::{
    api::App,
    config::{Config, Flags},
    crypto::Secret,
    plugin::Sandbox,
    server::{Secrets, Server},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

pub use browser::{Browser, Page};
pub use client::{Answer, Caller};
pub use process::Process;
pub use random::Random;
pub use wire::Wire;
pub use world::TestWorld;

/// The bootstrap secret of every test server.
pub const SECRET: &str = "a bootstrap secret for tests only";
/// The master key of every test server, so that they may share compiled components.
pub const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

/// A running server, in this process.
pub struct TestServer {
    /// Where it listens.
    pub url: String,
    /// Its clock and randomness.
    pub world: TestWorld,
    /// Everything the handlers work with.
    pub app: Arc<App>,
    /// Its sandbox.
    pub sandbox: Sandbox,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
    folder: Arc<TempDir>,
}

impl TestServer {
    /// A server with the sample tenant, on a store of its own.
    pub async fn start() -> TestServer {
        TestServer::with(|_| {}).await
    }

    /// A server whose configuration was changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> TestServer {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        TestServer::on(folder, TestWorld::new(), change).await
    }

    /// A server on the same folder and world as one that was stopped.
    pub async fn on(folder: Arc<TempDir>, world: TestWorld, change: impl FnOnce(&mut Config)) -> TestServer {
        let flags =
            Flags { listen: Some("127.0.0.1:0".parse().unwrap()), data: Some(folder.path().to_owned()), demo: true };
        let mut config = Config::load(None, std::iter::empty(), flags).unwrap();
        config.workers = Some(2);
        config.sandbox.artefacts = Some(shared_artefacts());
        config.decisions.flush_ms = 5;
        // Many tests share few processors: one that is about the deadline sets its own.
        config.sandbox.deadline_ms = 5_000;
        change(&mut config);
        let secrets = Secrets { bootstrap: Some(Secret::new(SECRET)), master_key: Some(Secret::new(MASTER_KEY)) };
        let server = Server::start(config, world.world(), secrets, |_| panic!("it has a secret")).await.unwrap();
        let (url, app, sandbox) = (server.url(), server.app(), server.sandbox());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            server.run(async { drop(stopped.await) }).await.unwrap();
        });
        TestServer { url, world, app, sandbox, stop: Some(stop), running: Some(running), folder }
    }

    /// Stops the server and waits until it is gone; the folder stays as long as somebody holds it.
    pub async fn stop(mut self) -> (Arc<TempDir>, TestWorld) {
        drop(self.stop.take());
        let running = self.running.take().unwrap();
        let (folder, world) = (Arc::clone(&self.folder), self.world.clone());
        drop(self);
        running.await.unwrap();
        (folder, world)
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> Caller {
        Caller::new(&self.url)
    }

    /// The bearer of a token of the default tenant's `admin` server.
    pub fn as_admin(&self) -> Caller {
        self.token_of("default", "admin", "admin")
    }

    /// The bearer of a token of the default tenant's `system` server.
    pub fn as_system(&self) -> Caller {
        self.token_of("default", "system", "system")
    }

    /// The bearer of a token of the system tenant.
    pub fn as_setup(&self) -> Caller {
        self.token_of("system", "system", "setup")
    }

    /// The administrator of another tenant.
    pub fn as_other_admin(&self) -> Caller {
        self.token_of("demo", "admin", "admin")
    }

    /// The machine of another tenant.
    pub fn as_other_system(&self) -> Caller {
        self.token_of("demo", "system", "system")
    }

    /// A caller that fetches its token at the first request.
    pub fn token_of(&self, tenant: &str, server: &str, client: &str) -> Caller {
        Caller::new(&self.url).with_credentials(tenant, server, client, SECRET)
    }

    /// The data folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// Compiled components, shared by all test servers of this machine: they have the same master key.
pub fn shared_artefacts() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("artefacts")
}
