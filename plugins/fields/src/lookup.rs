//! Where paths start, and what they find there.

use std::borrow::Cow;

use crate::{Json, Path, Scope};

impl Scope {
    /// What `path` finds in this part of `document`; null counts as nothing. `as_list` asks for a header's values as a
    /// list, otherwise its only value stands for itself.
    pub(crate) fn find<'d>(self, document: &'d Json<'d>, path: &Path, as_list: bool) -> Option<Cow<'d, Json<'d>>> {
        let found = match self {
            Scope::Document => path.find(document).map(Cow::Borrowed),
            Scope::Member(name) => path.find(document.member(name)?).map(Cow::Borrowed),
            Scope::Headers => header(document, path, as_list),
        };
        found.filter(|json| **json != Json::Null)
    }
}

fn header<'d>(document: &'d Json<'d>, path: &Path, as_list: bool) -> Option<Cow<'d, Json<'d>>> {
    let values = values(document.member("request")?.member("headers")?, path.first())?;
    if !path.is_single() {
        return match values {
            Cow::Borrowed(values) => path.find_after(1, values).map(Cow::Borrowed),
            Cow::Owned(values) => path.find_after(1, &values).cloned().map(Cow::Owned),
        };
    }
    match values.as_ref() {
        Json::Array(list) if list.is_empty() => None,
        Json::Array(list) if !as_list && list.len() == 1 => list.first().cloned().map(Cow::Owned),
        _ => Some(values),
    }
}

/// The list of all values of a header, whatever the case of its name. A value that stands alone is a list of one.
fn values<'d>(headers: &'d Json<'d>, name: &str) -> Option<Cow<'d, Json<'d>>> {
    let Json::Object(members) = headers else { return None };
    let mut same = members.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let first = same.next()?;
    let mut others = same.peekable();
    if others.peek().is_none() && matches!(first, Json::Array(_)) {
        return Some(Cow::Borrowed(first));
    }
    let all = std::iter::once(first).chain(others).flat_map(|value| match value {
        Json::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    });
    Some(Cow::Owned(Json::Array(all.cloned().collect())))
}
