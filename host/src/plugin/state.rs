//! What belongs to one instance: its deadline, its limits, its way outside, and what the host offers to everyone, the log.
//!
//! Made by `call` and `build` for every store, dropped with it. Nothing of it outlives the call.

use std::{sync::Arc, time::Duration};

use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, UpdateDeadline};

use super::{
    Limits,
    bindings::{host, types},
    clock::Clock,
    outside::Way,
};

/// Core instances one component may consist of. Components made from Rust have up to four, from JavaScript three, from
/// Python 38 (componentize-py 0.25: the interpreter and each of its libraries), and the next version may have some more.
pub(super) const CORE_INSTANCES: u32 = 64;
/// Tables one component may have.
pub(super) const TABLES: u32 = 16;
/// Linear memories one component may have.
pub(super) const MEMORIES: u32 = 1;
/// Component model handles one instance may hold. The contract has no resources, so this is only a guard.
const HANDLES: usize = 64;
/// Ticks before a guest yields for the first time. The next tick may be only microseconds away; with two of them every
/// guest has at least one whole millisecond, so that short calls never need the slow lane.
const FIRST_SLICE: u64 = 2;
/// Ticks between two yields after the first.
const SLICE: u64 = 1;

/// The error that ends a guest at its deadline.
#[derive(Debug)]
pub(super) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the deadline has passed")
    }
}

impl std::error::Error for Interrupted {}

/// The host's side of one instance.
pub(super) struct State {
    guest: Arc<str>,
    clock: Arc<Clock>,
    deadline: Duration,
    memory_bytes: usize,
    table_elements: usize,
    lines_left: u32,
    line_bytes: usize,
    memory_peak: usize,
    refused: bool,
    instantiated_us: Option<u64>,
    way: Option<Way>,
    /// Whether the way is open: a call has begun.
    called: bool,
}

impl State {
    /// The state of an instance of `guest` that may run for `deadline` from now.
    pub(super) fn new(guest: Arc<str>, limits: &Limits, deadline: Duration) -> State {
        State {
            guest,
            clock: Clock::start(),
            deadline,
            memory_bytes: limits.memory_bytes,
            table_elements: limits.table_elements,
            lines_left: limits.log_lines,
            line_bytes: limits.log_line_bytes,
            memory_peak: 0,
            refused: false,
            instantiated_us: None,
            way: None,
            called: false,
        }
    }

    /// The same, with a way outside that opens when the call begins.
    pub(super) fn reaching(self, way: Option<Way>) -> State {
        State { way, ..self }
    }

    /// Notes that the instance is configured and the call itself begins.
    pub(super) fn called(&mut self) {
        self.called = true;
    }

    /// The way outside. None while there is no call: what is learnt then would be kept.
    pub(super) fn way(&mut self) -> Option<&mut Way> {
        self.way.as_mut().filter(|_| self.called)
    }

    /// Granted questions to what is outside.
    pub(super) fn outside_calls(&self) -> u32 {
        self.way.as_ref().map_or(0, Way::asked)
    }

    /// The clock of this instance.
    pub(super) fn clock(&self) -> Arc<Clock> {
        self.clock.clone()
    }

    /// A store for one instance.
    pub(super) fn store(self, engine: &Engine, limits: &Limits) -> Store<State> {
        let mut store = Store::new(engine, self);
        store.limiter(|state| state);
        store.set_epoch_deadline(FIRST_SLICE);
        store.epoch_deadline_callback(at_tick);
        store.set_hostcall_fuel(limits.output_bytes);
        store.set_max_component_handles(HANDLES);
        store
    }

    /// Notes that the instance exists: what fails from now on is the guest's doing.
    pub(super) fn instantiated(&mut self) {
        self.instantiated_us = Some(self.clock.micros());
    }

    /// When the instance existed, in microseconds since the start.
    pub(super) fn instantiated_us(&self) -> Option<u64> {
        self.instantiated_us
    }

    /// The largest linear memory so far, in bytes.
    pub(super) fn memory_peak(&self) -> u64 {
        self.memory_peak as u64
    }

    /// Whether the guest was refused memory or table elements.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Lifts the deadline: from now on only the host's own code runs in the store.
    pub(super) fn no_deadline(&mut self) {
        self.deadline = Duration::MAX;
    }
}

/// Called at every tick of the epoch that finds guest code running.
fn at_tick(store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data();
    if state.clock.spent() >= state.deadline {
        return Err(wasmtime::Error::new(Interrupted));
    }
    // tokio's own yield lets the executor look at its sockets and timers first.
    Ok(UpdateDeadline::YieldCustom(SLICE, Box::pin(tokio::task::yield_now())))
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A memory may declare a maximum of its own; bumping into that is the guest's affair, into ours is not.
        if desired > self.memory_bytes {
            self.refused = true;
            return Ok(false);
        }
        if maximum.is_none_or(|maximum| desired <= maximum) {
            self.memory_peak = self.memory_peak.max(desired);
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.refused |= desired > self.table_elements;
        Ok(desired <= self.table_elements)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

impl types::Host for State {}

impl host::Host for State {
    fn log(&mut self, level: host::Level, line: String) {
        let Some(left) = self.lines_left.checked_sub(1) else { return };
        self.lines_left = left;
        let line = cut(&line, self.line_bytes);
        let component = &*self.guest;
        match level {
            host::Level::Debug => tracing::debug!(target: "portcullis::guest", component, "{line}"),
            host::Level::Info => tracing::info!(target: "portcullis::guest", component, "{line}"),
            host::Level::Warn => tracing::warn!(target: "portcullis::guest", component, "{line}"),
        }
    }
}

/// The first `bytes` bytes of `line`, at a character boundary, without control characters that could forge log lines.
fn cut(line: &str, bytes: usize) -> String {
    let end = line.floor_char_boundary(bytes.min(line.len()));
    let kept = line.get(..end).unwrap_or_default();
    kept.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn lines_are_cut_at_characters_and_stay_one_line() {
        assert_eq!(cut("grüße", 3), "gr");
        assert_eq!(cut("a\nb\u{1b}[0m", 100), "a b [0m");
    }
}
