//! Which component stands behind a name: the installed ones by their own, uploaded ones by `NAME@sha256:DIGEST`.
//!
//! Used by `sandbox` and `plan`. An uploaded component is made known when it is first named and fetched when it is first asked;
//! only so many are kept, the least recently used leave first. Knows nothing of what components do.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
};

use data_encoding::HEXLOWER;

use super::{PluginError, guest::Guest};
use crate::decision::{Library, unpinned};

/// The longest name of a component.
const NAME: usize = 64;

/// Names and their components.
pub(super) struct Registry {
    guests: RwLock<BTreeMap<String, Arc<Guest>>>,
    generation: AtomicU64,
    library: Arc<dyn Library>,
    uploaded: Mutex<HashMap<String, Arc<Guest>>>,
    most: usize,
    retired: AtomicBool,
    clock: AtomicU64,
}

impl Registry {
    /// Without installed components, over the uploaded ones of `library`, of which `most` are kept.
    pub(super) fn new(library: Arc<dyn Library>, most: usize) -> Registry {
        Registry {
            guests: RwLock::default(),
            generation: AtomicU64::new(0),
            library,
            uploaded: Mutex::default(),
            most: most.max(1),
            retired: AtomicBool::new(false),
            clock: AtomicU64::new(1),
        }
    }

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

    /// The component behind `name`. An uploaded one may turn out not to be there when it is asked.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Guest>> {
        self.installed(name).or_else(|| self.uploaded(name))
    }

    /// The installed component behind `name`.
    pub(super) fn installed(&self, name: &str) -> Option<Arc<Guest>> {
        self.guests.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn uploaded(&self, pinned: &str) -> Option<Arc<Guest>> {
        let (name, digest) = unpinned(pinned).filter(|(name, _)| is_name(name))?;
        let key = HEXLOWER.decode(digest.as_bytes()).ok()?.try_into().ok()?;
        let mut uploaded = self.uploaded.lock().unwrap_or_else(PoisonError::into_inner);
        let known = uploaded.get(pinned).cloned();
        let guest = known.unwrap_or_else(|| {
            while uploaded.len() >= self.most && retire_oldest(&mut uploaded) {
                self.retired.store(true, Relaxed);
            }
            let guest = Arc::new(Guest::uploaded(pinned, name, key, Arc::clone(&self.library)));
            uploaded.insert(pinned.to_owned(), Arc::clone(&guest));
            guest
        });
        drop(uploaded);
        self.touch(&guest);
        Some(guest)
    }

    /// Whether it has let go of uploaded components since it was asked last.
    pub(super) fn has_retired(&self) -> bool {
        self.retired.swap(false, Relaxed)
    }

    /// Notes that `guest` is in use.
    pub(super) fn touch(&self, guest: &Guest) {
        guest.used.store(self.clock.fetch_add(1, Relaxed), Relaxed);
    }

    /// All installed components, by name.
    pub(super) fn all(&self) -> Vec<Arc<Guest>> {
        self.guests.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A number that changes whenever the name of an installed component means something else.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }
}

/// A walk over some dozen entries, only when a component is named that is not at hand.
fn retire_oldest(uploaded: &mut HashMap<String, Arc<Guest>>) -> bool {
    let oldest = uploaded.iter().min_by_key(|(_, guest)| guest.used.load(Relaxed)).map(|(name, _)| name.clone());
    let retired = oldest.and_then(|name| uploaded.remove(&name));
    if let Some(guest) = &retired {
        guest.retired.store(true, Relaxed);
    }
    retired.is_some()
}

/// Whether components may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{NoLibrary, pinned};

    #[test]
    fn names_are_plain() {
        assert!(is_name("identity-context"));
        for bad in ["", "Header", "a b", "../x", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_uploaded_component_that_was_asked_longest_ago_leaves() {
        let registry = Registry::new(Arc::new(NoLibrary), 2);
        let name = |number: usize| pinned("acme", &format!("{number:064x}"));
        let (first, second) = (registry.get(&name(1)).unwrap(), registry.get(&name(2)).unwrap());
        registry.touch(&first);
        let third = registry.get(&name(3)).unwrap();
        let retired = |guest: &Guest| guest.retired.load(Relaxed);
        assert_eq!((retired(&first), retired(&second), retired(&third)), (false, true, false));
        assert!(Arc::ptr_eq(&first, &registry.get(&name(1)).unwrap()));
        assert!(!Arc::ptr_eq(&second, &registry.get(&name(2)).unwrap()), "it is made known anew");
    }

    #[test]
    fn only_a_whole_digest_names_an_uploaded_component() {
        let registry = Registry::new(Arc::new(NoLibrary), 2);
        for name in ["acme", "acme@1.0.0", "acme@sha256:00", &pinned("Acme", &"0".repeat(64))] {
            assert!(registry.get(name).is_none(), "{name}");
        }
    }
}
