//! A yes to a request elsewhere that the person's own device vouches for: the same steps as in a login, without its pages.
//!
//! Called by `elsewhere/vouched.rs`. Nobody is here who could be asked, so whatever a page would still ask for stands in the way,
//! and the request goes on waiting for it. Writes nothing.

use super::{
    Place, conclude, elsewhere,
    flow::{self, Asked, Step},
    refusal::Refusal,
    wait,
};
use crate::domain::{
    Domain, Failure,
    client::Client,
    elsewhere::{Elsewhere, Open, Said, Waiting},
    identity::Identity,
    in_force::{consents, scope_policies},
    login::Login,
    proof::once::LEEWAY,
    server::Server,
};

/// What a device vouches for.
pub(in crate::domain) struct Vouching<'a> {
    /// The request.
    pub(in crate::domain) which: &'a Elsewhere,
    /// The same, as it waits.
    pub(in crate::domain) open: &'a Open,
    /// Who has said yes, and how they have proven it.
    pub(in crate::domain) identity: Identity,
    /// The scopes that the client may have.
    pub(in crate::domain) granted: Vec<String>,
    /// Which request of ours this belongs to.
    pub(in crate::domain) request_id: &'a str,
}

/// What is to be written down for a yes. The inner error is why it is a no after all.
pub(in crate::domain) async fn vouched_elsewhere(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    vouching: Vouching<'_>,
) -> Result<Result<Said, String>, Failure> {
    let Vouching { which, open, identity, granted, request_id } = vouching;
    let Open { waiting, client } = open;
    let place = Place { domain, tenant, id, server };
    place.lets_people_in()?;
    let client = (waiting.client_id.as_str(), &client.value);
    is_recent_enough(place, client.1, waiting, &identity)?;
    let request = elsewhere::request(place, client, which, waiting, "")?;
    // Of no browser, and never written down.
    let begun = wait::of(place, request, client.1.since, String::new());
    let login =
        Login { identity: Some(identity.clone()), anew: true, confirmed: true, granted: Some(granted), ..begun };
    let asked = Asked { place, client: Some(client), login: &login, request_id };
    match flow::step(asked).await? {
        Step::Answer(granted) => {
            let given = consents::given(domain, flow::about(asked, client, &identity, &granted.scopes)).await?;
            Ok(match given {
                true => Ok(Said::Yes { identity, scopes: granted.scopes, claims: granted.claims }),
                false => Err(conclude::NOT_GIVEN.to_owned()),
            })
        }
        Step::Refuse(refusal) if refusal.error == Refusal::ACCESS => Ok(Err(refusal.description)),
        Step::Refuse(refusal) => Err(in_the_way(refusal.description)),
        Step::Ask(_) => Err(in_the_way("a second factor is needed, and `amr` does not say `mfa`".to_owned())),
        Step::Consent(_, missing) => {
            let missing: Vec<&str> = missing.iter().map(|held| held.id.as_str()).collect();
            let missing = missing.join("`, `");
            Err(in_the_way(format!("the person has to give the consent `{missing}` on their own page first")))
        }
    }
}

/// Where somebody has to prove anew who they are, they must have done so for this request.
fn is_recent_enough(
    Place { domain, tenant, id, server }: Place<'_>,
    client: &Client,
    waiting: &Waiting,
    identity: &Identity,
) -> Result<(), Failure> {
    let anew = scope_policies::ask_anew(domain, tenant, (id, server), client, &waiting.scopes)?;
    match anew && identity.auth_time < waiting.since.saturating_sub(LEEWAY) {
        true => Err(Failure::invalid("/auth_time", "is too long ago: the person has to prove anew who they are")),
        false => Ok(()),
    }
}

fn in_the_way(reason: String) -> Failure {
    Failure::Conflict { noun: "request", reason }
}
