//! TrafficSplits that others have published, read in place where they are at hand.

use std::fs;
use std::path::{Path, PathBuf};

use smi_policy::{ObjectKind, Semantics, Severity};
use smi_split::{ObjectName, Outcome, Splits};
use smi_types::hub::Object;
use smi_types::manifest::{Manifest, Resources};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/manifests");

#[test]
fn every_published_split_applies_or_is_reported() {
    let corpus = Path::new(CORPUS);
    if !corpus.is_dir() {
        println!("skipped: no corpus beside the project");
        return;
    }
    let (mut applying, mut reported, mut picked) = (0, 0, 0);
    for file in files(corpus) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let mut resources = Resources::default();
        resources.add(file.to_string_lossy(), Manifest::read(&text));
        let splits = Splits::from_resources(&resources, Semantics::default());
        for object in resources.objects() {
            let Object::TrafficSplit(split) = object else { continue };
            let namespace = split.meta.namespace.as_deref().unwrap_or("default");
            let name = ObjectName::new(namespace, split.meta.name.as_str());
            match splits.iter().find(|split| *split.name() == name) {
                Some(_) => applying += 1,
                None => {
                    let says_why = splits.diagnostics().iter().any(|diagnostic| {
                        diagnostic.kind == ObjectKind::TrafficSplit
                            && diagnostic.object == name
                            && diagnostic.severity == Severity::Error
                    });
                    assert!(says_why, "{name} of {} is gone without a word", file.display());
                    reported += 1;
                }
            }
        }
        for split in splits.iter() {
            let Outcome::Backends(backends) = split.outcome(None) else { continue };
            // One period has each backend as often as its reduced weight.
            let weights = backends.picker().weights();
            let mut counts = vec![0; backends.leaves().len()];
            (0..weights.total()).for_each(|turn| counts[backends.picker().smooth_at(turn)] += 1);
            assert_eq!(counts, weights.as_slice(), "{} of {}", split.name(), file.display());
            picked += 1;
        }
    }
    println!("{applying} splits apply, {reported} are reported; {picked} have backends");
    assert!(picked > 0);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
