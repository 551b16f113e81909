//! The result of an expression as JSON.

use cel::common::{
    types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelOptional, CelString, CelUInt, Kind},
    value::Val,
};
use portcullis_fields::{Json, Number};

/// A value as JSON. `None` is an optional value that is not there; a value that JSON does not have is an error.
pub(crate) fn json(value: &dyn Val) -> Result<Option<Json<'static>>, String> {
    if let Some(optional) = value.downcast_ref::<CelOptional<'_>>() {
        return optional.option().map_or(Ok(None), json);
    }
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        let elements = list.inner().iter().filter_map(|element| json(element.as_ref()).transpose());
        return elements.collect::<Result<_, _>>().map(|elements| Some(Json::Array(elements)));
    }
    if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        return object(map).map(Some);
    }
    plain(value).map(Some).ok_or_else(|| format!("a value of type {} cannot be JSON", value.get_type().name()))
}

/// Members in order of their names, as the map has none and the same result is to be the same text.
fn object(map: &CelMap<'_>) -> Result<Json<'static>, String> {
    let mut members = Vec::with_capacity(map.inner().len());
    for (key, value) in map.inner() {
        let CelMapKey::String(name) = key else {
            return Err("a map with keys that are no texts cannot be JSON".to_owned());
        };
        if let Some(value) = json(value.as_ref())? {
            members.push((name.inner().to_owned().into(), value));
        }
    }
    members.sort_by(|(one, _): &(std::borrow::Cow<'static, str>, _), (other, _)| one.cmp(other));
    Ok(Json::Object(members))
}

fn plain(value: &dyn Val) -> Option<Json<'static>> {
    let number = |number| Some(Json::Number(number));
    match value.get_type().kind() {
        Kind::NullType => value.downcast_ref::<CelNull>().map(|_| Json::Null),
        Kind::Boolean => value.downcast_ref::<CelBool>().map(|value| Json::Bool(*value.inner())),
        Kind::Int => number(Number::Signed(*value.downcast_ref::<CelInt>()?.inner())),
        Kind::UInt => number(unsigned(*value.downcast_ref::<CelUInt>()?.inner())),
        Kind::Double => {
            let value = *value.downcast_ref::<CelDouble>()?.inner();
            if value.is_finite() { number(Number::Float(value)) } else { None }
        }
        Kind::String => value.downcast_ref::<CelString<'_>>().map(|text| Json::String(text.inner().to_owned().into())),
        _ => None,
    }
}

fn unsigned(value: u64) -> Number {
    i64::try_from(value).map_or(Number::Unsigned(value), Number::Signed)
}
