use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Name and content of each manifest, by name.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// Reads the manifests in a directory, not those in directories below it.
///
/// Symbolic links are followed, for that is how Kubernetes mounts a ConfigMap; its hidden entries are
/// passed over.
pub(crate) fn read(directory: &Path) -> Result<Files> {
    let cannot = |path: &Path| format!("cannot read `{}`", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| cannot(directory))? {
        let path = entry.with_context(|| cannot(directory))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_manifest = matches!(extension, Some("yaml" | "yml" | "json" | "jsonl"));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !is_manifest || name.starts_with('.') {
            continue;
        }
        let metadata = fs::metadata(&path).with_context(|| cannot(&path))?;
        if metadata.is_file() {
            let content = fs::read(&path).with_context(|| cannot(&path))?;
            files.push((name, content));
        } else if !metadata.is_dir() {
            // A pipe, say, which might never come to its end.
            bail!("`{}` is no file", path.display());
        }
    }
    files.sort();
    Ok(files)
}
