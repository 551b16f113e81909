//! Where providers send people back to (OpenID Connect Core §3.1.2.5). The login page goes on.

use super::{
    elsewhere,
    visit::{self, Visit},
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        upstream::{self, Arrived, Returned},
    },
};

/// returnFromProvider
pub async fn get(mut call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    let login = query.get("state").and_then(upstream::login_of).unwrap_or_default();
    call.params = std::mem::take(&mut call.params).with("login", login);
    visit::step(call, arrive).await
}

async fn arrive(visit: Visit) -> Result<Answer, Failure> {
    let query = read::query(&visit.call.request)?;
    let returned = Returned {
        state: query.get("state"),
        code: query.get("code"),
        iss: query.get("iss"),
        error: query.get("error"),
    };
    let (domain, (tenant, server)) = (&visit.call.app.domain, visit.place());
    match upstream::arrive(domain, tenant, server, returned, &visit.browser).await {
        Ok(Arrived::In { session, .. }) => {
            visit.tell("login", "done", &visit.person());
            Ok(visit.go_on_in(&session))
        }
        Ok(Arrived::Refused { .. }) => {
            visit.tell("login", "refused at the provider", "");
            Ok(visit.go_on())
        }
        Err(failure) => elsewhere::told(&visit, failure),
    }
}
