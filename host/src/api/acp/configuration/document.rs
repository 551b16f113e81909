//! A configuration's document, taken apart: its lists of records, each record with its tenant, its id and the place where it
//! stands. Whatever is wrong is gathered, so that one answer names it all.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    api::read,
    domain::{Failure, Problem, configuration::Entry},
};

/// A document that is being read.
pub(super) struct Document {
    members: Map<String, Value>,
    problems: Vec<Problem>,
}

/// A record of the document.
pub(super) struct Raw {
    value: Value,
    /// Where it stands, as a JSON Pointer.
    pub(super) place: String,
}

impl Raw {
    /// All that is left of it, as the shape of its noun.
    pub(super) fn read<B: DeserializeOwned>(self) -> Result<B, Failure> {
        read::from_value(self.value).map_err(|problem| Failure::Invalid(vec![problem]))
    }

    /// Takes a member out, which the shape of its noun does not have.
    pub(super) fn take(&mut self, member: &str) -> Option<Value> {
        self.value.as_object_mut().and_then(|members| members.shift_remove(member))
    }

    /// Takes a member out and reads it.
    pub(super) fn take_as<B: DeserializeOwned>(&mut self, member: &str) -> Result<Option<B>, Failure> {
        let read = |value| {
            read::from_value(value).map_err(|problem| {
                Failure::Invalid(vec![Problem::new(format!("/{member}{}", problem.member), problem.reason)])
            })
        };
        self.take(member).map(read).transpose()
    }

    /// Adds a member that its place in the document says.
    pub(super) fn insert(&mut self, member: &str, value: Value) {
        if let Value::Object(members) = &mut self.value {
            members.insert(member.to_owned(), value);
        }
    }

    /// A member that is true or false, false when it is left out.
    pub(super) fn flag(&self, member: &str) -> Result<bool, Failure> {
        match self.value.get(member) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Failure::invalid(format!("/{member}"), "must be true or false")),
        }
    }

    /// A member that is a text and says something.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        let text = self.value.get(member).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

impl Document {
    /// A document of this value.
    pub(super) fn new(value: Value) -> Document {
        match value {
            Value::Object(members) => Document { members, problems: Vec::new() },
            _ => Document { members: Map::new(), problems: vec![Problem::new("", "must be an object")] },
        }
    }

    /// The records of a list, read by `parse`. `named` are the members that say a record's tenant and its id.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        named: (&str, &str),
        parse: impl Fn(Raw, &str) -> Result<T, Failure>,
    ) -> Vec<Entry<T>> {
        let records = self.records(name);
        self.entries(records, named, parse)
    }

    /// The records of a list; none when it is left out or null.
    pub(super) fn records(&mut self, name: &str) -> Vec<Raw> {
        let list = self.members.shift_remove(name).unwrap_or_default();
        self.items(list, &format!("/{name}"))
    }

    /// The records of a list that stands at `place`.
    pub(super) fn items(&mut self, list: Value, place: &str) -> Vec<Raw> {
        match list {
            Value::Null => Vec::new(),
            Value::Array(items) => {
                let raw = |(number, value)| Raw { value, place: format!("{place}/{number}") };
                items.into_iter().enumerate().map(raw).collect()
            }
            _ => {
                self.problems.push(Problem::new(place, "must be a list"));
                Vec::new()
            }
        }
    }

    /// Reads records. See [`Document::list`].
    pub(super) fn entries<T>(
        &mut self,
        records: Vec<Raw>,
        (tenant, id): (&str, &str),
        parse: impl Fn(Raw, &str) -> Result<T, Failure>,
    ) -> Vec<Entry<T>> {
        let mut entries = Vec::with_capacity(records.len());
        for raw in records {
            let place = raw.place.clone();
            let (Some(owner), Some(name)) = (self.required(&raw, tenant), self.required(&raw, id)) else { continue };
            match parse(raw, &owner) {
                Ok(value) => entries.push(Entry { tenant: owner, id: name, value, place }),
                Err(Failure::Invalid(problems)) => self.wrong(&place, problems),
                Err(other) => self.wrong(&place, vec![Problem::new("", other.to_client())]),
            }
        }
        entries
    }

    fn required(&mut self, raw: &Raw, member: &str) -> Option<String> {
        let text = raw.text(member);
        if text.is_none() {
            self.problems.push(Problem::new(format!("{}/{member}", raw.place), "is required"));
        }
        text
    }

    fn wrong(&mut self, place: &str, problems: Vec<Problem>) {
        let below = |problem: Problem| Problem::new(format!("{place}{}", problem.member), problem.reason);
        self.problems.extend(problems.into_iter().map(below));
    }

    /// The end: nothing may be left over, and nothing wrong.
    pub(super) fn end(self) -> Result<(), Failure> {
        let Document { members, mut problems } = self;
        let left_over = members.keys().map(|name| Problem::new(format!("/{name}"), "is no part of a configuration"));
        problems.extend(left_over);
        Failure::unless_fine(problems)
    }
}
