//! In which order a list of applications is, and which part of it is wanted.
//!
//! Used by `find`. Knows no wire: the names of properties are the dialect's.

use std::cmp::Ordering;

use super::Application;
use crate::store::State;

/// What a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// Its id.
    Id,
    /// Its organization.
    Organization,
    /// Its type, by name.
    Type,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    ModifiedAt,
    /// Whether lists show it to everybody.
    Visible,
    /// Whether it is disabled.
    Disabled,
    /// When it ends; what does not end comes after everything that does.
    ExpiresAt,
    /// Whether people may register themselves without saying who they are.
    AnonymousRegistration,
    /// How often it was changed.
    Version,
}

/// One property to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The property.
    pub by: Property,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether texts that differ in case only are the same.
    pub ignore_case: bool,
}

/// The part of a list that is wanted, and the order of the list. What it leaves open is ordered by organization and id, so that
/// pages do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many come before it.
    pub offset: usize,
    /// The most there are in it.
    pub size: usize,
    /// What is looked at first, then, …
    pub sort: Vec<Order>,
}

/// An application of a list: its organization, its id, its state.
pub(super) type Entry = (String, String, State<Application>);

impl Window {
    /// The wanted part of a list.
    pub(super) fn of(&self, mut all: Vec<Entry>) -> Vec<Entry> {
        all.sort_by(|one, other| self.compare(one, other));
        all.into_iter().skip(self.offset).take(self.size).collect()
    }

    fn compare(&self, one: &Entry, other: &Entry) -> Ordering {
        let decided = self.sort.iter().map(|order| order.compare(one, other)).find(|ordering| ordering.is_ne());
        decided.unwrap_or_else(|| (&one.0, &one.1).cmp(&(&other.0, &other.1)))
    }
}

impl Order {
    fn compare(&self, one: &Entry, other: &Entry) -> Ordering {
        let ordering = self.by.compare(one, other, self.ignore_case);
        if self.descending { ordering.reverse() } else { ordering }
    }
}

impl Property {
    fn compare(self, one: &Entry, other: &Entry, ignore_case: bool) -> Ordering {
        let text = |one: &str, other: &str| match ignore_case {
            true => one.to_lowercase().cmp(&other.to_lowercase()),
            false => one.cmp(other),
        };
        let ((one_tenant, one_id, one), (other_tenant, other_id, other)) = (one, other);
        let end = |application: &Application| application.expires_at.unwrap_or(i64::MAX);
        match self {
            Property::Id => text(one_id, other_id),
            Property::Organization => text(one_tenant, other_tenant),
            Property::Type => text(one.value.kind.word(), other.value.kind.word()),
            Property::CreatedAt => one.value.created_at.cmp(&other.value.created_at),
            Property::ModifiedAt => one.recorded_at.cmp(&other.recorded_at),
            Property::Visible => one.value.visible.cmp(&other.value.visible),
            Property::Disabled => one.value.disabled.cmp(&other.value.disabled),
            Property::ExpiresAt => end(&one.value).cmp(&end(&other.value)),
            Property::AnonymousRegistration => {
                one.value.anonymous_registration.cmp(&other.value.anonymous_registration)
            }
            Property::Version => one.version.cmp(&other.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::{ApplicationType, Config};

    fn entry(id: &str, expires_at: Option<i64>, created_at: i64) -> Entry {
        let value = Application {
            kind: ApplicationType::Test,
            config: Config::of_nothing(),
            disabled: false,
            visible: true,
            expires_at,
            anonymous_registration: false,
            created_at,
        };
        let state = State {
            value,
            valid_from: 0,
            recorded_at: 0,
            version: 1,
            author: String::new(),
            tongue: String::new(),
            deleted: false,
        };
        ("acme".to_owned(), id.to_owned(), state)
    }

    fn order(by: Property, descending: bool, ignore_case: bool) -> Order {
        Order { by, descending, ignore_case }
    }

    fn ids(sort: &[Order], offset: usize, size: usize) -> Vec<String> {
        let all = vec![entry("b", Some(5), 1), entry("A", None, 1), entry("a", Some(7), 2), entry("B", None, 2)];
        Window { offset, size, sort: sort.to_vec() }.of(all).into_iter().map(|(_, id, _)| id).collect()
    }

    #[test]
    fn lists_are_sorted_by_one_property_after_the_other() {
        assert_eq!(ids(&[], 0, 9), ["A", "B", "a", "b"], "what is left open goes by id");
        assert_eq!(ids(&[order(Property::Id, true, false)], 0, 9), ["b", "a", "B", "A"]);
        let created = order(Property::CreatedAt, true, false);
        assert_eq!(ids(&[created, order(Property::Id, true, false)], 0, 9), ["a", "B", "b", "A"]);
        assert_eq!(ids(&[order(Property::Id, false, true), created], 0, 9), ["a", "A", "B", "b"]);
    }

    #[test]
    fn what_does_not_end_comes_after_what_does() {
        assert_eq!(ids(&[order(Property::ExpiresAt, false, false)], 0, 9), ["b", "a", "A", "B"]);
        assert_eq!(ids(&[order(Property::ExpiresAt, true, false)], 0, 9), ["A", "B", "a", "b"]);
    }

    #[test]
    fn a_window_is_a_part() {
        assert_eq!(ids(&[], 1, 2), ["B", "a"]);
        assert_eq!(ids(&[], 3, 2), ["b"]);
        assert!(ids(&[], 4, 2).is_empty());
        assert!(ids(&[], usize::MAX, usize::MAX).is_empty());
    }
}
