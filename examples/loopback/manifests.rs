//! Directories of manifests that a test may change.

use std::fs;
use std::path::Path;

pub(crate) const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");

/// The shop's manifests in a directory of their own.
pub(crate) fn copied_shop() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(SHOP).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    directory
}

/// Writes a file in one step: whoever looks at the directory sees the old one or the new one.
pub(crate) fn write(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}
