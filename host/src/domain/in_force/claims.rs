//! The claims of a server's configuration, mapped into tokens by claim-mapper components: one call a token.
//!
//! Called by `token` and by userinfo. A mapper that fails fails the whole token.

use serde_json::{Map, Value};

use crate::domain::{Domain, Failure, token::Order};

/// The claims that go into an access token besides its own.
pub async fn for_access_token(_domain: &Domain, _order: &Order<'_>) -> Result<Map<String, Value>, Failure> {
    Ok(Map::new())
}

/// The claims that go into an ID token, or into userinfo, besides their own. `claims` is the member of the `claims` parameter
/// for this place (OpenID Connect Core §5.5), if there was one.
pub async fn for_id_token(
    _domain: &Domain,
    _order: &Order<'_>,
    _claims: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Failure> {
    Ok(Map::new())
}
