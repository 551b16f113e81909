//! What is fuzzed: each function takes any bytes and panics only when the code behind it does, or breaks its word.
//!
//! Called by the targets in `fuzz_targets` and, over the seeds, by tests/it/fuzz_seeds.rs, so that neither can rot.

use http::Method;
use portcullis::{
    api::{
        Router,
        decide::{entity, evaluation::EvaluationBody, evaluations::EvaluationsBody},
        outbound::{body::ClientBody, xml},
        read,
    },
    decision::Input,
    openapi,
};
use portcullis_fields::{Conf, Fields, Json, Scope};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD];

thread_local! {
    static ROUTER: Router = Router::new().expect("the tables are right");
}

/// A method (the first byte) and a raw path: every path is somebody's, and no parameter holds what no identifier may.
pub fn paths(data: &[u8]) {
    let Some((first, path)) = data.split_first() else { return };
    let method = &METHODS[usize::from(*first) % METHODS.len()];
    let path = String::from_utf8_lossy(path);
    ROUTER.with(|router| {
        let found = router.find(method, &path);
        let Ok((row, params)) = found.row else { return };
        assert!(
            row.method == *method || *method == Method::HEAD && row.method == Method::GET,
            "{} for {method}",
            row.id
        );
        for part in row.path.split('/') {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { continue };
            let value = params.get(name).expect("every parameter of the row is there");
            assert!(!value.is_empty() && !value.contains(['/', '\\', '\0']), "{name} is {value:?}");
        }
    });
}

/// A conf and a document, with a line feed in between: what is refused says where, what fails says why, and the same
/// again says the same.
pub fn fields(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (conf, document) = text.split_once('\n').unwrap_or((&text, "{}"));
    let Ok(conf) = Conf::read(conf) else { return };
    let document = Json::read(document);
    for scope in [Scope::Document, Scope::Member("authn_ctx"), Scope::Headers] {
        let fields = match Fields::new(&conf, scope) {
            Ok(fields) => fields,
            Err(problem) => {
                assert!(problem.path.is_empty() || problem.path.starts_with('/'), "{problem:?}");
                continue;
            }
        };
        let Ok(document) = &document else { continue };
        let judge = || match fields.check(document) {
            Ok(()) => (String::new(), String::new(), String::new()),
            Err(failure) => {
                let details = serde_json::to_string(&failure.details()).expect("JSON");
                (failure.code.as_str().to_owned(), failure.message(), details)
            }
        };
        let (code, message, details) = judge();
        assert!(code.is_empty() == message.is_empty() && code.is_empty() == details.is_empty());
        assert_eq!((code, message, details), judge());
    }
}

/// An AuthZEN body, as one evaluation and as many: what can be read makes an input document that can be read again.
pub fn decisions(data: &[u8]) {
    if let Ok(EvaluationBody { subject, action, resource, context }) = read::from_json(data) {
        let id = subject.id.clone();
        let text = serde_json::to_string(&entity::input(subject, action, resource, context)).expect("JSON");
        let input: Input = read::from_json(text.as_bytes()).expect("what was written can be read");
        assert_eq!(input.authn_ctx["sub"], id, "nobody can be somebody else");
        assert_eq!(input.subject["id"], id);
    }
    if let Ok(many) = read::from_json::<EvaluationsBody>(data) {
        for item in many.evaluations.unwrap_or_default() {
            let item = serde_json::Value::Object(item);
            if let Err(problem) = read::from_value::<EvaluationBody>(item) {
                assert!(problem.member.is_empty() || problem.member.starts_with('/'), "{problem:?}");
            }
        }
    }
}

/// A record in XML: what can be read is written so that it reads as the same again, and what is refused says where.
pub fn records(data: &[u8]) {
    let Ok(Ok(record)) = xml::read(data) else { return };
    let text = xml::write(&record);
    let again = xml::read(text.as_bytes()).expect("what was written is XML").expect("of the same kind");
    assert_eq!(again, record, "{text}");
    if let Err(problem) = read::from_value::<ClientBody>(record) {
        assert!(problem.member.is_empty() || problem.member.starts_with('/'), "{problem:?}");
    }
}

/// An OpenAPI document, JSON or YAML: whatever is found in it stands where it says, and so does whatever is wrong.
pub fn specifications(data: &[u8]) {
    let Ok(document) = read::document(data) else { return };
    let stands = |place: &str| assert!(document.pointer(place).is_some(), "{place} is not in {document}");
    match openapi::read(&document) {
        Ok(found) => {
            for operation in &found.operations {
                stands(&operation.place);
                match &operation.policy {
                    Some(openapi::Attached::Own(number)) => assert!(*number < found.policies.len()),
                    Some(openapi::Attached::Known { place, .. }) => stands(place),
                    None => {}
                }
            }
            found.policies.iter().for_each(|policy| stands(&policy.place));
            found.scopes.iter().for_each(|scope| stands(&scope.place));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.place.is_empty() || problem.place.starts_with('/')));
        }
    }
}
