//! Lines for the server's log.

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the author of the component.
    Debug,
    /// For the operator.
    Info,
    /// For the operator, now.
    Warn,
}

/// Writes a line to the server's log, under the component's name. In native tests it goes to standard error.
pub fn log(level: Level, line: &str) {
    #[cfg(not(target_family = "wasm"))]
    eprintln!("{level:?}: {line}");
    #[cfg(all(target_family = "wasm", feature = "validator"))]
    host_log!(crate::validator, level, line);
    #[cfg(all(target_family = "wasm", feature = "claim-mapper", not(feature = "validator")))]
    host_log!(crate::claim_mapper, level, line);
    #[cfg(all(target_family = "wasm", feature = "consent-checker", not(feature = "validator")))]
    host_log!(crate::consent_checker, level, line);
}

#[cfg(target_family = "wasm")]
macro_rules! host_log {
    ($world:path, $level:expr, $line:expr) => {{
        use world::bindings::portcullis::policy::host;
        use $world as world;
        let level = match $level {
            Level::Debug => host::Level::Debug,
            Level::Info => host::Level::Info,
            Level::Warn => host::Level::Warn,
        };
        host::log(level, $line);
    }};
}
#[cfg(target_family = "wasm")]
use host_log;
