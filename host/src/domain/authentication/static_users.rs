//! People whose names and passwords are kept here: who somebody with a name and a password is.
//!
//! Called by the login page and by the password grant, which ask the limits against guessing before. A name that nobody
//! has costs what a wrong password costs, and all wrong passwords of a method cost the same, though hashes that came from
//! elsewhere are cheaper or dearer to check than ours: each try pays for every cost that there is among them.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value};

use super::{Authentication, Method, StaticUser, StaticUsers, mapping};
use crate::{
    crypto::{Secret, password},
    domain::{Domain, identity::Identity},
};

/// Enough of a keyed hash to tell one password's from the next one's, in hexadecimal digits.
const PROOF: usize = 16;

/// Who this is, when one of `methods` knows the name and the password. Methods that are off or know people otherwise are
/// passed over.
pub async fn prove(domain: &Domain, methods: &[Authentication], username: &str, password: &Secret) -> Option<Identity> {
    for method in methods.iter().filter(|method| !method.disabled) {
        let Method::Static(people) = &method.method else { continue };
        let user = people.users.iter().find(|user| user.username == username);
        let hash = user.map(|user| user.password.as_str());
        let right = domain.passwords.verify_at_all(password, hash, &costs(&people.users)).await;
        if let Some(user) = user.filter(|_| right) {
            return Some(identity(domain, method, user));
        }
    }
    None
}

/// What the hashes of these people cost, and ours, which is the cost of nobody's where there are no people.
pub(super) fn costs(users: &[StaticUser]) -> BTreeSet<&str> {
    users.iter().map(|user| password::cost(&user.password)).chain([password::OUR_COST]).collect()
}

/// Who somebody of this name is, without any proof that they are here.
pub fn listed(domain: &Domain, methods: &[Authentication], username: &str) -> Option<Identity> {
    methods.iter().filter(|method| !method.disabled).find_map(|method| match &method.method {
        Method::Static(people) => {
            let user = people.users.iter().find(|user| user.username == username)?;
            Some(Identity { amr: Vec::new(), ..identity(domain, method, user) })
        }
        Method::Custom { .. } | Method::Foreign { .. } => None,
    })
}

/// Whether somebody of one of `methods` has this name.
pub fn is_known(methods: &[Authentication], username: &str) -> bool {
    methods.iter().filter(|method| !method.disabled).any(|method| match &method.method {
        Method::Static(people) => people.users.iter().any(|user| user.username == username),
        Method::Custom { .. } | Method::Foreign { .. } => false,
    })
}

fn identity(domain: &Domain, method: &Authentication, user: &StaticUser) -> Identity {
    // Checked when it was saved; what cannot be read gives nothing.
    let known: Map<String, Value> = serde_json::from_str(&user.context).unwrap_or_default();
    let context = mapping::apply(&method.mappings, known);
    Identity {
        subject: user.username.clone(),
        method: method.id.clone(),
        auth_time: domain.world.now_seconds(),
        acr: None,
        amr: vec!["pwd".to_owned()],
        context: Value::Object(context).to_string(),
        proof: Some(proof(domain, user)),
    }
}

/// Whether this is still one of the people, with the password that they had when they logged in.
pub(super) fn still_knows(domain: &Domain, people: &StaticUsers, identity: &Identity) -> bool {
    let user = people.users.iter().find(|user| user.username == identity.subject);
    user.is_some_and(|user| identity.proof.as_ref().is_none_or(|known| *known == proof(domain, user)))
}

/// What a password is known by later. The hash itself is kept in one place only.
fn proof(domain: &Domain, user: &StaticUser) -> String {
    let hash = HEXLOWER.encode(domain.vault.keyed_hash("what a person was known by", &user.password).as_bytes());
    hash.chars().take(PROOF).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cost_among_people_is_paid_and_ours() {
        let user = |cost: &str| StaticUser {
            username: "ann".to_owned(),
            password: format!("{cost}$c2FsdA$b3V0"),
            context: "{}".to_owned(),
        };
        let (small, large) = ("$argon2id$v=19$m=8,t=1,p=1", "$argon2id$v=19$m=65536,t=3,p=1");
        assert_eq!(costs(&[]), [password::OUR_COST].into());
        let users = [user(small), user(large), user(small), user(password::OUR_COST)];
        assert_eq!(costs(&users), [small, large, password::OUR_COST].into());
    }
}
