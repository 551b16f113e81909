//! Authorization details and resources in words, for the pages on which people are asked for them: what is said of their type, and every member (RFC 9396 §13).
//!
//! All of it is the client's text. The page escapes it; what nobody can see, or what would turn a line around, is shown as a sign.

use maud::{Markup, html};
use serde_json::Value;

use super::texts::{Language, fill};
use crate::domain::{details::Detail, visible};

/// A resource that has no scopes, as a line of the page.
pub fn resource(language: Language, name: &str) -> Markup {
    html! { span.fixed { span { span.name { (fill(language.consent().resource, &[("resource", name)])) } } } }
}

/// A detail as a line of the page.
pub fn line(title: &str, detail: &Detail) -> Markup {
    html! {
        span.fixed {
            span {
                span.name { (title) }
                @for (name, value) in detail {
                    @if name != "type" { span.why { (member(name, value)) } }
                }
            }
        }
    }
}

/// A member with its value: lists of texts in one line, whatever has members of its own below it.
fn member(name: &str, value: &Value) -> Markup {
    let name = visible(&name.replace('_', " "));
    html! { (name) ": " (shown(value)) }
}

fn shown(value: &Value) -> Markup {
    match value {
        Value::Null => html! { "-" },
        Value::Bool(_) | Value::Number(_) => html! { (value) },
        Value::String(text) => html! { (visible(text)) },
        Value::Array(items) => html! {
            @for (place, item) in items.iter().enumerate() { @if place > 0 { ", " } (shown(item)) }
        },
        Value::Object(members) => html! {
            "("
            @for (place, (name, value)) in members.iter().enumerate() { @if place > 0 { "; " } (member(name, value)) }
            ")"
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(detail: Value) -> String {
        line("Pay <b>", detail.as_object().unwrap()).into_string()
    }

    #[test]
    fn every_member_is_shown_in_words() {
        let shown = text(json!({
            "type": "payment", "actions": ["pay", "see"], "instructed_amount": { "value": "1.00", "currency": "EUR" },
            "urgent": true, "times": 2, "note": null,
        }));
        for line in [
            "actions: pay, see",
            "instructed amount: (value: 1.00; currency: EUR)",
            "urgent: true",
            "times: 2",
            "note: -",
        ] {
            assert!(shown.contains(&format!("<span class=\"why\">{line}</span>")), "{line}: {shown}");
        }
        assert!(!shown.contains("payment"), "the title says what it is: {shown}");
    }

    #[test]
    fn nothing_in_it_is_markup_or_out_of_sight() {
        let shown = text(json!({
            "type": "payment", "<script>": "</span><script>alert(1)</script>", "to": "evil\u{202e}knab\u{200b}\n.", "x": { "<i>": ["&"] },
        }));
        assert!(!shown.contains("<script") && !shown.contains("<i>") && !shown.contains("<b>"), "{shown}");
        assert!(
            shown.contains("&lt;script&gt;alert(1)") && shown.contains("to: evil\u{fffd}knab\u{fffd}\u{fffd}."),
            "{shown}"
        );
    }
}
