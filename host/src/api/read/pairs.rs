//! Queries and forms: name and value pairs, a bounded number of them, each name at most once unless it is a list's.
//!
//! Called by the handlers through `read`. Must not know which names an operation has.

use http::Method;

use super::{FORM, media_type};
use crate::{api::Request, domain::Failure};

/// More pairs than any operation takes. Each is compared with all before it, so their number is bounded.
const MOST: usize = 64;

/// The same where lists are among them: a box for every scope of a client.
const MOST_LISTED: usize = 2048;

/// Name and value pairs, each name at most once (RFC 6749 §3.1: parameters must not be repeated) unless it is a list's.
#[derive(Debug)]
pub struct Pairs {
    place: &'static str,
    pairs: Vec<(String, String)>,
}

/// The query of a request.
pub fn query(request: &Request) -> Result<Pairs, Failure> {
    query_with_lists(request, &[])
}

/// The query of a request in which `lists` may be given more than once.
pub fn query_with_lists(request: &Request, lists: &[&str]) -> Result<Pairs, Failure> {
    Pairs::parse("query", request.query.as_bytes(), lists)
}

/// The form in the body of a request.
pub fn form(request: &Request) -> Result<Pairs, Failure> {
    form_with_lists(request, &[])
}

/// The form in the body of a request in which `lists` may be given more than once.
pub fn form_with_lists(request: &Request, lists: &[&str]) -> Result<Pairs, Failure> {
    media_type(request, FORM)?;
    Pairs::parse("form", &request.body, lists)
}

/// Name and value pairs as they were sent, of the query or of the form: for an operation that says itself what it means
/// when one is there twice.
pub fn sent(request: &Request) -> Result<Vec<(String, String)>, Failure> {
    let (place, text) = match request.method == Method::POST {
        true => {
            media_type(request, FORM)?;
            ("form", request.body.as_ref())
        }
        false => ("query", request.query.as_bytes()),
    };
    let pairs: Vec<_> = form_urlencoded::parse(text).into_owned().take(MOST + 1).collect();
    match pairs.len() > MOST {
        true => Err(too_many(place, MOST)),
        false => Ok(pairs),
    }
}

fn too_many(place: &str, most: usize) -> Failure {
    Failure::malformed(place, format!("may have at most {most} parameters"))
}

impl Pairs {
    fn parse(place: &'static str, text: &[u8], lists: &[&str]) -> Result<Pairs, Failure> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            let listed = lists.contains(&name.as_ref());
            let most = if listed { MOST_LISTED } else { MOST };
            if pairs.len() >= most {
                return Err(too_many(place, most));
            }
            if !listed && pairs.iter().any(|(known, _)| *known == name) {
                return Err(Failure::malformed(format!("{place}.{name}"), "is given more than once"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Pairs { place, pairs })
    }

    /// The value of `name`; an empty value counts as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of `name` that is not empty.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The value of `name`, converted.
    pub fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(Failure::malformed(format!("{}.{name}", self.place), format!("must be {expected}"))),
            },
        }
    }

    /// Refuses names that the operation does not know, so that a misspelt filter is not silently no filter.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        match self.pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Failure::malformed(format!("{}.{name}", self.place), format!("is not one of {}", known.join(", "))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Pairs, Failure> {
        Pairs::parse("query", text.as_bytes(), &["l"])
    }

    #[test]
    fn a_list_may_be_given_more_than_once() {
        let pairs = parse("l=1&a=2&l=&l=3").unwrap();
        assert_eq!(pairs.all("l").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(pairs.all("b").count(), 0);
    }

    #[test]
    fn decodes_and_takes_empty_values_for_absent_ones() {
        let pairs = parse("a=1+2&b=%C3%A4&c=&d").unwrap();
        assert_eq!((pairs.get("a"), pairs.get("b"), pairs.get("c")), (Some("1 2"), Some("ä"), None));
        assert!(pairs.only(&["a", "b", "c", "d"]).is_ok() && pairs.only(&["a", "b", "c"]).is_err());
        let number = |text: &str| text.parse::<u8>().ok();
        assert_eq!(pairs.parsed("c", number, "a number"), Ok(None));
        assert_eq!(pairs.parsed("b", number, "a number"), Err(Failure::malformed("query.b", "must be a number")));
    }

    #[test]
    fn refuses_repetition_and_too_many_pairs() {
        assert_eq!(parse("a=1&b=2&a=3").err(), Some(Failure::malformed("query.a", "is given more than once")));
        let text = |count: usize| (0..count).map(|place| format!("p{place}=x")).collect::<Vec<_>>().join("&");
        assert!(parse(&text(MOST)).is_ok());
        let many = Some(Failure::malformed("query", "may have at most 64 parameters"));
        assert_eq!(parse(&text(MOST + 1)).err(), many);
        // The 65th is refused before it is compared, so it is the number that is named.
        assert_eq!(parse(&format!("{}&p0=x", text(MOST))).err(), many);
    }
}
