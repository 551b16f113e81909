//! Lists in pages with a count of all that is in them, over records that are looked at one after the other.
//!
//! Called by `tokens` and `consents`. Holds a page in memory, however long the list is.

use crate::{
    domain::Failure,
    store::{Record, View, records},
};

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number, from 0.
    pub number: usize,
    /// How many there are on each.
    pub size: usize,
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: usize,
}

impl<T> Listed<T> {
    /// Nothing at all.
    pub(super) fn none() -> Listed<T> {
        Listed { items: Vec::new(), total: 0 }
    }
}

/// How many records are read at once.
const AT_ONCE: usize = 500;

/// The page of what `show` makes of the records whose key starts with the parts of `prefix`, in the order of their keys.
pub(super) fn of<T: Record, S>(
    view: &impl View,
    prefix: &[&str],
    page: Page,
    show: impl Fn(&[String], T) -> Result<Option<S>, Failure>,
) -> Result<Listed<S>, Failure> {
    let first = page.number.saturating_mul(page.size);
    let wanted = first..first.saturating_add(page.size);
    let mut listed = Listed { items: Vec::new(), total: 0 };
    let mut after: Option<Vec<String>> = None;
    loop {
        let last: Option<Vec<&str>> = after.as_ref().map(|key| key.iter().map(String::as_str).collect());
        let found = records::list_after::<T>(view, prefix, last.as_deref(), AT_ONCE)?;
        let whole = found.len() == AT_ONCE;
        after = found.last().map(|(key, _)| key.clone());
        for (key, record) in found {
            if let Some(item) = show(&key, record)? {
                listed.items.extend(wanted.contains(&listed.total).then_some(item));
                listed.total += 1;
            }
        }
        if !whole {
            return Ok(listed);
        }
    }
}
