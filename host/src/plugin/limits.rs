//! What guests may use, and what the sandbox is started with.
//!
//! Made by `config`, read by everything in `plugin`. Knows nothing of wasmtime.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::ArtefactMac;
use crate::decision::Library;

/// Bounds for guests and for what the host keeps on their behalf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one call may take once it has a slot, waiting for the slow lane included. A call without an image
    /// configures its instance within it, too.
    pub deadline: Duration,
    /// How long `describe` and `configure` may take when a policy is saved or an image built.
    pub configure_deadline: Duration,
    /// The largest linear memory of an instance, in bytes.
    pub memory_bytes: usize,
    /// The largest table of an instance, in elements.
    pub table_elements: usize,
    /// What a guest may hand to the host in one call, in bytes.
    pub output_bytes: usize,
    /// Instances that may exist at once.
    pub slots: u32,
    /// Calls that may wait for a slot. The next one is denied with `overloaded`.
    pub queue: usize,
    /// Images kept loaded. 0 means none: every call then configures its instance first.
    pub images: usize,
    /// Machine code and memory images kept loaded, in bytes.
    pub image_bytes: u64,
    /// Machine code and memory images kept on disk, in bytes.
    pub artefact_bytes: u64,
    /// The largest component, in bytes.
    pub component_bytes: usize,
    /// Uploaded components kept compiled.
    pub uploaded: usize,
    /// The largest configuration of one rule, in bytes.
    pub conf_bytes: usize,
    /// Lines one call may write to the log.
    pub log_lines: u32,
    /// The length at which a line is cut, in bytes.
    pub log_line_bytes: usize,
    /// Components compiled, and policies configured, at once.
    pub compile_threads: usize,
    /// Whether the kernel may be asked which pages a call wrote, where that is safe.
    pub pagemap_scan: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            deadline: Duration::from_millis(50),
            configure_deadline: Duration::from_secs(2),
            memory_bytes: 32 << 20,
            table_elements: 20_000,
            output_bytes: 64 << 10,
            slots: 64,
            queue: 1024,
            images: 256,
            image_bytes: 256 << 20,
            artefact_bytes: 8 << 30,
            component_bytes: 32 << 20,
            uploaded: 64,
            conf_bytes: 256 << 10,
            log_lines: 16,
            log_line_bytes: 512,
            compile_threads: 1,
            pagemap_scan: true,
        }
    }
}

/// What a sandbox is started with.
#[derive(Clone)]
pub struct Settings {
    /// Bounds.
    pub limits: Limits,
    /// The folder for compiled artefacts. Made when it is missing.
    pub artefacts: PathBuf,
    /// Signs the artefacts: they are native code.
    pub mac: Arc<dyn ArtefactMac>,
    /// Threads of the runtime that polls the calls.
    pub workers: usize,
    /// Where uploaded components are.
    pub library: Arc<dyn Library>,
}

/// A component that comes with the binary.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// The name policies use.
    pub name: &'static str,
    /// The component, compressed with zstd.
    pub wasm_zst: &'static [u8],
}
