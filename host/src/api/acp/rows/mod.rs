//! The tables of the dialect, one for each noun.

mod actions;
mod apis;
mod assessment;
mod authentications;
mod backchannel_requests;
mod claims;
mod clients;
mod configuration;
mod consents;
mod dashboards;
mod data;
mod decisions;
mod developer_clients;
mod developer_servers;
mod enforcement;
mod events;
mod gateways;
mod grants;
mod history;
mod imports;
mod logins;
mod people;
mod plugin_grants;
mod plugin_sources;
mod plugins;
mod policies;
mod scope_grants;
mod scopes;
mod self_service;
mod server_keys;
mod servers;
mod services;
mod shadows;
mod system_tenants;
mod tenants;

use crate::api::Row;

/// Every table, in the order of `/docs`.
pub static TABLES: &[&[Row]] = &[
    tenants::ROWS,
    servers::ROWS,
    server_keys::ROWS,
    assessment::ROWS,
    authentications::ROWS,
    dashboards::ROWS,
    clients::ROWS,
    scopes::ROWS,
    services::ROWS,
    apis::ROWS,
    imports::ROWS,
    claims::ROWS,
    gateways::ROWS,
    policies::ROWS,
    shadows::ROWS,
    plugins::ROWS,
    plugin_grants::ROWS,
    plugin_sources::ROWS,
    data::ROWS,
    decisions::ROWS,
    consents::ROWS,
    actions::ROWS,
    events::ROWS,
    developer_clients::ROWS,
    developer_servers::ROWS,
    system_tenants::ROWS,
    configuration::ROWS,
    grants::ROWS,
    history::ROWS,
    logins::ROWS,
    scope_grants::ROWS,
    backchannel_requests::ROWS,
    people::ROWS,
    self_service::ROWS,
    enforcement::ROWS,
];
