//! Queries and forms: name and value pairs, a bounded number of them, each name at most once.
//!
//! Called by the handlers through `read`. Must not know which names an operation has.

use super::{FORM, media_type};
use crate::{api::Request, domain::Failure};

/// More pairs than any operation takes. Each is compared with all before it, so their number is bounded.
const MOST: usize = 64;

/// Name and value pairs, each name at most once (RFC 6749 §3.1: parameters must not be repeated).
#[derive(Debug)]
pub struct Pairs {
    place: &'static str,
    pairs: Vec<(String, String)>,
}

/// The query of a request.
pub fn query(request: &Request) -> Result<Pairs, Failure> {
    Pairs::parse("query", request.query.as_bytes())
}

/// The values of `name`, the only parameter of a query, which may have it several times.
pub fn repeated(request: &Request, name: &str) -> Result<Vec<String>, Failure> {
    let mut values = Vec::new();
    for (given, value) in form_urlencoded::parse(request.query.as_bytes()) {
        if given != name {
            return Err(Failure::malformed(format!("query.{given}"), format!("is not {name}")));
        }
        if values.len() == MOST {
            return Err(Failure::malformed("query", format!("may have at most {MOST} parameters")));
        }
        values.push(value.into_owned());
    }
    values.retain(|value| !value.is_empty());
    Ok(values)
}

/// The form in the body of a request.
pub fn form(request: &Request) -> Result<Pairs, Failure> {
    media_type(request, FORM)?;
    Pairs::parse("form", &request.body)
}

impl Pairs {
    fn parse(place: &'static str, text: &[u8]) -> Result<Pairs, Failure> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if pairs.len() == MOST {
                return Err(Failure::malformed(place, format!("may have at most {MOST} parameters")));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
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
        Pairs::parse("query", text.as_bytes())
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
