//! What a caller would rather have: the Accept header (RFC 9110 §12.5.1).
//!
//! Called by the handlers of operations that can answer in more than one form, through `read`.

use http::{HeaderMap, header::ACCEPT};

/// How much a form is wanted, the most wanted last: by quality, then by how closely it is named.
type Wish = (u32, u8);

/// The one of `offered` that is wanted most, of equals the first; the first one when nothing is said. None when none of them
/// is wanted.
pub fn accepted<'a>(headers: &HeaderMap, offered: &[&'a str]) -> Option<&'a str> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> =
        lines.flat_map(|line| line.split(',')).map(str::trim).filter(|range| !range.is_empty()).collect();
    if ranges.is_empty() {
        return offered.first().copied();
    }
    let mut best: Option<(Wish, &'a str)> = None;
    for form in offered {
        let wish = ranges.iter().filter_map(|range| wish(range, form)).max_by_key(|(_, closeness)| *closeness);
        let Some(wish) = wish.filter(|(quality, _)| *quality > 0) else { continue };
        if best.is_none_or(|(so_far, _)| wish > so_far) {
            best = Some((wish, form));
        }
    }
    best.map(|(_, form)| form)
}

/// How much a range wants a form; none when it is about others.
fn wish(range: &str, form: &str) -> Option<Wish> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?;
    let (kind, subtype) = name.split_once('/')?;
    let (form_kind, _) = form.split_once('/')?;
    let closeness = match (kind, subtype) {
        ("*", "*") => 0,
        (kind, "*") if kind.eq_ignore_ascii_case(form_kind) => 1,
        _ if name.eq_ignore_ascii_case(form) => 2,
        _ => return None,
    };
    let weight =
        parts.filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let quality = match weight {
        None => 1000,
        Some((_, text)) => thousandths(text.trim())?,
    };
    Some((quality, closeness))
}

/// A weight in thousandths (RFC 9110 §12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = format!("{rest:0<3}").parse::<u32>().ok()?;
    match (whole, rest) {
        ("0", rest) => Some(rest),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "application/xml";
    const JSON: &str = "application/json";

    fn of(lines: &[&str]) -> Option<&'static str> {
        let headers = lines.iter().map(|line| (ACCEPT, line.parse().unwrap())).collect();
        accepted(&headers, &[XML, JSON])
    }

    #[test]
    fn the_first_form_is_given_to_whoever_does_not_mind() {
        for lines in
            [&[][..], &[""], &["*/*"], &["application/*"], &["application/xml, application/json"], &["*/*;q=0.1"]]
        {
            assert_eq!(of(lines), Some(XML), "{lines:?}");
        }
    }

    #[test]
    fn what_is_wanted_more_is_given() {
        for lines in [
            &["application/json"][..],
            &["Application/JSON; charset=utf-8"],
            &["application/json, text/plain, */*"],
            &["application/xml;q=0.5, application/json;q=0.501"],
            &["application/xml; q=0, */*"],
            &["text/html", "application/json;q=0.1"],
        ] {
            assert_eq!(of(lines), Some(JSON), "{lines:?}");
        }
    }

    #[test]
    fn nothing_is_forced_on_anybody() {
        for lines in [
            &["text/html"][..],
            &["application/json;q=0"],
            &["application"],
            &["application/json;q=2"],
            &["*/*;q=0.000"],
        ] {
            assert_eq!(of(lines), None, "{lines:?}");
        }
    }
}
