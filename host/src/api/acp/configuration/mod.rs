//! The whole configuration on the wire: out and in by whoever sets tenants up. Also written to and read from files by the
//! command line.
//!
//! `show` makes the document, `parse` reads one, `setups` knows what only setups say, `compare` says what differs between two.

pub mod compare;
mod document;
mod parse;
mod setups;
mod show;

use std::sync::Arc;

use http::StatusCode;
use tokio::task::{JoinError, spawn_blocking};

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        configuration::{self, Mode},
        import::turn,
    },
};

pub use parse::parse;
pub use show::{ConfigurationBody, show};

/// The query of exportConfiguration.
pub const EXPORT_QUERY: &[(&str, &str)] = &[(TENANT, "only what this tenant has; all tenants when left out")];
/// The query of importConfiguration.
pub const IMPORT_QUERY: &[(&str, &str)] = &[(
    MODE,
    "what becomes of records that are there already: `fail` ends the import, which then changes nothing; `ignore` keeps \
     them as they are; `update` replaces them. `fail` when left out",
)];

const TENANT: &str = "tid";
const MODE: &str = "mode";

/// exportConfiguration
pub async fn export(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&[TENANT])?;
    let (app, tenant) = (Arc::clone(&call.app), query.get(TENANT).map(str::to_owned));
    let shown = spawn_blocking(move || {
        let found = configuration::export(&app.domain, tenant.as_deref()).map_err(|failure| match failure {
            // No 404: the path is there, the query makes no sense.
            Failure::NotFound { .. } => Failure::malformed("query.tid", failure.to_client()),
            other => other,
        })?;
        show(&app.domain, found)
    });
    Ok(call.json(StatusCode::OK, &shown.await.map_err(lost)??))
}

/// importConfiguration
pub async fn import(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&[MODE])?;
    let mode = query.parsed(MODE, Mode::parse, "`fail`, `ignore` or `update`")?.unwrap_or_default();
    let (app, author) = (Arc::clone(&call.app), call.caller.name());
    let turn = turn(&app.domain).await?;
    let wanted = spawn_blocking(move || {
        let _turn = turn;
        parse(read::json(&call.request)?)
    });
    configuration::import(&app.domain, author, wanted.await.map_err(lost)??, mode).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A thread that did not end as it should.
fn lost(error: JoinError) -> Failure {
    Failure::Internal { log: error.to_string() }
}
