//! A login whose answer goes to a client elsewhere: the person says yes or no to what a device or a client without a browser has
//! asked for. It is a login like every other one, with a question more: whether it is the person's own request at all.
//!
//! Called by the pages on which people find such requests. That question is asked every time, also where nothing else is, since
//! whoever has sent somebody a link to it gains what the person allows (RFC 8628 §5.4).

use std::borrow::Cow;

use super::{
    AuthorizationRequest, Begun, Browser, Destination, Next, Place, ResponseType, conclude, consent,
    flow::{self, Asked, Granted, Step},
    go, reach,
    refusal::Refusal,
    wait,
};
use crate::domain::{
    Domain, Failure,
    client::Client,
    elsewhere::{self, Elsewhere, Open, Said, Waiting},
    identity::Identity,
    login, server, subject,
};

/// The query parameter with which the last page says that something was allowed.
pub const ALLOWED: &str = "done";
/// The query parameter with which the last page says that nothing was allowed.
pub const REFUSED: &str = "refused";

/// Begins a login for a request that is waiting. `page` is the path below the issuer where the browser goes afterwards.
pub async fn begin_elsewhere(
    domain: &Domain,
    (tenant, server): (&str, &str),
    which: Elsewhere,
    page: &str,
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    place.lets_people_in()?;
    let Open { waiting, client } = elsewhere::open(domain, tenant, (server, place.server), &which)?;
    let client_id = waiting.client_id.clone();
    let request = request(place, (&client_id, &client.value), &which, &waiting, page)?;
    go(place, (&client_id, &client.value), (request, None), browser).await
}

/// What a request elsewhere asks for, as an authorization request. `page` is where a browser goes afterwards.
pub(super) fn request(
    place: Place<'_>,
    (client_id, client): (&str, &Client),
    which: &Elsewhere,
    waiting: &Waiting,
    page: &str,
) -> Result<AuthorizationRequest, Failure> {
    let Place { domain, tenant, id, .. } = place;
    // As the client names them, which is how a request says who is meant.
    let named = |subject: &String| subject::of(domain, tenant, id, client, subject).map(Cow::into_owned);
    Ok(AuthorizationRequest {
        redirect_uri: format!("{}{page}", place.issuer()),
        client_id: client_id.to_owned(),
        scopes: waiting.scopes.clone(),
        resources: waiting.resources.clone(),
        details: waiting.details.clone(),
        expected_subject: waiting.subject.as_ref().map(named).transpose()?,
        acr_values: waiting.acr_values.clone(),
        // Like a code: what is allowed now is turned into tokens later, by the client.
        response_type: ResponseType { code: true, ..ResponseType::default() },
        elsewhere: Some(which.clone()),
        ..AuthorizationRequest::default()
    })
}

/// What the person is asked first of all.
pub(super) fn question(asked: Asked<'_>, which: &Elsewhere) -> Result<Step, Failure> {
    let Place { domain, tenant, id, server } = asked.place;
    let Open { waiting, client } = elsewhere::open(domain, tenant, (id, server), which)?;
    let request = &asked.login.request;
    let scopes = flow::described(asked.place, &request.scopes)?;
    let details = reach::described(asked.place, &client.value, request);
    let resources = reach::plain(asked.place, request)?;
    let texts = consent::texts(&client.value, &scopes, &details, &resources);
    Ok(Step::Ask(Next::Confirm { scopes, details, resources, waiting: Box::new(waiting), texts }))
}

/// The person says that the request is theirs. `texts` is what the page has shown, as for consents.
pub async fn confirm(
    domain: &Domain,
    (tenant, server): (&str, &str),
    id: &str,
    browser: &Browser,
    said: &str,
) -> Result<(), Failure> {
    let waiting = wait::find(domain, tenant, server, id, browser)?;
    let asked = waiting.asked(domain, tenant, server, browser);
    let Step::Ask(Next::Confirm { texts, .. }) = flow::step(asked).await? else { return Err(consent::gone_on()) };
    if texts != said {
        return Err(Failure::Outdated { noun: "scope" });
    }
    let seen = asked.login.clone();
    let confirmed = move |login: &mut login::Login| match *login == seen {
        true => {
            login.confirmed = true;
            Ok(())
        }
        false => Err(consent::gone_on()),
    };
    login::change(domain, tenant, id, confirmed).await.map(drop)
}

/// The person has said yes to everything: the client gets tokens for them when it asks next.
pub(super) async fn approve(
    asked: Asked<'_>,
    id: Option<&str>,
    which: &Elsewhere,
    identity: &Identity,
    Granted { scopes, claims }: Granted,
) -> Result<Destination, Failure> {
    // Nobody says yes without being asked.
    let Some(id) = id.filter(|_| asked.login.confirmed) else { return Err(consent::gone_on()) };
    let said = Said::Yes { identity: identity.clone(), scopes, claims };
    write_down(asked, Some(id), which, said, true).await?;
    Ok(Destination::Redirect(format!("{}?{ALLOWED}=1", asked.login.request.redirect_uri)))
}

/// The person, or a policy about them, says no. Of another refusal the client is not told: somebody else may say yes yet.
pub(super) async fn refuse(
    asked: Asked<'_>,
    id: Option<&str>,
    which: &Elsewhere,
    refusal: Refusal,
) -> Result<Destination, Failure> {
    match refusal.error == Refusal::ACCESS {
        true => write_down(asked, id, which, Said::No, false).await?,
        false => conclude::close(asked, id, None).await?,
    }
    Ok(Destination::Redirect(format!("{}?{REFUSED}=1", asked.login.request.redirect_uri)))
}

/// Writes the answer and forgets the login, both or neither. A yes is of the login as it was looked at.
async fn write_down(
    asked: Asked<'_>,
    id: Option<&str>,
    which: &Elsewhere,
    said: Said,
    as_seen: bool,
) -> Result<(), Failure> {
    let Place { domain, tenant, id: server, .. } = asked.place;
    let (tenant, server, id) = (tenant.to_owned(), server.to_owned(), id.map(str::to_owned));
    let (login, which, now) = (asked.login.clone(), which.clone(), domain.world.now_seconds());
    let told = which.clone();
    let work = move |write: &mut crate::store::Write<'_>| {
        if let Some(id) = &id {
            conclude::forget(write, &tenant, id, as_seen.then_some(&login))?;
        }
        if let Some(session) = login.session.as_deref().filter(|_| as_seen) {
            conclude::still_logged_in(write, [&tenant, &server, session], now)?;
        }
        elsewhere::answer(write, (&tenant, &server), &which, &said, now)
    };
    domain.write(work).await?;
    elsewhere::ping::tell(domain, asked.place.tenant, asked.place.id, &told);
    Ok(())
}
