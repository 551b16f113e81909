//! What the author of a policy asks before it is saved: what it would say of an input, why, and whether it can be saved at all.

use super::{Policy, check, linked};
use crate::{
    decision::{self, About, Explained, Validators, Verdict},
    domain::{Domain, Failure, id},
};

/// Decides an unsaved policy on an input (`POST /api/admin/{tid}/policies/test`).
pub async fn test(domain: &Domain, tenant: &str, policy: &Policy, input: &str) -> Result<Verdict, Failure> {
    check(domain, tenant, policy).await?;
    let rules = linked::unsaved(domain, tenant, None, policy)?;
    Ok(policy.mode.applied(decision::try_out(&rules, input, domain.validators.as_ref()).await))
}

/// Like [`test`], with how the verdict came about.
pub async fn explain(domain: &Domain, tenant: &str, policy: &Policy, input: &str) -> Result<Explained, Failure> {
    check(domain, tenant, policy).await?;
    let rules = linked::unsaved(domain, tenant, None, policy)?;
    let Explained { verdict, trace } = decision::explain(&rules, input, domain.validators.as_ref()).await;
    Ok(Explained { verdict: policy.mode.applied(verdict), trace })
}

/// Like [`explain`], for a policy in a file: there are no others that it could embed.
pub async fn explain_alone(policy: &Policy, input: &str, validators: &dyn Validators) -> Explained {
    let Explained { verdict, trace } = decision::explain(&policy.rules, input, validators).await;
    Explained { verdict: policy.mode.applied(verdict), trace }
}

/// Checks whether a policy could be saved now, as `id` when it has one (`POST /api/admin/{tid}/policies/check`).
pub async fn try_draft(domain: &Domain, tenant: &str, id: Option<&str>, policy: &Policy) -> Result<(), Failure> {
    if let Some(id) = id {
        id::check("/id", id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    }
    check(domain, tenant, policy).await?;
    linked::unsaved(domain, tenant, id, policy).map(drop)
}

/// The validators that every policy may name.
pub async fn known(domain: &Domain) -> Vec<About> {
    domain.validators.known().await
}
