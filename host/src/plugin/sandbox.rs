//! The sandbox as the rest of the program sees it: start, install, describe, report.
//!
//! Made once by `cli::serve`, cheap to clone. Decisions come in through `ask`, saves through `check`.

use std::sync::Arc;

use super::{
    About, Bundled, Kind, Limits, PluginError, Report, Settings,
    admission::Admission,
    artefact::Folder,
    describe::Described,
    engine::Engines,
    guest::{Guest, look},
    image::Images,
    job::Describe,
    plan::{Plan, Plans},
    registry::Registry,
    report::Counters,
    ticker::Ticker,
    workshop::Workshop,
};
use crate::decision::{self, ComponentId, RuleSet};

/// Runs components, each call in a fresh instance. Clones share everything.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) inner: Arc<Inner>,
}

/// What all clones share.
pub(super) struct Inner {
    pub(super) limits: Limits,
    pub(super) engines: Arc<Engines>,
    pub(super) folder: Arc<Folder>,
    pub(super) ticker: Ticker,
    pub(super) admission: Admission,
    pub(super) registry: Registry,
    pub(super) plans: Plans,
    pub(super) images: Images,
    pub(super) workshop: Workshop,
    pub(super) counters: Counters,
}

impl Sandbox {
    /// Starts the engines and the ticker. Loads nothing.
    pub fn start(settings: Settings) -> Result<Sandbox, PluginError> {
        let Settings { limits, artefacts, mac, workers, library } = settings;
        let engines = Engines::start(&limits)?;
        let ticker = Ticker::start(vec![engines.run.clone(), engines.build.clone()]);
        let inner = Inner {
            folder: Arc::new(Folder::open(artefacts, mac, engines.compatibility, limits.artefact_bytes)?),
            ticker: ticker.map_err(|error| PluginError::Engine(error.to_string()))?,
            admission: Admission::new(&limits, workers),
            registry: Registry::new(library, limits.uploaded),
            plans: Plans::new(),
            images: Images::new(&limits),
            workshop: Workshop::new(&limits),
            counters: Counters::default(),
            engines: Arc::new(engines),
            limits,
        };
        let mode = &inner.engines.mode;
        tracing::info!(pagemap_scan = mode.pagemap_scan, reason = mode.reason, "the sandbox is ready");
        Ok(Sandbox { inner: Arc::new(inner) })
    }

    /// Installs a component under `name`, in place of the one that had it. It is compiled when it is first needed;
    /// [`Sandbox::describe`] does so and tells what is wrong with it.
    pub fn install(&self, name: &str, wasm: Vec<u8>) -> Result<ComponentId, PluginError> {
        look(&wasm, self.inner.limits.component_bytes)?;
        let guest = self.inner.registry.put(Guest::plain(name, wasm))?;
        guest.identity().map(|identity| identity.id.clone())
    }

    /// Installs a component that comes with the binary. It is unpacked when it is first needed.
    pub fn install_packed(&self, bundled: &Bundled) -> Result<(), PluginError> {
        self.inner.registry.put(Guest::packed(bundled.name, bundled.wasm_zst)).map(drop)
    }

    /// Forgets the component behind `name`. Answers whether there was one.
    pub fn uninstall(&self, name: &str) -> bool {
        self.inner.registry.remove(name)
    }

    /// All components whose bytes are in order, by name. The first call unpacks the bundled ones.
    pub fn installed(&self) -> Vec<ComponentId> {
        let guests = self.inner.registry.all();
        guests.iter().filter_map(|guest| guest.identity().ok()).map(|identity| identity.id.clone()).collect()
    }

    /// Components that could not be loaded, by name, and why. Their rules deny with `unavailable`.
    pub fn broken(&self) -> Vec<(String, String)> {
        let guests = self.inner.registry.all();
        let broken = guests.iter().filter_map(|guest| Some((guest.name.to_string(), guest.fault()?.to_string())));
        broken.collect()
    }

    /// What the component behind `name` says about itself. Loads it, so everything that is wrong with it shows here.
    pub async fn describe(&self, name: &str) -> Result<About, PluginError> {
        let guest = self.inner.registry.get(name).ok_or_else(|| PluginError::Unknown(name.to_owned()))?;
        Ok(self.inner.described(&guest).await?.about.clone())
    }

    /// What every installed validator says about itself, by name. Those that are broken say nothing.
    pub(super) async fn known_validators(&self) -> Vec<decision::About> {
        let mut known = Vec::new();
        for guest in self.inner.registry.all() {
            if let Ok(described) = self.inner.described(&guest).await
                && described.about.kind == Kind::Validator
            {
                let About { component, kind: _, name: _, version, help, conf_schema } = described.about.clone();
                known.push(decision::About { component, version, help, conf_schema });
            }
        }
        known
    }

    /// Numbers for metrics and health.
    pub fn report(&self) -> Report {
        let inner = &self.inner;
        let guests = inner.registry.all();
        let reason = |guest: &Arc<Guest>| Some((guest.name.to_string(), guest.not_snapshotted.get()?.clone()));
        let report = inner.counters.report(inner.engines.mode.clone(), inner.images.count());
        Report { not_snapshotted: guests.iter().filter_map(reason).collect(), ..report }
    }
}

impl Inner {
    /// What `guest` says about itself, asked once.
    pub(super) async fn described(self: &Arc<Inner>, guest: &Arc<Guest>) -> Result<Arc<Described>, PluginError> {
        let ask = async {
            let loaded = guest.loaded(&self.engines, &self.folder).await?;
            let id = guest.identity()?.id.clone();
            let kind = loaded.kind();
            let said = self.call_aside(guest, Describe(loaded)).await.map_err(PluginError::Failed)?;
            let describe = move || Arc::new(Described::new(id, kind, said));
            tokio::task::spawn_blocking(describe).await.map_err(|_| PluginError::Stopped)
        };
        guest.described.get_or_try_init(|| ask).await.cloned()
    }

    /// How `rules` are asked.
    pub(super) async fn plan(self: &Arc<Inner>, rules: &RuleSet) -> Arc<Plan> {
        if let Some(plan) = self.plans.get(rules, &self.registry) {
            return plan;
        }
        // Unpacking and digesting a large component for the first time would hold up a worker.
        let (inner, theirs) = (self.clone(), rules.clone());
        let made = tokio::task::spawn_blocking(move || Plan::make(&theirs, &inner.registry)).await;
        let plan = Arc::new(made.unwrap_or_else(|_| Plan::make(rules, &self.registry)));
        self.plans.put(rules, plan.clone());
        if self.registry.has_retired() {
            self.plans.tidy();
        }
        plan
    }
}
