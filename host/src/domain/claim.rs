//! A claim: what of the authentication context goes into a token, and for which scopes.

use serde::{Deserialize, Serialize};

use super::{Failure, noun::Named, stamp::Stamp};
use crate::store::{Index, Kind, Noun, Write, index};

/// A claim's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The authorization server it belongs to.
    pub server: String,
    /// The name in the token; dots nest.
    pub name: String,
    /// The dotted path in the authentication context.
    pub mapping: String,
    /// Which token it goes into.
    pub token: ClaimToken,
    /// The scopes of which one must be granted; none means always.
    pub scopes: Vec<String>,
}

/// The token a claim goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimToken {
    /// The ID token and userinfo.
    IdToken,
    /// The access token.
    AccessToken,
}

impl Noun for Claim {
    const KIND: Kind = Kind::Claim;
}

impl Named for Claim {
    const NAME: &'static str = "claim";
}

/// The claims of OpenID Connect Core §5.4, by the scope that asks for them.
const DEFAULTS: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    (
        "address",
        &[
            "address.formatted",
            "address.street_address",
            "address.locality",
            "address.region",
            "address.country",
            "address.postal_code",
        ],
    ),
];

/// Writes the default claims of a new server, inside a transaction.
pub(super) fn insert_defaults(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for (scope, names) in DEFAULTS {
        for name in names {
            let id = format!("{server}-{name}");
            let claim = Claim {
                server: server.to_owned(),
                name: (*name).to_owned(),
                mapping: (*name).to_owned(),
                token: ClaimToken::IdToken,
                scopes: vec![scope.to_owned()],
            };
            stamp.append(write, tenant, &id, claim)?;
            index::put(write, Index::ServerClaims, &[tenant, server], &id)?;
        }
    }
    Ok(())
}

/// Removes the claims of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServerClaims, &[tenant, server])? {
        stamp.soft_delete::<Claim>(write, tenant, &id)?;
        index::remove(write, Index::ServerClaims, &[tenant, server], &id)?;
    }
    Ok(())
}
