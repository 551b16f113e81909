//! The whole server, put together: configuration in, listening server out. Called by `cli` and by the tests, which hand
//! in their own clock and randomness. Reads like the start-up log.

mod background;
mod certificates;
mod logouts;
mod observer;

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    api::{App, Operations, acp::describe_client},
    bundled,
    config::{Config, PagemapScan},
    crypto::{KEY_FILE, MacKey, Secret, Vault},
    decision::Library,
    domain::{
        Domain, Failure, Observer, Parts, PolicyLimits, boot,
        decision_log::{DecisionLog, LogSettings},
        plugin::{PluginRules, Shelf, TrustedKey, source::Sources},
        possession,
    },
    metrics::{Metrics, SandboxCounts},
    outbound::Outbound,
    plugin::{ArtefactMac, Limits, Sandbox, Settings},
    serve::{
        self, Bound, Drained,
        control::{self, Listening},
        pipeline::Pipeline,
    },
    store::{Options, Store},
    world::World,
};
use observer::MetricsObserver;

/// The file in the data folder that holds everything.
pub const STORE_FILE: &str = "portcullis.redb";
/// The socket in the data folder that the command line asks.
pub const CONTROL_SOCKET: &str = "control.sock";
/// The folder in the data folder for compiled components. May be deleted: it is made again.
pub const ARTEFACTS: &str = "artefacts";

/// Secrets from the environment. They are no part of the configuration.
#[derive(Debug, Default)]
pub struct Secrets {
    /// `PORTCULLIS_BOOTSTRAP_SECRET`: used by the first start only.
    pub bootstrap: Option<Secret>,
    /// `PORTCULLIS_MASTER_KEY`: instead of a key file.
    pub master_key: Option<Secret>,
}

/// Why the server did not start.
#[derive(Debug)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// A sentence with the part that failed.
fn cannot(what: &str) -> impl Fn(&dyn fmt::Display) -> StartError {
    move |error| StartError(format!("{what}: {error}"))
}

/// A server that listens and does not answer yet.
pub struct Server {
    world: World,
    bound: Bound,
    app: Arc<App>,
    pipeline: Arc<Pipeline>,
    metrics: Arc<Metrics>,
    sandbox: Sandbox,
    health: Arc<Health>,
    /// The control socket; none when it could not be made.
    control: Option<Listening>,
}

impl Server {
    /// Opens the store, prepares the sandbox, binds the address and the control socket, and fills an empty store. When
    /// that makes a bootstrap secret, `show` hands it to the operator before it becomes valid.
    pub async fn start(
        config: Config,
        world: World,
        secrets: Secrets,
        show: impl FnOnce(&Secret) -> io::Result<()> + Send + 'static,
    ) -> Result<Server, StartError> {
        check_bootstrap(&config, secrets.bootstrap.as_ref())?;
        let metrics = Arc::new(Metrics::new());
        let vault = open_vault(&config, secrets.master_key.as_ref(), &world)?;
        let store = open_store(&config)?;
        let sandbox = start_sandbox(&config, &vault, Arc::new(Shelf::over(&store)))?;
        let bound = serve::bind(&config).map_err(|error| cannot("cannot listen")(&error))?;
        let public_url = public_url(&config, &bound);
        let observer: Arc<dyn Observer> = Arc::new(MetricsObserver(Arc::clone(&metrics)));
        let assembled = Assembled { store, vault, world: world.clone(), sandbox: sandbox.clone(), observer };
        let domain = assemble(&config, assembled, public_url, true)?;
        let given = secrets.bootstrap.clone();
        let first = boot::FirstStart { secret: secrets.bootstrap, demo: config.demo, show: Box::new(show) };
        boot::start(&domain, first).await.map_err(|failure| refused(&failure))?;
        possession::begin(&domain).await.map_err(|failure| refused(&failure))?;
        let control = listen_control(&config);
        let patience = Duration::from_secs(config.limits.request_seconds);
        let health = Arc::new(Health::new(Arc::clone(&metrics), sandbox.clone(), domain.store.clone(), patience));
        let app = Arc::new(App { domain, operations: Arc::clone(&health) as Arc<dyn Operations> });
        tokio::spawn(background::warn_of_another_secret(Arc::downgrade(&app), given));
        let pipeline = Pipeline::new(Arc::clone(&app), &metrics).map_err(StartError)?;
        Ok(Server { world, bound, app, pipeline: Arc::new(pipeline), metrics, sandbox, health, control })
    }

    /// `http://ADDR` or `https://ADDR`.
    pub fn url(&self) -> String {
        self.bound.url()
    }

    /// Everything the handlers work with, for tests that look inside.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// The sandbox, for tests that install components of their own.
    pub fn sandbox(&self) -> Sandbox {
        self.sandbox.clone()
    }

    /// Answers requests until `stop` resolves, finishes what runs, and writes what waits.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<Drained, StartError> {
        let Server { world, bound, app, pipeline, metrics, sandbox, health, control } = self;
        let (stopping, stopped) = tokio::sync::watch::channel(false);
        let waits = |mut stopped: tokio::sync::watch::Receiver<bool>| async move {
            // A dropped sender means that the server is gone, which is a stop as well.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        tokio::spawn(background::look_at_components(sandbox.clone()));
        tokio::spawn(background::purge(Arc::downgrade(&app)));
        let candidates = tokio::spawn(background::ask_candidates(Arc::downgrade(&app)));
        let logouts = tokio::spawn(logouts::tell(Arc::downgrade(&app)));
        let summons = tokio::spawn(background::summon(Arc::downgrade(&app)));
        let commands = Arc::new(crate::cli::commands::Commands::new(Arc::clone(&app), sandbox));
        let until = waits(stopped.clone());
        let control = control.map(|listening| tokio::spawn(listening.serve(commands, until)));
        tokio::spawn(async move {
            stop.await;
            health.accepting.store(false, Ordering::Relaxed);
            stopping.send_replace(true);
        });
        let drained = serve::run(bound, pipeline, metrics, world, waits(stopped)).await;
        // They hold the store while they ask; the only error is that they were ended.
        for task in [candidates, logouts, summons] {
            task.abort();
            drop(task.await);
        }
        if let Some(task) = control
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the control socket's task had panicked");
        }
        if let Err(failure) = possession::end(&app.domain).await {
            tracing::warn!(reason = failure.to_log(), "the next start takes no proofs of possession for some seconds");
        }
        app.domain.log.stop();
        app.domain.store.clone().close();
        drained.map_err(|error| cannot("cannot serve")(&error))
    }
}

/// A first start with a bad secret leaves nothing behind. Later starts do not use it.
fn check_bootstrap(config: &Config, given: Option<&Secret>) -> Result<(), StartError> {
    match given.filter(|_| !config.data.join(STORE_FILE).exists()) {
        Some(secret) => boot::check_secret(secret).map_err(|failure| refused(&failure)),
        None => Ok(()),
    }
}

fn refused(failure: &Failure) -> StartError {
    cannot("cannot start")(&failure.to_log().map_or_else(|| failure.to_client(), str::to_owned))
}

/// Without the socket the server does everything but the commands of its own machine.
fn listen_control(config: &Config) -> Option<Listening> {
    let listening = control::listen(&config.data.join(CONTROL_SOCKET));
    listening.inspect_err(|error| tracing::warn!(%error, "backup and replay cannot ask this server")).ok()
}

/// Opens the data folder's store.
pub fn open_store(config: &Config) -> Result<Store, StartError> {
    let options = Options {
        path: config.data.join(STORE_FILE),
        cache_items: config.store.cache_items,
        redb_cache_bytes: config.store.cache_bytes,
    };
    Store::open(&options).map_err(|error| cannot("cannot open the store")(&error))
}

/// Opens the data folder's key. A folder with a store and without its key gets no new one: it would open nothing.
pub fn open_vault(config: &Config, given: Option<&Secret>, world: &World) -> Result<Vault, StartError> {
    let lost = given.is_none() && !config.data.join(KEY_FILE).exists() && config.data.join(STORE_FILE).exists();
    if lost {
        let folder = config.data.display();
        return Err(StartError(format!(
            "the store in {folder} has no master key: put {KEY_FILE} back, or set PORTCULLIS_MASTER_KEY"
        )));
    }
    Vault::open(&config.data, given, world).map_err(|error| cannot("cannot open the master key")(&error))
}

/// Prepares the sandbox with the bundled components.
pub fn start_sandbox(config: &Config, vault: &Vault, library: Arc<dyn Library>) -> Result<Sandbox, StartError> {
    let settings = Settings {
        limits: limits(config),
        artefacts: config.sandbox.artefacts.clone().unwrap_or_else(|| config.data.join(ARTEFACTS)),
        mac: Arc::new(VaultMac(vault.mac_key("artefacts"))),
        workers: workers(config),
        library,
    };
    let sandbox = Sandbox::start(settings).map_err(|error| cannot("cannot start the sandbox")(&error))?;
    for component in bundled::COMPONENTS {
        if let Err(error) = sandbox.install_packed(component) {
            // Its policies deny; the rest of the server is fine (shown by /health/ready).
            tracing::error!(component = component.name, %error, "a bundled component cannot be used");
        }
    }
    Ok(sandbox)
}

/// What a [`Domain`] is assembled of.
pub struct Assembled {
    /// See [`Domain::store`].
    pub store: Store,
    /// See [`Domain::vault`].
    pub vault: Vault,
    /// See [`Domain::world`].
    pub world: World,
    /// Runs the policies.
    pub sandbox: Sandbox,
    /// See [`Domain::observer`].
    pub observer: Arc<dyn Observer>,
}

/// Everything the operations share, as the configuration says; `logs` is false where nobody asks for decisions.
pub fn assemble(config: &Config, parts: Assembled, public_url: String, logs: bool) -> Result<Domain, StartError> {
    let Assembled { store, vault, world, sandbox, observer } = parts;
    let mut settings = log_settings(config);
    settings.enabled &= logs;
    let log = DecisionLog::start(store.clone(), settings, Arc::clone(&observer));
    Ok(Domain::new(Parts {
        store,
        vault,
        world,
        validators: Arc::new(sandbox.clone()),
        components: Arc::new(sandbox),
        describe: describe_client,
        outbound: Arc::new(Outbound::new(&config.outbound)),
        log: log.map_err(|error| cannot("cannot start the decision log")(&error))?,
        limits: PolicyLimits {
            policy_bytes: config.policies.bytes,
            validators: config.policies.validators,
            deadline_ms: config.sandbox.deadline_ms,
            states_kept: config.store.states_kept,
        },
        plugins: plugin_rules(config)?,
        policies: bundled::policies().map_err(StartError)?,
        public_url,
        rotation_grace_seconds: config.organization_clients.rotation_grace_seconds,
        plugin_sources: plugin_sources(config),
        certificates: certificates::of_clients(config).map_err(|error| StartError(error.to_string()))?,
        observer,
    }))
}

/// Threads that answer requests.
pub fn workers(config: &Config) -> usize {
    config.workers.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1)
}

fn limits(config: &Config) -> Limits {
    let sandbox = &config.sandbox;
    Limits {
        deadline: Duration::from_millis(sandbox.deadline_ms),
        configure_deadline: Duration::from_millis(sandbox.configure_deadline_ms),
        memory_bytes: sandbox.memory_bytes,
        output_bytes: sandbox.output_bytes,
        slots: u32::try_from(sandbox.slots).unwrap_or(u32::MAX),
        queue: sandbox.queue,
        images: sandbox.images,
        image_bytes: sandbox.image_bytes as u64,
        artefact_bytes: sandbox.artefact_bytes as u64,
        conf_bytes: config.policies.bytes,
        component_bytes: config.plugins.component_bytes,
        pagemap_scan: sandbox.pagemap_scan == PagemapScan::Auto,
        ..Limits::default()
    }
}

/// What uploads have to be like; a key that cannot be read keeps the server from starting.
fn plugin_rules(config: &Config) -> Result<PluginRules, StartError> {
    let key = |text: &String| TrustedKey::parse(text).map_err(|why| cannot("plugins.keys")(&format!("{text}: {why}")));
    Ok(PluginRules {
        component_bytes: config.plugins.component_bytes,
        require_signature: config.plugins.require_signature,
        keys: config.plugins.keys.iter().map(key).collect::<Result<_, _>>()?,
    })
}

/// Where components can be taken from.
fn plugin_sources(config: &Config) -> Sources {
    Sources {
        folder: config.plugins.folder.clone(),
        registry_auth: config.plugins.registry_auth.clone(),
        insecure_registries: config.plugins.insecure_registries.clone(),
        component_bytes: limits(config).component_bytes,
    }
}

fn log_settings(config: &Config) -> LogSettings {
    LogSettings {
        enabled: config.decisions.enabled,
        queue: config.decisions.queue,
        queue_bytes: config.decisions.queue_bytes,
        flush: Duration::from_millis(config.decisions.flush_ms),
        bytes: config.decisions.log_bytes,
    }
}

fn public_url(config: &Config, bound: &Bound) -> String {
    let url = config.public_url.clone().unwrap_or_else(|| bound.url());
    url.trim_end_matches('/').to_owned()
}

struct VaultMac(MacKey);

impl ArtefactMac for VaultMac {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.sign(parts)
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.0.verify(parts, mac)
    }
}

struct Health {
    metrics: Arc<Metrics>,
    sandbox: Sandbox,
    store: Store,
    patience: Duration,
    accepting: AtomicBool,
}

impl Health {
    fn new(metrics: Arc<Metrics>, sandbox: Sandbox, store: Store, patience: Duration) -> Health {
        Health { metrics, sandbox, store, patience, accepting: AtomicBool::new(true) }
    }
}

impl Operations for Health {
    fn trouble(&self) -> Vec<(String, String)> {
        let part = |(name, reason)| (format!("component {name}"), reason);
        self.sandbox.broken().into_iter().map(part).collect()
    }

    fn accepting(&self) -> bool {
        self.accepting.load(Ordering::Relaxed)
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn metrics(&self) -> String {
        let (sandbox, store) = (self.sandbox.report(), self.store.stats());
        self.metrics.sandbox_images.set(i64::try_from(sandbox.images).unwrap_or(i64::MAX));
        self.metrics.sandbox_is(&SandboxCounts {
            calls: sandbox.calls,
            cold_calls: sandbox.cold_calls,
            builds: sandbox.builds,
            evictions: sandbox.evictions,
            failures: sandbox.failures.iter().map(|(code, count)| (code.as_str(), *count)).collect(),
        });
        self.metrics.components_broken.set(i64::try_from(self.sandbox.broken().len()).unwrap_or(i64::MAX));
        self.metrics.store_is(store.commits, store.batched_writes);
        self.metrics.render()
    }
}
