//! The end of a login: the grant is opened, the code and the tokens are made, the login is forgotten, all in one transaction.
//!
//! Called by `begin`, when there was nothing to ask, and by `finish`. What takes long is done before the transaction, which
//! checks again what that was based on.

use super::{
    AuthorizationRequest, Destination, Place,
    answer::{self, Members},
    code, elsewhere,
    flow::{self, Asked, Granted, Step},
    pushed, reach,
    refusal::Refusal,
    trust,
};
use crate::{
    crypto::Secret,
    domain::{
        Failure,
        access::{self, Between, Which},
        client::Client,
        details,
        grant::{self, Grant},
        identity::Identity,
        in_force::consents,
        issue::id_token,
        logged_out,
        login::Login,
        session::Session,
        session_state,
        setup::effective::{self, Lifetimes},
        token::{self, Kept, Order},
    },
    store::{Write, records},
};

/// Why the consent checker's no is one.
pub(super) const NOT_GIVEN: &str = "not every required consent is given";

/// What a transaction writes for a client that gets an answer.
pub(super) struct Opened {
    id: String,
    grant: Grant,
    /// What the person has agreed to besides scopes, by name.
    agreed: Vec<String>,
    code: Option<code::Fresh>,
    token: Option<Kept>,
}

/// Answers the client as `step` says, and forgets the login `id`, if it was written down.
pub(super) async fn conclude(asked: Asked<'_>, id: Option<&str>, step: Step) -> Result<Destination, Failure> {
    still_trusted(asked)?;
    let (place, request) = (asked.place, &asked.login.request);
    let granted = match step {
        Step::Answer(granted) => granted,
        Step::Refuse(refusal) => return refuse(asked, id, refusal).await,
        Step::Ask(_) | Step::Consent(..) => {
            let reason = "there is something left to do for the person".to_owned();
            return Err(Failure::Conflict { noun: "login", reason });
        }
    };
    let (Some(client), Some(identity)) = (asked.client, &asked.login.identity) else {
        close(asked, id, None).await?;
        return Ok(Destination::Redirect(request.redirect_uri.clone()));
    };
    if !consents::given(place.domain, flow::about(asked, client, identity, &granted.scopes)).await? {
        return refuse(asked, id, Refusal::access(NOT_GIVEN)).await;
    }
    if let Some(which) = &request.elsewhere {
        return elsewhere::approve(asked, id, which, identity, granted).await;
    }
    let (opened, members) = match open(asked, client, identity, granted).await {
        Ok(made) => made,
        Err(failure) => return trouble(asked, id, failure).await,
    };
    // Before the transaction: what was granted would be lost if the answer could not be signed.
    let answer = answer::answered(place, client.1, request, members).await?;
    close(asked, id, Some(opened)).await?;
    Ok(answer)
}

/// A client may have lost its redirect URI while the person was at it.
fn still_trusted(asked: Asked<'_>) -> Result<(), Failure> {
    let client = asked.client.filter(|_| asked.login.request.elsewhere.is_none());
    client.map_or(Ok(()), |(_, client)| trust::still(client, &asked.login.request.redirect_uri))
}

/// Tells the client no. Of a request without a client there is nobody to tell.
pub(super) async fn refuse(asked: Asked<'_>, id: Option<&str>, refusal: Refusal) -> Result<Destination, Failure> {
    if let Some(which) = &asked.login.request.elsewhere {
        return elsewhere::refuse(asked, id, which, refusal).await;
    }
    still_trusted(asked)?;
    close(asked, id, None).await?;
    match asked.client {
        Some((_, client)) => answer::refused(asked.place, client, &asked.login.request, refusal).await,
        None => Err(Failure::Unsupported { reason: refusal.description }),
    }
}

/// What is our own fault has words for clients as well, since they see no status code (RFC 6749 §4.1.2.1).
async fn trouble(asked: Asked<'_>, id: Option<&str>, failure: Failure) -> Result<Destination, Failure> {
    let error = match &failure {
        Failure::Internal { .. } => "server_error",
        // Its keys, with which its ID tokens are encrypted.
        Failure::Elsewhere { .. } => "temporarily_unavailable",
        Failure::Unavailable { .. } => "temporarily_unavailable",
        _ => return Err(failure),
    };
    let (request_id, reason) = (asked.request_id, failure.to_log());
    tracing::error!(request_id, reason, "an authorization request could not be answered");
    refuse(asked, id, Refusal::new(error, failure.to_client())).await
}

/// Makes the grant with its code and tokens, and the answer's members.
async fn open(
    asked: Asked<'_>,
    client: (&str, &Client),
    identity: &Identity,
    granted: Granted,
) -> Result<(Opened, Members), Failure> {
    let (place, request) = (asked.place, &asked.login.request);
    let Place { domain, tenant, id: server_id, server } = place;
    let grant = new_grant(asked, client, identity, granted)?;
    let id = grant::new_id(domain);
    let order = Order {
        tenant,
        server: (server_id, server),
        client,
        grant: Some((&id, &grant)),
        application: None,
        scopes: &grant.scopes,
        audience: &grant.resources,
        details: &grant.details,
        claims: Some(&grant.claims),
        confirmation: None,
        exchanged: None,
    };
    let mut members = Members::new();
    let code = request.response_type.code.then(|| code::make(place, &id, request));
    let (code_text, code) = code.unzip();
    members.extend(code_text.as_ref().map(|code| ("code", code.expose().to_owned())));
    let minted = match request.response_type.token {
        true => Some(token::mint(domain, &order).await?),
        false => None,
    };
    let (issued, kept) = minted.map(|minted| (minted.issued, minted.kept)).unzip();
    if let Some(issued) = &issued {
        members.push(("access_token", issued.access_token.expose().to_owned()));
        members.push(("token_type", "Bearer".to_owned()));
        members.push(("expires_in", issued.expires_in.to_string()));
        members.push(("scope", issued.scopes.join(" ")));
        members.extend(details::as_text(&issued.details).map(|details| ("authorization_details", details)));
    }
    if request.response_type.id_token {
        let access_token: Option<&Secret> = issued.as_ref().map(|issued| &issued.access_token);
        let (nonce, state) = (request.nonce.as_deref(), request.state.as_deref());
        let with = id_token::With { nonce, access_token, code: code_text.as_ref(), state };
        members.push(("id_token", id_token::sign(domain, &order, with).await?.expose().to_owned()));
    }
    members.extend(session_state(asked, client.0, &grant).map(|state| ("session_state", state)));
    let agreed = reach::agreed(place, request)?;
    Ok((Opened { id, grant, agreed, code, token: kept.flatten() }, members))
}

/// What the client's pages ask our own page with whether the session goes on (OpenID Connect Session Management 1.0 §2).
fn session_state(asked: Asked<'_>, client: &str, grant: &Grant) -> Option<String> {
    let Place { domain, tenant, id, server } = asked.place;
    let told = server.security.session_management && grant.scopes.iter().any(|scope| scope == id_token::OPENID);
    let session = grant.session.as_deref().filter(|_| told)?;
    session_state::for_client(domain, (tenant, id), (client, &asked.login.request.redirect_uri), session)
}

/// What clients know the session by, in which this is granted.
fn sid(asked: Asked<'_>) -> Result<Option<String>, Failure> {
    let (Place { domain, tenant, id, .. }, Some(name)) = (asked.place, &asked.login.session) else { return Ok(None) };
    let found = domain.store.record::<Session>(&[tenant, id, name])?;
    Ok(Some(found.map_or_else(|| name.clone(), |session| session.sid(name).to_owned())))
}

fn new_grant(
    asked: Asked<'_>,
    (client_id, client): (&str, &Client),
    identity: &Identity,
    Granted { scopes, claims }: Granted,
) -> Result<Grant, Failure> {
    let (place, request) = (asked.place, &asked.login.request);
    let now = place.domain.world.now_seconds();
    Ok(Grant {
        server: place.id.to_owned(),
        server_since: place.server.since,
        client_id: client_id.to_owned(),
        client_since: client.since,
        identity: identity.clone(),
        own: false,
        application: None,
        session: asked.login.session.clone(),
        sid: sid(asked)?,
        scopes,
        resources: request.resources.clone(),
        details: request.details.clone(),
        claims,
        nonce: request.nonce.clone(),
        since: now,
        ends: now.saturating_add(lasts(place, client, request)),
    })
}

/// How long a grant lasts: until its last refresh token ends, or the last access token that its code can be turned into.
fn lasts(place: Place<'_>, client: &Client, request: &AuthorizationRequest) -> i64 {
    let server = place.server;
    let refresh = |grants: &[String]| grants.iter().any(|grant| grant == "refresh_token");
    let code = if request.response_type.code { server.authorization_code_seconds } else { 0 };
    let Lifetimes { access_token, refresh_token, .. } = effective::lifetimes(server, client);
    let access = code.saturating_add(access_token);
    match request.response_type.code && refresh(&server.grant_types) && refresh(&client.grant_types) {
        true => access.max(refresh_token),
        false => access,
    }
}

/// Writes what was opened and forgets the login: both or neither. Of two that do it at once, one finds no login. A login that was
/// never written down was not what its pushed request was spent for, so that goes here.
pub(super) async fn close(asked: Asked<'_>, id: Option<&str>, opened: Option<Opened>) -> Result<(), Failure> {
    let spent = asked.login.pushed.clone().filter(|_| id.is_none());
    if id.is_none() && opened.is_none() && spent.is_none() {
        return Ok(());
    }
    let (tenant, login) = (asked.place.tenant.to_owned(), asked.login.clone());
    let (id, now) = (id.map(str::to_owned), asked.place.domain.world.now_seconds());
    let which = asked.client.map(|(_, client)| Which::of(asked.place.server, client));
    let listens = asked.client.is_some_and(|(_, client)| logged_out::listens(client));
    asked
        .place
        .domain
        .write(move |write| {
            if let Some(pushed) = &spent {
                pushed::spend(write, [&tenant, &login.server, pushed])?;
            }
            if let Some(id) = &id {
                forget(write, &tenant, id, opened.as_ref().map(|_| &login))?;
            }
            opened.as_ref().map_or(Ok(()), |opened| save(write, &tenant, opened, (which, listens), now))
        })
        .await
}

/// Takes the login out. What an answer is made from must be as it was `seen`.
pub(super) fn forget(write: &mut Write<'_>, tenant: &str, id: &str, seen: Option<&Login>) -> Result<(), Failure> {
    let found = records::get::<Login>(&*write, &[tenant, id])?.ok_or_else(|| Failure::not_found("login", id))?;
    if seen.is_some_and(|seen| found != *seen) {
        return Err(Failure::Conflict { noun: "login", reason: "it has just gone on elsewhere".to_owned() });
    }
    records::delete::<Login>(write, &[tenant, id])?;
    Ok(())
}

/// The session of this key must not have ended while the person was at it.
pub(super) fn still_logged_in(write: &Write<'_>, session: [&str; 3], now: i64) -> Result<Session, Failure> {
    let found = records::get::<Session>(write, &session)?.filter(|found| found.ends > now);
    found.ok_or_else(|| Failure::Conflict { noun: "login", reason: "the person has just logged out".to_owned() })
}

/// The session must still be there: its end ends what was granted in it, and would not see this grant. Server and client
/// are in the grant by their instants, so one that goes just now takes the grant along.
fn save(
    write: &mut Write<'_>,
    tenant: &str,
    opened: &Opened,
    (which, listens): (Option<Which>, bool),
    now: i64,
) -> Result<(), Failure> {
    let Opened { id, grant, agreed, code, token } = opened;
    let server = grant.server.as_str();
    if let Some(name) = &grant.session {
        let mut session = still_logged_in(write, [tenant, server, name], now)?;
        let told = listens && grant.scopes.iter().any(|scope| scope == id_token::OPENID);
        if told && session.remember(&grant.client_id, grant.client_since) {
            records::put(write, &[tenant, server, name], &session)?;
        }
    }
    grant::make_room(write, tenant, grant)?;
    grant::open(write, tenant, id, grant)?;
    if let Some(code) = code {
        code.save(write, tenant, server)?;
    }
    if let Some(token) = token {
        token.save(write, tenant)?;
    }
    let between = Between { tenant, server, subject: &grant.identity.subject, client: &grant.client_id };
    which.map_or(Ok(()), |which| access::remember(write, between, which, (&grant.scopes, agreed), now))
}
