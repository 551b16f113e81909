//! Names of plugins become exact bytes: `NAME`, `NAME@VERSION` and `NAME@sha256:DIGEST` turn into `NAME@sha256:DIGEST` of a version
//! that the tenant has. What means no version is left for the sandbox to refuse, under a name that nothing can have.
//!
//! Called when a policy is linked, tried or tested, and wherever else components are named (consent checkers, claim mappers).
//! Names of components that come with the server stay as they are. All names are looked up at one instant, so no rule set ever
//! has two versions of a plugin that it names once.

use std::sync::Arc;

use crate::{
    decision::{ConfProblem, Rule, RuleSet, pinned},
    domain::{
        Domain, Failure,
        plugin::{Plugin, Reference, Which, reaching},
    },
    store::{Read, timeline},
    world::Micros,
};

/// The plugins of a tenant at one instant, one of them perhaps as it would be.
pub(in crate::domain) struct Plugins<'a> {
    domain: &'a Domain,
    tenant: &'a str,
    view: Arc<Read>,
    at: Micros,
    instead: Option<(&'a str, &'a Plugin)>,
}

/// What a name means.
enum Meaning {
    /// A component that comes with the server.
    Bundled,
    /// Nothing at all.
    Unknown,
    /// This digest.
    Pinned(String),
    /// No version of a plugin, for a reason.
    Nothing(String),
}

impl<'a> Plugins<'a> {
    /// Those of a tenant as they are now.
    pub(in crate::domain) fn of(domain: &'a Domain, tenant: &'a str) -> Result<Plugins<'a>, Failure> {
        let view = domain.store.read()?;
        // Asked after the snapshot was taken, so everything in it has begun.
        Ok(Plugins { domain, tenant, view, at: domain.now(), instead: None })
    }

    /// The same with one of them as it would be.
    pub(in crate::domain) fn with(self, name: &'a str, plugin: &'a Plugin) -> Plugins<'a> {
        Plugins { instead: Some((name, plugin)), ..self }
    }

    /// Whose they are.
    pub(in crate::domain) fn tenant(&self) -> &'a str {
        self.tenant
    }

    /// Where they are.
    pub(in crate::domain) fn domain(&self) -> &'a Domain {
        self.domain
    }

    /// The snapshot that they are looked up in, and the instant.
    pub(in crate::domain) fn view(&self) -> (&Read, Micros) {
        (&self.view, self.at)
    }

    /// The rules with every plugin's name resolved.
    pub(in crate::domain) fn pin(&self, rules: RuleSet) -> Result<RuleSet, Failure> {
        let mut changed = false;
        let mut named = Vec::with_capacity(rules.rules().len());
        for rule in rules.rules() {
            let name = self.name(&rule.validator)?;
            changed |= name.is_some();
            named.push(Rule { validator: name.unwrap_or_else(|| rule.validator.clone()), ..rule.clone() });
        }
        match changed {
            true => Ok(RuleSet::with_condition(named, rules.condition().cloned())),
            false => Ok(rules),
        }
    }

    /// Rules whose names mean nothing.
    pub(in crate::domain) fn problems(&self, rules: &RuleSet) -> Result<Vec<ConfProblem>, Failure> {
        let mut problems = Vec::new();
        for (rule, Rule { validator, .. }) in rules.rules().iter().enumerate() {
            let message = match self.meaning(Reference::parse(validator))? {
                Meaning::Nothing(message) => message,
                Meaning::Unknown => {
                    "no component of this name is installed: a component of one's own is uploaded as a plugin first"
                        .to_owned()
                }
                Meaning::Bundled | Meaning::Pinned(_) => continue,
            };
            problems.push(ConfProblem { rule, path: "/name".to_owned(), message });
        }
        Ok(problems)
    }

    /// The name to ask the sandbox by, where it is another one.
    fn name(&self, text: &str) -> Result<Option<String>, Failure> {
        let reference = Reference::parse(text);
        Ok(match self.meaning(reference)? {
            Meaning::Pinned(digest) => Some(pinned(reference.name, &digest)).filter(|name| name != text),
            // Not as it stands: the sandbox might have such a component, of another tenant or from a later release.
            Meaning::Nothing(_) => Some(format!("{}@none", reference.name)),
            Meaning::Bundled | Meaning::Unknown => None,
        })
    }

    fn meaning(&self, Reference { name, which }: Reference<'_>) -> Result<Meaning, Failure> {
        if let Some((_, plugin)) = self.instead.filter(|(instead, _)| *instead == name) {
            return Ok(version(plugin, which));
        }
        // Most names are the server's own, and only a tenant that had a plugin of such a name before that has one still.
        let found = timeline::current::<Plugin>(&self.view, self.tenant, name, self.at)?;
        Ok(match found.filter(|state| !state.deleted) {
            Some(state) => version(&state.value, which),
            None if which != Which::Enabled => {
                Meaning::Nothing(format!("there is no plugin `{name}` in this tenant: upload it first"))
            }
            None if self.domain.components.is_bundled(name) => Meaning::Bundled,
            None => Meaning::Unknown,
        })
    }
}

fn version(plugin: &Plugin, which: Which<'_>) -> Meaning {
    match plugin.resolve(which) {
        Some(version) => Meaning::Pinned(version.digest.clone()),
        None => Meaning::Nothing(plugin.lacks(which)),
    }
}

/// The rules with every name of a tenant's plugin resolved to exact bytes, which may reach what the tenant grants.
pub(in crate::domain) fn pin(domain: &Domain, tenant: &str, rules: RuleSet) -> Result<RuleSet, Failure> {
    reaching(domain, tenant, Plugins::of(domain, tenant)?.pin(rules)?)
}
