//! Points in time: RFC 3339 or seconds since 1970. And times of the day, for office hours.

use crate::{Json, Number};

const DAY: i64 = 86_400;

/// A point in time, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

/// What `before` and `after` compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// One point in time.
    At(Instant),
    /// The same time every day, as nanoseconds after midnight at an offset from UTC in seconds.
    Daily { nanoseconds: i64, offset: i64 },
}

impl Limit {
    /// Reads RFC 3339, seconds since 1970, or a time of the day with its offset such as `08:30+01:00`.
    pub(crate) fn read(value: &Json<'_>) -> Option<Limit> {
        match value {
            Json::String(text) => Instant::parse(text).map(Limit::At).or_else(|| daily(text)),
            other => Instant::read(other).map(Limit::At),
        }
    }

    /// How `instant` lies to this limit.
    pub(crate) fn order(&self, instant: Instant) -> std::cmp::Ordering {
        match self {
            Limit::At(limit) => instant.cmp(limit),
            Limit::Daily { nanoseconds, offset } => instant.after_midnight(*offset).cmp(nanoseconds),
        }
    }
}

impl Instant {
    /// Reads RFC 3339 or seconds since 1970.
    pub(crate) fn read(value: &Json<'_>) -> Option<Instant> {
        match value {
            Json::String(text) => Instant::parse(text),
            Json::Number(number) => Instant::from_seconds(*number),
            _ => None,
        }
    }

    fn from_seconds(number: Number) -> Option<Instant> {
        if let Some(seconds) = number.as_integer() {
            return Some(Instant { seconds: seconds.try_into().ok()?, nanoseconds: 0 });
        }
        let whole = number.as_f64().floor();
        let nanoseconds = ((number.as_f64() - whole) * 1e9) as u32;
        // The largest float below 2^63 converts exactly; beyond that there is no such time.
        (whole.abs() < 9e18).then_some(Instant { seconds: whole as i64, nanoseconds })
    }

    fn parse(text: &str) -> Option<Instant> {
        let mut rest = text;
        let year = number(&mut rest, 4)?;
        let month = after(&mut rest, "-").and_then(|()| number(&mut rest, 2))?;
        let day = after(&mut rest, "-").and_then(|()| number(&mut rest, 2))?;
        let separated = ["T", "t", " "].into_iter().any(|separator| after(&mut rest, separator).is_some());
        let (seconds, nanoseconds) = time_of_day(&mut rest, true)?;
        let offset = offset(rest)?;
        let valid = separated && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        let seconds = days_since_1970(year, month, day) * DAY + seconds - offset;
        valid.then_some(Instant { seconds, nanoseconds })
    }

    fn after_midnight(&self, offset: i64) -> i64 {
        self.seconds.saturating_add(offset).rem_euclid(DAY) * 1_000_000_000 + i64::from(self.nanoseconds)
    }
}

fn daily(text: &str) -> Option<Limit> {
    let mut rest = text;
    let (seconds, nanoseconds) = time_of_day(&mut rest, false)?;
    let offset = offset(rest)?;
    (seconds < DAY).then_some(Limit::Daily { nanoseconds: seconds * 1_000_000_000 + i64::from(nanoseconds), offset })
}

/// `HH:MM:SS` with an optional fraction; the seconds may be left out unless `full`. Takes a leap second as the next one.
fn time_of_day(rest: &mut &str, full: bool) -> Option<(i64, u32)> {
    let hour = number(rest, 2)?;
    let minute = after(rest, ":").and_then(|()| number(rest, 2))?;
    let second = match after(rest, ":") {
        Some(()) => number(rest, 2)?,
        None if full => return None,
        None => 0,
    };
    let nanoseconds = if after(rest, ".").is_some() { fraction(rest)? } else { 0 };
    (hour < 24 && minute < 60 && second <= 60).then_some((hour * 3600 + minute * 60 + second, nanoseconds))
}

/// `Z` or `+HH:MM`, to the end of the text. In seconds.
fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut rest = text.strip_prefix(['+', '-'])?;
    let hours = number(&mut rest, 2)?;
    let minutes = after(&mut rest, ":").and_then(|()| number(&mut rest, 2))?;
    (hours < 24 && minutes < 60 && rest.is_empty()).then_some(sign * (hours * 3600 + minutes * 60))
}

fn number(rest: &mut &str, digits: usize) -> Option<i64> {
    let (here, after) = rest.split_at_checked(digits)?;
    *rest = after;
    if here.bytes().all(|byte| byte.is_ascii_digit()) { here.parse().ok() } else { None }
}

fn after(rest: &mut &str, separator: &str) -> Option<()> {
    *rest = rest.strip_prefix(separator)?;
    Some(())
}

/// The digits after the decimal point, as nanoseconds; what is finer is cut off.
fn fraction(rest: &mut &str) -> Option<u32> {
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at_checked(length)?;
    *rest = after;
    let nine = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    (length > 0).then(|| nine.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    year * 365 + leap_days + days_before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        Instant::parse(text).map(|instant| instant.seconds)
    }

    #[test]
    fn reads_rfc_3339() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T12:00:00+01:00"), Some(951_822_000));
        assert_eq!(seconds("2025-11-21T02:13:20.5-00:30"), Some(1_763_693_000));
        assert_eq!(seconds("1969-12-31t23:59:59z"), Some(-1));
        assert_eq!(seconds("0001-01-01 00:00:00Z"), Some(-62_135_596_800));
        assert_eq!(seconds("2016-12-31T23:59:60Z"), Some(1_483_228_800));
        assert_eq!(Instant::parse("1970-01-01T00:00:00.25Z").unwrap().nanoseconds, 250_000_000);
    }

    #[test]
    fn refuses_what_is_not_rfc_3339() {
        for text in [
            "",
            "2025-11-21",
            "2025-11-21T00:00:00",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-11-21T24:00:00Z",
            "2025-11-21T00:60:00Z",
            "2025-11-21T00:00Z",
            "2025-11-21T00:00:00.Z",
            "2025-11-21T00:00:00Zx",
            "+025-11-21T00:00:00Z",
            "2025-11-2éT00:00:00Z",
            "2025-11-21T00:00:00+24:00",
            "2025-11-2100:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_400_years_follows_the_one_before() {
        let mut expected = days_since_1970(1800, 1, 1);
        for year in 1800..2200 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    assert_eq!(days_since_1970(year, month, day), expected, "{year}-{month}-{day}");
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn numbers_are_seconds() {
        assert_eq!(Instant::from_seconds(Number::Float(-0.5)), Some(Instant { seconds: -1, nanoseconds: 500_000_000 }));
        assert_eq!(Instant::from_seconds(Number::Float(1e300)), None);
        assert_eq!(Instant::from_seconds(Number::Unsigned(u64::MAX)), None);
    }

    #[test]
    fn a_time_of_the_day_counts_at_its_offset() {
        let limit = Limit::read(&Json::String("08:00+01:00".into())).unwrap();
        let order = |text| limit.order(Instant::parse(text).unwrap());
        assert_eq!(order("2025-11-21T06:59:59Z"), Ordering::Less);
        assert_eq!(order("2025-11-21T07:00:00Z"), Ordering::Equal);
        assert_eq!(order("2025-06-01T07:00:00.000001Z"), Ordering::Greater);
        assert_eq!(order("2025-11-20T23:30:00Z"), Ordering::Less);
        for text in ["08:00", "8:00Z", "24:00Z", "08:00:00", "08Z"] {
            assert_eq!(Limit::read(&Json::String(text.into())), None, "{text}");
        }
    }
}
