//! What login pages of a tenant's own ask and say (reference/acp.md §3.5).

mod shapes;

use http::StatusCode;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        custom_login::{self, Vouched},
        moment,
    },
};

pub use shapes::{AcceptLoginBody, LoginBody, RedirectBody, RejectBody, RequestedScope, WhenBody};
pub(super) use shapes::{Refused, Seen, show};

/// getLogin
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("login"));
    let login = custom_login::find(domain, tenant, id, login_state(&call)?.as_deref())?;
    let body = show(&call.app.domain, tenant, id, login, Seen::default())?;
    Ok(Answer::json(StatusCode::OK, &body))
}

/// acceptLogin
pub async fn accept(call: Call) -> Result<Answer, Failure> {
    let body: AcceptLoginBody = read::json(&call.request)?;
    let AcceptLoginBody { id, login_state, subject, auth_time, acr, amr, authentication_context } = body;
    let (domain, tenant, login) = (&call.app.domain, call.tenant(), call.param("login"));
    let mut problems = same(id.as_deref(), login);
    let vouched = Vouched {
        subject: subject.unwrap_or_default(),
        auth_time: auth_time.and_then(|at| when(at, &mut problems)),
        acr: read::said(acr),
        amr: amr.unwrap_or_default(),
        context: authentication_context.unwrap_or_default(),
    };
    let login_state = said(login_state, &mut problems);
    Failure::unless_fine(problems)?;
    let redirect_to = custom_login::accept(domain, tenant, login, &login_state, vouched).await?;
    Ok(Answer::json(StatusCode::OK, &RedirectBody { redirect_to }))
}

/// rejectLogin
pub async fn reject(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, login) = (&call.app.domain, call.tenant(), call.param("login"));
    let Refused { login_state, refused } = refusal(&call, "the person was not let in")?;
    let redirect_to = custom_login::reject(domain, tenant, login, &login_state, refused).await?;
    Ok(Answer::json(StatusCode::OK, &RedirectBody { redirect_to }))
}

/// The `login_state` of a query, if there is one.
pub(super) fn login_state(call: &Call) -> Result<Option<String>, Failure> {
    let query = read::query(&call.request)?;
    query.only(&["login_state"])?;
    Ok(query.get("login_state").map(str::to_owned))
}

/// Reads a page's no. Without words of its own, `otherwise` is what the client is told.
pub(super) fn refusal(call: &Call, otherwise: &str) -> Result<Refused, Failure> {
    // The status is what the page has shown; how the client is told does not depend on it.
    let RejectBody { id, login_state, error, error_description, error_cause: _, status_code: _ } =
        read::json(&call.request)?;
    let mut problems = same(id.as_deref(), call.param("login"));
    let login_state = said(login_state, &mut problems);
    Failure::unless_fine(problems)?;
    let error = read::said(error).unwrap_or_else(|| "access_denied".to_owned());
    let description = read::said(error_description).unwrap_or_else(|| otherwise.to_owned());
    Ok(Refused { login_state, refused: (error, description) })
}

/// The id in a body must be the path's when it is given.
pub(super) fn same(id: Option<&str>, login: &str) -> Vec<Problem> {
    let other = id.is_some_and(|id| !id.is_empty() && id != login);
    other.then(|| Problem::new("/id", "must be the login of the path")).into_iter().collect()
}

/// The `login_state` of a body.
pub(super) fn said(login_state: Option<String>, problems: &mut Vec<Problem>) -> String {
    read::said(login_state).unwrap_or_else(|| {
        problems.push(Problem::new("/login_state", "is required"));
        String::new()
    })
}

/// An instant of a body, in seconds since 1970.
pub(super) fn when(at: WhenBody, problems: &mut Vec<Problem>) -> Option<i64> {
    let seconds = match at {
        WhenBody::Seconds(seconds) => Some(seconds),
        WhenBody::Text(text) => moment::parse(&text).map(|at| at.div_euclid(1_000_000)),
    };
    if seconds.is_none() {
        problems.push(Problem::new("/auth_time", "must be an instant (RFC 3339)"));
    }
    seconds
}
