//! One call into one fresh instance: admission, deadline, limits, and what an ending means.
//!
//! Called by `ask`, `check` and `sandbox`. What is called is a [`Job`]; see `job`.

use std::{sync::Arc, time::Duration};

use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

use super::{
    guest::Guest,
    job::{Job, Unconfigured},
    outside::Way,
    sandbox::Inner,
    state::{Interrupted, State},
};
use crate::decision::{Code, Outside, Usage};

/// How a call ended and what it spent.
pub(super) struct Called<T> {
    /// The answer, or why there is none.
    pub(super) outcome: Result<T, Code>,
    /// What it spent.
    pub(super) usage: Usage,
}

impl Inner {
    /// Runs `job` on the calling worker, in slices, for at most `timeout` when one is given. It may reach `outside`, if anything.
    pub(super) async fn call<J: Job>(
        &self,
        guest: &Guest,
        timeout: Option<Duration>,
        job: J,
        outside: Option<Arc<dyn Outside>>,
    ) -> Called<J::Answer> {
        let seat = match self.admission.enter().await {
            Ok(seat) => seat,
            Err(code) => return self.counted(Called { outcome: Err(code), usage: Usage::default() }),
        };
        let _ticking = self.ticker.hold();
        let deadline = timeout.map_or(self.limits.deadline, |timeout| timeout.min(self.limits.deadline));
        let way = outside.map(|outside| Way::to(outside, self.admission.waits.clone()));
        let state = State::new(guest.name.clone(), &self.limits, deadline).reaching(way);
        let clock = state.clock();
        let mut store = state.store(&self.engines.run, &self.limits);
        let outcome = match self.admission.run(job.run(&mut store), deadline, &clock).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.reason(guest, &error, store.data())),
            Err(code) => Err(code),
        };
        let called = Called { outcome, usage: usage(&store, seat.queue_us) };
        // The store gives its slot back before the seat is free for the next call.
        drop(store);
        drop(seat);
        self.counted(called)
    }

    /// Runs `job` beside the workers, for the longer deadline of `describe` and `configure`: an author who saves a
    /// policy must not slow down decisions.
    pub(super) async fn call_aside<J: Job + 'static>(
        self: &Arc<Inner>,
        guest: &Arc<Guest>,
        job: J,
    ) -> Result<J::Answer, Code>
    where
        J::Answer: 'static,
    {
        let Ok(desk) = self.workshop.desks.clone().acquire_owned().await else { return Err(Code::Unavailable) };
        let (inner, guest) = (self.clone(), guest.clone());
        let handle = tokio::runtime::Handle::current();
        let work = move || {
            // The desk goes along: who asked may leave, the work still takes its place until it ends.
            let _desk = desk;
            handle.block_on(inner.call_patiently(&guest, job))
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Code::Trap))
    }

    async fn call_patiently<J: Job>(&self, guest: &Guest, job: J) -> Result<J::Answer, Code> {
        let _seat = self.admission.enter().await?;
        let _ticking = self.ticker.hold();
        let deadline = self.limits.configure_deadline;
        let mut store = State::new(guest.name.clone(), &self.limits, deadline).store(&self.engines.run, &self.limits);
        job.run(&mut store).await.map_err(|error| self.reason(guest, &error, store.data()))
    }

    fn reason(&self, guest: &Guest, error: &wasmtime::Error, state: &State) -> Code {
        let code = code(error, state);
        tracing::debug!(target: "portcullis::guest", component = &*guest.name, code = code.as_str(), %error, "the call failed");
        code
    }

    fn counted<T>(&self, called: Called<T>) -> Called<T> {
        self.counters.called(called.outcome.as_ref().err().copied());
        called
    }
}

fn usage(store: &Store<State>, queue_us: u64) -> Usage {
    let state = store.data();
    let clock = state.clock();
    let total_us = clock.micros();
    let instantiate_us = state.instantiated_us().unwrap_or(total_us);
    Usage {
        queue_us,
        instantiate_us,
        run_us: total_us.saturating_sub(instantiate_us),
        memory_bytes: state.memory_peak(),
        instances: 1,
        cold: false,
        outside_calls: state.outside_calls(),
        outside_us: clock.waited_us(),
    }
}

/// What the end of a call means. The first sentence that is true counts.
fn code(error: &wasmtime::Error, state: &State) -> Code {
    let instantiated = state.instantiated_us().is_some();
    if error.is::<Interrupted>() {
        Code::Deadline
    } else if error.is::<Unconfigured>() {
        Code::Unavailable
    } else if error.is::<PoolConcurrencyLimitError>() {
        Code::Overloaded
    } else if state.refused() {
        // A guest that was refused memory usually panics next; the refusal is the reason.
        Code::ResourceLimit
    } else if error.is::<Trap>() {
        Code::Trap
    } else if instantiated {
        // No trap and no deadline: what the guest handed over could not be read.
        Code::BadAnswer
    } else {
        Code::Unavailable
    }
}
