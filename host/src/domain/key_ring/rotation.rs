//! The turns of a ring's keys: the first one signs; the next one is published before it does, so that whoever keeps our keys
//! knows it by then; those that signed before stay until everything they have signed has ended.
//!
//! Called by `server::keys`, inside transactions.

use serde::{Deserialize, Serialize};

use super::{KeyRing, StoredKey};
use crate::domain::Failure;

/// The most keys a ring has.
pub(super) const MOST: usize = 16;

/// What becomes of a key that does not sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It was brought along, and stays until somebody removes it.
    #[default]
    Kept,
    /// It signs after the present one.
    Next,
    /// It has signed before, and goes at this time, in seconds since 1970.
    Retired(i64),
}

impl KeyRing {
    /// The ring without the keys that have gone by `now`, in seconds.
    pub(super) fn without_ended(&self, now: i64) -> KeyRing {
        KeyRing { keys: self.standing(now).cloned().collect() }
    }

    /// The keys that have not gone by `now`, in seconds: what others signed is worth nothing any more.
    pub(in crate::domain) fn standing(&self, now: i64) -> impl Iterator<Item = &StoredKey> {
        let there = move |(place, key): &(usize, &StoredKey)| {
            *place == 0 || !matches!(key.turn, Turn::Retired(ends) if ends <= now)
        };
        self.keys.iter().enumerate().filter(there).map(|(_, key)| key)
    }

    /// Lets the keys of `fresh` sign after the present one and those that wait already.
    pub(in crate::domain) fn add(&mut self, fresh: &KeyRing, now: i64) -> Result<(), Failure> {
        *self = self.without_ended(now);
        if self.keys.len() + fresh.keys.len() > MOST {
            let reason = format!("it has {MOST} keys: remove one that is no longer needed");
            return Err(Failure::Conflict { noun: NOUN, reason });
        }
        let waiting = self.keys.iter().skip(1).take_while(|key| key.turn == Turn::Next).count();
        let place = self.keys.len().min(1 + waiting);
        let next = fresh.keys.iter().map(|key| StoredKey { turn: Turn::Next, ..key.clone() });
        self.keys.splice(place..place, next);
        Ok(())
    }

    /// Lets the next key sign at `now`; the present one stays until `ends`, in seconds. There must be a next one, which those
    /// who keep our keys have had time to see.
    pub(in crate::domain) fn rotate(&mut self, now: i64, ends: i64) -> Result<(), Failure> {
        *self = self.without_ended(now);
        let Some(place) = self.keys.iter().skip(1).position(|key| key.turn == Turn::Next) else {
            let reason = "none is waiting to sign: add a key first".to_owned();
            return Err(Failure::Conflict { noun: NOUN, reason });
        };
        let next = self.keys.remove(place + 1);
        let before = std::mem::replace(&mut self.keys, vec![StoredKey { turn: Turn::Kept, ..next }]);
        let mut before = before.into_iter();
        let retired = before.next().map(|key| StoredKey { turn: Turn::Retired(ends), ..key });
        self.keys.extend(before);
        self.keys.extend(retired);
        Ok(())
    }

    /// Removes a key that does not sign.
    pub(in crate::domain) fn remove(&mut self, kid: &str) -> Result<(), Failure> {
        match self.keys.iter().position(|key| key.kid == kid) {
            None => Err(Failure::not_found(NOUN, kid)),
            Some(0) => Err(Failure::Conflict { noun: NOUN, reason: "it signs: rotate the keys first".to_owned() }),
            Some(place) => {
                self.keys.remove(place);
                Ok(())
            }
        }
    }
}

const NOUN: &str = "signing key";

#[cfg(test)]
mod tests {
    use super::{super::SealedKey, *};
    use crate::crypto::keys::Algorithm;

    fn ring_of(keys: &[(&str, Turn)]) -> KeyRing {
        let key = |(kid, turn): &(&str, Turn)| StoredKey {
            kid: (*kid).to_owned(),
            thumbprint: None,
            algorithm: Algorithm::Es256,
            public_jwk: "{}".to_owned(),
            private: serde_json::from_str::<SealedKey>(SEALED).unwrap(),
            turn: *turn,
        };
        KeyRing { keys: keys.iter().map(key).collect() }
    }

    const SEALED: &str = "\"AAAA\"";

    fn turns(ring: &KeyRing) -> Vec<(&str, Turn)> {
        ring.keys.iter().map(|key| (key.kid.as_str(), key.turn)).collect()
    }

    #[test]
    fn keys_of_before_there_was_a_choice_are_read() {
        for (kind, algorithm) in [("rsa", Algorithm::Rs256), ("ecdsa", Algorithm::Es256), ("eddsa", Algorithm::EdDsa)] {
            let kept = format!(r#"{{"kid":"a","kind":"{kind}","public_jwk":"{{}}","private":{SEALED}}}"#);
            assert_eq!(serde_json::from_str::<StoredKey>(&kept).unwrap().algorithm, algorithm);
        }
        let kept = serde_json::to_string(&ring_of(&[("a", Turn::Kept)]).keys[0]).unwrap();
        assert!(kept.contains(r#""algorithm":"ES256""#), "{kept}");
    }

    #[test]
    fn no_key_comes_back_to_sign_otherwise() {
        let (before, mut after) =
            (ring_of(&[("a", Turn::Kept), ("b", Turn::Retired(9))]), ring_of(&[("b", Turn::Kept)]));
        assert_eq!(after.otherwise(&before), None);
        after.keys[0].algorithm = Algorithm::Ps256;
        assert_eq!(after.otherwise(&before), Some(0));
        assert_eq!(after.otherwise(&ring_of(&[("c", Turn::Kept)])), None, "another key may sign as it likes");
    }

    #[test]
    fn keys_take_turns() {
        let mut ring = ring_of(&[("a", Turn::Kept), ("brought", Turn::Kept)]);
        assert!(ring.rotate(0, 9).is_err());
        assert_eq!(turns(&ring)[0].0, "a", "there is no next one");
        ring.add(&ring_of(&[("b", Turn::Kept)]), 0).unwrap();
        ring.add(&ring_of(&[("c", Turn::Kept)]), 0).unwrap();
        assert_eq!(turns(&ring), [("a", Turn::Kept), ("b", Turn::Next), ("c", Turn::Next), ("brought", Turn::Kept)]);
        ring.rotate(0, 10).unwrap();
        ring.rotate(0, 20).unwrap();
        let after = [("c", Turn::Kept), ("brought", Turn::Kept), ("a", Turn::Retired(10)), ("b", Turn::Retired(20))];
        assert_eq!(turns(&ring), after);
        assert!(ring.rotate(0, 30).is_err());
        assert_eq!(turns(&ring.without_ended(10)), [after[0], after[1], after[3]]);
        assert_eq!(turns(&ring.without_ended(9)), after);
    }

    #[test]
    fn the_signing_key_stays_and_a_ring_has_an_end() {
        let mut ring = ring_of(&[("a", Turn::Kept), ("b", Turn::Next)]);
        assert!(matches!(ring.remove("a"), Err(Failure::Conflict { .. })));
        assert!(matches!(ring.remove("x"), Err(Failure::NotFound { .. })));
        ring.remove("b").unwrap();
        assert_eq!(turns(&ring), [("a", Turn::Kept)]);
        for _ in 1..MOST {
            ring.add(&ring_of(&[("n", Turn::Kept)]), 0).unwrap();
        }
        assert!(matches!(ring.add(&ring_of(&[("n", Turn::Kept)]), 0), Err(Failure::Conflict { .. })));
        ring.keys[MOST - 1].turn = Turn::Retired(5);
        ring.add(&ring_of(&[("n", Turn::Kept)]), 5).unwrap();
    }
}
