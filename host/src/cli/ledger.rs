//! `portcullis ledger verify`: looks at the privacy ledger again, event by event, whether a server runs or not.
//!
//! A chain is verified in slices, so that a long one shows how far it is and no answer of the server is late.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Error, Outcome, Place, commands::Worker, output};
use crate::{
    api::read,
    crypto::MacKey,
    domain::ledger::{self, Break, Progress, Slice},
    store::Store,
};

/// Events of one slice: some seconds of work.
const SLICE: u64 = 20_000;

/// Work with the privacy ledger
#[derive(Subcommand)]
pub enum Ledger {
    /// Check every event's signature, hash and place, and the signed end of each chain
    ///
    /// Exit codes: 0 all is well, 1 something was changed (each place is told), 2 it could not be looked at.
    ///
    /// An older copy of the whole store is sound in itself. To notice that one was put back, keep the printed hash of
    /// the end elsewhere and give it to the next verification with --expect: it must still be in the chain.
    Verify(Verify),
}

/// What is to be verified.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// This tenant's ledger only
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The hash of an event that must be there, as an earlier verification printed it
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Asks for the tenants that have a ledger.
pub const TENANTS: &str = "ledger_tenants";
/// Asks for a slice of one.
pub const SLICE_OF: &str = "ledger_verify";

/// What is asked for a slice.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    tenant: String,
    number: u64,
    hash: Option<String>,
    expect: Option<String>,
}

/// What a slice looks like.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    number: u64,
    hash: Option<String>,
    done: bool,
    expected: Option<u64>,
    breaks: Vec<Broken>,
}

/// Something that should not be so. Without a number it is about the end of the chain.
#[derive(Serialize, Deserialize)]
struct Broken {
    number: Option<u64>,
    what: String,
}

/// A ledger, verified.
#[derive(Serialize)]
struct Verified {
    tenant: String,
    /// The number of the last event.
    events: u64,
    /// Its hash.
    head: Option<String>,
    /// The event with the expected hash.
    expected: Option<u64>,
    breaks: Vec<Broken>,
}

impl Ledger {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        match self {
            Ledger::Verify(verify) => verify.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<Outcome, Error> {
        let expect = self.expect.as_ref().map(|hash| hash.to_ascii_lowercase());
        if expect.as_ref().is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Err(Error::new("--expect: a hash has 64 hexadecimal digits"));
        }
        let mut worker = Worker::at(&self.place)?;
        let mut ledgers = Vec::new();
        for tenant in self.tenants(&mut worker)? {
            ledgers.push(verify(&mut worker, tenant, expect.clone())?);
        }
        let found = expect.is_none() || ledgers.iter().any(|ledger| ledger.expected.is_some());
        let unbroken = found && ledgers.iter().all(|ledger| ledger.breaks.is_empty());
        match self.json {
            true => output::say_json(&json!({ "unbroken": unbroken, "expected_found": found, "ledgers": ledgers }))?,
            false => tell(&ledgers, found),
        }
        Ok(if unbroken { Outcome::Yes } else { Outcome::No })
    }

    fn tenants(&self, worker: &mut Worker) -> Result<Vec<String>, Error> {
        let known: Vec<String> = take(worker.ask(TENANTS, json!({}))?)?;
        match &self.tenant {
            None => Ok(known),
            Some(tenant) if known.contains(tenant) => Ok(vec![tenant.clone()]),
            Some(tenant) => Err(Error::new(format!("the tenant `{tenant}` has no ledger"))),
        }
    }
}

/// Asks for slice after slice.
fn verify(worker: &mut Worker, tenant: String, expect: Option<String>) -> Result<Verified, Error> {
    let Progress { number, hash } = Progress::start();
    let mut question = Question { tenant, number, hash, expect };
    let (mut breaks, mut expected) = (Vec::new(), None);
    loop {
        let arguments = serde_json::to_value(&question).map_err(Error::from_display)?;
        let reply: Reply = take(worker.ask(SLICE_OF, arguments)?)?;
        breaks.extend(reply.breaks);
        expected = expected.or(reply.expected);
        (question.number, question.hash) = (reply.number, reply.hash);
        if reply.done {
            let head = question.hash.filter(|hash| !hash.is_empty());
            return Ok(Verified { tenant: question.tenant, events: question.number, head, expected, breaks });
        }
        output::note(&format!("{}: {} events so far", question.tenant, question.number));
    }
}

fn take<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, Error> {
    serde_json::from_value(answer).map_err(Error::from_display)
}

fn tell(ledgers: &[Verified], found: bool) {
    for Verified { tenant, events, head, expected, breaks } in ledgers {
        for Broken { number, what } in breaks {
            match number {
                Some(number) => output::say(&format!("{tenant}: event {number} {what}")),
                None => output::say(&format!("{tenant}: {what}")),
            }
        }
        if let Some(number) = expected {
            output::say(&format!("{tenant}: event {number} has the expected hash"));
        }
        let state = if breaks.is_empty() { "unbroken" } else { "BROKEN" };
        output::say(&format!("{tenant}: {events} events, {state}, ends with {}", head.as_deref().unwrap_or("nothing")));
    }
    if ledgers.is_empty() {
        output::say("there are no events");
    }
    if !found {
        output::say("no event has the expected hash: the ledger was replaced or put back");
    }
}

/// Does a command, in the server or in the command line's own process.
pub(super) async fn command(store: &Store, mac: &MacKey, name: &str, arguments: Value) -> Result<Value, String> {
    let (store, mac, name) = (store.clone(), mac.clone(), name.to_owned());
    let look = move || match name.as_str() {
        TENANTS => ledger::tenants(&store).map(|tenants| json!(tenants)).map_err(|error| error.to_string()),
        _ => slice(&store, &mac, arguments),
    };
    tokio::task::spawn_blocking(look).await.map_err(|error| error.to_string())?
}

fn slice(store: &Store, mac: &MacKey, arguments: Value) -> Result<Value, String> {
    let Question { tenant, number, hash, expect } =
        read::from_value(arguments).map_err(|problem| problem.to_string())?;
    let progress = Progress { number, hash };
    let slice = ledger::verify(store, mac, &tenant, progress, SLICE, expect.as_deref());
    let Slice { breaks, progress, done, expected } = slice.map_err(|error| error.to_string())?;
    let Progress { number, hash } = progress;
    let breaks = breaks.into_iter().map(|Break { number, what }| Broken { number, what }).collect();
    serde_json::to_value(Reply { number, hash, done, expected, breaks }).map_err(|error| error.to_string())
}
