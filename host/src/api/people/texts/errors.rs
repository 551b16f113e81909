//! What the pages say when something is wrong.

use super::Language;

/// What a page says when something is wrong: a heading, and what to do.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The heading.
    pub title: &'static str,
    /// What it means and what helps.
    pub advice: &'static str,
}

/// What the pages say when something is wrong.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Errors {
    pub login_needed: Told,
    pub not_allowed: Told,
    pub denied: Told,
    pub not_found: Told,
    pub wrong_request: Told,
    pub in_the_way: Told,
    pub unavailable: Told,
    pub internal: Told,
    pub login_over: Told,
    pub form_over: Told,
    pub elsewhere: Told,
    pub try_again: &'static str,
    pub start_again: &'static str,
    pub details: &'static str,
    pub request: &'static str,
}

const fn told(title: &'static str, advice: &'static str) -> Told {
    Told { title, advice }
}

static ENGLISH: Errors = Errors {
    login_needed: told("Please log in", "This page is for people who have logged in."),
    not_allowed: told("This is not allowed", "You may not see or do this."),
    denied: told("Access denied", "The rules of this service do not let you in."),
    not_found: told("Page not found", "There is nothing at this address. Perhaps it is misspelt or out of date."),
    wrong_request: told(
        "This request cannot be answered",
        "The application that sent you here asked for something that makes no sense. You can do nothing about that: please tell whoever runs it.",
    ),
    in_the_way: told(
        "This cannot be done",
        "Something else has changed in the meantime. Please go back and look again.",
    ),
    unavailable: told("Please try again in a moment", "The server cannot do this right now."),
    internal: told("Something went wrong", "This is our mistake, not yours. Please try again later."),
    login_over: told(
        "This login is over",
        "It was finished already, or it took longer than half an hour. Please start again where you came from.",
    ),
    form_over: told(
        "This form is out of date",
        "It was not sent from a page that this browser was shown. Allow cookies for this site, go back, load the page again and try once more.",
    ),
    elsewhere: told(
        "Logging in this way did not work",
        "There is a problem between this server and the service that you log in at. You have done nothing wrong: please try again or choose another way.",
    ),
    try_again: "Try again",
    start_again: "Start again at {client}",
    details: "For those who run the application",
    request: "Request",
};

static GERMAN: Errors = Errors {
    login_needed: told("Bitte melden Sie sich an", "Diese Seite ist für angemeldete Personen."),
    not_allowed: told("Das ist nicht erlaubt", "Sie dürfen das nicht sehen oder tun."),
    denied: told("Zugriff verweigert", "Die Regeln dieses Dienstes lassen Sie nicht ein."),
    not_found: told(
        "Seite nicht gefunden",
        "Unter dieser Adresse gibt es nichts. Vielleicht ist sie falsch geschrieben oder veraltet.",
    ),
    wrong_request: told(
        "Diese Anfrage lässt sich nicht beantworten",
        "Die Anwendung, die Sie hierher geschickt hat, verlangt etwas Unsinniges. Sie selbst können daran nichts ändern: bitte sagen Sie es dem Betreiber.",
    ),
    in_the_way: told(
        "Das geht so nicht",
        "In der Zwischenzeit hat sich etwas geändert. Bitte gehen Sie zurück und sehen Sie noch einmal nach.",
    ),
    unavailable: told("Bitte versuchen Sie es gleich noch einmal", "Der Server kann das im Augenblick nicht tun."),
    internal: told(
        "Etwas ist schiefgegangen",
        "Das ist unser Fehler, nicht Ihrer. Bitte versuchen Sie es später noch einmal.",
    ),
    login_over: told(
        "Diese Anmeldung ist vorbei",
        "Sie wurde schon abgeschlossen, oder sie hat länger als eine halbe Stunde gedauert. Bitte beginnen Sie von vorn, dort, wo Sie hergekommen sind.",
    ),
    form_over: told(
        "Dieses Formular ist veraltet",
        "Es kam nicht von einer Seite, die diesem Browser gezeigt wurde. Erlauben Sie Cookies für diese Seite, gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.",
    ),
    elsewhere: told(
        "Auf diesem Weg hat die Anmeldung nicht geklappt",
        "Zwischen diesem Server und dem Dienst, bei dem Sie sich anmelden, gibt es eine Störung. Sie haben nichts falsch gemacht: bitte versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.",
    ),
    try_again: "Noch einmal versuchen",
    start_again: "Von vorn beginnen bei {client}",
    details: "Für den Betreiber der Anwendung",
    request: "Anfrage",
};

impl Language {
    /// What the pages say when something is wrong.
    pub fn errors(self) -> &'static Errors {
        self.pick(&ENGLISH, &GERMAN)
    }
}
