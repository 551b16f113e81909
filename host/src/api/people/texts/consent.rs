//! What the consent page says.

use super::Language;

/// What the consent page says.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Consent {
    pub title: &'static str,
    pub who: &'static str,
    pub not_you: &'static str,
    pub scopes: &'static str,
    pub who_you_are: &'static str,
    pub always: &'static str,
    pub purpose: &'static str,
    pub data: &'static str,
    pub consents: &'static str,
    pub required: &'static str,
    pub used_by: &'static str,
    pub shared_with: &'static str,
    pub can_be_withdrawn: &'static str,
    pub cannot_be_withdrawn: &'static str,
    pub revocable: &'static str,
    pub policy: &'static str,
    pub terms: &'static str,
    pub homepage: &'static str,
    pub allow: &'static str,
    pub refuse: &'static str,
    pub missing: &'static str,
    pub allowed: &'static str,
    pub changed: &'static str,
    pub resource: &'static str,
}

static ENGLISH: Consent = Consent {
    title: "{client} asks for access",
    who: "You are logged in as {person}.",
    not_you: "Not you?",
    scopes: "What {client} asks for",
    who_you_are: "Who you are",
    always: "always",
    purpose: "Purpose: {purpose}",
    data: "Data: {data}",
    consents: "This also needs your consent",
    required: "needed",
    used_by: "Used by {service}",
    shared_with: "Shared with {service}",
    can_be_withdrawn: "You can withdraw it at any time.",
    cannot_be_withdrawn: "It cannot be withdrawn later.",
    revocable: "You can take all of this back in your account.",
    policy: "Privacy policy",
    terms: "Terms of service",
    homepage: "Website",
    allow: "Allow",
    refuse: "Refuse",
    missing: "Without every consent that is needed, {client} gets no access.",
    allowed: "already allowed",
    changed: "Something on this page has changed since it was shown to you. Nothing has been granted: please read it again.",
    resource: "Use {resource} for you",
};

static GERMAN: Consent = Consent {
    title: "{client} bittet um Zugriff",
    who: "Sie sind angemeldet als {person}.",
    not_you: "Das sind nicht Sie?",
    scopes: "Worum {client} bittet",
    who_you_are: "Wer Sie sind",
    always: "immer",
    purpose: "Zweck: {purpose}",
    data: "Daten: {data}",
    consents: "Dafür braucht es auch Ihre Einwilligung",
    required: "nötig",
    used_by: "Verwendet von {service}",
    shared_with: "Weitergegeben an {service}",
    can_be_withdrawn: "Sie können sie jederzeit widerrufen.",
    cannot_be_withdrawn: "Sie lässt sich später nicht widerrufen.",
    revocable: "In Ihrem Konto können Sie all das wieder zurücknehmen.",
    policy: "Datenschutzerklärung",
    terms: "Nutzungsbedingungen",
    homepage: "Website",
    allow: "Erlauben",
    refuse: "Ablehnen",
    missing: "Ohne jede nötige Einwilligung erhält {client} keinen Zugriff.",
    allowed: "schon erlaubt",
    changed: "Auf dieser Seite hat sich etwas geändert, seit sie Ihnen gezeigt wurde. Es wurde nichts erlaubt: Bitte lesen Sie sie noch einmal.",
    resource: "{resource} für Sie verwenden",
};

/// What the scopes that every server has are called in German; their names are kept in English.
const BUILT_IN: [(&str, &str); 5] = [
    ("Profile", "Profil"),
    ("Email", "E-Mail-Adresse"),
    ("Phone", "Telefonnummer"),
    ("Address", "Anschrift"),
    ("Offline access", "Zugriff, auch wenn Sie nicht da sind"),
];

impl Language {
    /// What a scope is called: in this language when it is one that every server has, otherwise as it is.
    pub fn scope(self, name: &str) -> &str {
        let german = || BUILT_IN.iter().find(|(english, _)| *english == name).map_or(name, |(_, german)| german);
        match self {
            Language::English => name,
            Language::German => german(),
        }
    }

    /// What the consent page says.
    pub fn consent(self) -> &'static Consent {
        self.pick(&ENGLISH, &GERMAN)
    }
}
