//! When a change begins, and taking back one that has yet to.
//!
//! Called inside the transactions of the operations on setups, clients and resource servers.

use super::seen;
use crate::{
    domain::{
        Failure, Untimely,
        noun::{Named, Remove},
        stamp::Stamp,
    },
    store::{State, View, Write, timeline},
    world::Micros,
};

/// How long ago a change may begin and still mean now: clocks differ, and requests take their time.
const TOLERANCE: Micros = 60_000_000;

/// How many states of a record may have yet to begin: each change of it now is carried into all of them.
const MOST: usize = 20;

/// The mark of a change of the record `id` that is to begin at `valid_from`, or now when nothing is said. The beginning of the
/// state that holds now means now, too: it is what a caller has read and sends back with the change.
pub(super) fn begins<T: Named>(
    write: &Write<'_>,
    tenant: &str,
    (noun, id): (&'static str, &str),
    valid_from: Option<Micros>,
    stamp: &Stamp,
) -> Result<Stamp, Failure> {
    let Some(at) = valid_from else { return Ok(stamp.clone()) };
    if timeline::current::<T>(write, tenant, id, stamp.now)?.is_some_and(|state| state.valid_from == at) {
        return Ok(stamp.clone());
    }
    let untimely = |why| Err(Failure::Untimely { noun, why });
    if at < stamp.now.saturating_sub(TOLERANCE) {
        return untimely(Untimely::Past);
    }
    if seen::all::<T>(write, tenant, id)?.iter().any(|state| state.valid_from == at) {
        return untimely(Untimely::Taken);
    }
    if at > stamp.now && timeline::scheduled::<T>(write, tenant, id, stamp.now)?.len() >= MOST {
        let reason = format!("the {noun} has {MOST} states that have yet to begin, and cannot have more");
        return Err(Failure::invalid("/valid_from", reason));
    }
    Ok(stamp.beginning(at))
}

/// What a record is for a change of it: as it will be when the change begins, or else as it will be first, or was last.
pub(super) struct Base<T> {
    /// What it is.
    pub(super) value: T,
    /// Whether it is there when the change begins.
    pub(super) is_due: bool,
    /// Whether it is there now or will be.
    pub(super) stands: bool,
}

/// What a record will be for a change that is to begin at `at`, as far as that is known before a transaction; none when it
/// never was.
pub(super) fn expected<T: Named>(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Option<T>, Failure> {
    let due = timeline::current::<T>(view, tenant, id, at)?.filter(|state| !state.deleted);
    Ok(match due {
        Some(due) => Some(due.value),
        None => timeline::last::<T>(view, tenant, id)?,
    })
}

/// What a record is for a change that begins as `stamp` says; none when it never was.
pub(super) fn base<T: Named>(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<Option<Base<T>>, Failure> {
    let standing = stamp.standing::<T>(write, tenant, id)?;
    let stands = standing.is_some();
    if let Some(due) = stamp.due::<T>(write, tenant, id)? {
        return Ok(Some(Base { value: due.value, is_due: true, stands }));
    }
    let last = || timeline::current::<T>(write, tenant, id, stamp.from());
    let found = match standing {
        Some(state) => Some(state),
        None => last()?,
    };
    Ok(found.map(|state| Base { value: state.value, is_due: false, stands }))
}

/// Takes back the state that has this name, which must have yet to begin and not be the only one. `after` puts in order what
/// was written with it. A record that is not there any more by then goes with everything that it has.
pub(super) fn take_back<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    (noun, id): (&'static str, &str),
    snapshot: &str,
    stamp: &Stamp,
    remove: Remove<T>,
) -> Result<State<T>, Failure> {
    let state = seen::named::<T>(&*write, tenant, (noun, id), snapshot)?;
    let untimely = |why| Err(Failure::Untimely { noun, why });
    if state.valid_from <= stamp.now {
        return untimely(Untimely::Begun);
    }
    if seen::all::<T>(&*write, tenant, id)?.len() < 2 {
        return untimely(Untimely::Last);
    }
    timeline::unschedule::<T>(write, tenant, id, state.valid_from, stamp.now)?;
    if stamp.standing::<T>(write, tenant, id)?.is_none() {
        remove(write, tenant, id, &state.value, stamp)?;
    }
    Ok(state)
}
