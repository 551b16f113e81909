//! What an authorization request asks for besides scopes: resources (RFC 8707) and authorization details (RFC 9396). And what a
//! person agrees to when they say yes to that.
//!
//! The lines of `checks` about them, and what `flow` and `conclude` remember of them.

use super::{
    AuthorizationRequest, Place,
    checks::Draft,
    refusal::{Refusal, Wrong},
};
use crate::domain::{
    Failure,
    client::Client,
    details::{self, Detail},
    in_force::resources::{self, Aimed, Unknown},
};

/// The resources must be the server's, and the client must have a right there, or there are none to have. From here on only the
/// scopes count that mean something at one of them.
pub(super) fn resources(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let scopes = std::mem::take(&mut draft.request.scopes);
    match resources::aimed(of(draft.place), draft.sent.every("resource"), scopes, true)? {
        Ok(Aimed { resources, scopes }) => {
            (draft.request.resources, draft.request.scopes) = (resources, scopes);
            Ok(())
        }
        Err(Unknown(name)) => Err(Refusal::new("invalid_target", format!("{name} may not be asked for here")).into()),
    }
}

/// The details must be of types that the client may ask for, and fit them.
pub(super) fn details(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(text) = draft.sent.get("authorization_details") else { return Ok(()) };
    let asked = details::Asked { place: of(draft.place), server: draft.place.server, client: draft.client.1 };
    match details::accepted(asked, text)? {
        Ok(details) => {
            draft.request.details = details;
            Ok(())
        }
        Err(wrong) => Err(Refusal::new("invalid_authorization_details", wrong.0).into()),
    }
}

/// Where the resources of a request are looked for.
pub(super) fn of(place: Place<'_>) -> resources::Place<'_> {
    resources::Place { domain: place.domain, tenant: place.tenant, server: place.id }
}

/// What a person agrees to besides scopes, by name.
pub(super) fn agreed(place: Place<'_>, request: &AuthorizationRequest) -> Result<Vec<String>, Failure> {
    resources::agreed(of(place), &request.resources, &request.details)
}

/// The resources that have no scopes.
pub(super) fn plain(place: Place<'_>, request: &AuthorizationRequest) -> Result<Vec<String>, Failure> {
    resources::plain(of(place), &request.resources)
}

/// The details with what people are told of their types.
pub(super) fn described(place: Place<'_>, client: &Client, request: &AuthorizationRequest) -> Vec<(String, Detail)> {
    let about = |detail: &Detail| {
        let known = details::type_of(place.server, client, detail);
        let (name, known) = known?;
        let title = if known.description.is_empty() { name } else { known.description.as_str() };
        Some((title.to_owned(), detail.clone()))
    };
    request.details.iter().filter_map(about).collect()
}
