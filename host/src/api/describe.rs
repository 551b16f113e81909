//! OpenAPI 3.1 from a dialect's table: paths, parameters, shapes, rights.

use http::Method;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    acp, apps, decide, oauth, outbound,
    read::{JSON, XML},
    route::{Dialect, Row, Shape, shape},
    setups,
};
use crate::domain::{Needs, history};

/// The document of a dialect.
pub fn openapi(dialect: &Dialect, server: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let error = error_shape(dialect)(&mut generator).to_value();
    let mut paths = Map::new();
    for row in dialect.rows() {
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(row.method.as_str().to_lowercase(), operation(row, dialect, &error, &mut generator));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": format!("Portcullis: {}", dialect.title), "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": server }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": { "type": "http", "scheme": "basic", "description": BASIC },
            },
        },
    })
}

/// The shape of a dialect's failures.
fn error_shape(dialect: &Dialect) -> Shape {
    match dialect.name {
        "oauth" | "oauth-protected" => shape::<oauth::words::ErrorBody>,
        "decide" => shape::<decide::words::ErrorBody>,
        "setups" => shape::<setups::words::ErrorBody>,
        "apps" => shape::<apps::words::ErrorBody>,
        _ => shape::<acp::words::ErrorBody>,
    }
}

fn operation(row: &Row, dialect: &Dialect, error: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": row.id,
        "summary": row.doc.summary,
        "tags": [dialect.title],
        "parameters": parameters(row),
        "responses": responses(row, error, generator),
    });
    if let (Some((media_type, shape)), Some(members)) = (row.doc.body, operation.as_object_mut()) {
        let content = content(row, media_type, shape(generator).to_value());
        members.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    if let (true, Some(members)) = (row.needs != Needs::Nothing, operation.as_object_mut()) {
        members.insert("security".to_owned(), schemes(row));
    }
    operation
}

/// Whose name and password may be shown instead of a token.
const BASIC: &str = "Of a client or a person of the tenant's server `admin`; a tenant other than `default` stands in front: `acme/admin`.";

/// What may be shown: a token, and where no tenant is named also a name and a password.
fn schemes(row: &Row) -> Value {
    match row.needs {
        Needs::Account | Needs::Administrator => json!([{ "bearer": [] }, { "basic": [] }]),
        _ => json!([{ "bearer": [] }]),
    }
}

/// A body under its media type, also as XML where that is taken and answered as well.
fn content(row: &Row, media_type: &str, schema: Value) -> Value {
    let both = media_type == JSON && outbound::in_xml(row);
    match both {
        true => json!({ XML: { "schema": schema }, JSON: { "schema": schema } }),
        false => json!({ media_type: { "schema": schema } }),
    }
}

fn parameters(row: &Row) -> Vec<Value> {
    let names = row.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let path = names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": segment(row, name) }));
    let query = row.doc.query.iter().map(
        |(name, text)| json!({ "name": name, "in": "query", "description": text, "schema": { "type": "string" } }),
    );
    let header = |(name, text, required): &(&str, &str, bool)| json!({ "name": name, "in": "header", "required": required, "description": text, "schema": { "type": "string" } });
    let headers = headers(row).iter().map(header);
    path.chain(query).chain(headers).collect()
}

/// What may stand in a path.
fn segment(row: &Row, name: &str) -> Value {
    let words = if row.path.contains("/history/{kind}/") && name == "kind" { history::words() } else { Vec::new() };
    match words.is_empty() {
        true => json!({ "type": "string" }),
        false => json!({ "type": "string", "enum": words }),
    }
}

type Header = (&'static str, &'static str, bool);

/// What the gateway says about the request that it asks about.
const ASKING: &[Header] = &[
    ("X-Gateway-Authorization", "The gateway's own credentials: Basic, or the bearer of its token.", true),
    (
        "X-Original-Method",
        "The method of the request, with X-Original-URI; the call's own when both are left out.",
        false,
    ),
    ("X-Original-URI", "Path and query of the request; what stands behind `authorize` when left out.", false),
    ("Authorization", "The token of the request's sender.", false),
];

/// The headers of an operation: which person a machine acts for, what a gateway says, and the condition of a change.
fn headers(row: &Row) -> &'static [Header] {
    let changes = row.method == Method::PUT || row.method == Method::DELETE;
    if row.path.contains("/gateways/{gw}/authorize") {
        ASKING
    } else if row.path.starts_with("/api/system/{tid}/consents") {
        &[("x-subject", "The person.", true)]
    } else if changes && row.path.starts_with("/api/") && row.path.ends_with('}') {
        &[("If-Match", "The ETag that the record must still have, in quotes.", false)]
    } else {
        &[]
    }
}

fn responses(row: &Row, error: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for (status, shape) in row.doc.answers {
        let mut response = json!({ "description": status.canonical_reason().unwrap_or_default() });
        if let (Some(shape), Some(members)) = (shape, response.as_object_mut()) {
            let schema = shape(generator).to_value();
            members.insert("content".to_owned(), content(row, JSON, schema));
        }
        responses.insert(status.as_str().to_owned(), response);
    }
    let content = match row.path.starts_with("/uc/") {
        true => json!({ "text/plain": { "schema": { "type": "string" } } }),
        false => json!({ JSON: { "schema": error } }),
    };
    responses.insert("default".to_owned(), json!({ "description": "Any failure", "content": content }));
    Value::Object(responses)
}
