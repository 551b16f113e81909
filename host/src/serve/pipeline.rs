//! The sentence of DESIGN §2 as one short function:
//!
//! ```text
//! bytes → dialect (by path) → authn: Caller → Row → permit(caller, needs, target) → domain operation
//!       → at most one store transaction → answer.     Any Failure → the dialect's own words, in one place.
//! ```

use std::{collections::HashMap, sync::Arc};

use super::Service;
use crate::{
    api::{
        Answer, App, Call, DIALECTS, Request, Router, Row, challenge, cross_origin, log_failure,
        route::{DOCUMENTS, Found, Params},
    },
    authn::{self, Head},
    domain::{Caller, Failure, Needs, permit},
    metrics::{Metrics, Operation},
};

/// Answers requests with the dialects.
pub struct Pipeline {
    app: Arc<App>,
    router: Router,
    operations: HashMap<&'static str, Operation>,
    unknown: Operation,
}

impl Pipeline {
    /// The pipeline over all dialects. An error is a mistake in the tables.
    pub fn new(app: Arc<App>, metrics: &Metrics) -> Result<Pipeline, String> {
        let rows = DIALECTS.iter().flat_map(|dialect| dialect.rows());
        let operations = rows.map(|row| (row.id, metrics.operation(row.id))).collect();
        Ok(Pipeline { app, router: Router::new()?, operations, unknown: metrics.operation("unknown") })
    }

    /// Who calls, when they may.
    fn admit(&self, row: &Row, params: &Params, head: Head<'_>) -> Result<Caller, Failure> {
        let caller = match row.needs {
            Needs::Nothing => Caller::Anonymous,
            _ => authn::identify(&self.app.domain, head, row.needs, params.target())?,
        };
        permit(&self.app.domain, &caller, row.needs, params.target())?;
        Ok(caller)
    }

    /// The same, also where proving it takes long: a password is looked at.
    async fn let_in(&self, row: &Row, params: &Params, request: &Request) -> Result<Caller, Failure> {
        if !matches!(row.needs, Needs::Account | Needs::Administrator) {
            return self.admit(row, params, request.head());
        }
        let caller = authn::account(&self.app.domain, request.head(), request.peer.ip(), &request.request_id).await?;
        permit(&self.app.domain, &caller, row.needs, params.target())?;
        Ok(caller)
    }

    /// The answer, or why there is none, with where whoever has shown no good token finds out how to get one.
    async fn run(&self, found: Found, request: Request) -> Result<Answer, (Failure, Option<String>)> {
        let tongue = found.dialect.name;
        let (row, params) = found.row.map_err(|failure| (failure, None))?;
        let caller = self.let_in(row, &params, &request).await.map_err(|failure| {
            let metadata = challenge::metadata(&self.app.domain, &failure, row.needs, params.target());
            (failure, metadata)
        })?;
        let call = Call { app: Arc::clone(&self.app), caller, params, request, tongue };
        (row.run)(call).await.map_err(|failure| (failure, None))
    }
}

impl Service for Pipeline {
    async fn answer(&self, request: Request) -> Answer {
        let found = self.router.find(&request.method, &request.path);
        let dialect = found.dialect;
        let (word, id) = (dialect.word, found.row.as_ref().map(|(row, _)| row.id).ok());
        let request_id = request.request_id.clone();
        let answer = match cross_origin::preflight(&request.method, &found) {
            Some(answer) => answer,
            None => self.run(found, request).await.unwrap_or_else(|(failure, metadata)| {
                log_failure(&failure, &request_id);
                challenge::pointing(word(&failure), metadata.as_deref())
            }),
        };
        let answer = if dialect.cross_origin { cross_origin::open(answer) } else { answer };
        let operation = id.and_then(|id| self.operations.get(id)).unwrap_or(&self.unknown);
        operation.answered(answer.status.as_u16());
        answer
    }

    fn takes_document(&self, head: Head<'_>) -> bool {
        let Ok((row, params)) = self.router.find(head.method, head.path).row else { return false };
        DOCUMENTS.contains(&row.id) && self.admit(row, &params, head).is_ok()
    }
}
