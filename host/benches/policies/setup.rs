//! Tenants with policies in every language, no two of them the same.

use std::ops::Range;

use serde_json::{Value, json};

use crate::{line::Line, server::Server};

/// The bootstrap secret of the measured server.
pub(crate) const SECRET: &str = "a bootstrap secret for benches only";
/// The languages, by turns.
pub(crate) const LANGUAGES: [&str; 4] = ["fields", "cel", "cedar", "rego"];

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A policy that can be asked.
pub(crate) struct Policy {
    /// What it is written in.
    pub(crate) language: &'static str,
    /// Its tenant.
    pub(crate) tenant: String,
    /// Its id.
    pub(crate) id: String,
    /// The Authorization header of a machine of its tenant.
    pub(crate) authorization: String,
}

/// Makes the tenants of these numbers with so many policies each.
pub(crate) fn make(server: &Server, tenants: Range<usize>, each: usize) -> Vec<Policy> {
    let mut line = Line::new(server.address);
    let setup = token(&mut line, ("system", "system", "setup"), SECRET);
    let mut policies = Vec::new();
    for tenant in tenants {
        let id = format!("tenant-{tenant:03}");
        let headers = [JSON, ("authorization", setup.as_str())];
        let body = json!({"id": id, "name": id}).to_string();
        let made = line.json(201, "POST", "/api/system/tenants", &headers, &body);
        let (admin, system) = (client(&mut line, &made, &id, "admin"), client(&mut line, &made, &id, "system"));
        for number in tenant * each..(tenant + 1) * each {
            let (language, body) = policy(number);
            let headers = [JSON, ("authorization", admin.as_str())];
            line.json(201, "POST", &format!("/api/admin/{id}/policies"), &headers, &body.to_string());
            let (tenant, id) = (id.clone(), format!("policy-{number:04}"));
            policies.push(Policy { language, tenant, id, authorization: system.clone() });
        }
    }
    policies
}

/// The Authorization header of a client that came with a tenant.
fn client(line: &mut Line, made: &Value, tenant: &str, id: &str) -> String {
    let clients = made.get("clients").and_then(Value::as_array).unwrap();
    let text = |client: &Value, name: &str| client.get(name).and_then(Value::as_str).unwrap().to_owned();
    let client = clients.iter().find(|client| text(client, "client_id") == id).unwrap();
    let server = text(client, "authorization_server_id");
    token(line, (tenant, &server, id), &text(client, "client_secret"))
}

fn token(line: &mut Line, (tenant, server, client): (&str, &str, &str), secret: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={}", secret.replace(' ', "+"));
    let answer = line.json(200, "POST", &format!("/{tenant}/{server}/oauth2/token"), &[FORM], &form);
    format!("Bearer {}", answer.get("access_token").and_then(Value::as_str).unwrap())
}

/// Allows whoever is above the policy's number.
fn policy(number: usize) -> (&'static str, Value) {
    let language = LANGUAGES.into_iter().cycle().nth(number).unwrap();
    let named = |rest: Value| {
        let mut body = json!({"id": format!("policy-{number:04}"), "policy_name": format!("Above {number}")});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let script = |definition: String| named(json!({"language": language, "definition": definition}));
    let body = match language {
        "cel" => {
            script(format!("authn_ctx.level > {number} && action.name == 'approve' && 'staff' in authn_ctx.groups"))
        }
        "cedar" => script(format!(
            "permit (principal, action == Action::\"approve\", resource)\n\
             when {{ context.authn_ctx.level > {number} && context.authn_ctx.groups.contains(\"staff\") }};"
        )),
        "rego" => script(format!(
            "package bench\n\ndefault allow := false\n\nallow if {{\n\tinput.action.name == \"approve\"\n\
             \t\"staff\" in input.authn_ctx.groups\n\tinput.authn_ctx.level > {number}\n}}\n"
        )),
        _ => named(json!({"validators": [{"name": "attributes", "conf": {"fields": [
            {"field": "action.name", "comparator": "equals", "value": "approve"},
            {"field": "authn_ctx.groups", "comparator": "contains", "value": "staff"},
            {"field": "authn_ctx.level", "comparator": "greater", "value": number},
        ]}}]})),
    };
    (language, body)
}

/// The body of a request for a decision of the policy `id`, which allows.
pub(crate) fn question(id: &str) -> String {
    json!({
        "subject": {"type": "user", "id": "ann", "properties": {"level": 1_000_000, "groups": ["staff", "payments"]}},
        "action": {"name": "approve"},
        "resource": {"type": "policy", "id": id},
    })
    .to_string()
}
