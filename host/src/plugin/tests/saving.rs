//! Saving: what is told to the author of a component or a policy.

use super::*;
use crate::{
    decision::Components,
    plugin::{Bundled, Kind, PluginError},
};

const SCHEMA: &str = r#"{"required":["a"],"properties":{"a":{"type":"string"}}}"#;

/// A guest with this schema of its configurations.
fn describing(schema: &str) -> Vec<u8> {
    let text = r#"
(data (i32.const 4096) "TEXT")
(func $describe (result i32)
  (call $string (i32.const 256) (i32.const 16) (i32.const 5))
  (call $string (i32.const 264) (i32.const 21) (i32.const 5))
  (call $string (i32.const 272) (i32.const 16) (i32.const 0))
  (call $string (i32.const 280) (i32.const 4096) (i32.const LENGTH))
  (i32.const 256))"#;
    framed(&text.replace("TEXT", &schema.replace('"', r"\22")).replace("LENGTH", &schema.len().to_string()))
}

fn start(scratch: &Scratch) -> Sandbox {
    let sandbox =
        start_in(scratch, Limits { configure_deadline: Duration::from_secs(2), conf_bytes: 100, ..patient() });
    sandbox.install("schema", describing(SCHEMA)).unwrap();
    for name in ["refuse-configure", "endless-configure", "endless-describe"] {
        sandbox.install(name, component(name)).unwrap();
    }
    sandbox
}

async fn problems(sandbox: &Sandbox, rules: &RuleSet) -> Vec<(usize, String)> {
    let problems = sandbox.check(rules).await.err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.rule, problem.path)).collect()
}

fn at(places: &[(usize, &str)]) -> Vec<(usize, String)> {
    places.iter().map(|(rule, path)| (*rule, (*path).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_problem_of_a_policy_is_told_at_its_place() {
    let scratch = Scratch::new();
    let sandbox = start(&scratch);
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(100));
    let policy =
        rules(&[("schema", r#"{"a":7}"#), ("nobody", "{}"), ("schema", "{}"), ("schema", "{"), ("schema", &long)]);
    let found = problems(&sandbox, &policy).await;
    assert_eq!(found, at(&[(0, "/conf/a"), (1, "/name"), (2, "/conf"), (3, "/conf"), (4, "/conf")]));

    let policy = rules(&[("refuse-configure", "{}"), ("schema", r#"{"a":""}"#), ("refuse-configure", "[]")]);
    assert_eq!(problems(&sandbox, &policy).await, at(&[(2, "/conf")]), "the guest refuses its second configuration");
    assert_eq!(problems(&sandbox, &rules(&[("endless-configure", "{}")])).await, at(&[(0, "/conf")]));
    assert_eq!(problems(&sandbox, &rules(&[("endless-describe", "{}")])).await, at(&[(0, "/name")]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_policy_gets_its_image_without_being_asked() {
    let scratch = Scratch::new();
    let sandbox = start(&scratch);
    let policy = rules(&[("schema", r#"{"a":"x"}"#)]);
    assert_eq!(sandbox.check(&policy).await, Ok(()));
    let once = sandbox.ask_once(&policy, "{}").await;
    assert_eq!((once.answers, once.usage.cold), (vec![pass()], true));
    assert_eq!(sandbox.report().builds, 0, "neither a check nor a try prepares anything");
    sandbox.prepare(&policy).await;
    built(&sandbox, 1).await;
    let asked = sandbox.ask(&policy, "{}").await;
    assert_eq!((asked.answers, asked.usage.cold), (vec![pass()], false));
}

#[tokio::test]
async fn components_are_refused_with_their_reason() {
    let scratch = Scratch::new();
    let sandbox = start(&scratch);
    let core = wat::parse_str("(module)").unwrap();
    assert_eq!(sandbox.install("core", core), Err(PluginError::CoreModule));
    assert_eq!(sandbox.install("text", b"(component)".to_vec()), Err(PluginError::NotWasm));
    assert_eq!(sandbox.install("Bad Name", friendly()), Err(PluginError::BadName("Bad Name".to_owned())));

    sandbox.install("time", whole("foreign-import")).unwrap();
    let foreign = PluginError::ForeignImport("wasi:clocks/wall-clock@0.2.0".to_owned());
    assert_eq!(sandbox.describe("time").await, Err(foreign));
    sandbox.install("empty", whole("no-world")).unwrap();
    assert_eq!(sandbox.describe("empty").await, Err(PluginError::NoKnownWorld));
    sandbox.install("garbage", b"\0asm\x0d\0\x01\0garbage".to_vec()).unwrap();
    assert!(matches!(sandbox.describe("garbage").await, Err(PluginError::Unusable(_))));
    assert_eq!(sandbox.describe("nobody").await, Err(PluginError::Unknown("nobody".to_owned())));
    assert_eq!(sandbox.describe("endless-describe").await, Err(PluginError::Failed(Code::Deadline)));

    let broken: Vec<_> = sandbox.broken().into_iter().map(|(name, _)| name).collect();
    assert_eq!(broken, ["empty", "garbage", "time"]);
    assert_eq!(sandbox.ask(&rules(&[("time", "{}")]), "{}").await.answers, [error(Code::Unavailable)]);
}

#[tokio::test]
async fn an_upload_that_would_cost_too_much_is_refused() {
    let scratch = Scratch::new();
    let sandbox = start(&scratch);
    // Every level of a configuration would be looked at twice as often as the one above.
    let schema = r##"{"properties":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}"##;
    let refused = sandbox.inspect(describing(schema)).await.unwrap_err();
    assert!(refused.contains("refers to itself"), "{refused}");

    let long = format!("(func $long {})", "nop ".repeat(1 << 20));
    let refused = sandbox.inspect(framed(&long)).await.unwrap_err();
    assert!(refused.contains("functions"), "{refused}");
    assert!(sandbox.inspect(describing(SCHEMA)).await.is_ok());
}

#[tokio::test]
async fn bundled_components_are_unpacked_when_needed() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let packed: &'static [u8] = Box::leak(compress_to_vec(&*friendly(), CompressionLevel::Fastest).into_boxed_slice());
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, without_images());
    let plain = sandbox.install("plain", friendly()).unwrap();
    sandbox.install_packed(&Bundled { name: "packed", wasm_zst: packed }).unwrap();
    sandbox.install_packed(&Bundled { name: "torn", wasm_zst: &packed[..packed.len() / 2] }).unwrap();
    assert_eq!(sandbox.broken(), [], "nobody has looked yet");
    let asked = sandbox.ask(&rules(&[("packed", "{}"), ("torn", "{}")]), "{}").await;
    assert_eq!(asked.answers, [pass(), error(Code::Unavailable)]);
    assert_eq!(asked.components[0].digest, plain.digest);
    assert_eq!(sandbox.broken().len(), 1);
    assert_eq!(sandbox.installed().len(), 2);
}

#[tokio::test]
async fn a_component_describes_itself() {
    let scratch = Scratch::new();
    let sandbox = start(&scratch);
    let about = sandbox.describe("schema").await.unwrap();
    assert_eq!((about.name.as_str(), about.version.as_str(), about.kind), ("guest", "1.0.0", Kind::Validator));
    assert!(about.conf_schema.starts_with(r#"{"required""#));
    assert_eq!(sandbox.installed().len(), 4);
    assert!(sandbox.installed().contains(&about.component));
}
