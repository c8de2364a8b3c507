//! Files that are generated from the code and checked in.

use std::path::Path;

/// Compares a generated text with its file; `SMI_BLESS=1 cargo test` rewrites the file.
#[track_caller]
pub(crate) fn assert(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("SMI_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is stale; SMI_BLESS=1 cargo test -p smi-types rewrites it");
}
