//! The page of the privacy ledger: what the person has granted and taken back, the latest first.

use maud::{Markup, html};
use serde_json::Value;

use super::{Holder, Place, when};
use crate::{
    api::{Answer, people::texts::fill, read},
    domain::{
        Failure,
        ledger::{self, Event},
    },
};

/// Events of a page.
const PAGE: usize = 50;

/// The query parameter that goes on.
pub const QUERY: &[(&str, &str)] = &[("before", "events before the one of this number")];

/// accountEventsPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let query = read::query(&holder.call.request)?;
    let before = query.parsed("before", |text| text.parse::<u64>().ok(), "a number")?;
    let (domain, tenant) = (&holder.call.app.domain, holder.call.tenant());
    let mut found = ledger::latest(domain, tenant, holder.subject(), before, PAGE + 1).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let texts = &holder.texts().events;
    let older = found.last().filter(|_| more).map(|(number, _)| *number);
    let body = html! {
        p.quiet { (texts.explanation) }
        @if found.is_empty() { p { (texts.none) } }
        ul.things { @for (_, event) in &found { li { (show(&holder, event)) } } }
        @if let Some(number) = older {
            p.links { a href=(holder.address(&format!("{}?before={number}", Place::Events.path()))) { (texts.older) } }
        }
    };
    Ok(holder.page(Place::Events, "", &body))
}

/// What the event says of the consent as it was then.
fn show(holder: &Holder, event: &Event) -> Markup {
    let texts = &holder.texts().events;
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let (title, said) = match payload.get("consent_granted") {
        Some(said) => (texts.granted, said),
        None => (texts.withdrawn, payload.get("consent_revoked").unwrap_or(&Value::Null)),
    };
    let text = |pointer: &str| said.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let version = said.get("version").and_then(Value::as_u64).unwrap_or_default().to_string();
    html! {
        div.what {
            h2 { (fill(title, &[("consent", text("/consent/name"))])) }
            p.quiet.small {
                (when(event.date.div_euclid(1_000_000))) " · " (fill(texts.version, &[("version", &version)]))
            }
            details {
                summary { (texts.details) }
                p { (texts.signature) }
                p { code { (event.signature) } }
            }
        }
    }
}
