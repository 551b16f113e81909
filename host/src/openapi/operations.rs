//! Paths, path items and their operations, in the order of the document.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    LONGEST_PATH, OPERATIONS, Operation, Reading, Version, at, parameters,
    policies::{Policies, Said},
    reference::{Placed, REF, next},
    security::Security,
    template,
};

/// The members of a path item that are operations, with the method in upper case.
const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    ("trace", "TRACE"),
];
/// The members of a path item that are none.
const OTHERS: [&str; 5] = [REF, "summary", "description", "servers", "parameters"];
/// The most path items that one is put together from.
const LAYERS: usize = 16;

/// What holds for all operations of the document.
struct Around<'a, 'b> {
    security: &'b Security<'a>,
    policy: Said,
    policies: Policies,
    /// Every operationId with its place.
    ids: HashMap<&'a str, String>,
}

/// Reads all operations.
pub(super) fn read<'a>(reading: &mut Reading<'a>, root: &'a Map<String, Value>, security: &Security<'a>) {
    let mut policies = Policies::default();
    let policy = policies.read(reading, "", root, "");
    let mut around = Around { security, policy, policies, ids: HashMap::new() };
    let paths = match root.get("paths") {
        Some(Value::Object(paths)) => paths,
        // OpenAPI 3.1 has documents that only have components or webhooks.
        None if reading.version == Version::V31 => return,
        _ => return reading.wrong("/paths", "is required and must be an object"),
    };
    for (number, (path, value)) in paths.iter().filter(|(path, _)| !path.starts_with("x-")).enumerate() {
        if number == OPERATIONS {
            return reading.wrong("/paths", format!("has more than {OPERATIONS} paths"));
        }
        if path.len() > LONGEST_PATH {
            reading.wrong("/paths", format!("has a path of more than {LONGEST_PATH} bytes"));
            continue;
        }
        if !reading.step(1) {
            return;
        }
        let place = at("/paths", path);
        around.path(reading, path, &template::variables(path), Placed { place, value });
    }
}

/// A path item with what it refers to: OpenAPI lets a referring item have members of its own.
fn layers<'a>(reading: &mut Reading<'a>, start: Placed<'a>) -> Option<Vec<(String, &'a Map<String, Value>)>> {
    let mut layers = Vec::new();
    let mut here = Some(start);
    let mut problem = None;
    while let Some(item) = here.take() {
        if !reading.step(1) {
            return None;
        }
        if layers.iter().any(|(place, _)| *place == item.place) {
            problem = Some((item.place, "is a reference that leads back to itself".to_owned()));
        } else if layers.len() == LAYERS {
            problem = Some((item.place, format!("is the end of more than {LAYERS} references in a row")));
        } else {
            match item.object().and_then(|object| Ok((object, next(reading, &item)?))) {
                Ok((object, next)) => {
                    layers.push((item.place, object));
                    here = next;
                }
                Err(found) => problem = Some((found.place, found.reason)),
            }
        }
    }
    match problem {
        None => Some(layers),
        Some((place, reason)) => {
            reading.wrong(place, reason);
            None
        }
    }
}

/// A path item that is being read.
struct Item<'a, 'b> {
    path: &'a str,
    variables: &'b [&'a str],
    declared: HashSet<&'a str>,
    policy: Said,
}

impl<'a> Around<'a, '_> {
    fn path(&mut self, reading: &mut Reading<'a>, path: &'a str, variables: &[&'a str], start: Placed<'a>) {
        let Some(layers) = layers(reading, start) else { return };
        let mut item = Item { path, variables, declared: HashSet::new(), policy: Said::Nothing };
        for (place, object) in &layers {
            item.declared.extend(parameters::read(reading, place, object, variables));
            item.policy = item.policy.or(&self.policies.read(reading, place, object, path));
        }
        item.policy = item.policy.or(&self.policy);
        let mut seen = HashSet::new();
        for (place, object) in &layers {
            for (name, value) in object.iter().filter(|(name, _)| *name != REF) {
                if !reading.step(1) {
                    return;
                }
                let place = at(place, name);
                if !seen.insert(name) {
                    reading.wrong(place, "is also a member of the path item that refers here");
                } else if let Some(method) = method(reading.version, name) {
                    self.operation(reading, &item, method, Placed { place, value });
                } else if !OTHERS.contains(&name.as_str()) && !name.starts_with("x-") {
                    reading.wrong(place, "is neither a method nor another member of a path item");
                }
            }
        }
    }

    fn operation(&mut self, reading: &mut Reading<'a>, item: &Item<'a, '_>, method: &'static str, found: Placed<'a>) {
        if reading.found.operations.len() == OPERATIONS {
            return reading.wrong(found.place, format!("is one more than the {OPERATIONS} operations of a document"));
        }
        let object = match found.object() {
            Ok(object) => object,
            Err(problem) => return reading.add(problem),
        };
        let place = found.place;
        let id = self.id(reading, &place, object);
        let own = parameters::read(reading, &place, object, item.variables);
        for variable in item.variables.iter().filter(|name| !own.contains(**name) && !item.declared.contains(**name)) {
            if reading.ended() {
                return;
            }
            reading.wrong(place.clone(), format!("does not declare the path parameter `{variable}`"));
        }
        self.security.require(reading, &place, object);
        let name = id.map_or_else(|| format!("{method} {}", item.path), str::to_owned);
        let policy = self.policies.read(reading, &place, object, &name).or(&item.policy).attached();
        reading.found.operations.push(Operation { place, method, path: item.path.to_owned(), policy });
    }

    fn id(&mut self, reading: &mut Reading<'a>, place: &str, object: &'a Map<String, Value>) -> Option<&'a str> {
        let place = at(place, "operationId");
        match object.get("operationId")? {
            Value::String(id) => {
                // A path item that several paths refer to brings its operations again.
                if let Some(first) = self.ids.insert(id, place.clone()).filter(|first| *first != place) {
                    reading.wrong(place, format!("is the operationId of {first} as well"));
                }
                Some(id)
            }
            _ => {
                reading.wrong(place, "must be a text");
                None
            }
        }
    }
}

/// The method that a member of a path item is for.
fn method(version: Version, member: &str) -> Option<&'static str> {
    let (_, method) = METHODS.iter().find(|(name, _)| *name == member)?;
    (version != Version::V2 || *method != "TRACE").then_some(*method)
}
