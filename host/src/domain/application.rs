//! An application of an organization, which is a tenant: what its people and clients work with, its configuration, and whether
//! it may be used.
//!
//! Called by the `apps` dialect, and by the token endpoint of an organization's clients ([`bars`]). Reading is in `find`, writing in
//! `change`, the policies that decide about both in `rules`.

mod change;
mod config;
mod find;
mod home;
mod order;
mod rules;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem,
    authorities::{Authorities, Role},
    noun::{self, Named},
    stamp::Stamp,
};
use crate::{
    store::{Kind, Noun, State, Write},
    world::Micros,
};

pub(in crate::domain) use change::put_back;
pub use change::{Given, New, create, delete, update};
pub use config::Entries;
pub use find::{Listed, Shown, Whose, available, get, list};
pub use order::{Order, Property, Window};

use config::Config;

/// An application's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Where its people come from.
    pub kind: ApplicationType,
    /// What it is configured with, sealed: it may hold secrets.
    pub config: Config,
    /// Whether nobody gets tokens for it.
    pub disabled: bool,
    /// Whether lists show it to those who do not administrate it.
    pub visible: bool,
    /// From when on nobody gets tokens for it.
    pub expires_at: Option<Micros>,
    /// Whether people may register themselves without saying who they are.
    pub anonymous_registration: bool,
    /// When it was made. Kept here, since the oldest states of a timeline go.
    pub created_at: Micros,
}

/// Where an application's people come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names of products")]
pub enum ApplicationType {
    Genesys,
    StandaloneOpenid,
    TalkdeskOpenid,
    NiceCxoneOpenid,
    Test,
    SetupTest,
}

impl Noun for Application {
    const KIND: Kind = Kind::Application;
}

impl Named for Application {
    const NAME: &'static str = "application";
}

/// Who asks, and how to find what was decided about it.
pub struct Asking<'a> {
    /// By whom, and under which condition.
    pub by: By<'a>,
    /// The caller's X-Request-ID.
    pub request_id: &'a str,
}

impl ApplicationType {
    /// Every type.
    pub const ALL: [ApplicationType; 6] = [
        ApplicationType::Genesys,
        ApplicationType::StandaloneOpenid,
        ApplicationType::TalkdeskOpenid,
        ApplicationType::NiceCxoneOpenid,
        ApplicationType::Test,
        ApplicationType::SetupTest,
    ];

    /// Its name on the wire and in policies.
    pub const fn word(self) -> &'static str {
        match self {
            ApplicationType::Genesys => "GENESYS",
            ApplicationType::StandaloneOpenid => "STANDALONE_OPENID",
            ApplicationType::TalkdeskOpenid => "TALKDESK_OPENID",
            ApplicationType::NiceCxoneOpenid => "NICE_CXONE_OPENID",
            ApplicationType::Test => "TEST",
            ApplicationType::SetupTest => "SETUP_TEST",
        }
    }
}

impl Application {
    /// Whether tokens are issued for it: it is neither disabled nor has it expired.
    pub fn is_good(&self, now: Micros) -> bool {
        !self.disabled && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Refuses tokens for an application that is disabled, has expired or is gone. `id` is one of the tenant's.
pub fn bars(domain: &Domain, tenant: &str, id: &str) -> Result<(), Failure> {
    let found = noun::current::<Application>(domain, tenant, id)?;
    match found.value.is_good(domain.world.now()) {
        true => Ok(()),
        false => Err(Failure::Forbidden { needs: "an application that is neither disabled nor expired".to_owned() }),
    }
}

/// Whether somebody acts for the whole installation and not for one organization.
fn is_internal(authorities: &Authorities) -> bool {
    authorities.has_any(&[Role::Service, Role::GlobalAdmin])
}

/// Writes an application inside a transaction. Its id is one application's in the whole installation.
fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Application>,
    application: &Application,
    stamp: &Stamp,
) -> Result<State<Application>, Failure> {
    let mut application = application.clone();
    match old {
        Some(old) => application.created_at = old.created_at,
        None => {
            home::take(write, tenant, id, stamp)?;
            application.created_at = stamp.now;
        }
    }
    Ok(stamp.replace(write, tenant, id, application)?)
}

/// Removes an application inside a transaction.
fn remove(write: &mut Write<'_>, tenant: &str, id: &str, _: &Application, stamp: &Stamp) -> Result<(), Failure> {
    home::give_back(write, tenant, id)?;
    stamp.soft_delete::<Application>(write, tenant, id)?;
    Ok(())
}

/// A path of the dialect stands where an application of this id would.
const RESERVED: &str = "organizations";

/// What is wrong with an id that an application is to have.
fn id_problem(member: &str, id: &str) -> Option<Problem> {
    match id == RESERVED {
        true => Some(Problem::new(member, "is reserved")),
        false => super::id::check(member, id).err(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_good_until_it_is_disabled_or_ends() {
        let with = |disabled, expires_at| Application {
            kind: ApplicationType::Test,
            config: Config::of_nothing(),
            disabled,
            visible: false,
            expires_at,
            anonymous_registration: false,
            created_at: 0,
        };
        for (disabled, expires_at, good) in [
            (false, None, true),
            (true, None, false),
            (false, Some(11), true),
            (false, Some(10), false),
            (true, Some(11), false),
        ] {
            assert_eq!(with(disabled, expires_at).is_good(10), good, "{disabled} {expires_at:?}");
        }
    }

    #[test]
    fn types_are_stored_by_their_words() {
        for kind in ApplicationType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }

    #[test]
    fn an_id_stands_in_a_path_where_nothing_else_does() {
        assert!(id_problem("/id", "app-1").is_none());
        for id in ["organizations", "", "a/b", ".."] {
            assert!(id_problem("/id", id).is_some(), "{id}");
        }
    }
}
