//! `portcullis policy impact`: what a candidate would change, found in the decision log, whether a server runs or not.
//!
//! Asks for one step after the other, each bounded, and tells every changed decision as it comes: the log may be long.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::PolicyFile;
use crate::{
    api::{
        acp::{
            impacts::{self, QuestionBody},
            policies::PolicyBody,
        },
        read,
    },
    cli::{Error, Outcome, Place, commands, output},
    domain::{Domain, Failure, tenant},
};

/// Asks for one step.
pub(in crate::cli) const IMPACT: &str = "impact";
/// Decisions of one step: as many as are written together, so that a page of the log is mostly unpacked once.
const STEP: usize = 500;

/// Replay the decision log against a candidate and list every verdict that changes
///
/// The exit code is 0 when nothing changes, 1 when something does, 2 when it could not be found out. Decisions that then or now
/// were made by circumstances, such as a full server, are listed apart and change nothing. JSON has the members `changes` and
/// `summary`.
#[derive(Args)]
pub struct Impact {
    #[command(flatten)]
    place: Place,
    /// The candidate's file: a policy, or a script alone
    candidate: PathBuf,
    /// The tenant
    #[arg(long, value_name = "ID", default_value = tenant::DEFAULT)]
    tenant: String,
    /// The policy whose decisions are replayed [default: the candidate's id]
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// From when on: how long ago (24h, 1h30m) or a moment (RFC 3339) [default: all decisions that are kept]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A step, as it is sent to a running server.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    tenant: String,
    policy: Option<String>,
    /// As `analysePolicyImpact` takes it.
    question: Value,
}

/// The sum of the steps.
#[derive(Default, Serialize)]
struct Summary {
    decided: u64,
    same: u64,
    newly_allowed: u64,
    newly_denied: u64,
    changed_reasons: u64,
    not_reproducible: u64,
    damaged_pages: u64,
}

impl Impact {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Impact { place, candidate, tenant, policy, since, json } = self;
        let candidate = read_candidate(&candidate, policy.is_some())?;
        let mut question = json!({ "candidate": candidate, "since": since, "limit": STEP });
        let (mut worker, mut summary) = (commands::Worker::at(&place)?, Summary::default());
        let mut listed = Listed { json, any: false };
        loop {
            let step = Step { tenant: tenant.clone(), policy: policy.clone(), question: question.clone() };
            let found = worker.ask(IMPACT, json!(step))?;
            summary.add(&found);
            items(found.get("changes")).try_for_each(|change| listed.tell(change))?;
            let Some(next) = found.get("next").filter(|next| !next.is_null()) else { break };
            // A moment that is meant as so long ago must not move along.
            let from = found.get("from").unwrap_or(&Value::Null);
            question = json!({ "candidate": candidate, "since": from, "limit": STEP, "after": next });
            output::note(&format!("{} decisions replayed, {} changed", summary.decided, summary.changed()));
        }
        listed.end(&summary)?;
        Ok(if summary.changed() == 0 { Outcome::Yes } else { Outcome::No })
    }
}

/// Reads the candidate. It may go without an id when the policy is named; a file for one may be tried as another.
fn read_candidate(path: &Path, named: bool) -> Result<PolicyBody, Error> {
    let mut candidate = PolicyFile::body(path)?.0;
    if named {
        candidate.id = None;
    } else if candidate.id.is_none() {
        let path = path.display();
        return Err(Error::new(format!(
            "{path}: the candidate has no id: say with --policy whose decisions are meant"
        )));
    }
    Ok(candidate)
}

/// Takes one step, in the server or in this process.
pub(in crate::cli) async fn command(domain: &Domain, arguments: Value) -> Result<Value, String> {
    let Step { tenant, policy, question } = read::from_value(arguments).map_err(|problem| problem.to_string())?;
    let question: QuestionBody = read::from_value(question).map_err(|problem| problem.to_string())?;
    let found = impacts::step(domain, &tenant, policy.as_deref(), question).await;
    let words = |failure: Failure| failure.to_log().map_or_else(|| failure.to_client(), str::to_owned);
    Ok(json!(found.map_err(words)?))
}

impl Summary {
    fn add(&mut self, found: &Value) {
        let Summary { decided, same, newly_allowed, newly_denied, changed_reasons, not_reproducible, damaged_pages } =
            self;
        for (name, count) in [
            ("decided", decided),
            ("same", same),
            ("newly_allowed", newly_allowed),
            ("newly_denied", newly_denied),
            ("changed_reasons", changed_reasons),
            ("not_reproducible", not_reproducible),
            ("damaged_pages", damaged_pages),
        ] {
            *count += found[name].as_u64().unwrap_or_default();
        }
    }

    fn changed(&self) -> u64 {
        self.newly_allowed + self.newly_denied + self.changed_reasons
    }
}

/// What is printed decision by decision: lines, or the items of one JSON document.
struct Listed {
    json: bool,
    any: bool,
}

impl Listed {
    fn tell(&mut self, change: &Value) -> Result<(), Error> {
        if self.json {
            let item = serde_json::to_string(change).map_err(Error::from_display)?;
            output::say(&format!("{}{item}", self.before_item()));
        } else {
            output::say(&line(change));
        }
        self.any = true;
        Ok(())
    }

    fn before_item(&self) -> &'static str {
        if self.any { "," } else { "{\"changes\":[\n" }
    }

    fn end(&self, summary: &Summary) -> Result<(), Error> {
        if self.json {
            let summary = serde_json::to_string(summary).map_err(Error::from_display)?;
            let open = if self.any { "" } else { self.before_item() };
            output::say(&format!("{open}],\"summary\":{summary}}}"));
            return Ok(());
        }
        let Summary { decided, same, newly_allowed, newly_denied, changed_reasons, not_reproducible, damaged_pages } =
            summary;
        output::say(&format!(
            "decided {decided}: {same} the same, {newly_allowed} newly allowed, {newly_denied} newly denied, \
             {changed_reasons} with other reasons, {not_reproducible} not reproducible"
        ));
        if *decided == 0 {
            output::note(
                "the log has no decision of this policy in that time: `--policy` names another one to compare with",
            );
        }
        if *damaged_pages > 0 {
            output::say(&format!("{damaged_pages} pages of the log are damaged and were left out"));
        }
        Ok(())
    }
}

/// One changed decision: what, which, when, who, what for, before and after, and why.
fn line(change: &Value) -> String {
    let text = |member: &str| plain(change.get(member));
    let result = |when: &str| plain(change.get(when).and_then(|verdict| verdict.get("result")));
    let request = match text("request_id").as_str() {
        "" => text("request"),
        id => format!("{} ({id})", text("request")),
    };
    let (what, decision, time, subject) = (text("change"), text("decision_id"), text("time"), text("subject"));
    let (before, after) = (result("before"), result("after"));
    let mut line = format!("{what:<16}  {decision}  {time}  {subject}  {request}  {before} -> {after}");
    for failed in items(change.get("after").and_then(|verdict| verdict.get("failures"))) {
        let text = |member: &str| plain(failed.get(member));
        line.push_str(&format!("\n{:18}{}: {}: {}", "", text("validator"), text("code"), text("message")));
    }
    line
}

/// A text as it may be printed: callers choose what stands in a decision, and none of it may speak to the terminal.
fn plain(text: Option<&Value>) -> String {
    let shown = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    text.and_then(Value::as_str).unwrap_or_default().chars().map(shown).collect()
}

/// What a list holds; nothing when it is none.
fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_decision_is_a_line_and_a_line_for_each_reason() {
        let failed = json!({ "validator": "header", "code": "missing", "message": "no\u{1b}[31m header" });
        let change = json!({
            "change": "newly_denied", "decision_id": "01", "time": "now", "subject": "anna\nbob", "request": "GET /",
            "request_id": "r1", "before": { "result": "allow" }, "after": { "result": "deny", "failures": [failed] },
        });
        let expected = "newly_denied      01  now  anna\u{fffd}bob  GET / (r1)  allow -> deny\n                  \
                        header: missing: no\u{fffd}[31m header";
        assert_eq!(line(&change), expected);
    }
}
