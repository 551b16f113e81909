//! Who is calling, as far as they have proved it.

use std::sync::Arc;

use super::Confirmation;

/// The result of authentication.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody has said anything.
    Anonymous,
    /// The bearer of a token that is good in the tenant of the request.
    Bearer(Arc<Bearer>),
    /// A client that has shown its secret instead of a token, where an operation takes that.
    Client {
        /// The tenant.
        tenant: String,
        /// The client's authorization server.
        server: String,
        /// The client.
        client_id: String,
    },
    /// A person who has shown a password with the request, where an operation takes that.
    Person {
        /// The tenant.
        tenant: String,
        /// The authorization server that knows the person.
        server: String,
        /// The person.
        subject: String,
    },
    /// Whoever works on this machine with the command line.
    Operator,
}

/// What an access token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The tenant whose server issued the token.
    pub tenant: String,
    /// The authorization server that issued it.
    pub server: String,
    /// The client it was issued to.
    pub client_id: String,
    /// Which client of that name: when it was made, in microseconds.
    pub client_since: i64,
    /// The subject: the client itself for client credentials.
    pub subject: String,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// What a person has granted, by id. None when the client acts for itself.
    pub grant: Option<String>,
    /// What the client has on its own behalf for longer than this token, by id.
    pub own_grant: Option<String>,
    /// The name of the token itself.
    pub jti: String,
    /// What it is bound to. None when it is good for whoever has it.
    pub confirmation: Option<Confirmation>,
    /// What shows that the server has issued it.
    pub issuer: Issuer,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// What shows that a server has issued a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// Its key of this thumbprint has signed it.
    Key(String),
    /// It is kept here.
    Kept,
}

impl Caller {
    /// The bearer, if there is one.
    pub fn bearer(&self) -> Option<&Bearer> {
        match self {
            Caller::Anonymous | Caller::Client { .. } | Caller::Person { .. } | Caller::Operator => None,
            Caller::Bearer(bearer) => Some(bearer),
        }
    }

    /// A name for authorship and logs.
    pub fn name(&self) -> String {
        match self {
            Caller::Anonymous => "anonymous".to_owned(),
            Caller::Bearer(bearer) => format!("{}/{}/{}", bearer.tenant, bearer.server, bearer.subject),
            Caller::Client { tenant, server, client_id } => format!("{tenant}/{server}/{client_id}"),
            Caller::Person { tenant, server, subject } => format!("{tenant}/{server}/{subject}"),
            Caller::Operator => "the command line".to_owned(),
        }
    }

    /// The tenant and the authorization server that the caller belongs to.
    pub fn home(&self) -> Option<(&str, &str)> {
        match self {
            Caller::Anonymous | Caller::Operator => None,
            Caller::Bearer(bearer) => Some((&bearer.tenant, &bearer.server)),
            Caller::Client { tenant, server, .. } | Caller::Person { tenant, server, .. } => Some((tenant, server)),
        }
    }

    /// Whether it is a person, or acts for one.
    pub fn is_person(&self) -> bool {
        match self {
            Caller::Anonymous | Caller::Client { .. } | Caller::Operator => false,
            Caller::Bearer(bearer) => bearer.grant.is_some(),
            Caller::Person { .. } => true,
        }
    }

    /// The caller's own name at home: a person's subject, or the client's id.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Caller::Anonymous | Caller::Operator => None,
            Caller::Bearer(bearer) => Some(&bearer.subject),
            Caller::Client { client_id, .. } => Some(client_id),
            Caller::Person { subject, .. } => Some(subject),
        }
    }
}
