//! Which version answers for the bare name: enable, disable, roll back. Hot: everything that the change needs is made before
//! it, so whoever decides goes from one version to the other between two decisions.
//!
//! Before the transaction every user of the bare name is tried with what would answer it then, and the snapshots of all linked
//! policies are built. The transaction looks whether plugin and users are still those; else all of it begins again.

use super::{Plugin, Which, save, users};
use crate::{
    decision::{ConfProblem, RuleSet, unpinned},
    domain::{
        By, Domain, Failure, Problem,
        noun::Named,
        policy::{self, Plugins, Policy, PolicyRules},
        server::{self, Server},
        stamp::{Author, Stamp},
    },
    store::{State, Write, records},
};

/// How often a change begins again when something else changes meanwhile.
const TRIES: usize = 5;

/// Lets a version answer for the bare name. A user whose configuration it refuses is named, and nothing changes.
pub async fn enable(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    (member, which): (&str, Which<'_>),
) -> Result<State<Plugin>, Failure> {
    let make = |plugin: &Plugin| {
        let digest = plugin.find(member, which)?.digest.clone();
        Ok(answering(plugin, Some(digest)))
    };
    change(domain, by, tenant, name, make).await
}

/// Lets nothing answer for the bare name, which nobody may use then. Whoever names a version is still answered.
pub async fn disable(domain: &Domain, by: &By<'_>, tenant: &str, name: &str) -> Result<State<Plugin>, Failure> {
    change(domain, by, tenant, name, |plugin| Ok(answering(plugin, None))).await
}

/// Lets the version answer that did so before.
pub async fn roll_back(domain: &Domain, by: &By<'_>, tenant: &str, name: &str) -> Result<State<Plugin>, Failure> {
    let none = || Failure::Conflict { noun: Plugin::NAME, reason: "no other version has answered before".to_owned() };
    let make = |plugin: &Plugin| Ok(answering(plugin, Some(plugin.before.clone().ok_or_else(none)?)));
    change(domain, by, tenant, name, make).await
}

/// Gives a plugin an earlier value again, as far as the versions it names are still there. Versions that came later stay.
pub async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    value: Plugin,
) -> Result<State<Plugin>, Failure> {
    let make = |now: &Plugin| {
        let there = |digest: &String| now.versions.iter().any(|version| version.digest == *digest);
        let Plugin { versions: _, enabled, before, grants } = value.clone();
        Ok(Plugin {
            versions: now.versions.clone(),
            enabled: enabled.filter(there),
            before: before.filter(there),
            grants,
        })
    };
    change(domain, by, tenant, name, make).await
}

/// The plugin with this version answering.
fn answering(plugin: &Plugin, digest: Option<String>) -> Plugin {
    if plugin.enabled == digest {
        return plugin.clone();
    }
    let before =
        plugin.enabled.clone().or_else(|| plugin.before.clone()).filter(|before| Some(before) != digest.as_ref());
    Plugin { enabled: digest, before, ..plugin.clone() }
}

/// Changes a plugin to what `make` makes of it.
async fn change(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    make: impl Fn(&Plugin) -> Result<Plugin, Failure>,
) -> Result<State<Plugin>, Failure> {
    for _ in 0..TRIES {
        let seen = super::current(domain, tenant, name)?;
        let wanted = make(&seen.value)?;
        let ready = Ready::new(domain, tenant, name, (&seen.value, &wanted)).await?;
        let (tenant, name, author) = (tenant.to_owned(), name.to_owned(), Author::of(domain, by));
        let version = seen.version;
        let done = domain.write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Plugin>(write, &tenant, &name)?;
            if old.version != version || !ready.holds(write, &tenant, &name, &stamp)? {
                return Ok(None);
            }
            ready.rules.iter().try_for_each(|rules| keep(write, rules))?;
            save(write, &tenant, &name, Some(&old.value), &wanted, &stamp).map(Some)
        });
        if let Some(state) = done.await? {
            return Ok(state);
        }
    }
    let reason = "the plugin or what uses it keeps changing, try again".to_owned();
    Err(Failure::Conflict { noun: Plugin::NAME, reason })
}

/// Files the rules of decisions to come, so that these can be replayed.
fn keep(write: &mut Write<'_>, rules: &RuleSet) -> Result<(), Failure> {
    if records::get::<PolicyRules>(&*write, &[rules.digest()])?.is_none() {
        records::put(write, &[rules.digest()], &PolicyRules(rules.clone()))?;
    }
    Ok(())
}

/// What was made ready for a change, and what it was based on.
struct Ready {
    /// Whoever uses the bare name, each with its version.
    users: Vec<(String, u64)>,
    /// The linked rules that the change makes.
    rules: Vec<RuleSet>,
}

impl Ready {
    /// Tries the users of the bare name with what would answer it, and builds what they need.
    async fn new(
        domain: &Domain,
        tenant: &str,
        name: &str,
        (before, wanted): (&Plugin, &Plugin),
    ) -> Result<Ready, Failure> {
        let mut ready = Ready { users: Vec::new(), rules: Vec::new() };
        if before.enabled == wanted.enabled || wanted.enabled.is_none() {
            return Ok(ready);
        }
        let plugins = Plugins::of(domain, tenant)?.with(name, wanted);
        let users = users::of_name(&domain.store.read()?, tenant, name)?;
        let mut problems = Vec::new();
        for user in users {
            let version = try_user(&plugins, name, &user, &mut problems).await?;
            ready.users.extend(version.map(|version| (user, version)));
        }
        Failure::unless_fine(problems)?;
        let linked = policy::linked_with(&plugins, name)?;
        Failure::unless_fine(try_linked(domain, name, &linked).await)?;
        ready.rules = linked.into_iter().map(|(_, rules)| rules).collect();
        for rules in &ready.rules {
            domain.components.make_ready(rules).await;
        }
        Ok(ready)
    }

    /// Whether the users of the bare name are still those that were tried.
    fn holds(&self, write: &Write<'_>, tenant: &str, name: &str, stamp: &Stamp) -> Result<bool, Failure> {
        if self.users.is_empty() && self.rules.is_empty() {
            return Ok(true);
        }
        let mut now = Vec::new();
        for user in users::of_name(write, tenant, name)? {
            let version = match user.split_once('/') {
                Some((POLICIES, id)) => stamp.live::<Policy>(write, tenant, id)?.map(|state| state.version),
                Some((SERVERS, id)) => stamp.live::<Server>(write, tenant, id)?.map(|state| state.version),
                _ => None,
            };
            now.extend(version.map(|version| (user, version)));
        }
        Ok(now == self.users)
    }
}

/// The kinds of users, as they stand before the slash.
const POLICIES: &str = "policies";
const SERVERS: &str = "servers";

/// Tries one user with what would answer it, and answers its version unless it has gone.
async fn try_user(
    plugins: &Plugins<'_>,
    name: &str,
    user: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<u64>, Failure> {
    let (domain, tenant) = (plugins.domain(), plugins.tenant());
    let there = |failure: Failure| match failure {
        Failure::NotFound { .. } => Ok(None),
        other => Err(other),
    };
    match user.split_once('/') {
        Some((POLICIES, id)) => match policy::current(domain, tenant, id) {
            Ok(state) => {
                let found = try_policy(plugins, name, &state.value).await?;
                problems.extend(found.into_iter().map(|problem| below(user, problem)));
                Ok(Some(state.version))
            }
            Err(failure) => there(failure),
        },
        Some((SERVERS, id)) => match server::current(domain, tenant, id) {
            Ok(state) => {
                let tried = server::try_checker(plugins, &state.value.consent_checker).await;
                if let Err(Failure::Invalid(found)) = tried {
                    problems.extend(found.into_iter().map(|problem| below(user, problem)));
                }
                Ok(Some(state.version))
            }
            Err(failure) => there(failure),
        },
        _ => Ok(None),
    }
}

fn below(user: &str, Problem { member, reason, missing }: Problem) -> Problem {
    Problem { member: format!("{user}{member}"), reason, missing }
}

/// Tries the rules of a policy that name the plugin; what else is wrong with it is no matter here.
async fn try_policy(plugins: &Plugins<'_>, name: &str, policy: &Policy) -> Result<Vec<Problem>, Failure> {
    let rules = policy.rules.rules().iter().enumerate().filter(|(_, rule)| rule.validator == name);
    let (places, named): (Vec<usize>, Vec<_>) = rules.map(|(place, rule)| (place, rule.clone())).unzip();
    let pinned = plugins.pin(RuleSet::new(named))?;
    let refused = plugins.domain().validators.check(&pinned).await.err().unwrap_or_default();
    let place = |problem: ConfProblem| {
        let rule = places.get(problem.rule).copied().unwrap_or_default();
        ConfProblem { rule, ..problem }
    };
    Ok(policy::problems(policy, refused.into_iter().map(place).collect()))
}

/// Tries what each linked policy asks of the plugin: in one that embeds others, its rules and theirs are configured together.
async fn try_linked(domain: &Domain, name: &str, linked: &[(String, RuleSet)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (id, rules) in linked {
        let asks = |validator: &str| unpinned(validator).is_some_and(|(asked, _)| asked == name);
        let asked = rules.rules().iter().filter(|rule| asks(&rule.validator)).cloned().collect();
        let refused = domain.validators.check(&RuleSet::new(asked)).await.err().unwrap_or_default();
        let place = format!("{POLICIES}/{id}/validators");
        problems.extend(refused.into_iter().map(|problem| Problem::new(place.clone(), problem.message)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_answered_before_is_remembered() {
        let digest = |text: &str| Some(text.to_owned());
        let one = answering(&Plugin::default(), digest("a"));
        assert_eq!((one.enabled.clone(), one.before.clone()), (digest("a"), None));
        let two = answering(&one, digest("b"));
        assert_eq!((two.enabled.clone(), two.before.clone()), (digest("b"), digest("a")));
        assert_eq!(answering(&two, digest("b")), two, "the same once more changes nothing");
        let back = answering(&two, two.before.clone());
        assert_eq!((back.enabled, back.before), (digest("a"), digest("b")));
        let off = answering(&two, None);
        assert_eq!((off.enabled.clone(), off.before.clone()), (None, digest("b")));
        assert_eq!(answering(&off, digest("b")).before, None);
    }
}
