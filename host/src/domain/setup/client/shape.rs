//! What a client of a setup is as a client of every tongue, and back.

use super::{Confidentiality, SetupClient, confidentiality};
use crate::domain::{
    Problem,
    client::{AuthMethod, Client, ClientKeys, ClientScopes, default_response_types},
    server::Server,
    setup::{members::ClientMembers, rights, rules},
    text,
    token::CLIENT_CREDENTIALS,
};

/// Everything that is wrong with a client of a setup that other tongues know nothing of.
pub(super) fn problems(client: &SetupClient) -> Vec<Problem> {
    let mut problems = rules::noted(&client.comment, &client.metadata);
    // Nobody looks after it, or whoever did.
    problems
        .extend(Some(&client.owner).filter(|owner| !owner.is_empty()).and_then(|owner| text::name("/owner", owner)));
    let lifetimes = [
        ("access_token_ttl", client.access_token_ttl),
        ("refresh_token_ttl", client.refresh_token_ttl),
        ("id_token_ttl", client.id_token_ttl),
        ("persisted_consent_ttl", client.persisted_consent_ttl),
    ];
    problems.extend(lifetimes.into_iter().filter_map(|(member, seconds)| rules::lifetime("", member, seconds)));
    problems.extend(text::items("/contacts", &client.contacts));
    let contacts = client.contacts.iter().enumerate();
    problems.extend(contacts.filter_map(|(place, contact)| text::name(&format!("/contacts/{place}"), contact)));
    let kind = client.application_type.as_deref();
    let unknown = kind.is_some_and(|kind| !["web", "native"].contains(&kind));
    problems.extend(unknown.then(|| Problem::new("/application_type", "must be `web` or `native`")));
    let public = client.confidentiality == Confidentiality::Public;
    let proves = client.token_endpoint_auth_method.map(|method| method != AuthMethod::None);
    if proves == Some(public) {
        let reason = "does not fit to `confidentiality_type`: public clients have `none`, the others have not";
        problems.push(Problem::new("/token_endpoint_auth_method", reason));
    }
    problems
}

/// The client that a client of a setup becomes: `base` with everything that this tongue sees replaced. What it does not say of
/// its grants `server` says, and whoever looks after it goes on doing so where nobody is named. A developer's own client is
/// always that of whoever looks after it.
pub(super) fn become_client(client: &SetupClient, setup: &str, server: &Server, base: Client) -> Client {
    let SetupClient {
        client_id: _,
        name,
        owner,
        comment,
        metadata,
        confidentiality,
        token_endpoint_auth_method,
        redirect_uris,
        grant_types,
        response_types,
        scopes,
        contacts,
        application_type,
        jwks,
        id_token_signed_response_alg,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = client.clone();
    let usual = match confidentiality {
        Confidentiality::Public => AuthMethod::None,
        Confidentiality::Confidential => AuthMethod::ClientSecretBasic,
    };
    let grant_types = if grant_types.is_empty() { inherited(server, confidentiality) } else { grant_types };
    let response_types = if response_types.is_empty() { default_response_types(&grant_types) } else { response_types };
    let keys = match (jwks, &base.keys) {
        (Some(set), _) => ClientKeys::Set(set),
        // An address of keys cannot be seen here, so it is nobody's wish that it goes.
        (None, ClientKeys::Uri(uri)) => ClientKeys::Uri(uri.clone()),
        (None, ClientKeys::Set(_) | ClientKeys::None) => ClientKeys::None,
    };
    let owner = if owner.is_empty() { rights::owner(&base).unwrap_or_default().to_owned() } else { owner };
    let developer = base.developer.is_some().then(|| owner.clone());
    let members = ClientMembers {
        about: rules::keep(owner, comment, metadata),
        contacts,
        application_type: application_type.unwrap_or_default(),
        id_token_signed_response_alg: id_token_signed_response_alg.unwrap_or_default(),
        access_token_seconds: access_token_ttl,
        refresh_token_seconds: refresh_token_ttl,
        id_token_seconds: id_token_ttl,
        persisted_consent_seconds: persisted_consent_ttl,
        force_reauthentication,
    };
    let mut privacy = base.privacy.clone();
    privacy.retain(|scope, _| scopes.contains(scope));
    Client {
        server: setup.to_owned(),
        name,
        developer,
        grant_types,
        response_types,
        redirect_uris,
        scopes: ClientScopes::Only(scopes),
        auth_method: token_endpoint_auth_method.unwrap_or(usual),
        keys,
        privacy,
        setup: Some(Box::new(members)),
        ..base
    }
}

/// The grants of a client that names none: those of the setup that it can use.
fn inherited(server: &Server, confidentiality: Confidentiality) -> Vec<String> {
    let public = confidentiality == Confidentiality::Public;
    let grants = server.setup.as_deref().map(|setup| setup.client_grant_types.as_slice()).unwrap_or_default();
    grants.iter().filter(|grant| !(public && *grant == CLIENT_CREDENTIALS)).cloned().collect()
}

/// The client of a setup that a client is. `all` are the scopes of one that has all of its server's.
pub(super) fn show(id: &str, client: Client, all: Vec<String>) -> SetupClient {
    // Who made it in another tongue looks after it.
    let owner = rights::owner(&client).unwrap_or_default().to_owned();
    let confidentiality = confidentiality(&client);
    let ClientMembers {
        about,
        contacts,
        application_type,
        id_token_signed_response_alg,
        access_token_seconds,
        refresh_token_seconds,
        id_token_seconds,
        persisted_consent_seconds,
        force_reauthentication,
    } = client.setup.map(|setup| *setup).unwrap_or_default();
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    SetupClient {
        client_id: id.to_owned(),
        name: client.name,
        owner,
        comment: about.comment,
        metadata: about.metadata,
        confidentiality,
        token_endpoint_auth_method: Some(client.auth_method),
        redirect_uris: client.redirect_uris,
        grant_types: client.grant_types,
        response_types: client.response_types,
        scopes: match client.scopes {
            ClientScopes::Only(scopes) => scopes,
            ClientScopes::AllOfServer => all,
        },
        contacts,
        application_type: said(application_type),
        jwks: match client.keys {
            ClientKeys::Set(set) => Some(set),
            ClientKeys::Uri(_) | ClientKeys::None => None,
        },
        id_token_signed_response_alg: said(id_token_signed_response_alg),
        force_reauthentication,
        access_token_ttl: access_token_seconds,
        refresh_token_ttl: refresh_token_seconds,
        id_token_ttl: id_token_seconds,
        persisted_consent_ttl: persisted_consent_seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::setup::members::ServerMembers;

    #[test]
    fn a_client_that_names_no_grants_has_those_of_its_setup_that_it_can_use() {
        let client_grant_types = ["authorization_code", CLIENT_CREDENTIALS].map(str::to_owned).to_vec();
        let setup = Some(Box::new(ServerMembers { client_grant_types, ..ServerMembers::default() }));
        let server = Server { setup, ..Server::default() };
        let become_one = |client: &SetupClient| become_client(client, "s", &server, Client::default());
        let confidential = become_one(&SetupClient::default());
        assert_eq!(confidential.grant_types, ["authorization_code", CLIENT_CREDENTIALS]);
        assert_eq!(confidential.response_types, ["code"]);
        assert_eq!(confidential.auth_method, AuthMethod::ClientSecretBasic);
        let public = SetupClient { confidentiality: Confidentiality::Public, ..SetupClient::default() };
        assert_eq!(become_one(&public).grant_types, ["authorization_code"]);
        assert_eq!(become_one(&public).auth_method, AuthMethod::None);
        let own = SetupClient { grant_types: vec!["implicit".to_owned()], ..SetupClient::default() };
        assert_eq!(become_one(&own).response_types, ["token", "id_token"]);
    }

    #[test]
    fn what_this_tongue_cannot_see_stays_and_what_it_shows_can_be_written_back() {
        let base = Client {
            description: "d".to_owned(),
            audience: vec!["a".to_owned()],
            trusted: true,
            keys: ClientKeys::Uri("https://a.example/jwks".to_owned()),
            ..Client::default()
        };
        let wanted = SetupClient {
            name: "Shop".to_owned(),
            owner: "ann".to_owned(),
            scopes: vec!["read".to_owned()],
            grant_types: vec![CLIENT_CREDENTIALS.to_owned()],
            access_token_ttl: Some(60),
            ..SetupClient::default()
        };
        let server = Server::default();
        let client = become_client(&wanted, "s", &server, base.clone());
        assert_eq!((&client.description, client.trusted, &client.keys), (&base.description, true, &base.keys));
        let shown = show("shop", client.clone(), Vec::new());
        assert_eq!((shown.access_token_ttl, shown.client_id.as_str()), (Some(60), "shop"));
        assert_eq!(become_client(&shown, "s", &server, client.clone()), client);
    }

    #[test]
    fn what_fits_not_together_is_said() {
        let wrong = |client: SetupClient| {
            let client = SetupClient { owner: "ann".to_owned(), ..client };
            problems(&client).into_iter().map(|problem| problem.member).collect::<Vec<_>>()
        };
        assert_eq!(wrong(SetupClient::default()), [""; 0]);
        let method = |confidentiality, method| SetupClient {
            confidentiality,
            token_endpoint_auth_method: Some(method),
            ..SetupClient::default()
        };
        assert_eq!(wrong(method(Confidentiality::Public, AuthMethod::None)), [""; 0]);
        assert_eq!(wrong(method(Confidentiality::Confidential, AuthMethod::PrivateKeyJwt)), [""; 0]);
        for (confidentiality, other) in
            [(Confidentiality::Public, AuthMethod::ClientSecretPost), (Confidentiality::Confidential, AuthMethod::None)]
        {
            assert_eq!(wrong(method(confidentiality, other)), ["/token_endpoint_auth_method"]);
        }
        let bad = SetupClient {
            access_token_ttl: Some(0),
            application_type: Some("toaster".to_owned()),
            contacts: vec![String::new()],
            ..SetupClient::default()
        };
        assert_eq!(wrong(bad), ["/access_token_ttl", "/contacts/0", "/application_type"]);
    }
}
