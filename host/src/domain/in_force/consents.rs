//! The consents that a client or a scope requires of a person before a token is issued.
//!
//! Called by `authorize`: [`missing`] finds what has to be asked, [`given`] lets a consent-checker component decide in the end.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    input::{self, Whose},
    known,
};
use crate::{
    decision::{Answer, RuleSet},
    domain::{
        Domain, Failure, Problem,
        consent_grant::{self, Also, Change, Circumstances, GrantType, Held, Shown, Subject},
        in_force::policies::About,
        policy,
        server::Checker,
    },
};

/// The required consents that the person has not given, each once.
pub fn missing(domain: &Domain, about: About<'_>) -> Result<Vec<Held>, Failure> {
    let mut seen = BTreeSet::new();
    let mut lacking = asked(domain, about)?;
    lacking.retain(|(_, held)| is_required(held) && held.standing().is_none() && seen.insert(held.id.clone()));
    Ok(lacking.into_iter().map(|(_, held)| held).collect())
}

/// Asks the consent checker whether everything required is given. Its fault is a no.
///
/// A checker with a configuration of its own is always asked. Otherwise it gets what the actions require, and is not asked
/// when that is nothing.
pub async fn given(domain: &Domain, about: About<'_>) -> Result<bool, Failure> {
    let Checker { name, conf } = &about.server.1.consent_checker;
    let (conf, again) = match conf {
        Some(conf) => (conf.clone(), true),
        None => {
            let asked = asked(domain, about)?;
            let ids: BTreeSet<&str> =
                asked.iter().filter(|(_, held)| is_required(held)).map(|(_, held)| held.id.as_str()).collect();
            if ids.is_empty() {
                return Ok(true);
            }
            // Hardly two clients require the same, so a snapshot for each would only push others out.
            (conf_for(ids), false)
        }
    };
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let input = input::text(domain, &rules, Whose::of_about(about))?;
    let checker = policy::pin(domain, about.tenant, RuleSet::of(name, [conf]))?;
    let asked = domain.components.check_consents(&checker, &input, again).await;
    match asked.answers.as_slice() {
        [Answer::Pass { .. }] => Ok(true),
        [Answer::Fail { .. }] => Ok(false),
        other => {
            tracing::error!(component = name, answers = ?other, "the consent checker failed, so consents count as missing");
            Ok(false)
        }
    }
}

/// Writes down what the person has said on the consent page: grants, and events of the privacy ledger. All of the consents
/// must be ones that the client or a scope asks for, in the version that they have now. `also` is written together with them.
pub async fn grant(
    domain: &Domain,
    about: About<'_>,
    consents: &[Shown],
    language: &str,
    also: Also,
) -> Result<(), Failure> {
    let asked = asked(domain, about)?;
    let stray = |shown: &&Shown| !asked.iter().any(|(_, held)| held.id == shown.id);
    if let Some(stray) = consents.iter().find(stray) {
        return Err(Failure::invalid("/consents", format!("nobody asks for the consent `{}`", stray.id)));
    }
    let circumstances = Circumstances {
        collection_timestamp: Some(domain.world.now().saturating_mul(1000)),
        context: None,
        language: iso_639(language),
        triggered_by_action: action_of(&asked, consents),
    };
    let mut seen = BTreeSet::new();
    let once = consents.iter().filter(|shown| seen.insert(&shown.id));
    let yes = |Shown { id, version }: &Shown| Change {
        consent: id.clone(),
        granted: true,
        grant_type: GrantType::Explicit,
        version: Some(*version),
    };
    let changes = once.map(yes).collect();
    consent_grant::patch_and(domain, about.tenant, &subject(about)?, circumstances, changes, Some(also)).await?;
    Ok(())
}

/// The conf that makes a checker require these consents.
pub(in crate::domain) fn conf_for<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    json!({ "consents": ids.into_iter().collect::<Vec<_>>() }).to_string()
}

/// Everything that the actions of the client and of the scopes ask for, each with the action's id.
fn asked(domain: &Domain, about: About<'_>) -> Result<Vec<(String, Held)>, Failure> {
    let actions = actions(domain, about)?;
    let mut found = Vec::new();
    if actions.is_empty() {
        return Ok(found);
    }
    let subject = subject(about)?;
    for action in actions {
        match consent_grant::list_by_action(domain, about.tenant, &subject, &action) {
            Ok(held) => found.extend(held.into_iter().map(|held| (action.clone(), held))),
            // Actions in use stay, so this is a mistake of ours and not the end of what was required.
            Err(Failure::NotFound { .. }) => {
                return Err(Failure::Internal { log: format!("the consent action `{action}` is in use and gone") });
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

/// The actions of the client and of the scopes, each once, the client's first.
fn actions(domain: &Domain, about: About<'_>) -> Result<Vec<String>, Failure> {
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let of_scopes = about.scopes.iter().filter_map(|name| rules.scope(name));
    let all =
        about.client.1.consent_action.iter().chain(of_scopes.filter_map(|(_, scope)| scope.consent_action.as_ref()));
    let mut actions: Vec<String> = Vec::new();
    for action in all {
        if !actions.contains(action) {
            actions.push(action.clone());
        }
    }
    Ok(actions)
}

fn is_required(held: &Held) -> bool {
    held.required == Some(true)
}

fn subject(about: About<'_>) -> Result<Subject, Failure> {
    let wrong = |problem: Problem| Failure::Internal { log: format!("the subject of a login: {}", problem.reason) };
    Subject::new("/sub", &about.identity.subject).map_err(wrong)
}

/// The action that asks for all of these; none when several do together, as it would be wrong about some.
fn action_of(asked: &[(String, Held)], consents: &[Shown]) -> Option<String> {
    let asks = |action: &str, shown: &Shown| asked.iter().any(|(by, held)| by == action && held.id == shown.id);
    asked.iter().map(|(action, _)| action).find(|action| consents.iter().all(|shown| asks(action, shown))).cloned()
}

/// The language of a tag such as `de-CH` (BCP 47), as the ledger has it.
fn iso_639(tag: &str) -> Option<String> {
    let language = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let is_code = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_the_first_part_of_a_tag() {
        for (tag, language) in [("de", Some("de")), ("de-CH", Some("de")), ("EN-us", Some("en")), ("gsw", Some("gsw"))]
        {
            assert_eq!(iso_639(tag).as_deref(), language, "{tag}");
        }
        for tag in ["", "e", "*", "german", "d1"] {
            assert_eq!(iso_639(tag), None, "{tag}");
        }
    }

    #[test]
    fn the_conf_lists_what_is_required() {
        assert_eq!(conf_for(["a", "b\"c"]), r#"{"consents":["a","b\"c"]}"#);
    }
}
