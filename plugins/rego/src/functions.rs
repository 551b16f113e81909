//! Functions of Rego that the engine has only with a clock or the host's sockets: time and networks, from the input alone;
//! and two on texts that it has otherwise than OPA.
//!
//! `time.now_ns` is the `now` of the input document, so a decision that is replayed comes to the same answer. Times are
//! UTC: a sandbox has no time zones.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use anyhow::{Result, bail};
use chrono::{DateTime, Datelike, Timelike, Utc};
use ipnet::IpNet;
use regorus::{Engine, Value};

/// Nanoseconds of a second.
const NANOSECONDS: i64 = 1_000_000_000;

/// The time of the request being answered, in nanoseconds since 1970.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Sets the time, in seconds.
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds.saturating_mul(NANOSECONDS), Relaxed);
    }

    fn now(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

type Function = fn(&[Value]) -> Result<Value>;

/// Each with its number of arguments.
const FUNCTIONS: [(&str, u8, Function); 11] = [
    ("time.parse_rfc3339_ns", 1, parse_rfc3339),
    ("time.parse_duration_ns", 1, parse_duration),
    ("time.clock", 1, clock),
    ("time.date", 1, date),
    ("time.weekday", 1, weekday),
    ("time.add_date", 4, add_date),
    ("net.cidr_contains", 2, contains),
    ("net.cidr_intersects", 2, intersects),
    ("net.cidr_is_valid", 1, is_valid),
    ("strings.count", 2, count),
    ("strings.replace_n", 2, replace_n),
];

/// How many arguments one of these functions takes.
pub(crate) fn arity(name: &str) -> Option<usize> {
    if name == "time.now_ns" {
        return Some(0);
    }
    FUNCTIONS.iter().find(|(own, ..)| *own == name).map(|(_, arguments, _)| usize::from(*arguments))
}

/// Gives all of them to an engine that has none of them yet.
pub(crate) fn register(engine: &mut Engine, now: &Clock) {
    for (name, arguments, function) in FUNCTIONS {
        // The only error is that the engine has it already.
        let _ = engine.add_extension(name.to_owned(), arguments, Box::new(move |given: Vec<Value>| function(&given)));
    }
    let now = now.clone();
    let _ =
        engine.add_extension("time.now_ns".to_owned(), 0, Box::new(move |_: Vec<Value>| Ok(Value::from(now.now()))));
}

fn text(given: &[Value], place: usize) -> Result<&str> {
    match given.get(place) {
        Some(Value::String(text)) => Ok(text),
        _ => bail!("argument {} must be a string", place + 1),
    }
}

/// Nanoseconds, or a list of them and a time zone.
fn instant(given: &[Value]) -> Result<DateTime<Utc>> {
    let nanoseconds = match given.first() {
        Some(Value::Array(pair)) => match pair.get(1) {
            Some(Value::String(zone)) if matches!(zone.as_ref(), "UTC" | "") => {
                pair.get(0).and_then(|it| it.as_i64().ok())
            }
            _ => bail!("only the time zone UTC is known here"),
        },
        Some(value) => value.as_i64().ok(),
        None => None,
    };
    let Some(nanoseconds) = nanoseconds else { bail!("a time is a number of nanoseconds since 1970") };
    Ok(DateTime::from_timestamp_nanos(nanoseconds))
}

fn nanoseconds(instant: DateTime<Utc>) -> Result<Value> {
    match instant.timestamp_nanos_opt() {
        Some(nanoseconds) => Ok(Value::from(nanoseconds)),
        None => bail!("the time lies outside of the years 1678 to 2262"),
    }
}

fn parse_rfc3339(given: &[Value]) -> Result<Value> {
    match DateTime::parse_from_rfc3339(text(given, 0)?) {
        Ok(instant) => nanoseconds(instant.to_utc()),
        Err(_) => bail!("not a time as RFC 3339 has it"),
    }
}

/// Durations as Go writes them, such as `1h30m` or `1.5s`.
fn parse_duration(given: &[Value]) -> Result<Value> {
    let text = text(given, 0)?;
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0.0;
    if rest.is_empty() {
        bail!("not a duration");
    }
    while !rest.is_empty() && rest != "0" {
        let digits = rest.find(|digit: char| !digit.is_ascii_digit() && digit != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(digits);
        let Ok(number) = number.parse::<f64>() else { bail!("not a duration") };
        let units = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
        let Some((name, worth)) = units.into_iter().find(|(name, _)| unit.starts_with(name)) else {
            bail!("not a duration");
        };
        total += number * worth;
        rest = unit.get(name.len()..).unwrap_or_default();
    }
    if total >= i64::MAX as f64 {
        bail!("the duration is too long");
    }
    Ok(Value::from((sign * total) as i64))
}

fn clock(given: &[Value]) -> Result<Value> {
    let time = instant(given)?;
    Ok(Value::from([time.hour(), time.minute(), time.second()].map(Value::from).to_vec()))
}

fn date(given: &[Value]) -> Result<Value> {
    let time = instant(given)?;
    Ok(Value::from(vec![Value::from(time.year()), Value::from(time.month()), Value::from(time.day())]))
}

fn weekday(given: &[Value]) -> Result<Value> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let day = instant(given)?.weekday().num_days_from_monday();
    Ok(usize::try_from(day).ok().and_then(|day| DAYS.get(day)).map_or(Value::Undefined, |day| Value::from(*day)))
}

/// A day that a month does not have goes on in the next month, as in Go.
fn add_date(given: &[Value]) -> Result<Value> {
    let time = instant(given)?;
    let part = |place: usize| given.get(place).and_then(|value| value.as_i32().ok());
    let (Some(years), Some(months), Some(days)) = (part(1), part(2), part(3)) else {
        bail!("years, months and days are whole numbers");
    };
    let months = i64::from(time.year()) * 12 + i64::from(time.month0()) + i64::from(years) * 12 + i64::from(months);
    let year = i32::try_from(months.div_euclid(12)).ok();
    let month = u32::try_from(months.rem_euclid(12) + 1).ok();
    let first = year.zip(month).and_then(|(year, month)| chrono::NaiveDate::from_ymd_opt(year, month, 1));
    let days = chrono::Duration::days(i64::from(days) + i64::from(time.day0()));
    match first.and_then(|first| first.and_time(time.time()).checked_add_signed(days)) {
        Some(moved) => nanoseconds(moved.and_utc()),
        None => bail!("there is no such date"),
    }
}

/// A network, or an address as the network of itself.
fn network(text: &str) -> Result<IpNet> {
    match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
        Ok(network) => Ok(network),
        Err(_) => bail!("not a network or an address"),
    }
}

fn cidr(text: &str) -> Result<IpNet> {
    text.parse().or_else(|_| bail!("not a network"))
}

fn contains(given: &[Value]) -> Result<Value> {
    Ok(Value::from(cidr(text(given, 0)?)?.contains(&network(text(given, 1)?)?)))
}

fn intersects(given: &[Value]) -> Result<Value> {
    let (left, right) = (cidr(text(given, 0)?)?, cidr(text(given, 1)?)?);
    Ok(Value::from(left.contains(&right) || right.contains(&left)))
}

fn is_valid(given: &[Value]) -> Result<Value> {
    Ok(Value::from(text(given, 0).is_ok_and(|text| cidr(text).is_ok())))
}

/// How often a text occurs in another without overlaps. The engine's own panics on an empty one.
fn count(given: &[Value]) -> Result<Value> {
    Ok(Value::from(text(given, 0)?.matches(text(given, 1)?).count()))
}

/// Replaces in one pass, where two patterns fit the one that sorts first. The engine's own replaces what it has replaced.
fn replace_n(given: &[Value]) -> Result<Value> {
    let Some(Value::Object(patterns)) = given.first() else { bail!("argument 1 must be an object") };
    let mut pairs = Vec::new();
    for pair in patterns.iter_sorted() {
        match pair {
            (Value::String(old), Value::String(new)) => pairs.push((old.as_ref(), new.as_ref())),
            _ => bail!("the patterns and what replaces them must be strings"),
        }
    }
    let (mut rest, mut replaced, mut was_empty) = (text(given, 1)?, String::new(), false);
    loop {
        // An empty pattern fits once at each place.
        let fits = |(old, _): &&(&str, &str)| rest.starts_with(old) && !(was_empty && old.is_empty());
        if let Some((old, new)) = pairs.iter().find(fits) {
            replaced.push_str(new);
            rest = rest.get(old.len()..).unwrap_or_default();
            was_empty = old.is_empty();
            continue;
        }
        was_empty = false;
        let mut letters = rest.chars();
        match letters.next() {
            Some(letter) => replaced.push(letter),
            None => return Ok(Value::from(replaced)),
        }
        rest = letters.as_str();
    }
}
