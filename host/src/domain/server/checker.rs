//! The component that decides whether the consents that a token needs are given.
//!
//! Part of a server's configuration, checked by `prepare.rs`, asked by `in_force::consents`.

use serde::{Deserialize, Serialize};

use crate::{
    decision::{ConfProblem, RuleSet},
    domain::{Domain, Failure, Problem, in_force::consents::conf_for, policy::Plugins},
};

/// The member that holds it.
const MEMBER: &str = "/consent_checker";
/// The longest conf, in bytes.
const LONGEST_CONF: usize = 64 * 1024;

/// A consent-checker component with its configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checker {
    /// The component's name.
    pub name: String,
    /// Its conf, as JSON text. None gives it what the actions of client and scopes require.
    pub conf: Option<String>,
}

impl Default for Checker {
    /// The bundled one.
    fn default() -> Checker {
        Checker { name: "required-consents".to_owned(), conf: None }
    }
}

/// Checks a server's checker: there is such a component, and it takes the conf. One that stays as it is stays: its component
/// may be gone for reasons that have nothing to do with this change.
pub(super) async fn accept(
    domain: &Domain,
    tenant: &str,
    checker: &Checker,
    before: Option<&Checker>,
) -> Result<(), Failure> {
    if before == Some(checker) || *checker == Checker::default() {
        return Ok(());
    }
    try_checker(&Plugins::of(domain, tenant)?, checker).await
}

/// Tries a checker among these plugins.
pub(in crate::domain) async fn try_checker(plugins: &Plugins<'_>, checker: &Checker) -> Result<(), Failure> {
    let Checker { name, conf } = checker;
    if conf.as_ref().is_some_and(|conf| conf.len() > LONGEST_CONF) {
        return Err(Failure::invalid(format!("{MEMBER}/conf"), "may have at most 65536 bytes"));
    }
    // Without a conf it will get one like this.
    let tried = conf.clone().unwrap_or_else(|| conf_for(["consent"]));
    let rules = RuleSet::of(name, [tried]);
    let mut problems = plugins.problems(&rules)?;
    if problems.is_empty() {
        problems = plugins.domain().components.accept_checkers(&plugins.pin(rules)?).await.err().unwrap_or_default();
    }
    let place = |problem: ConfProblem| match (conf, problem.path.as_str()) {
        (None, path) if path != "/name" => {
            let reason = format!("is needed, as the component does not take the server's own: {}", problem.message);
            Problem::new(format!("{MEMBER}/conf"), reason)
        }
        (_, path) => Problem::new(format!("{MEMBER}{path}"), problem.message),
    };
    Failure::unless_fine(problems.into_iter().map(place).collect())
}
