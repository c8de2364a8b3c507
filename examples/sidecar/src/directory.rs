use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A directory that could not be read.
#[derive(Debug, Error)]
#[error("cannot read `{}`", path.display())]
pub struct ReadError {
    path: PathBuf,
    source: io::Error,
}

/// Name and content of each manifest, by name.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// Reads the manifests in a directory, not those in directories below it.
///
/// Symbolic links are followed, for that is how Kubernetes mounts a ConfigMap; its hidden entries are
/// passed over.
pub(crate) fn read(directory: &Path) -> Result<Files, ReadError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| ReadError { path, source }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(fail(directory))? {
        let path = entry.map_err(fail(directory))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_manifest = matches!(extension, Some("yaml" | "yml" | "json" | "jsonl"));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_manifest && !name.starts_with('.') && !path.is_dir() {
            let content = fs::read(&path).map_err(fail(&path))?;
            files.push((name, content));
        }
    }
    files.sort();
    Ok(files)
}
