//! Authorization details (RFC 9396): what a client asks for in members of its own making, where a scope would say too little.
//!
//! `authorize` and the grants of the token endpoint read them here, once. A type is the server's, with a JSON Schema; a client has
//! those types that it may ask for. Knows no endpoint.

use std::sync::Arc;

use quick_cache::sync::Cache;
use serde_json::{Map, Value};

use super::{
    Failure,
    client::Client,
    in_force::resources::{self, Place},
    server::{Server, security::DetailsType},
};
use crate::{
    crypto::digest,
    schema::{Bounds, Schema},
};

/// One object of `authorization_details`.
pub type Detail = Map<String, Value>;

/// The longest list of them, as text in bytes: it travels in requests, and in every token.
pub const MOST_BYTES: usize = 8192;
/// The most of them in one list.
const MOST: usize = 16;
/// How deep what is in one may be nested.
const DEEPEST: usize = 8;
/// The most members and items of one, so that a page about it ends.
const MOST_PARTS: usize = 256;
/// The member that says which type it is of.
const TYPE: &str = "type";
/// The common members that are lists of texts (RFC 9396 §2.2).
const LISTS: [&str; 4] = ["locations", "actions", "datatypes", "privileges"];
/// The common member that is one text.
const IDENTIFIER: &str = "identifier";
/// The longest schema of a type, as text in bytes.
const SCHEMA: usize = 16 * 1024;
/// What the schema of a type may be: it is read at requests, by whichever thread answers, so it is small and written out.
const BOUNDS: Bounds = Bounds { bytes: SCHEMA, patterns: 16, references: false };
/// Schemas that are kept ready.
const SCHEMAS: usize = 1000;

/// Why details are refused, in words for whoever has sent them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

/// Who asks, and where.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Where.
    pub place: Place<'a>,
    /// The server.
    pub server: &'a Server,
    /// The client.
    pub client: &'a Client,
}

/// The schemas of types, ready for use.
pub(super) struct Schemas(Cache<[u8; 32], Arc<Schema>>);

impl Schemas {
    /// None is ready yet.
    pub(super) fn new() -> Schemas {
        Schemas(Cache::new(SCHEMAS))
    }

    fn ready(&self, text: &str) -> Result<Arc<Schema>, String> {
        let name = digest::sha256(text.as_bytes());
        if let Some(known) = self.0.get(&name) {
            return Ok(known);
        }
        let made = Arc::new(Schema::read(text, BOUNDS)?);
        self.0.insert(name, Arc::clone(&made));
        Ok(made)
    }
}

/// What is wrong with the schema of a type.
pub(super) fn schema_problem(schema: &str) -> Option<String> {
    match schema {
        "" => None,
        long if long.len() > SCHEMA => Some("must have at most 16 KiB".to_owned()),
        other => Schema::read(other, BOUNDS).err().map(|why| format!("is no JSON Schema that can be used: {why}")),
    }
}

/// Reads details that a client has sent, as far as they can be judged without knowing who it is.
pub fn parse(text: &str) -> Result<Vec<Detail>, Wrong> {
    let wrong = |why: &str| Wrong(format!("authorization_details {why}"));
    if text.len() > MOST_BYTES {
        return Err(wrong("are too long"));
    }
    let details: Vec<Detail> = serde_json::from_str(text).map_err(|_| wrong("must be a JSON array of objects"))?;
    if details.is_empty() || details.len() > MOST {
        return Err(wrong("must be one object at least, and 16 at most"));
    }
    for (place, detail) in details.iter().enumerate() {
        let shape = sound(detail).map_err(|why| wrong(&format!("have a {place}. object (counted from 0) that {why}")));
        shape?;
    }
    Ok(details)
}

/// What every detail is like, whatever its type.
fn sound(detail: &Detail) -> Result<(), &'static str> {
    let is_list_of_texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    if !detail.get(TYPE).is_some_and(Value::is_string) {
        return Err("has no `type`");
    }
    if LISTS.iter().filter_map(|name| detail.get(*name)).any(|value| !is_list_of_texts(value)) {
        return Err("has a common member that is no list of texts (RFC 9396 section 2.2)");
    }
    if detail.get(IDENTIFIER).is_some_and(|value| !value.is_string()) {
        return Err("has an `identifier` that is no text");
    }
    let mut left = MOST_PARTS;
    match detail.iter().all(|(_, value)| is_small(value, DEEPEST, &mut left)) {
        true => Ok(()),
        false => Err("is nested too deep or has too many members"),
    }
}

/// Whether a value is neither too deep nor too large; `left` counts down.
fn is_small(value: &Value, deep: usize, left: &mut usize) -> bool {
    let (Some(rest), Some(deep)) = (left.checked_sub(1), deep.checked_sub(1)) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| is_small(item, deep, left)),
        Value::Object(members) => members.values().all(|member| is_small(member, deep, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Reads details that a client has sent, and judges all of them: the client may ask for their types, they fit the schemas of
/// these, and they name no locations but resources of this server.
pub fn accepted(asked: Asked<'_>, text: &str) -> Result<Result<Vec<Detail>, Wrong>, Failure> {
    let details = match parse(text) {
        Ok(details) => details,
        Err(wrong) => return Ok(Err(wrong)),
    };
    for detail in &details {
        if let Some(why) = refusal(asked, detail)? {
            return Ok(Err(Wrong(why)));
        }
    }
    Ok(Ok(details))
}

fn refusal(asked: Asked<'_>, detail: &Detail) -> Result<Option<String>, Failure> {
    let Some((name, known)) = type_of(asked.server, asked.client, detail) else {
        return Ok(Some("the client may not ask for authorization_details of this type".to_owned()));
    };
    if let Some(why) = misfit(asked, known, detail)? {
        return Ok(Some(format!("authorization_details of the type `{name}` {why}")));
    }
    let locations: Vec<&str> = locations(detail).collect();
    Ok(match resources::named(asked.place, locations)? {
        Ok(_) => None,
        Err(_) => Some("authorization_details have a location that is no resource of this server".to_owned()),
    })
}

/// The type of a detail, with its name, if server and client have it.
pub fn type_of<'s>(server: &'s Server, client: &Client, detail: &Detail) -> Option<(&'s str, &'s DetailsType)> {
    let name = detail.get(TYPE)?.as_str()?;
    let may_ask = client.security.authorization_details_types.iter().any(|own| own == name);
    let (name, known) = server.security.details_types.get_key_value(name)?;
    may_ask.then_some((name, known))
}

/// Why a detail does not fit the schema of its type. What is wrong is told without the value, which may be long.
fn misfit(asked: Asked<'_>, known: &DetailsType, detail: &Detail) -> Result<Option<String>, Failure> {
    if known.schema.is_empty() {
        return Ok(None);
    }
    let schema = asked.place.domain.schemas.ready(&known.schema);
    let schema =
        schema.map_err(|log| Failure::Internal { log: format!("a schema of authorization details: {log}") })?;
    let value = Value::Object(detail.clone());
    let first = schema.misfits(&value, value.to_string().len(), 1).pop();
    Ok(first.map(|(place, why)| format!("do not fit its schema at `{place}`: {why}")))
}

fn locations(detail: &Detail) -> impl Iterator<Item = &str> {
    detail.get("locations").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Those of the granted details that client and server still have types for.
pub fn still(server: &Server, client: &Client, granted: &[Detail]) -> Vec<Detail> {
    granted.iter().filter(|detail| type_of(server, client, detail).is_some()).cloned().collect()
}

/// Those of the granted details that are asked for: each must be one of them as it is. All when nothing is said.
pub fn narrowed(granted: Vec<Detail>, asked: Option<&str>) -> Result<Vec<Detail>, Wrong> {
    let Some(text) = asked else { return Ok(granted) };
    let asked = parse(text)?;
    match asked.iter().all(|detail| granted.contains(detail)) {
        true => Ok(asked),
        false => Err(Wrong("authorization_details go beyond what was granted".to_owned())),
    }
}

/// Those of the details that say something to one of these resources: those without locations do to all of them.
pub fn for_resources(place: Place<'_>, details: Vec<Detail>, resources: &[String]) -> Result<Vec<Detail>, Failure> {
    if resources.is_empty() {
        return Ok(details);
    }
    let mut kept = Vec::new();
    for detail in details {
        let there = resources::named(place, locations(&detail))?.unwrap_or_default();
        let everywhere = locations(&detail).next().is_none();
        if everywhere || there.iter().any(|location| resources.contains(location)) {
            kept.push(detail);
        }
    }
    Ok(kept)
}

/// Granted details as a member of an answer that travels through a browser (RFC 9396 §7); none where nothing was granted.
pub fn as_text(granted: &[Detail]) -> Option<String> {
    (!granted.is_empty()).then(|| Value::from_iter(granted.iter().cloned()).to_string())
}

/// A name for exactly this detail, by which is remembered that somebody has agreed to it. The order of members is nothing.
pub fn name(detail: &Detail) -> String {
    digest::sha256_hex(in_order(&Value::Object(detail.clone())).to_string().as_bytes())
}

fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            sorted.into_iter().map(|(name, value)| (name.clone(), in_order(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn detail(value: Value) -> Detail {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_schema_that_would_be_long_work_is_refused() {
        let patterned = |count: usize| {
            let members: Map<String, Value> =
                (0..count).map(|number| (format!("m{number}"), json!({ "pattern": "^a+$" }))).collect();
            json!({ "properties": members }).to_string()
        };
        assert_eq!(schema_problem(&patterned(BOUNDS.patterns)), None);
        let doubling = json!({ "allOf": [{ "$ref": "#/$defs/a" }, { "$ref": "#/$defs/a" }], "$defs": { "a": {} } });
        for wrong in [patterned(BOUNDS.patterns + 1), doubling.to_string(), json!({ "$ref": "#" }).to_string()] {
            assert!(schema_problem(&wrong).is_some(), "{wrong}");
        }
        let named = json!({ "properties": { "$ref": { "type": "string" } } });
        assert_eq!(schema_problem(&named.to_string()), None, "a member of that name is no reference");
    }

    #[test]
    fn details_are_a_short_list_of_objects_with_a_type() {
        let fine = json!([{ "type": "payment", "actions": ["pay"], "amount": { "value": "1.00" }, "identifier": "x" }]);
        assert_eq!(parse(&fine.to_string()).unwrap().len(), 1);
        let many: Vec<Value> = vec![json!({ "type": "payment" }); 17];
        for wrong in [
            "".to_owned(),
            "{}".to_owned(),
            "[]".to_owned(),
            "[1]".to_owned(),
            r#"{"type":"payment"}"#.to_owned(),
            r#"[{"type":"payment"}"#.to_owned(),
            json!([{ "kind": "payment" }]).to_string(),
            json!([{ "type": ["payment"] }]).to_string(),
            json!([{ "type": "payment", "actions": "pay" }]).to_string(),
            json!([{ "type": "payment", "locations": [1] }]).to_string(),
            json!([{ "type": "payment", "identifier": 1 }]).to_string(),
            json!(many).to_string(),
            json!([{ "type": "payment", "x": vec![0; 300] }]).to_string(),
            json!([{ "type": "payment", "x": "x".repeat(MOST_BYTES) }]).to_string(),
        ] {
            assert!(parse(&wrong).is_err(), "{}", wrong.chars().take(80).collect::<String>());
        }
    }

    #[test]
    fn what_is_nested_deep_is_refused_whether_or_not_it_can_be_read() {
        let nested = |depth: usize| format!(r#"[{{"type":"payment","x":{}{}}}]"#, "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(DEEPEST)).is_ok());
        for depth in [DEEPEST + 1, 100, 127, 128, 4000] {
            assert!(parse(&nested(depth)).is_err(), "{depth}");
        }
    }

    #[test]
    fn a_detail_has_one_name_however_its_members_stand() {
        let one = detail(json!({ "type": "payment", "amount": { "value": 1, "currency": "EUR" } }));
        let same = detail(json!({ "amount": { "currency": "EUR", "value": 1 }, "type": "payment" }));
        let other = detail(json!({ "type": "payment", "amount": { "value": 2, "currency": "EUR" } }));
        assert_eq!((name(&one), &one), (name(&same), &same));
        assert_ne!(name(&one), name(&other));
    }

    #[test]
    fn what_was_granted_is_narrowed_and_never_widened() {
        let granted = vec![detail(json!({ "type": "a", "n": 1 })), detail(json!({ "type": "b" }))];
        assert_eq!(narrowed(granted.clone(), None), Ok(granted.clone()));
        assert_eq!(narrowed(granted.clone(), Some(r#"[{"type":"b"}]"#)).unwrap().len(), 1);
        for more in [r#"[{"type":"a"}]"#, r#"[{"type":"a","n":2}]"#, r#"[{"type":"b"},{"type":"c"}]"#, "[]", "x"] {
            assert!(narrowed(granted.clone(), Some(more)).is_err(), "{more}");
        }
    }

    #[test]
    fn types_are_the_clients_and_the_servers() {
        let mut server = Server::default();
        server.security.details_types.insert("payment".to_owned(), DetailsType::default());
        server.security.details_types.insert("account".to_owned(), DetailsType::default());
        let mut client = Client::default();
        client.security.authorization_details_types = ["payment", "gone"].map(str::to_owned).to_vec();
        let is_known = |name: &str| type_of(&server, &client, &detail(json!({ "type": name }))).is_some();
        assert!(is_known("payment"));
        assert!(!is_known("account") && !is_known("gone") && !is_known(""));
    }

    #[test]
    fn a_schema_is_there_whole_or_not_at_all() {
        assert_eq!(schema_problem(""), None);
        assert_eq!(schema_problem(r#"{"required":["amount"]}"#), None);
        let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(SCHEMA));
        for wrong in ["{", r#"{"type":7}"#, r#"{"$ref":"https://example.org/x"}"#, r#"{"pattern":"(a)\\1"}"#, &long] {
            assert!(schema_problem(wrong).is_some(), "{}", wrong.chars().take(40).collect::<String>());
        }
    }
}
