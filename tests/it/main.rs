//! The integration tests: one binary against the real server over real sockets.

/// Names the operations whose behaviour a file of tests shows; `uncovered.rs` lists the rest.
macro_rules! covers {
    ($($operation:literal),+ $(,)?) => {
        /// The operations that this file shows at work.
        pub const COVERS: &[&str] = &[$($operation),+];
    };
}

mod support;

mod account_pages;
mod administrators;
mod apis;
mod applications;
mod authentications;
mod author_cli;
mod authority;
mod authorize;
mod backup;
mod boot;
mod chromium;
mod claims;
mod clients;
mod conditions;
mod configuration;
mod consent_page;
mod consents;
mod console;
mod contract;
mod crash;
mod cross_origin;
mod custom_login;
mod decisions;
mod developers;
mod discovery;
mod edge;
mod enforcement;
mod events;
mod examples;
mod expiry;
mod fuzz_seeds;
mod gateways;
mod grants;
mod history;
mod hostile;
mod impact;
mod imports;
mod interop;
mod introspection;
mod key_ring;
mod key_rotation;
mod ledger;
mod log;
mod login;
mod logout;
mod machine_policies;
mod nginx;
mod organizations;
mod outbound;
mod plugin_reach;
mod plugin_sources;
mod plugins;
mod policies;
mod policy_test;
mod promises;
mod proofs;
mod registration;
mod replay;
mod required_consents;
mod revocation;
mod scopes;
mod script_engines;
mod scripts;
mod scripts_cel;
mod scripts_hostile;
mod second_factor;
mod self_service;
mod server_keys;
mod servers;
mod services;
mod setups;
mod setups_in_force;
mod setups_tokens;
mod shadows;
mod shared;
mod storm;
mod strangers;
mod surface;
mod tenants;
mod tidy;
mod timelines;
mod token_claims;
mod tokens;
mod uncovered;
mod upstream;
mod user_policies;
mod userinfo;
