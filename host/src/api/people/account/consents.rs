//! The page of the consents: what a person has agreed to, of which version and when, and the buttons to agree and to take
//! it back.

use maud::{Markup, html};
use schemars::JsonSchema;
use serde_json::json;

use super::{Holder, Place, when};
use crate::{
    api::{
        Answer,
        people::{layout, login::CHANGED, texts::fill},
        read::{self, Pairs},
    },
    domain::{
        Failure,
        consent::DataUser,
        consent_grant::{self, Circumstances, Context, GrantType, Held, Subject},
    },
};

/// The form that grants a consent.
#[derive(JsonSchema)]
#[schemars(rename = "AccountConsentForm")]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct GrantForm {
    /// The code that shows that the browser was shown the form.
    csrf: String,
    /// The version of the consent that was shown.
    version: u64,
}

/// accountConsentsPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let held = consent_grant::list(&holder.call.app.domain, holder.call.tenant(), &subject(&holder)?, &[])?;
    let (granted, open): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|held| held.standing().is_some());
    let texts = &holder.texts().consents;
    let list = |title: &str, none: &str, held: &[Held]| {
        html! {
            h2 { (title) }
            @if held.is_empty() { p.quiet { (none) } }
            ul.things { @for one in held { li { (show(&holder, one)) } } }
        }
    };
    let changed = read::query(&holder.call.request).is_ok_and(|query| query.get(CHANGED).is_some());
    let body = html! {
        @if changed { (layout::alert(texts.changed)) }
        p.quiet { (texts.explanation) }
        (list(texts.granted, texts.none, &granted))
        @if !open.is_empty() { (list(texts.open, "", &open)) }
    };
    Ok(holder.page(Place::Consents, texts.done, &body))
}

/// grantConsentOnPage
pub async fn grant(holder: Holder, form: Pairs) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&holder.call.app.domain, holder.call.tenant(), holder.call.param("consent"));
    let version = form.parsed("version", |text| text.parse().ok(), "the version that was shown")?;
    let version = version.ok_or_else(|| Failure::malformed("form.version", "is required"))?;
    let (subject, circumstances) = (subject(&holder)?, circumstances(&holder));
    let shown = (id, Some(version));
    match consent_grant::grant(domain, tenant, &subject, shown, GrantType::Explicit, circumstances).await {
        Err(Failure::Outdated { .. }) => {
            Ok(layout::see_other(&holder.address(&format!("{}?{CHANGED}=1", Place::Consents.path()))))
        }
        other => other.map(|_| holder.done(Place::Consents)),
    }
}

/// withdrawConsentOnPage
pub async fn withdraw(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&holder.call.app.domain, holder.call.tenant(), holder.call.param("consent"));
    let (subject, circumstances) = (subject(&holder)?, circumstances(&holder));
    consent_grant::revoke(domain, tenant, &subject, id, circumstances).await?;
    Ok(holder.done(Place::Consents))
}

fn subject(holder: &Holder) -> Result<Subject, Failure> {
    Subject::new("sub", holder.subject()).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// The longest name of a browser that is written down, in characters.
const LONGEST_BROWSER: usize = 200;

/// How the person has said so, for the ledger.
fn circumstances(holder: &Holder) -> Circumstances {
    let browser: String = holder.browser.agent.chars().take(LONGEST_BROWSER).collect();
    let context = Context {
        ip: Some(holder.browser.address.clone()),
        location: None,
        device: Some(json!({ "user_agent": browser }).to_string()),
    };
    Circumstances {
        collection_timestamp: Some(holder.call.app.domain.world.now().saturating_mul(1000)),
        context: Some(context),
        language: Some(holder.language.tag().to_owned()),
        triggered_by_action: None,
    }
}

fn show(holder: &Holder, held: &Held) -> Markup {
    let (texts, terms) = (&holder.texts().consents, &held.consent.terms);
    let version = held.consent.version.to_string();
    html! {
        div.what {
            h3 { (terms.name) }
            @if !terms.description.is_empty() { p { (terms.description) } }
            @if !(terms.internal_services.is_empty() && terms.third_party_services.is_empty() && terms.pii_categories.is_empty()) {
            ul.facts.small {
                @for user in &terms.internal_services { li { (used(texts.used_by, user)) } }
                @for user in &terms.third_party_services { li { (used(texts.shared_with, user)) } }
                @if !terms.pii_categories.is_empty() {
                    li { (fill(texts.data, &[("data", &terms.pii_categories.join(", "))])) }
                }
            }
            }
            p.quiet.small { (fill(texts.version, &[("version", &version)])) " · " (state(holder, held)) }
        }
        (button(holder, held))
    }
}

fn used(text: &str, user: &DataUser) -> String {
    let service = fill(text, &[("service", &user.name)]);
    let purposes: Vec<&str> = user.purposes.iter().map(|purpose| purpose.name.as_str()).collect();
    match purposes.is_empty() {
        true => service,
        false => format!("{service}: {}", purposes.join(", ")),
    }
}

/// What the person has said last, and when.
fn state(holder: &Holder, held: &Held) -> Markup {
    let texts = &holder.texts().consents;
    let at = held.grant.as_ref().map(|grant| when(grant.given_at.div_euclid(1_000_000)));
    match (held.standing(), &held.grant) {
        (Some(GrantType::Explicit), _) => html! { (texts.given) " " (at.unwrap_or_default()) },
        (Some(GrantType::Implicit), _) => html! { (texts.given_implicitly) " " (at.unwrap_or_default()) },
        (None, Some(grant)) if grant.revoked => html! { (texts.withdrawn) },
        (None, Some(grant)) => html! { (fill(texts.outdated, &[("version", &grant.version.to_string())])) },
        (None, None) => html! { (texts.never) },
    }
}

fn button(holder: &Holder, held: &Held) -> Markup {
    let (texts, name) = (&holder.texts().consents, &held.consent.terms.name);
    let path = |action: &str| format!("/account/consents/{}/{action}", held.id);
    let about = fill(texts.about, &[("consent", name)]);
    match held.standing() {
        None => html! {
            form method="post" action=(holder.address(&path("grant"))) {
                (holder.code())
                input type="hidden" name="version" value=(held.consent.version);
                button.second type="submit" { (texts.grant) span.unseen { " " (about) } }
            }
        },
        Some(_) if held.consent.terms.can_be_withdrawn => {
            holder.button(&path("withdraw"), "danger", texts.withdraw, &about)
        }
        Some(_) => html! { p.quiet.small { (texts.cannot_be_withdrawn) } },
    }
}
