//! What comes next in a login: who is it, may they, have they said yes. One step at a time, always from the start, so that
//! whatever has changed meanwhile counts.
//!
//! Called by `begin`, `next` and `finish`. Writes nothing.

use super::{AuthorizationRequest, Next, Place, elsewhere, reach, refusal::Refusal, wait};

use crate::domain::{
    Failure,
    access::{self, Between},
    authentication::Method,
    client::Client,
    consent_grant::Held,
    identity::Identity,
    in_force::{
        Added, Outputs, consents,
        policies::{self, About, Judged},
        scope_policies,
    },
    issue::id_token::OPENID,
    login::Login,
    scope::{self, Scope},
    second_factor::{self, Whose},
    setup::{ScopePolicy, effective::Flow},
};

/// A login that is being looked at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Where it was begun.
    pub(super) place: Place<'a>,
    /// The client that waits for the answer, and its id. None when the person wants to see their own account.
    pub(super) client: Option<(&'a str, &'a Client)>,
    /// The login as it is.
    pub(super) login: &'a Login,
    /// Which request of ours looks at it.
    pub(super) request_id: &'a str,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// The person has to do something.
    Ask(Next),
    /// The person has to say yes to scopes and consents.
    Consent(Sorted, Vec<Held>),
    /// The client does not get what it asked for.
    Refuse(Refusal),
    /// The client gets an answer with this.
    Answer(Granted),
}

/// What a client gets.
#[derive(Debug, Default)]
pub(super) struct Granted {
    /// The scopes.
    pub(super) scopes: Vec<String>,
    /// The claims that the server's policy adds.
    pub(super) claims: Added,
}

/// What the server's policy makes of a login.
enum Judgement {
    /// It goes on, with what the policy hands over.
    GoOn(Outputs),
    /// Something else comes first, or it ends here.
    Stop(Step),
}

/// The scopes of a login, sorted out.
#[derive(Debug)]
pub(super) struct Sorted {
    /// Those that the policies let this person have.
    pub(super) allowed: Vec<String>,
    /// Those of them that the person has to be asked about.
    pub(super) asked: Vec<String>,
    /// Whether there has to be a page for them, also when there are none.
    page: bool,
    /// The claims that the server's policy adds.
    claims: Added,
}

impl Sorted {
    /// Those that the person is not asked about: all that they have granted, once asked, otherwise what they need not be asked.
    pub(super) fn known(&self, granted: Option<&[String]>) -> Vec<String> {
        let is_known = |scope: &&String| match granted {
            Some(granted) => granted.contains(scope),
            None => !self.asked.contains(scope),
        };
        self.allowed.iter().filter(is_known).cloned().collect()
    }
}

/// What comes next in a login.
pub(super) async fn step(asked: Asked<'_>) -> Result<Step, Failure> {
    let login = asked.login;
    if let Some((error, description)) = &login.refused {
        return Ok(Step::Refuse(Refusal::new(error, description.as_str())));
    }
    let Some(identity) = &login.identity else {
        return match login.request.prompt.none {
            true => Ok(Step::Refuse(Refusal::new("login_required", "nobody is logged in that would do"))),
            false => Ok(Step::Ask(how_to_log_in(asked)?)),
        };
    };
    if let Some(refusal) = not_who_was_meant(asked.place, &login.request, identity)? {
        return Ok(Step::Refuse(refusal));
    }
    if is_enrolled(asked, identity)? && !has_second_factor(identity) {
        return Ok(more_is_needed(asked, Next::SecondFactor { enrolled: true }));
    }
    let Some(client) = asked.client else {
        // The policy is about people, also where no client waits.
        let nobody = ("", &Client::default());
        return Ok(match judge(asked, about(asked, nobody, identity, &[])).await? {
            Judgement::GoOn(_) => Step::Answer(Granted::default()),
            Judgement::Stop(step) => step,
        });
    };
    let outputs = match judge(asked, about(asked, client, identity, &login.request.scopes)).await? {
        Judgement::GoOn(outputs) => outputs,
        Judgement::Stop(step) => return Ok(step),
    };
    if let Some(which) = login.request.elsewhere.as_ref().filter(|_| !login.confirmed) {
        return elsewhere::question(asked, which);
    }
    let sorted = sort(asked, client, identity, outputs).await?;
    say_yes(asked, client, identity, sorted)
}

/// What policies and consents are asked about.
pub(super) fn about<'a>(
    asked: Asked<'a>,
    client: (&'a str, &'a Client),
    identity: &'a Identity,
    scopes: &'a [String],
) -> About<'a> {
    let Place { tenant, id, server, .. } = asked.place;
    let (reach, request_id) = (asked.login.request.reach(), asked.request_id);
    About { tenant, server: (id, server), client, identity, scopes, reach, request_id }
}

/// The only way to log in, the one that was chosen, or the choice.
fn how_to_log_in(asked: Asked<'_>) -> Result<Next, Failure> {
    let on: Vec<_> = asked.place.server.authentications.iter().filter(|method| !method.disabled).collect();
    let chosen = asked.login.method.as_ref().and_then(|chosen| on.iter().find(|method| method.id == *chosen));
    match (chosen, on.as_slice()) {
        // They came in, and the browser does not say so: it is not sent elsewhere again without a click, or that had no end.
        (Some(one), _) | (None, [one]) if came_to_nothing(asked.login) && !matches!(one.method, Method::Static(_)) => {
            Ok(Next::Choose(vec![(**one).clone()]))
        }
        (Some(one), _) | (None, [one]) => {
            let one = (**one).clone();
            Ok(match one.method {
                Method::Static(_) => Next::Password(one),
                Method::Foreign { .. } => Next::Provider(one),
                Method::Custom { .. } => Next::Custom(one),
            })
        }
        (None, []) => {
            Err(Failure::Unsupported { reason: "nobody can log in here: the server has no way to log in".to_owned() })
        }
        (None, several) => Ok(Next::Choose(several.iter().map(|method| (*method).clone()).collect())),
    }
}

fn came_to_nothing(login: &Login) -> bool {
    login.entered && login.identity.is_none()
}

/// The client has said who it must be, or how well they must have proven it.
fn not_who_was_meant(
    place: Place<'_>,
    request: &AuthorizationRequest,
    identity: &Identity,
) -> Result<Option<Refusal>, Failure> {
    if !wait::is_expected(place, request, identity)? {
        return Ok(Some(Refusal::new("login_required", "somebody else has logged in")));
    }
    let required = &request.required_acr;
    let reached = required.is_empty() || identity.acr.as_ref().is_some_and(|acr| required.contains(acr));
    let why = "this way to log in does not reach the acr";
    Ok((!reached).then(|| Refusal::new("unmet_authentication_requirements", why)))
}

/// Asks the server's policy about the person.
async fn judge(asked: Asked<'_>, about: About<'_>) -> Result<Judgement, Failure> {
    let step = match policies::person(asked.place.domain, about).await? {
        Judged::Allowed(outputs) => return Ok(Judgement::GoOn(outputs)),
        // What a policy looks at is nobody's business but the tenant's.
        Judged::Denied(reasons) => {
            let (request_id, reasons) = (asked.request_id, reasons.join("; "));
            tracing::info!(request_id, reasons, "a policy does not let a person in");
            Step::Refuse(Refusal::access("a policy says no"))
        }
        // It was proven already, so asking again would go round in circles.
        Judged::StepUp if has_second_factor(about.identity) => {
            Step::Refuse(Refusal::access("a policy says no, also after a second factor"))
        }
        Judged::StepUp => more_is_needed(asked, second_factor(asked, about.identity)?),
    };
    Ok(Judgement::Stop(step))
}

/// Asks the person, where they can be asked.
fn more_is_needed(asked: Asked<'_>, next: Next) -> Step {
    match asked.login.request.prompt.none {
        true => Step::Refuse(Refusal::new("interaction_required", "a second factor is needed")),
        false => Step::Ask(next),
    }
}

/// Whether the person has set up a second factor. Then it is always asked for: a stolen password is not enough.
fn is_enrolled(asked: Asked<'_>, identity: &Identity) -> Result<bool, Failure> {
    let Place { domain, tenant, id, server } = asked.place;
    second_factor::is_enrolled(domain, Whose { tenant, server: (id, server), subject: &identity.subject })
}

fn has_second_factor(identity: &Identity) -> bool {
    identity.amr.iter().any(|method| ["mfa", "otp"].contains(&method.as_str()))
}

/// Proves a second factor. Somebody who has none sets one up, right after they have logged in: a session of before is not
/// enough to get one.
fn second_factor(asked: Asked<'_>, identity: &Identity) -> Result<Next, Failure> {
    let enrolled = is_enrolled(asked, identity)?;
    match enrolled || asked.login.anew {
        true => Ok(Next::SecondFactor { enrolled }),
        false => how_to_log_in(asked),
    }
}

/// Sorts out which scopes the person may have, and which of those nobody has asked them about yet.
async fn sort(
    asked: Asked<'_>,
    client: (&str, &Client),
    identity: &Identity,
    outputs: Outputs,
) -> Result<Sorted, Failure> {
    let Place { domain, tenant, id, server } = asked.place;
    let request = &asked.login.request;
    let wanted = outputs.narrowed(request.scopes.clone());
    let allowed = policies::scopes(domain, about(asked, client, identity, &wanted)).await?;
    let claims = outputs.claims;
    let policies = scope_policies::of(domain, tenant, (id, server), &allowed, &ways(request))?;
    let between = Between { tenant, server: id, subject: &identity.subject, client: client.0 };
    let (read, now) = (domain.store.read()?, domain.world.now_seconds());
    let remembered = access::remembered(&read, between, server, client.1, now)?;
    let agreed = access::agreed(&read, between, server, client.1, now)?;
    let more = reach::agreed(asked.place, request)?.iter().any(|name| !agreed.contains(name));
    let remembered = scope_policies::the_same(domain, tenant, id, remembered)?;
    let again = request.prompt.consent;
    let is_new = |(scope, policy): &(String, ScopePolicy)| match policy {
        _ if again => true,
        _ if client.1.trusted => false,
        ScopePolicy::ConsentRequired => true,
        ScopePolicy::ConsentPersisted => !remembered.contains(scope),
        ScopePolicy::ConsentNotRequired | ScopePolicy::NotAllowed => false,
    };
    let granted = || policies.iter().filter(|(_, policy)| *policy != ScopePolicy::NotAllowed);
    let new: Vec<String> = granted().filter(|scope| is_new(scope)).map(|(scope, _)| scope.clone()).collect();
    let never_asked =
        granted().any(|_| true) && granted().all(|(_, policy)| *policy == ScopePolicy::ConsentNotRequired);
    let allowed = granted().map(|(scope, _)| scope.clone()).collect();
    Ok(match &asked.login.granted {
        Some(_) => Sorted { allowed, asked: Vec::new(), page: false, claims },
        None => {
            // A client that gets no scope at all still learns who the person is.
            let first = !client.1.trusted && remembered.is_empty() && !never_asked;
            let more = more && !client.1.trusted;
            Sorted { page: again || first || more || !new.is_empty(), allowed, asked: new, claims }
        }
    })
}

/// The ways on which an answer gives scopes.
fn ways(request: &AuthorizationRequest) -> Vec<Flow> {
    let implicit = request.response_type.token || request.response_type.id_token;
    let ways = [(request.response_type.code, Flow::AuthorizationCode), (implicit, Flow::Implicit)];
    ways.into_iter().filter(|(is_used, _)| *is_used).map(|(_, flow)| flow).collect()
}

/// Asks for what the person has not said yes to, or is done.
fn say_yes(asked: Asked<'_>, client: (&str, &Client), identity: &Identity, sorted: Sorted) -> Result<Step, Failure> {
    let scopes = match &asked.login.granted {
        granted @ Some(_) => sorted.known(granted.as_deref()),
        None => sorted.allowed.clone(),
    };
    let consents = consents::missing(asked.place.domain, about(asked, client, identity, &scopes))?;
    if !sorted.page && consents.is_empty() {
        return Ok(answer(&asked.login.request, Granted { scopes, claims: sorted.claims }));
    }
    Ok(match asked.login.request.prompt.none {
        true => Step::Refuse(Refusal::new("consent_required", "the person has to be asked first")),
        false => Step::Consent(sorted, consents),
    })
}

/// An ID token in the answer itself is all that some clients ask for: without its scope there is none.
fn answer(request: &AuthorizationRequest, granted: Granted) -> Step {
    match request.response_type.id_token && !granted.scopes.iter().any(|scope| scope == OPENID) {
        true => Step::Refuse(Refusal::access("the scope openid was not granted")),
        false => Step::Answer(granted),
    }
}

/// Scopes with their descriptions, by name.
pub(super) fn described(place: Place<'_>, names: &[String]) -> Result<Vec<(String, Scope)>, Failure> {
    let Place { domain, tenant, id, .. } = place;
    let all = scope::list(domain, tenant, id)?.into_iter().map(|(_, state)| state.value);
    let mut found: Vec<(String, Scope)> =
        all.filter(|scope| names.contains(&scope.name)).map(|scope| (scope.name.clone(), scope)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}
