//! The program prints what `kubectl apply` installs, for all kinds.
#![cfg(test)]

use std::process::Command;

use serde_json::Value;

fn printed() -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_smi-crdgen")).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    serde_saphyr::from_multiple(&text).unwrap()
}

/// The definitions of the build step are the checked-in ones of the crate, which API servers have
/// accepted, except for the webhook and for the versions that it lets be served.
#[test]
fn every_kind_is_defined_as_the_crate_has_it() {
    let printed = printed();
    for definition in &printed {
        let plural = definition["spec"]["names"]["plural"].as_str().unwrap();
        let file =
            format!("{}/../../smi-types/crds/strict/{plural}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let mut expected: Value = serde_saphyr::from_str(&text).unwrap();
        let spec = expected["spec"].as_object_mut().unwrap();
        spec.insert("conversion".to_owned(), definition["spec"]["conversion"].clone());
        for version in spec["versions"].as_array_mut().unwrap() {
            version["served"] = true.into();
        }
        assert_eq!(*definition, expected, "{plural}");
        let service = &definition["spec"]["conversion"]["webhook"]["clientConfig"]["service"];
        assert_eq!(
            (&service["namespace"], &service["path"]),
            (&"smi-system".into(), &"/convert".into())
        );
    }
    let versions: usize = printed
        .iter()
        .map(|definition| definition["spec"]["versions"].as_array().unwrap().len())
        .sum();
    println!("compared {} definitions with {versions} versions", printed.len());
    assert_eq!((printed.len(), versions), (6, 18));
}
