//! One comparator with the value it compares with: the cells of the table in README.md.

use std::cmp::Ordering;
use std::net::IpAddr;

use regex_lite::{Regex, RegexBuilder};

use crate::instant::{Instant, Limit};
use crate::limits::{MAX_EXPRESSION, MAX_LIST, MAX_TEXT};
use crate::network::Network;
use crate::pattern::{Cover, Pattern};
use crate::scalar::{Scalar, Texts};
use crate::{Code, Comparator, Json, Number};

/// What an actual value is held against.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Equals(Scalar),
    SameElements(Vec<Scalar>),
    Contains(Quantity, Vec<Scalar>),
    Exists(bool),
    Matches(Regex),
    Number(Ordering, Number),
    Text(Cover, Pattern),
    Networks(Vec<Network>),
    Time(Ordering, Limit),
    Not(Box<Test>),
}

/// How many of the wanted values have to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    All,
    Any,
}

impl Test {
    /// Reads the value of `comparator`. The error is a sentence about that value.
    pub(crate) fn read(comparator: Comparator, value: &Json<'_>, texts: Texts) -> Result<Test, &'static str> {
        bounded(value)?;
        match comparator {
            Comparator::Equals => equals(value, texts),
            Comparator::NotEquals => Ok(Test::Not(Box::new(equals(value, texts)?))),
            Comparator::Contains => Ok(Test::Contains(Quantity::All, vec![part(value, texts)?])),
            Comparator::ContainsAll => Ok(Test::Contains(Quantity::All, parts(value, texts)?)),
            Comparator::ContainsAny => Ok(Test::Contains(Quantity::Any, parts(value, texts)?)),
            Comparator::NotContains => {
                let contains = Test::Contains(Quantity::All, vec![part(value, texts)?]);
                Ok(Test::Not(Box::new(contains)))
            }
            Comparator::Exists => value.as_bool().map(Test::Exists).ok_or("true or false is needed here"),
            Comparator::Matches => expression(value).map(Test::Matches),
            Comparator::Greater => number(value).map(|limit| Test::Number(Ordering::Greater, limit)),
            Comparator::Less => number(value).map(|limit| Test::Number(Ordering::Less, limit)),
            Comparator::StartsWith => pattern(value, texts).map(|start| Test::Text(Cover::Start, start)),
            Comparator::EndsWith => pattern(value, texts).map(|end| Test::Text(Cover::End, end)),
            Comparator::InCidr => networks(value).map(Test::Networks),
            Comparator::Before => limit(value).map(|limit| Test::Time(Ordering::Less, limit)),
            Comparator::After => limit(value).map(|limit| Test::Time(Ordering::Greater, limit)),
        }
    }

    /// Whether a value that is there passes; the error when it cannot be compared at all.
    pub(crate) fn passes(&self, actual: &Json<'_>) -> Result<bool, Code> {
        match (self, actual) {
            (Test::Not(test), _) => test.passes(actual).map(|passes| !passes),
            (Test::Exists(wanted), _) => Ok(*wanted),
            (Test::Equals(wanted), _) => wanted.equals(actual).ok_or(Code::TypeMismatch),
            (Test::SameElements(wanted), Json::Array(elements)) => Ok(same_elements(wanted, elements)),
            (Test::Contains(quantity, wanted), _) => contains(*quantity, wanted, actual).ok_or(Code::TypeMismatch),
            (Test::Matches(regex), Json::String(text)) => Ok(regex.is_match(text)),
            (Test::Number(wanted, limit), Json::Number(number)) => Ok(number.partial_cmp(limit) == Some(*wanted)),
            (Test::Text(cover, pattern), Json::String(text)) => Ok(pattern.covers(*cover, text)),
            (Test::Networks(networks), Json::String(text)) => {
                let address: IpAddr = text.parse().map_err(|_| Code::Malformed)?;
                Ok(networks.iter().any(|network| network.holds(address)))
            }
            (Test::Time(wanted, limit), Json::String(_) | Json::Number(_)) => {
                let instant = Instant::read(actual).ok_or(Code::Malformed)?;
                Ok(limit.order(instant) == *wanted)
            }
            _ => Err(Code::TypeMismatch),
        }
    }

    /// Whether a header's values are compared as a list, and not its only value.
    pub(crate) fn takes_lists(&self) -> bool {
        match self {
            Test::Not(test) => test.takes_lists(),
            Test::SameElements(_) | Test::Contains(..) | Test::Exists(_) => true,
            _ => false,
        }
    }
}

fn same_elements(wanted: &[Scalar], elements: &[Json<'_>]) -> bool {
    let has = |wanted: &Scalar, element: &Json<'_>| wanted.equals(element) == Some(true);
    wanted.iter().all(|wanted| elements.iter().any(|element| has(wanted, element)))
        && elements.iter().all(|element| wanted.iter().any(|wanted| has(wanted, element)))
}

/// Each wanted value has to be comparable, so that an unsuitable one cannot hide behind another.
fn contains(quantity: Quantity, wanted: &[Scalar], actual: &Json<'_>) -> Option<bool> {
    let mut found = 0;
    for wanted in wanted {
        found += usize::from(wanted.within(actual)?);
    }
    Some(match quantity {
        Quantity::All => found == wanted.len(),
        Quantity::Any => found > 0,
    })
}

fn bounded(value: &Json<'_>) -> Result<(), &'static str> {
    match value {
        Json::String(text) if text.len() > MAX_TEXT => Err("a text has at most 4096 bytes"),
        Json::Array(elements) if elements.len() > MAX_LIST => Err("a list has at most 256 elements"),
        Json::Array(elements) => elements.iter().try_for_each(bounded),
        _ => Ok(()),
    }
}

fn equals(value: &Json<'_>, texts: Texts) -> Result<Test, &'static str> {
    match value {
        Json::Array(elements) => scalars(elements, texts).map(Test::SameElements),
        single => Scalar::read(single, texts).map(Test::Equals),
    }
}

fn scalars(elements: &[Json<'_>], texts: Texts) -> Result<Vec<Scalar>, &'static str> {
    elements.iter().map(|element| Scalar::read(element, texts)).collect()
}

/// An empty text is part of every text, so a policy that asks for it asks for nothing.
fn part(value: &Json<'_>, texts: Texts) -> Result<Scalar, &'static str> {
    let part = Scalar::read(value, texts)?;
    if part.is_empty() { Err(EMPTY_TEXT) } else { Ok(part) }
}

fn parts(value: &Json<'_>, texts: Texts) -> Result<Vec<Scalar>, &'static str> {
    match value {
        Json::Array(elements) if elements.is_empty() => Err(EMPTY_LIST),
        Json::Array(elements) => elements.iter().map(|element| part(element, texts)).collect(),
        _ => Err("a list of texts, numbers, true or false is needed here"),
    }
}

const EMPTY_TEXT: &str = "an empty text is part of every text";
const EMPTY_LIST: &str = "an empty list asks for nothing";

fn expression(value: &Json<'_>) -> Result<Regex, &'static str> {
    let text = value.as_str().ok_or("a regular expression is needed here")?;
    let compiled = |text: &str| RegexBuilder::new(text).size_limit(MAX_EXPRESSION).build();
    // First alone: an expression such as `a)|(b` would otherwise break out of the anchors.
    let anchored = compiled(text).and_then(|_| compiled(&format!(r"\A(?:{text})\z")));
    let regex = anchored.map_err(|_| "this is not a regular expression, or it is too large")?;
    // The first match makes the scratch space of all later ones; made here, it is part of the snapshot.
    regex.is_match("");
    Ok(regex)
}

fn number(value: &Json<'_>) -> Result<Number, &'static str> {
    if let Json::Number(number) = value { Ok(*number) } else { Err("a number is needed here") }
}

fn pattern(value: &Json<'_>, texts: Texts) -> Result<Pattern, &'static str> {
    let pattern = texts.pattern(value.as_str().ok_or("a text is needed here")?)?;
    if pattern.is_empty() { Err(EMPTY_TEXT) } else { Ok(pattern) }
}

fn networks(value: &Json<'_>) -> Result<Vec<Network>, &'static str> {
    let network = |value: &Json<'_>| Network::parse(value.as_str().ok_or("a network is a text such as 10.0.0.0/8")?);
    match value {
        Json::Array(elements) if elements.is_empty() => Err(EMPTY_LIST),
        Json::Array(elements) => elements.iter().map(network).collect(),
        single => Ok(vec![network(single)?]),
    }
}

fn limit(value: &Json<'_>) -> Result<Limit, &'static str> {
    Limit::read(value).ok_or("a time is needed here: RFC 3339, seconds since 1970, or a daily time such as 08:30+01:00")
}
