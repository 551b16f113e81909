//! Queries and forms: name and value pairs, a bounded number of them, each name at most once unless it is a list's.
//!
//! Called by the handlers through `read`. Must not know which names an operation has.

use std::ops::Range;

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
    /// All names and values behind one another: one piece of memory and not two for each pair, since forms are on the hot path.
    text: String,
    pairs: Vec<Pair>,
}

/// Where a name and its value are in the text.
#[derive(Debug)]
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
}

/// As many pairs as most forms have.
const USUAL: usize = 8;

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
    fn parse(place: &'static str, sent: &[u8], lists: &[&str]) -> Result<Pairs, Failure> {
        let text = String::with_capacity(sent.len());
        let mut pairs = Pairs { place, text, pairs: Vec::with_capacity(USUAL) };
        match plain(sent) {
            Some(text) => {
                let mut all = text.split('&').filter(|pair| !pair.is_empty());
                all.try_for_each(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    pairs.add(name, value, lists)
                })
            }
            None => form_urlencoded::parse(sent).try_for_each(|(name, value)| pairs.add(&name, &value, lists)),
        }?;
        Ok(pairs)
    }

    fn add(&mut self, name: &str, value: &str, lists: &[&str]) -> Result<(), Failure> {
        let listed = lists.contains(&name);
        let most = if listed { MOST_LISTED } else { MOST };
        if self.pairs.len() >= most {
            return Err(too_many(self.place, most));
        }
        if !listed && self.iter().any(|(known, _)| known == name) {
            return Err(Failure::malformed(format!("{}.{name}", self.place), "is given more than once"));
        }
        let name = self.keep(name);
        let value = self.keep(value);
        self.pairs.push(Pair { name, value });
        Ok(())
    }

    fn keep(&mut self, part: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(part);
        start..self.text.len()
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let part = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or_default();
        self.pairs.iter().map(move |pair| (part(&pair.name), part(&pair.value)))
    }

    /// The value of `name`; an empty value counts as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// Every value of `name` that is not empty.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value)
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
        match self.iter().find(|(name, _)| !known.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Failure::malformed(format!("{}.{name}", self.place), format!("is not one of {}", known.join(", "))))
            }
        }
    }
}

/// The text when nothing in it is encoded, as in most of what programs send: decoding byte by byte would take longer than all else
/// that is done with a form.
fn plain(sent: &[u8]) -> Option<&str> {
    // Looked through to the end, which takes less than to stop at the first one: so many bytes are compared at once.
    let encoded = sent.iter().fold(false, |found, byte| found | matches!(byte, b'+' | b'%'));
    std::str::from_utf8(sent).ok().filter(|_| !encoded)
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
    fn what_needs_no_decoding_is_read_alike() {
        for text in ["", "a", "a=", "=b", "=", "&", "&&a=1&&", "a=1&b=2", "a==1=&b", "a=\u{e4}&\u{e4}=1"] {
            let pairs = parse(text).unwrap();
            let decoded: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let read: Vec<_> = pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(read, decoded, "{text}");
        }
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
