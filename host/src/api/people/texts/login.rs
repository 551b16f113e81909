//! What the login page says.

use super::Language;

/// What the login page says.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Login {
    pub title: &'static str,
    pub to_client: &'static str,
    pub to_account: &'static str,
    pub choose: &'static str,
    pub with: &'static str,
    pub username: &'static str,
    pub password: &'static str,
    pub submit: &'static str,
    pub wrong: &'static str,
    pub other_method: &'static str,
    pub known_people: &'static str,
}

static ENGLISH: Login = Login {
    title: "Log in",
    to_client: "to continue to {client}",
    to_account: "to see your account",
    choose: "How would you like to log in?",
    with: "Log in with {method}",
    username: "Username",
    password: "Password",
    submit: "Log in",
    wrong: "Username and password do not match. Please check both.",
    other_method: "Log in another way",
    known_people: "People who can log in here",
};

static GERMAN: Login = Login {
    title: "Anmelden",
    to_client: "um fortzufahren zu {client}",
    to_account: "um Ihr Konto zu sehen",
    choose: "Wie möchten Sie sich anmelden?",
    with: "Anmelden mit {method}",
    username: "Benutzername",
    password: "Passwort",
    submit: "Anmelden",
    wrong: "Benutzername und Passwort passen nicht zusammen. Bitte prüfen Sie beide.",
    other_method: "Anders anmelden",
    known_people: "Wer sich hier anmelden kann",
};

impl Language {
    /// What the login page says.
    pub fn login(self) -> &'static Login {
        self.pick(&ENGLISH, &GERMAN)
    }
}
