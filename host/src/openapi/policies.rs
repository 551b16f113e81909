//! The extension `x-portcullis-policy`: a policy object, a reference to one, the id of a policy (as text or as the only member
//! of an object), or null for none. The same object twice is one policy.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    Attached, NAMED, POLICY, Policy, Reading, at,
    reference::{Placed, resolve},
};

/// The longest id of a policy, in bytes. Every operation around which it is said gets it.
const LONGEST_ID: usize = 128;

/// What a document, a path item or an operation says about its policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing: whatever is around it decides.
    #[default]
    Nothing,
    /// That there is none.
    Without,
    /// That it is this one.
    Policy(Attached),
}

impl Said {
    /// What holds here when `outer` is said around it.
    pub(super) fn or(self, outer: &Said) -> Said {
        match self {
            Said::Nothing => outer.clone(),
            said => said,
        }
    }

    /// The policy that holds.
    pub(super) fn attached(self) -> Option<Attached> {
        match self {
            Said::Nothing | Said::Without => None,
            Said::Policy(attached) => Some(attached),
        }
    }
}

/// The policies of a document that have an id by their text, the others by their place: one that stands at several
/// operations, or is referred to from them, is one.
#[derive(Default)]
pub(super) struct Policies(HashMap<String, usize>);

impl Policies {
    /// What `owner` says. `name` is what its own policy would be called.
    pub(super) fn read<'a>(
        &mut self,
        reading: &mut Reading<'a>,
        place: &str,
        owner: &'a Map<String, Value>,
        name: &str,
    ) -> Said {
        let Some(value) = owner.get(POLICY) else { return Said::Nothing };
        let start = Placed { place: at(place, POLICY), value };
        let found = match resolve(reading, start) {
            Ok(found) => found,
            Err(problem) => {
                reading.add(problem);
                return Said::Nothing;
            }
        };
        match found.value {
            Value::Null => Said::Without,
            Value::String(id) => known(reading, found.place, id),
            Value::Object(policy) => self.own(reading, found.place, policy, name),
            _ => {
                reading.wrong(found.place, "must be a policy, the id of a policy, or null");
                Said::Nothing
            }
        }
    }

    fn own(&mut self, reading: &mut Reading<'_>, place: String, policy: &Map<String, Value>, name: &str) -> Said {
        let id = policy.get("id").and_then(Value::as_str);
        if let (Some(id), 1) = (id, policy.len()) {
            return known(reading, at(&place, "id"), id);
        }
        if let Some(known) = self.0.get(&place) {
            return Said::Policy(Attached::Own(*known));
        }
        let same = if id.is_some() { serde_json::to_string(policy).unwrap_or_default() } else { place.clone() };
        if let Some(known) = self.0.get(&same).copied() {
            self.0.insert(place, known);
            return Said::Policy(Attached::Own(known));
        }
        let number = reading.found.policies.len();
        if number == NAMED {
            reading.wrong(place, format!("is one more than the {NAMED} policies that a document may have"));
            return Said::Nothing;
        }
        self.0.insert(same, number);
        self.0.insert(place.clone(), number);
        reading.found.policies.push(Policy { place, name: name.to_owned(), value: policy.clone() });
        Said::Policy(Attached::Own(number))
    }
}

/// A policy that is known elsewhere.
fn known(reading: &mut Reading<'_>, place: String, id: &str) -> Said {
    if id.len() > LONGEST_ID {
        reading.wrong(place, format!("must be the id of a policy, of at most {LONGEST_ID} bytes"));
        return Said::Nothing;
    }
    Said::Policy(Attached::Known { place, id: id.to_owned() })
}
