//! What a running server does besides answering.
//!
//! Started by `server` once it runs. None of it keeps a server alive that has ended.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::JoinSet;

/// How long work that nobody waits for leaves the processor to the first requests after the start.
const FIRST_REQUESTS: Duration = Duration::from_secs(1);

use crate::{
    api::App,
    crypto::Secret,
    domain::{
        boot,
        elsewhere::summons::{self, Due},
        expiry, shadow,
    },
    plugin::Sandbox,
    world::Stopwatch,
};

/// A secret that is not this store's is ignored after the first start, which whoever gave it should know.
pub(super) async fn warn_of_another_secret(app: Weak<App>, given: Option<Secret>) {
    tokio::time::sleep(FIRST_REQUESTS).await;
    // A server that has ended meanwhile must not be kept from closing its store.
    let (Some(app), Some(secret)) = (app.upgrade(), given) else { return };
    if let Ok(false) = boot::is_secret(&app.domain, secret).await {
        tracing::warn!("PORTCULLIS_BOOTSTRAP_SECRET is not the secret of this store's first start and is ignored");
    }
}

/// Unpacks and digests every component, so that a damaged one shows in /health/ready before somebody needs it. Waits until
/// the first requests, for which a server may have been started, have had the processor.
pub(super) async fn look_at_components(sandbox: Sandbox) {
    tokio::time::sleep(FIRST_REQUESTS).await;
    let look = move || (sandbox.installed().len(), sandbox.broken());
    let Ok((sound, broken)) = tokio::task::spawn_blocking(look).await else { return };
    tracing::info!(sound, broken = broken.len(), "the components were looked at");
    for (component, reason) in broken {
        tracing::error!(component, reason, "a component cannot be used, its policies deny");
    }
}

/// How often what has ended is taken out of the store.
const PURGE_EVERY: Duration = Duration::from_secs(60);

/// Takes what has ended out of the store, until the server is gone.
pub(super) async fn purge(app: Weak<App>) {
    loop {
        tokio::time::sleep(PURGE_EVERY).await;
        let Some(app) = app.upgrade() else { return };
        match expiry::purge(&app.domain).await {
            Ok(0) => {}
            Ok(gone) => tracing::debug!(gone, "took out what has ended"),
            Err(failure) => tracing::warn!(reason = failure.to_log(), "what has ended could not be taken out"),
        }
    }
}

/// How many times as long as a candidate took nobody asks one: shadows get a quarter of a processor at most.
const REST: u32 = 3;
/// A rest that is shorter is taken together with the next one.
const SHORTEST_REST: Duration = Duration::from_millis(1);

/// Asks candidates about live decisions, one at a time, until the server is gone.
pub(super) async fn ask_candidates(app: Weak<App>) {
    let Some(queue) = app.upgrade().map(|app| app.domain.shadows.queue()) else { return };
    let mut rest = Duration::ZERO;
    loop {
        let sampled = queue.take().await;
        let Some(app) = app.upgrade() else { return };
        let watch = Stopwatch::start();
        shadow::evaluate(&app.domain, sampled).await;
        drop(app);
        rest += watch.elapsed() * REST;
        if rest >= SHORTEST_REST {
            tokio::time::sleep(std::mem::take(&mut rest)).await;
        }
    }
}

/// How often devices are looked for that have yet to hear that their person is asked, when nobody rings.
const SUMMONS_EVERY: Duration = Duration::from_secs(1);

/// Tells authentication devices that their people are asked, until the server is gone. Those that do not answer hold up
/// their own tenant's at most.
pub(super) async fn summon(app: Weak<App>) {
    let Some(bell) = app.upgrade().map(|app| summons::bell(&app.domain)) else { return };
    let (mut telling, mut tenants) = (JoinSet::new(), HashMap::new());
    loop {
        bell.rings(SUMMONS_EVERY).await;
        while let Some(ended) = telling.try_join_next_with_id() {
            tenants.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
        }
        let Some(app) = app.upgrade() else { return };
        let busy: Vec<String> = tenants.values().cloned().collect();
        match summons::due(&app.domain, &busy).await {
            Ok(due) => tenants.extend(due.into_iter().map(|one| {
                let tenant = one.tenant.clone();
                (telling.spawn(tell_device(Arc::clone(&app), one)).id(), tenant)
            })),
            Err(failure) => tracing::warn!(reason = failure.to_log(), "no device can be told"),
        }
    }
}

async fn tell_device(app: Arc<App>, one: Due) {
    if let Err(failure) = summons::tell(&app.domain, one).await {
        tracing::warn!(reason = failure.to_log(), "a device could not be told that its person is asked");
    }
}
