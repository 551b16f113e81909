//! What Microsoft's directory says about a person besides the tokens: the entry and the groups, asked of Microsoft Graph v1.0.
//!
//! Called by `identity`. The account's scopes must allow it: `User.Read`, and `GroupMember.Read.All` for the names of groups.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Trouble, userinfo};
use crate::{crypto::Secret, domain::Domain};

/// Microsoft Graph.
const GRAPH: &str = "https://graph.microsoft.com/v1.0/";
/// The most pages of groups, of a thousand each. Who is in more is not let in with some of them: a missing one may decide.
const MOST_PAGES: usize = 10;
/// How a group is told from a role or an administrative unit.
const GROUP: &str = "#microsoft.graph.group";

/// A page of what somebody is a member of.
#[derive(Deserialize)]
struct Page {
    value: Vec<Map<String, Value>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// The person's entry, which must be that of `object`, the `oid` of the ID token, when that is known.
pub(super) async fn user(
    domain: &Domain,
    access_token: &Secret,
    object: Option<&Value>,
) -> Result<Map<String, Value>, Trouble> {
    let body = userinfo::ask(domain, &format!("{GRAPH}me"), access_token).await?;
    let mut user: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|_| "its entry of a person is no object")?;
    if object.is_some() && user.get("id") != object {
        return Err("its entry is about somebody else".into());
    }
    user.retain(|name, value| !name.starts_with('@') && !value.is_null());
    Ok(user)
}

/// The groups that the person is in, each by its attribute `name`. One that has no such attribute is left out.
pub(super) async fn groups(
    domain: &Domain,
    access_token: &Secret,
    name: &str,
    only_security: bool,
) -> Result<Vec<Value>, Trouble> {
    let mut groups = Vec::new();
    let mut url = first(name);
    for _ in 0..MOST_PAGES {
        let body = userinfo::ask(domain, &url, access_token).await?;
        let Page { value, next } = serde_json::from_slice(&body).map_err(|_| "its list of groups cannot be read")?;
        groups.extend(value.into_iter().filter_map(|group| named(group, name, only_security)));
        match next {
            None => return Ok(groups),
            // The access token goes along, so never anywhere else.
            Some(next) if next.starts_with(GRAPH) => url = next,
            Some(_) => return Err("its list of groups goes on elsewhere".into()),
        }
    }
    Err("its list of groups has no end".into())
}

fn first(name: &str) -> String {
    let others = ["id", "securityEnabled"].into_iter().filter(|other| *other != name);
    let select: Vec<&str> = others.chain(std::iter::once(name)).collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("$select", &select.join(","))
        .append_pair("$top", "999")
        .finish();
    format!("{GRAPH}me/memberOf?{query}")
}

fn named(mut group: Map<String, Value>, name: &str, only_security: bool) -> Option<Value> {
    let is_group = group.get("@odata.type").is_none_or(|kind| kind == GROUP);
    let secure = group.get("securityEnabled") == Some(&Value::Bool(true));
    let wanted = is_group && (secure || !only_security);
    group.remove(name).filter(|value| wanted && value.is_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(entry: Value, name: &str, only_security: bool) -> Option<Value> {
        named(entry.as_object().unwrap().clone(), name, only_security)
    }

    #[test]
    fn groups_are_named_by_an_attribute() {
        let staff =
            json!({ "@odata.type": GROUP, "id": "1", "displayName": "Staff", "securityEnabled": true, "mail": null });
        assert_eq!(of(staff.clone(), "id", true), Some(json!("1")));
        assert_eq!(of(staff.clone(), "displayName", false), Some(json!("Staff")));
        assert_eq!(of(staff, "mail", false), None);
        let list = json!({ "@odata.type": GROUP, "id": "2", "securityEnabled": false });
        assert_eq!((of(list.clone(), "id", false), of(list, "id", true)), (Some(json!("2")), None));
        let role = json!({ "@odata.type": "#microsoft.graph.directoryRole", "id": "3", "securityEnabled": true });
        assert_eq!(of(role, "id", false), None);
    }

    #[test]
    fn only_what_is_needed_is_asked_for() {
        assert!(first("id").ends_with("me/memberOf?%24select=securityEnabled%2Cid&%24top=999"), "{}", first("id"));
        assert!(first("a&b").contains("a%26b"), "{}", first("a&b"));
    }
}
