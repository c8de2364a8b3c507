//! Every published manifest: converted to every version and back.

use serde_json::Value;
use smi_types::manifest::{Manifest, MissingApiVersion, ReadOptions};
use smi_types::{TypedObject, convert::Converter};

use super::{claim, meaning};
use crate::shared;

#[test]
fn a_published_object_converts_to_every_version_and_back() {
    let Some(folder) = shared::folder("corpus/manifests") else { return };
    let (mut objects, mut conversions, mut typed, mut refused) = (0, 0, 0, 0);
    let options = ReadOptions::default().missing_api_version(MissingApiVersion::Infer);
    for path in shared::files(&folder, &["yaml", "yml", "json"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in Manifest::read_with(&text, &options).documents() {
            let (Some(object), Some(root)) = (document.object(), document.root()) else { continue };
            let mut json = root.to_json();
            // Lists and lenient reading may know these two better than the document itself.
            let (kind, from) = (object.kind(), object.meta().version);
            json["apiVersion"] = format!("{}/{from}", kind.group()).into();
            json["kind"] = kind.as_str().into();
            assert_eq!(claim(&json), (kind, from));
            objects += 1;
            let canonical = document.typed().ok().map(|typed| serde_json::to_value(typed).unwrap());
            typed += usize::from(canonical.is_some());
            for to in kind.versions() {
                let place = format!("{} to {to}", path.display());
                let Ok(there) = Converter::new().convert(json.clone(), *to) else {
                    // Only where weights of the wrong version stand.
                    assert!(canonical.is_none() && meaning(&json).is_none(), "{place}");
                    refused += 1;
                    continue;
                };
                assert_eq!(meaning(&there.object), meaning(&json), "{place}");
                let back = Converter::new().convert(there.object, from).unwrap().object;
                assert_eq!(meaning(&back), meaning(&json), "{place} and back");
                if let Some(canonical) = &canonical {
                    assert_eq!(&read(&back), canonical, "{place} and back");
                }
                conversions += 1;
            }
        }
    }
    println!(
        "{objects} objects, {typed} of which are typed objects; {conversions} conversions there and \
         back, {refused} refused"
    );
    assert!(objects >= 250 && typed >= 200, "{objects} {typed}");
}

fn read(object: &Value) -> Value {
    serde_json::to_value(TypedObject::from_json(object.clone()).unwrap()).unwrap()
}
