//! Instants as text (RFC 3339), as signed documents and the dialects write them.
//!
//! Called by the ledger and by `api`. Knows no noun.

use jiff::Timestamp;

use crate::world::Micros;

/// The first instant of the year 1: RFC 3339 has no years before 0, and nothing here is older.
const EARLIEST: Micros = -62_135_596_800_000_000;

/// An instant as text.
pub fn show(at: Micros) -> String {
    // Instants come from the clock or from `parse`, so they are within jiff's range.
    Timestamp::from_microsecond(at).unwrap_or_default().to_string()
}

/// An instant in whole seconds since 1970 as text.
pub fn show_seconds(at: i64) -> String {
    show(at.saturating_mul(1_000_000))
}

/// A text as an instant; what is finer than a microsecond is cut off.
pub fn parse(text: &str) -> Option<Micros> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond).filter(|at| *at >= EARLIEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["2019-12-11T13:44:28.772101Z", "2026-01-01T12:00:00Z", "0001-01-01T00:00:00Z"] {
            assert_eq!(parse(text).map(show).as_deref(), Some(text));
        }
        assert_eq!(
            parse("2026-01-01T13:00:00.1234567+01:00").map(show).as_deref(),
            Some("2026-01-01T12:00:00.123456Z")
        );
        for text in ["", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "-000001-01-01T00:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
