//! Where login pages of the tenant's own send people back to. It shows nothing: the login page goes on.

use super::{callback, cookies};
use crate::{
    api::{Answer, Call, read},
    domain::{Failure, custom_login},
};

/// returnFromLoginPage
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&["ticket"])?;
    let ticket = query.get("ticket").ok_or_else(|| Failure::malformed("query.ticket", "is required"))?;
    let browser = cookies::browser(&call);
    let (domain, tenant, login) = (&call.app.domain, call.tenant(), call.param("login"));
    let session = custom_login::arrive(domain, tenant, call.param("aid"), login, ticket, &browser).await?;
    callback::let_in(&call, login, &session)
}
