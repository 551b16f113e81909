//! The same check in every language that policies are written in: two members of the authentication context and one of the
//! request, once without a snapshot, once with it, and in an instance that is asked again and again.
//!
//! What the check costs natively is measured where the languages are: `cargo bench -p portcullis-expressions` in plugins.

use portcullis::bundled;
use serde_json::json;

/// A language: its component, and the names of its benches.
pub(crate) struct Engine {
    /// The component.
    pub(crate) name: &'static str,
    /// Its configuration.
    pub(crate) conf: String,
    /// A fresh instance that is configured first.
    pub(crate) configured: &'static str,
    /// A fresh instance of a snapshot.
    pub(crate) fresh: &'static str,
    /// One instance for all calls.
    pub(crate) reused: &'static str,
}

/// The languages whose components are there.
pub(crate) fn all() -> Vec<Engine> {
    let mut engines = vec![attributes(), cel(), cedar(), rego()];
    engines.retain(|engine| bundled::COMPONENTS.iter().any(|component| component.name == engine.name));
    engines
}

fn attributes() -> Engine {
    let conf = json!({ "fields": [
        { "field": "authn_ctx.amr", "comparator": "contains", "value": "mfa" },
        { "field": "authn_ctx.email", "comparator": "ends_with", "value": "@example.org" },
        { "field": "request.method", "comparator": "equals", "value": "POST" },
    ] });
    Engine {
        name: "attributes",
        conf: conf.to_string(),
        configured: "engines/attributes/configured",
        fresh: "engines/attributes/fresh",
        reused: "engines/attributes/reused",
    }
}

fn cel() -> Engine {
    let source = "'mfa' in authn_ctx.amr && authn_ctx.email.endsWith('@example.org') && request.method == 'POST'";
    Engine {
        name: "cel",
        conf: json!({ "source": source }).to_string(),
        configured: "engines/cel/configured",
        fresh: "engines/cel/fresh",
        reused: "engines/cel/reused",
    }
}

fn cedar() -> Engine {
    let source = r#"permit(principal, action, resource) when {
        context.authn_ctx.amr.contains("mfa") && context.authn_ctx.email like "*@example.org" &&
        context.request.method == "POST" };"#;
    Engine {
        name: "cedar",
        conf: json!({ "source": source }).to_string(),
        configured: "engines/cedar/configured",
        fresh: "engines/cedar/fresh",
        reused: "engines/cedar/reused",
    }
}

fn rego() -> Engine {
    let source = r#"package portcullis
        default allow := false
        allow if {
            "mfa" in input.authn_ctx.amr
            endswith(input.authn_ctx.email, "@example.org")
            input.request.method == "POST"
        }"#;
    Engine {
        name: "rego",
        conf: json!({ "source": source }).to_string(),
        configured: "engines/rego/configured",
        fresh: "engines/rego/fresh",
        reused: "engines/rego/reused",
    }
}
