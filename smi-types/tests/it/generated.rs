//! The generated files of this crate are those that the code generates.

use smi_types::crd::{self, CrdOptions, Subjects};

use crate::golden;

#[test]
fn the_definitions_in_the_repository_are_those_of_the_code() {
    // The official profile without the draft has no IdentityBinding, the strict one has it.
    for (profile, options) in
        [("official", CrdOptions::official()), ("strict", CrdOptions::strict())]
    {
        let definitions = options.definitions();
        for definition in &definitions {
            let name = &definition.spec.names.plural;
            let yaml = crd::yaml(std::slice::from_ref(definition)).unwrap();
            golden::assert(&format!("crds/{profile}/{name}.yaml"), &yaml);
        }
    }
    // What differs with IdentityBindings as subjects: the stored version of TrafficTargets.
    let kind = smi_types::api::Kind::TrafficTarget;
    let options = CrdOptions::strict().subjects(Subjects::IdentityBindings);
    let yaml = crd::yaml(&[options.definition(kind)]).unwrap();
    golden::assert("crds/draft/traffictargets.yaml", &yaml);
}
