//! The whole configuration on the wire: out and in by whoever sets tenants up. Also written to and read from files by the
//! command line.
//!
//! `show` makes the document, `parse` reads one, `compare` says what differs between two.

pub mod compare;
mod document;
mod parse;
mod show;

use http::StatusCode;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        configuration::{self, Mode},
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
    let domain = &call.app.domain;
    let found = configuration::export(domain, query.get(TENANT)).map_err(|failure| match failure {
        // No 404: the path is there, the query makes no sense.
        Failure::NotFound { .. } => Failure::malformed("query.tid", failure.to_client()),
        other => other,
    })?;
    Ok(call.json(StatusCode::OK, &show(domain, found)?))
}

/// importConfiguration
pub async fn import(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&[MODE])?;
    let mode = query.parsed(MODE, Mode::parse, "`fail`, `ignore` or `update`")?.unwrap_or_default();
    let document = read::json(&call.request)?;
    let domain = &call.app.domain;
    configuration::import(domain, call.caller.name(), parse(document)?, mode).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
