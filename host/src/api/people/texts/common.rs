//! What more than one page says.

use super::Language;

/// What more than one page says.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Common {
    pub proceed: &'static str,
    pub cancel: &'static str,
    pub back: &'static str,
    pub secured_by: &'static str,
    pub moving_on: &'static str,
    pub moving_on_why: &'static str,
    pub stranger: &'static str,
    pub stranger_why: &'static str,
    pub wait: &'static str,
    pub seconds: &'static str,
    pub minutes: &'static str,
}

static ENGLISH: Common = Common {
    proceed: "Continue",
    cancel: "Cancel",
    back: "Back",
    secured_by: "Secured by Portcullis",
    moving_on: "One moment",
    moving_on_why: "You are being sent back to the application. If nothing happens, press the button.",
    stranger: "Do you want to go on?",
    stranger_why: "An application that nobody here has checked wants you to go to this address. Go on only if you know it.",
    wait: "Too many attempts. Please wait {time} and try again.",
    seconds: "{count} s",
    minutes: "{count} min",
};

static GERMAN: Common = Common {
    proceed: "Weiter",
    cancel: "Abbrechen",
    back: "Zurück",
    secured_by: "Gesichert durch Portcullis",
    moving_on: "Einen Moment",
    moving_on_why: "Sie werden zur Anwendung zurückgeleitet. Falls nichts geschieht, drücken Sie den Knopf.",
    stranger: "Möchten Sie weitergehen?",
    stranger_why: "Eine Anwendung, die hier niemand geprüft hat, möchte Sie zu dieser Adresse leiten. Gehen Sie nur weiter, wenn Sie sie kennen.",
    wait: "Zu viele Versuche. Bitte warten Sie {time} und versuchen Sie es dann noch einmal.",
    seconds: "{count} s",
    minutes: "{count} min",
};

impl Language {
    /// What more than one page says.
    pub fn common(self) -> &'static Common {
        self.pick(&ENGLISH, &GERMAN)
    }

    /// A time to wait, rounded up to minutes when it is longer than one.
    pub fn duration(self, seconds: u64) -> String {
        let texts = self.common();
        match seconds {
            ..=60 => super::fill(texts.seconds, &[("count", &seconds.to_string())]),
            _ => super::fill(texts.minutes, &[("count", &seconds.div_ceil(60).to_string())]),
        }
    }
}
