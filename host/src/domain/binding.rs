//! Which policy decides about which resource: the `decision_bindings` of an authorization server.

use serde::{Deserialize, Serialize};

/// Matches anything.
const ANY: &str = "*";

/// One line of the list. The first line that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The AuthZEN resource type, or `*`.
    pub resource_type: String,
    /// The AuthZEN action name, or `*`.
    pub action: String,
    /// The policy that decides.
    pub policy_id: String,
}

impl Binding {
    fn matches(&self, resource_type: &str, action: &str) -> bool {
        let one = |pattern: &str, value: &str| pattern == ANY || pattern == value;
        one(&self.resource_type, resource_type) && one(&self.action, action)
    }
}

/// The policy of the first binding that matches. None means deny.
pub fn policy_for<'a>(bindings: &'a [Binding], resource_type: &str, action: &str) -> Option<&'a str> {
    bindings.iter().find(|binding| binding.matches(resource_type, action)).map(|binding| binding.policy_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(resource_type: &str, action: &str, policy_id: &str) -> Binding {
        Binding { resource_type: resource_type.into(), action: action.into(), policy_id: policy_id.into() }
    }

    #[test]
    fn the_first_match_decides_and_no_match_names_no_policy() {
        let list = [binding("record", "read", "a"), binding("record", "*", "b"), binding("*", "list", "c")];
        assert_eq!(policy_for(&list, "record", "read"), Some("a"));
        assert_eq!(policy_for(&list, "record", "write"), Some("b"));
        assert_eq!(policy_for(&list, "record", "list"), Some("b"));
        assert_eq!(policy_for(&list, "file", "list"), Some("c"));
        assert_eq!(policy_for(&list, "file", "read"), None);
        assert_eq!(policy_for(&[], "record", "read"), None);
    }
}
