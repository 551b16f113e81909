//! Which component stands behind a name.
//!
//! Used by `sandbox`. Knows nothing of what components do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{
            AtomicU64,
            Ordering::{AcqRel, Acquire},
        },
    },
};

use super::{PluginError, guest::Guest};

/// The longest name of a component.
const NAME: usize = 64;

/// Names and their components.
#[derive(Default)]
pub(super) struct Registry {
    guests: RwLock<BTreeMap<String, Arc<Guest>>>,
    generation: AtomicU64,
}

impl Registry {
    /// Puts `guest` behind its name. What stood there before is forgotten.
    pub(super) fn put(&self, guest: Guest) -> Result<Arc<Guest>, PluginError> {
        let name = guest.name.to_string();
        if !is_name(&name) {
            return Err(PluginError::BadName(name));
        }
        let guest = Arc::new(guest);
        self.guests.write().unwrap_or_else(PoisonError::into_inner).insert(name, guest.clone());
        self.generation.fetch_add(1, AcqRel);
        Ok(guest)
    }

    /// Forgets the component behind `name`, if there is one.
    pub(super) fn remove(&self, name: &str) -> bool {
        let removed = self.guests.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some();
        self.generation.fetch_add(1, AcqRel);
        removed
    }

    /// The component behind `name`.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Guest>> {
        self.guests.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All components, by name.
    pub(super) fn all(&self) -> Vec<Arc<Guest>> {
        self.guests.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A number that changes whenever a name means something else.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert!(is_name("identity-context"));
        for bad in ["", "Header", "a b", "../x", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
