//! The code that a device shows and a person types (RFC 8628 §6.1).
//!
//! Made and found by `device`. Twenty letters without vowels and without those that look or sound like others: no words come of
//! them, and nobody asks whether it is a zero. Eight of them are 34.5 bits. Somebody who guesses has 50 tries in a quarter of an
//! hour from an address, and all who are not logged in together have a thousand (`guesses/codes.rs`); with a thousand codes
//! waiting, that is one hit in 25,000 quarters of an hour, and what it would win is to give one's own account to a stranger's
//! device.

use std::fmt;

use crate::{
    domain::{
        Domain,
        handle::{self, Purpose},
    },
    world::World,
};

/// The letters.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them a code has.
const LENGTH: usize = 8;
/// Bytes below this are as many for each letter.
const EVEN: u8 = 240;
/// The most that anybody types, in bytes.
const LONGEST: usize = 64;

/// A code.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserCode(String);

impl UserCode {
    /// A new one.
    pub(super) fn new(world: &World) -> UserCode {
        let mut text = String::with_capacity(LENGTH);
        while text.len() < LENGTH {
            let even = world.bytes::<16>().into_iter().filter(|byte| *byte < EVEN);
            let letters = even.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
            text.extend(letters.take(LENGTH - text.len()).map(|letter| char::from(*letter)));
        }
        UserCode(text)
    }

    /// What somebody has typed, in any case and with anything between the letters; none when it can be no code.
    pub(super) fn typed(text: &str) -> Option<UserCode> {
        if text.len() > LONGEST {
            return None;
        }
        let letters = text.chars().filter(|letter| !letter.is_whitespace() && !letter.is_ascii_punctuation());
        let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
        let known = |letter: char| u8::try_from(letter).is_ok_and(|byte| LETTERS.contains(&byte));
        (code.chars().count() == LENGTH && code.chars().all(known)).then_some(UserCode(code))
    }

    /// As devices and pages show it: in two halves.
    pub(super) fn shown(&self) -> String {
        let (left, right) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{left}-{right}")
    }

    /// What its request is filed under.
    pub(super) fn name(&self, domain: &Domain, tenant: &str, server: &str) -> String {
        handle::name(domain, Purpose::UserCode, tenant, server, &self.0)
    }
}

impl fmt::Debug for UserCode {
    /// Whoever knows it can answer for the device.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = UserCode::typed("WDJB-MJHT").unwrap();
        assert_eq!(code.shown(), "WDJB-MJHT");
        for typed in ["wdjbmjht", " wdjb mjht ", "W.D.J.B_M-J-H-T", "wdjb\u{a0}mjht"] {
            assert_eq!(UserCode::typed(typed), Some(code.clone()), "{typed:?}");
        }
        let long = format!("WDJBMJHT{}", "-".repeat(LONGEST));
        for typed in ["", "WDJB-MJH", "WDJB-MJHTB", "WDJB-MJHA", "WDJB-MJH0", "WDJB-MJHÄ", "ＷDJBMJHT", &long] {
            assert_eq!(UserCode::typed(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn new_codes_are_of_these_letters_and_all_of_them() {
        let world = World::system();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let code = UserCode::new(&world);
            assert_eq!(UserCode::typed(&code.shown()), Some(code.clone()));
            seen.extend(code.0.into_bytes());
        }
        assert_eq!(seen.len(), LETTERS.len());
    }

    #[test]
    fn it_is_not_told_by_accident() {
        assert_eq!(format!("{:?}", UserCode::typed("WDJBMJHT")), "Some(UserCode(***))");
    }
}
