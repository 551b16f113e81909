//! What a running server does besides answering.
//!
//! Started by `server` once it runs. None of it keeps a server alive that has ended.

use std::{sync::Weak, time::Duration};

/// How long work that nobody waits for leaves the processor to the first requests after the start.
const FIRST_REQUESTS: Duration = Duration::from_secs(1);

use crate::{
    api::App,
    crypto::Secret,
    domain::{boot, expiry},
    plugin::Sandbox,
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
