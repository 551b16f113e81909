//! What a token is bound to: keys of its client, without whose proof it is worth nothing (RFC 7800 §3.1).
//!
//! Made by `possession` from what a request proves, carried by tokens, compared whenever one is shown. Knows no proofs.

use serde::{Deserialize, Serialize};

/// The claim `cnf`: which keys the bearer of a token must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the key of its DPoP proofs (RFC 9449 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// The SHA-256 of its certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256", default, skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
}

/// How a token is shown when it is bound to the key of DPoP proofs (RFC 9449 §7.1).
pub const DPOP: &str = "DPoP";
/// How every other token is shown (RFC 6750 §2.1), in the spelling that clients have always been answered.
pub const BEARER: &str = "bearer";

impl Confirmation {
    /// Whether it binds to anything at all.
    pub fn is_some(&self) -> bool {
        self.jkt.is_some() || self.x5t_s256.is_some()
    }

    /// The `token_type` of a token with this confirmation (RFC 6749 §7.1). One that is bound to a certificate alone is shown
    /// like any other (RFC 8705 §3).
    pub fn token_type(confirmation: Option<&Confirmation>) -> &'static str {
        match confirmation {
            Some(Confirmation { jkt: Some(_), .. }) => DPOP,
            _ => BEARER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_spelled_as_the_standards_do() {
        let both = Confirmation { jkt: Some("a".to_owned()), x5t_s256: Some("b".to_owned()) };
        assert_eq!(serde_json::to_string(&both).unwrap(), r#"{"jkt":"a","x5t#S256":"b"}"#);
        assert_eq!(serde_json::from_str::<Confirmation>(r#"{"x5t#S256":"b"}"#).unwrap().x5t_s256, both.x5t_s256);
        assert!(both.is_some() && !Confirmation::default().is_some());
    }

    #[test]
    fn only_the_key_of_proofs_makes_another_kind_of_token() {
        let key = Confirmation { jkt: Some("a".to_owned()), x5t_s256: None };
        let certificate = Confirmation { jkt: None, x5t_s256: Some("b".to_owned()) };
        assert_eq!(Confirmation::token_type(Some(&key)), "DPoP");
        assert_eq!(Confirmation::token_type(Some(&certificate)), "bearer");
        assert_eq!(Confirmation::token_type(None), "bearer");
    }
}
