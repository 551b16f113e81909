//! A client over time against a naive model: random schedules, changes, deletions, restorations and jumps of the clock, in the
//! tongue that schedules and in one that does not.

use std::{collections::BTreeMap, sync::Arc};

use portcullis::{
    domain::{
        Failure, Untimely,
        client::{self as plain, Client},
        credential::Given,
        setup::{
            ValidAt,
            client::{self, SetupClient},
        },
    },
    store::timeline,
    world::Micros,
};

use super::{SECOND, TENANT, ann, by, domain, machine};
use crate::support::{TestServer, random::Random};

const SERVER: &str = "default";
const ID: &str = "till";

/// A state: its name, which both tongues see, and its description, which only one sees.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    name: String,
    hidden: String,
    deleted: bool,
}

/// What should be, by when it begins.
#[derive(Default)]
struct Model(BTreeMap<Micros, Seen>);

impl Model {
    fn at(&self, at: Micros) -> Option<&Seen> {
        self.0.range(..=at).next_back().map(|(_, seen)| seen)
    }

    fn live(&self, at: Micros) -> Option<&Seen> {
        self.at(at).filter(|seen| !seen.deleted)
    }

    /// As it is now, or will be first.
    fn standing(&self, now: Micros) -> Option<&Seen> {
        self.live(now).or_else(|| self.0.range(now + 1..).map(|(_, seen)| seen).find(|seen| !seen.deleted))
    }

    /// What a change beginning at `from` is based on.
    fn hidden(&self, now: Micros, from: Micros) -> String {
        let base = self.live(from).or_else(|| self.standing(now)).or_else(|| self.at(from));
        base.map(|seen| seen.hidden.clone()).unwrap_or_default()
    }

    fn put(&mut self, from: Micros, name: &str, hidden: String) {
        self.0.insert(from, Seen { name: name.to_owned(), hidden, deleted: false });
    }

    fn delete(&mut self, now: Micros) {
        let last = self.at(now).cloned().or_else(|| self.standing(now).cloned());
        self.0.retain(|from, _| *from <= now);
        if let Some(last) = last.filter(|last| !last.deleted) {
            self.0.insert(now, Seen { deleted: true, ..last });
        }
    }

    /// What another tongue says: it holds from now on, and later too where nobody could see it.
    fn change(&mut self, now: Micros, hidden: &str) {
        let Some(live) = self.live(now).cloned() else { return };
        if live.hidden != hidden {
            self.put(now, &live.name, hidden.to_owned());
        }
        self.0.range_mut(now + 1..).for_each(|(_, seen)| seen.hidden = hidden.to_owned());
    }
}

struct Run {
    server: TestServer,
    model: Model,
    random: Random,
    step: usize,
}

impl Run {
    fn now(&self) -> Micros {
        domain(&self.server).now()
    }

    fn named(&self) -> SetupClient {
        SetupClient { name: format!("name {}", self.step), ..machine("", &[]) }
    }

    fn entity() -> String {
        client::entity_id(TENANT, ID)
    }

    async fn replace(&mut self, valid_from: Option<Micros>) {
        let (caller, wanted) = (ann(), self.named());
        let known = self.model.at(Micros::MAX).is_some();
        let name = wanted.name.clone();
        let current = self.model.0.range(..=self.now()).next_back().map(|(from, _)| *from);
        let taken = valid_from.is_some_and(|at| Some(at) != current && self.model.0.contains_key(&at));
        let before = self.now();
        let done = match known {
            true => {
                let entity = Run::entity();
                client::replace(domain(&self.server), &by(&caller), TENANT, SERVER, &entity, wanted, None, valid_from)
                    .await
            }
            false => {
                let wanted = SetupClient { client_id: ID.to_owned(), ..wanted };
                let made =
                    client::create(domain(&self.server), &by(&caller), TENANT, SERVER, wanted, None, valid_from).await;
                made.map(|(_, state)| state)
            }
        };
        match done {
            Err(Failure::Untimely { why: Untimely::Taken, .. }) => assert!(taken, "step {}", self.step),
            done => {
                assert!(!taken, "step {}", self.step);
                let from = done.unwrap().valid_from;
                let now = self.now().min(from).max(before);
                let hidden = self.model.hidden(now, from);
                self.model.put(from, &name, hidden);
            }
        }
    }

    async fn delete(&mut self) {
        let caller = ann();
        let standing = self.model.standing(self.now()).is_some();
        let done = client::delete(domain(&self.server), &by(&caller), TENANT, SERVER, &Run::entity()).await;
        assert_eq!(done.is_ok(), standing, "step {}: {done:?}", self.step);
        if standing {
            self.model.delete(self.now());
        }
    }

    async fn unschedule(&mut self) {
        let (caller, now) = (ann(), self.now());
        let instants: Vec<Micros> = self.model.0.range(now + 1..).map(|(from, _)| *from).collect();
        if instants.is_empty() {
            return;
        }
        let from = *self.random.one(&instants);
        let entity = Run::entity();
        let states = client::snapshots(domain(&self.server), TENANT, SERVER, &entity, ValidAt::Any, true).unwrap();
        let name = states.iter().find(|state| state.valid_from == from).unwrap().id.clone();
        let done = client::unschedule(domain(&self.server), &by(&caller), TENANT, SERVER, &entity, &name).await;
        assert_eq!(done.is_ok(), self.model.0.len() > 1, "step {}: {done:?}", self.step);
        if done.is_ok() {
            self.model.0.remove(&from);
        }
    }

    async fn change(&mut self) {
        let (caller, hidden) = (ann(), format!("hidden {}", self.step));
        let Some(live) = self.model.live(self.now()).cloned() else {
            let anything = Client::default();
            let missing = plain::update(domain(&self.server), &by(&caller), TENANT, ID, Given::Nothing, anything).await;
            assert!(matches!(missing, Err(Failure::NotFound { .. })), "step {}", self.step);
            return;
        };
        let old = plain::current(domain(&self.server), TENANT, ID).unwrap();
        assert_eq!(old.value.name, live.name);
        let changed = Client { description: hidden.clone(), setup: None, ..old.value.clone() };
        plain::update(domain(&self.server), &by(&caller), TENANT, ID, Given::Nothing, changed).await.unwrap();
        self.model.change(self.now(), &hidden);
    }

    /// The store and its cache say at every instant what the model says.
    fn check(&self) {
        let (now, store) = (self.now(), &domain(&self.server).store);
        let begins = self.model.0.keys().copied().filter(|from| *from > now);
        let instants: Vec<Micros> =
            begins.flat_map(|from| [from - 1, from]).chain([now, now + SECOND * 10_000]).collect();
        let read = store.read().unwrap();
        for at in instants {
            let expected = self.model.live(at);
            let found = timeline::current::<Client>(&read, TENANT, ID, at).unwrap().filter(|state| !state.deleted);
            let seen = |value: &Client| (value.name.clone(), value.description.clone());
            let expected = expected.map(|seen| (seen.name.clone(), seen.hidden.clone()));
            assert_eq!(found.map(|state| seen(&state.value)), expected, "step {} at {at}, now {now}", self.step);
            let cached = store.current::<Client>(TENANT, ID, at).unwrap();
            assert_eq!(
                cached.map(|state: Arc<_>| seen(&state.value)),
                expected,
                "the cache, step {} at {at}",
                self.step
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_does_what_a_naive_model_says() {
    let server = TestServer::with(|config| config.store.states_kept = 1000).await;
    let mut run = Run { server, model: Model::default(), random: Random::seeded(17), step: 0 };
    for step in 0..250 {
        run.step = step;
        match run.random.below(10) {
            0..=2 => {
                let at = run.now() + SECOND * (1 + run.random.below(20) as i64);
                run.replace(Some(at)).await;
            }
            3 => run.replace(None).await,
            4 => run.delete().await,
            5 => run.unschedule().await,
            6 | 7 => run.change().await,
            _ => run.server.world.advance_seconds(run.random.below(12) as i64),
        }
        run.check();
    }
}
