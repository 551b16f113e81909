//! The first page of the account: who is logged in, and where everything is.

use maud::html;

use super::{Holder, Place, when};
use crate::{
    api::{Answer, people::texts::fill},
    domain::Failure,
};

/// accountPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let texts = &holder.texts().overview;
    let about = |place: Place| match place {
        Place::Overview => "",
        Place::Requests => texts.requests,
        Place::RequestCode => texts.request_code,
        Place::Clients => texts.clients,
        Place::Consents => texts.consents,
        Place::Events => texts.events,
        Place::Sessions => texts.sessions,
        Place::SecondFactor => texts.second_factor,
    };
    let body = html! {
        p { (fill(texts.who, &[("person", &holder.session.identity.shown())])) }
        p.quiet.small { (texts.since) " " (when(holder.session.identity.auth_time)) }
        ul.things {
            @for place in holder.places().filter(|place| *place != Place::Overview) {
                li {
                    div.what {
                        h2 { a href=(holder.address(place.path())) { (place.title(holder.texts())) } }
                        p.quiet { (about(place)) }
                    }
                }
            }
        }
        (holder.button("/account/logout", "second", texts.logout, ""))
    };
    Ok(holder.page(Place::Overview, "", &body))
}
