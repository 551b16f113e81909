//! What administrators do for people who log in here.

use http::StatusCode;

use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        events::{self, Event},
        second_factor, session,
    },
};

/// removeSecondFactor
pub async fn remove_second_factor(call: Call) -> Result<Answer, Failure> {
    let (tenant, server, subject) = (call.tenant(), call.param("aid"), call.param("subject"));
    second_factor::remove(&call.app.domain, tenant, server, subject).await?;
    tell(&call, "second factor removed");
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// endSessionsOfPerson
pub async fn end_sessions(call: Call) -> Result<Answer, Failure> {
    let (tenant, server, subject) = (call.tenant(), call.param("aid"), call.param("subject"));
    session::end_everything(&call.app.domain, tenant, server, subject).await?;
    tell(&call, "sessions and grants ended");
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn tell(call: &Call, what: &'static str) {
    events::tell(Event {
        what,
        outcome: "done by an administrator",
        tenant: call.tenant(),
        server: call.param("aid"),
        client: "",
        subject: call.param("subject"),
        address: "",
        request_id: &call.request.request_id,
    });
}
