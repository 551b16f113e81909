//! Who is told next, so that nobody waits for somebody else's clients that do not answer: every tenant in turn, none with more than
//! half of the places, and no client with more than a few.
//!
//! Called by the server's own task. Knows what is being told, and neither the store nor how telling goes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Due;

/// How many are told at the same time.
const AT_ONCE: usize = 32;
/// How many of one tenant.
pub(super) const OF_TENANT: usize = 16;
/// How many of one client.
const OF_CLIENT: usize = 4;

/// Tenant, server, client.
type Client = (String, String, String);

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct Turns {
    /// The notices that are being told, by their keys.
    telling: BTreeSet<Vec<String>>,
    /// The tenant whose turn was last.
    last: String,
}

/// A tenant's part in it.
#[derive(Default)]
struct Part {
    /// How many of its notices are being told.
    busy: usize,
    /// Those that may be told now.
    next: VecDeque<Due>,
}

impl Turns {
    /// Whether there is a place for anybody.
    pub fn have_room(&self) -> bool {
        self.telling.len() < AT_ONCE
    }

    /// Those that are told from now on, of all whose time has come.
    pub fn take(&mut self, waiting: Vec<Due>) -> Vec<Due> {
        let mut parts = self.parts(waiting);
        let mut taken = Vec::new();
        while self.have_room() {
            let Some(due) = self.next(&mut parts) else { break };
            self.telling.insert(due.key.clone());
            taken.push(due);
        }
        taken
    }

    /// Whoever this was about has been told, or not: its place is free.
    pub fn end(&mut self, key: &[String]) {
        self.telling.remove(key);
    }

    /// What each tenant may have told, as far as that hangs on itself.
    fn parts(&self, waiting: Vec<Due>) -> BTreeMap<String, Part> {
        let (mut parts, mut clients) = (BTreeMap::<String, Part>::new(), BTreeMap::<Client, usize>::new());
        for key in &self.telling {
            let client = client(key);
            parts.entry(client.0.clone()).or_default().busy += 1;
            *clients.entry(client).or_default() += 1;
        }
        for due in waiting {
            if self.telling.contains(&due.key) {
                continue;
            }
            let client = client(&due.key);
            let part = parts.entry(client.0.clone()).or_default();
            let of_client = clients.entry(client).or_default();
            if *of_client < OF_CLIENT && part.busy + part.next.len() < OF_TENANT {
                *of_client += 1;
                part.next.push_back(due);
            }
        }
        parts
    }

    /// The next one of the tenant that has the fewest places; of several, of the one behind whoever was last.
    fn next(&mut self, parts: &mut BTreeMap<String, Part>) -> Option<Due> {
        let waiting = parts.iter_mut().filter(|(_, part)| !part.next.is_empty());
        let (tenant, part) = waiting.min_by_key(|(tenant, part)| (part.busy, **tenant <= self.last))?;
        part.busy += 1;
        self.last.clone_from(tenant);
        part.next.pop_front()
    }
}

/// Whose notice a key is of.
fn client(key: &[String]) -> Client {
    let part = |place: usize| key.get(place).cloned().unwrap_or_default();
    (part(0), part(2), part(4))
}

#[cfg(test)]
mod tests {
    use super::{super::Notice, *};

    /// Notices of one session of a tenant for so many clients.
    fn waiting(tenant: &str, session: &str, clients: usize) -> Vec<Due> {
        let notice = |client: usize| Due {
            key: [tenant, "0", "shop", session, &format!("client {client:02}")].map(str::to_owned).to_vec(),
            notice: Notice {
                server: "shop".to_owned(),
                client: String::new(),
                client_since: 0,
                subject: String::new(),
                sid: String::new(),
                tries: 0,
            },
        };
        (0..clients).map(notice).collect()
    }

    fn tenants(taken: &[Due]) -> String {
        taken.iter().map(|due| due.key[0].as_str()).collect()
    }

    #[test]
    fn tenants_take_turns_and_nobody_takes_all() {
        let mut turns = Turns::default();
        let all = || ["a", "b"].map(|tenant| waiting(tenant, "s", 40)).concat();
        let first = turns.take(all());
        assert_eq!(tenants(&first), "ab".repeat(16));
        assert!(!turns.have_room() && turns.take(all()).is_empty());
        // Whoever is told makes room for the next of the same, as long as the other one hangs.
        turns.end(&first[0].key);
        assert_eq!(tenants(&turns.take(all())), "a");
        // One alone has half.
        let mut alone = Turns::default();
        assert_eq!(alone.take(waiting("a", "s", 40)).len(), OF_TENANT);
        assert!(alone.have_room() && alone.take(waiting("a", "s", 40)).is_empty());
        assert_eq!(tenants(&alone.take([waiting("a", "s", 40), waiting("b", "s", 1)].concat())), "b");
    }

    #[test]
    fn whoever_was_not_asked_comes_first() {
        let mut turns = Turns::default();
        let names: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
        let all = || names.iter().map(|name| waiting(name, "s", 1)).collect::<Vec<_>>().concat();
        let first = turns.take(all());
        assert_eq!((first.len(), first[31].key[0].as_str()), (32, "31"));
        for due in &first {
            turns.end(&due.key);
        }
        // They have not heard it, so they wait again, behind the others.
        let names: Vec<String> = turns.take(all()).into_iter().map(|due| due.key[0].clone()).take(9).collect();
        assert_eq!(names, ["32", "33", "34", "35", "36", "37", "38", "39", "00"]);
    }

    #[test]
    fn a_client_that_hangs_holds_up_itself() {
        let mut turns = Turns::default();
        let many: Vec<Due> = (0..20).flat_map(|session| waiting("a", &format!("{session:02}"), 1)).collect();
        assert_eq!(turns.take(many.clone()).len(), OF_CLIENT);
        let others = [many, waiting("a", "99", 3)].concat();
        let then: Vec<String> = turns.take(others).into_iter().map(|due| due.key[4].clone()).collect();
        assert_eq!(then, ["client 01", "client 02"]);
    }
}
