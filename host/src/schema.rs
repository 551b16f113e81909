//! JSON Schemas of strangers: of components' configurations and of tenants' types of authorization details. They are worked with
//! in the host, so what one may cost is bounded before anything is done with it, in this one place.
//!
//! Called by `plugin` and `domain`, each with bounds of its own. A schema is refused that refers to itself or grows beyond bounds
//! when what it refers to is put in its place; what is left costs at most one step for each of its parts and each part of a value.
//! Patterns are those that a time linear in the text is enough for. Knows nothing of components, tenants or details.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Parts of a schema (values of its JSON text), with all that it refers to. Those that are written by hand have some hundred.
const PARTS: usize = 4096;
/// How deep parts may stand in each other, which is how deep the host's stack gets.
const DEPTH: usize = 64;
/// The largest compiled pattern, in bytes.
const PATTERN: usize = 256 << 10;
/// Steps for one value: some tenths of a second.
const STEPS: usize = 16 << 20;
/// Steps up to which every problem is gathered, which takes memory for each of them.
const GATHERED: usize = 1 << 20;
/// Bytes that patterns may look at together, for one value.
const MATCHED: usize = 1 << 20;

/// What a schema may be, beside what none may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The longest, as text in bytes.
    pub bytes: usize,
    /// Patterns, wherever they stand: each is compiled.
    pub patterns: usize,
    /// Whether it may refer to parts of its own.
    pub references: bool,
}

/// A schema that is ready for use.
pub struct Schema {
    validator: Validator,
    size: Size,
}

/// What does not fit: a JSON Pointer into the value, and a sentence.
pub type Misfit = (String, String);

/// How large a schema is with all that it refers to.
#[derive(Clone, Copy, Default)]
struct Size {
    parts: usize,
    patterns: usize,
}

impl Schema {
    /// Reads a schema, or says what is wrong with it.
    pub fn read(text: &str, bounds: Bounds) -> Result<Schema, String> {
        if text.len() > bounds.bytes {
            return Err(format!("it has more than {} bytes", bounds.bytes));
        }
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut measure = Measure { root: &schema, bounds, size: Size::default() };
        measure.part(&schema, 0)?;
        let size = measure.size;
        let patterns = PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN);
        // References to other documents are not followed: the crate is built without files and network.
        let validator = jsonschema::draft202012::options().with_pattern_options(patterns).build(&schema);
        Ok(Schema { validator: validator.map_err(|error| error.to_string())?, size })
    }

    /// What of a value does not fit, `most` of it at most. The value has `bytes` as text. Takes a while for a large one.
    pub fn misfits(&self, value: &Value, bytes: usize, most: usize) -> Vec<Misfit> {
        let whole = |message: &str| vec![(String::new(), message.to_owned())];
        let steps = self.size.parts.saturating_mul(parts(value));
        if steps > STEPS || self.size.patterns.saturating_mul(bytes) > MATCHED {
            return whole("it is too large to be held against its schema");
        }
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        if steps > GATHERED {
            return whole("it does not fit its schema, and is too large to say where");
        }
        // Masked: a message that repeated the value could be as long as the value, and hold its secrets.
        let errors = self.validator.iter_errors(value).take(most);
        errors.map(|error| (error.instance_path().to_string(), error.masked().to_string())).collect()
    }
}

/// The values of a JSON text. It was read with bounded depth.
fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(inside) => inside.iter().map(parts).sum(),
        Value::Object(inside) => inside.values().map(parts).sum(),
        _ => 0,
    }
}

/// Counts a schema with what it refers to in its place, and stops at the bounds.
struct Measure<'a> {
    root: &'a Value,
    bounds: Bounds,
    size: Size,
}

impl<'a> Measure<'a> {
    fn part(&mut self, value: &'a Value, depth: usize) -> Result<(), String> {
        self.size.parts += 1;
        if depth > DEPTH {
            return Err(format!("it refers to itself, or is more than {DEPTH} levels deep"));
        }
        if self.size.parts > PARTS {
            return Err(format!("it has more than {PARTS} parts with all that it refers to"));
        }
        match value {
            Value::Array(inside) => inside.iter().try_for_each(|value| self.part(value, depth + 1)),
            Value::Object(inside) => inside.iter().try_for_each(|(key, value)| self.member(key, value, depth)),
            _ => Ok(()),
        }
    }

    fn member(&mut self, key: &str, value: &'a Value, depth: usize) -> Result<(), String> {
        match (key, value) {
            ("$ref", Value::String(_)) if !self.bounds.references => {
                return Err("references are not taken: write the schema out".to_owned());
            }
            ("$ref", Value::String(to)) => {
                // As a fragment of the document itself; what an anchor or another document is called is not looked up.
                let there = to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                let there = there.ok_or_else(|| format!("it refers to `{to}`, which is not in it: `#/$defs/…` is"))?;
                return self.part(there, depth + 1);
            }
            ("$dynamicRef" | "$recursiveRef", Value::String(_)) => return Err(format!("`{key}` is not understood")),
            ("$id", Value::String(_)) if depth > 0 => return Err("only the whole schema may have an `$id`".to_owned()),
            ("pattern", Value::String(_)) => self.size.patterns += 1,
            ("patternProperties", Value::Object(inside)) => self.size.patterns += inside.len(),
            _ => {}
        }
        if self.size.patterns > self.bounds.patterns {
            return Err(format!("it has more than {} patterns", self.bounds.patterns));
        }
        self.part(value, depth + 1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PATTERNS: usize = 64;
    const BOUNDS: Bounds = Bounds { bytes: 1 << 20, patterns: PATTERNS, references: true };

    fn refusal(schema: &Value) -> String {
        Schema::read(&schema.to_string(), BOUNDS).err().unwrap_or_default()
    }

    fn told(schema: &Value, value: &Value) -> usize {
        let schema = Schema::read(&schema.to_string(), BOUNDS).unwrap();
        schema.misfits(value, value.to_string().len(), 20).len()
    }

    #[test]
    fn bounds_are_the_callers() {
        let refused = |schema: Value, bounds: Bounds| Schema::read(&schema.to_string(), bounds).err();
        let referring = json!({ "$defs": { "a": {} }, "$ref": "#/$defs/a" });
        assert_eq!(refused(referring.clone(), BOUNDS), None);
        assert!(refused(referring, Bounds { references: false, ..BOUNDS }).unwrap().contains("references"));
        let named = json!({ "properties": { "$ref": { "type": "string" } } });
        assert_eq!(
            refused(named, Bounds { references: false, ..BOUNDS }),
            None,
            "a member of that name is no reference"
        );
        let patterned = json!({ "allOf": [{ "pattern": "a" }, { "patternProperties": { "b": {} } }] });
        assert_eq!(refused(patterned.clone(), Bounds { patterns: 2, ..BOUNDS }), None);
        assert!(refused(patterned, Bounds { patterns: 1, ..BOUNDS }).unwrap().contains("patterns"));
        assert!(refused(json!({ "title": "long" }), Bounds { bytes: 8, ..BOUNDS }).unwrap().contains("bytes"));
    }

    #[test]
    fn no_more_is_told_than_is_wanted() {
        let schema = Schema::read(&json!({ "items": { "type": "string" } }).to_string(), BOUNDS).unwrap();
        let wrong = json!([1, 2, 3]);
        assert_eq!(schema.misfits(&wrong, 7, 2).len(), 2);
        assert_eq!(schema.misfits(&wrong, 7, 1)[0].0, "/0");
    }

    #[test]
    fn a_schema_may_refer_to_its_own_parts() {
        let schema = json!({ "$id": "urn:x", "$defs": { "a": { "type": "string", "pattern": "^[a-z]{1,64}$" } },
            "properties": { "a": { "$ref": "#/$defs/a" }, "$ref": { "type": "integer" }, "$id": { "type": "integer" } } });
        assert_eq!(told(&schema, &json!({ "a": "ab", "$ref": 1 })), 0);
        assert_eq!(told(&schema, &json!({ "a": "AB", "$ref": "x", "$id": "x" })), 3);
    }

    #[test]
    fn what_could_take_for_ever_is_refused_before_anything_is_done_with_it() {
        let twice = json!([{ "$ref": "#" }, { "$ref": "#" }]);
        for schema in
            [json!({ "$ref": "#" }), json!({ "allOf": twice }), json!({ "properties": { "a": { "allOf": twice } } })]
        {
            let why = refusal(&schema);
            assert!(why.contains("itself") || why.contains("parts"), "{schema}: {why}");
        }
        let link = |number: usize| json!({ "anyOf": [{ "$ref": format!("#/$defs/{}", number + 1) }, { "$ref": format!("#/$defs/{}", number + 1) }] });
        let doubling: serde_json::Map<_, _> = (0..12).map(|number| (number.to_string(), link(number))).collect();
        let schema = json!({ "$defs": doubling, "$ref": "#/$defs/0" });
        assert!(refusal(&schema).contains("not in it"), "the last link leads nowhere");
        let mut whole = schema;
        whole["$defs"]["12"] = json!({});
        assert!(refusal(&whole).contains("parts"), "{}", refusal(&whole));
        let deep = (0..DEPTH).fold(json!({}), |inside, _| json!({ "not": inside }));
        assert!(refusal(&json!({ "not": deep })).contains("deep"));
        assert!(refusal(&json!({ "anyOf": vec![json!(true); PARTS] })).contains("parts"));
        assert!(refusal(&json!({ "$dynamicAnchor": "x", "items": { "$dynamicRef": "#x" } })).contains("$dynamicRef"));
        assert!(refusal(&json!({ "items": { "$id": "urn:x" } })).contains("$id"));
    }

    #[test]
    fn patterns_are_few_small_and_linear() {
        assert!(refusal(&json!({ "anyOf": vec![json!({ "pattern": "a" }); PATTERNS + 1] })).contains("patterns"));
        for pattern in ["((a{1,100}){1,100}){1,100}", "^(?=a)a$"] {
            assert!(refusal(&json!({ "pattern": pattern })).contains("regex"), "{pattern}");
        }
        let schema = json!({ "items": { "pattern": "^(a+)+$" } });
        assert_eq!(told(&schema, &json!(["a".repeat(10_000) + "!"])), 1);
    }

    #[test]
    fn a_configuration_that_costs_too_much_is_refused_not_passed() {
        let schema = json!({ "items": { "anyOf": vec![json!({ "type": "string" }); 1000] } });
        assert_eq!(told(&schema, &json!(["a", "b"])), 0);
        assert_eq!(told(&schema, &json!([1, 2])), 2);
        assert_eq!(told(&schema, &json!(vec![1; 2000])), 1, "too large to say where");
        assert_eq!(told(&schema, &json!(vec!["a"; 20_000])), 1, "too large to look at");
        let patterns = json!({ "items": { "allOf": vec![json!({ "pattern": "a" }); 64] } });
        assert_eq!(told(&patterns, &json!(["a".repeat(100_000)])), 1);
    }
}
