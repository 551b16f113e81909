//! Time-based one-time passwords (RFC 6238): what an authenticator app shows. SHA-1, six digits, thirty seconds, which is what
//! every app can do.
//!
//! Called by `domain/second_factor`. Must not know whose secret it is.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
};

/// How long a code is shown, in seconds (RFC 6238 §5.2).
pub const STEP: i64 = 30;
/// How many bytes a secret has (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;

/// The step whose code this is: the present one, or one beside it, since clocks differ (RFC 6238 §5.2). All three are
/// compared whichever is right.
pub fn matching(secret: &[u8], code: &str, now: i64) -> Option<i64> {
    let present = now.div_euclid(STEP);
    let mut found = None;
    for step in [present - 1, present, present + 1] {
        if verify_slices_are_equal(at(secret, step).as_bytes(), code.as_bytes()).is_ok() {
            found = Some(step);
        }
    }
    found
}

/// The code of a step (RFC 4226 §5.3).
pub fn at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let digest = hmac::sign(&key, &step.to_be_bytes());
    let digest = digest.as_ref();
    let offset = usize::from(digest.last().copied().unwrap_or_default() & 15);
    let bits = digest.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(bits) & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        let cases = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (now, code) in cases {
            assert_eq!(at(SECRET, now / STEP), code);
            assert_eq!(matching(SECRET, code, now), Some(now / STEP));
        }
    }

    #[test]
    fn a_step_beside_the_present_one_counts_and_no_other() {
        let now = 1_111_111_111;
        let present = now / STEP;
        for step in present - 3..=present + 3 {
            let found = matching(SECRET, &at(SECRET, step), now);
            assert_eq!(found, Some(step).filter(|step| (step - present).abs() <= 1), "{step}");
        }
        for wrong in ["", "050471 ", "05047", "0504711", "000000"] {
            assert_eq!(matching(SECRET, wrong, now), None, "{wrong:?}");
        }
    }
}
