//! Documents as large services have them, made by rule, so that what an import must find in them is known.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// A document with what is in it.
pub struct Made {
    /// The document.
    pub document: Value,
    /// Method and path of every operation, in order.
    pub operations: Vec<(String, String)>,
    /// Every scope.
    pub scopes: Vec<String>,
}

/// Things that services are about, so that paths look like paths.
const THINGS: [&str; 12] = [
    "accounts",
    "beneficiaries",
    "cards",
    "documents",
    "events",
    "invoices",
    "ledgers",
    "mandates",
    "orders",
    "payments",
    "statements",
    "transfers",
];

/// The methods of a collection and of one thing in it, in this order.
const COLLECTION: [&str; 2] = ["get", "post"];
const ONE: [&str; 4] = ["get", "put", "patch", "delete"];

/// The styles of the five documents.
#[derive(Clone, Copy, PartialEq)]
pub enum Style {
    /// OpenAPI 3.0 with everything written out.
    Plain30,
    /// OpenAPI 3.1 with path items and parameters by reference.
    Referring31,
    /// Swagger 2.0.
    Swagger,
    /// Swagger 2.0 with shared parameters and several kinds of security.
    SwaggerShared,
    /// OpenAPI 3.1 with a requirement at every operation and nested collections.
    Secured31,
}

/// A document of `areas` × 12 things.
pub fn made(style: Style, areas: usize) -> Made {
    let mut paths = Map::new();
    let mut items = Map::new();
    let mut operations = Vec::new();
    for area in 0..areas {
        for thing in THINGS {
            let collection = format!("/area-{area}/{thing}");
            let one = format!("{collection}/{{{}Id}}", &thing[..thing.len() - 1]);
            let deep = format!("{one}/history/{{from}}..{{to}}.csv");
            for (path, methods) in [(collection, &COLLECTION[..]), (one, &ONE), (deep, &["head", "options"])] {
                operations.extend(methods.iter().map(|method| (method.to_uppercase(), path.clone())));
                let item = item(style, &path, methods);
                let name = format!("Item{}", items.len());
                match style {
                    Style::Referring31 if area % 2 == 1 => {
                        paths.insert(path, json!({ "$ref": format!("#/components/pathItems/{name}") }));
                        items.insert(name, item);
                    }
                    _ => drop(paths.insert(path, item)),
                }
            }
        }
    }
    let scopes = ["things:read", "things:write", "audit"].map(str::to_owned).to_vec();
    Made { document: around(style, paths, items), operations, scopes }
}

/// A path item with its operations, parameters and what else such documents are full of.
fn item(style: Style, path: &str, methods: &[&str]) -> Value {
    let names: Vec<&str> = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    let mut item = Map::new();
    let declared: Vec<Value> = names.iter().map(|name| parameter(style, name)).collect();
    // Half of the styles declare parameters once for the path, the others at every operation.
    let once = matches!(style, Style::Referring31 | Style::SwaggerShared | Style::Secured31);
    if once && !declared.is_empty() {
        item.insert("parameters".to_owned(), json!(declared));
    }
    for method in methods {
        let mut operation = operation(style, method, path);
        if !once && !declared.is_empty() {
            operation["parameters"] = json!(declared);
        }
        item.insert((*method).to_owned(), operation);
    }
    Value::Object(item)
}

fn parameter(style: Style, name: &str) -> Value {
    let shared = match style {
        Style::Referring31 => Some("#/components/parameters"),
        Style::SwaggerShared => Some("#/parameters"),
        _ => None,
    };
    match (shared, style) {
        (Some(folder), _) if matches!(name, "from" | "to") => json!({ "$ref": format!("{folder}/{name}") }),
        (_, Style::Swagger | Style::SwaggerShared) => {
            json!({ "name": name, "in": "path", "required": true, "type": "string" })
        }
        _ => json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    }
}

fn operation(style: Style, method: &str, path: &str) -> Value {
    let words: Vec<&str> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut operation = json!({
        "operationId": format!("{method}_{}", words.join("_")),
        "summary": format!("Does {method} to {path}"),
        "tags": [words[0]],
        "responses": { "200": { "description": "Good" }, "default": { "$ref": "other-file.yaml#/components/Error" } },
    });
    let write = !matches!(method, "get" | "head" | "options");
    if style == Style::Secured31 {
        let scope = if write { "things:write" } else { "things:read" };
        operation["security"] = json!([{ "oauth": [scope] }, { "key": [] }]);
    }
    operation
}

/// The rest of the document.
fn around(style: Style, paths: Map<String, Value>, items: Map<String, Value>) -> Value {
    let info = json!({ "title": "Things: all of them", "version": "2026-11", "description": "Line one.\nLine \"two\" # no comment" });
    let scopes = json!({ "things:read": "See things", "things:write": "Change things" });
    let flow = json!({ "tokenUrl": "https://id.example.com/token", "scopes": scopes });
    let tree = json!({ "type": "object", "properties": { "children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } } } });
    let security = json!([{ "oauth": ["audit"] }]);
    match style {
        Style::Swagger | Style::SwaggerShared => json!({
            "swagger": "2.0",
            "info": info,
            "basePath": "/v2",
            "securityDefinitions": {
                "oauth": { "type": "oauth2", "flow": "application", "tokenUrl": "https://id.example.com/token", "scopes": scopes },
                "basic": { "type": "basic" },
            },
            "security": security,
            "paths": paths,
            "parameters": { "from": parameter(Style::Swagger, "from"), "to": parameter(Style::Swagger, "to") },
        }),
        Style::Plain30 | Style::Referring31 | Style::Secured31 => json!({
            "openapi": if style == Style::Plain30 { "3.0.3" } else { "3.1.0" },
            "info": info,
            "servers": [{ "url": "https://api.example.com/v1" }],
            "security": security,
            "paths": paths,
            "components": {
                "parameters": { "from": parameter(Style::Plain30, "from"), "to": { "$ref": "#/components/parameters/until" },
                    "until": parameter(Style::Plain30, "to") },
                "pathItems": items,
                "schemas": { "Tree": tree },
                "securitySchemes": {
                    "oauth": { "$ref": "#/components/securitySchemes/real" },
                    "real": { "type": "oauth2", "flows": { "clientCredentials": flow, "authorizationCode": flow } },
                    "key": { "type": "apiKey", "in": "header", "name": "x-key" },
                },
            },
        }),
    }
}

/// A value as block YAML, with comments.
pub fn yaml(value: &Value) -> String {
    let mut text = "# Made for tests\n".to_owned();
    block(&mut text, value, 0);
    text
}

fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                write!(text, "{indent}{}:", plain(name)).unwrap();
                below(text, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                write!(text, "{indent}-").unwrap();
                below(text, item, depth);
            }
        }
        scalar => writeln!(text, "{indent}{scalar}").unwrap(),
    }
}

fn below(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            block(text, value, depth + 1);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(text, value, depth + 1);
        }
        Value::String(content) => writeln!(text, " {} # a comment", plain(content)).unwrap(),
        scalar => writeln!(text, " {scalar}").unwrap(),
    }
}

/// A text without quotes where YAML lets it have none.
fn plain(text: &str) -> String {
    let simple = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
        && !["true", "false", "null"].contains(&text);
    // A status code as a key is a number to YAML and a name to OpenAPI.
    let code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if simple || code { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}
