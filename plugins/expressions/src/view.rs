//! JSON as CEL sees it: texts are borrowed, and what is only looked into is not converted at all.

use std::collections::HashMap;

use cel::{
    ExecutionError,
    common::{
        traits::{Container, Indexer, Sizer},
        types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt, Kind, Type},
        value::{CowVal, Val},
    },
};
use portcullis_fields::{Json, Number};

/// A value with everything inside it. Its texts stay where they are.
pub(crate) fn whole<'v>(json: &'v Json<'_>) -> Box<dyn Val + 'v> {
    match json {
        Json::Null => Box::new(CelNull),
        Json::Bool(value) => Box::new(CelBool::from(*value)),
        Json::Number(number) => number_value(*number),
        Json::String(text) => Box::new(CelString::from(text.as_ref())),
        Json::Array(elements) => Box::new(CelList::from(elements.iter().map(whole).collect::<Vec<_>>())),
        Json::Object(members) => {
            let entry = |(name, value)| (CelMapKey::String(CelString::from(AsRef::<str>::as_ref(name))), whole(value));
            Box::new(CelMap::from(members.iter().map(|(name, value)| entry((name, value))).collect::<HashMap<_, _>>()))
        }
    }
}

/// A value that is only looked into.
pub(crate) fn looked_into<'v>(json: &'v Json<'_>) -> Box<dyn Val + 'v> {
    match json {
        Json::Array(_) | Json::Object(_) => Box::new(View(json)),
        plain => whole(plain),
    }
}

fn number_value<'v>(number: Number) -> Box<dyn Val + 'v> {
    match number {
        Number::Signed(value) => Box::new(CelInt::from(value)),
        Number::Unsigned(value) => Box::new(CelUInt::from(value)),
        Number::Float(value) => Box::new(CelDouble::from(value)),
    }
}

/// A list or an object as it stands in the document.
#[derive(Debug)]
struct View<'v>(&'v Json<'v>);

impl Val for View<'_> {
    fn get_type(&self) -> &Type {
        if matches!(self.0, Json::Array(_)) { CelList::cel_type() } else { CelMap::cel_type() }
    }

    fn cel_type() -> &'static Type {
        CelMap::cel_type()
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        whole(self.0).equals(other)
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(View(self.0))
    }
}

impl Indexer for View<'_> {
    fn get<'b, 'w>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let found = match self.0 {
            Json::Array(elements) => elements.get(element(index)?),
            object => key(index)?.and_then(|name| object.member(name)),
        };
        found.map(|json| CowVal::Owned(whole(json))).ok_or_else(|| ExecutionError::no_such_key(""))
    }

    fn steal<'w>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Container for View<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        match self.0 {
            Json::Array(elements) => Ok(elements.iter().any(|element| equals(element, value))),
            object => Ok(key(value)?.is_some_and(|name| object.member(name).is_some())),
        }
    }
}

impl Sizer for View<'_> {
    fn size(&self) -> CelInt {
        let size = match self.0 {
            Json::Array(elements) => elements.len(),
            // A name that occurs twice is one entry.
            Json::Object(members) => {
                members.iter().map(|(name, _)| name).collect::<std::collections::BTreeSet<_>>().len()
            }
            _ => 0,
        };
        CelInt::from(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

/// Whether an element of a list equals a value, without making a value of it where that can be helped.
fn equals(json: &Json<'_>, value: &dyn Val) -> bool {
    match json {
        Json::String(text) => value.downcast_ref::<CelString<'_>>().is_some_and(|other| other.inner() == text.as_ref()),
        Json::Bool(truth) => value.downcast_ref::<CelBool>().is_some_and(|other| other.inner() == truth),
        Json::Number(Number::Signed(number)) => CelInt::from(*number).equals(value),
        other => whole(other).equals(value),
    }
}

/// The name that a key stands for. Objects have no other keys than texts, but may be asked for other kinds.
fn key<'k>(key: &'k dyn Val) -> Result<Option<&'k str>, ExecutionError> {
    match key.get_type().kind() {
        Kind::String => Ok(key.downcast_ref::<CelString<'_>>().map(CelString::inner)),
        Kind::Int | Kind::UInt | Kind::Boolean | Kind::Double => Ok(None),
        _ => Err(unexpected(key, "map key")),
    }
}

/// The place in a list that a number stands for.
fn element(index: &dyn Val) -> Result<usize, ExecutionError> {
    let place = if let Some(index) = index.downcast_ref::<CelInt>() {
        usize::try_from(*index.inner()).ok()
    } else if let Some(index) = index.downcast_ref::<CelUInt>() {
        usize::try_from(*index.inner()).ok()
    } else {
        let number = index.downcast_ref::<CelDouble>().map(|index| *index.inner());
        let number = number.filter(|number| number.fract() == 0.0).ok_or_else(|| unexpected(index, "int"))?;
        (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as usize)
    };
    Ok(place.unwrap_or(usize::MAX))
}

fn unexpected(value: &dyn Val, want: &str) -> ExecutionError {
    ExecutionError::UnexpectedType { got: value.get_type().name().to_owned(), want: want.to_owned() }
}
