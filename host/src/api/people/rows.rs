//! The pages of an authorization server, a table a noun.

mod account;
mod arrivals;
mod assets;
mod authorize;
mod check_session;
mod device;
mod login;
mod logout;

use crate::api::route::Row;

/// Every table.
pub static TABLES: &[&[Row]] = &[
    assets::ROWS,
    authorize::ROWS,
    login::ROWS,
    arrivals::ROWS,
    device::ROWS,
    logout::ROWS,
    check_session::ROWS,
    account::ROWS,
];
