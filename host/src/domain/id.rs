//! Identifiers: what a chosen one may look like, and how the server makes its own.

use data_encoding::HEXLOWER;

use super::Problem;
use crate::world::World;

/// First path segments that are not tenants, and what stands beside tenants under /api/system.
const RESERVED_TENANTS: [&str; 16] = [
    ".well-known",
    "api",
    "configuration",
    "console",
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
    "uc",
];

const LONGEST: usize = 128;

/// A new identifier: 128 random bits in hex.
pub fn generate(world: &World) -> String {
    HEXLOWER.encode(&world.bytes::<16>())
}

/// A new random UUID (RFC 9562, version 4), for what is documented to have one.
pub fn uuid(world: &World) -> String {
    let random = u128::from_be_bytes(world.bytes::<16>());
    let versioned = random & !(0xf << 76) | (4 << 76);
    let bits = versioned & !(0b11 << 62) | (0b10 << 62);
    let part = |shift: u32, mask: u128| (bits >> shift) & mask;
    let (low, middle, high) = (part(96, 0xffff_ffff), part(80, 0xffff), part(64, 0xffff));
    format!("{low:08x}-{middle:04x}-{high:04x}-{:04x}-{:012x}", part(48, 0xffff), part(0, 0xffff_ffff_ffff))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let (one, other) = (uuid(&World::system()), uuid(&World::system()));
        assert_ne!(one, other);
        let parts: Vec<&str> = one.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(one.chars().all(|c| c == '-' || c.is_ascii_hexdigit()), "{one}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{one}");
    }
}
