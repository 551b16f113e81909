//! Parameters of path items and operations: that the variables of a path are declared, and nothing else is.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    LONGEST_NAME, Reading, Version, at,
    reference::{Placed, resolve},
};

/// The most parameters in one list.
const MOST: usize = 200;

/// Checks the list `parameters` of a path item or an operation. Answers the path parameters that it declares.
pub(super) fn read<'a>(
    reading: &mut Reading<'a>,
    place: &str,
    owner: &'a Map<String, Value>,
    variables: &[&str],
) -> HashSet<&'a str> {
    let mut declared = HashSet::new();
    let Some(list) = owner.get("parameters") else { return declared };
    let place = at(place, "parameters");
    let Some(list) = list.as_array().filter(|list| list.len() <= MOST) else {
        reading.wrong(place, format!("must be a list of at most {MOST} parameters"));
        return declared;
    };
    let mut seen = HashSet::new();
    for (number, value) in list.iter().enumerate() {
        if !reading.step(1) {
            break;
        }
        let place = at(&place, number);
        let Some((name, within)) = parameter(reading, Placed { place: place.clone(), value }) else { continue };
        if !seen.insert((name, within)) {
            reading.wrong(place, format!("is the second {within} parameter `{name}` of this list"));
        } else if within == "path" && !variables.contains(&name) {
            reading.wrong(place, format!("is a path parameter, and the path has no `{{{name}}}`"));
        } else if within == "path" {
            declared.insert(name);
        }
    }
    declared
}

/// The name and the kind of a parameter.
fn parameter<'a>(reading: &mut Reading<'a>, start: Placed<'a>) -> Option<(&'a str, &'a str)> {
    let found = resolve(reading, start).and_then(|found| Ok((found.object()?, found.place)));
    let (object, place) = found.map_err(|problem| reading.add(problem)).ok()?;
    let mut text = |member: &str| match object.get(member).and_then(Value::as_str) {
        Some(text) => Some(text),
        None => {
            reading.wrong(at(&place, member), "is required and must be a text");
            None
        }
    };
    let (name, within) = (text("name")?, text("in")?);
    if name.len() > LONGEST_NAME {
        reading.wrong(at(&place, "name"), format!("must have at most {LONGEST_NAME} bytes"));
        return None;
    }
    let kinds: &[&str] = match reading.version {
        Version::V2 => &["path", "query", "header", "formData", "body"],
        Version::V30 | Version::V31 => &["path", "query", "header", "cookie"],
    };
    if !kinds.contains(&within) {
        reading.wrong(at(&place, "in"), format!("must be one of {}", kinds.join(", ")));
        return None;
    }
    Some((name, within))
}
