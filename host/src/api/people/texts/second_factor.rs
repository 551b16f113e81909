//! What the pages of the second factor say.

use super::Language;

/// What the pages of the second factor say.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct SecondFactor {
    pub title: &'static str,
    pub explanation: &'static str,
    pub code: &'static str,
    pub submit: &'static str,
    pub wrong: &'static str,
    pub enrol_title: &'static str,
    pub enrol_explanation: &'static str,
    pub enrol_scan: &'static str,
    pub enrol_picture: &'static str,
    pub enrol_secret: &'static str,
    pub enrol_code: &'static str,
    pub enrol_submit: &'static str,
}

static ENGLISH: SecondFactor = SecondFactor {
    title: "Prove that it is you",
    explanation: "Enter the six digits that your authenticator app shows now.",
    code: "Code",
    submit: "Confirm",
    wrong: "This code is not right, or it was used already. Wait for the next one.",
    enrol_title: "Set up a second step",
    enrol_explanation: "This needs more than your password: an authenticator app on your phone.",
    enrol_scan: "Scan this picture with the app.",
    enrol_picture: "QR code with the secret below",
    enrol_secret: "Or type this secret into the app:",
    enrol_code: "Then enter the six digits that the app shows",
    enrol_submit: "Set up and continue",
};

static GERMAN: SecondFactor = SecondFactor {
    title: "Bestätigen Sie, dass Sie es sind",
    explanation: "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App jetzt zeigt.",
    code: "Code",
    submit: "Bestätigen",
    wrong: "Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten.",
    enrol_title: "Zweiten Schritt einrichten",
    enrol_explanation: "Dafür braucht es mehr als Ihr Passwort: eine Authenticator-App auf Ihrem Telefon.",
    enrol_scan: "Lesen Sie dieses Bild mit der App ein.",
    enrol_picture: "QR-Code mit dem Geheimnis darunter",
    enrol_secret: "Oder tippen Sie dieses Geheimnis in die App:",
    enrol_code: "Geben Sie dann die sechs Ziffern ein, die die App zeigt",
    enrol_submit: "Einrichten und weiter",
};

impl Language {
    /// What the pages of the second factor say.
    pub fn second_factor(self) -> &'static SecondFactor {
        self.pick(&ENGLISH, &GERMAN)
    }
}
