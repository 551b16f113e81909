//! Scopes: those of the OAuth2 security schemes, and those that security requirements ask of such a scheme.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    NAMED, Reading, Scope, Version, at,
    reference::{Placed, resolve},
};

/// The security schemes of a document: the names of all, and whether they know scopes.
pub(super) struct Security<'a> {
    schemes: HashMap<&'a str, bool>,
}

/// Reads the schemes with their scopes, and the requirement of the document as a whole.
pub(super) fn read<'a>(reading: &mut Reading<'a>, root: &'a Map<String, Value>) -> Security<'a> {
    let mut security = Security { schemes: HashMap::new() };
    for (name, start) in schemes(reading, root) {
        let found = resolve(reading, start).and_then(|found| Ok((found.object()?, found.place)));
        match found {
            Ok((scheme, place)) => {
                let kind = scheme.get("type").and_then(Value::as_str).unwrap_or_default();
                security.schemes.insert(name, ["oauth2", "openIdConnect"].contains(&kind));
                if kind == "oauth2" {
                    of_scheme(reading, &place, scheme);
                }
            }
            Err(problem) => reading.add(problem),
        }
    }
    security.require(reading, "", root);
    security
}

fn schemes<'a>(reading: &mut Reading<'a>, root: &'a Map<String, Value>) -> Vec<(&'a str, Placed<'a>)> {
    let (place, found) = match reading.version {
        Version::V2 => ("/securityDefinitions", root.get("securityDefinitions")),
        Version::V30 | Version::V31 => {
            let components = root.get("components");
            ("/components/securitySchemes", components.and_then(|components| components.get("securitySchemes")))
        }
    };
    match found {
        None => Vec::new(),
        Some(Value::Object(schemes)) => {
            let placed = |(name, value)| (String::as_str(name), Placed { place: at(place, name), value });
            schemes.iter().map(placed).collect()
        }
        Some(_) => {
            reading.wrong(place, "must be an object");
            Vec::new()
        }
    }
}

/// The scopes of an OAuth2 scheme: Swagger 2.0 has one flow a scheme, OpenAPI 3 several.
fn of_scheme(reading: &mut Reading<'_>, place: &str, scheme: &Map<String, Value>) {
    if reading.version == Version::V2 {
        return of_flow(reading, place, scheme);
    }
    let place = at(place, "flows");
    let Some(flows) = scheme.get("flows").and_then(Value::as_object) else {
        return reading.wrong(place, "is required and must be an object");
    };
    for (name, flow) in flows.iter().filter(|(name, _)| !name.starts_with("x-")) {
        if !reading.step(1) {
            return;
        }
        match flow.as_object() {
            Some(flow) => of_flow(reading, &at(&place, name), flow),
            None => reading.wrong(at(&place, name), "must be an object"),
        }
    }
}

fn of_flow(reading: &mut Reading<'_>, place: &str, flow: &Map<String, Value>) {
    let place = at(place, "scopes");
    let Some(scopes) = flow.get("scopes").and_then(Value::as_object) else {
        return reading.wrong(place, "is required and must be an object");
    };
    // Swagger 2.0 has extensions among the scopes, later versions have not.
    let extensions = reading.version == Version::V2;
    for (name, description) in scopes.iter().filter(|(name, _)| !(extensions && name.starts_with("x-"))) {
        if !reading.step(1) {
            return;
        }
        add(reading, at(&place, name), name, description.as_str().unwrap_or_default());
    }
}

/// Adds a scope unless it is known. The first description counts.
fn add(reading: &mut Reading<'_>, place: String, name: &str, description: &str) {
    // RFC 6749, 3.3: a scope is written into lists that blanks separate.
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if name.is_empty() || !name.bytes().all(allowed) {
        return reading.wrong(place, "must be a scope: printable ASCII without blanks, quotes and backslashes");
    }
    let number = reading.found.scopes.len();
    if let Some(known) = reading.scopes.get(name).and_then(|number| reading.found.scopes.get_mut(*number)) {
        if known.description.is_empty() {
            description.clone_into(&mut known.description);
        }
    } else if number == NAMED {
        reading.wrong(place, format!("is one more than the {NAMED} scopes that a document may have"));
    } else {
        reading.scopes.insert(name.to_owned(), number);
        reading.found.scopes.push(Scope { place, name: name.to_owned(), description: description.to_owned() });
    }
}

impl Security<'_> {
    /// Reads the member `security` of the document or of an operation.
    pub(super) fn require(&self, reading: &mut Reading<'_>, place: &str, owner: &Map<String, Value>) {
        let Some(list) = owner.get("security") else { return };
        let place = at(place, "security");
        let Some(list) = list.as_array() else { return reading.wrong(place, "must be a list") };
        for (number, requirement) in list.iter().enumerate() {
            if !reading.step(1) {
                return;
            }
            let place = at(&place, number);
            match requirement.as_object() {
                None => reading.wrong(place, "must be an object"),
                Some(schemes) => {
                    for (name, scopes) in schemes {
                        if !reading.step(1) {
                            return;
                        }
                        self.requirement(reading, at(&place, name), name, scopes);
                    }
                }
            }
        }
    }

    fn requirement(&self, reading: &mut Reading<'_>, place: String, scheme: &str, scopes: &Value) {
        let Some(has_scopes) = self.schemes.get(scheme) else {
            return reading.wrong(place, format!("there is no security scheme `{scheme}`"));
        };
        let Some(scopes) = scopes.as_array() else { return reading.wrong(place, "must be a list of scopes") };
        for (number, scope) in scopes.iter().enumerate().filter(|_| *has_scopes) {
            if !reading.step(1) {
                return;
            }
            let place = at(&place, number);
            match scope.as_str() {
                Some(name) => add(reading, place, name, ""),
                None => reading.wrong(place, "must be a text"),
            }
        }
    }
}
