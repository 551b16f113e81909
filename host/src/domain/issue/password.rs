//! Tokens for a person's name and password (RFC 6749 §4.3), where server and client have this grant: for programs that
//! cannot open a browser. Nobody can be asked anything here, so what would have to be asked is refused.

use super::{
    Asked, Refused, Tokens, of_client, opening,
    person::{self, Keep},
    required,
    target::Target,
};
use crate::{
    crypto::Secret,
    domain::{
        Failure,
        access::Which,
        authentication::static_users,
        events::{self, Event},
        grant::{self, Grant},
        guesses::Try,
        identity::Identity,
        in_force::scope_policies,
        second_factor::{self, Whose},
        setup::effective::Flow,
    },
};

/// The grant of a name and a password.
pub(super) const PASSWORD: &str = "password";
/// Setups have no word of their own for this way: what is not to be had by a code or without one is not to be had by it.
const WAYS: &[Flow] = &[Flow::AuthorizationCode, Flow::Implicit];

/// Issues tokens for a person whose name and password the client sends. Without `scope` it is everything that the client
/// may have and the policies let the person have.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, proven, sent, .. } = *asked;
    let username = required("username", sent.username)?;
    let password = Secret::new(required("password", sent.password)?);
    let scopes = of_client(domain, tenant, &proven.client.value, sent.scope)?;
    let identity = prove(asked, username, &password).await?;
    let whose = Whose { tenant, server: asked.server, subject: &identity.subject };
    if second_factor::is_enrolled(domain, whose)? {
        return Err(Refused::Invalid("a second factor is needed: the person has to log in in a browser"));
    }
    let scopes = scope_policies::without_refused(domain, tenant, asked.server, &scopes, WAYS)?;
    let target = person::allowed(asked, &identity, Target::of_password(asked, scopes)?).await?;
    person::consented(asked, &identity, &target).await?;
    let (id, grant) = (grant::new_id(domain), opening::grant(asked, identity, &target));
    let (tokens, keep) = person::make(asked, (&id, &grant), &target, None).await?;
    open(asked, id, grant, keep).await?;
    Ok(tokens)
}

/// Who it is, as long as nobody guesses.
async fn prove(asked: &Asked<'_>, username: &str, password: &Secret) -> Result<Identity, Refused> {
    let (domain, (server_id, server)) = (asked.domain, asked.server);
    let attempt = Try { tenant: asked.tenant, server: server_id, account: username, address: asked.sent.address };
    if domain.guesses.allowed(attempt).is_err() {
        tell(asked, username, "too many attempts");
        return Err(Refused::Invalid("there were too many tries with this name or from this address: wait a while"));
    }
    let known = static_users::prove(domain, &server.authentications, username, password).await;
    tell(asked, username, if known.is_some() { "done" } else { "wrong password" });
    let identity = known.ok_or(Refused::Invalid("the name is unknown or the password is wrong"))?;
    domain.guesses.succeeded(attempt);
    Ok(identity)
}

/// Tells the operator's log of an attempt. A name that nobody has may be a password in the wrong place.
fn tell(asked: &Asked<'_>, username: &str, outcome: &'static str) {
    let Asked { tenant, server: (server_id, server), proven, sent, request_id, .. } = *asked;
    events::tell(Event {
        what: "login",
        outcome,
        tenant,
        server: server_id,
        client: &proven.id,
        subject: if static_users::is_known(&server.authentications, username) { username } else { "" },
        address: sent.address,
        request_id,
    });
}

/// Keeps the grant with its tokens: whoever gives a client their password lets it have this.
async fn open(asked: &Asked<'_>, id: String, grant: Grant, keep: Keep) -> Result<(), Failure> {
    let (tenant, which) = (asked.tenant.to_owned(), Which::of(asked.server.1, &asked.proven.client.value));
    asked.domain.write(move |write| opening::open(write, &tenant, (&id, &grant), (which, &[]), &keep)).await
}
