//! OpenAPI documents of services: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::imports,
        read::{JSON, MULTIPART},
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/services/{sid}/apis/import/file",
        id: "importSpecificationFromFile",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces the APIs of a service by those of an OpenAPI document in a file.",
            query: imports::QUERY,
            body: Some((MULTIPART, shape::<imports::FileForm>)),
            answers: &[(StatusCode::OK, Some(shape::<imports::ImportResult>))],
        },
        run: |call| Box::pin(imports::from_file(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/services/{sid}/apis/import/text",
        id: "importSpecificationFromText",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces the APIs of a service by those of an OpenAPI document, JSON or YAML.",
            query: imports::QUERY,
            body: Some((imports::TEXT, shape::<String>)),
            answers: &[(StatusCode::OK, Some(shape::<imports::ImportResult>))],
        },
        run: |call| Box::pin(imports::from_text(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/services/{sid}/apis/import/url",
        id: "importSpecificationFromURL",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces the APIs of a service by those of an OpenAPI document at a URL.",
            query: imports::QUERY,
            body: Some((JSON, shape::<imports::UrlBody>)),
            answers: &[(StatusCode::OK, Some(shape::<imports::ImportResult>))],
        },
        run: |call| Box::pin(imports::from_url(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/services/{sid}/apis",
        id: "removeSpecification",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes the APIs and policies of an import, and takes the service from its gateway.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<imports::RemoveResult>))],
        },
        run: |call| Box::pin(imports::remove(call)),
    },
];
