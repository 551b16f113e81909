//! People who log in: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::people,
        route::{Doc, Row},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/servers/{aid}/people/{subject}/second-factor",
        id: "removeSecondFactor",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes the second factor of somebody who has lost it; afterwards they may set up another.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(people::remove_second_factor(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/servers/{aid}/people/{subject}/sessions",
        id: "endSessionsOfPerson",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Logs somebody out of every browser, and ends every token that they have let clients have, for offline use too. Nothing to end is no error, nor is a name that nobody has.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(people::end_sessions(call)),
    },
];
