//! Mappings: what of an identity becomes what of the authentication context.
//!
//! Called by every way to log in, with what it knows of a person. Pure: knows neither where the identity comes from nor
//! what the context is for.

use serde_json::{Map, Value};

use super::Mapping;

/// The whole identity, or the top level of the context.
const ALL: &str = ".";
/// A target with more names than this is left out: whatever reads the context as JSON text has a bound on its depth.
const DEEPEST: usize = 32;

/// The authentication context of a person of whom `source` is known. Without mappings everything is copied as it is.
/// Later mappings win, and what the source does not have leaves no trace.
pub fn apply(mappings: &[Mapping], source: Map<String, Value>) -> Map<String, Value> {
    if mappings.is_empty() {
        return source;
    }
    let mut context = Map::new();
    for Mapping { source: from, target } in mappings {
        match (from.as_str(), target.as_str()) {
            (ALL, ALL) => context.extend(source.clone()),
            (ALL, target) => set(&mut context, target, Value::Object(source.clone())),
            // Only an object can be spread out over the top level.
            (from, ALL) => {
                if let Some(Value::Object(members)) = find(&source, from) {
                    context.extend(members.clone());
                }
            }
            (from, target) => {
                if let Some(value) = find(&source, from) {
                    set(&mut context, target, value.clone());
                }
            }
        }
    }
    context
}

/// What lies at a dotted path. A name that has dots itself, such as `https://shop.example/groups`, is found before its parts.
pub fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(found) = object.get(path) {
        return Some(found);
    }
    let dots = path.match_indices('.').map(|(place, _)| path.split_at(place));
    dots.filter_map(|(name, rest)| Some((object.get(name)?.as_object()?, rest.strip_prefix('.')?)))
        .find_map(|(inner, rest)| find(inner, rest))
}

/// Puts a value at a dotted path. What stands in its way and is no object gives way.
fn set(object: &mut Map<String, Value>, path: &str, value: Value) {
    if path.split('.').count() > DEEPEST {
        return;
    }
    let Some((above, last)) = path.rsplit_once('.') else {
        object.insert(path.to_owned(), value);
        return;
    };
    let mut place = object;
    for name in above.split('.') {
        let inner = place.entry(name).or_insert_with(|| Value::Object(Map::new()));
        if !inner.is_object() {
            *inner = Value::Object(Map::new());
        }
        let Value::Object(inner) = inner else { return };
        place = inner;
    }
    place.insert(last.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(mappings: &[(&str, &str)], source: Value) -> Value {
        let mapping =
            |(source, target): &(&str, &str)| Mapping { source: (*source).to_owned(), target: (*target).to_owned() };
        let mappings: Vec<Mapping> = mappings.iter().map(mapping).collect();
        let Value::Object(source) = source else { panic!("an object") };
        Value::Object(apply(&mappings, source))
    }

    #[test]
    fn without_mappings_everything_is_copied() {
        let source = json!({ "name": "Ada", "address": { "country": "GB" } });
        assert_eq!(mapped(&[], source.clone()), source);
    }

    #[test]
    fn only_what_is_mapped_is_copied_with_its_type() {
        let source = json!({ "groups": ["a", "b"], "age": 36, "admin": true, "secret": "x" });
        let mappings = [("groups", "teams"), ("age", "person.age"), ("admin", "person.admin"), ("absent", "gone")];
        let wanted = json!({ "teams": ["a", "b"], "person": { "age": 36, "admin": true } });
        assert_eq!(mapped(&mappings, source), wanted);
    }

    #[test]
    fn dots_go_down_and_names_with_dots_are_found() {
        let source = json!({ "address": { "geo": { "lat": 1 } }, "https://a.example/b": "whole", "x": { "y.z": 2 } });
        let mappings =
            [("address.geo.lat", "lat"), ("https://a.example/b", "b"), ("x.y.z", "z"), ("address.no.lat", "no")];
        assert_eq!(mapped(&mappings, source), json!({ "lat": 1, "b": "whole", "z": 2 }));
    }

    #[test]
    fn a_dot_is_everything_or_the_top_level() {
        let source = json!({ "a": { "b": 1 }, "c": 2 });
        assert_eq!(mapped(&[(".", ".")], source.clone()), source);
        assert_eq!(mapped(&[(".", "raw.upstream")], source.clone()), json!({ "raw": { "upstream": source } }));
        assert_eq!(mapped(&[("a", "."), ("c", ".")], source), json!({ "b": 1 }));
    }

    #[test]
    fn later_mappings_win_and_nothing_is_too_deep() {
        let source = json!({ "a": 1, "b": 2 });
        assert_eq!(mapped(&[("a", "x"), ("b", "x")], source.clone()), json!({ "x": 2 }));
        assert_eq!(mapped(&[("a", "x"), ("b", "x.y")], source.clone()), json!({ "x": { "y": 2 } }));
        let deep = vec!["d"; DEEPEST + 1].join(".");
        assert_eq!(mapped(&[("a", &deep)], source), json!({}));
    }
}
