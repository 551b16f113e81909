//! Tenants: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{system_tenants, tenants},
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/tenants",
        id: "listTenants",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Lists the tenants.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<system_tenants::TenantsBody>))],
        },
        run: |call| Box::pin(system_tenants::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/tenants",
        id: "createTenant",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Creates a tenant with the built-in policies and, unless told otherwise, authorization servers and clients to start with.",
            query: system_tenants::CREATE_QUERY,
            body: Some((JSON, shape::<tenants::TenantBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<system_tenants::TenantCreatedBody>))],
        },
        run: |call| Box::pin(system_tenants::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/system/tenants/{tid}",
        id: "getTenant",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Gets a tenant.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<tenants::TenantBody>))],
        },
        run: |call| Box::pin(tenants::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/system/tenants/{tid}",
        id: "updateTenant",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Replaces a tenant's name and the settings of its authentication context.",
            query: &[],
            body: Some((JSON, shape::<tenants::TenantBody>)),
            answers: &[(StatusCode::OK, Some(shape::<tenants::TenantBody>))],
        },
        run: |call| Box::pin(tenants::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/system/tenants/{tid}",
        id: "deleteTenant",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Removes a tenant and everything in it, at once. The tenant `system` cannot be removed.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(system_tenants::delete(call)),
    },
];
