//! The first page of the account: who is logged in, and where everything is.

use maud::html;

use super::{PLACES, Place, Visit, when};
use crate::{
    api::{Answer, people::texts::fill},
    domain::Failure,
};

/// accountPage
pub async fn page(visit: Visit) -> Result<Answer, Failure> {
    let texts = &visit.texts().overview;
    let about = |place: Place| match place {
        Place::Overview => "",
        Place::Clients => texts.clients,
        Place::Consents => texts.consents,
        Place::Events => texts.events,
        Place::Sessions => texts.sessions,
        Place::SecondFactor => texts.second_factor,
    };
    let body = html! {
        p { (fill(texts.who, &[("person", &visit.session.identity.shown())])) }
        p.quiet.small { (texts.since) " " (when(visit.session.identity.auth_time)) }
        ul.things {
            @for place in PLACES.into_iter().filter(|place| *place != Place::Overview) {
                li {
                    div.what {
                        h2 { a href=(visit.address(place.path())) { (place.title(visit.texts())) } }
                        p.quiet { (about(place)) }
                    }
                }
            }
        }
        (visit.button("/account/logout", "second", texts.logout, ""))
    };
    Ok(visit.page(Place::Overview, "", &body))
}
