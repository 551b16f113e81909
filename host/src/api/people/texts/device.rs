//! What the pages of devices say, and the question whether a request from elsewhere is the person's own.

use super::Language;

/// What the pages of devices say.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Device {
    pub title: &'static str,
    pub explanation: &'static str,
    pub compare: &'static str,
    pub code: &'static str,
    pub submit: &'static str,
    pub warning: &'static str,
    pub wrong: &'static str,
    pub first_why: &'static str,
    pub first: &'static str,
    pub allowed_title: &'static str,
    pub allowed: &'static str,
    pub account: &'static str,
    pub refused_title: &'static str,
    pub refused: &'static str,
}

/// What the question says.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Confirm {
    pub title: &'static str,
    pub who: &'static str,
    pub not_you: &'static str,
    pub what: &'static str,
    pub warning: &'static str,
    pub asks_title: &'static str,
    pub asks_what: &'static str,
    pub asks_warning: &'static str,
    pub message: &'static str,
    pub scopes: &'static str,
    pub who_you_are: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
}

static ENGLISH: Device = Device {
    title: "Connect a device",
    explanation: "Enter the code that your device shows.",
    compare: "Compare this code with the one that your device shows. Go on only if they are the same.",
    code: "Code",
    submit: "Continue",
    warning: "Only enter a code that you see on a device of your own. Nobody who calls or writes to you needs it.",
    wrong: "No device is waiting with this code. Check it, or start again on the device: codes are good for a short time only.",
    first_why: "Whoever is logged in need not wait for others who try codes.",
    first: "Log in first",
    allowed_title: "Your device is connected",
    allowed: "You can go back to it and close this page.",
    account: "See and take back what has access",
    refused_title: "The device is not connected",
    refused: "It was given no access. You can close this page.",
};

static GERMAN: Device = Device {
    title: "Gerät verbinden",
    explanation: "Geben Sie den Code ein, den Ihr Gerät anzeigt.",
    compare: "Vergleichen Sie diesen Code mit dem, den Ihr Gerät anzeigt. Gehen Sie nur weiter, wenn beide gleich sind.",
    code: "Code",
    submit: "Weiter",
    warning: "Geben Sie nur einen Code ein, den Sie auf einem eigenen Gerät sehen. Niemand, der Sie anruft oder Ihnen schreibt, braucht ihn.",
    wrong: "Mit diesem Code wartet kein Gerät. Prüfen Sie ihn, oder beginnen Sie am Gerät von vorn: Codes gelten nur kurze Zeit.",
    first_why: "Wer angemeldet ist, muss nicht auf andere warten, die Codes probieren.",
    first: "Zuerst anmelden",
    allowed_title: "Ihr Gerät ist verbunden",
    allowed: "Sie können dort weitermachen und diese Seite schließen.",
    account: "Ansehen und zurücknehmen, was Zugriff hat",
    refused_title: "Das Gerät ist nicht verbunden",
    refused: "Es hat keinen Zugriff erhalten. Sie können diese Seite schließen.",
};

static QUESTION: Confirm = Confirm {
    title: "Did you start {client} yourself?",
    who: "You are logged in as {person}.",
    not_you: "Not you?",
    what: "{client} waits on another device for access to your account. It began at the address {address} on",
    warning: "Say yes only if you have just started this yourself, on a device that is yours. If somebody has sent you a link or a code, say no: they would get into your account.",
    asks_title: "{client} asks for your yes",
    asks_what: "{client} asks from elsewhere for access to your account. It asked from the address {address} on",
    asks_warning: "Say yes only if you have just started this yourself. If somebody has called you or written to you about it, say no: they would get into your account.",
    message: "Compare this with what it shows you. Say no if it is not the same:",
    scopes: "What {client} asks for",
    who_you_are: "Who you are",
    yes: "Yes, that was me",
    no: "No, give no access",
};

static FRAGE: Confirm = Confirm {
    title: "Haben Sie {client} selbst gestartet?",
    who: "Sie sind angemeldet als {person}.",
    not_you: "Das sind nicht Sie?",
    what: "{client} wartet auf einem anderen Gerät auf Zugriff auf Ihr Konto. Begonnen hat das an der Adresse {address} am",
    warning: "Sagen Sie nur ja, wenn Sie das eben selbst begonnen haben, auf einem Gerät, das Ihnen gehört. Wenn Ihnen jemand einen Link oder einen Code geschickt hat, sagen Sie nein: Er käme in Ihr Konto.",
    asks_title: "{client} bittet um Ihr Ja",
    asks_what: "{client} bittet von anderswo um Zugriff auf Ihr Konto. Gefragt wurde von der Adresse {address} am",
    asks_warning: "Sagen Sie nur ja, wenn Sie das eben selbst begonnen haben. Wenn Sie jemand deswegen angerufen oder Ihnen geschrieben hat, sagen Sie nein: Er käme in Ihr Konto.",
    message: "Vergleichen Sie das mit dem, was Ihnen dort gezeigt wird. Sagen Sie nein, wenn es nicht gleich ist:",
    scopes: "Worum {client} bittet",
    who_you_are: "Wer Sie sind",
    yes: "Ja, das war ich",
    no: "Nein, keinen Zugriff geben",
};

impl Language {
    /// What the pages of devices say.
    pub fn device(self) -> &'static Device {
        self.pick(&ENGLISH, &GERMAN)
    }

    /// What the question says whether a request from elsewhere is the person's own.
    pub fn confirm(self) -> &'static Confirm {
        self.pick(&QUESTION, &FRAGE)
    }
}
