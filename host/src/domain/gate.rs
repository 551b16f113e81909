//! Gates: the developer policies of a server and of scopes, which must say yes before somebody else than an administrator
//! makes or changes a client.
//!
//! Called by `developer` and `registration`. Policies are asked before a transaction, which then makes sure that they were the
//! right ones to ask.

use serde_json::{Map, Value, json};

use super::{
    Caller, Domain, Failure,
    client::{Client, ClientScopes},
    decide::{self, Question},
    noun,
    scope::Scope,
    server::Server,
};
use crate::{
    decision::Input,
    store::{Index, View, timeline},
};

/// How often the policies are asked when they are exchanged meanwhile.
pub(super) const TRIES: usize = 2;

/// How a policy sees a client, by tenant and id: its configuration without secrets.
pub type Describe = fn(&str, &str, &Client) -> Map<String, Value>;

/// Who asks a policy.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// By whom.
    pub(super) caller: &'a Caller,
    /// The caller's X-Request-ID, for finding the decisions again.
    pub(super) request_id: &'a str,
    /// How a policy sees a client.
    pub(super) describe: Describe,
}

/// A policy that must say yes, and about what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gate {
    policy: String,
    /// What is done.
    action: &'static str,
    /// The scope that is asked for, by id; none for the client itself.
    scope: Option<(String, Scope)>,
}

/// Every policy that guards what `client` has and `old` has not. What a policy has allowed is a client as it was, so one
/// that becomes another is asked about as a whole, with all its scopes; if only these change, with the new ones. `making` is
/// what policies call the making of a client.
pub(super) fn gates(
    view: &impl View,
    tenant: &str,
    client: &Client,
    old: Option<&Client>,
    making: &'static str,
    at: i64,
) -> Result<Vec<Gate>, Failure> {
    let mut gates = Vec::new();
    if old != Some(client) {
        let action = if old.is_none() { making } else { "update_client" };
        let server = timeline::current::<Server>(view, tenant, &client.server, at)?.filter(|state| !state.deleted);
        let policy = server.and_then(|server| server.value.developer_policy);
        gates.extend(policy.map(|policy| Gate { policy, action, scope: None }));
    }
    let has = |client: &Client, name: &String| match &client.scopes {
        ClientScopes::AllOfServer => true,
        ClientScopes::Only(names) => names.contains(name),
    };
    let same = old.is_some_and(|old| Client { scopes: old.scopes.clone(), ..client.clone() } == *old);
    for (id, state) in noun::below::<Scope>(view, Index::ServerScopes, tenant, &client.server, at)? {
        let scope = state.value;
        let is_new = has(client, &scope.name) && !(same && old.is_some_and(|old| has(old, &scope.name)));
        if let Some(policy) = scope.developer_policy.clone().filter(|_| is_new) {
            gates.push(Gate { policy, action: "assign_scope", scope: Some((id, scope)) });
        }
    }
    Ok(gates)
}

/// Asks the policy of a gate about a client. Anything but a yes is a failure.
pub(super) async fn ask(
    domain: &Domain,
    asking: Asking<'_>,
    tenant: &str,
    id: &str,
    client: &Client,
    gate: &Gate,
) -> Result<(), Failure> {
    let input = input(asking, tenant, id, client, gate);
    let question = Question { tenant, server: &client.server, input, request_id: asking.request_id };
    let decision = decide::by_policy(domain, asking.caller, question, &gate.policy).await?;
    if decision.verdict.allow {
        return Ok(());
    }
    let what = match &gate.scope {
        Some((_, scope)) => format!("the scope `{}`", scope.name),
        None => format!("clients of developers on the authorization server `{}`", client.server),
    };
    Err(Failure::Denied { what, verdict: Box::new(decision.verdict) })
}

/// What a policy sees: who asks, the client as it would be, and what is asked for. A client that nobody brings along asks for
/// itself.
fn input(asking: Asking<'_>, tenant: &str, id: &str, client: &Client, gate: &Gate) -> Input {
    let (resource, scopes) = match &gate.scope {
        None => (json!({ "type": "client", "id": id }), json!({})),
        Some((scope_id, scope)) => {
            let described = json!({ "id": scope_id, "name": scope.name, "display_name": scope.display_name });
            let resource = json!({ "type": "scope", "id": scope_id, "properties": described });
            (resource, json!({ (scope.name.clone()): described }))
        }
    };
    let (authn_ctx, developer, subject) = match asking.caller.bearer() {
        Some(bearer) => (
            json!({ "sub": bearer.subject, "scp": bearer.scopes, "client_id": bearer.client_id }),
            json!({ "id": bearer.subject }),
            json!({ "type": "developer", "id": bearer.subject }),
        ),
        None => (json!({}), json!({}), json!({ "type": "client", "id": id })),
    };
    let client = (asking.describe)(tenant, id, client);
    Input {
        authn_ctx: object(authn_ctx),
        contexts: object(json!({ "client": client, "developer": developer, "scopes": scopes })),
        subject: object(subject),
        action: object(json!({ "name": gate.action })),
        resource: object(resource),
        ..Input::default()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
