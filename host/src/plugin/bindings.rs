//! The contract of wit/v1 in Rust, generated at build time. Nothing here is written by hand.

#![allow(missing_docs, unreachable_pub, unused_qualifications, reason = "generated code")]

/// World `validator`, and the interfaces that all worlds share.
pub(super) mod validator {
    wasmtime::component::bindgen!({ world: "validator", path: "../wit/v1", exports: { default: async } });
}

/// World `claim-mapper`.
pub(super) mod mapper {
    wasmtime::component::bindgen!({
        world: "claim-mapper",
        path: "../wit/v1",
        exports: { default: async },
        with: {
            "portcullis:policy/types": crate::plugin::bindings::validator::portcullis::policy::types,
            "portcullis:policy/host": crate::plugin::bindings::validator::portcullis::policy::host,
        },
    });
}

/// World `consent-checker`.
pub(super) mod checker {
    wasmtime::component::bindgen!({
        world: "consent-checker",
        path: "../wit/v1",
        exports: { default: async },
        with: {
            "portcullis:policy/types": crate::plugin::bindings::validator::portcullis::policy::types,
            "portcullis:policy/host": crate::plugin::bindings::validator::portcullis::policy::host,
        },
    });
}

/// Interface `http`, which waits for somebody.
mod with_http {
    wasmtime::component::bindgen!({ world: "with-http", path: "../wit/v1", imports: { default: async } });
}

/// Interface `key-value`.
mod with_key_value {
    wasmtime::component::bindgen!({ world: "with-key-value", path: "../wit/v1" });
}

pub(super) use validator::portcullis::policy::{host, types};
pub(super) use with_http::portcullis::policy::http;
pub(super) use with_key_value::portcullis::policy::key_value;
