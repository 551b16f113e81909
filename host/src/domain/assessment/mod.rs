//! The assessment of a server: how it and each of its clients stand against the standards, item by item.
//!
//! Computed from the same table that the profiles enforce (`profile`), so what is told here is what happens. Called by the
//! administration and by the command line. Knows no wire format.

use super::{
    Domain, Failure,
    client::{self, Client},
    key_ring,
    profile::{self, Facts, Found, Level, REQUIREMENTS, Requirement, Standard},
    server::{self, Server},
};

/// Clients of a page.
pub const CLIENTS: usize = 100;

/// How a server and some of its clients stand.
#[derive(Debug)]
pub struct Assessment {
    /// The profiles that the server is held to.
    pub profiles: Vec<Standard>,
    /// The server's own items.
    pub server: Vec<Item>,
    /// Clients with their items, by id.
    pub clients: Vec<(String, String, Vec<Item>)>,
    /// Behind which client to go on, when there are more.
    pub next: Option<String>,
}

/// How somebody stands against one requirement of one standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Whose requirement it is.
    pub standard: Standard,
    /// Where it stands there.
    pub section: &'static str,
    /// How much it is wanted.
    pub level: Level,
    /// The requirement's name.
    pub id: &'static str,
    /// How they stand.
    pub status: Status,
    /// Why, in a sentence.
    pub why: String,
    /// The member that says otherwise, as a JSON Pointer.
    pub member: Option<String>,
    /// What to change.
    pub change: Option<&'static str>,
}

/// How somebody stands against a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it asks for.
    Met,
    /// Not as it asks for.
    NotMet,
    /// It asks for nothing here.
    NotApplicable,
}

impl Status {
    /// Its stable word.
    pub fn word(self) -> &'static str {
        match self {
            Status::Met => "met",
            Status::NotMet => "not_met",
            Status::NotApplicable => "not_applicable",
        }
    }
}

impl Item {
    /// Whether something that a standard requires is not there.
    pub fn fails(&self) -> bool {
        self.status == Status::NotMet && self.level == Level::Required
    }
}

/// Assesses a server, and the clients behind `after` up to the end of a page, against some standards.
pub fn assess(
    domain: &Domain,
    tenant: &str,
    id: &str,
    standards: &[Standard],
    after: Option<&str>,
) -> Result<Assessment, Failure> {
    let server = &server::current(domain, tenant, id)?.value;
    let issuer = domain.issuer(tenant, id);
    let algorithms = key_ring::algorithms(domain, tenant, id, key_ring::signs_when_asked)?;
    let facts = Facts { server, issuer: &issuer, algorithms: &algorithms };
    let page = client::page(domain, tenant, id, after, CLIENTS)?;
    let next = page.last().filter(|_| page.len() == CLIENTS).map(|(id, _)| id.clone());
    let clients = page.into_iter().map(|(id, state)| {
        let items = of_client(server, &state.value, standards);
        (id, state.value.name, items)
    });
    Ok(Assessment {
        profiles: profile::profiles(server).collect(),
        server: of_server(&facts, standards),
        clients: clients.collect(),
        next,
    })
}

/// The items of a server.
pub fn of_server(facts: &Facts<'_>, standards: &[Standard]) -> Vec<Item> {
    items(standards, |line| profile::of_server(line, facts))
}

/// The items of a client.
pub fn of_client(server: &Server, client: &Client, standards: &[Standard]) -> Vec<Item> {
    items(standards, |line| profile::of_client(line, server, client))
}

fn items(standards: &[Standard], found: impl Fn(&Requirement) -> Option<Found>) -> Vec<Item> {
    let asked = |standard: Standard| REQUIREMENTS.iter().filter_map(move |line| Some((line, line.asker(standard)?)));
    let all = standards.iter().flat_map(|standard| asked(*standard));
    all.filter_map(|(line, asker)| {
        let (status, why, member) = told(line, found(line)?);
        let change = (status == Status::NotMet).then_some(line.change);
        let (standard, section, level) = (asker.standard, asker.section, asker.level);
        Some(Item { standard, section, level, id: line.id, status, why, member, change })
    })
    .collect()
}

fn told(line: &Requirement, found: Found) -> (Status, String, Option<String>) {
    match found {
        Found::Met => (Status::Met, line.says.to_owned(), None),
        Found::Nothing(why) => (Status::NotApplicable, sentence(why), None),
        Found::Broken { member, why } => (Status::NotMet, sentence(&why), Some(member)),
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(server: &Server, standard: Standard) -> Vec<(&'static str, Status)> {
        let facts = Facts { server, issuer: "https://id.example/default/shop", algorithms: &["ES256"] };
        of_server(&facts, &[standard]).into_iter().map(|item| (item.id, item.status)).collect()
    }

    #[test]
    fn a_server_as_it_is_made_is_told_what_it_lacks() {
        let found = statuses(&Server::default(), Standard::OAuth21);
        for (id, status) in [
            ("https_issuer", Status::Met),
            ("no_password_grant", Status::Met),
            ("no_tokens_in_front", Status::NotMet),
            ("pkce", Status::NotMet),
            ("exact_redirects", Status::Met),
            ("bound_tokens", Status::NotMet),
        ] {
            assert!(found.contains(&(id, status)), "{id}: {found:?}");
        }
    }

    #[test]
    fn what_a_server_has_nothing_to_do_with_does_not_apply() {
        let server = Server { grant_types: vec!["client_credentials".to_owned()], ..Server::default() };
        let found = statuses(&server, Standard::Fapi2Security);
        for id in ["pkce", "pushed_requests", "lasting_refresh", "named_redirect", "codes_once"] {
            assert!(found.contains(&(id, Status::NotApplicable)), "{id}: {found:?}");
        }
        assert!(found.contains(&("bound_tokens", Status::NotMet)), "{found:?}");
    }

    #[test]
    fn whatever_a_profile_demands_is_met_where_it_contradicts_nothing() {
        for profile in Standard::PROFILES {
            let server = Server {
                profiles: vec![profile.word().to_owned()],
                grant_types: ["authorization_code", "client_credentials", "refresh_token"].map(str::to_owned).to_vec(),
                authorization_code_seconds: 60,
                ..Server::default()
            };
            let facts = Facts { server: &server, issuer: "https://id.example/a/b", algorithms: &["ES256"] };
            assert_eq!(profile::server_problems(&facts), [], "{profile:?}");
            let missing: Vec<Item> =
                of_server(&facts, &[profile]).into_iter().filter(|item| item.status != Status::Met).collect();
            assert_eq!(missing, [], "{profile:?}");
        }
    }

    #[test]
    fn what_is_refused_when_it_is_saved_is_what_is_not_met() {
        let server = Server {
            profiles: vec!["fapi_2_security".to_owned()],
            grant_types: ["authorization_code", "implicit", "password"].map(str::to_owned).to_vec(),
            ..Server::default()
        };
        let facts = Facts { server: &server, issuer: "http://id.example/a/b", algorithms: &["RS256"] };
        let told = of_server(&facts, &[Standard::Fapi2Security]);
        let not_met: Vec<_> = told.iter().filter(|item| item.fails()).filter_map(|item| item.member.clone()).collect();
        let refused: Vec<_> = profile::server_problems(&facts).into_iter().map(|problem| problem.member).collect();
        assert_eq!(refused, not_met);
        assert_eq!(
            refused,
            ["/profiles", "/grant_types/2", "/grant_types/1", "/authorization_code_ttl", "/jwks"],
            "{told:?}"
        );
    }
}
