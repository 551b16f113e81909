//! Identifiers: what a chosen one may look like, and how the server makes its own.

use data_encoding::HEXLOWER;

use super::Problem;
use crate::world::World;

/// First path segments that are not tenants, and what stands beside tenants under /api/system.
const RESERVED_TENANTS: [&str; 14] = [
    ".well-known",
    "api",
    "configuration",
    "docs",
    "favicon.ico",
    "health",
    "metrics",
    "nevismeta",
    "oauth",
    "openapi",
    "robots.txt",
    "security",
    "setups",
    "tenants",
];

const LONGEST: usize = 128;

/// A new identifier: 128 random bits in hex.
pub fn generate(world: &World) -> String {
    HEXLOWER.encode(&world.bytes::<16>())
}

/// Checks an identifier chosen by a person: 1 to 128 unreserved characters (RFC 3986), so that it stands in a path as it is.
pub fn check(member: &str, id: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    let reason = if id.is_empty() {
        "must not be empty"
    } else if id.len() > LONGEST {
        "must have at most 128 characters"
    } else if !id.chars().all(allowed) {
        "may have letters, digits, `-`, `.`, `_` and `~` only"
    } else if matches!(id, "." | "..") {
        "must not be a relative path"
    } else {
        return Ok(());
    };
    Err(Problem::new(member, reason))
}

/// Checks a tenant's identifier, which is also the first segment of its issuer's path.
pub fn check_tenant(member: &str, id: &str) -> Result<(), Problem> {
    check(member, id)?;
    match RESERVED_TENANTS.contains(&id) {
        true => Err(Problem::new(member, "is reserved")),
        false => Ok(()),
    }
}
