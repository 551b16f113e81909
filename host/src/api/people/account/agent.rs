//! What people call the browser that calls itself `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`.
//!
//! Called by the page of the sessions. It is a help for the eye: what is kept and given to programs stays as it was sent.

use crate::api::people::texts::fill;

/// What browsers say of themselves, and how they are called. Each says what those below it say as well.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same for what they run on.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The longest name that is shown as it was sent, in characters.
const LONGEST: usize = 80;

/// "Firefox on Linux", with `on` as the words for that; as it was sent, cut short, when nobody knows it.
pub(super) fn name(agent: &str, on: &str) -> String {
    let known =
        |table: &[(&str, &'static str)]| table.iter().find(|(said, _)| agent.contains(said)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => fill(on, &[("browser", browser), ("system", system)]),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.chars().count() > LONGEST => agent.chars().take(LONGEST).chain(['…']).collect(),
        (None, _) => agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_by_their_names() {
        const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (&format!("{MAC} Chrome/140.0.0.0 Safari/537.36"), "Chrome on macOS"),
            (&format!("{MAC} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"), "Edge on macOS"),
            (&format!("{MAC} Version/18.0 Safari/605.1.15"), "Safari on macOS"),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("Firefox/1.0", "Firefox"),
        ] {
            assert_eq!(super::name(agent, "{browser} on {system}"), name, "{agent}");
        }
    }

    #[test]
    fn what_nobody_knows_stays_as_it_is_and_is_not_long() {
        for agent in ["", "curl/8.5.0", "Our own app (Linux)", "<script>"] {
            assert_eq!(name(agent, "{browser} on {system}"), agent);
        }
        let long = name(&"ä".repeat(500), "");
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST + 1, true));
    }
}
