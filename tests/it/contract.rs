//! The dialects against the documented contracts (shared/contract/*.openapi.json, which live beside the repository), and our own
//! OpenAPI documents against our tables.

use portcullis::api::{DIALECTS, Dialect, Row, acp};
use serde_json::{Value, json};

use crate::{
    support::{
        Answer, TestServer,
        documented::{CONTRACTS, Documented, conforms, contract, documented},
        made::{ADMIN, bearer_of, make_client, make_server, yes},
    },
    surface::{Surface, talking_to_itself},
};

covers!("openapi", "docs", "docsStyle", "healthLive", "healthReady", "metrics");

/// A path with every parameter named alike.
fn anonymous_parameters(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_row_that_the_contract_has_is_the_contracts() {
    let Some(contract) = contract("acp") else { return };
    let documented = documented(contract);
    let mut ours_only = Vec::new();
    let mut shared = 0;
    for row in acp::DIALECT.rows() {
        let Some(found) = documented.iter().find(|operation| operation.id() == row.id) else {
            ours_only.push(row.id);
            continue;
        };
        shared += 1;
        assert_eq!(row.method.as_str(), found.method, "{}: method", row.id);
        assert_eq!(anonymous_parameters(row.path), anonymous_parameters(found.path), "{}: path", row.id);
        for (status, _) in found.successes() {
            let has = row.doc.answers.iter().any(|(code, _)| code.as_u16() == status);
            assert!(has, "{}: the contract answers {status}, the row does not", row.id);
        }
        for (code, _) in row.doc.answers {
            let has = found.successes().iter().any(|(status, _)| *status == code.as_u16());
            assert!(has, "{}: the row answers {code}, the contract does not", row.id);
        }
    }
    for row in acp::DIALECT.rows().filter(|row| ours_only.contains(&row.id)) {
        let same = |found: &&Documented<'_>| {
            found.method == row.method.as_str() && anonymous_parameters(found.path) == anonymous_parameters(row.path)
        };
        let same = documented.iter().find(same).map(Documented::id);
        assert_eq!(same, None, "{} stands where the contract has another operation", row.id);
    }
    println!(
        "contract: {shared} of {} documented operations have a row, {} are missing; rows of our own: {}",
        documented.len(),
        documented.len() - shared,
        ours_only.join(", ")
    );
    assert!(shared > 0, "no operation of the contract has a row");
}

/// The other four documents name operations as they like, so rows are found by what they do. A document may name two statuses
/// where there is one (200 and 201): a row answers one of them, and none that is not there.
#[test]
fn every_operation_of_the_other_contracts_has_a_row() {
    let mut operations = 0;
    for (name, dialect) in CONTRACTS.into_iter().filter(|(name, _)| *name != "acp") {
        let Some(contract) = contract(name) else { continue };
        let dialect = DIALECTS.into_iter().find(|known| known.name == dialect).unwrap();
        for found in documented(contract) {
            let same = |row: &&Row| {
                row.method.as_str() == found.method
                    && anonymous_parameters(row.path) == anonymous_parameters(found.path)
            };
            let row = dialect.rows().find(same);
            let row = row.unwrap_or_else(|| panic!("{name}: {} {} has no row", found.method, found.path));
            let documented: Vec<u16> = found.successes().into_iter().map(|(status, _)| status).collect();
            let ours: Vec<u16> =
                row.doc.answers.iter().map(|(code, _)| code.as_u16()).filter(|code| *code < 400).collect();
            let more: Vec<&u16> = ours.iter().filter(|code| !documented.contains(code)).collect();
            assert!(ours.iter().any(|code| documented.contains(code)), "{}: {ours:?}, not {documented:?}", row.id);
            // An empty list is 204, as newer pages of that document have it.
            assert!(more.iter().all(|code| **code == 204), "{}: {more:?} is not documented", row.id);
            operations += 1;
        }
    }
    println!("contracts: {operations} operations of the other documents have a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_answers_have_the_documented_shape() {
    let Some(contract) = contract("acp") else { return };
    every_example(contract).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_answers_have_the_shape_of_our_own_document() {
    let server = TestServer::start().await;
    let document = server.anonymous().get("/openapi/acp.json").await.expect(200).json();
    every_example(&document).await;
}

/// Makes a call of every operation that a document describes, and compares its answer with the description.
async fn every_example(document: &Value) {
    let documented = documented(document);
    let server = talking_to_itself().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let developer = bearer_of(&server, &make_client(&admin, "developer", "ada", &[]).await);
    let mut surface = Surface::make(&server, developer).await;
    let mut wrong = Vec::new();
    for row in acp::DIALECT.rows() {
        let Some(found) = documented.iter().find(|operation| operation.id() == row.id) else { continue };
        let answer = surface.example(row).of(&surface.caller(row), row).await;
        // What a gateway asks is refused unless there is such an API, which is an answer, too.
        if !answer.status.is_success() && !row.id.starts_with("authorize") {
            wrong.push(format!("{} answered {}: {}", row.id, answer.status, answer.text()));
        }
        if answer.status.is_success() {
            wrong.extend(found.wrong(&answer, document));
            surface.undo(row).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_the_documented_shape() {
    let Some(contract) = contract("acp") else { return };
    let server = TestServer::start().await;
    let (admin, policies) = (server.as_admin(), format!("{ADMIN}/policies"));
    let failures: [(u16, Answer); 6] = [
        (401, server.anonymous().get(&policies).await),
        (403, server.as_system().get(&policies).await),
        (404, admin.get(&format!("{policies}/nothing")).await),
        (404, admin.get(&format!("{ADMIN}/nothing")).await),
        (409, admin.post(&policies, &json!({ "id": "allow", "policy_name": "Again", "validators": [yes()] })).await),
        (422, admin.post(&policies, &json!({ "id": "new" })).await),
    ];
    for (status, answer) in failures {
        let (body, mut wrong) = (answer.expect(status).json(), Vec::new());
        conforms(&body, &contract["components"]["schemas"]["Error"], contract, "Error", &mut wrong);
        assert!(wrong.is_empty(), "{status}: {}", wrong.join("\n"));
        assert_eq!(body["status_code"], status, "{body}");
    }
}

/// Fails for every `$ref` that points nowhere; counts the others.
fn resolve_references(value: &Value, document: &Value) -> usize {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(reference) = reference {
                let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                assert!(target.is_some(), "{reference} points nowhere");
            }
            usize::from(reference.is_some())
                + members.values().map(|value| resolve_references(value, document)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|item| resolve_references(item, document)).sum(),
        _ => 0,
    }
}

fn describes(dialect: &Dialect, document: &Value) {
    let mut described = 0;
    for row in dialect.rows() {
        let operation = &document["paths"][row.path][row.method.as_str().to_lowercase()];
        assert_eq!(operation["operationId"], row.id, "{} is not in the document of {}", row.id, dialect.name);
        for (status, shape) in row.doc.answers {
            let answer = &operation["responses"][status.as_str()];
            assert!(answer.is_object(), "{} says nothing about {status}", row.id);
            assert_eq!(answer.get("content").is_some(), shape.is_some(), "{}: content of {status}", row.id);
        }
        assert_eq!(operation.get("requestBody").is_some(), row.doc.body.is_some(), "{}: body", row.id);
        for name in row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == name && one["in"] == "path"), "{}: {name}", row.id);
        }
        described += 1;
    }
    let methods = document["paths"].as_object().unwrap().values().map(|methods| methods.as_object().unwrap().len());
    assert_eq!(methods.sum::<usize>(), described, "{} describes more than it has", dialect.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_documents_describe_every_row() {
    let server = TestServer::start().await;
    for dialect in DIALECTS {
        let answer = server.anonymous().get(&format!("/openapi/{}.json", dialect.name)).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        assert_eq!(document["servers"][0]["url"], server.url, "the document names another server");
        describes(dialect, &document);
        let references = resolve_references(&document, &document);
        assert!(references > 0, "{}: no schema is shared, which is hardly right", dialect.name);
    }
    for unknown in ["nothing.json", "acp", "acp.yaml", "..%2Facp.json"] {
        server.anonymous().get(&format!("/openapi/{unknown}")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_people_lists_every_operation() {
    let server = TestServer::start().await;
    let page = server.anonymous().get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for row in DIALECTS.iter().flat_map(|dialect| dialect.rows()) {
        assert!(page.text().contains(&format!("<td>{}</td>", row.id)), "{} is not on the page", row.id);
    }
    assert!(!page.text().contains("<script"), "the page runs no scripts");
    let style = server.anonymous().get("/docs/style.css").await.expect(200);
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_open_and_name_no_trouble() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(
            server.anonymous().get(path).await.expect(200).json(),
            json!({ "status": "ok", "trouble": [] }),
            "{path}"
        );
    }
    let metrics = server.anonymous().get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").unwrap().contains("text"), "{:?}", metrics.headers);
    assert!(metrics.text().contains("healthLive"), "operations are counted by name:\n{}", metrics.text());
    assert!(metrics.text().trim_end().ends_with("# EOF"), "OpenMetrics text ends with # EOF");
}
