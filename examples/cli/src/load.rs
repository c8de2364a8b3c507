use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use smi_policy::{Policy, Semantics};
use smi_split::Splits;
use smi_types::Manifest;
use smi_types::manifest::{MissingApiVersion, ReadOptions, Resources};
use walkdir::WalkDir;

use crate::args::Reading;
use crate::problems::findings;

/// What a directory turned out to hold.
pub(crate) struct Loaded {
    pub(crate) semantics: Semantics,
    pub(crate) resources: Resources,
    /// Name and text of each file that is text.
    pub(crate) files: Vec<(String, String)>,
    /// Files that could not be read at all, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

impl Loaded {
    /// Number of errors in the manifests, those that only the engines find included.
    pub(crate) fn error_count(&self, policy: &Policy) -> usize {
        let splits = Splits::from_resources(&self.resources, self.semantics.clone());
        findings(self, policy, &splits).iter().filter(|finding| finding.is_error()).count()
    }
}

/// Reads files and directories. A broken file never hides the others.
pub(crate) fn load(paths: &[PathBuf], reading: &Reading) -> Result<Loaded> {
    let (files, unreadable) = texts(paths)?;

    let missing = match reading.infer_api_version {
        true => MissingApiVersion::Infer,
        false => MissingApiVersion::Error,
    };
    let options = ReadOptions::default().missing_api_version(missing);
    let manifests =
        files.iter().map(|(name, text)| (name.clone(), Manifest::read_with(text, &options)));
    let semantics = reading.semantics();
    let resources = resources(&semantics, manifests);
    Ok(Loaded { semantics, resources, files, unreadable })
}

/// Name and text of each file, and name and reason of each that is no text.
pub(crate) fn texts(paths: &[PathBuf]) -> Result<(Vec<Named>, Vec<Named>)> {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for path in paths {
        for file in manifests_below(path)? {
            let name = file.display().to_string();
            match read(&file) {
                Ok(text) => files.push((name, text)),
                Err(error) => unreadable.push((name, format!("{error:#}"))),
            }
        }
    }
    if files.is_empty() && unreadable.is_empty() {
        bail!("found no manifests: no file ends in .yaml, .yml, .json or .jsonl");
    }
    Ok((files, unreadable))
}

/// The name of a file, and what there is to say about it.
type Named = (String, String);

/// Puts manifests together.
pub(crate) fn resources(
    semantics: &Semantics,
    manifests: impl IntoIterator<Item = (String, Manifest)>,
) -> Resources {
    let mut resources = Resources::new(semantics.default_namespace.clone());
    for (name, manifest) in manifests {
        resources.add(name, manifest);
    }
    resources
}

/// The files to read, in a stable order. One that is named itself is read whatever its name.
fn manifests_below(path: &Path) -> Result<Vec<PathBuf>> {
    if path.as_os_str() == "-" || path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.with_context(|| format!("{}", path.display()))?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str());
        let is_manifest = matches!(extension, Some("yaml" | "yml" | "json" | "jsonl"));
        if is_manifest && !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else {
        fs::read(path)?
    };
    String::from_utf8(bytes).context("the file is not UTF-8 text")
}
