//! The vault and its key file.

use super::*;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A folder of its own for each test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let name = HEXLOWER.encode(&World::system().bytes::<8>());
        Folder(std::env::temp_dir().join(format!("portcullis-vault-{name}")))
    }

    fn key_file(&self) -> PathBuf {
        self.0.join("master.key")
    }

    fn with_key(content: &[u8], mode: u32) -> Folder {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.key_file(), content).unwrap();
        fs::set_permissions(folder.key_file(), fs::Permissions::from_mode(mode)).unwrap();
        folder
    }

    fn open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.0, None, &World::system())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn given(text: &str) -> Result<Vault, VaultError> {
    Vault::open(Path::new("/nonexistent"), Some(&Secret::new(text)), &World::system())
}

fn vault(byte: u8) -> Vault {
    given(&HEXLOWER.encode(&[byte; 32])).unwrap()
}

fn seal(vault: &Vault, context: &str, plain: &[u8]) -> Sealed {
    vault.seal(&World::system(), context, plain)
}

#[test]
fn the_first_start_makes_a_private_key_file() {
    let folder = Folder::new();
    folder.open().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.key_file()), 0o600);
    assert_eq!(mode(&folder.0), 0o700);
    assert_eq!(fs::read(folder.key_file()).unwrap().len(), 44, "one line of base64url");
}

#[test]
fn the_key_file_survives_reopening() {
    let folder = Folder::new();
    let first = folder.open().unwrap();
    let sealed = seal(&first, "here", b"text");
    let again = folder.open().unwrap();
    assert_eq!(again.fingerprint(), first.fingerprint());
    assert_eq!(again.open_sealed("here", &sealed).unwrap().as_slice(), b"text");
    let code = first.mac_key("artefact").sign(&[b"bytes"]);
    assert!(again.mac_key("artefact").verify(&[b"bytes"], &code));
}

#[test]
fn what_a_killed_first_start_left_of_a_key_is_replaced() {
    for left in [b"".as_slice(), b"half a", BASE64URL_LINE.as_bytes()] {
        let folder = Folder::new();
        let partial = folder.0.join("master.making");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(&partial, left).unwrap();
        let made = folder.open().unwrap();
        assert!(!partial.exists());
        assert_ne!(fs::read(folder.key_file()).unwrap(), left, "a key that may be half written is not used");
        // Killed between the two steps, the key had two names.
        fs::hard_link(folder.key_file(), &partial).unwrap();
        assert_eq!(folder.open().unwrap().fingerprint(), made.fingerprint());
        assert!(!partial.exists() && folder.key_file().exists());
    }
}

#[test]
fn first_starts_at_once_have_one_key() {
    let folder = Folder::new();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| folder.open().unwrap().fingerprint())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(opened.iter().all(|fingerprint| *fingerprint == opened[0]), "{opened:?}");
}

#[test]
fn two_folders_have_two_keys() {
    let (one, two) = (Folder::new(), Folder::new());
    assert_ne!(one.open().unwrap().fingerprint(), two.open().unwrap().fingerprint());
}

#[test]
fn a_key_file_open_to_others_is_refused() {
    let line = BASE64URL_LINE.as_bytes();
    for mode in [0o644, 0o640, 0o604, 0o620, 0o610] {
        let folder = Folder::with_key(line, mode);
        let error = folder.open().unwrap_err();
        assert!(matches!(error, VaultError::KeyExposed { mode: found, .. } if found == mode), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for mode in [0o600, 0o400] {
        assert!(Folder::with_key(line, mode).open().is_ok(), "{mode:o}");
    }
}

const BASE64URL_LINE: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\n";

#[test]
fn a_key_file_of_the_wrong_length_is_refused_and_left_alone() {
    for content in [&b""[..], b"\n", b"AgIC", &[2; 32], &[b'A'; 45], &[0xff; 43], &[b'A'; 4096]] {
        let folder = Folder::with_key(content, 0o600);
        let error = folder.open().unwrap_err();
        assert!(matches!(error, VaultError::KeyMalformed(KeySource::File(_))), "{content:?}: {error}");
        assert_eq!(fs::read(folder.key_file()).unwrap(), content);
    }
}

#[test]
fn an_unreadable_folder_is_an_error() {
    let folder = Folder::with_key(b"", 0o600);
    let below = folder.key_file();
    let error = Vault::open(&below, None, &World::system()).unwrap_err();
    assert!(matches!(error, VaultError::File { .. }), "{error}");
}

#[test]
fn a_given_key_is_the_same_in_each_form_and_makes_no_file() {
    let hex = "02".repeat(32);
    let name = given(&hex).unwrap().fingerprint();
    for text in [BASE64URL_LINE, BASE64URL_LINE.trim(), &format!("{}=", BASE64URL_LINE.trim()), &format!(" {hex}\n")] {
        assert_eq!(given(text).unwrap().fingerprint(), name, "{text}");
    }
    assert_eq!(Folder::with_key(BASE64URL_LINE.as_bytes(), 0o600).open().unwrap().fingerprint(), name);
    assert!(!Path::new("/nonexistent").exists());
}

#[test]
fn a_malformed_given_key_is_refused_without_repeating_it() {
    for text in ["", "secret", &"0".repeat(62), &"g".repeat(64), &"0".repeat(65), &"A".repeat(42), &"+".repeat(43)] {
        let error = given(text).unwrap_err();
        assert!(matches!(error, VaultError::KeyMalformed(KeySource::Given)), "{text:?}: {error}");
        assert!(text.is_empty() || !format!("{error} {error:?}").contains(text), "{error}");
    }
}

#[test]
fn sealed_values_open_again() {
    let vault = vault(1);
    for plain in [&b""[..], b"x", &[0; 5000]] {
        let sealed = seal(&vault, "context", plain);
        assert_eq!(sealed.as_bytes().len(), 1 + 12 + plain.len() + 16);
        assert_eq!(vault.open_sealed("context", &sealed).unwrap().as_slice(), plain);
    }
}

#[test]
fn the_same_value_never_looks_the_same() {
    let vault = vault(1);
    assert_ne!(seal(&vault, "context", b"text"), seal(&vault, "context", b"text"));
}

#[test]
fn another_context_or_another_key_does_not_open() {
    let sealed = seal(&vault(1), "client/1", b"text");
    for context in ["client/2", "", "client/1 "] {
        assert!(matches!(vault(1).open_sealed(context, &sealed), Err(VaultError::NotOpened)), "{context:?}");
    }
    assert!(matches!(vault(2).open_sealed("client/1", &sealed), Err(VaultError::NotOpened)));
}

#[test]
fn any_changed_or_missing_byte_is_noticed() {
    let vault = vault(1);
    let sealed = seal(&vault, "context", b"text");
    for position in 0..sealed.0.len() {
        let mut changed = sealed.clone();
        changed.0[position] ^= 1;
        assert!(vault.open_sealed("context", &changed).is_err(), "byte {position}");
        let shortened = Sealed(sealed.0[..position].to_vec());
        assert!(vault.open_sealed("context", &shortened).is_err(), "cut at {position}");
    }
    let mut versioned = sealed;
    versioned.0[0] = 2;
    assert!(matches!(vault.open_sealed("context", &versioned), Err(VaultError::UnknownKeyVersion(2))));
}

#[test]
fn keyed_hashes_depend_on_key_label_and_text() {
    let hash = vault(1).keyed_hash("token", "abc");
    assert!(vault(1).verify_keyed("token", "abc", &hash));
    assert_eq!(hash, vault(1).keyed_hash("token", "abc"));
    assert!(!vault(2).verify_keyed("token", "abc", &hash));
    for (label, text) in [("code", "abc"), ("token", "abd"), ("tokena", "bc"), ("toke", "nabc"), ("token", "")] {
        assert!(!vault(1).verify_keyed(label, text, &hash), "{label} {text}");
    }
}

#[test]
fn mac_keys_depend_on_their_label() {
    let code = vault(1).mac_key("artefact").sign(&[b"bytes"]);
    assert!(vault(1).mac_key("artefact").verify(&[b"bytes"], &code));
    assert!(!vault(1).mac_key("other").verify(&[b"bytes"], &code));
    assert!(!vault(2).mac_key("artefact").verify(&[b"bytes"], &code));
}

/// The stored data of every installation hangs on these: a change of the derivation must not go unnoticed. The values
/// were computed independently, with Python's hmac and cryptography modules.
#[test]
fn the_derivation_is_fixed() {
    let vault = vault(1);
    assert_eq!(vault.fingerprint(), "a5ff67bea870ccb2ba22a40f0df57fbf");
    assert_eq!(
        HEXLOWER.encode(vault.keyed_hash("token", "abc").as_bytes()),
        "ea6a4d462a19c811dab643d5513291fc7bf039cbadbd4647ea1418cc9ed83714"
    );
    assert_eq!(
        HEXLOWER.encode(&vault.mac_key("artefact").sign(&[b"bytes"])),
        "9fcc8f67128a940deb9b2c550cf106461044ac83214ffedfd2a0681b379f92b9"
    );
    let nonce_zero =
        Sealed(HEXLOWER.decode(b"010000000000000000000000001966b2a5458e394470ae22c8c643cf7f0824d9f0").unwrap());
    assert_eq!(vault.open_sealed("context", &nonce_zero).unwrap().as_slice(), b"text");
}

#[test]
fn debug_shows_no_key() {
    let vault = vault(1);
    assert_eq!(format!("{vault:?}"), format!("Vault({})", vault.fingerprint()));
    assert!(!vault.fingerprint().contains("0101"));
}
