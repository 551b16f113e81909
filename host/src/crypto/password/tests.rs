//! Password hashes, their bounds, and the memory of right passwords.

use argon2::PasswordHasher;

use super::*;

/// "password" under the salt "somesalt": a vector of the argon2 reference implementation (64 MiB, two passes).
const REFERENCE: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn one(text: &str) -> Vec<Secret> {
    vec![secret(text)]
}

/// A hash of "password" that costs as little as argon2 allows, with other parameters on demand.
fn cheap(algorithm: Algorithm, memory: u32, passes: u32, lanes: u32) -> String {
    let params = Params::new(memory, passes, lanes, None).unwrap();
    let argon2 = Argon2::new(algorithm, Version::V0x13, params);
    argon2.hash_password_with_salt(b"password", b"somesalt").unwrap().to_string()
}

fn passwords() -> Passwords {
    Passwords::new(World::system(), 2, 10)
}

#[test]
fn round_trip() {
    let phc = hash(&World::system(), &secret("correct horse")).unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert!(verify(&secret("correct horse"), &phc));
    for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
        assert!(!verify(&secret(wrong), &phc), "{wrong:?}");
    }
}

#[test]
fn salts_differ() {
    let world = World::system();
    assert_ne!(hash(&world, &secret("a")).unwrap(), hash(&world, &secret("a")).unwrap());
}

#[test]
fn verifies_the_reference_vector() {
    assert!(verify(&secret("password"), REFERENCE));
    assert!(!verify(&secret("differentpassword"), REFERENCE));
}

#[test]
fn a_hash_within_bounds_is_computed_and_one_beyond_is_not() {
    let password = secret("password");
    assert!(verify(&password, &cheap(Algorithm::Argon2id, 64, 10, 4)));
    for phc in [cheap(Algorithm::Argon2id, 64, 11, 1), cheap(Algorithm::Argon2id, 64, 1, 5)] {
        assert!(!verify(&password, &phc), "{phc}");
    }
    // A right hash with one pass over little more than 64 MiB: refused for its cost alone.
    assert!(!verify(&password, &cheap(Algorithm::Argon2id, MOST_MEMORY_KIB + 1, 1, 1)));
}

#[test]
fn other_algorithms_are_refused() {
    for algorithm in [Algorithm::Argon2i, Algorithm::Argon2d] {
        assert!(!verify(&secret("password"), &cheap(algorithm, 64, 1, 1)), "{algorithm:?}");
    }
}

#[test]
fn malformed_hashes_are_refused() {
    let right = cheap(Algorithm::Argon2id, 64, 1, 1);
    assert!(verify(&secret("password"), &right));
    let cut = right.rsplit_once('$').unwrap().0;
    let damaged = [
        "",
        "$",
        "password",
        "$argon2id",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295$c29tZXNhbHQ$AAAA",
        "$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m",
        cut,
        &format!("{cut}$"),
        &format!("{right}$"),
        &right.replace("v=19", "v=18"),
        &right.replace("m=64", "m=x"),
        &right.replace("m=64", "m=64,m=4294967295"),
        &right.replace("t=1", "t=0"),
    ];
    for phc in damaged {
        assert!(!verify(&secret("password"), phc), "{phc}");
    }
}

#[test]
fn overlong_passwords_are_refused() {
    let world = World::system();
    let longest = secret(&"x".repeat(MOST_PASSWORD_BYTES));
    let phc = hash(&world, &longest).unwrap();
    assert!(verify(&longest, &phc));
    let longer = secret(&"x".repeat(MOST_PASSWORD_BYTES + 1));
    assert_eq!(hash(&world, &longer), Err(PasswordError::TooLong));
    assert!(!verify(&longer, &phc));
}

#[tokio::test]
async fn in_turn_they_agree_with_the_plain_functions() {
    let passwords = passwords();
    let phc = passwords.hash(secret("right")).await.unwrap();
    assert!(verify(&secret("right"), &phc));
    assert!(passwords.verify(one("right"), &phc).await);
    assert!(!passwords.verify(one("wrong"), &phc).await);
    assert!(!passwords.verify(one("right"), "nonsense").await);
}

#[tokio::test]
async fn only_right_passwords_are_remembered() {
    let passwords = passwords();
    let phc = cheap(Algorithm::Argon2id, 64, 1, 1);
    passwords.verify(one("wrong"), &phc).await;
    assert_eq!(passwords.0.remembered.len(), 0);
    for _ in 0..3 {
        assert!(passwords.verify(one("password"), &phc).await);
    }
    assert_eq!(passwords.0.remembered.len(), 1);
    assert!(!passwords.verify(one("wrong"), &phc).await);
}

#[tokio::test]
async fn a_remembered_password_needs_no_turn_and_a_new_hash_forgets_it() {
    let passwords = passwords();
    let phc = cheap(Algorithm::Argon2id, 64, 1, 1);
    assert!(passwords.verify(one("password"), &phc).await);
    // From here on nothing can be computed, so a yes can only be remembered.
    passwords.0.turns.permits.close();
    assert!(passwords.verify(one("password"), &phc).await);
    assert!(!passwords.verify(one("password"), &cheap(Algorithm::Argon2id, 72, 1, 1)).await);
    assert_eq!(passwords.hash(secret("password")).await, Err(PasswordError::Interrupted));
}

#[tokio::test]
async fn one_right_candidate_is_enough_and_is_looked_up_first() {
    let passwords = passwords();
    let phc = cheap(Algorithm::Argon2id, 64, 1, 1);
    let both = || vec![secret("pass word"), secret("password")];
    assert!(!passwords.verify(vec![secret("pass word"), secret("Password")], &phc).await);
    assert!(!passwords.verify(Vec::new(), &phc).await);
    assert!(passwords.verify(both(), &phc).await);
    passwords.0.turns.permits.close();
    assert!(passwords.verify(both(), &phc).await, "the wrong one before it is not computed again");
}

#[tokio::test]
async fn the_memory_is_bounded() {
    let passwords = Passwords::new(World::system(), 1, 5);
    for memory in (64..264).step_by(8) {
        assert!(passwords.verify(one("password"), &cheap(Algorithm::Argon2id, memory, 1, 1)).await);
    }
    assert!(passwords.0.remembered.len() <= 5, "{}", passwords.0.remembered.len());
    let forgetful = Passwords::new(World::system(), 0, 0);
    assert!(forgetful.verify(one("password"), &cheap(Algorithm::Argon2id, 64, 1, 1)).await);
    assert_eq!(forgetful.0.remembered.len(), 0);
}

#[test]
fn nobodys_hash_can_be_computed_and_is_not_of_an_empty_password() {
    let world = World::system();
    assert_eq!(cost(&hash(&world, &secret("x")).unwrap()), OUR_COST);
    assert_eq!(cost(REFERENCE), "$argon2id$v=19$m=65536,t=2,p=1");
    assert!(["", "$", "x", "a$b"].iter().all(|text| cost(text).len() <= text.len()));
    let nobodys = format!("{OUR_COST}{NOBODY}");
    assert!(is_hash(&nobodys) && !verify(&secret(""), &nobodys));
}

#[tokio::test]
async fn whoever_is_wrong_pays_every_cost_once_whatever_hash_there_is() {
    let (small, large) = (cheap(Algorithm::Argon2id, 8, 1, 1), cheap(Algorithm::Argon2id, 64, 3, 1));
    let third = cheap(Algorithm::Argon2id, 16, 1, 1);
    let costs: BTreeSet<&str> = [&small, &large, &third].map(|phc| cost(phc)).into();
    let passwords = passwords();
    let paid = || {
        let mut paid = std::mem::take(&mut *passwords.0.paid.lock().unwrap());
        paid.sort();
        paid
    };
    for phc in [None, Some(small.as_str()), Some(large.as_str()), Some(third.as_str())] {
        assert!(!passwords.verify_at_all(&secret("wrong"), phc, &costs).await);
        assert_eq!(paid(), costs.iter().map(|cost| (*cost).to_owned()).collect::<Vec<_>>(), "{phc:?}");
    }
    assert!(passwords.verify_at_all(&secret("password"), Some(&small), &costs).await);
    assert_eq!(paid(), [cost(&small)], "who is right need not wait");
    assert!(!passwords.verify_at_all(&secret("password"), None, &costs).await, "nobody is never right");
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", passwords()), "Passwords");
}
