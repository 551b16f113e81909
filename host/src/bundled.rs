//! What comes inside the binary: components and built-in policies. No rule lives here.

use crate::{
    api::{acp::policies, read},
    domain::policy::Policy,
    plugin::Bundled,
};

/// The components of plugins/dist.
pub const COMPONENTS: &[Bundled] = &[
    Bundled { name: "true", wasm_zst: include_bytes!("../../plugins/dist/true.wasm.zst") },
    Bundled { name: "false", wasm_zst: include_bytes!("../../plugins/dist/false.wasm.zst") },
    Bundled { name: "header", wasm_zst: include_bytes!("../../plugins/dist/header.wasm.zst") },
    Bundled { name: "identity-context", wasm_zst: include_bytes!("../../plugins/dist/identity-context.wasm.zst") },
    Bundled { name: "attributes", wasm_zst: include_bytes!("../../plugins/dist/attributes.wasm.zst") },
    Bundled { name: "consent", wasm_zst: include_bytes!("../../plugins/dist/consent.wasm.zst") },
    Bundled { name: "rego", wasm_zst: include_bytes!("../../plugins/dist/rego.wasm.zst") },
    Bundled { name: "cedar", wasm_zst: include_bytes!("../../plugins/dist/cedar.wasm.zst") },
    Bundled { name: "path", wasm_zst: include_bytes!("../../plugins/dist/path.wasm.zst") },
    Bundled { name: "cel", wasm_zst: include_bytes!("../../plugins/dist/cel.wasm.zst") },
    Bundled { name: "cel-claims", wasm_zst: include_bytes!("../../plugins/dist/cel-claims.wasm.zst") },
    Bundled { name: "required-consents", wasm_zst: include_bytes!("../../plugins/dist/required-consents.wasm.zst") },
];

/// The policies every tenant starts with, as files exactly like createPolicy takes them.
const POLICIES: [(&str, &str); 15] = [
    ("block", include_str!("../../policies/block.json")),
    ("allow", include_str!("../../policies/allow.json")),
    ("nist-aal-1", include_str!("../../policies/nist-aal-1.json")),
    ("nist-aal-2", include_str!("../../policies/nist-aal-2.json")),
    ("nist-aal-3", include_str!("../../policies/nist-aal-3.json")),
    ("applications-add", include_str!("../../policies/applications-add.json")),
    ("applications-edit", include_str!("../../policies/applications-edit.json")),
    ("applications-delete", include_str!("../../policies/applications-delete.json")),
    ("applications-genesys-add", include_str!("../../policies/applications-genesys-add.json")),
    ("applications-genesys-edit", include_str!("../../policies/applications-genesys-edit.json")),
    ("applications-genesys-delete", include_str!("../../policies/applications-genesys-delete.json")),
    ("applications-view-service", include_str!("../../policies/applications-view-service.json")),
    ("applications-view-agent", include_str!("../../policies/applications-view-agent.json")),
    ("applications-view-customer", include_str!("../../policies/applications-view-customer.json")),
    ("applications-view-other", include_str!("../../policies/applications-view-other.json")),
];

/// The built-in policies, by id.
pub fn policies() -> Result<Vec<(String, Policy)>, String> {
    POLICIES.into_iter().map(|(name, text)| parse(name, text)).collect()
}

fn parse(name: &str, text: &str) -> Result<(String, Policy), String> {
    let body = read::from_json(text.as_bytes()).map_err(|problem| format!("policies/{name}.json: {problem}"))?;
    policies::parse(body).map_err(|failure| format!("policies/{name}.json: {}", failure.to_client()))
}
