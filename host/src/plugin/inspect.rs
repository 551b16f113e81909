//! Looking at a component before anybody uses it, and making rules ready for being asked.
//!
//! Called through `decision::Components` by the operations on plugins. Compiles and runs on blocking threads, as many at once as
//! builds may, so that an upload does not slow down decisions. Installs nothing.

use std::sync::Arc;

use super::{
    PluginError,
    describe::{About, Described},
    guest::{Guest, Loaded, look},
    plan::Group,
    registry::is_name,
    sandbox::Inner,
    surface::largest_function,
};
use crate::decision::{Inspected, RuleSet};

/// What a component is called while it is looked at.
const STRANGER: &str = "upload";
/// The largest function, in bytes: what compiling one takes grows faster than it does. That of a Python interpreter has 420 KiB.
const FUNCTION: usize = 768 << 10;
/// How often an image that could not be made for want of time is tried again.
const TRIES: usize = 3;

impl Inner {
    /// What the component of these bytes is, or why it cannot be used.
    pub(super) async fn inspect(self: &Arc<Inner>, wasm: Vec<u8>) -> Result<Inspected, PluginError> {
        look(&wasm, self.limits.component_bytes)?;
        if largest_function(&wasm)? > FUNCTION {
            let why = format!("one of its functions has more than {FUNCTION} bytes");
            return Err(PluginError::Unusable(why));
        }
        let size = wasm.len() as u64;
        let guest = Arc::new(Guest::plain(STRANGER, wasm));
        let loaded = guest.loaded(&self.engines, &self.folder).await?;
        let described = self.described(&guest).await?;
        if let Some(why) = described.fault() {
            return Err(PluginError::Schema(why.to_owned()));
        }
        if !is_name(&described.about.name) {
            return Err(PluginError::BadName(described.about.name.clone()));
        }
        Ok(inspected(&described, &loaded, size))
    }

    /// The same of an installed component.
    pub(super) async fn describe_installed(self: &Arc<Inner>, name: &str) -> Result<Inspected, PluginError> {
        let guest = self.registry.installed(name).ok_or_else(|| PluginError::Unknown(name.to_owned()))?;
        let loaded = guest.loaded(&self.engines, &self.folder).await?;
        let described = self.described(&guest).await?;
        let size = guest.wasm()?.len() as u64;
        Ok(inspected(&described, &loaded, size))
    }

    /// Waits for the images of all groups of `rules`.
    pub(super) async fn make_ready(self: &Arc<Inner>, rules: &RuleSet) {
        let plan = self.plan(rules).await;
        for group in &plan.groups {
            for _ in 0..TRIES {
                if self.is_ready(group).await {
                    break;
                }
                self.build_and_wait(group, rules).await;
            }
        }
    }

    /// Whether a call of `group` need not wait for anything that could be prepared.
    async fn is_ready(self: &Arc<Inner>, group: &Group) -> bool {
        let known = self.limits.images == 0 || self.is_hopeless(group) || self.images.get(&group.key).is_some();
        known || self.fetch(group.key).await.is_some()
    }

    /// Starts a build, unless it runs already, and waits until one has ended.
    async fn build_and_wait(self: &Arc<Inner>, group: &Group, rules: &RuleSet) {
        let ended = self.workshop.ended.notified();
        tokio::pin!(ended);
        // From here on every end is noticed, also one before the first poll.
        ended.as_mut().enable();
        self.order(group, rules);
        while self.workshop.is_building(&group.key) {
            ended.as_mut().await;
            ended.set(self.workshop.ended.notified());
            ended.as_mut().enable();
        }
    }
}

fn inspected(described: &Described, loaded: &Loaded, size: u64) -> Inspected {
    let About { component, kind, name, version, help, conf_schema } = described.about.clone();
    let (digest, imports) = (component.digest, loaded.imports());
    Inspected { digest, world: kind, name, version, help, conf_schema, imports, size }
}
