//! Where login pages of the tenant's own send people back to. It shows nothing: the login page goes on.

use super::visit::Visit;
use crate::{
    api::{Answer, read},
    domain::{Failure, custom_login},
};

/// returnFromLoginPage
pub async fn get(visit: Visit) -> Result<Answer, Failure> {
    let query = read::query(&visit.call.request)?;
    query.only(&["ticket"])?;
    let ticket = query.get("ticket").ok_or_else(|| Failure::malformed("query.ticket", "is required"))?;
    let (domain, (tenant, server)) = (&visit.call.app.domain, visit.place());
    let session = custom_login::arrive(domain, tenant, server, visit.login(), ticket, &visit.browser).await?;
    visit.tell("login", "done", &visit.person());
    Ok(visit.go_on_in(&session))
}
