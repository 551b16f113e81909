//! The input document during one evaluation: every slot is found at most once.

use std::sync::OnceLock;

use cel::{
    common::value::{CowVal, Val},
    context::VariableResolver,
};
use portcullis_fields::Json;

use crate::{
    slot::{Slot, Used},
    view::{looked_into, whole},
};

/// What a member that is not there looks like to `has`, `in` and an index.
static NOTHING: Json<'static> = Json::Object(Vec::new());

/// The document with the slots of one expression.
pub(crate) struct Document<'v> {
    json: &'v Json<'v>,
    slots: &'v [Slot],
    values: Vec<OnceLock<Option<Box<dyn Val + 'v>>>>,
}

impl<'v> Document<'v> {
    /// Nothing is found yet.
    pub(crate) fn new(json: &'v Json<'v>, slots: &'v [Slot]) -> Document<'v> {
        Document { json, slots, values: slots.iter().map(|_| OnceLock::new()).collect() }
    }

    fn find(&self, slot: &Slot) -> Option<Box<dyn Val + 'v>> {
        let found = slot.find(self.json);
        match slot.used {
            Used::Whole => found.map(whole),
            Used::LookedInto if slot.steps.is_empty() => Some(looked_into(found.unwrap_or(&NOTHING))),
            Used::LookedInto => found.map(looked_into),
        }
    }
}

impl VariableResolver for Document<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let number = Slot::number(variable)?;
        let (slot, value) = (self.slots.get(number)?, self.values.get(number)?);
        value.get_or_init(|| self.find(slot)).as_deref().map(|value| CowVal::Borrowed(value))
    }
}
