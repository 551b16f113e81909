//! What the pages of the account say, a struct a page.

use super::Language;

/// What the pages of the account say.
#[derive(Debug)]
#[expect(missing_docs, reason = "a member a page")]
pub struct Account {
    pub overview: Overview,
    pub requests: Requests,
    pub request_code: RequestCode,
    pub clients: Clients,
    pub consents: Consents,
    pub events: Events,
    pub sessions: Sessions,
    pub second_factor: SecondStep,
    pub logout: LoggedOut,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Overview {
    pub title: &'static str,
    pub who: &'static str,
    pub since: &'static str,
    pub requests: &'static str,
    pub request_code: &'static str,
    pub clients: &'static str,
    pub consents: &'static str,
    pub events: &'static str,
    pub sessions: &'static str,
    pub second_factor: &'static str,
    pub logout: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Requests {
    pub title: &'static str,
    pub explanation: &'static str,
    pub none: &'static str,
    pub message: &'static str,
    pub since: &'static str,
    pub until: &'static str,
    pub look: &'static str,
    pub about: &'static str,
    pub done: &'static str,
    pub refused: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct RequestCode {
    pub title: &'static str,
    pub explanation: &'static str,
    pub on: &'static str,
    pub off: &'static str,
    pub code: &'static str,
    pub set: &'static str,
    pub remove: &'static str,
    pub unfit: &'static str,
    pub done: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Clients {
    pub title: &'static str,
    pub explanation: &'static str,
    pub none: &'static str,
    pub since: &'static str,
    pub may: &'static str,
    pub homepage: &'static str,
    pub revoke: &'static str,
    pub revoke_about: &'static str,
    pub done: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Consents {
    pub title: &'static str,
    pub explanation: &'static str,
    pub granted: &'static str,
    pub none: &'static str,
    pub open: &'static str,
    pub used_by: &'static str,
    pub shared_with: &'static str,
    pub data: &'static str,
    pub version: &'static str,
    pub given: &'static str,
    pub given_implicitly: &'static str,
    pub withdrawn: &'static str,
    pub outdated: &'static str,
    pub changed: &'static str,
    pub never: &'static str,
    pub grant: &'static str,
    pub withdraw: &'static str,
    pub about: &'static str,
    pub cannot_be_withdrawn: &'static str,
    pub done: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Events {
    pub title: &'static str,
    pub explanation: &'static str,
    pub none: &'static str,
    pub granted: &'static str,
    pub withdrawn: &'static str,
    pub version: &'static str,
    pub details: &'static str,
    pub signature: &'static str,
    pub older: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct Sessions {
    pub title: &'static str,
    pub explanation: &'static str,
    pub unknown: &'static str,
    pub on: &'static str,
    pub this: &'static str,
    pub from: &'static str,
    pub since: &'static str,
    pub until: &'static str,
    pub end: &'static str,
    pub end_about: &'static str,
    pub end_others: &'static str,
    pub done: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct SecondStep {
    pub title: &'static str,
    pub on: &'static str,
    pub off: &'static str,
    pub remove_explanation: &'static str,
    pub remove: &'static str,
    pub confirm: &'static str,
    pub done: &'static str,
}

/// See [`Account`].
#[derive(Debug)]
pub struct LoggedOut {
    pub title: &'static str,
    pub advice: &'static str,
    pub again: &'static str,
}

static ENGLISH: Account = Account {
    overview: Overview {
        title: "Your account",
        who: "You are logged in as {person}.",
        since: "Since",
        requests: "What applications ask you from elsewhere, and your answer.",
        request_code: "The code that some applications need before they may ask you.",
        clients: "Which applications may use what is yours, and how to take that back.",
        consents: "What you have agreed to, and what you can withdraw.",
        events: "Everything you have agreed to and withdrawn, one after the other.",
        sessions: "Where you are logged in, and how to log out there.",
        second_factor: "A code from your phone besides your password.",
        logout: "Log out",
    },
    requests: Requests {
        title: "Requests that wait for you",
        explanation: "These applications ask for your yes. Answer only what you have started yourself just now.",
        none: "Nothing waits for you.",
        message: "It shows you:",
        since: "since",
        until: "until",
        look: "Answer",
        about: "what {client} asks",
        done: "You have said yes. You can go back to where you were.",
        refused: "The request was given no access.",
    },
    request_code: RequestCode {
        title: "Code for requests",
        explanation: "Some applications may ask you from elsewhere only if they know this code. Give it to those by which you want to be asked, and never use your password for it.",
        on: "You have set a code.",
        off: "You have set no code yet: these applications cannot ask you.",
        code: "New code, 6 to 64 characters",
        set: "Set the code",
        remove: "Remove the code",
        unfit: "A code has 6 to 64 characters.",
        done: "That is changed.",
    },
    clients: Clients {
        title: "Applications with access",
        explanation: "These applications may use what is yours. Whatever you take back ends at once, on all devices.",
        none: "No application has access.",
        since: "Access since",
        may: "It may use:",
        homepage: "Website",
        revoke: "Take back access",
        revoke_about: "of {client}",
        done: "The application has no access any more.",
    },
    consents: Consents {
        title: "Consents",
        explanation: "What you have agreed to, and for what. Every change is written into your history.",
        granted: "You have agreed to",
        none: "You have agreed to nothing.",
        open: "You have not agreed to",
        used_by: "Used by {service}",
        shared_with: "Shared with {service}",
        data: "Data: {data}",
        version: "Version {version}",
        given: "Agreed",
        given_implicitly: "Agreed by using it",
        withdrawn: "Withdrawn",
        outdated: "You have agreed to version {version}, which has changed since",
        changed: "The consent has changed since it was shown to you. You have not agreed to it: please read it again.",
        never: "Never agreed",
        grant: "Agree",
        withdraw: "Withdraw",
        about: "({consent})",
        cannot_be_withdrawn: "Cannot be withdrawn",
        done: "That is noted.",
    },
    events: Events {
        title: "History",
        explanation: "What you have agreed to and withdrawn, the latest first. Every entry is signed and cannot be changed afterwards.",
        none: "There is nothing yet.",
        granted: "Agreed to: {consent}",
        withdrawn: "Withdrawn: {consent}",
        version: "Version {version}",
        details: "Signature",
        signature: "With it anybody can check that this entry was not changed (JWS, RFC 7515).",
        older: "Older entries",
    },
    sessions: Sessions {
        title: "Where you are logged in",
        explanation: "If you do not know one of these browsers, log it out.",
        unknown: "Unknown browser",
        on: "{browser} on {system}",
        this: "this browser",
        from: "From {address}",
        since: "since",
        until: "until",
        end: "Log out",
        end_about: "({browser})",
        end_others: "Log out everywhere else",
        done: "Logged out there.",
    },
    second_factor: SecondStep {
        title: "Second step",
        on: "An authenticator app is set up for your account.",
        off: "Your account has no second step yet. With one, a stolen password is not enough.",
        remove_explanation: "To remove it, enter the six digits that the app shows now.",
        remove: "Remove",
        confirm: "Confirm",
        done: "That is changed.",
    },
    logout: LoggedOut {
        title: "You are logged out",
        advice: "Nobody is logged in here in this browser any more.",
        again: "Log in again",
    },
};

static GERMAN: Account = Account {
    overview: Overview {
        title: "Ihr Konto",
        who: "Sie sind angemeldet als {person}.",
        since: "Seit",
        requests: "Was Anwendungen von anderswo fragen, und Ihre Antwort.",
        request_code: "Der Code, den manche Anwendungen brauchen, bevor sie Sie fragen dürfen.",
        clients: "Welche Anwendungen Ihre Daten nutzen dürfen, und wie Sie das zurücknehmen.",
        consents: "Worin Sie eingewilligt haben, und was Sie widerrufen können.",
        events: "Alles, worin Sie eingewilligt und was Sie widerrufen haben, der Reihe nach.",
        sessions: "Wo Sie angemeldet sind, und wie Sie sich dort abmelden.",
        second_factor: "Ein Code von Ihrem Telefon zusätzlich zum Passwort.",
        logout: "Abmelden",
    },
    requests: Requests {
        title: "Anfragen, die auf Sie warten",
        explanation: "Diese Anwendungen bitten um Ihr Ja. Beantworten Sie nur, was Sie eben selbst begonnen haben.",
        none: "Es wartet nichts auf Sie.",
        message: "Dort steht:",
        since: "seit",
        until: "bis",
        look: "Beantworten",
        about: "was {client} fragt",
        done: "Sie haben ja gesagt. Sie können dorthin zurückkehren, wo Sie waren.",
        refused: "Die Anfrage hat keinen Zugriff erhalten.",
    },
    request_code: RequestCode {
        title: "Code für Anfragen",
        explanation: "Manche Anwendungen dürfen Sie von anderswo nur fragen, wenn sie diesen Code kennen. Geben Sie ihn denen, von denen Sie gefragt werden möchten, und verwenden Sie nie Ihr Passwort dafür.",
        on: "Sie haben einen Code festgelegt.",
        off: "Sie haben noch keinen Code festgelegt: diese Anwendungen können Sie nicht fragen.",
        code: "Neuer Code, 6 bis 64 Zeichen",
        set: "Code festlegen",
        remove: "Code entfernen",
        unfit: "Ein Code hat 6 bis 64 Zeichen.",
        done: "Das ist geändert.",
    },
    clients: Clients {
        title: "Anwendungen mit Zugriff",
        explanation: "Diese Anwendungen dürfen Ihre Daten nutzen. Was Sie zurücknehmen, endet sofort, auf allen Geräten.",
        none: "Keine Anwendung hat Zugriff.",
        since: "Zugriff seit",
        may: "Sie darf nutzen:",
        homepage: "Website",
        revoke: "Zugriff zurücknehmen",
        revoke_about: "von {client}",
        done: "Die Anwendung hat keinen Zugriff mehr.",
    },
    consents: Consents {
        title: "Einwilligungen",
        explanation: "Worin Sie eingewilligt haben, und wofür. Jede Änderung steht danach in Ihrem Verlauf.",
        granted: "Sie haben eingewilligt in",
        none: "Sie haben in nichts eingewilligt.",
        open: "Sie haben nicht eingewilligt in",
        used_by: "Genutzt von {service}",
        shared_with: "Weitergegeben an {service}",
        data: "Daten: {data}",
        version: "Version {version}",
        given: "Eingewilligt",
        given_implicitly: "Durch Nutzung eingewilligt",
        withdrawn: "Widerrufen",
        outdated: "Sie haben in Version {version} eingewilligt, die sich seither geändert hat",
        changed: "Die Einwilligung hat sich geändert, seit sie Ihnen gezeigt wurde. Sie haben nicht eingewilligt: Bitte lesen Sie sie noch einmal.",
        never: "Nie eingewilligt",
        grant: "Einwilligen",
        withdraw: "Widerrufen",
        about: "({consent})",
        cannot_be_withdrawn: "Nicht widerrufbar",
        done: "Das ist vermerkt.",
    },
    events: Events {
        title: "Verlauf",
        explanation: "Worin Sie eingewilligt und was Sie widerrufen haben, das Neueste zuerst. Jeder Eintrag ist signiert und lässt sich nachträglich nicht ändern.",
        none: "Hier ist noch nichts.",
        granted: "Eingewilligt: {consent}",
        withdrawn: "Widerrufen: {consent}",
        version: "Version {version}",
        details: "Signatur",
        signature: "Damit kann jeder prüfen, dass dieser Eintrag nicht geändert wurde (JWS, RFC 7515).",
        older: "Ältere Einträge",
    },
    sessions: Sessions {
        title: "Wo Sie angemeldet sind",
        explanation: "Wenn Sie einen dieser Browser nicht kennen, melden Sie ihn ab.",
        unknown: "Unbekannter Browser",
        on: "{browser} auf {system}",
        this: "dieser Browser",
        from: "Von {address}",
        since: "seit",
        until: "bis",
        end: "Abmelden",
        end_about: "({browser})",
        end_others: "Überall sonst abmelden",
        done: "Dort abgemeldet.",
    },
    second_factor: SecondStep {
        title: "Zweiter Schritt",
        on: "Für Ihr Konto ist eine Authenticator-App eingerichtet.",
        off: "Ihr Konto hat noch keinen zweiten Schritt. Mit einem genügt ein gestohlenes Passwort nicht.",
        remove_explanation: "Um sie zu entfernen, geben Sie die sechs Ziffern ein, die die App jetzt zeigt.",
        remove: "Entfernen",
        confirm: "Bestätigen",
        done: "Das ist geändert.",
    },
    logout: LoggedOut {
        title: "Sie sind abgemeldet",
        advice: "Hier ist in diesem Browser niemand mehr angemeldet.",
        again: "Wieder anmelden",
    },
};

impl Language {
    /// What the pages of the account say.
    pub fn account(self) -> &'static Account {
        self.pick(&ENGLISH, &GERMAN)
    }
}
