//! Durations as Go writes them: `1h10m30s`, `720h0m0s`, `90s` (contract, members ending in `_ttl`).

/// Seconds of a Go duration in whole seconds, none when it is not one.
pub fn parse(text: &str) -> Option<i64> {
    let mut rest = text;
    let (mut seconds, mut last) = (0_i64, i64::MAX);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail.chars().next()?;
        let factor = match unit {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        if factor >= last {
            return None;
        }
        last = factor;
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(factor)?)?;
        rest = tail.get(1..)?;
    }
    (last != i64::MAX).then_some(seconds)
}

/// A number of seconds as Go writes it.
pub fn show(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_what_go_does() {
        for (text, seconds) in [("1h10m30s", 4230), ("10m0s", 600), ("720h0m0s", 2_592_000), ("0s", 0), ("59s", 59)] {
            assert_eq!(parse(text), Some(seconds), "{text}");
            assert_eq!(show(seconds), text);
        }
        assert_eq!(parse("1h"), Some(3600));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "1", "s", "1d", "1s1m", "1m1m", "-1s", "1.5h", "9999999999999999999h", "1h ", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
