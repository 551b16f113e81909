//! Who may add, edit and delete applications, and who sees what of their configurations: policies of the application's
//! organization, under names that are always the same. An organization changes them like any other policy.
//!
//! Asked by `change` and `find`, outside of transactions. A policy that is not there or cannot answer is a no. One that has had
//! no time or no room is no answer at all: whoever were shown a configuration without the entries that they may see would
//! send it back without them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Application, ApplicationType, Asking, Entries};
use crate::{
    decision::{Input, Verdict},
    domain::{
        Domain, Failure,
        authorities::Authorities,
        decide::{self, Question},
    },
};

/// What is done with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It is made.
    Add,
    /// It becomes another.
    Edit,
    /// It goes.
    Delete,
}

/// Entries of a configuration that have a policy of their own, which says who sees them.
const PARTS: [(&str, &str); 3] = [
    ("serviceParameters", "applications-view-service"),
    ("agentParameters", "applications-view-agent"),
    ("customerParameters", "applications-view-customer"),
];
/// The policy that says who sees all others.
const OTHERS: &str = "applications-view-other";
/// What policies call the seeing of entries.
const VIEW: &str = "view_config";

impl Doing {
    /// The policy that decides about it.
    fn policy(self, kind: ApplicationType) -> &'static str {
        match (self, kind) {
            (Doing::Add, ApplicationType::Genesys) => "applications-genesys-add",
            (Doing::Edit, ApplicationType::Genesys) => "applications-genesys-edit",
            (Doing::Delete, ApplicationType::Genesys) => "applications-genesys-delete",
            (Doing::Add, _) => "applications-add",
            (Doing::Edit, _) => "applications-edit",
            (Doing::Delete, _) => "applications-delete",
        }
    }

    /// What policies call it.
    const fn word(self) -> &'static str {
        match self {
            Doing::Add => "add_application",
            Doing::Edit => "edit_application",
            Doing::Delete => "delete_application",
        }
    }

    /// As in "a policy denies …".
    const fn gerund(self) -> &'static str {
        match self {
            Doing::Add => "adding",
            Doing::Edit => "editing",
            Doing::Delete => "deleting",
        }
    }
}

/// An application that something is done with, as policies are asked about it.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// Its organization.
    pub(super) tenant: &'a str,
    /// Its id.
    pub(super) id: &'a str,
    /// What it is, or is to be.
    pub(super) application: &'a Application,
    /// What it is, or is to be, configured with.
    pub(super) entries: &'a Entries,
}

/// Whoever asks the policies for one request.
pub(super) struct Judge<'a> {
    domain: &'a Domain,
    asking: &'a Asking<'a>,
    authorities: &'a Authorities,
    /// Who sees what is the same for all applications of a type in an organization, so it is asked once for a request.
    views: HashMap<(String, ApplicationType, &'static str), bool>,
}

impl<'a> Judge<'a> {
    /// For the request of somebody with these authorities.
    pub(super) fn new(domain: &'a Domain, asking: &'a Asking<'a>, authorities: &'a Authorities) -> Judge<'a> {
        Judge { domain, asking, authorities, views: HashMap::new() }
    }

    /// Refuses what the policy of the organization does not allow.
    pub(super) async fn allows(&self, doing: Doing, about: About<'_>) -> Result<(), Failure> {
        let About { tenant, id, application, entries } = about;
        let properties = json!({
            "type": application.kind.word(),
            "organization_id": tenant,
            "disabled": application.disabled,
            "visible": application.visible,
            "config": entries.names(),
        });
        let input = Input {
            action: object(json!({ "name": doing.word() })),
            resource: object(json!({ "type": "application", "id": id, "properties": properties })),
            ..self.input()
        };
        let verdict = self.ask(tenant, doing.policy(application.kind), input).await?;
        if verdict.allow {
            return Ok(());
        }
        let what = format!("{} an application of the type {}", doing.gerund(), application.kind.word());
        Err(Failure::Denied { what, verdict: Box::new(verdict) })
    }

    /// The entries that whoever asks may see.
    pub(super) async fn seen(&mut self, about: About<'_>) -> Result<Entries, Failure> {
        let mut seen = Map::new();
        for (name, value) in &about.entries.0 {
            let policy = PARTS.iter().find(|(part, _)| part == name).map_or(OTHERS, |(_, policy)| policy);
            if self.sees(about.tenant, about.application.kind, policy).await? {
                seen.insert(name.clone(), value.clone());
            }
        }
        Ok(Entries(seen))
    }

    /// The entries that whoever asks may not see.
    pub(super) async fn hidden(&mut self, about: About<'_>) -> Result<Entries, Failure> {
        let seen = self.seen(about).await?;
        let mut hidden = about.entries.0.clone();
        hidden.retain(|name, _| !seen.0.contains_key(name));
        Ok(Entries(hidden))
    }

    async fn sees(&mut self, tenant: &str, kind: ApplicationType, policy: &'static str) -> Result<bool, Failure> {
        let key = (tenant.to_owned(), kind, policy);
        if let Some(known) = self.views.get(&key) {
            return Ok(*known);
        }
        let properties = json!({ "type": kind.word(), "organization_id": tenant });
        let input = Input {
            action: object(json!({ "name": VIEW })),
            resource: object(json!({ "type": "application", "properties": properties })),
            ..self.input()
        };
        let allow = self.ask(tenant, policy, input).await?.allow;
        self.views.insert(key, allow);
        Ok(allow)
    }

    async fn ask(&self, tenant: &str, policy: &str, input: Input) -> Result<Verdict, Failure> {
        let caller = self.asking.by.caller;
        let server = caller.home().map_or("", |(_, server)| server);
        let question = Question { tenant, server, input, request_id: self.asking.request_id };
        let verdict = decide::by_policy(self.domain, caller, question, policy).await?.verdict;
        if verdict.is_passing() {
            let log = format!("the policy {policy} of {tenant} has had no time or no room to answer");
            return Err(Failure::Unavailable { log });
        }
        Ok(verdict)
    }

    /// What is known about whoever asks.
    fn input(&self) -> Input {
        let caller = self.asking.by.caller;
        let subject = caller.subject().unwrap_or_default();
        let kind = if caller.is_person() { "user" } else { "client" };
        let authn_ctx = json!({
            "sub": subject,
            "organization_id": self.authorities.tenant,
            "authorities": self.authorities.words(),
        });
        Input {
            authn_ctx: object(authn_ctx),
            subject: object(json!({ "type": kind, "id": subject })),
            ..Input::default()
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_but_one_has_the_same_policies() {
        for kind in ApplicationType::ALL {
            let policies = [Doing::Add, Doing::Edit, Doing::Delete].map(|doing| doing.policy(kind));
            let expected = match kind {
                ApplicationType::Genesys => {
                    ["applications-genesys-add", "applications-genesys-edit", "applications-genesys-delete"]
                }
                _ => ["applications-add", "applications-edit", "applications-delete"],
            };
            assert_eq!(policies, expected, "{kind:?}");
        }
    }
}
