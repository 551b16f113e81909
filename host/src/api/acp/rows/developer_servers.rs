//! Authorization servers as developers see them: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::developer_servers,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/developer/{tid}/servers",
        id: "listServersForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Lists the authorization servers on which developers may have clients.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<developer_servers::ServersBody>))],
        },
        run: |call| Box::pin(developer_servers::list(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/developer/{tid}/servers/{aid}",
        id: "getServerForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Gets one of these authorization servers with its scopes.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<developer_servers::ServerWithScopesBody>))],
        },
        run: |call| Box::pin(developer_servers::get(call)),
    },
];
