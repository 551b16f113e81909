//! What a provider says about itself (OpenID Connect Discovery §4): where it is asked, and how it wants to be asked.
//!
//! Called by `begin`; what was found travels with the person's errand, so that the answer is taken to where the question went.

use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::domain::{Domain, authentication::Provider};

/// How long it is good without another look, in seconds.
const LAST: i64 = 3600;
/// The longest address of a provider.
const LONGEST: usize = 2048;

/// A provider as it describes itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    /// Whether our secret goes into the header rather than into the form.
    pub(super) basic: bool,
    /// Whether every answer names its issuer (RFC 9207 §3).
    pub(super) names_itself: bool,
}

/// The document, as far as it is of interest.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// The issuer of its tokens.
    pub(super) fn issuer(&self) -> String {
        match self {
            Provider::Oidc { issuer_url, .. } => issuer_url.clone(),
            Provider::Azure { tenant, .. } => format!("https://login.microsoftonline.com/{tenant}/v2.0"),
            Provider::Cognito { region, pool_id, .. } => {
                format!("https://cognito-idp.{region}.amazonaws.com/{pool_id}")
            }
        }
    }
}

/// What the provider says about itself.
pub(super) async fn of(domain: &Domain, provider: &Provider) -> Result<Discovery, Trouble> {
    let issuer = provider.issuer();
    // The path is appended after any slash at the end is taken off (§4.1).
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found = domain.providers.discoveries.get(domain, &url, LAST, |bytes| Discovery::read(&issuer, bytes)).await?;
    // Two spellings of an issuer share a document; only one of them is the issuer.
    if found.issuer == issuer { Ok(Discovery::clone(&found)) } else { Err("it calls itself by another name".into()) }
}

impl Discovery {
    fn read(issuer: &str, bytes: &[u8]) -> Result<Discovery, &'static str> {
        let Document {
            issuer: named,
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            userinfo_endpoint,
            token_endpoint_auth_methods_supported: methods,
            authorization_response_iss_parameter_supported: names_itself,
        } = serde_json::from_slice(bytes).map_err(|_| "is no discovery document")?;
        // Compared to the letter (§4.3), or one provider could speak for another.
        if named != issuer {
            return Err("is about another issuer");
        }
        let addresses = [&authorization_endpoint, &token_endpoint, &jwks_uri].into_iter().chain(&userinfo_endpoint);
        if !addresses.into_iter().all(|address| is_address(issuer, address)) {
            return Err("names an endpoint that is no fit address");
        }
        // Basic is what is supported when nothing is said (§3).
        let basic = methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        Ok(Discovery {
            issuer: named,
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            userinfo_endpoint,
            basic,
            names_itself,
        })
    }
}

/// Whether this can be an endpoint: as secure as the issuer, and fit for a Location header.
fn is_address(issuer: &str, address: &str) -> bool {
    let secure = address.starts_with("https://") || (address.starts_with("http://") && issuer.starts_with("http://"));
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    secure && plain && address.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://op.example/a";

    fn document() -> Value {
        json!({
            "issuer": ISSUER, "authorization_endpoint": "https://op.example/authorize?x=1",
            "token_endpoint": "https://op.example/token", "jwks_uri": "https://op.example/keys",
        })
    }

    fn read(change: Value) -> Result<Discovery, &'static str> {
        let mut document = document();
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Discovery::read(ISSUER, document.to_string().as_bytes())
    }

    #[test]
    fn the_issuer_must_be_the_same_to_the_letter() {
        assert!(read(json!({})).is_ok());
        for issuer in ["https://op.example/a/", "https://op.example/b", "https://OP.example/a", ""] {
            assert_eq!(read(json!({ "issuer": issuer })), Err("is about another issuer"), "{issuer}");
        }
    }

    #[test]
    fn endpoints_are_as_secure_as_the_issuer() {
        let bad = ["http://op.example/token", "javascript:alert(1)", "/token", "https://op.example/a#b", "https://a b"];
        for address in bad {
            for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
                assert!(read(json!({ member: address })).is_err(), "{member} {address}");
            }
        }
    }

    #[test]
    fn a_secret_goes_where_the_provider_wants_it() {
        let methods = |list: Value| read(json!({ "token_endpoint_auth_methods_supported": list })).unwrap().basic;
        assert!(read(json!({})).unwrap().basic);
        assert!(methods(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!methods(json!(["client_secret_post"])));
    }

    #[test]
    fn the_issuers_of_azure_and_cognito_are_made_from_their_settings() {
        let cognito =
            Provider::Cognito { pool_id: "eu-west-1_a".into(), region: "eu-west-1".into(), get_user_info: false };
        assert_eq!(cognito.issuer(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a");
        let azure = Provider::Azure {
            tenant: "42".into(),
            fetch_groups: false,
            get_user: false,
            group_name_format: "id".into(),
            only_security_groups: false,
        };
        assert_eq!(azure.issuer(), "https://login.microsoftonline.com/42/v2.0");
    }
}
