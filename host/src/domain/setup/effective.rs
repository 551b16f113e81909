//! What holds where a server, a client and a scope each say something: how long things live, who is asked, who logs in anew.
//!
//! Called by whoever issues codes and tokens. Pure: it looks at records and at nothing else.

use super::members::{ScopePolicies, ScopePolicy};
use crate::domain::{client::Client, scope::Scope, server::Server};

/// How long things live that a client gets, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token.
    pub access_token: i64,
    /// An ID token.
    pub id_token: i64,
    /// A refresh token.
    pub refresh_token: i64,
    /// A consent that is remembered; until it is taken back when none.
    pub persisted_consent: Option<i64>,
}

/// On which way somebody gets a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// A token from the authorization endpoint.
    Implicit,
    /// An authorization code.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
}

/// How long things live: as the client says, or else its server.
pub fn lifetimes(server: &Server, client: &Client) -> Lifetimes {
    let own = client.setup.as_deref();
    let consent_of_server = server.setup.as_deref().and_then(|setup| setup.persisted_consent_seconds);
    Lifetimes {
        access_token: own.and_then(|own| own.access_token_seconds).unwrap_or(server.access_token_seconds),
        id_token: own.and_then(|own| own.id_token_seconds).unwrap_or(server.id_token_seconds),
        refresh_token: own.and_then(|own| own.refresh_token_seconds).unwrap_or(server.refresh_token_seconds),
        persisted_consent: own.and_then(|own| own.persisted_consent_seconds).or(consent_of_server),
    }
}

/// The policy of a scope on a way: its own, or else its server's, or else that people are asked once.
pub fn scope_policy(server: &Server, scope: &Scope, flow: Flow) -> ScopePolicy {
    let of = |policies: &ScopePolicies| match flow {
        Flow::Implicit => policies.implicit_flow,
        Flow::AuthorizationCode => policies.authorization_code_flow,
        Flow::RefreshToken => policies.refresh_token,
    };
    let own = scope.setup.as_deref().and_then(|setup| of(&setup.policies));
    let usual = || server.setup.as_deref().and_then(|setup| of(&setup.policies));
    own.or_else(usual).unwrap_or(ScopePolicy::ConsentPersisted)
}

/// The policy of a scope that somebody gets on several ways at once: the strictest of them.
pub fn strictest(server: &Server, scope: &Scope, flows: &[Flow]) -> ScopePolicy {
    let policies = flows.iter().map(|flow| scope_policy(server, scope, *flow));
    policies.max().unwrap_or(ScopePolicy::ConsentPersisted)
}

/// Whether people must log in anew for a client that is granted these scopes: one that says so is enough.
pub fn force_reauthentication<'a>(
    server: &Server,
    client: &Client,
    scopes: impl IntoIterator<Item = &'a Scope>,
) -> bool {
    let setup = server.setup.as_deref();
    let own = client.setup.as_deref().and_then(|own| own.force_reauthentication);
    if own.unwrap_or_else(|| setup.is_some_and(|setup| setup.force_reauthentication)) {
        return true;
    }
    let usual = setup.and_then(|setup| setup.policies.force_reauthentication).unwrap_or(false);
    let says = |scope: &Scope| scope.setup.as_deref().and_then(|own| own.policies.force_reauthentication);
    scopes.into_iter().any(|scope| says(scope).unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::setup::members::{ClientMembers, ScopeMembers, ServerMembers};

    fn server(setup: ServerMembers) -> Server {
        let setup = Some(Box::new(setup));
        Server { access_token_seconds: 1, id_token_seconds: 2, refresh_token_seconds: 3, setup, ..Server::default() }
    }

    fn client(setup: ClientMembers) -> Client {
        Client { setup: Some(Box::new(setup)), ..Client::default() }
    }

    fn scope(policies: ScopePolicies) -> Scope {
        Scope { setup: Some(Box::new(ScopeMembers { policies, ..ScopeMembers::default() })), ..Scope::default() }
    }

    #[test]
    fn a_client_says_how_long_its_tokens_live_or_leaves_it_to_its_server() {
        let of = |client: &Client| lifetimes(&server(ServerMembers::default()), client);
        let usual = Lifetimes { access_token: 1, id_token: 2, refresh_token: 3, persisted_consent: None };
        assert_eq!(of(&Client::default()), usual);
        assert_eq!(of(&client(ClientMembers::default())), usual);
        let own =
            ClientMembers { id_token_seconds: Some(9), persisted_consent_seconds: Some(8), ..ClientMembers::default() };
        assert_eq!(of(&client(own)), Lifetimes { id_token: 9, persisted_consent: Some(8), ..usual });
        let remembers = server(ServerMembers { persisted_consent_seconds: Some(7), ..ServerMembers::default() });
        assert_eq!(lifetimes(&remembers, &Client::default()).persisted_consent, Some(7));
    }

    #[test]
    fn a_scope_has_its_own_policy_or_its_servers_on_each_way() {
        let policies = ScopePolicies { implicit_flow: Some(ScopePolicy::NotAllowed), ..ScopePolicies::default() };
        let strict = server(ServerMembers { policies, ..ServerMembers::default() });
        let plain = Scope::default();
        assert_eq!(scope_policy(&strict, &plain, Flow::Implicit), ScopePolicy::NotAllowed);
        assert_eq!(scope_policy(&strict, &plain, Flow::AuthorizationCode), ScopePolicy::ConsentPersisted);
        assert_eq!(scope_policy(&Server::default(), &plain, Flow::RefreshToken), ScopePolicy::ConsentPersisted);
        let own = ScopePolicies {
            implicit_flow: Some(ScopePolicy::ConsentRequired),
            refresh_token: Some(ScopePolicy::ConsentNotRequired),
            ..ScopePolicies::default()
        };
        let own = scope(own);
        assert_eq!(scope_policy(&strict, &own, Flow::Implicit), ScopePolicy::ConsentRequired);
        assert_eq!(scope_policy(&strict, &own, Flow::RefreshToken), ScopePolicy::ConsentNotRequired);
    }

    #[test]
    fn one_that_wants_a_new_login_is_enough() {
        let forces = |force| ScopePolicies { force_reauthentication: force, ..ScopePolicies::default() };
        let quiet = server(ServerMembers::default());
        let all = server(ServerMembers { force_reauthentication: true, ..ServerMembers::default() });
        let scopes = server(ServerMembers { policies: forces(Some(true)), ..ServerMembers::default() });
        let says = |force| client(ClientMembers { force_reauthentication: force, ..ClientMembers::default() });
        assert!(!force_reauthentication(&quiet, &says(None), [&Scope::default()]));
        assert!(force_reauthentication(&all, &says(None), []) && !force_reauthentication(&all, &says(Some(false)), []));
        assert!(force_reauthentication(&quiet, &says(Some(true)), []));
        assert!(force_reauthentication(&quiet, &says(Some(false)), [&Scope::default(), &scope(forces(Some(true)))]));
        assert!(force_reauthentication(&scopes, &says(None), [&Scope::default()]));
        assert!(!force_reauthentication(&scopes, &says(None), [&scope(forces(Some(false)))]));
    }
}
