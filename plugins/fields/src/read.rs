//! Reads a conf, strictly: what it does not know, it refuses, with the place.

use crate::fields::{Field, Target};
use crate::limits::MAX_FIELDS;
use crate::scalar::Texts;
use crate::test::Test;
use crate::{Comparator, Json, Path, Problem, Scope};

/// `{"fields": […]}`
pub(crate) fn fields(conf: &Json<'_>, scope: Scope) -> Result<Vec<Field>, Problem> {
    known(conf, &["fields"])?;
    let fields = conf.member("fields").and_then(Json::as_array);
    match fields.ok_or_else(|| Problem::new("/fields", "a list of fields is needed here"))? {
        [] => Err(Problem::new("/fields", "without a field, everything would pass")),
        many if many.len() > MAX_FIELDS => Err(Problem::new("/fields", "a conf has at most 64 fields")),
        fields => fields
            .iter()
            .enumerate()
            .map(|(at, field)| read(field, scope).map_err(|problem| problem.below(&format!("/fields/{at}"))))
            .collect(),
    }
}

fn read(field: &Json<'_>, scope: Scope) -> Result<Field, Problem> {
    known(field, &["field", "comparator", "value", "value_from"])?;
    let comparator = comparator(field)?;
    Ok(Field { path: path(field, "field")?, comparator, target: target(field, comparator, scope)? })
}

fn known(object: &Json<'_>, names: &[&str]) -> Result<(), Problem> {
    let Json::Object(members) = object else { return Err(Problem::new("", "an object is needed here")) };
    let unknown = members.iter().find(|(name, _)| !names.contains(&name.as_ref()));
    unknown.map_or(Ok(()), |(name, _)| {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Err(Problem::new(pointer, format!("is not known here; known are {}", names.join(", "))))
    })
}

fn comparator(field: &Json<'_>) -> Result<Comparator, Problem> {
    let name = field.member("comparator").and_then(Json::as_str);
    name.and_then(Comparator::named).ok_or_else(|| {
        let names = Comparator::ALL.map(Comparator::as_str).join(", ");
        Problem::new("/comparator", format!("a comparator is needed here: {names}"))
    })
}

fn path(field: &Json<'_>, member: &str) -> Result<Path, Problem> {
    let problem = |message| Problem::new(format!("/{member}"), message);
    let text = field.member(member).and_then(Json::as_str).ok_or_else(|| problem("a dotted path is needed here"))?;
    Path::parse(text).map_err(problem)
}

fn target(field: &Json<'_>, comparator: Comparator, scope: Scope) -> Result<Target, Problem> {
    match (field.member("value"), field.member("value_from")) {
        (Some(_), Some(_)) => Err(Problem::new("/value_from", "either value or value_from, not both")),
        (_, Some(_)) if scope != Scope::Document => {
            Err(Problem::new("/value_from", "only the validator attributes compares with other values of the document"))
        }
        (_, Some(_)) if !comparator.takes_references() => {
            Err(Problem::new("/value_from", format!("{} needs a value of the policy", comparator.as_str())))
        }
        (_, Some(_)) => path(field, "value_from").map(Target::Reference),
        (value, None) => self::value(value, comparator).map(Target::Value),
    }
}

fn value(value: Option<&Json<'_>>, comparator: Comparator) -> Result<Test, Problem> {
    let value = match value {
        // `exists` without a value asks for existence, which is what everybody means by it.
        None if comparator == Comparator::Exists => &Json::Bool(true),
        None => return Err(Problem::new("/value", format!("{} needs a value", comparator.as_str()))),
        Some(value) => value,
    };
    Test::read(comparator, value, Texts::Wildcards).map_err(|message| Problem::new("/value", message))
}
