//! The places of APIs in their services. Called by `import` inside its transaction. Whoever leaves them out means the order of
//! the document, and looking for the last one before each API would take a service of thousands too long.

use std::collections::{HashMap, hash_map::Entry as Slot};

use super::Entry;
use crate::{
    domain::{
        Failure,
        api::{self, Api},
        stamp::Stamp,
    },
    store::Write,
};

/// The APIs with their positions: those without one keep the one they have, or come behind all others of their service.
pub(super) fn given(write: &Write<'_>, apis: &[Entry<Api>], stamp: &Stamp) -> Result<Vec<Entry<Api>>, Failure> {
    let mut apis = apis.to_vec();
    for Entry { tenant, id, value, .. } in apis.iter_mut().filter(|entry| entry.value.position == 0) {
        let old = stamp.live::<Api>(write, tenant, id)?.filter(|old| old.value.service == value.service);
        value.position = old.map_or(0, |old| old.value.position);
    }
    let mut last: HashMap<(String, String), u32> = HashMap::new();
    for Entry { tenant, value, .. } in &apis {
        let highest = match last.entry((tenant.clone(), value.service.clone())) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(free) => free.insert(api::last_position(write, tenant, &value.service, stamp)?),
        };
        *highest = value.position.max(*highest);
    }
    for Entry { tenant, value, .. } in apis.iter_mut().filter(|entry| entry.value.position == 0) {
        if let Some(highest) = last.get_mut(&(tenant.clone(), value.service.clone())) {
            *highest = highest.saturating_add(1);
            value.position = *highest;
        }
    }
    Ok(apis)
}
