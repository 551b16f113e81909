//! What the pages of logging out say.

use super::Language;

/// What the pages of logging out say.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Logout {
    pub ask_title: &'static str,
    pub ask: &'static str,
    pub submit: &'static str,
    pub stay: &'static str,
    pub done_title: &'static str,
    pub done: &'static str,
    pub telling: &'static str,
    pub go_on: &'static str,
}

static ENGLISH: Logout = Logout {
    ask_title: "Log out?",
    ask: "You are logged in as {person}. Do you want to log out of {server}?",
    submit: "Log out",
    stay: "Stay logged in",
    done_title: "You are logged out",
    done: "Nobody is logged in to {server} in this browser any more.",
    telling: "The applications that you used with it are being told.",
    go_on: "Continue",
};

static GERMAN: Logout = Logout {
    ask_title: "Abmelden?",
    ask: "Sie sind angemeldet als {person}. Möchten Sie sich von {server} abmelden?",
    submit: "Abmelden",
    stay: "Angemeldet bleiben",
    done_title: "Sie sind abgemeldet",
    done: "In diesem Browser ist bei {server} niemand mehr angemeldet.",
    telling: "Die Anwendungen, die Sie damit benutzt haben, erfahren es gerade.",
    go_on: "Weiter",
};

impl Language {
    /// What the pages of logging out say.
    pub fn logout(self) -> &'static Logout {
        self.pick(&ENGLISH, &GERMAN)
    }
}
