//! What belongs to one tenant, across all tables: which tenants there are, and taking one out whole.
//!
//! `domain` calls this for the list of tenants and for the removal of one. Knows the keys of every table, not what is in them.

use std::ops::{Bound, ControlFlow};

use super::{
    StoreError, Table, View, Write,
    key::{Key, Parts, beyond, borrow},
    pages,
    read::first,
};

/// The tenants that have, or once had, a record, in order. Costs a look-up for each of them, however much they hold.
pub fn known(view: &impl View) -> Result<Vec<String>, StoreError> {
    let mut tenants = Vec::new();
    let mut from = Bound::Unbounded;
    while let Some((key, _)) = first(view, Table::Identities, borrow(&from), Bound::Unbounded, false)? {
        let tenant = Parts(&key).text().map(str::to_owned);
        let tenant = tenant.ok_or_else(|| StoreError::corrupt(Table::Identities.name(), "a key of another shape"))?;
        from = behind(&Key::new().text(&tenant)?);
        tenants.push(tenant);
    }
    Ok(tenants)
}

/// Takes out everything of a tenant, as if it had never been. What stays are the rules of its policies, which are filed by
/// digest for all tenants, and the counters of its records' versions: were the same records made again, an entity tag
/// that somebody kept would otherwise name a state it never meant. Answers how many entries went.
pub fn erase(write: &mut Write<'_>, tenant: &str) -> Result<usize, StoreError> {
    let mut gone = 0;
    for table in Table::ALL {
        gone += match of_tenants(table) {
            Filed::First => erase_prefix(write, table, Key::new().text(tenant)?)?,
            Filed::Indexed => erase_indexes(write, tenant)?,
            Filed::Pages => pages::erase(write, tenant)?,
            Filed::Stays => 0,
        };
    }
    Ok(gone)
}

/// How a table files what belongs to a tenant.
enum Filed {
    /// Under the tenant, as the first part of the key.
    First,
    /// Under the tenant, as the first part of every index.
    Indexed,
    /// As pages of the decision log.
    Pages,
    /// Not at all, or it stays.
    Stays,
}

/// Without a wildcard, so that a new table has to be decided on.
fn of_tenants(table: Table) -> Filed {
    match table {
        Table::States
        | Table::Credential
        | Table::SigningKey
        | Table::User
        | Table::Sealed
        | Table::Specification
        | Table::Activity
        | Table::ConsentGrant
        | Table::Ledger
        | Table::LedgerHead
        | Table::Grant
        | Table::AuthorizationCode
        | Table::OlderRefresh
        | Table::AccessToken
        | Table::RevokedToken
        | Table::Session
        | Table::Login
        | Table::Access
        | Table::SecondFactor
        | Table::Assertion
        | Table::Registration
        | Table::ConnectionAccount
        | Table::ConnectionTokens
        | Table::ConnectionErrand
        | Table::Expiry
        | Table::RefreshToken
        | Table::Superseded
        | Table::Shadow
        | Table::PushedRequest
        | Table::DeviceRequest
        | Table::BackchannelRequest
        | Table::LogoutNotice
        | Table::KeyValue
        | Table::Summons
        | Table::PersonCode => Filed::First,
        Table::Index => Filed::Indexed,
        Table::Pages => Filed::Pages,
        Table::Identities | Table::Meta | Table::PolicyRules | Table::Component | Table::ComponentBytes => Filed::Stays,
    }
}

/// An index's key begins with its number and how many parts it has; the tenant is the first part of every one. Those
/// that find it have nothing there: the caller keeps them.
fn erase_indexes(write: &mut Write<'_>, tenant: &str) -> Result<usize, StoreError> {
    let mut gone = 0;
    let mut from = Bound::Unbounded;
    while let Some((key, _)) = first(&*write, Table::Index, borrow(&from), Bound::Unbounded, false)? {
        let Some(&[index, parts]) = key.first_chunk() else {
            return Err(StoreError::corrupt(Table::Index.name(), "a key of another shape"));
        };
        let kind = Key::new().byte(index).byte(parts);
        from = behind(&kind);
        if parts > 0 {
            gone += erase_prefix(write, Table::Index, kind.text(tenant)?)?;
        }
    }
    Ok(gone)
}

/// Where to look for the next key that does not start with `prefix`.
fn behind(prefix: &Key) -> Bound<Vec<u8>> {
    match beyond(prefix.as_bytes()) {
        Bound::Excluded(next) => Bound::Included(next),
        other => other,
    }
}

fn erase_prefix(write: &mut Write<'_>, table: Table, prefix: Key) -> Result<usize, StoreError> {
    let mut keys = Vec::new();
    let (from, to) = (Bound::Included(prefix.as_bytes()), beyond(prefix.as_bytes()));
    write.scan(table, from, borrow(&to), false, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    let count = keys.len();
    keys.into_iter().for_each(|key| write.delete(table, key));
    Ok(count)
}
