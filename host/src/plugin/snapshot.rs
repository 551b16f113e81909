//! How the snapshotter reads a configured instance: through the functions that instrumentation added to it.
//!
//! Used by `build`. Ours rather than wasmtime-wizer's own, whose feature brings a disk cache, a collector, threads and an
//! interpreter that nothing here uses.

use wasmtime::{
    Store,
    component::{Instance, Lift, WasmList},
};
use wasmtime_wizer::ComponentInstanceState;

use super::state::State;

/// A configured instance whose memories and globals are read out.
pub(super) struct Configured<'a> {
    store: &'a mut Store<State>,
    instance: Instance,
    failure: Option<wasmtime::Error>,
}

impl<'a> Configured<'a> {
    /// Reads `instance`, which lives in `store`.
    pub(super) fn new(store: &'a mut Store<State>, instance: Instance) -> Configured<'a> {
        Configured { store, instance, failure: None }
    }

    /// The first thing that could not be read. A snapshot that was taken all the same is worthless.
    pub(super) fn failure(self) -> Option<wasmtime::Error> {
        self.failure
    }

    async fn read<R: Lift + Send + 'static>(&mut self, interface: &str, function: &str) -> Option<R> {
        match self.call(interface, function).await {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    async fn call<R: Lift + Send + 'static>(&mut self, interface: &str, function: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::format_err!("the instrumented component has no {interface}#{function}");
        let (_, interface_index) = self.instance.get_export(&mut *self.store, None, interface).ok_or_else(missing)?;
        let found = self.instance.get_export(&mut *self.store, Some(&interface_index), function);
        let (_, function_index) = found.ok_or_else(missing)?;
        let function = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, function_index)?;
        Ok(function.call_async(&mut *self.store, ()).await?.0)
    }
}

impl ComponentInstanceState for Configured<'_> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.read::<WasmList<u8>>(instance, func).await {
            Some(list) => contents(list.as_le_slice(&*self.store)),
            None => contents(&[]),
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.read(instance, func).await.unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.read(instance, func).await.unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.read(instance, func).await.map_or(0, f32::to_bits)
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.read(instance, func).await.map_or(0, f64::to_bits)
    }
}
