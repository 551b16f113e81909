//! What administrators do for people who log in here.

use http::StatusCode;

use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        events::{self, Event},
        second_factor,
    },
};

/// removeSecondFactor
pub async fn remove_second_factor(call: Call) -> Result<Answer, Failure> {
    let (tenant, server, subject) = (call.tenant(), call.param("aid"), call.param("subject"));
    second_factor::remove(&call.app.domain, tenant, server, subject).await?;
    events::tell(Event {
        what: "second factor removed",
        outcome: "done by an administrator",
        tenant,
        server,
        client: "",
        subject,
        address: "",
        request_id: &call.request.request_id,
    });
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
