//! The XML form: an element is the object of the JSON form, with some members as attributes and lists that wrap their items.
//!
//! Called by `forms`. One table says which lists there are, for both directions.

use serde_json::{Map, Value};

use crate::{
    api::read::{self, Element},
    domain::Problem,
};

/// The element of a record, and the one of a list of them.
const ONE: &str = "oauthClient";
const MANY: &str = "oauthClients";
/// The members that are attributes of the record's element.
const ATTRIBUTES: [&str; 4] = ["exportReleaseLevel", "exportTable", "retainSysIds", "version"];
/// The lists, with the element of an item.
const LISTS: [(&str, &str); 3] =
    [("clusterRedirectUrls", "clusterRedirectUrl"), ("opswiseGroups", "opswiseGroup"), ("scopes", "scope")];
/// The item that is an object itself.
const OBJECT: &str = "clusterRedirectUrl";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const INDENT: &str = "    ";

/// A record as its JSON form would be. The first problem is whether the text can be read at all.
pub fn read(text: &[u8]) -> Result<Result<Value, Problem>, Problem> {
    let root = read::xml(text)?;
    Ok(if root.name == ONE { record(root) } else { Err(Problem::new("", format!("must be an element {ONE}"))) })
}

fn record(root: Element) -> Result<Value, Problem> {
    let Element { name: _, attributes, children, text } = root;
    let mut members = Map::new();
    // Names of namespaces (Namespaces in XML §3) say nothing about the record; programs that write XML add some.
    for (name, text) in attributes.into_iter().filter(|(name, _)| name != "xmlns" && !name.starts_with("xmlns:")) {
        let value = attribute(&name, text)?;
        members.insert(name, value);
    }
    only_elements("", &text)?;
    for child in children {
        let name = child.name.clone();
        let member = format!("/{name}");
        if ATTRIBUTES.contains(&name.as_str()) {
            return Err(Problem::new(member, "must be an attribute"));
        }
        let value = match LISTS.iter().find(|(list, _)| *list == name) {
            Some((_, item)) => list(child, item, &member)?,
            None => leaf(child, &member)?,
        };
        once(&mut members, name, value, &member)?;
    }
    Ok(Value::Object(members))
}

fn attribute(name: &str, text: String) -> Result<Value, Problem> {
    match (name, text.as_str()) {
        ("retainSysIds", "true" | "1") => Ok(true.into()),
        ("retainSysIds", "false" | "0") => Ok(false.into()),
        ("retainSysIds", _) => Err(Problem::new("/retainSysIds", "must be true or false")),
        _ if ATTRIBUTES.contains(&name) => Ok(text.into()),
        _ => Err(Problem::new(format!("/{name}"), format!("is no attribute of {ONE}"))),
    }
}

fn list(wrapper: Element, item: &str, member: &str) -> Result<Value, Problem> {
    let Element { name: _, attributes, children, text } = wrapper;
    no_attributes(member, &attributes)?;
    only_elements(member, &text)?;
    let mut items = Vec::new();
    for (place, child) in children.into_iter().enumerate() {
        let member = format!("{member}/{place}");
        if child.name != item {
            return Err(Problem::new(member, format!("must be an element {item}")));
        }
        items.push(if item == OBJECT { object(child, &member)? } else { leaf(child, &member)? });
    }
    Ok(items.into())
}

fn object(element: Element, member: &str) -> Result<Value, Problem> {
    let Element { name: _, attributes, children, text } = element;
    no_attributes(member, &attributes)?;
    only_elements(member, &text)?;
    let mut members = Map::new();
    for child in children {
        let (name, member) = (child.name.clone(), format!("{member}/{}", child.name));
        let value = leaf(child, &member)?;
        once(&mut members, name, value, &member)?;
    }
    Ok(Value::Object(members))
}

fn leaf(element: Element, member: &str) -> Result<Value, Problem> {
    let Element { name: _, attributes, children, text } = element;
    no_attributes(member, &attributes)?;
    if children.is_empty() { Ok(text.into()) } else { Err(Problem::new(member, "must be a text")) }
}

fn once(members: &mut Map<String, Value>, name: String, value: Value, member: &str) -> Result<(), Problem> {
    match members.insert(name, value) {
        None => Ok(()),
        Some(_) => Err(Problem::new(member, "is given more than once")),
    }
}

fn no_attributes(member: &str, attributes: &[(String, String)]) -> Result<(), Problem> {
    if attributes.is_empty() { Ok(()) } else { Err(Problem::new(member, "must not have attributes")) }
}

fn only_elements(member: &str, text: &str) -> Result<(), Problem> {
    if text.trim_ascii().is_empty() { Ok(()) } else { Err(Problem::new(member, "must have elements and no text")) }
}

/// The document of a record, from its JSON form.
pub fn write(record: &Value) -> String {
    let mut out = DECLARATION.to_owned();
    element(&mut out, 0, ONE, record);
    out
}

/// The document of a list of records.
pub fn write_all(records: &[Value]) -> String {
    let mut out = DECLARATION.to_owned();
    wrap(&mut out, 0, MANY, "", records.is_empty(), |out| {
        records.iter().for_each(|record| element(out, 1, ONE, record))
    });
    out
}

fn element(out: &mut String, depth: usize, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            let is_attribute = |member: &str| name == ONE && ATTRIBUTES.contains(&member);
            let (attributes, children): (Vec<_>, Vec<_>) = members.iter().partition(|(member, _)| is_attribute(member));
            let attributes: String =
                attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", in_attribute(&plain(value)))).collect();
            wrap(out, depth, name, &attributes, children.is_empty(), |out| {
                children.iter().for_each(|(name, value)| element(out, depth + 1, name, value));
            });
        }
        Value::Array(items) => {
            let item = LISTS.iter().find(|(list, _)| *list == name).map_or("", |(_, item)| item);
            wrap(out, depth, name, "", items.is_empty(), |out| {
                items.iter().for_each(|value| element(out, depth + 1, item, value));
            });
        }
        leaf => {
            let text = escaped(&plain(leaf));
            out.push_str(&INDENT.repeat(depth));
            out.push_str(&if text.is_empty() { format!("<{name}/>\n") } else { format!("<{name}>{text}</{name}>\n") });
        }
    }
}

/// An element around others.
fn wrap(out: &mut String, depth: usize, name: &str, attributes: &str, empty: bool, inside: impl FnOnce(&mut String)) {
    let indent = INDENT.repeat(depth);
    if empty {
        out.push_str(&format!("{indent}<{name}{attributes}/>\n"));
        return;
    }
    out.push_str(&format!("{indent}<{name}{attributes}>\n"));
    inside(out);
    out.push_str(&format!("{indent}</{name}>\n"));
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same for an attribute, in which every other blank would be read as one of its own kind (§3.3.3).
fn in_attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A text without what would be read as something else. A carriage return would be read as a line feed (XML 1.0 §2.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        read(text.as_bytes()).unwrap().unwrap_err().member
    }

    #[test]
    fn both_forms_say_the_same() {
        let record = json!({
            "clientId": "a & b <c> \"d\" 'e'", "clusterRedirectUrls": [{ "clusterNode": "n", "redirectUrl": "u" }],
            "description": "two\r\nlines ]]>", "name": " blank ", "opswiseGroups": [], "retainSysIds": true,
            "scopes": ["x", "y"],
        });
        let text = write(&record);
        assert_eq!(read(text.as_bytes()).unwrap().unwrap(), record, "{text}");
        assert!(
            text.contains("<oauthClient retainSysIds=\"true\">\n    <clientId>") && text.contains("<opswiseGroups/>"),
            "{text}"
        );
        assert!(write_all(&[]).ends_with("<oauthClients/>\n"));
    }

    #[test]
    fn names_of_namespaces_are_not_of_the_record() {
        let text = r#"<oauthClient xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="" version="1"><name>a</name></oauthClient>"#;
        assert_eq!(read(text.as_bytes()).unwrap().unwrap(), json!({ "version": "1", "name": "a" }));
        assert_eq!(refused("<oauthClient xmlnsx='a'/>"), "/xmlnsx");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (inside, member) in [
            ("<name>a</name><name>b</name>", "/name"),
            ("<name x='1'>a</name>", "/name"),
            ("<name><b/></name>", "/name"),
            ("<version>1</version>", "/version"),
            ("<scopes><scope>a</scope><other>b</other></scopes>", "/scopes/1"),
            ("<scopes>a</scopes>", "/scopes"),
            ("<scopes/><scopes/>", "/scopes"),
            ("<scopes><scope><x/></scope></scopes>", "/scopes/0"),
            (
                "<clusterRedirectUrls><clusterRedirectUrl><a/><a/></clusterRedirectUrl></clusterRedirectUrls>",
                "/clusterRedirectUrls/0/a",
            ),
            (
                "<clusterRedirectUrls><clusterRedirectUrl>x</clusterRedirectUrl></clusterRedirectUrls>",
                "/clusterRedirectUrls/0",
            ),
            ("text", ""),
        ] {
            assert_eq!(refused(&format!("<oauthClient>{inside}</oauthClient>")), member, "{inside}");
        }
        assert_eq!(refused("<oauthClient retainSysIds='maybe'/>"), "/retainSysIds");
        assert_eq!(refused("<oauthClient name='x'/>"), "/name");
        assert_eq!(refused("<oauthClients/>"), "");
    }
}
