//! Making an access token: signed (RFC 9068) or opaque, as its client or server wants it.
//!
//! Called by every grant. Claims are mapped and signatures made before the transaction; [`Kept::save`] writes an
//! opaque one inside it. A signed token is not kept at all.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ANY_SERVER, AccessToken, Claims, Exchanged, Issued, TYPE, audience};
use crate::{
    crypto::{Secret, jws},
    domain::{
        Confirmation, Domain, Failure,
        client::Client,
        details::Detail,
        expiry,
        grant::Grant,
        handle::{self, Purpose},
        identity::Identity,
        in_force::{self, Added},
        key_ring, organization, possession,
        server::Server,
        setup::effective,
        subject,
    },
    store::{Write, records},
    world::Micros,
};

/// What form access tokens have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Signed, to be read by whoever has the keys (RFC 9068).
    #[default]
    Jwt,
    /// A handle, to be asked about (RFC 7662).
    Opaque,
}

impl Form {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Form::Jwt => "jwt",
            Form::Opaque => "opaque",
        }
    }

    /// The form of a word.
    pub fn of_word(word: &str) -> Option<Form> {
        [Form::Jwt, Form::Opaque].into_iter().find(|form| form.word() == word)
    }
}

/// What a token is made from.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// The client and its id.
    pub client: (&'a str, &'a Client),
    /// What it is made from, and its id: a person's grant or the client's own. None when the client acts for itself with this
    /// token only.
    pub grant: Option<(&'a str, &'a Grant)>,
    /// The application that the client acts for.
    pub application: Option<&'a str>,
    /// The scopes of this token.
    pub scopes: &'a [String],
    /// The resources it is for (RFC 8707). None, and it is for the server itself and whom the client names.
    pub audience: &'a [String],
    /// Its authorization details (RFC 9396).
    pub details: &'a [Detail],
    /// The claims that a policy adds.
    pub claims: Option<&'a Added>,
    /// The keys it is bound to.
    pub confirmation: Option<&'a Confirmation>,
    /// What it keeps of the token that it is exchanged for.
    pub exchanged: Option<&'a Exchanged>,
}

impl Order<'_> {
    /// Whom the token is about: the person, or the client itself, or another one whose token is exchanged. Clients may know the
    /// person by another name, see [`subject`].
    pub fn subject(&self) -> &str {
        self.person().map_or(self.machine().0, |person| &person.subject)
    }

    /// The client that it is about when it is about no person, and since when that is there.
    fn machine(&self) -> (&str, Micros) {
        let machine = self.exchanged.and_then(|exchanged| exchanged.machine.as_ref());
        machine.map_or((self.client.0, self.client.1.since), |(id, since)| (id, *since))
    }

    /// The person it is about. None when the client acts for itself.
    pub fn person(&self) -> Option<&Identity> {
        self.grant.and_then(|(_, grant)| grant.person())
    }
}

/// A token that is made, and what has to be kept of it.
#[derive(Debug)]
pub struct Minted {
    /// For the client.
    pub issued: Issued,
    /// For the store: nothing when it is signed.
    pub kept: Option<Kept>,
}

/// An opaque token on its way into the store.
#[derive(Clone, Debug)]
pub struct Kept {
    name: String,
    token: AccessToken,
}

impl Kept {
    /// Writes it down, inside a transaction.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, tenant: &str) -> Result<(), Failure> {
        records::put(write, &[tenant, &self.name], &self.token)?;
        expiry::note(write, &[tenant, &self.name], &self.token)
    }
}

/// Makes a token. There is none that is bound to less than server and client require: it would be good for whoever finds it.
pub async fn mint(domain: &Domain, order: &Order<'_>) -> Result<Minted, Failure> {
    possession::bound_enough(order.server.1, order.client.1, order.confirmation)?;
    let more = in_force::claims::for_access_token(domain, order).await?;
    let claims = claims(domain, order, more)?;
    let expires_in = claims.exp.saturating_sub(claims.iat);
    let (scopes, details) = (order.scopes.to_vec(), order.details.to_vec());
    let (token, kept) = match form(order) {
        Form::Jwt => (sign(domain, order, &claims)?, None),
        Form::Opaque => keep(domain, order, &claims)?,
    };
    let token_type = Confirmation::token_type(order.confirmation);
    Ok(Minted { issued: Issued { access_token: token, token_type, expires_in, scopes, details }, kept })
}

fn form(order: &Order<'_>) -> Form {
    order.client.1.token_form.unwrap_or(order.server.1.token_form)
}

/// Members that not every token has: what the tenant's claims say must not stand in their place where they are left out.
const OPTIONAL: [&str; 10] =
    ["gid", "cgid", "auth_time", "acr", "amr", "cnf", "authorization_details", "act", "sub_since", "exchanged_from"];

fn claims(domain: &Domain, order: &Order<'_>, mut more: Map<String, Value>) -> Result<Claims, Failure> {
    more.extend(order.claims.map(|added| added.access_token.clone()).unwrap_or_default());
    if !more.is_empty() {
        more.retain(|name, _| !OPTIONAL.contains(&name.as_str()));
    }
    more.extend(organization::claims(order));
    let now = domain.world.now_seconds();
    let (server_id, server) = order.server;
    let (client_id, client) = order.client;
    let issuer = domain.issuer(order.tenant, server_id);
    let ends = now.saturating_add(effective::lifetimes(server, client).access_token);
    let ends = order.exchanged.map_or(ends, |exchanged| ends.min(exchanged.ends));
    more.extend(order.exchanged.and_then(|exchanged| exchanged.may_act.clone()).map(|may| ("may_act".to_owned(), may)));
    let (identity, grant) = (order.person(), order.grant.map(|(id, _)| id.to_owned()));
    let (gid, cgid) = if identity.is_some() { (grant, None) } else { (None, grant) };
    let sub = match identity {
        Some(person) => subject::of(domain, order.tenant, server_id, client, &person.subject)?,
        None => Cow::Borrowed(order.subject()),
    };
    Ok(Claims {
        aud: audience::of(order, &issuer),
        iss: issuer,
        sub: sub.into_owned(),
        client_id: client_id.to_owned(),
        iat: now,
        nbf: now,
        exp: order.grant.map_or(ends, |(_, grant)| ends.min(grant.ends)),
        jti: HEXLOWER.encode(&domain.world.bytes::<16>()),
        scope: order.scopes.join(" "),
        scp: order.scopes.to_vec(),
        tid: order.tenant.to_owned(),
        aid: server_id.to_owned(),
        client_since: client.since,
        gid,
        cgid,
        auth_time: identity.map(|identity| identity.auth_time),
        acr: identity.and_then(|identity| identity.acr.clone()),
        amr: identity.map(|identity| identity.amr.clone()).unwrap_or_default(),
        cnf: order.confirmation.cloned(),
        authorization_details: order.details.to_vec(),
        act: order.exchanged.and_then(|exchanged| exchanged.act.clone()),
        sub_since: (identity.is_none() && order.exchanged.is_some()).then_some(order.machine().1),
        exchanged_from: order.exchanged.map(|exchanged| exchanged.from.clone()).unwrap_or_default(),
        more,
    })
}

fn sign(domain: &Domain, order: &Order<'_>, claims: &Claims) -> Result<Secret, Failure> {
    let key = key_ring::signing(domain, order.tenant, order.server.0)?;
    let token = jws::sign(&key, TYPE, claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    readable(token)
}

/// A signed token for a client, unless it is longer than what we read ourselves: it would be good for nothing, and could not
/// even be revoked.
pub(in crate::domain) fn readable(token: String) -> Result<Secret, Failure> {
    match token.len() <= jws::MOST_BYTES {
        true => Ok(Secret::new(token)),
        false => {
            let log = format!("no token: with its claims it has {} bytes, of {} at most", token.len(), jws::MOST_BYTES);
            Err(Failure::Internal { log })
        }
    }
}

fn keep(domain: &Domain, order: &Order<'_>, claims: &Claims) -> Result<(Secret, Option<Kept>), Failure> {
    let (token, name) = handle::make(domain, Purpose::Access, order.tenant, ANY_SERVER);
    let text = serde_json::to_string(claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let kept = AccessToken { server_since: order.server.1.since, claims: text, ends: claims.exp };
    Ok((token, Some(Kept { name, token: kept })))
}
