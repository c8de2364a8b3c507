//! Collections that lie beside the project: tests read them in place, and are skipped without them.

use std::fs;
use std::path::{Path, PathBuf};

/// A directory beside the project; `None`, with a note, if it is not there.
pub(crate) fn directory(name: &str) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    if !directory.is_dir() {
        println!("skipped: {} is not there", directory.display());
        return None;
    }
    Some(directory)
}

/// The files below a directory with their texts, in a stable order.
pub(crate) fn files(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}
