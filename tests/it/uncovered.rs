//! Operations that no file of tests shows at work. Every file says with `covers!` what it shows; an operation that is added
//! without a test appears in golden/uncovered.txt, where a reviewer sees it.
//!
//! `authority.rs` asks every row of every table and counts for none: it shows who may call, not what happens.

use std::collections::BTreeSet;

use portcullis::api::{DIALECTS, Row};

use crate::support::golden;

/// Every file of tests with what it shows.
const FILES: &[(&str, &[&str])] = &[
    ("account_pages", crate::account_pages::COVERS),
    ("apis", crate::apis::COVERS),
    ("applications", crate::applications::COVERS),
    ("authentications", crate::authentications::COVERS),
    ("authorize", crate::authorize::COVERS),
    ("backchannel", crate::backchannel::COVERS),
    ("claims", crate::claims::COVERS),
    ("clients", crate::clients::COVERS),
    ("conditions", crate::conditions::COVERS),
    ("configuration", crate::configuration::COVERS),
    ("consent_page", crate::consent_page::COVERS),
    ("consents", crate::consents::COVERS),
    ("console", crate::console::COVERS),
    ("contract", crate::contract::COVERS),
    ("custom_login", crate::custom_login::COVERS),
    ("decisions", crate::decisions::COVERS),
    ("developers", crate::developers::COVERS),
    ("devices", crate::devices::COVERS),
    ("discovery", crate::discovery::COVERS),
    ("encrypted", crate::encrypted::COVERS),
    ("enforcement", crate::enforcement::COVERS),
    ("gateways", crate::gateways::COVERS),
    ("grants", crate::grants::COVERS),
    ("history", crate::history::COVERS),
    ("impact", crate::impact::COVERS),
    ("imports", crate::imports::COVERS),
    ("key_rotation", crate::key_rotation::COVERS),
    ("ledger", crate::ledger::COVERS),
    ("log", crate::log::COVERS),
    ("login", crate::login::COVERS),
    ("logout", crate::logout::COVERS),
    ("logout_channels", crate::logout_channels::COVERS),
    ("organizations", crate::organizations::COVERS),
    ("outbound", crate::outbound::COVERS),
    ("plugin_reach", crate::plugin_reach::COVERS),
    ("plugin_sources", crate::plugin_sources::COVERS),
    ("plugins", crate::plugins::COVERS),
    ("policies", crate::policies::COVERS),
    ("profiles", crate::profiles::COVERS),
    ("proofs", crate::proofs::COVERS),
    ("pushed requests", crate::authorize::pushed::COVERS),
    ("registration", crate::registration::COVERS),
    ("introspection", crate::introspection::COVERS),
    ("ledger", crate::ledger::COVERS),
    ("log", crate::log::COVERS),
    ("policies", crate::policies::COVERS),
    ("resources", crate::resources::COVERS),
    ("revocation", crate::revocation::COVERS),
    ("scopes", crate::scopes::COVERS),
    ("second_factor", crate::second_factor::COVERS),
    ("sectors", crate::sectors::COVERS),
    ("self_service", crate::self_service::COVERS),
    ("servers", crate::servers::COVERS),
    ("services", crate::services::COVERS),
    ("session management", crate::session_management::COVERS),
    ("setups", crate::setups::COVERS),
    ("setups_tokens", crate::setups_tokens::COVERS),
    ("shadows", crate::shadows::COVERS),
    ("tenants", crate::tenants::COVERS),
    ("tokens", crate::tokens::COVERS),
    ("userinfo", crate::userinfo::COVERS),
    ("upstream", crate::upstream::COVERS),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    DIALECTS.iter().flat_map(|dialect| dialect.rows())
}

#[test]
fn the_list_of_uncovered_operations_is_known() {
    let covered: BTreeSet<&str> = FILES.iter().flat_map(|(_, covers)| covers.iter().copied()).collect();
    let uncovered = rows().filter(|row| !covered.contains(row.id));
    let lines: String = uncovered.map(|row| format!("{}: {} {}\n", row.id, row.method, row.path)).collect();
    let lines = if lines.is_empty() { "none\n".to_owned() } else { lines };
    golden::check(
        "uncovered.txt",
        &format!("Operations of the tables that no file of tests shows at work:\n\n{lines}"),
    );
}

#[test]
fn files_cover_operations_that_exist() {
    for (file, covers) in FILES {
        for operation in *covers {
            assert!(rows().any(|row| row.id == *operation), "{file}.rs covers `{operation}`, which is no operation");
        }
    }
}
