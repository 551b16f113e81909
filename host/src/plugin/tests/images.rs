//! Images: that they answer like the component itself, stay within bounds, and are ours.

use super::*;

const UNSNAPSHOTTABLE: &str = r#"
(table $table 1 funcref)
(func $validate (param $at i32) (param $length i32) (result i32)
  (table.set $table (i32.const 0) (ref.null func))
  (call $answers (global.get $confs) (i32.const 1)))"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshot_and_fallback_agree() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("by-conf", component("by-conf")).unwrap();
    sandbox.install("deny", component("deny")).unwrap();
    for (index, conf) in [r#"{"deny":1}"#, r#"{"allow":1}"#, "{}"].into_iter().enumerate() {
        let rules = rules(&[("by-conf", conf), ("deny", conf), ("by-conf", "{}")]);
        let cold = sandbox.ask(&rules, "{}").await;
        assert!(cold.usage.cold);
        let by_conf = if index == 0 { denied() } else { pass() };
        assert_eq!(cold.answers, [by_conf.clone(), denied(), by_conf]);
        let warm = warm(&sandbox, &rules).await;
        assert_eq!(warm.answers, cold.answers);
        assert_eq!(warm.components, cold.components);
        assert_eq!((warm.usage.instances, cold.usage.instances), (2, 2), "one instance for each component");
        assert!(warm.usage.memory_bytes >= 2 << 16);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn artefacts_outlive_the_process_unless_touched() {
    let scratch = Scratch::new();
    let rules = rules(&[("by-conf", r#"{"deny":1}"#)]);
    let start = || {
        let sandbox = start_in(&scratch, patient());
        sandbox.install("by-conf", component("by-conf")).unwrap();
        sandbox
    };
    let first = start();
    assert_eq!(warm(&first, &rules).await.answers, [denied()]);
    built(&first, 1).await;

    let second = start();
    let asked = second.ask(&rules, "{}").await;
    assert!(!asked.usage.cold, "the image is there, nobody has to wait for it");
    assert_eq!((asked.answers, second.report().builds), (vec![denied()], 0));

    for entry in std::fs::read_dir(scratch.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let third = start();
    let asked = third.ask(&rules, "{}").await;
    assert!(asked.usage.cold, "what was touched is not loaded");
    assert_eq!(asked.answers, [denied()]);
    assert_eq!(warm(&third, &rules).await.answers, [denied()]);
    built(&third, 1).await;
    assert_eq!(third.report().builds, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_images_are_held_than_allowed() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, Limits { images: 2, ..patient() });
    sandbox.install("by-conf", component("by-conf")).unwrap();
    let policies: Vec<_> = (0..4).map(|number| rules(&[("by-conf", &format!("[{number}]"))])).collect();
    for policy in &policies {
        warm(&sandbox, policy).await;
        assert!(sandbox.report().images <= 2);
    }
    built(&sandbox, 4).await;
    let report = sandbox.report();
    assert_eq!((report.images, report.evictions, report.builds), (2, 2, 4));
    // The first has left long ago, and comes back from disk.
    assert!(!sandbox.ask(&policies[0], "{}").await.usage.cold);
    assert_eq!((sandbox.report().images, sandbox.report().builds), (2, 4));

    let tiny = start_in(&scratch, Limits { image_bytes: 100, ..patient() });
    tiny.install("by-conf", component("by-conf")).unwrap();
    assert!(tiny.ask(&policies[0], "{}").await.usage.cold);
    built(&tiny, 1).await;
    assert!(tiny.ask(&policies[0], "{}").await.usage.cold, "too large to be kept");
    assert_eq!(tiny.report().images, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_snapshotted_is_configured_every_time() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("tables", framed(UNSNAPSHOTTABLE)).unwrap();
    let rules = rules(&[("tables", "{}")]);
    assert_eq!(sandbox.ask(&rules, "{}").await.answers, [pass()]);
    built(&sandbox, 1).await;
    let asked = sandbox.ask(&rules, "{}").await;
    assert_eq!((asked.answers, asked.usage.cold), (vec![pass()], true));
    let report = sandbox.report();
    assert_eq!(report.not_snapshotted.len(), 1);
    assert_eq!((report.builds, report.failed_builds), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_can_come_to_mean_something_else() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    let rules = rules(&[("changing", "{}")]);
    assert_eq!(sandbox.ask(&rules, "{}").await.answers, [error(Code::UnknownValidator)]);
    let allowing = sandbox.install("changing", friendly()).unwrap();
    let asked = warm(&sandbox, &rules).await;
    assert_eq!((asked.answers, asked.components), (vec![pass()], vec![allowing]));
    let denying = sandbox.install("changing", component("deny")).unwrap();
    let asked = sandbox.ask(&rules, "{}").await;
    assert_eq!((asked.answers, asked.components), (vec![denied()], vec![denying]));
    assert!(sandbox.uninstall("changing"));
    assert_eq!(sandbox.ask(&rules, "{}").await.answers, [error(Code::UnknownValidator)]);
}
