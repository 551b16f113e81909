//! One test of the suite: an expression, what is bound, and what has to come of it.
//!
//! The expected value is written as CEL and compared by CEL, with its type: so nothing is lost on the way, and two numbers of
//! different types are not taken for the same.

use portcullis_expressions::Expression;
use portcullis_fields::{Json, Number};

use crate::textproto::{Message, Value};

/// A name that no test binds.
const RESULT: &str = "the_result_of_this_test";

/// A test with its place.
pub(crate) struct Test {
    /// The file it is from.
    pub(crate) file: String,
    /// `file/section/test`.
    pub(crate) name: String,
    message: Message,
}

/// How a test ended.
pub(crate) enum Outcome {
    Pass,
    Fail(String),
    /// It asks for something that no policy can meet: a value that is not JSON, a type checker, another language.
    Outside,
}

/// The tests of a file.
pub(crate) fn tests(file: &Message) -> Vec<Test> {
    let name = |message: &Message| message.text("name").unwrap_or_default();
    let of_section = |section: &Message| {
        let test = |test: &Message| Test {
            file: name(file),
            name: format!("{}/{}/{}", name(file), name(section), name(test)),
            message: test.clone(),
        };
        section.messages("test").map(test).collect::<Vec<_>>()
    };
    file.messages("section").flat_map(of_section).collect()
}

impl Test {
    /// Runs it.
    pub(crate) fn run(&self) -> Outcome {
        let is = |field| self.message.text(field).as_deref() == Some("true");
        if is("check_only") || is("disable_macros") {
            return Outcome::Outside;
        }
        let Some(bound) = self.bindings() else { return Outcome::Outside };
        let names: Vec<&str> = bound.iter().map(|(name, _)| name.as_str()).collect();
        let document = Json::Object(bound.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect());
        let source = self.message.text("expr").unwrap_or_default();
        let holds = |source: &str| {
            let expression = Expression::over(&names, source).map_err(|fault| fault.to_string())?;
            expression.holds(&document)
        };
        if self.message.0.iter().any(|(field, _)| matches!(field.as_str(), "eval_error" | "any_eval_errors")) {
            return match holds(&format!("[{source}\n].size() >= 0")) {
                Err(_) => Outcome::Pass,
                Ok(_) => Outcome::Fail(format!("{source} is no error")),
            };
        }
        let expected = match self.expected() {
            Some(value) => literal(value),
            None => Some("true".to_owned()),
        };
        let Some(expected) = expected else { return Outcome::Outside };
        let same = if expected == NAN {
            format!("{RESULT} != {RESULT}")
        } else {
            format!("{RESULT} == {expected} && type({RESULT}) == type({expected})")
        };
        match holds(&format!("[{source}\n].all({RESULT}, {same})")) {
            Ok(Some(true)) => Outcome::Pass,
            Ok(_) => Outcome::Fail(format!("{source} is not {expected}")),
            Err(why) => Outcome::Fail(format!("{source}: {why}")),
        }
    }

    fn expected(&self) -> Option<&Message> {
        let typed = self.message.message("typed_result").and_then(|typed| typed.message("result"));
        self.message.message("value").or(typed)
    }

    /// What is bound, as JSON; `None` when JSON has no such value.
    fn bindings(&self) -> Option<Vec<(String, Json<'static>)>> {
        let binding = |binding: &Message| {
            let value = binding.message("value")?.message("value")?;
            Some((binding.text("key")?, json(value)?))
        };
        self.message.messages("bindings").map(binding).collect()
    }
}

/// How a number that is none is written.
const NAN: &str = "double('NaN')";

/// A value as CEL; `None` when it is a message.
fn literal(value: &Message) -> Option<String> {
    let (kind, content) = value.0.first()?;
    let word = || if let Value::Word(word) = content { word.clone() } else { String::new() };
    Some(match (kind.as_str(), content) {
        ("null_value", _) => "null".to_owned(),
        ("bool_value" | "type_value", Value::Word(_)) | ("int64_value", _) => word(),
        ("type_value", Value::Text(name)) => String::from_utf8(name.clone()).ok()?,
        ("uint64_value", _) => format!("{}u", word()),
        ("double_value", _) => match word().to_lowercase().as_str() {
            "nan" => NAN.to_owned(),
            "inf" | "infinity" => "double('Infinity')".to_owned(),
            "-inf" | "-infinity" => "double('-Infinity')".to_owned(),
            number => format!("double('{number}')"),
        },
        ("string_value", Value::Text(text)) => {
            let escaped = String::from_utf8(text.clone())
                .ok()?
                .chars()
                .map(|c| format!("\\U{:08x}", u32::from(c)))
                .collect::<String>();
            format!("'{escaped}'")
        }
        ("bytes_value", Value::Text(bytes)) => {
            format!("b'{}'", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>())
        }
        ("list_value", Value::Message(list)) => {
            format!("[{}]", list.messages("values").map(literal).collect::<Option<Vec<_>>>()?.join(", "))
        }
        ("map_value", Value::Message(map)) => {
            let entry = |entry: &Message| {
                Some(format!("{}: {}", literal(entry.message("key")?)?, literal(entry.message("value")?)?))
            };
            format!("{{{}}}", map.messages("entries").map(entry).collect::<Option<Vec<_>>>()?.join(", "))
        }
        _ => return None,
    })
}

fn json(value: &Message) -> Option<Json<'static>> {
    let (kind, content) = value.0.first()?;
    let word = || if let Value::Word(word) = content { word.as_str() } else { "" };
    Some(match (kind.as_str(), content) {
        ("null_value", _) => Json::Null,
        ("bool_value", _) => Json::Bool(word() == "true"),
        ("int64_value", _) => Json::Number(Number::Signed(word().parse().ok()?)),
        ("uint64_value", _) => Json::Number(Number::Unsigned(word().parse().ok()?)),
        ("double_value", _) => Json::Number(Number::Float(word().parse().ok()?)),
        ("string_value", Value::Text(text)) => Json::String(String::from_utf8(text.clone()).ok()?.into()),
        ("list_value", Value::Message(list)) => {
            Json::Array(list.messages("values").map(json).collect::<Option<Vec<_>>>()?)
        }
        ("map_value", Value::Message(map)) => {
            let entry = |entry: &Message| {
                Some((entry.message("key")?.text("string_value")?.into(), json(entry.message("value")?)?))
            };
            Json::Object(map.messages("entries").map(entry).collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    })
}
