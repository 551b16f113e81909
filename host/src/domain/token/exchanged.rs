//! What a token that was exchanged for another one says of it (RFC 8693 §4): whom it is about, who acts, for how long.
//!
//! Made by `issue::exchange`, carried by tokens, looked at by `mint` and `verify`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::Micros;

/// Who acts for somebody, and who did before (RFC 8693 §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who it is, as the token of the actor names it.
    pub sub: String,
    /// The client that this token was issued to: with it a person cannot be taken for a client of the same name.
    pub client_id: String,
    /// Who acted before, when the token was exchanged then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// How many have acted, this one included.
    pub fn count(&self) -> usize {
        std::iter::successors(Some(self), |actor| actor.act.as_deref()).count()
    }
}

/// What a token keeps of the one that it is exchanged for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchanged {
    /// The client that both are about, and which client of that name. None when they are about a person.
    pub machine: Option<(String, Micros)>,
    /// When that one ends, in seconds since 1970.
    pub ends: i64,
    /// Who acts.
    pub act: Option<Actor>,
    /// Who may act, as that one says.
    pub may_act: Option<Value>,
    /// The access tokens that it comes from, by their `jti`: that one, and those that it was exchanged for itself.
    pub from: Vec<String>,
}

/// The most tokens that one comes from: each of them is looked up whenever it is shown.
pub const MOST_BEFORE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_as_long_as_it_has_actors() {
        let one = Actor { sub: "a".to_owned(), client_id: "a".to_owned(), act: None };
        let two = Actor { act: Some(Box::new(one.clone())), ..one.clone() };
        assert_eq!((one.count(), two.count()), (1, 2));
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"sub":"a","client_id":"a"}"#);
        assert_eq!(serde_json::from_str::<Actor>(&serde_json::to_string(&two).unwrap()).unwrap(), two);
    }
}
