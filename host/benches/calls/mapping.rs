//! Claims of a token: the bundled mapper as the server asks it, and the same values found by a native function.

use std::{hint::black_box, time::Duration};

use portcullis::{
    decision::{Asked, Components, Mapped, RuleSet},
    plugin::Sandbox,
    world::Stopwatch,
};
use portcullis_fields::{Json, Path};
use serde_json::{Map, Value, json};

/// The most claims that are measured: as many as the authentication context of [`input`] has.
const MOST: usize = 20;

/// What the mapper sees when a token is made: a person with [`MOST`] values.
pub(crate) fn input() -> String {
    let value = |number: usize| (format!("claim_{number}"), json!(format!("a value of usual length, number {number}")));
    let mut person: Map<String, Value> = (0..MOST).map(value).collect();
    person.extend([
        ("sub".to_owned(), json!("anna")),
        ("amr".to_owned(), json!(["pwd"])),
        ("auth_time".to_owned(), json!(1)),
    ]);
    json!({ "authn_ctx": person }).to_string()
}

fn paths(claims: usize) -> impl Iterator<Item = String> {
    (0..claims).map(|number| format!("authn_ctx.claim_{number}"))
}

/// The mapper, configured for some claims.
pub(crate) struct Mapper<'a> {
    /// Who is asked.
    sandbox: &'a Sandbox,
    mappers: RuleSet,
    input: String,
    claims: usize,
}

impl<'a> Mapper<'a> {
    /// Configures it for so many claims.
    pub(crate) fn new(sandbox: &'a Sandbox, claims: usize) -> Mapper<'a> {
        let conf: Vec<Value> =
            paths(claims).enumerate().map(|(name, path)| json!({ "name": name.to_string(), "path": path })).collect();
        let mappers = RuleSet::of("path", [json!({ "claims": conf }).to_string()]);
        Mapper { sandbox, mappers, input: input(), claims }
    }

    /// Asks until the answer comes from a snapshot.
    pub(crate) async fn prepare(&self) {
        let watch = Stopwatch::start();
        while self.ask().await.usage.cold {
            assert!(watch.elapsed() < Duration::from_secs(30), "there is no snapshot");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How long `calls` tokens take, one after the other.
    pub(crate) async fn time(&self, calls: u64) -> Duration {
        let watch = Stopwatch::start();
        for _ in 0..calls {
            let asked = self.ask().await;
            assert!(!asked.usage.cold);
            assert!(matches!(asked.answers.as_slice(), [Ok(claims)] if claims.len() == self.claims));
        }
        watch.elapsed()
    }

    async fn ask(&self) -> Asked<Mapped> {
        self.sandbox.map(&self.mappers, &self.input).await
    }
}

/// Reads the same text and writes the same values.
pub(crate) struct Native {
    paths: Vec<Path>,
    input: String,
}

impl Native {
    /// Knows so many paths.
    pub(crate) fn new(claims: usize) -> Native {
        Native { paths: paths(claims).map(|path| Path::parse(&path).unwrap()).collect(), input: input() }
    }

    /// How long `calls` tokens take, one after the other.
    pub(crate) fn time(&self, calls: u64) -> Duration {
        let watch = Stopwatch::start();
        for _ in 0..calls {
            let document = Json::read(black_box(&self.input)).unwrap();
            for path in &self.paths {
                black_box(serde_json::to_string(path.find(&document).unwrap()).unwrap());
            }
        }
        watch.elapsed()
    }
}
