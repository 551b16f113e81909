//! Applications (7 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        apps::applications,
        read::{
            JSON,
            pageable::{PARAMETERS, PageBody},
        },
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/applications",
        id: "getApplications",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists applications: all for GLOBAL_ADMIN, those of its organization for ADMIN, visible ones for others.",
            query: PARAMETERS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<PageBody<applications::ApplicationBody>>))],
        },
        run: |call| Box::pin(applications::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/applications",
        id: "createApplication",
        needs: Needs::Account,
        doc: Doc {
            summary: "Creates an application when the policy `applications-add`, or `applications-genesys-add`, allows it.",
            query: &[],
            body: Some((JSON, shape::<applications::CreateBody>)),
            answers: &[(StatusCode::OK, Some(shape::<applications::CreatedBody>))],
        },
        run: |call| Box::pin(applications::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/applications/{id}",
        id: "getApplication",
        needs: Needs::Account,
        doc: Doc {
            summary: "Gets an application with what the policies `applications-view-…` show of its configuration.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<applications::ApplicationBody>))],
        },
        run: |call| Box::pin(applications::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/applications/{id}",
        id: "updateApplication",
        needs: Needs::Account,
        doc: Doc {
            summary: "Updates an application when the policy `applications-edit`, or `applications-genesys-edit`, allows it. Of what a GET has brought send `type`, `config` and `version`.",
            query: &[],
            body: Some((JSON, shape::<applications::UpdateBody>)),
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(applications::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/applications/{id}",
        id: "deleteApplication",
        needs: Needs::Account,
        doc: Doc {
            summary: "Deletes an application when the policy `applications-delete`, or `applications-genesys-delete`, allows it.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(applications::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/applications/{id}/availability",
        id: "checkApplicationIdAvailability",
        needs: Needs::Account,
        doc: Doc {
            summary: "Tells SERVICE and GLOBAL_ADMIN whether an identifier is free, and CLIENT_SERVICE whether it is in its organization.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<applications::AvailabilityBody>))],
        },
        run: |call| Box::pin(applications::availability(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/applications/organizations/{organizationId}",
        id: "getApplicationsByOrganization",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists the applications of an organization for SERVICE and GLOBAL_ADMIN.",
            query: PARAMETERS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<PageBody<applications::ApplicationBody>>))],
        },
        run: |call| Box::pin(applications::list_of_organization(call)),
    },
];
