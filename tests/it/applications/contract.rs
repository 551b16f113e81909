//! The rows and the answers against the document that they follow (shared/contract/applications.openapi.json, which lives beside
//! the repository).

use std::{fs, path::Path};

use portcullis::api::apps::rows::applications::ROWS;
use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{Cast, at, genesys},
};
use crate::support::documented::{Documented, documented};

/// The document; none, said loudly, where it is not.
fn contract() -> Option<Value> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found =
        folders.map(|folder| folder.join("shared/contract/applications.openapi.json")).find(|path| path.exists());
    if found.is_none() {
        eprintln!(
            "SKIPPED: shared/contract/applications.openapi.json is not beside the repository, it was NOT checked"
        );
    }
    found.map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
}

#[test]
fn every_documented_operation_is_a_row() {
    let Some(contract) = contract() else { return };
    let documented = documented(&contract);
    assert_eq!(documented.len(), ROWS.len());
    for row in ROWS {
        let found =
            documented.iter().find(|operation| operation.id() == row.id).unwrap_or_else(|| panic!("{}", row.id));
        assert_eq!((row.method.as_str(), row.path), (found.method.as_str(), found.path));
        let statuses: Vec<u16> = row.doc.answers.iter().map(|(status, _)| status.as_u16()).collect();
        let expected: Vec<u16> = found.successes().into_iter().map(|(status, _)| status).collect();
        assert_eq!(statuses, expected, "{}", row.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_documented() {
    let Some(contract) = contract() else { return };
    let documented = documented(&contract);
    let operation = |id: &str| -> &Documented<'_> { documented.iter().find(|operation| operation.id() == id).unwrap() };
    let cast = Cast::start().await;
    let check = |id: &str, answer| assert_eq!(operation(id).wrong(&answer, &contract), Vec::<String>::new());

    let made = cast.integrator.post(APPLICATIONS, &genesys()).await.expect(200);
    let path = at(made.json()["id"].as_str().unwrap());
    check("createApplication", made);
    check("getApplications", cast.admin.get(APPLICATIONS).await.expect(200));
    check("getApplication", cast.integrator.get(&path).await.expect(200));
    let mut body = genesys();
    body["expiresAt"] = json!("2030-01-01T00:00:00Z");
    check("updateApplication", cast.integrator.put(&path, &body).await.expect(204));
    check("getApplication", cast.integrator.get(&path).await.expect(200));
    let list = format!("{APPLICATIONS}/organizations/default?sort=id,desc");
    check("getApplicationsByOrganization", cast.service.get(&list).await.expect(200));
    check("checkApplicationIdAvailability", cast.machine.get(&at("free/availability")).await.expect(200));
    check("deleteApplication", cast.integrator.delete(&path).await.expect(204));
}
