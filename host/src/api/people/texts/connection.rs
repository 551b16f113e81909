//! What the page says when a connection to somebody else's authorization server is authorized.

use super::Language;

/// What the page says when a connection is authorized.
#[derive(Debug)]
#[expect(missing_docs, reason = "the texts themselves say what they are")]
pub struct Connection {
    pub title: &'static str,
    pub done: &'static str,
}

static ENGLISH: Connection = Connection {
    title: "The connection is authorized",
    done: "“{connection}” may now be used. You can close this page.",
};

static GERMAN: Connection = Connection {
    title: "Die Verbindung ist freigegeben",
    done: "„{connection}“ kann jetzt verwendet werden. Sie können diese Seite schließen.",
};

impl Language {
    /// What the page says when a connection is authorized.
    pub fn connection(self) -> &'static Connection {
        self.pick(&ENGLISH, &GERMAN)
    }
}
