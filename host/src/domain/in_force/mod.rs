//! In force: the tenant's policies, claims and consents where tokens are issued. Each is answered by components in the sandbox,
//! outside of transactions; whatever goes wrong there is a no, or no token at all.

pub mod claims;
pub mod consents;
pub mod policies;
