//! What the author of a component wants to know before anybody uses it. Called by the commands of `portcullis plugin`.

use wasmtime_wizer::Wizer;

use super::{About, Kind, Sandbox, build::NoImage, describe};
use crate::decision::{ConfProblem, RuleSet};

impl About {
    /// Why the schema cannot be used, if it cannot.
    pub fn schema_fault(&self) -> Option<String> {
        describe::schema(&self.conf_schema).err()
    }
}

impl Sandbox {
    /// Every reason why `rules` would be refused that name components of `kind`.
    pub async fn check_as(&self, kind: Kind, rules: &RuleSet) -> Result<(), Vec<ConfProblem>> {
        self.inner.check(rules, kind).await
    }

    /// Whether the component behind `name` can be snapshotted at all, whatever its configuration, and why not.
    pub async fn may_be_snapshotted(&self, name: &str) -> Result<(), String> {
        let guest = self.inner.registry.get(name).ok_or_else(|| format!("no component named {name} is installed"))?;
        let work = tokio::task::spawn_blocking(move || {
            let wasm = guest.wasm().map_err(|error| error.to_string())?;
            Wizer::new().instrument_component(&wasm).map(drop).map_err(|error| format!("{error:#}"))
        });
        work.await.unwrap_or_else(|_| Err("the work on it stopped unexpectedly".to_owned()))
    }

    /// Builds the images of `rules` and waits for them, which a decision never does. Or says why there is one that cannot be
    /// built.
    pub async fn snapshot(&self, rules: &RuleSet) -> Result<(), String> {
        let plan = self.inner.plan(rules).await;
        for group in &plan.groups {
            let (inner, guest, key, confs) = (self.inner.clone(), group.guest.clone(), group.key, group.confs(rules));
            let made = tokio::task::spawn_blocking(move || inner.make(&key, &guest, &confs)).await;
            let stopped = || NoImage::Passing("the build stopped unexpectedly".to_owned());
            made.unwrap_or_else(|_| Err(stopped())).map_err(|why| why.reason().to_owned())?;
        }
        Ok(())
    }
}
