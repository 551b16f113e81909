//! Where images come from: memory first, then the artefact folder, then a build in the background.
//!
//! Called by `ask` for every group, and by `check` after a policy was accepted. A caller never waits for a build.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
};

use quick_cache::sync::Cache;
use tokio::sync::{Notify, OnceCell, Semaphore};

use super::{
    Limits, PluginError,
    artefact::Machine,
    build::{Bench, NoImage},
    guest::{Guest, world},
    image::Image,
    key::Key,
    plan::Group,
    sandbox::Inner,
};
use crate::decision::RuleSet;

/// Builds that may be waiting. More policies than this at once are built when they are asked for again.
const WAITING: usize = 256;
/// Configurations remembered as impossible to snapshot.
const REFUSED: usize = 1024;

type Loading = Arc<OnceCell<Option<Arc<Image>>>>;

/// The work in progress.
pub(super) struct Workshop {
    /// Builds at once.
    pub(super) benches: Arc<Semaphore>,
    /// Calls of `describe` and `configure` for authors at once.
    pub(super) desks: Arc<Semaphore>,
    /// Told whenever a build has ended, whatever came of it.
    pub(super) ended: Notify,
    loading: Mutex<HashMap<Key, Loading>>,
    building: Mutex<HashSet<Key>>,
    refused: Cache<Key, Arc<NoImage>>,
}

impl Workshop {
    /// An idle workshop.
    pub(super) fn new(limits: &Limits) -> Workshop {
        let threads = limits.compile_threads.max(1);
        Workshop {
            benches: Arc::new(Semaphore::new(threads)),
            desks: Arc::new(Semaphore::new(threads)),
            ended: Notify::new(),
            loading: Mutex::default(),
            building: Mutex::default(),
            refused: Cache::new(REFUSED),
        }
    }

    fn loading(&self) -> MutexGuard<'_, HashMap<Key, Loading>> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the image of `key` is being built.
    pub(super) fn is_building(&self, key: &Key) -> bool {
        self.building().contains(key)
    }

    fn building(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.building.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The image of `group`, when it can be had without building it.
    pub(super) async fn image(self: &Arc<Inner>, group: &Group) -> Option<Arc<Image>> {
        if let Some(image) = self.images.get(&group.key) {
            self.counters.hits.fetch_add(1, Relaxed);
            return Some(image);
        }
        self.counters.misses.fetch_add(1, Relaxed);
        if self.limits.images == 0 || self.is_hopeless(group) || self.workshop.is_building(&group.key) {
            return None;
        }
        self.fetch(group.key).await
    }

    /// Starts what later calls of `group` need, unless it is hopeless, and answers at once.
    pub(super) fn prepare(self: &Arc<Inner>, group: &Group, rules: &RuleSet) {
        if self.limits.images > 0 && !self.is_hopeless(group) && self.images.get(&group.key).is_none() {
            self.order(group, rules);
        }
    }

    /// Whether it is known that there will be no image.
    pub(super) fn is_hopeless(&self, group: &Group) -> bool {
        group.guest.not_snapshotted.get().is_some() || self.workshop.refused.get(&group.key).is_some()
    }

    /// Loads the artefact of `key`. Callers who come at the same time share one look at the disk.
    pub(super) async fn fetch(self: &Arc<Inner>, key: Key) -> Option<Arc<Image>> {
        let cell = self.workshop.loading().entry(key).or_default().clone();
        let look = async {
            let inner = self.clone();
            tokio::task::spawn_blocking(move || inner.read(&key)).await.ok().flatten()
        };
        let found = cell.get_or_init(|| look).await.clone();
        self.workshop.loading().remove(&key);
        found
    }

    fn read(&self, key: &Key) -> Option<Arc<Image>> {
        // Somebody may have finished between the look into memory and this one.
        self.images.get(key).or_else(|| {
            let machine = self.folder.read(key)?;
            self.shelve(key, &machine).inspect_err(|_| self.folder.remove(key)).ok()
        })
    }

    fn shelve(&self, key: &Key, machine: &Machine) -> Result<Arc<Image>, NoImage> {
        let refused = |error: wasmtime::Error| NoImage::Configuration(format!("{error:#}"));
        if !self.images.fits(machine.len()) {
            return Err(NoImage::Configuration("the image is larger than all images together may be".to_owned()));
        }
        let component = machine.load(&self.engines.run).map_err(refused)?;
        let unusable = |error: PluginError| NoImage::Configuration(error.to_string());
        let loaded = world(&self.engines, &component).map_err(unusable)?;
        let image = Arc::new(Image { loaded, bytes: machine.len() });
        self.images.put(*key, image.clone());
        Ok(image)
    }

    /// Starts a build of the image of `group`, unless it is being built or too many wait.
    pub(super) fn order(self: &Arc<Inner>, group: &Group, rules: &RuleSet) {
        let mut building = self.workshop.building();
        if building.len() >= WAITING || !building.insert(group.key) {
            return;
        }
        drop(building);
        let (inner, guest, key, confs) = (self.clone(), group.guest.clone(), group.key, group.confs(rules));
        tokio::spawn(async move {
            let Ok(bench) = inner.workshop.benches.clone().acquire_owned().await else { return };
            let theirs = inner.clone();
            let work = tokio::task::spawn_blocking(move || {
                let _bench = bench;
                let made = theirs.make(&key, &guest, &confs);
                theirs.note(&key, &guest, made);
            });
            if work.await.is_err() {
                let stopped = NoImage::Configuration("the build stopped unexpectedly".to_owned());
                inner.workshop.refused.insert(key, Arc::new(stopped));
                inner.counters.failed_builds.fetch_add(1, Relaxed);
            }
            inner.workshop.building().remove(&key);
            inner.workshop.ended.notify_waiters();
        });
    }

    /// Builds an image on the calling thread, unless it is there, and keeps it.
    pub(super) fn make(&self, key: &Key, guest: &Guest, confs: &[String]) -> Result<(), NoImage> {
        if self.read(key).is_some() {
            return Ok(());
        }
        let bench = Bench { engines: &self.engines, ticker: &self.ticker, limits: &self.limits };
        let machine = bench.build(guest, confs)?;
        if let Err(error) = self.folder.write(key, &machine) {
            tracing::warn!(component = &*guest.name, %error, "the image could not be kept on disk");
        }
        self.shelve(key, &machine)?;
        self.counters.builds.fetch_add(1, Relaxed);
        Ok(())
    }

    fn note(&self, key: &Key, guest: &Guest, made: Result<(), NoImage>) {
        let Err(why) = made else { return };
        tracing::info!(component = &*guest.name, reason = why.reason(), "no image, each call configures its instance");
        self.counters.failed_builds.fetch_add(1, Relaxed);
        match &why {
            // Set once and for all; a second build that comes to the same end has nothing to add.
            NoImage::Component(reason) => drop(guest.not_snapshotted.set(reason.clone())),
            NoImage::Configuration(_) => {}
            NoImage::Passing(_) => return,
        }
        self.workshop.refused.insert(*key, Arc::new(why));
    }
}
