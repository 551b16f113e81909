//! One table per dialect: a row is an operation. The tables drive routing, rights, OpenAPI, `/docs` and metrics.

use std::sync::Arc;

use http::{Method, StatusCode, header::ETAG};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;

use super::{Answer, App, DIALECTS, Request, etag};
use crate::{
    decision::BoxFuture,
    domain::{By, Caller, Failure, Needs, Target},
    world::Stopwatch,
};

/// A tongue: its rows, and its words for failures.
pub struct Dialect {
    /// As in `/openapi/{name}.json`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// The path prefixes whose unknown paths this dialect answers.
    pub prefixes: &'static [&'static str],
    /// What may stand before all of its paths, for programs that know them from elsewhere; nothing when empty.
    pub also_under: &'static str,
    /// Its operations, a table a noun.
    pub tables: &'static [&'static [Row]],
    /// Its words for a failure: a `match` without wildcard.
    pub word: fn(&Failure) -> Answer,
    /// Whether programs in browsers may call it from pages of every origin (`cross_origin`). No cookie counts in such a one.
    pub cross_origin: bool,
    /// Whether a GET may carry something on, as pages do with a login: then HEAD is refused, which must not (RFC 9110 §9.2.1).
    pub carries_on: bool,
}

impl Dialect {
    /// Its operations.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.tables.iter().copied().flatten()
    }
}

/// One operation. `needs` cannot be left out, so no handler runs without a decision about who may call it.
pub struct Row {
    /// The method; HEAD is served where GET is.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// The operation's name (operationId).
    pub id: &'static str,
    /// Who may call it.
    pub needs: Needs,
    /// What it does, for OpenAPI and `/docs`.
    pub doc: Doc,
    /// The handler.
    pub run: Run,
}

/// The operations whose body is a whole document and may be as large as `limits.document_bytes`.
pub const DOCUMENTS: [&str; 4] =
    ["importSpecificationFromFile", "importSpecificationFromText", "importConfiguration", "uploadPlugin"];

/// A handler.
pub type Run = fn(Call) -> BoxFuture<'static, Result<Answer, Failure>>;

/// An operation's description.
pub struct Doc {
    /// One sentence.
    pub summary: &'static str,
    /// Its query parameters, as (name, description).
    pub query: &'static [(&'static str, &'static str)],
    /// The media type and the shape of its body.
    pub body: Option<(&'static str, Shape)>,
    /// The statuses it answers besides the failures that any operation may answer.
    pub answers: &'static [(StatusCode, Option<Shape>)],
}

/// Adds a type's JSON Schema to a document.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The shape of `T`.
pub fn shape<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What a handler gets.
pub struct Call {
    /// Every operation.
    pub app: Arc<App>,
    /// Who calls. `permit` has let it through.
    pub caller: Caller,
    /// The path's parameters.
    pub params: Params,
    /// The request.
    pub request: Request,
    /// The name of the dialect that it is put in.
    pub tongue: &'static str,
}

impl Call {
    /// The parameter `name` of the path. Rows and handlers stand side by side, so a wrong name shows in the first test.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    /// By whom and under which condition this changes something: the caller and If-Match (RFC 9110 §13.1.1).
    pub fn by(&self) -> By<'_> {
        By { caller: &self.caller, condition: etag::condition(&self.request.headers), tongue: self.tongue }
    }

    /// An answer with one record and its entity tag.
    pub fn one(&self, status: StatusCode, body: &impl Serialize, version: u64) -> Answer {
        self.json(status, body).header(ETAG, &etag::of(version))
    }

    /// An answer with a JSON body, with the time that took on the metrics.
    pub fn json(&self, status: StatusCode, body: &impl Serialize) -> Answer {
        let watch = Stopwatch::start();
        let answer = Answer::json(status, body);
        self.app.domain.observer.answered(watch.micros());
        answer
    }

    /// The tenant of the path.
    pub fn tenant(&self) -> &str {
        self.param("tid")
    }
}

/// The decoded parameters of a path, by the names they have in the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// With one more, for a page that something else than the path leads to.
    pub fn with(mut self, name: &'static str, value: &str) -> Params {
        self.0.push((name, value.to_owned()));
        self
    }

    /// What the path acts on.
    pub fn target(&self) -> Target<'_> {
        Target { tenant: self.get("tid"), server: self.get("aid") }
    }
}

/// Finds the row of a request.
pub struct Router {
    paths: matchit::Router<Vec<(&'static Dialect, &'static Row)>>,
}

/// What was found: always a dialect, so that every answer is in somebody's words.
pub struct Found {
    /// Whose words the answer has.
    pub dialect: &'static Dialect,
    /// The operation, or why there is none.
    pub row: Result<(&'static Row, Params), Failure>,
}

impl Router {
    /// The router of all dialects. Two rows for one method and path, or paths that overlap, are an error.
    pub fn new() -> Result<Router, String> {
        let mut paths = matchit::Router::<Vec<(&'static Dialect, &'static Row)>>::new();
        for dialect in DIALECTS {
            for row in dialect.rows() {
                match paths.at_mut(row.path) {
                    Ok(found) if found.value.first().is_some_and(|(_, first)| first.path == row.path) => {
                        found.value.push((dialect, row));
                    }
                    _ => {
                        paths.insert(row.path, vec![(dialect, row)]).map_err(|error| format!("{}: {error}", row.id))?
                    }
                }
            }
        }
        Ok(Router { paths })
    }

    /// The row for a method and a raw path.
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let path = canonical(path);
        let Ok(found) = self.paths.at(path) else {
            return Found { dialect: dialect_of(path), row: Err(Failure::NoSuchPath) };
        };
        let dialect = found.value.first().map_or_else(|| dialect_of(path), |(dialect, _)| *dialect);
        let names = found.value.first().map(|(_, row)| names(row.path)).into_iter().flatten();
        let Some(params) = decode(&found.params, names) else {
            return Found { dialect, row: Err(Failure::NoSuchPath) };
        };
        let method = if method == Method::HEAD && !dialect.carries_on { &Method::GET } else { method };
        let row = match found.value.iter().find(|(_, row)| row.method == *method) {
            Some((_, row)) => Ok((*row, params)),
            None => Err(Failure::NoSuchMethod { allowed: allowed(found.value) }),
        };
        Found { dialect, row }
    }
}

/// A path without what may stand before it.
fn canonical(path: &str) -> &str {
    let bare = |dialect: &&'static Dialect| match dialect.also_under {
        "" => None,
        before => {
            path.strip_prefix(before).filter(|rest| dialect.prefixes.iter().any(|prefix| rest.starts_with(prefix)))
        }
    };
    DIALECTS.iter().find_map(bare).unwrap_or(path)
}

/// The names of the parameters of a path, in order; `*name` takes the rest, as in `/a/{*name}`.
fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Percent-decodes every parameter. None when one is not UTF-8, or holds what no identifier may hold. The rest of a path
/// is not among them: it is many segments, so whoever takes it reads it as it was sent, from `Request::path`.
fn decode(params: &matchit::Params<'_, '_>, names: impl Iterator<Item = &'static str>) -> Option<Params> {
    let mut decoded = Vec::with_capacity(params.len());
    for ((_, value), name) in params.iter().zip(names).filter(|(_, name)| !name.starts_with('*')) {
        let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
        if value.is_empty() || value.contains(['\0', '/', '\\']) {
            return None;
        }
        decoded.push((name, value.into_owned()));
    }
    Some(Params(decoded))
}

/// The Allow header (RFC 9110 §10.2.1). HEAD is served where GET is.
fn allowed(rows: &[(&'static Dialect, &'static Row)]) -> String {
    let words = rows.iter().map(|(_, row)| if row.method == Method::GET { "GET, HEAD" } else { row.method.as_str() });
    words.collect::<Vec<_>>().join(", ")
}

/// The dialect with the longest prefix of `path`; the last one has the empty prefix.
fn dialect_of(path: &str) -> &'static Dialect {
    let longest = |dialect: &&&'static Dialect| {
        let matching = dialect.prefixes.iter().filter(|prefix| path.starts_with(**prefix));
        matching.map(|prefix| prefix.len()).max()
    };
    DIALECTS.iter().filter(|dialect| longest(dialect).is_some()).max_by_key(longest).unwrap_or(&&super::acp::DIALECT)
}

#[cfg(test)]
mod tests;
