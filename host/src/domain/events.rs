//! The log of what people did: one line for each login, logout, second factor and consent, for operators who want to be told.
//!
//! Called by the pages and operations that people act through, when the act is done, and by `issue::once`. The target is
//! `events`, so that `log.level` can switch it on its own: `warn,events=info`. It must not know what was typed: a name that
//! nobody has may be a password in the wrong field.

/// One act of a person, or of somebody who would like to be one.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What it is: "login", "second factor used".
    pub what: &'static str,
    /// How it ended: "done", "wrong password".
    pub outcome: &'static str,
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
    /// The client that it is for; empty when it is for the person's own account.
    pub client: &'a str,
    /// The person; empty when nobody is known.
    pub subject: &'a str,
    /// Where they are, as far as that is known.
    pub address: &'a str,
    /// Which request of ours this belongs to.
    pub request_id: &'a str,
}

/// Writes the line.
pub fn tell(event: Event<'_>) {
    let Event { what, outcome, tenant, server, client, subject, address, request_id } = event;
    tracing::info!(target: "events", outcome, tenant, server, client, subject, address, request_id, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::captured::Captured;

    #[test]
    fn a_subject_cannot_pass_for_another_field() {
        let theirs = Captured::default();
        let text = tracing_subscriber::fmt().with_ansi(false).with_writer(theirs.writer()).finish();
        let event = Event {
            what: "login",
            outcome: "done",
            tenant: "default",
            server: "shop",
            client: "till",
            subject: "ann\" outcome=\"refused\n",
            address: "10.0.0.1",
            request_id: "id",
        };
        tracing::subscriber::with_default(text, || tell(event));
        let line = theirs.text();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(r#"events: login outcome="done" tenant="default""#), "{line}");
        assert!(line.contains(r#"subject="ann\" outcome=\"refused\n""#), "{line}");
    }
}
