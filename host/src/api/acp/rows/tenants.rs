//! The tenant: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::tenants,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/tenant",
        id: "getAdminTenant",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets the tenant.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<tenants::TenantBody>))],
        },
        run: |call| Box::pin(tenants::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/tenant",
        id: "updateAdminTenant",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces the tenant's name and the settings of its authentication context.",
            query: &[],
            body: Some((JSON, shape::<tenants::TenantBody>)),
            answers: &[(StatusCode::OK, Some(shape::<tenants::TenantBody>))],
        },
        run: |call| Box::pin(tenants::update(call)),
    },
];
