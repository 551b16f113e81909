//! Whom a token is for, and how it is told from the audience alone whether that is everything the server guards.
//!
//! Said by `mint`; asked by `enforce` and `issue::exchange`, which must agree on it.

use super::Order;
use crate::domain::issue::id_token::OPENID;

/// Whom a token is for. One for certain resources is for nobody else (RFC 8707 §2.2), but for userinfo, which is ours, where it
/// tells who somebody is. Without the issuer in it we do not take it ourselves.
pub(super) fn of(order: &Order<'_>, issuer: &str) -> Vec<String> {
    let issuer = issuer.to_owned();
    if order.audience.is_empty() {
        return std::iter::once(issuer).chain(order.client.1.audience.iter().cloned()).collect();
    }
    let tells_who = order.scopes.iter().any(|scope| scope == OPENID);
    let us = (tells_who && !order.audience.contains(&issuer)).then_some(issuer);
    order.audience.iter().cloned().chain(us).collect()
}

/// Whether a token is for nobody in particular: for the issuer, which then comes first, and besides for whom its client names. One
/// for certain resources has the issuer behind them, if at all.
pub fn is_general<'a>(audience: impl IntoIterator<Item = &'a str>, issuer: &str, of_client: &[String]) -> bool {
    let mut audience = audience.into_iter();
    audience.next() == Some(issuer) && audience.all(|one| of_client.iter().any(|own| own == one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_with_the_issuer_is_for_everything() {
        let (us, named, resource) = ("https://id.example/t/shop", "scale", "https://stock.example/");
        let general = |audience: &[&str]| is_general(audience.iter().copied(), us, &[named.to_owned()]);
        assert!(general(&[us]) && general(&[us, named]));
        for certain in [&[][..], &[named], &[named, us], &[resource, us], &[us, resource], &[resource]] {
            assert!(!general(certain), "{certain:?}");
        }
    }
}
