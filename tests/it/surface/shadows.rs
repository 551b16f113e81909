//! What the rows of shadows and impact analyses are asked with: the policy `rule` has a candidate beside it.

use serde_json::{Value, json};

use crate::support::{
    Caller,
    made::{ADMIN, no},
};

/// The candidate.
fn candidate() -> Value {
    json!({ "policy_name": "Rule", "validators": [no()] })
}

/// Makes the shadow when it is not there, and the policy what it was before the candidate took its place.
pub async fn restore(admin: &Caller, rule: &Value) {
    if admin.get(&format!("{ADMIN}/policies/rule/shadow")).await.status == 404 {
        admin.put(&format!("{ADMIN}/policies/rule"), rule).await.expect(201);
        admin.put(&format!("{ADMIN}/policies/rule/shadow"), &json!({ "candidate": candidate() })).await.expect(200);
    }
}

/// The body of a row.
pub fn body(row: &str) -> Option<Value> {
    match row {
        "putPolicyShadow" => Some(json!({ "candidate": candidate(), "percent": 50 })),
        "analysePolicyImpact" => Some(json!({ "candidate": candidate(), "since": "1h", "limit": 10 })),
        _ => None,
    }
}

/// The policy of a row that has a candidate to take away.
pub fn policy(path: &str) -> Option<&'static str> {
    path.ends_with("/shadow").then_some("rule")
}
