//! Guests that try to harm: whatever they do, their rules deny and the others are answered.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::logging::captured::Captured;

/// Guests whose `validate` misbehaves, and how that is called.
const HOSTILE: [(&str, Code); 12] = [
    ("endless-validate", Code::Deadline),
    ("memory-hog", Code::ResourceLimit),
    ("trap", Code::Trap),
    ("recursion", Code::Trap),
    ("huge-answer", Code::BadAnswer),
    ("lying-length", Code::BadAnswer),
    ("lying-pointer", Code::BadAnswer),
    ("lying-realloc", Code::BadAnswer),
    ("lying-count", Code::BadAnswer),
    ("no-verdict", Code::BadAnswer),
    ("invalid-utf8", Code::BadAnswer),
    ("invalid-details", Code::BadAnswer),
];

/// Short enough to wait for, long enough for all guests that end by themselves.
fn short(images: usize) -> Limits {
    let (deadline, configure_deadline) = (Duration::from_millis(500), Duration::from_millis(500));
    Limits { deadline, configure_deadline, images, ..patient() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_guest_is_denied_and_harms_nobody_else() {
    for images in [0, 64] {
        let scratch = Scratch::new();
        let sandbox = start_in(&scratch, short(images));
        sandbox.install("friendly", friendly()).unwrap();
        for (name, code) in HOSTILE {
            sandbox.install(name, component(name)).unwrap();
            let rules = rules(&[(name, "{}"), ("friendly", "{}")]);
            let asked = if images == 0 { sandbox.ask(&rules, "{}").await } else { warm(&sandbox, &rules).await };
            assert_eq!(asked.answers, [error(code), pass()], "{name} with {images} images");
            assert_eq!(asked.usage.instances, 2);
        }
        let failures: u64 = sandbox.report().failures.iter().map(|(_, count)| count).sum();
        assert!(failures >= HOSTILE.len() as u64);
    }
}

#[tokio::test]
async fn hostile_configurations_are_denied() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, short(64));
    let hostile = [
        ("endless-configure", Code::Deadline),
        ("trap-configure", Code::Trap),
        ("refuse-configure", Code::Unavailable),
    ];
    for (name, code) in hostile {
        sandbox.install(name, component(name)).unwrap();
        let asked = sandbox.ask(&rules(&[(name, "{}"), (name, "[]")]), "{}").await;
        assert_eq!(asked.answers, [error(code), error(code)], "{name}");
        assert!(asked.usage.cold);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_survives_a_call() {
    for pagemap_scan in [false, true] {
        for images in [0, 64] {
            let scratch = Scratch::new();
            // A single slot is used by every call, so that whatever stayed in it would be found.
            let sandbox = start_in(&scratch, Limits { slots: 1, images, pagemap_scan, ..patient() });
            for name in ["counter", "spy"] {
                sandbox.install(name, component(name)).unwrap();
                let rules = rules(&[(name, "{}")]);
                if images > 0 {
                    warm(&sandbox, &rules).await;
                }
                for call in 0..50 {
                    let asked = sandbox.ask(&rules, "{}").await;
                    assert_eq!(asked.answers, [pass()], "{name}, call {call}, scan {pagemap_scan}");
                    assert_eq!(asked.usage.cold, images == 0);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_validator_answers_while_ten_loop() {
    answers_while_ten_loop().await;
}

/// On a device with one core the loops and the small validator share it by turns.
#[tokio::test]
async fn a_small_validator_answers_while_ten_loop_on_one_thread() {
    answers_while_ten_loop().await;
}

async fn answers_while_ten_loop() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, Limits { deadline: Duration::from_secs(2), ..without_images() });
    sandbox.install("loop", component("endless-validate")).unwrap();
    sandbox.install("friendly", friendly()).unwrap();
    // Loaded beforehand, so that nothing but calls is compared.
    sandbox.describe("loop").await.unwrap();
    let small = rules(&[("friendly", "{}")]);
    assert_eq!(sandbox.ask(&small, "{}").await.answers, [pass()]);

    let (begun, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let loops: Vec<_> = (0..10)
        .map(|_| {
            let (sandbox, begun, ended) = (sandbox.clone(), begun.clone(), ended.clone());
            tokio::spawn(async move {
                begun.fetch_add(1, SeqCst);
                let asked = sandbox.ask(&rules(&[("loop", "{}")]), "{}").await;
                ended.fetch_add(1, SeqCst);
                asked.answers
            })
        })
        .collect();
    while begun.load(SeqCst) < 10 {
        tokio::task::yield_now().await;
    }
    let mut passed = 0;
    while passed < 20 {
        let (sandbox, small) = (sandbox.clone(), small.clone());
        let asked = tokio::spawn(async move { sandbox.ask(&small, "{}").await }).await.unwrap();
        passed += usize::from(asked.answers == [pass()]);
        assert_eq!(ended.load(SeqCst), 0, "the loops ended before the small validator had answered 20 times");
    }
    for endless in loops {
        assert_eq!(endless.await.unwrap(), [error(Code::Deadline)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_early_gives_the_slot_back() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, Limits { slots: 1, queue: 0, ..without_images() });
    sandbox.install("loop", component("endless-validate")).unwrap();
    sandbox.install("spy", component("spy")).unwrap();
    sandbox.describe("loop").await.unwrap();
    for _ in 0..20 {
        let theirs = sandbox.clone();
        let call = tokio::spawn(async move { theirs.ask(&rules(&[("loop", "{}")]), "{}").await });
        tokio::time::sleep(Duration::from_millis(3)).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_eq!(sandbox.ask(&rules(&[("spy", "{}")]), "{}").await.answers, [pass()]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_turns_calls_away_at_once() {
    let scratch = Scratch::new();
    let limits = Limits { slots: 1, queue: 0, deadline: Duration::from_secs(1), ..without_images() };
    let sandbox = start_in(&scratch, limits);
    sandbox.install("loop", component("endless-validate")).unwrap();
    sandbox.describe("loop").await.unwrap();
    let rules = rules(&[("loop", "{}")]);
    let (first, second) = tokio::join!(sandbox.ask(&rules, "{}"), sandbox.ask(&rules, "{}"));
    let mut answers = [first.answers, second.answers].concat();
    answers.sort_by_key(|answer| *answer == error(Code::Overloaded));
    assert_eq!(answers, [error(Code::Deadline), error(Code::Overloaded)]);
}

#[tokio::test]
async fn the_log_is_counted_cut_and_signed() {
    let lines = Captured::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.writer()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, Limits { log_lines: 3, log_line_bytes: 6, ..without_images() });
    sandbox.install("chatty", whole("chatty")).unwrap();
    assert_eq!(sandbox.ask(&rules(&[("chatty", "{}")]), "{}").await.answers, [pass()]);
    let text = lines.text();
    let guest: Vec<_> = text.lines().filter(|line| line.contains("portcullis::guest")).collect();
    assert_eq!(guest.len(), 3, "{text}");
    assert!(guest.iter().all(|line| line.contains("a line component=\"chatty\"")), "{text}");
}
