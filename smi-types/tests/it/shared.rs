//! Material that lies beside the project and is not part of it.

use std::path::{Path, PathBuf};

/// The folder of this name, if it is there. Tests that need it are skipped otherwise, and say so.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    if path.is_dir() {
        Some(path)
    } else {
        println!("skipped: there is no {} here", path.display());
        None
    }
}

/// All files below a folder whose names end so, sorted.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| extensions.iter().any(|e| *e == end)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
