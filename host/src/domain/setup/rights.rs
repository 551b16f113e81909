//! Who may do what with setups. Called by the operations of this folder and by the handlers that have more callers than
//! administrators. Everybody stays in the tenant that their credentials are of.
//!
//! ```text
//!                                   administrator   owner of the client   user of the token or consent
//! setups, resource servers          everything      -                     -
//! make a client                     everything      -                     -
//! list clients                      everything      own                   -
//! translate, see, replace, delete   everything      own                   -
//! a client and its snapshots
//! list tokens and consents          everything      of own client         own
//! see and delete one token          everything      of own client         own
//! delete tokens by user             everything      -                     own
//! ```
//!
//! An administrator is whoever has a token of the tenant's `admin` server, or its name and password. A name means something else
//! at each authorization server, so it is not enough to have the owner's: a client's owner is the developer of that name, a subject
//! of the `developer` server, and no customer who happens to be called like the administrator who made it. A token's user
//! is a person at the setup; a machine of the setup is nobody's user, though its id may spell like somebody's name.

use crate::domain::{
    Caller, Credentials, Failure,
    client::Client,
    permit::{ADMIN_SERVER, DEVELOPER_SERVER},
};

/// Whoever calls, as far as setups are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The tenant that the credentials are of.
    pub tenant: &'a str,
    server: &'a str,
    subject: &'a str,
    /// Whether it is a person rather than a machine.
    is_person: bool,
}

/// Whose tokens or consents a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Everybody's.
    All,
    /// This person's.
    User(&'a str),
}

impl<'a> Asker<'a> {
    /// The caller of an operation.
    pub fn of(caller: &'a Caller) -> Result<Asker<'a>, Failure> {
        let (Some((tenant, server)), Some(subject)) = (caller.home(), caller.subject()) else {
            return Err(Failure::Unauthenticated(Credentials::Missing));
        };
        let is_person = match caller {
            Caller::Bearer(bearer) => bearer.grant.is_some(),
            Caller::Person { .. } => true,
            Caller::Client { .. } | Caller::Anonymous | Caller::Operator => false,
        };
        Ok(Asker { tenant, server, subject, is_person })
    }

    /// Whether everything of the tenant is theirs.
    pub fn administrates(&self) -> bool {
        self.server == ADMIN_SERVER
    }

    /// Refuses everybody else.
    pub fn must_administrate(&self) -> Result<(), Failure> {
        allow_if(self.administrates(), "an administrator of the tenant")
    }

    /// Whether they are the person of this name at a setup.
    pub fn is_user(&self, setup: &str, subject: &str) -> bool {
        self.is_person && self.server == setup && self.subject == subject
    }

    /// The name under which a client may be theirs, where they are somebody who may own one.
    pub fn as_owner(&self) -> Option<&'a str> {
        (self.server == DEVELOPER_SERVER).then_some(self.subject)
    }

    /// Whether a client is theirs.
    pub fn owns(&self, client: &Client) -> bool {
        self.as_owner().is_some_and(|name| owner(client) == Some(name))
    }

    /// Refuses whoever neither administrates nor owns a client. Where there is none, only administrators learn that.
    pub fn must_own(&self, client: Option<&Client>) -> Result<(), Failure> {
        let right = self.administrates() || client.is_some_and(|client| self.owns(client));
        allow_if(right, "an administrator of the tenant, or the client's owner")
    }

    /// Whose tokens or consents a list may show that asks for those of a client and of a user, or of either or neither.
    pub fn may_list<'u>(
        &self,
        setup: &str,
        client: Option<&Client>,
        user: Option<&'u str>,
    ) -> Result<Whose<'u>, Failure>
    where
        'a: 'u,
    {
        let asked = user.map_or(Whose::All, Whose::User);
        if self.administrates() || client.is_some_and(|client| self.owns(client)) {
            return Ok(asked);
        }
        let own = self.is_user(setup, user.unwrap_or(self.subject));
        allow_if(own, "an administrator of the tenant, the client's owner, or the person themselves")?;
        Ok(Whose::User(self.subject))
    }

    /// Whose tokens may be deleted at once: of a user, of everybody (`*`), or of whoever calls when nobody is named.
    pub fn may_delete<'u>(&self, setup: &str, user: Option<&'u str>) -> Result<Whose<'u>, Failure>
    where
        'a: 'u,
    {
        let whose = match user {
            Some(EVERYBODY) => Whose::All,
            Some(user) => Whose::User(user),
            None => Whose::User(self.subject),
        };
        let own = matches!(whose, Whose::User(user) if self.is_user(setup, user));
        allow_if(own || self.administrates(), "an administrator of the tenant, or the person themselves")?;
        Ok(whose)
    }

    /// Refuses whoever a token is no business of.
    pub fn must_know(&self, client: &Client, user: &str) -> Result<(), Failure> {
        let right = self.administrates() || self.owns(client) || self.is_user(&client.server, user);
        allow_if(right, "an administrator of the tenant, the client's owner, or the person themselves")
    }
}

/// Who looks after a client: whoever setups say, or else the developer who made it.
pub fn owner(client: &Client) -> Option<&str> {
    let said = client.setup.as_ref().map(|members| members.about.owner.as_str());
    said.filter(|owner| !owner.is_empty()).or(client.developer.as_deref())
}

/// The user that stands for all of them.
const EVERYBODY: &str = "*";

fn allow_if(right: bool, needs: &str) -> Result<(), Failure> {
    match right {
        true => Ok(()),
        false => Err(Failure::Forbidden { needs: needs.to_owned() }),
    }
}
