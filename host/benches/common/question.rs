//! What is asked: one AuthZEN evaluation and the configurations of the validators that look at it. All of them allow.
//!
//! Used by `calls` and `http`, so that both measure the same decision.

use serde_json::json;

/// Two fields of the authentication context.
pub(crate) const IDENTITY: &str = r#"{"fields":[
    {"field":"amr","comparator":"contains_all","value":["pwd","mfa"]},
    {"field":"email","comparator":"ends_with","value":"@example.org"}]}"#;

/// One request header.
pub(crate) const HEADER: &str = r#"{"fields":[{"field":"x-channel","comparator":"contains","value":"branch"}]}"#;

/// Two values of the whole input document.
pub(crate) const ATTRIBUTES: &str = r#"{"fields":[
    {"field":"request.method","comparator":"equals","value":"POST"},
    {"field":"action.name","comparator":"equals","value":"approve"}]}"#;

/// What [`large`] aims at, in bytes.
const LARGE: usize = 70_000;
/// Names in its list: as many as a list may have.
const NAMES: usize = 256;

/// [`IDENTITY`] with a list of group names so long that the whole has 70 KB. The one that passes comes last.
pub(crate) fn large() -> String {
    let unit = |number: usize| format!("cn=group-{number:04},ou={:u<width$}", "", width = LARGE / NAMES - 21);
    let mut names: Vec<String> = (1..NAMES).map(unit).collect();
    names.push("payments".to_owned());
    json!({"fields": [
        {"field": "groups", "comparator": "contains_any", "value": names},
        {"field": "email", "comparator": "ends_with", "value": "@example.org"},
    ]})
    .to_string()
}

/// The body of a request to the evaluation endpoint that names the policy `policy`.
pub(crate) fn evaluation(policy: &str) -> String {
    json!({
        "subject": {
            "type": "user",
            "id": "ann@example.org",
            "properties": {"amr": ["pwd", "mfa"], "groups": ["staff", "payments"], "email": "ann@example.org"},
        },
        "action": {"name": "approve"},
        "resource": {"type": "policy", "id": policy},
        "context": {
            "request": {"method": "POST", "path": "/payments/4711/approve", "headers": {"x-channel": ["branch"]}},
        },
    })
    .to_string()
}
