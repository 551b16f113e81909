//! The commands that work on the store: the same code whether the running server does them (asked through its control
//! socket) or the command line itself, when no server runs.

use std::{fs, os::unix::fs::DirBuilderExt, path::PathBuf, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Error, Place, runtime, serve::secrets};
use crate::{
    api::{App, Operations, acp::verdicts, read},
    config::Config,
    crypto::MacKey,
    decision::Verdict,
    domain::{
        Observer, decision_log,
        difference::Change,
        ledger,
        plugin::Shelf,
        replay::{self, Outcome},
    },
    plugin::Sandbox,
    serve::control::{Control, ask_control},
    server::{Assembled, CONTROL_SOCKET, assemble, open_store, open_vault, start_sandbox},
    store::Store,
    world::World,
};

/// A replay's outcome when the server's situation, then or now, kept a validator from answering.
pub const NOT_REPRODUCIBLE: &str = "not_reproducible";

/// Does the commands.
pub struct Commands {
    app: Arc<App>,
    store: Store,
    sandbox: Sandbox,
    /// Knows the ledger's own keys.
    ledger: MacKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupArguments {
    to: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayArguments {
    id: String,
}

impl Commands {
    /// Over an open store.
    pub fn new(app: Arc<App>, sandbox: Sandbox) -> Commands {
        let (store, ledger) = (app.domain.store.clone(), ledger::mac(&app.domain.vault));
        Commands { app, store, sandbox, ledger }
    }

    async fn backup(&self, to: PathBuf) -> Result<Value, String> {
        if to.exists() {
            return Err(format!("{} exists already; a backup does not overwrite", to.display()));
        }
        let store = self.store.clone();
        let copied = tokio::task::spawn_blocking(move || store.backup(&to)).await.map_err(|error| error.to_string())?;
        let report = copied.map_err(|error| error.to_string())?;
        Ok(json!({ "entries": report.entries(), "bytes": report.file_bytes }))
    }

    async fn replay(&self, id: &str) -> Result<Value, String> {
        let id = decision_log::parse_id(id).ok_or("a decision's id has 32 hexadecimal digits")?;
        let replayed = replay::replay(&self.store, &self.sandbox, &id).await;
        let replay = replayed.map_err(|failure| failure.to_log().map_or_else(|| failure.to_client(), str::to_owned))?;
        let changed: Vec<_> = replay.changed.iter().map(|component| component.name.as_str()).collect();
        let outcome = replay.outcome();
        Ok(json!({
            "agrees": outcome == Outcome::Agrees,
            "outcome": word(outcome),
            "policy_id": replay.record.policy_id,
            "before": show(&replay.record.verdict),
            "now": show(&replay.now),
            "changed_components": changed,
        }))
    }
}

/// The stable word of an outcome.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Agrees => "agrees",
        Outcome::Differs => "differs",
        Outcome::NotReproducible => NOT_REPRODUCIBLE,
    }
}

fn show(verdict: &Verdict) -> Value {
    let failures: Vec<_> = verdict.failures.iter().cloned().map(verdicts::failing).collect();
    let recovery: Vec<_> = verdict.recovery.iter().cloned().map(verdicts::recovery).collect();
    json!({ "result": verdict.said().as_str(), "failures": failures, "recovery": recovery })
}

impl Control for Commands {
    async fn command(&self, name: &str, arguments: Value) -> Result<Value, String> {
        match name {
            "backup" => {
                let BackupArguments { to } = read::from_value(arguments).map_err(|problem| problem.to_string())?;
                self.backup(to).await
            }
            "replay" => {
                let ReplayArguments { id } = read::from_value(arguments).map_err(|problem| problem.to_string())?;
                self.replay(&id).await
            }
            super::ledger::TENANTS | super::ledger::SLICE_OF => {
                super::ledger::command(&self.store, &self.ledger, name, arguments).await
            }
            super::config::EXPORT | super::config::IMPORT | super::config::DIFF => {
                super::config::command(&self.app.domain, name, arguments).await
            }
            super::history::HISTORY | super::history::ROLLBACK => {
                super::history::command(&self.app.domain, name, arguments).await
            }
            super::assess::ASSESS => super::assess::command(&self.app.domain, arguments),
            super::policy::impact::IMPACT => super::policy::impact::command(&self.app.domain, arguments).await,
            super::plugin::manage::PLUGINS => super::plugin::manage::command(&self.app.domain, arguments).await,
            other => Err(format!("there is no command `{other}`")),
        }
    }
}

/// Whoever does commands: the running server, or this process when none runs.
pub struct Worker {
    config: Config,
    /// Whether to make a store where there is none.
    makes: bool,
    here: Option<(Commands, Runtime)>,
}

impl Worker {
    /// The one for this place.
    pub fn at(place: &Place) -> Result<Worker, Error> {
        Ok(Worker { config: place.load(None, false)?, makes: false, here: None })
    }

    /// The one for this place, where a store is made when there is none.
    pub fn making(place: &Place) -> Result<Worker, Error> {
        Ok(Worker { makes: true, ..Worker::at(place)? })
    }

    /// Asks for a command. A store that was opened here for one stays open for the next.
    pub fn ask(&mut self, name: &str, arguments: Value) -> Result<Value, Error> {
        if self.here.is_none() {
            let socket = self.config.data.join(CONTROL_SOCKET);
            let asked = ask_control(&socket, name, arguments.clone()).map_err(Error::from_display)?;
            if let Some(answer) = asked {
                return Ok(answer);
            }
        }
        let (commands, runtime) = match &mut self.here {
            Some(here) => here,
            none => none.insert(open(&self.config, self.makes)?),
        };
        runtime.block_on(commands.command(name, arguments)).map_err(Error::new)
    }
}

/// Asks the running server, or does it here when none runs.
pub fn ask(place: &Place, name: &str, arguments: Value) -> Result<Value, Error> {
    Worker::at(place)?.ask(name, arguments)
}

fn open(config: &Config, makes: bool) -> Result<(Commands, Runtime), Error> {
    if !makes && !config.data.join(crate::server::STORE_FILE).exists() {
        return Err(Error::new(format!("there is no store in {}", config.data.display())));
    }
    if makes {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(Error::from_display)?;
    }
    let world = World::system();
    let vault = open_vault(config, secrets().master_key.as_ref(), &world).map_err(Error::from_display)?;
    let store = open_store(config).map_err(Error::from_display)?;
    let sandbox = start_sandbox(config, &vault, Arc::new(Shelf::over(&store))).map_err(Error::from_display)?;
    let parts = Assembled { store, vault, world, sandbox: sandbox.clone(), observer: Arc::new(Nobody) };
    // Nobody asks here for decisions, and nobody is told another address than the one that is set.
    let address = config.public_url.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
    let domain = assemble(config, parts, address, false).map_err(Error::from_display)?;
    let app = App { domain, operations: Arc::new(Nobody) };
    Ok((Commands::new(Arc::new(app), sandbox), runtime(1)?))
}

/// Whom a command tells what it spends, and who knows how a process without a server is doing.
struct Nobody;

impl Observer for Nobody {
    fn store(&self, _: u64) {}

    fn decided(&self, _: &Verdict) {}

    fn answered(&self, _: u64) {}

    fn logged(&self, _: u64, _: u64) {}

    fn shadowed(&self, _: Change) {}

    fn shadow_dropped(&self) {}
}

impl Operations for Nobody {
    fn trouble(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn accepting(&self) -> bool {
        false
    }

    fn patience(&self) -> Duration {
        Duration::MAX
    }

    fn metrics(&self) -> String {
        String::new()
    }
}
